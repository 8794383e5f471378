"""``python -m ingest.verapdf.build [HOME]``: veraPDF and our worker, fetched and compiled by Maven.

    HOME/current.json              which generation is in force; replaced in one rename, written last
    HOME/<key>/verapdf-cli.jar     veraPDF, everything inside
    HOME/<key>/vera-worker.jar     our worker
    HOME/<key>/classes-<java>.jsa  class-data archive of that Java (absent: slower start, same verdicts)

A generation's key is the digest of our sources; a second run with the same sources and Java does nothing. A worker that
runs on an older generation is not disturbed: nothing of it is removed or rewritten.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.errors import LuutruError
from ingest.verapdf.jdk import find_java, has_compiler, java_version

SOURCES = Path(__file__).resolve().parent
DEFAULT_HOME = SOURCES.parents[1] / "build" / "verapdf"
_WARM_UP = SOURCES / "warmup.pdf"


class VeraBuildError(LuutruError):
    """veraPDF could not be built; nothing that was built before has changed."""

    code = "verapdf.build-failed"


@dataclass(frozen=True, slots=True)
class Generation:
    """One complete build."""

    folder: Path

    @property
    def class_path(self) -> str:
        return os.pathsep.join(str(self.folder / name) for name in ("vera-worker.jar", "verapdf-cli.jar"))

    def class_data(self, java: Path) -> Path:
        """Where the class-data archive for this very Java lies, if it was made. Archives do not fit another build."""
        identity = hashlib.sha256(f"{java.resolve()} {java.resolve().stat().st_mtime_ns}".encode()).hexdigest()
        return self.folder / f"classes-{java_version(java)}-{identity[:12]}.jsa"


def current(home: Path) -> Generation | None:
    """The generation in force, or None when none was ever completed."""
    try:
        folder = home / json.loads((home / "current.json").read_text(encoding="utf-8"))["folder"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    complete = all((folder / name).is_file() for name in ("vera-worker.jar", "verapdf-cli.jar"))
    return Generation(folder.resolve()) if complete else None


def build(home: Path = DEFAULT_HOME, java: Path | None = None) -> Generation:
    """The generation for the present sources, built if it is not there. One build at a time; raises VeraBuildError."""
    program = find_java(java)
    if program is None:
        raise VeraBuildError("Không tìm thấy Java 17 trở lên.", remedy="Cài JDK, ví dụ gói openjdk-17-jdk-headless.")
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        generation = current(home)
        key = _source_key()
        if generation is None or generation.folder.name != key:
            generation = _compiled(home, key, program)
        if not generation.class_data(program).is_file():
            _record_classes(generation, program)
        return generation


def _compiled(home: Path, key: str, java: Path) -> Generation:
    maven = shutil.which("mvn")
    if maven is None or not has_compiler(java):
        raise VeraBuildError("Thiếu Maven hoặc trình biên dịch Java.", remedy="Cài gói maven và một JDK đầy đủ.")
    with tempfile.TemporaryDirectory(dir=home, prefix=".building-") as scratch:
        output = Path(scratch) / "target"
        command = [maven, "-B", "-q", "-f", str(SOURCES / "pom.xml"), f"-Doutput={output}", "package"]
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "JAVA_HOME": str(java.parent.parent)}
        )
        if done.returncode != 0:
            raise VeraBuildError(
                "Maven không dựng được veraPDF.",
                remedy="Kiểm tra kết nối tới kho Maven rồi chạy lại.",
                detail=(done.stdout + done.stderr)[-4_000:],
            )
        ready = Path(scratch) / key
        ready.mkdir()
        os.replace(output / "vera-worker.jar", ready / "vera-worker.jar")
        os.replace(output / "lib" / "cli.jar", ready / "verapdf-cli.jar")
        final = home / key
        if final.exists():  # left by a build that was stopped before it came into force
            shutil.rmtree(final)
        os.replace(ready, final)
    _replace_text(home / "current.json", json.dumps({"folder": key}))
    return Generation(final.resolve())


def _record_classes(generation: Generation, java: Path) -> None:
    """Let one worker judge a small document and keep the classes it loaded. Failing costs speed, never a verdict."""
    wanted = generation.class_data(java)
    fresh = wanted.with_suffix(".new")
    request = json.dumps({"id": 0, "path": str(_WARM_UP), "flavour": "2u"}) + "\n"
    command = [
        str(java), "-Xshare:auto", f"-XX:ArchiveClassesAtExit={fresh}", "-XX:+UseSerialGC", "-Dvera.orderly=true",
        "-cp", generation.class_path, "VeraWorker",
    ]  # fmt: skip
    try:
        subprocess.run(command, input=request * 3, text=True, capture_output=True, timeout=300, check=True)
        os.replace(fresh, wanted)
    except (OSError, subprocess.SubprocessError):
        fresh.unlink(missing_ok=True)


def _source_key() -> str:
    digest = hashlib.sha256()
    for name in ("pom.xml", "VeraWorker.java"):
        digest.update((SOURCES / name).read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace_text(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m ingest.verapdf.build", description="Build the veraPDF workers.")
    arguments.add_argument("home", nargs="?", type=Path, default=DEFAULT_HOME)
    arguments.add_argument("--java", type=Path, default=None, help="the java program to use (17 or newer)")
    given = arguments.parse_args()
    try:
        generation = build(given.home.absolute(), given.java)
    except VeraBuildError as error:
        print(f"{error.message} {error.remedy}\n{error.detail}".rstrip(), file=sys.stderr)
        return 1
    print(f"veraPDF: {generation.folder.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
