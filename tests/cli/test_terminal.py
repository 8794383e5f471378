"""On a terminal of eighty columns: nothing that somebody will copy is broken, and each stream gets what is its own."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path
from threading import Thread

from api.exits import Exit
from tests.cli.conftest import Filled
from tests.cli.shell import PROGRAM, ROOT, environment

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def on_terminal(*arguments: object, out: int | None = None) -> tuple[int, str]:
    """The exit code, and what a terminal of eighty columns was sent; ``out``: standard output goes there instead."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    read: list[bytes] = []

    def drain() -> None:
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                return
            if not piece:
                return
            read.append(piece)

    running = subprocess.Popen(
        [*PROGRAM, *map(str, arguments)], stdin=theirs, stdout=theirs if out is None else out, stderr=theirs,
        env=environment(TERM="xterm"), cwd=ROOT,
    )  # fmt: skip
    os.close(theirs)
    reader = Thread(target=drain)
    reader.start()
    code = running.wait(timeout=200)
    reader.join(timeout=30)
    os.close(ours)
    return code, _ESCAPES.sub("", b"".join(read).decode("utf-8", "replace")).replace("\r\n", "\n")


def test_digests_and_ids_stay_on_one_line_and_sentences_fit(filled: Filled) -> None:
    row = filled.rows["quyet-dinh"]
    view = filled.shell.here("show", row["aip_id"], "--json").row
    code, shown = on_terminal("show", row["aip_id"], "--home", filled.shell.home)
    assert code == Exit.OK
    assert {view["aip_id"], view["sha256"]} <= set(shown.split())
    assert all(f" {item['event']}" in shown for item in view["history"])
    for line in shown.splitlines():
        assert len(line.rstrip()) <= 80 or "submission." in line or "aip." in line or "record." in line, line
    title = view["documents"][2]["title"]
    assert title in " ".join(shown.split())
    code, shown = on_terminal("verify", row["aip_id"], "--home", filled.shell.home)
    assert code == Exit.OK and shown.split().count(view["sha256"]) == 2


def test_the_bar_of_a_terminal_does_not_swallow_redirected_output(
    filled: Filled, samples: dict[str, Path], tmp_path: Path
) -> None:
    with (tmp_path / "out.txt").open("wb") as file:
        code, shown = on_terminal(
            "check", "--only", "list", samples["danh-muc-csv"], "--home", filled.shell.home, out=file.fileno()
        )
    assert code == Exit.OK
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").startswith("đạt  ")
    assert "đạt" not in shown


def test_findings_on_a_terminal_are_wrapped_under_their_code(filled: Filled) -> None:
    code, shown = on_terminal("status", filled.rows["quyet-dinh"]["registration"], "--home", filled.shell.home)
    assert code == Exit.OK and "format.version-by-content" in shown
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80
