"""Several processes at one round lose nothing of each other's notes; however much is found, all of it is due again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from archive.absence.looking import Looked, Sought, Trace
from archive.absence.verifying import Verifier
from archive.catalogue.backup_log import Backup, BackupKind, RunState
from archive.catalogue.destruction_model import AbsenceVerdict, ItemState
from archive.catalogue.destruction_reading import work_items
from archive.destruction.completing import found_again
from archive.destruction.finishing import Backups
from archive.destruction.place import Outcome, Place, Subject
from archive.storage.directory import DirectoryStore
from archive.storage.key import Key
from tests.destruction.round_at_work import EXECUTOR, ROUND_ID, VERIFIER, RoundAtWork


class _Beaten:
    """A place in which another process does the same while this one is at it."""

    def __init__(self, place: Place, other: RoundAtWork, places: Sequence[Place]) -> None:
        self._place = place
        self._other = other
        self._places = list(places)
        self.name = place.name

    def remove(self, subjects: Sequence[Subject]) -> Mapping[str, Outcome]:
        replace(self._other.executor(), places=self._places, finishing=()).run()
        return self._place.remove(subjects)

    def left(self, subjects: Sequence[Subject]) -> frozenset[str]:
        return self._place.left(subjects)


def test_who_comes_second_notes_what_he_can_and_the_round_goes_on(work: RoundAtWork) -> None:
    work.take_in(2)
    work.begin()
    *others, last = work.places
    work.places = [*others, _Beaten(last, work, [last])]
    assert work.run().settled
    with work.catalogue.read() as view:
        assert {item.state for item in work_items(view, ROUND_ID)} == {ItemState.ABSENT}


class _Finds:
    """A look that finds a great many traces of the first hồ sơ, and at the end one of each."""

    name = "somewhere"

    def __init__(self, file_ids: Sequence[str]) -> None:
        self._file_ids = file_ids

    def look(self, sought: Sought, looked: Looked) -> Sequence[Trace]:
        first = self._file_ids[0]
        return [Trace(self.name, str(n), "name", first) for n in range(300)] + [
            Trace(self.name, "last", "name", file_id) for file_id in self._file_ids
        ]


class _Opens:
    def opens(self, store: str, package: Any) -> bool:
        return False


def test_all_that_was_found_is_due_again_however_much_it_is(work: RoundAtWork) -> None:
    work.take_in(3)
    work.begin()
    assert work.run().settled
    ids = [work.file_id(held) for held in work.destroyed]
    verifier = Verifier(work.catalogue, ROUND_ID, [_Finds(ids)], _Opens(), work.now)
    run = verifier.run("5" * 32, {}, verifier_id=VERIFIER, executor_id=EXECUTOR, actor="account:verifier")
    assert run.verdict is AbsenceVerdict.FOUND
    found_again(work.catalogue, run, now=work.now)
    with work.catalogue.read() as view:
        assert {item.state for item in work_items(view, ROUND_ID)} == {ItemState.DUE}


def test_sets_that_lie_on_a_medium_go_also_when_none_is_on_record(work: RoundAtWork, tmp_path: Path) -> None:
    work.take_in(1)
    work.begin()
    assert work.run().settled
    medium = DirectoryStore.initialise("băng-1", tmp_path / "băng-1")
    _put(medium, "backup/20200101-full/metadata.xml")
    _put(medium, "backup/drill-1/report.json")

    def back_up() -> Backup:
        _put(medium, "backup/20260101-full/metadata.xml")
        seen = [{"name": "băng-1", "ok": True}]
        return Backup("20260101-full", BackupKind.FULL, RunState.COMPLETED, work.now(), media=seen)

    outcome = Backups(work.catalogue, lambda: [medium], back_up, work.now).finish(ROUND_ID)
    assert outcome.state is ItemState.REMOVED, outcome
    assert sorted(map(str, medium.keys("backup"))) == [
        "backup/20260101-full/metadata.xml",
        "backup/drill-1/report.json",
    ]


def test_nothing_goes_from_any_medium_as_long_as_one_has_no_whole_new_set(work: RoundAtWork, tmp_path: Path) -> None:
    work.take_in(1)
    work.begin()
    assert work.run().settled
    media = [DirectoryStore.initialise(f"băng-{number}", tmp_path / f"băng-{number}") for number in (1, 2, 3)]
    for medium in media:
        _put(medium, "backup/20200101-full/metadata.xml")
        _put(medium, "rows/0000000001-full-aa.jsonl")

    def back_up() -> Backup:
        """Two of three are enough for a backup; the third is full."""
        for medium in media[:2]:
            _put(medium, "backup/20260101-full/metadata.xml")
        seen = [{"name": medium.name, "ok": medium is not media[2]} for medium in media]
        return Backup("20260101-full", BackupKind.FULL, RunState.COMPLETED, work.now(), media=seen)

    outcome = Backups(work.catalogue, lambda: media, back_up, work.now).finish(ROUND_ID)
    assert outcome.state is ItemState.UNREACHABLE and "băng-3" in outcome.problem
    for medium in media:
        lying = set(map(str, medium.keys("")))
        assert lying >= {"backup/20200101-full/metadata.xml", "rows/0000000001-full-aa.jsonl"}, medium.name


def _put(store: DirectoryStore, name: str) -> None:
    with store.create(Key(name)) as writer:
        writer.write(b"x")
        writer.commit()
