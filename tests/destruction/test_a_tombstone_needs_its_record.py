"""A row alone ends nothing: what the ledger does not say was destroyed comes back, and what it says has its tombstone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Table, delete, insert, update

from archive.catalogue import Catalogue
from archive.catalogue.destruction_tables import tombstone_documents, tombstone_packages, tombstones
from archive.catalogue.remains import tombstone_remains_sha256
from archive.events import Event
from archive.fsck.everything import Holdings, fsck
from samples.holdings import Held
from tests.destruction.round_at_work import RoundAtWork, rebuilt, sealed

SHA = "a" * 64


def test_a_package_a_row_ends_and_the_ledger_does_not_comes_back_and_is_told(work: RoundAtWork, tmp_path: Path) -> None:
    work.take_in(1)
    kept = work.kept[0]
    _forged(work, kept, file_id=work.file_id(kept))
    assert _told(work) == [("tombstone.record.missing", kept.aip_id)]
    sealed(work)
    with Catalogue.open(f"sqlite:///{tmp_path / 'new.sqlite'}") as fresh:
        made = rebuilt(work, fresh, work.stores[0], tmp_path / "scratch")
        with fresh.read() as back:
            assert back.aip(kept.aip_id) is not None
    assert [item.code for item in made.problems] == ["catalogue.contradiction.found"]
    assert "tombstone.record.missing" in made.problems[0].detail


def test_a_package_cannot_be_put_behind_the_end_of_another_hoso(work: RoundAtWork, tmp_path: Path) -> None:
    work.take_in(1)
    work.begin()
    assert work.run().settled
    kept, (gone,) = work.kept[0], work.destroyed
    _forged(work, kept, file_id=work.file_id(gone))
    assert _told(work) == [("tombstone.row.changed", work.file_id(gone))]
    sealed(work)
    with Catalogue.open(f"sqlite:///{tmp_path / 'new.sqlite'}") as fresh:
        rebuilt(work, fresh, work.stores[0], tmp_path / "scratch")
        with fresh.read() as back:
            assert back.aip(kept.aip_id) is not None and back.aip(gone.aip_id) is None


@pytest.mark.parametrize("lost", ["tombstone", "package"])
def test_what_the_ledger_ends_stays_gone_without_its_row_and_that_is_told(
    work: RoundAtWork, tmp_path: Path, lost: str
) -> None:
    work.take_in(1)
    work.begin()
    (held,) = work.destroyed
    with work.catalogue.transaction() as tx:
        if lost == "tombstone":
            tx.rows(delete(tombstones).where(tombstones.c.file_id == work.file_id(held)))
        else:
            tx.rows(delete(tombstone_packages).where(tombstone_packages.c.aip_id == held.aip_id))
    code = "tombstone.row.missing" if lost == "tombstone" else "tombstone.row.changed"
    assert (code, work.file_id(held)) in _told(work)
    sealed(work)
    with Catalogue.open(f"sqlite:///{tmp_path / 'new.sqlite'}") as fresh:
        made = rebuilt(work, fresh, work.stores[0], tmp_path / "scratch")
        assert any(code in item.detail for item in made.problems)
        with fresh.read() as back:
            assert back.aip(held.aip_id) is None, "its bytes lie there whole, and are no record"


def test_a_tombstone_without_any_record_and_one_that_says_destroyed_too_early_are_told(work: RoundAtWork) -> None:
    work.take_in(1)
    work.begin()
    (held,) = work.destroyed
    c = tombstones.c
    with work.catalogue.transaction() as tx:
        row = tx.rows(tombstones.select().where(c.file_id == work.file_id(held))).one()
        tx.rows(insert(tombstones).values({**row._mapping, "file_id": "0" * 32}))
        change = update(tombstones).where(c.file_id == work.file_id(held))
        tx.rows(change.values(destroyed_at=work.now(), destroyed_seq=row.intended_seq))
    assert _told(work) == [
        ("tombstone.row.changed", work.file_id(held)),
        ("tombstone.record.missing", "0" * 32),
    ]


@pytest.mark.parametrize("table", [tombstone_packages, tombstone_documents])
def test_a_digest_that_remains_cannot_be_changed_behind_the_ledger(work: RoundAtWork, table: Table) -> None:
    work.take_in(1)
    work.begin()
    (held,) = work.destroyed
    with work.catalogue.read() as view:
        intent = view.record_of(work.file_id(held), Event.FILE_DESTRUCTION_BEGUN)
        assert intent is not None
        assert intent.data["remains_sha256"] == tombstone_remains_sha256(view, work.file_id(held))
    assert _told(work) == []
    with work.catalogue.transaction() as tx:
        tx.rows(update(table).where(table.c.aip_id == held.aip_id).values(sha256=SHA))
    assert _told(work) == [("tombstone.row.changed", work.file_id(held))]


def _forged(work: RoundAtWork, held: Held, *, file_id: str) -> None:
    """As somebody would who can write to the database, and hopes that the next rebuild does the rest."""
    with work.catalogue.transaction() as tx:
        of = tx.submission(held.submission_id)
        tx.rows(
            insert(tombstone_packages).values(
                aip_id=held.aip_id,
                file_id=file_id,
                submission_id=held.submission_id,
                registration_number=of.registration_number,
                object_key=str(held.key),
                size_bytes=held.size_bytes,
                sha256=held.sha256,
                transfer_sha256=of.transfer_sha256,
            )
        )


def _told(work: RoundAtWork) -> list[tuple[str, str]]:
    return [(item.code, item.subject) for item in fsck(work.catalogue, work.stores, Holdings())]
