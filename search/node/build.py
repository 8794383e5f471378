"""``python -m search.node.build``: Elasticsearch for the local node, from the registry into ``build/elasticsearch``.

Repeating it is cheap: nothing happens while what was built still belongs to these sources. The result appears at once
or not at all (built beside, then renamed), and two builds at a time wait for each other.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from search.errors import NodeError
from search.node.distribution import VERSION, ZIP_SHA256, check_zip, unpack
from search.node.jdk import Jdk, find_jdk
from search.node.training import train

SOURCES = Path(__file__).resolve().parent
DEFAULT_HOME = SOURCES.parents[1] / "build" / "elasticsearch"
STAMP = "luutru-build"
_MAVEN_TIMEOUT_SECONDS = 1800


def build(home: Path = DEFAULT_HOME, say: Callable[[str], None] = print, *, force: bool = False) -> Path:
    """``home`` holding a runnable Elasticsearch; built only when it is missing or belongs to other sources.

    Raises JdkMissingError or NodeError with one line for the user. Until the new one is complete, the home that was
    there before stays as it was; it counts as current only after a node was started from it once.
    """
    home = home.absolute()
    home.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(home.parent / f".{home.name}.lock"):
        if is_current(home) and not force:
            say(f"Elasticsearch {VERSION}: đã có sẵn / already built")
            return home
        jdk = find_jdk()
        say(f"Elasticsearch {VERSION}: tải và dựng (JDK {jdk.major}) / fetching and building")
        with tempfile.TemporaryDirectory(prefix=f".{home.name}-", dir=home.parent) as folder:
            made = _make(Path(folder), jdk)
            _replace(home, made)
        train(home, jdk)
        # last: a build that was stopped or does not run is not taken for a finished one
        (home / STAMP).write_text(_source_digest(), encoding="ascii")
        say(f"Elasticsearch {VERSION}: xong / done")
        return home


def is_current(home: Path) -> bool:
    """Whether ``home`` was built to its end from exactly these sources."""
    try:
        return (home / STAMP).read_text(encoding="ascii") == _source_digest()
    except OSError:
        return False


def _make(work: Path, jdk: Jdk) -> Path:
    _maven(work / "maven", jdk)
    check_zip(work / "maven" / "zip" / "elasticsearch.zip")
    made = work / "home"
    unpack(work / "maven" / "zip" / "elasticsearch.zip", made)
    shutil.copytree(work / "maven" / "plugin", made / "plugins" / "luutru-es")
    shutil.copytree(work / "maven" / "launcher", made / "launcher")
    shutil.copy(SOURCES / "log4j2.properties", made / "config")
    return made


def _maven(out: Path, jdk: Jdk) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise NodeError(
            "Cần Maven để dựng chỉ mục tìm kiếm (Debian: apt-get install maven). / Maven is needed: install it.",
            remedy="Cài Maven rồi chạy lại.",
        )
    command = [maven, "-B", "-q", "-f", str(SOURCES / "pom.xml"), f"-Dluutru.out={out}", "package"]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "JAVA_HOME": str(jdk.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_MAVEN_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NodeError("Maven không chạy được hoặc quá giờ. / Maven did not finish.", detail=str(error)) from error
    if done.returncode != 0:
        raise NodeError(
            "Maven không dựng được phần Java của chỉ mục; xem nhật ký. / Maven failed.",
            remedy="Kiểm tra kết nối tới kho Maven rồi chạy lại.",
            detail=done.stdout[-4000:],
        )


def _replace(home: Path, made: Path) -> None:
    """Puts ``made`` in the place of ``home``; a node still running from the old files keeps them open."""
    if home.exists():
        home.rename(made.parent / "old")
    made.rename(home)


def _source_digest() -> str:
    digest = hashlib.sha256(f"{VERSION} {ZIP_SHA256}\n".encode("ascii"))
    files = [*SOURCES.glob("*.xml"), *SOURCES.glob("*.properties"), *SOURCES.rglob("*.java")]
    for path in sorted([*files, SOURCES / "distribution.py"]):
        digest.update(f"{path.relative_to(SOURCES).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m search.node.build", description=__doc__)
    parser.add_argument("--into", type=Path, default=DEFAULT_HOME, help="thư mục đích / target folder")
    parser.add_argument("--force", action="store_true", help="dựng lại từ đầu / build again")
    given = parser.parse_args(arguments)
    try:
        build(given.into, force=given.force)
    except NodeError as error:
        print(error.message, file=sys.stderr)
        if error.detail:
            print(error.detail, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
