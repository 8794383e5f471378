"""Sheets of a certificate claim what was done: keys there were, and removal where something was removed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import update

from api.printed_certificate import sealed_files
from archive.catalogue import Catalogue
from archive.catalogue.destruction_tables import tombstone_packages
from archive.disposal.model import Round
from archive.papers.place_outcomes import place_outcomes
from tests.destruction.round_at_work import ROUND_ID, RoundAtWork

AT = "2026-03-01T00:00:00.000000Z"


def said(*places: str) -> dict[str, Any]:
    looked = [{"place": name, "objects": 1, "size_bytes": 1, "of_living_hoso": 0} for name in places]
    return {"run": {"ended_at": AT}, "locked": [], "looked_at": looked, "media": []}


def test_where_it_was_only_looked_no_removal_is_claimed() -> None:
    worked = ("home", "home@máy-2", "store:kho-1", "quarantine-store", "database", "index")
    looked = ("also:1", "keys:1", "temporary", "backup:băng-1", "also@máy-2:1")
    told = {item.name: bool(item.done) for item in place_outcomes(said(*worked, *looked))}
    assert told == {name: True for name in worked} | {name: False for name in looked}


def test_a_key_is_counted_only_of_what_lay_sealed(work: RoundAtWork) -> None:
    work.take_in(2)
    work.begin()
    of = cast(Round, SimpleNamespace(id=ROUND_ID))
    assert _sealed(work.catalogue, of) == 0
    p = tombstone_packages.c
    with work.catalogue.transaction() as tx:
        key = f"{work.destroyed[0].key}.age"
        tx.rows(update(tombstone_packages).where(p.aip_id == work.destroyed[0].aip_id).values(object_key=key))
    assert _sealed(work.catalogue, of) == 1


def _sealed(catalogue: Catalogue, of: Round) -> int:
    with catalogue.read() as view:
        return sealed_files(view, of)
