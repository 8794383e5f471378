"""``python -m tests.servers.s3_build``: the two S3 servers the stores are tested against, into ``build/s3``.

Built from the Go module proxy, checked against its checksum database. Repeating it is cheap; two builds at a time wait
for each other; a binary appears whole or not at all, and the caches of the build go with it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOME = Path(__file__).resolve().parents[2] / "build" / "s3"
_TIMEOUT_SECONDS = 3600


@dataclass(frozen=True)
class Server:
    """One program: the module it comes from, its version there, and what the linker is told."""

    name: str
    package: str
    version: str
    ldflags: str

    @property
    def stamp(self) -> str:
        return f"{self.package}@{self.version} {self.ldflags}"


MINIO = Server(
    "minio",
    "github.com/minio/minio",
    "v0.0.0-20260212201848-7aac2a2c5b7c",
    "-s -w -X github.com/minio/minio/cmd.Version=2026-02-12T20:18:48Z"
    " -X github.com/minio/minio/cmd.ReleaseTag=RELEASE.2026-02-12T20-18-48Z",
)
VERSITYGW = Server("versitygw", "github.com/versity/versitygw/cmd/versitygw", "v1.8.0", "-s -w")


def binary(server: Server, home: Path | None = None, say: Callable[[str], None] = print) -> Path:
    """The program, built when it is missing or another version. Raises RuntimeError with one line for the user."""
    tools = os.environ.get("LUUTRU_TOOLS")
    home = home or (Path(tools) / "s3" if tools else DEFAULT_HOME)
    program, stamp = home / server.name, home / f"{server.name}.version"
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if program.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == server.stamp:
            return program
        say(f"{server.name} {server.version}: tải và dựng / fetching and building")
        with tempfile.TemporaryDirectory(prefix=".build-", dir=home) as work:
            _install(server, Path(work))
            os.replace(Path(work) / "bin" / server.name, program)
        stamp.write_text(server.stamp, encoding="ascii")
    return program


def _install(server: Server, work: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise RuntimeError(
            "Cần Go từ 1.25 trở lên để dựng máy chủ S3 dùng khi thử. / Go 1.25 or newer is needed for the S3 tests."
        )
    places = {name: str(work / name.lower()) for name in ("GOCACHE", "GOPATH", "GOTMPDIR")}
    for place in places.values():
        Path(place).mkdir()
    done = subprocess.run(
        [go, "install", "-trimpath", "-modcacherw", "-ldflags", server.ldflags, f"{server.package}@{server.version}"],
        env={**os.environ, **places, "GOBIN": str(work / "bin"), "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"go install {server.package}: {done.stderr.strip()[-2000:]}")


def main() -> int:
    try:
        for server in (VERSITYGW, MINIO):
            binary(server)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
