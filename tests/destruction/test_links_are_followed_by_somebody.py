"""A link has no bytes of its own: what it leads to is looked at where it lies, or nothing is proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.absence.folders import FolderLook, LinkOutsideError
from archive.absence.looking import Looked, Sought
from archive.absence.patterns import Needle, Searcher

SOUGHT = Sought(Searcher([Needle("f", "content", b"hello-needle-0123456789")]), {})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Its quarantine lies on another disk."""
    (tmp_path / "home").mkdir()
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "x").write_bytes(b"..hello-needle-0123456789..")
    (tmp_path / "home" / "quarantine").symlink_to(tmp_path / "big")
    return tmp_path / "home"


def test_a_link_into_what_nobody_looks_at_is_an_error(home: Path) -> None:
    with pytest.raises(LinkOutsideError):
        list(FolderLook("home", home).look(SOUGHT, Looked()))


def test_a_link_to_what_is_not_there_now_is_an_error_too(home: Path) -> None:
    (home.parent / "big" / "x").unlink()
    (home.parent / "big").rmdir()
    with pytest.raises(LinkOutsideError):
        list(FolderLook("home", home).look(SOUGHT, Looked()))


def test_what_a_link_leads_to_is_found_by_the_look_that_covers_it(home: Path) -> None:
    also = home.parent / "big"
    looks = [FolderLook(name, root, elsewhere=lambda: [also]) for name, root in (("home", home), ("also", also))]
    found = [trace for look in looks for trace in look.look(SOUGHT, Looked())]
    assert [(trace.place, trace.where) for trace in found] == [("also", "x")]


def test_links_within_a_place_and_links_to_each_other_lead_nowhere_else(home: Path) -> None:
    (home / "quarantine").unlink()
    (home / "a").write_bytes(b"nothing")
    (home / "b").symlink_to("a")
    (home / "one").symlink_to("two")
    (home / "two").symlink_to("one")
    looked = Looked()
    assert list(FolderLook("home", home).look(SOUGHT, looked)) == [] and looked.objects == 1
