"""Papers survive a lost store and are known to fsck; what holds and rounds leave to be done is done by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import text

from api.bootstrap import Installation
from api.jobs.disposal import JOB
from api.watching.disposal import WATCH
from archive.catalogue import Catalogue
from archive.catalogue.destroying import begin_destroying
from archive.catalogue.file_writing import link_paper
from archive.catalogue.hold_reading import files_of_hold, unspread_holds
from archive.catalogue.hold_writing import release_hold
from archive.catalogue.round_deciding import attach_paper, complete_round, record_dossier
from archive.catalogue.round_reading import line_of_file, papers
from archive.disposal.paper_keeping import keep_paper, read_paper, spread_papers
from archive.disposal.round_state import RoundState
from archive.disposal.words import LineState, Signature
from archive.errors import CopyDamagedError, StoreError
from archive.fsck.own_objects import CLAIMS
from archive.fsck.papers import paper_differences
from archive.storage.directory import DirectoryStore
from archive.storage.key import Key
from schemas.alerts import alert_kinds
from tests.catalogue.builders import stored_package
from tests.disposal.world import AT, World

DATA = b"%PDF-1.7 danh muc"


@pytest.fixture
def stores(tmp_path: Path) -> list[DirectoryStore]:
    return [DirectoryStore.initialise(name, tmp_path / name) for name in ("kho-1", "kho-2")]


def attached(world: World, round_id: str, stores: list[DirectoryStore]) -> str:
    digest = world.get(round_id).list_sha256 or ""
    new = keep_paper(stores, round_id, "list", DATA, list_sha256=digest, signature=Signature.VALID, signers=["An"])
    with world.transaction() as tx:
        attach_paper(tx, round_id, new, by=world.by("proposer"), at=AT)
    return new.object_key


def test_a_paper_lies_in_every_store_and_comes_back_to_one_that_lost_it(
    world: World, stores: list[DirectoryStore]
) -> None:
    round_id = world.round([world.file()], RoundState.DECIDED)
    key = attached(world, round_id, stores)
    assert attached(world, round_id, stores) == key
    with world.read() as view:
        (paper,) = papers(view, round_id)
        assert (paper.object_key, paper.size_bytes, paper.signers) == (key, len(DATA), ("An",))
        known = CLAIMS["disposal"](view, "kho-1", [Key(key), Key(f"disposal/{round_id}/list-00.pdf")])
    assert known == {Key(key)}
    assert spread_papers(world.catalogue, round_id, stores) == 0
    stores[0].remove(Key(key))
    assert read_paper(stores, key, paper.sha256) == DATA
    assert spread_papers(world.catalogue, round_id, stores) == 1
    assert b"".join(stores[0].read(Key(key))) == DATA
    for store in stores:
        store.remove(Key(key))
    with pytest.raises(CopyDamagedError):
        read_paper(stores, key, paper.sha256)
    assert spread_papers(world.catalogue, round_id, stores) == 0


def test_papers_of_a_round_that_is_over_come_to_a_store_that_was_away(
    world: World, stores: list[DirectoryStore]
) -> None:
    round_id = world.round([world.file()], RoundState.DECIDED)
    key = attached(world, round_id, stores[:1])
    world.sql("UPDATE rounds SET state = 'abandoned' WHERE id = :id", id=round_id)
    assert spread_papers(world.catalogue, "", stores, stopping=lambda: True) == 0
    assert spread_papers(world.catalogue, "", stores) == 1
    assert b"".join(stores[1].read(Key(key))) == DATA


def test_fsck_names_a_paper_that_a_store_lacks_or_holds_otherwise(
    world: World, stores: list[DirectoryStore], tmp_path: Path
) -> None:
    round_id = world.round([world.file()], RoundState.DECIDED)
    key = attached(world, round_id, stores)
    for _ in range(2):  # each of its bytes is asked for once, however often it was attached
        with world.transaction() as tx:
            tx.rows(
                text(
                    "INSERT INTO round_papers SELECT round_id, kind, ordinal + 1, object_key, sha256, size_bytes, "
                    "list_sha256, decision_ordinal, signature, signers, attached_by, attached_at FROM round_papers "
                    "WHERE ordinal = (SELECT max(ordinal) FROM round_papers)"
                )
            )

    def found(whole: bool) -> list[tuple[str, str, str]]:
        with world.read() as view:
            return [(item.code, item.subject, item.behind) for item in paper_differences(view, stores, whole)]

    assert found(True) == found(False) == []
    (tmp_path / "kho-2" / key).chmod(0o600)
    (tmp_path / "kho-2" / key).write_bytes(DATA[:-1] + b"?")
    stores[0].remove(Key(key))
    assert found(True) == [
        ("paper.object.missing", key, "store:kho-1"),
        ("paper.object.damaged", key, "store:kho-2"),
    ]
    assert found(False) == [("paper.object.missing", key, "store:kho-1")]


def test_a_paper_one_store_does_not_take_is_not_said_to_be_there(world: World, stores: list[DirectoryStore]) -> None:
    round_id = world.round([world.file()], RoundState.DECIDED)

    broken = cast(DirectoryStore, _Broken())
    with pytest.raises(StoreError):
        attached(world, round_id, [*stores, broken])
    with world.read() as view:
        assert papers(view, round_id) == ()


class _Broken:
    name = "kho-3"

    def create(self, _key: Key) -> Any:
        raise StoreError("đầy")


@dataclass
class House:
    """What a job and a watch use of an installation."""

    catalogue: Catalogue
    stores: list[DirectoryStore]


class Running:
    slot = "1"

    def stopping(self) -> bool:
        return False


@pytest.fixture
def house(world: World, stores: list[DirectoryStore]) -> Iterator[Installation]:
    yield cast(Installation, House(world.catalogue, stores))


def test_the_job_spreads_lists_marks_lines_and_puts_papers_back(
    world: World, house: Installation, stores: list[DirectoryStore]
) -> None:
    held, changed, other = world.files(3)
    round_id = world.round([changed, other], RoundState.DECIDED)
    key = attached(world, round_id, stores)
    stores[1].remove(Key(key))
    placed = world.hold(held).hold
    world.sql("DELETE FROM hold_files")
    world.sql("INSERT INTO hold_pieces VALUES (:id, 1, :ids)", id=placed.id, ids=f"\n{held}\n")
    with world.transaction() as tx:
        link_paper(tx, changed, "GIẤY-9", permanent=False, reason="", actor="luutru", at=AT)
    for _ in range(2):
        JOB.run(house, Running())
    with world.read() as view:
        assert unspread_holds(view) == () and files_of_hold(view, placed.id) == (held,)
        line, standing = line_of_file(view, round_id, changed), line_of_file(view, round_id, other)
    assert line is not None and line.state is LineState.VOID
    assert standing is not None and standing.state is LineState.LISTED
    assert b"".join(stores[1].read(Key(key))) == DATA


def test_overdue_holds_and_terms_that_run_out_are_told_and_are_over_in_time(world: World, house: Installation) -> None:
    def told(days: int) -> list[tuple[str, str, str]]:
        found = WATCH.look(house, AT + timedelta(days=days))
        return [(item.code, item.subject, item.severity.value) for item in found]

    file_id, held = world.files(2)
    placed = world.hold(held, until=AT.date()).hold
    round_id = world.round([file_id])
    assert told(0) == [] and told(9) == [("hold.overdue", placed.id, "yellow")]
    assert ("round.clock-running", round_id, "yellow") in told(10)
    assert ("round.clock-running", round_id, "yellow") in told(15)
    assert ("round.clock-running", round_id, "red") in told(16)
    with world.transaction() as tx:
        release_hold(tx, placed.id, reason="Xong", by=world.by("head"), at=AT)
        begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)
    assert told(16) == []
    assert set(alert_kinds()) >= WATCH.codes


def test_the_dossier_is_a_package_before_the_round_is_over(world: World) -> None:
    round_id = world.round([world.file()])
    package = stored_package(world.catalogue, 7)
    world.sql("UPDATE rounds SET state = 'minutes_made' WHERE id = :id", id=round_id)
    with world.transaction() as tx:
        for _ in range(2):
            assert record_dossier(tx, round_id, package.aip_id, actor="luutru", at=AT).dossier_aip_id == package.aip_id
        for _ in range(2):
            assert complete_round(tx, round_id, by=world.by("head"), at=AT).state is RoundState.COMPLETED
