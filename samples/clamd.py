"""A real clamd of its own: temporary socket, hand-made signatures (EICAR and one hash), nothing of the system's."""

from __future__ import annotations

import getpass
import hashlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
EICAR_SIGNATURE = "Luutru.Eicar-Test.UNOFFICIAL"
KNOWN_BAD = b"Noi dung duoc biet la doc hai, chi de thu.\n" * 20
KNOWN_BAD_SIGNATURE = "Luutru.Known-Bad.UNOFFICIAL"


def clamd_program() -> str | None:
    return shutil.which("clamd") or next((path for path in ("/usr/sbin/clamd",) if Path(path).exists()), None)


def write_signatures(folder: Path) -> None:
    """Signatures for EICAR (a pattern, found anywhere in a file) and for one file by its SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "luutru.ndb").write_text(f"Luutru.Eicar-Test:0:*:{EICAR.hex()}\n", encoding="ascii")
    digest = hashlib.sha256(KNOWN_BAD).hexdigest()
    (folder / "luutru.hsb").write_text(f"{digest}:{len(KNOWN_BAD)}:Luutru.Known-Bad:73\n", encoding="ascii")


@contextmanager
def running_clamd(
    folder: Path, *, stream_max_bytes: int = 25 << 20, start_timeout_seconds: float = 60
) -> Iterator[Path]:
    """The path of a listening socket; the daemon runs in the foreground as a child and is gone afterwards.

    ``folder`` receives configuration, signatures and log. The socket lies in a short temporary folder, since socket
    paths are limited to about a hundred bytes. Raises RuntimeError when clamd is not installed or does not start.
    """
    program = clamd_program()
    if program is None:
        raise RuntimeError("clamd is not installed (Debian: clamav-daemon)")
    folder.mkdir(parents=True, exist_ok=True)
    signatures = folder / "signatures"
    write_signatures(signatures)
    with tempfile.TemporaryDirectory(prefix="clamd-") as short:
        path = Path(short) / "clamd.ctl"
        config = folder / "clamd.conf"
        config.write_text(
            f"LocalSocket {path}\nDatabaseDirectory {signatures}\nForeground yes\nUser {getpass.getuser()}\n"
            f"LogFile {folder / 'clamd.log'}\nTemporaryDirectory {short}\nMaxThreads 4\nOfficialDatabaseOnly no\n"
            f"StreamMaxLength {stream_max_bytes}\nMaxFileSize {stream_max_bytes}\nMaxScanSize {4 * stream_max_bytes}\n"
            "AlertExceedsMax yes\nAlertEncrypted yes\nConcurrentDatabaseReload no\n",
            encoding="utf-8",
        )
        with (folder / "clamd.out").open("wb") as output:
            process = subprocess.Popen(
                [program, f"--config-file={config}"], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
            try:
                _wait_until_ready(process, path, folder, start_timeout_seconds)
                yield path
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], path: Path, folder: Path, timeout_seconds: float) -> None:
    """Ready means: it answers PONG, not: the process lives."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = (folder / "clamd.out").read_text(errors="replace")[-500:]
            raise RuntimeError(f"clamd ended with {process.returncode}: {said}")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.settimeout(2)
                client.connect(str(path))
                client.sendall(b"nPING\n")
                if client.recv(16).startswith(b"PONG"):
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError("clamd did not become ready")
