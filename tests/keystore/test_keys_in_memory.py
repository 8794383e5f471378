from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.keystore.kept import Kept, key_id

_HOLDS_KEYS = """
import os, resource, sys
from pathlib import Path
from archive.keystore.file_kek import FileKek
from archive.keystore.store import KeyStore
from tests.keystore.kept import key_id

hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
os.chdir(sys.argv[1])
places, kek = [Path(sys.argv[2]), Path(sys.argv[3])], Path(sys.argv[4])
if sys.argv[5] == "open":
    held = KeyStore(places, FileKek(kek)).identity(key_id(1))
print("ready", flush=True)
sys.stdin.readline()
print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)
sys.stdin.readline()
"""


def started(kept: Kept, folder: Path, what: str) -> subprocess.Popen[str]:
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDS_KEYS, str(folder), *map(str, kept.places), str(kept.kek_file), what],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def ended(process: subprocess.Popen[str]) -> int:
    """The status the kernel gives of a process that ended by SIGABRT."""
    os.kill(process.pid, signal.SIGABRT)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -os.WTERMSIG(status)
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        stream.close()
    return status


def test_a_process_that_holds_keys_leaves_no_core_when_it_dies(kept: Kept, tmp_path: Path) -> None:
    kept.open().get_or_create(key_id(1))
    holding = started(kept, tmp_path / "holding", "open")
    assert holding.stdin is not None and holding.stdout is not None
    holding.stdin.write("\n")
    holding.stdin.flush()
    assert holding.stdout.readline() == "(0, 0)\n"
    status = ended(holding)
    assert os.WTERMSIG(status) == signal.SIGABRT and not os.WCOREDUMP(status)
    assert list((tmp_path / "holding").iterdir()) == []


def test_a_process_that_holds_keys_cannot_be_looked_into_by_its_equals(kept: Kept, tmp_path: Path) -> None:
    """Of a process that may be dumped, /proc belongs to its user; of one that may not, to root alone."""
    kept.open().get_or_create(key_id(1))
    ours, theirs = _dumpable(kept, tmp_path / "without", "closed"), _dumpable(kept, tmp_path / "holding", "open")
    assert (ours, theirs) == (True, False)


def _dumpable(kept: Kept, folder: Path, what: str) -> bool:
    """Asked of the process itself: PR_GET_DUMPABLE."""
    folder.mkdir()
    asking = _HOLDS_KEYS.replace("print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)", _ASK)
    done = subprocess.run(
        [sys.executable, "-c", asking, str(folder), *map(str, kept.places), str(kept.kek_file), what],
        input="\n\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1] == "1"


_ASK = "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)"
