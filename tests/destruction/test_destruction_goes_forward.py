"""Destruction: intent first, then every place, each asked again; never back, and never said before it is proven."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from archive.catalogue import scrubbing as s
from archive.catalogue.destruction_model import ItemState
from archive.catalogue.destruction_reading import (
    counted_items,
    rounds_at_work,
    tombstone,
    tombstone_named,
    tombstones_of,
    work_items,
)
from archive.catalogue.file_reading import file
from archive.catalogue.tables import metadata
from archive.destruction.place import REMOVED, Outcome
from archive.errors import LockedError, StoreError
from archive.events import Event
from archive.fsck.everything import Holdings, fsck
from archive.retention.file_state import FileState
from archive.storage.directory import DirectoryStore
from archive.storage.key import Key
from tests.destruction.round_at_work import ROUND_ID, RoundAtWork, all_bytes, back, lost
from tests.servers.postgresql import running_postgresql


def test_everything_of_a_hoso_goes_and_its_tombstone_stays(work: RoundAtWork) -> None:
    """T18: nothing of it survives, and what there was is told by more than an id."""
    work.take_in(3)
    assert work.begin() == []
    progress = work.run()
    assert progress.settled and progress.locked == 0
    with work.catalogue.read() as view:
        for number, held in enumerate(work.destroyed, 1):
            laid = tombstone(view, work.file_id(held))
            assert laid is not None and (laid.line, laid.title, laid.documents) == (number, None, 2)
            assert not laid.destroyed, "nobody has looked yet"
            assert view.aip(held.aip_id) is None and list(view.documents(held.aip_id)) == []
            submission = view.submission(held.submission_id)
            assert (submission.description.title, submission.source_name, submission.decision) == ("", "", None)
            for name in (held.aip_id, held.submission_id, submission.registration_number, laid.file_code):
                assert tombstone_named(view, name) == laid
        for held in work.kept:
            assert view.aip(held.aip_id) is not None and len(list(view.documents(held.aip_id))) == 2
    for store in work.stores:
        lying = set(store.keys("aip"))
        assert lying == {held.key for held in work.kept}
    assert work.keys.ids == {work.file_id(held) for held in work.kept}
    assert work.keys.rotated == 1


def test_a_list_of_the_destroyed_is_whole_after_the_rows_are_gone_T5(work: RoundAtWork) -> None:
    work.titles_stay = True
    work.take_in(3)
    work.begin()
    work.run()
    with work.catalogue.read() as view:
        told = [(item.line, item.file_code, item.title, item.decision_number) for item in tombstones_of(view, ROUND_ID)]
    assert [line for line, *_ in told] == [1, 2, 3]
    assert all(title and title.startswith("Hồ sơ số ") for _, _, title, _ in told)
    assert {number for *_, number in told} == {"12/QĐ-LTLS"}


def test_the_intent_is_in_the_ledger_before_the_first_byte_goes(work: RoundAtWork) -> None:
    work.take_in(1)
    work.begin()
    (held,) = work.destroyed
    with work.catalogue.read() as view:
        intent = view.record_of(work.file_id(held), Event.FILE_DESTRUCTION_BEGUN)
        laid = tombstone(view, work.file_id(held))
    assert intent is not None and laid is not None and laid.intended_seq == intent.seq
    assert all(held.key in set(store.keys("aip")) for store in work.stores)


def test_a_hold_at_the_last_moment_keeps_its_hoso_and_no_other_T3(work: RoundAtWork) -> None:
    work.take_in(3)
    stopped = work.destroyed[1]
    work.held.add(work.file_id(stopped))
    refused = work.begin()
    assert [(item.file_id, item.error.code) for item in refused] == [(work.file_id(stopped), "hold.in-force")]
    assert work.run().waiting == {"to-begin": 1} and work.keys.rotated == 0, "the last steps wait for the last line"
    for store in work.stores:
        assert set(store.keys("aip")) == {stopped.key, *(held.key for held in work.kept)}
    with work.catalogue.read() as view:
        assert view.aip(stopped.aip_id) is not None
        assert tombstone(view, work.file_id(stopped)) is None
        kept = file(view, work.file_id(stopped))
    assert kept is not None and kept.state is FileState.IN_ROUND


def test_a_store_that_is_away_keeps_the_round_open_until_it_is_back_T9(work: RoundAtWork, tmp_path: Path) -> None:
    work.take_in(2)
    work.begin()
    lost(tmp_path / "stores" / "kho-2")
    for _ in range(3):
        progress = work.run()
        assert progress.waiting == {"store:kho-2": 2}
        assert work.keys.rotated == 0, "what follows waits too"
    back(tmp_path / "stores" / "kho-2")
    assert work.run().settled
    assert all(set(store.keys("aip")) == {held.key for held in work.kept} for store in work.stores)


class _Refusing(DirectoryStore):
    """Says that it removed, or fails; the bytes stay."""

    fails: str = ""

    def remove(self, key: Key) -> None:
        if self.fails == "raises":
            raise StoreError("Lỗi đọc ghi.")
        if self.fails == "locks":
            raise LockedError("Đang khóa.")
        if not self.fails:
            super().remove(key)


@pytest.mark.parametrize(("fails", "state"), [("raises", ItemState.UNREACHABLE), ("silent", ItemState.DUE)])
def test_bytes_that_cannot_be_deleted_are_never_said_to_be_gone_T1(
    work: RoundAtWork, tmp_path: Path, fails: str, state: ItemState
) -> None:
    work.stores[1] = store = _Refusing("kho-2", tmp_path / "stores" / "kho-2")
    work.usual_places()
    work.take_in(1)
    work.begin()
    store.fails = fails
    assert not work.run().settled
    with work.catalogue.read() as view:
        assert counted_items(view, ROUND_ID)["store:kho-2"] == {state: 1}
        held = file(view, work.file_id(work.destroyed[0]))
    assert held is not None and held.state is FileState.DESTROYING
    store.fails = ""
    assert work.run().settled


def test_what_a_lock_keeps_is_noted_and_keeps_nothing_else_waiting(work: RoundAtWork, tmp_path: Path) -> None:
    work.stores[1] = store = _Refusing("kho-2", tmp_path / "stores" / "kho-2")
    work.usual_places()
    work.take_in(1)
    work.begin()
    store.fails = "locks"
    progress = work.run()
    assert progress.settled and progress.locked == 1
    with work.catalogue.read() as view:
        (item,) = work_items(view, ROUND_ID, states=[ItemState.LOCKED])
    assert (item.place, item.locked_until) == ("store:kho-2", None)


def test_fsck_finds_nothing_amiss_at_any_time_of_it(work: RoundAtWork, tmp_path: Path) -> None:
    work.take_in(2)
    assert _differences(work) == []
    work.begin()
    lost(tmp_path / "stores" / "kho-2")
    work.run()
    back(tmp_path / "stores" / "kho-2")
    assert _differences(work) == []
    work.run()
    assert _differences(work) == []


def _data_of(url: str) -> list[Path]:
    """All the server has but the folders of other databases: it holds those of every test before this one."""
    server = running_postgresql()
    with server.connect() as connection:
        found = connection.execute(
            "SELECT oid FROM pg_database WHERE datname = %s", [make_url(url).database]
        ).fetchone()
    assert found is not None
    data = server.folder / "data"
    return [data / "base" / str(found[0]), *(place for place in data.iterdir() if place.name != "base")]


def test_no_byte_of_it_is_left_in_database_or_stores(work: RoundAtWork, tmp_path: Path) -> None:
    """Raw files, PostgreSQL's log of writes and statistics included; each number is used by this test alone."""
    work.usual_places(compacting=True)
    work.take_in(2, first=810_001 + os.getpid() * 10)
    roots = [tmp_path]
    if work.url.startswith("postgresql"):
        roots += _data_of(work.url)
    marked = [work.marked(held) for held in work.destroyed]
    before = all_bytes(*roots)
    assert all(before(needle.data) for item in marked for needle in item.needles if needle.kind == "content")
    assert all(any(before(needle.data) for needle in item.needles if needle.kind == "text") for item in marked)
    work.begin()
    assert work.run().settled
    containing = all_bytes(*roots)
    for item in marked:
        for needle in item.needles:
            assert containing(needle.data) == [], needle
    for held in work.kept:
        assert containing(work.marked(held).needles[0].data), "the search itself works"


