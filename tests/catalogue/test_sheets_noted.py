"""Sheets of a certificate: noted by one, recorded by who noted them, and counted as printed from then on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from archive.catalogue import Catalogue
from archive.catalogue.destruction_tables import destruction_certificates
from archive.catalogue.held_papers import HeldPaper, held_papers
from archive.catalogue.printed_certificates import (
    NotedSheets,
    PrintedCertificate,
    certified_unprinted,
    known_certificates,
    note_sheets,
    noted_sheets,
    printed_certificate,
    record_printed,
)
from archive.events import Event

AT = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
ROUND = "a" * 32
FIRST, SECOND = (NotedSheets(f"disposal/{ROUND}/certificate-{each * 16}.pdf", each * 64) for each in "12")


@pytest.fixture(autouse=True)
def certified(catalogue: Catalogue) -> None:
    values = {"round_id": ROUND, "run_id": "c" * 32, "issued_at": AT, "sha256": "d" * 64, "document": {}}
    with catalogue.transaction() as tx:
        tx.rows(insert(destruction_certificates).values(values))


def noted(catalogue: Catalogue, sheets: NotedSheets, instead_of: NotedSheets | None) -> bool:
    with catalogue.transaction() as tx:
        return note_sheets(tx, ROUND, sheets, instead_of=instead_of)


def recorded(catalogue: Catalogue, sheets: NotedSheets) -> PrintedCertificate | None:
    with catalogue.transaction() as tx:
        record_printed(tx, PrintedCertificate(ROUND, sheets.object_key, sheets.sha256, 9), actor="luutru", at=AT)
        return printed_certificate(tx, ROUND)


def test_noted_sheets_are_somebodys_and_no_printed_ones(catalogue: Catalogue) -> None:
    assert noted(catalogue, FIRST, None)
    with catalogue.read() as view:
        assert noted_sheets(view, ROUND) == FIRST and printed_certificate(view, ROUND) is None
        assert known_certificates(view, [FIRST.object_key, SECOND.object_key]) == {FIRST.object_key}
        assert certified_unprinted(view) == [ROUND] and list(held_papers(view)) == []


def test_of_two_who_print_one_notes(catalogue: Catalogue) -> None:
    assert noted(catalogue, FIRST, None)
    assert not noted(catalogue, SECOND, None)
    assert noted(catalogue, SECOND, FIRST), "who found the first lost"
    assert not noted(catalogue, FIRST, FIRST)
    assert recorded(catalogue, FIRST) is None, "another took them for lost"


def test_recorded_once_they_stand(catalogue: Catalogue) -> None:
    assert recorded(catalogue, FIRST) is None, "nobody noted them"
    assert noted(catalogue, FIRST, None)
    printed = PrintedCertificate(ROUND, FIRST.object_key, FIRST.sha256, 9)
    assert recorded(catalogue, FIRST) == printed == recorded(catalogue, FIRST) == recorded(catalogue, SECOND)
    assert not noted(catalogue, SECOND, FIRST) and not noted(catalogue, SECOND, None)
    with catalogue.read() as view:
        assert noted_sheets(view, ROUND) is None and certified_unprinted(view) == []
        assert list(held_papers(view)) == [HeldPaper(FIRST.object_key, FIRST.sha256, 9)]
        assert len(view.records(subject=ROUND, event=Event.ROUND_CERTIFICATE_PRINTED)) == 1
