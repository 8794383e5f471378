"""A report of a look, and what is noted of a place, never quote what is looked for: the next look would meet it there."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from archive.absence.folders import FolderLook
from archive.absence.looking import Look, Looked, Sought, Trace
from archive.absence.verifying import Verifier
from archive.catalogue.destruction_model import AbsenceRun, AbsenceVerdict, ItemState, TombstonePackage
from archive.catalogue.destruction_reading import work_items
from archive.catalogue.scrubbing import mentions
from archive.destruction.place import REMOVED, Outcome, Subject
from tests.destruction.round_at_work import EXECUTOR, ROUND_ID, VERIFIER, RoundAtWork


class NothingOpens:
    def opens(self, store: str, package: TombstonePackage) -> bool:
        return False


class Unreadable:
    """A place with a path in its errors."""

    def __init__(self, path: str) -> None:
        self.name = "unreadable"
        self._path = path

    def look(self, sought: Sought, looked: Looked) -> Iterator[Trace]:
        raise PermissionError(errno.EACCES, "Permission denied", self._path)


class Silent:
    """A place that cannot be asked again, and says where it stopped."""

    def __init__(self, path: str) -> None:
        self.name = "silent"
        self._path = path

    def remove(self, subjects: Sequence[Subject]) -> Mapping[str, Outcome]:
        return {subject.file_id: REMOVED for subject in subjects}

    def left(self, subjects: Sequence[Subject]) -> frozenset[str]:
        raise OSError(errno.EIO, "Input/output error", self._path)


def looked(work: RoundAtWork, looks: Sequence[Look]) -> AbsenceRun:
    verifier = Verifier(work.catalogue, ROUND_ID, looks, NothingOpens(), work.now)
    marked = work.markers.read()
    return verifier.run("3" * 32, marked, verifier_id=VERIFIER, executor_id=EXECUTOR, actor="account:v")


def title_of(work: RoundAtWork) -> str:
    needles = work.markers.read()[work.file_id(work.destroyed[0])].needles
    return next(item.data.decode() for item in needles if item.kind == "text")


def test_a_file_called_after_a_title_is_found_and_its_name_is_not_written_down(
    work: RoundAtWork, tmp_path: Path
) -> None:
    work.take_in(1)
    work.mark()
    assert work.begin() == []
    title, also = title_of(work), tmp_path / "also"
    (also / "2026" / title).mkdir(parents=True)
    marker = next(item.data for item in work.markers.read()[work.lines()[0].file_id].needles if item.kind == "content")
    (also / "2026" / title / f"{title}.pdf").write_bytes(b"x" * 50 + marker)
    run = looked(work, [FolderLook("also", also), Unreadable(f"/mnt/{title}.pdf")])
    assert run.verdict is AbsenceVerdict.FOUND and run.report is not None
    (told,) = run.report["found"]["traces"]
    assert told["where"].startswith("2026/sha256-") and told["where"].count("sha256-") == 2
    assert run.report["not_looked"] == {"unreadable": "PermissionError EACCES"}
    assert title not in json.dumps(dict(run.report), ensure_ascii=False)
    with work.catalogue.read() as view:
        assert mentions(view, lambda text: title in text) == 0


def test_what_stood_in_the_way_is_noted_without_its_path(work: RoundAtWork) -> None:
    work.take_in(1)
    work.mark()
    work.places = [*work.places, Silent(f"/mnt/{title_of(work)}")]
    work.begin()
    work.run()
    with work.catalogue.read() as view:
        (item,) = [item for item in work_items(view, ROUND_ID) if item.place == "silent"]
    assert (item.state, item.problem) == (ItemState.UNREACHABLE, "OSError: Input/output error")
