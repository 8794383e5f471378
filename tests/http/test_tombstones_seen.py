"""Tombstones and certificates tell nobody of a hồ sơ that was hidden from him before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from archive.access import Mode
from archive.catalogue.destruction_tables import destruction_certificates, tombstones
from samples.holdings import AGENCY
from tests.http.executing_round import ExecutingRound, executing_round

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def archive(system_tmp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExecutingRound]:
    with executing_round(tmp_path, monkeypatch) as made:
        yield made


def laid(archive: ExecutingRound, file_id: str, number: int, mode: Mode = Mode.CONDITIONAL, **more: Any) -> str:
    """As if it had been destroyed ``number`` hours after the others."""
    values = {
        "file_id": file_id,
        "round_id": archive.round_id,
        "line": number,
        "agency_code": AGENCY.code,
        "file_code": f"HS.{number}",
        "decision_number": "99/QĐ",
        "list_sha256": "e" * 64,
        "period_text": "10 năm",
        "packages": 1,
        "documents": 1,
        "size_bytes": 1,
        "intended_at": AT + timedelta(hours=number),
        "intended_seq": number,
        "needles": 0,
        "mode": mode.value,
    }
    with archive.world.transaction() as tx:
        tx.rows(insert(tombstones).values(values | more))
    return file_id


def pages(archive: ExecutingRound, who: str) -> tuple[list[str], list[str]]:
    """What is shown page by page, and every place that was told."""
    shown, places, after = list[str](), list[str](), None
    while True:
        answer = archive.ask(who, "GET", "/tombstones", params={"size": 1} | ({"after": after} if after else {}))
        assert answer.status_code == 200, answer.text
        shown += [item["file_id"] for item in answer.json()["items"]]
        after = answer.json()["after"]
        if after is None:
            return shown, places
        places.append(after)


def test_pages_are_full_and_no_place_is_made_of_a_hidden_one(archive: ExecutingRound) -> None:
    for number in range(1, 7):
        laid(archive, f"{number:032x}", number, Mode.RESTRICTED if number in (2, 3, 6) else Mode.CONDITIONAL)
    shown, places = pages(archive, "archivist")
    assert shown == [f"{number:032x}" for number in (5, 4, 1)]
    assert [place.partition("~")[2] for place in places] == shown[:-1]
    assert len(pages(archive, "head")[0]) == 6


def test_the_same_code_of_another_agency_hides_no_tombstone_of_ones_own(archive: ExecutingRound) -> None:
    own = laid(archive, "a" * 32, 1, agency_code="H01.02", file_code="01.TH")
    laid(archive, "b" * 32, 2, agency_code="H99.77", file_code="01.TH")
    answer = archive.ask("unit", "GET", "/tombstones/01.TH")
    assert answer.status_code == 200 and answer.json()["file_id"] == own


def test_the_sheets_of_a_certificate_are_for_who_may_know_of_every_line(archive: ExecutingRound) -> None:
    first, second = (held.submission_id for held in archive.destroyed)
    with archive.world.transaction() as tx:
        values = {"round_id": archive.round_id, "run_id": "c" * 32, "issued_at": AT, "sha256": "d" * 64}
        tx.rows(insert(destruction_certificates).values(**values, document={"statement": {}, "signature": {}}))
    laid(archive, first, 1)
    sheets = archive.about("certificate?format=pdf")
    assert archive.ask("archivist", "GET", sheets).json()["code"] == "certificate.not-printed"
    laid(archive, second, 2, Mode.RESTRICTED)
    assert archive.ask("archivist", "GET", sheets).status_code == 403
    for who in ("proposer", "head", "auditor"):
        assert archive.ask(who, "GET", sheets).json()["code"] == "certificate.not-printed", who
    assert archive.ask("archivist", "GET", archive.about("certificate")).status_code == 200
