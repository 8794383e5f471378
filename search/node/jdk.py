"""Finds a Java development kit new enough for the index among those installed."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from search.errors import JdkMissingError

MINIMUM_MAJOR = 21
_VERSION = re.compile(r'^JAVA_VERSION="(?:1\.)?(\d+)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Jdk:
    """A full kit (``javac`` included); ``identity`` changes whenever another build of Java stands in its place."""

    home: Path
    major: int
    identity: str

    @property
    def java(self) -> Path:
        return self.home / "bin" / "java"


def find_jdk(environment: Mapping[str, str] | None = None, folders: tuple[Path, ...] | None = None) -> Jdk:
    """The newest kit ≥ 21, but one named by ES_JAVA_HOME or JAVA_HOME is preferred when it is new enough.

    ``folders`` are the places where distributions put their kits. Raises JdkMissingError with what to install.
    """
    environment = os.environ if environment is None else environment
    for variable in ("ES_JAVA_HOME", "JAVA_HOME"):
        named = _kit(Path(value)) if (value := environment.get(variable)) else None
        if named is not None and named.major >= MINIMUM_MAJOR:
            return named
    found = [kit for home in _installed(environment, folders) if (kit := _kit(home)) and kit.major >= MINIMUM_MAJOR]
    if not found:
        raise JdkMissingError(
            f"Cần JDK {MINIMUM_MAJOR} trở lên cho chỉ mục tìm kiếm; hãy cài (openjdk-21-jdk-headless hoặc Temurin) "
            "rồi đặt JAVA_HOME. / "
            f"The search index needs a JDK {MINIMUM_MAJOR} or newer: install one and set JAVA_HOME.",
            remedy="Cài JDK rồi chạy lại.",
        )
    return max(found, key=lambda kit: (kit.major, str(kit.home)))


def _installed(environment: Mapping[str, str], folders: tuple[Path, ...] | None) -> Iterator[Path]:
    for folder in folders if folders is not None else (Path("/usr/lib/jvm"), Path("/usr/java"), Path("/opt/java")):
        if folder.is_dir():
            yield from sorted(folder.iterdir())
    if java := shutil.which("java", path=environment.get("PATH")):
        yield Path(java).resolve().parent.parent


def _kit(home: Path) -> Jdk | None:
    try:
        release = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    version = _VERSION.search(release)
    if (
        version is None
        or not os.access(home / "bin" / "javac", os.X_OK)
        or not os.access(home / "bin" / "java", os.X_OK)
    ):
        return None
    return Jdk(home.resolve(), int(version.group(1)), release)
