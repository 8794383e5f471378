"""No medium the archive knows of is passed over: one a store is moving to, one it has left, one that was retired."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from api.proving_absence import media_of
from archive.catalogue.destruction_model import AbsenceVerdict
from archive.catalogue.policy_model import MediumMove, MoveKind
from archive.catalogue.policy_writing import adopt, begin_move, end_move
from archive.moving import Moving
from archive.policy_adoption import may_follow
from archive.storage.directory import DirectoryStore
from archive.storage.store import Store
from archive.storage_policy import StoragePolicy
from archive.storage_policy_reading import read_policy
from tests.destruction.interrupted import Interrupted
from tests.destruction.round_at_work import RoundAtWork
from tests.destruction.whole_archive import WholeArchive, whole_archive


@pytest.fixture
def archive(system_tmp: Path, tmp_path: Path) -> Iterator[WholeArchive]:
    with whole_archive(tmp_path, 1) as made:
        yield made


def test_while_a_store_is_being_moved_nothing_is_finished_nor_proven_and_its_old_medium_is_named(
    archive: WholeArchive,
) -> None:
    archive.begin()
    _begun(archive, MoveKind.MEDIUM, "a" * 32)
    assert archive.go_on().waiting["moves"] == 1
    run = archive.look(1)
    assert run.verdict is not AbsenceVerdict.ABSENT
    assert run.report is not None and "move:kho-1" in run.report["not_looked"]
    _ended(archive, "a" * 32, {"passed": True})
    assert archive.go_on().settled
    run = archive.look(2)
    assert run.verdict is AbsenceVerdict.ABSENT, run.report
    assert run.report is not None
    assert any("/mnt/cũ" in item["medium"] and item["not_done"] for item in run.report["media"])


def test_a_retired_store_and_a_medium_given_up_are_named_too(archive: WholeArchive) -> None:
    _begun(archive, MoveKind.RETIREMENT, "b" * 32, store="kho-9")
    _ended(archive, "b" * 32, {"passed": True})
    _begun(archive, MoveKind.MEDIUM, "c" * 32)
    _ended(archive, "c" * 32, {"passed": False, "given_up": True})
    told = [item["medium"] for item in media_of(archive.installation)]
    assert any("kho-9" in item and "/mnt/cũ" in item for item in told)
    assert any("kho-1" in item and "/mnt/mới" in item for item in told)


def test_what_ends_while_its_store_is_moved_is_not_on_the_new_medium(work: RoundAtWork, tmp_path: Path) -> None:
    work.take_in(1)
    before, after = _policy(tmp_path, 1, "stores/kho-2"), _policy(tmp_path, 2, "kho-2-mới")
    with work.catalogue.transaction() as tx:
        assert may_follow(tx, before, tmp_path)
        adopt(tx, before, actor="thử", at=work.now(), data={})
    new = DirectoryStore.initialise("kho-2", tmp_path / "kho-2-mới")

    def destroyed() -> None:
        assert work.begin() == []
        assert work.run().settled

    moving = Moving(
        work.catalogue,
        before,
        after,
        "kho-2",
        work.stores[1],
        cast(Store, Interrupted(new, [destroyed])),
        [work.stores[0]],
        tmp_path,
        "thử",
        work.now,
        lambda: "d" * 32,
    )
    ended = moving.run()
    assert ended is not None and ended.report is not None and ended.report["passed"], ended
    assert set(new.keys("aip")) == {held.key for held in work.kept}


def _policy(folder: Path, version: int, place: str) -> StoragePolicy:
    rows = "".join(
        f'[[stores]]\nname = "{name}"\npath = "{path}"\nrequired = true\n'
        for name, path in (("kho-1", "stores/kho-1"), ("kho-2", place))
    )
    return read_policy(f"version = {version}\ncopies = 2\n{rows}", folder)


def _begun(archive: WholeArchive, kind: MoveKind, move_id: str, store: str = "kho-1") -> None:
    old, new = {"path": "/mnt/cũ", "location": "", "medium": ""}, {"path": "/mnt/mới", "location": "", "medium": ""}
    with archive.installation.catalogue.transaction() as tx:
        begin_move(tx, MediumMove(move_id, store, kind, archive.work.now(), "thử", old, new, 0))


def _ended(archive: WholeArchive, move_id: str, report: dict[str, bool]) -> None:
    with archive.installation.catalogue.transaction() as tx:
        end_move(tx, move_id, archive.work.now(), report)
