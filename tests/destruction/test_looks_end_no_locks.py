"""A look reads the database this very process has open, and takes no lock from under its connections."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archive.absence.folders import FolderLook
from archive.absence.locked_files import bytes_by_another
from archive.absence.looking import Looked, Sought
from archive.absence.patterns import Needle, Searcher
from archive.catalogue import Catalogue
from tests.disposal.world import World

TITLE = "Hồ sơ tìm thấy trong nhật ký ghi trước"
SOUGHT = Sought(Searcher([Needle("f", "content", TITLE.encode())]), {})
COUNTED = """
import sys
from sqlalchemy import text
from archive.catalogue import Catalogue
with Catalogue.open(sys.argv[1]) as catalogue, catalogue.read() as view:
    print(view.rows(text("SELECT count(*) FROM files")).scalar_one())
"""


def files_seen_by_another(url: str) -> int:
    """By a process that opens the catalogue, and closes it again."""
    told = subprocess.run([sys.executable, "-c", COUNTED, url], check=True, capture_output=True, text=True, timeout=60)
    return int(told.stdout)


def test_what_is_written_after_a_look_is_there_for_every_other_process(tmp_path: Path) -> None:
    url, looked = f"sqlite:///{tmp_path / 'catalogue.sqlite'}", Looked()
    with Catalogue.open(url) as catalogue:
        world = World(catalogue)
        world.file(title=TITLE)
        found = {trace.where for trace in FolderLook("home", tmp_path).look(SOUGHT, looked)}
        assert "catalogue.sqlite-wal" in found
        files = list(tmp_path.iterdir())
        assert (looked.objects, looked.size_bytes) == (len(files), sum(path.stat().st_size for path in files))
        assert files_seen_by_another(url) == 1
        assert (tmp_path / "catalogue.sqlite-wal").exists(), "closed as by the last one: it did not see this process"
        world.file()
        assert files_seen_by_another(url) == 2
    with Catalogue.open(url) as catalogue, catalogue.read() as view:
        assert len(list(view.ledger_rows())) > 0
    assert files_seen_by_another(url) == 2


def test_a_database_that_cannot_be_read_or_vanishes_is_told_as_any_other_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(bytes_by_another(tmp_path / "gone.sqlite"))
    (tmp_path / "linked.sqlite").symlink_to("elsewhere")
    with pytest.raises(OSError, match="linked"):
        list(bytes_by_another(tmp_path / "linked.sqlite"))
    with pytest.raises(FileNotFoundError):
        list(FolderLook("also", tmp_path / "gone.sqlite").look(SOUGHT, Looked()))
    (tmp_path / "linked.sqlite").unlink()
    (tmp_path / "large.sqlite").write_bytes(bytes(3 << 20) + TITLE.encode())
    (trace,) = FolderLook("also", tmp_path).look(SOUGHT, Looked())
    assert (trace.where, trace.offset) == ("large.sqlite", 3 << 20)
