"""What lies in the system's place for temporary files goes when its maker has ended, and never before."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.destruction_places import Leftovers
from archive.temporary import PREFIX, UNHELD_SECONDS, sweep_temporary, temporary_folder, temporary_paths
from tests.cli.shell import ROOT, environment

CHILD = Path(__file__).with_name("held_folder.py")
PACKAGES = ("api", "archive", "ingest", "search", "schemas")
NAMED = {"mkdtemp", "mkstemp", "TemporaryDirectory", "NamedTemporaryFile"}
"""What makes something that has a name, and outlives a process that is killed."""
pytestmark = pytest.mark.usefixtures("system_tmp")


@pytest.fixture
def other(system_tmp: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process at work, and the folder it works in."""
    command = [sys.executable, str(CHILD), str(system_tmp)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(), cwd=ROOT
    ) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())
        process.kill()


def in_a_year() -> float:
    return time.time() + 365 * 86400.0


def test_what_another_process_works_in_stays_however_old_it_is(
    other: tuple[subprocess.Popen[str], Path], system_tmp: Path, tmp_path: Path
) -> None:
    process, folder = other
    (own,) = temporary_paths()
    assert own.parent == system_tmp and folder.is_relative_to(own)
    for path in (own, folder, folder / "record"):
        os.utime(path, (0, 0))
    assert sweep_temporary(in_a_year) == 0
    Leftovers(tmp_path / "home", []).finish("d" * 32)
    assert (folder / "record").read_bytes() == b"what somebody is working with"
    process.kill()
    process.wait()
    Leftovers(tmp_path / "home", []).finish("d" * 32)
    assert temporary_paths() == [], "its maker was killed a moment ago: that is certain, and enough"


def test_who_ends_takes_his_folder_along(other: tuple[subprocess.Popen[str], Path]) -> None:
    process, folder = other
    assert folder.is_dir()
    process.communicate()
    assert process.returncode == 0 and temporary_paths() == []


def test_a_folder_of_this_process_is_no_leftover_either() -> None:
    with temporary_folder("own") as folder:
        assert list(folder.iterdir()) == [], "it is empty for who works in it"
        assert folder.parent.stat().st_mode & 0o077 == 0
        assert sweep_temporary(in_a_year) == 0
        (folder / "record").write_bytes(b"x")
    assert temporary_paths() == []


def test_without_a_lock_the_last_change_anywhere_in_it_counts(system_tmp: Path) -> None:
    deep = system_tmp / f"{PREFIX}old" / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "record").write_bytes(b"x")
    # As copying leaves it: dates of long ago on everything, though it was only now written.
    for path in (deep / "record", deep, deep.parent, deep.parent.parent):
        os.utime(path, (0, 0))
    (system_tmp / f"{PREFIX}file").write_bytes(b"x")
    (system_tmp / "of somebody else").write_bytes(b"x")
    written = max(path.lstat().st_ctime for path in system_tmp.rglob("*"))
    assert sweep_temporary(lambda: written + UNHELD_SECONDS - 60) == 0
    assert sweep_temporary(lambda: written + UNHELD_SECONDS + 60) == 2
    assert [path.name for path in system_tmp.iterdir()] == ["of somebody else"]


@pytest.mark.parametrize("lock", ["folder", "pipe", "link"])
def test_what_only_looks_like_a_lock_is_none(system_tmp: Path, lock: str) -> None:
    """Anybody may make folders of such a name there: nobody is made to wait, nor sent elsewhere."""
    made = system_tmp / f"{PREFIX}strange"
    made.mkdir()
    outside = system_tmp / "outside"
    outside.mkdir()
    {
        "folder": lambda: (made / "lock").mkdir(),
        "pipe": lambda: os.mkfifo(made / "lock"),
        "link": lambda: (made / "lock").symlink_to(outside),
    }[lock]()
    (system_tmp / f"{PREFIX}link").symlink_to(outside)
    assert sweep_temporary() == 0
    assert sweep_temporary(in_a_year) == 2
    assert temporary_paths() == [] and outside.is_dir()


def test_killed_while_it_is_being_removed_the_rest_is_found_by_its_lock(
    other: tuple[subprocess.Popen[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    process, folder = other
    process.kill()
    process.wait()
    with pytest.raises(KeyboardInterrupt), monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", _killed)
        sweep_temporary()
    assert (folder / "record").is_file()
    assert sweep_temporary() == 1 and temporary_paths() == []


def _killed(*_arguments: object) -> None:
    raise KeyboardInterrupt


def test_only_one_module_makes_anything_with_a_name_there() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(call, ast.Call) and _name(call.func) in NAMED
        if not any(keyword.arg == "dir" for keyword in call.keywords)
    ]
    assert found == []


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