def _differences(work: RoundAtWork) -> list[str]:
    return [f"{item.code} {item.subject}" for item in fsck(work.catalogue, work.stores, Holdings())]


def test_no_column_of_any_table_is_forgotten() -> None:
    lists = [set(s.BY_PACKAGE), set(s.BY_SUBMISSION), set(s.EMPTIED), set(s.SWEPT), set(s.SHARED), set(s.KEPT)]
    known = set(metadata.tables) | {"alembic_version"}
    assert set().union(*lists) == known
    assert sum(map(len, lists)) == len(known), "each table stands in one list"


def test_nothing_goes_before_the_stores_have_the_intent(work: RoundAtWork) -> None:
    work.take_in(2)
    work.begin()
    asked: list[int] = []

    def away(seq: int) -> None:
        asked.append(seq)
        raise StoreError("Kho không nhận.")

    before = set(work.keys.ids)
    progress = work.executor(copied=away).run()
    assert progress.waiting["intent"] == 1 and progress.done == 0
    with work.catalogue.read() as view:
        assert asked == [max(item.intended_seq for item in tombstones_of(view, ROUND_ID))]
    assert work.keys.ids == before and work.keys.destroyed == []
    assert all(held.key in set(store.keys("aip")) for store in work.stores for held in work.destroyed)
    assert work.executor(copied=asked.append).run().settled


def test_what_a_lock_kept_from_the_last_steps_is_done_when_it_ends(work: RoundAtWork) -> None:
    work.take_in(1)
    step = _Locked(Outcome(ItemState.LOCKED, "Đang khóa.", work.at + timedelta(days=30)))
    work.finishing = [step]
    work.begin()
    for _ in range(2):
        assert work.run().settled and step.asked == 1, "not asked again before its date"
    with work.catalogue.read() as view:
        assert rounds_at_work(view) == [ROUND_ID]
    work.at += timedelta(days=31)
    step.outcome = REMOVED
    assert work.run().settled and step.asked == 2
    with work.catalogue.read() as view:
        assert [item.state for item in work_items(view, ROUND_ID, whole_round=True)] == [ItemState.ABSENT]


@dataclass
class _Locked:
    """A last step that says ``outcome``, and counts how often it was asked."""

    outcome: Outcome
    asked: int = 0
    name: str = "audit-reports"

    def finish(self, round_id: str) -> Outcome:
        self.asked += 1
        return self.outcome
