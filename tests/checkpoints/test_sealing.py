"""Everything up to now becomes one signed checkpoint, and any one store alone tells all of it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from archive.catalogue import Catalogue
from archive.catalogue.checkpoint_reading import last_checkpoint, shipments
from archive.catalogue.database import open_engine, writing
from archive.checkpoints.errors import CheckpointConflictError
from archive.checkpoints.statement import Kind, checkpoint_key, read_checkpoint
from archive.checkpoints.thinning import thin
from archive.errors import LedgerBrokenError, StoreError
from archive.signing import signature_holds
from archive.storage.key import Key
from archive.storage.memory import MemoryStore
from tests.checkpoints.sealed_archive import SealedArchive


def test_the_first_checkpoint_is_whole_and_the_next_ones_hold_only_what_is_new(sealed: SealedArchive) -> None:
    sealed.take_in(2)
    first = sealed.seal()
    assert first is not None and (first.number, first.content.kind) == (1, Kind.FULL)
    assert sealed.seal() is None
    sealed.take_in()
    second = sealed.seal()
    assert second is not None and second.content.kind is Kind.NEWS
    (segment,) = second.segments
    assert (segment.first, segment.last) == (11, 15)
    assert second.content.previous == second.content.since == first.link
    sealed.require_sealed()


def test_a_day_and_a_whole_one_leave_nothing_out_and_make_the_way_back_short(sealed: SealedArchive) -> None:
    kinds = [Kind.NEWS, Kind.NEWS, Kind.DAY, Kind.NEWS, Kind.DAY, Kind.NEWS, Kind.FULL, Kind.NEWS, Kind.DAY, Kind.NEWS]
    for kind in kinds:
        sealed.take_in()
        assert sealed.seal(kind) is not None
        sealed.require_sealed()
    chain, _, _ = sealed.read_from(sealed.stores[0])
    assert [item.number for item in chain] == [1, 7, 9, 10]


def test_a_row_changed_without_a_record_is_sealed_too(sealed: SealedArchive, url: str) -> None:
    sealed.take_in()
    sealed.seal()
    with sealed.catalogue.transaction() as tx:
        tx.rows(text("UPDATE copies SET state = 'missing' WHERE store = 'kho-2'"))
    made = sealed.seal()
    assert made is not None and not made.segments and made.rows[0].last == 1
    with sealed.catalogue.transaction() as tx:
        tx.rows(text("DELETE FROM copies WHERE store = 'kho-2'"))
    assert sealed.seal() is not None
    sealed.require_sealed()


def test_the_object_is_canonical_signed_and_says_all_a_reader_needs(sealed: SealedArchive) -> None:
    sealed.take_in()
    made = sealed.seal()
    assert made is not None
    document = b"".join(sealed.stores[1].read(checkpoint_key(1)))
    assert document == made.document and read_checkpoint(document).content == made.content
    value = json.loads(document)
    assert signature_holds(value, sealed.key.private.public_key())
    value["statement"]["at"] = "2026-11-22T01:31:00.123456Z"
    assert not signature_holds(value, sealed.key.private.public_key())


def test_a_store_that_is_away_gets_what_it_lacks_later(sealed: SealedArchive) -> None:
    here, away = sealed.stores
    for kind in (Kind.NEWS, Kind.NEWS, Kind.DAY, Kind.NEWS):
        sealed.take_in()
        assert sealed.seal(kind, [here]) is not None
    assert list(away.keys()) == []
    assert [item.error for item in sealed.ship()] == [None, None]
    sealed.require_sealed(here, away)
    assert [key for key in away.keys("checkpoint")] == [checkpoint_key(number) for number in (1, 3, 4)]
    with sealed.catalogue.read() as view:
        assert {name: item.number for name, item in shipments(view).items()} == {"kho-1": 4, "kho-2": 4}


def test_a_segment_no_store_has_any_more_comes_from_the_catalogue(sealed: SealedArchive) -> None:
    here, away = sealed.stores
    sealed.take_in()
    made = sealed.seal(stores=[here])
    assert made is not None
    here.remove(made.segments[0].key)
    assert [item.error for item in sealed.ship([away])] == [None]
    _, bodies, _ = sealed.read_from(away)
    assert bodies == sealed.standing()[0]


def test_no_store_at_all_seals_nothing(sealed: SealedArchive) -> None:
    sealed.take_in()
    with pytest.raises(StoreError):
        sealed.seal(stores=[MemoryStore("đầy", capacity_bytes=10)])
    with sealed.catalogue.read() as view:
        assert last_checkpoint(view) is None


def test_a_full_store_is_passed_over_while_another_takes_it(sealed: SealedArchive) -> None:
    sealed.take_in()
    small = MemoryStore("nhỏ", capacity_bytes=3000)
    made = sealed.seal(stores=[small, sealed.stores[0]])
    assert made is not None
    with sealed.catalogue.read() as view:
        assert set(shipments(view)) == {"kho-1"}


def test_a_catalogue_older_than_the_store_seals_nothing(sealed: SealedArchive, new_url: object) -> None:
    sealed.take_in(2)
    sealed.seal()
    with Catalogue.open(new_url()) as restored:  # type: ignore[operator]
        older = SealedArchive(restored, sealed.stores, sealed.key, sealed.folder)
        older.take_in()
        with pytest.raises(CheckpointConflictError):
            older.seal()
    sealed.require_sealed()


@pytest.mark.parametrize("change", ["body = replace(body, 'luutru', 'LUUTRU')", "subject = 'x'", "hash = 'y'"])
def test_a_broken_ledger_is_never_signed(sealed: SealedArchive, url: str, change: str) -> None:
    sealed.take_in()
    sealed.seal()
    sealed.take_in()
    engine = open_engine(url)
    with writing(engine) as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER ledger_refuses_update"))
        else:
            connection.execute(text("DROP TRIGGER ledger_refuses_change ON ledger"))
        connection.execute(text(f"UPDATE ledger SET {change} WHERE seq = 7"))
    engine.dispose()
    if change.startswith("subject"):
        # The column only repeats what the record says; the record itself is whole.
        assert sealed.seal() is not None
        return
    with pytest.raises(LedgerBrokenError):
        sealed.seal()


def test_T12_who_can_write_into_one_store_does_not_end_sealing_for_all(sealed: SealedArchive) -> None:
    sealed.take_in()
    sealed.seal()
    first, second = sealed.stores
    with first.create(checkpoint_key(2)) as writer:
        writer.write(b"{}")
        writer.commit()
    sealed.take_in()
    made = sealed.seal()
    assert made is not None and made.number == 2
    sealed.require_sealed(second)
    told = {item.store: item.error is None for item in sealed.ship()}
    assert told == {"kho-1": False, "kho-2": True}
    first.remove(checkpoint_key(2))
    assert all(item.error is None for item in sealed.ship())
    sealed.require_sealed()


@pytest.mark.parametrize("name", ["checkpoint/ghi-chu.json", "ledger/ghi-chu.jsonl", "rows/ghi-chu.jsonl"])
def test_what_somebody_left_in_a_store_does_not_end_tidying_up(sealed: SealedArchive, name: str) -> None:
    with sealed.stores[0].create(Key(name)) as writer:
        writer.write(b"x")
        writer.commit()
    for kind in (Kind.FULL, Kind.NEWS, Kind.DAY, Kind.FULL, Kind.NEWS, Kind.FULL):
        sealed.take_in()
        sealed.seal(kind)
    assert thin(sealed.catalogue, sealed.stores) > 0
    sealed.require_sealed()
