"""The certificate lists every decision its round was carried out under, as they stand in the moment it is issued."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import api.proving_absence as proving
from api.bootstrap import now
from api.printed_certificate import certificate_paper
from archive.catalogue.destruction_reading import certificate
from archive.catalogue.round_deciding import decide_round
from archive.catalogue.worker_model import RunState
from tests.disposal import world
from tests.http.executing_round import ExecutingRound, executing_round


@pytest.fixture
def archive(system_tmp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExecutingRound]:
    with executing_round(tmp_path, monkeypatch) as made:
        yield made


def decided(archive: ExecutingRound, number: str) -> None:
    of = archive.world.get(archive.round_id)
    with archive.world.transaction() as tx:
        decide_round(
            tx,
            of.id,
            of.list_sha256 or "",
            number=number,
            decided_on=world.TODAY,
            by=archive.world.by("head"),
            at=now(),
            titles_stay=False,
        )


def test_every_decision_stands_in_the_certificate_also_one_made_at_the_last_moment(
    archive: ExecutingRound, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert archive.ask("executor", "POST", archive.about("destruction")).status_code == 202
    assert archive.work() is RunState.DONE
    decided(archive, "120/QĐ")
    certify = proving.certify

    def at_the_last_moment(*args: Any, **options: Any) -> Any:
        """What the certificate says is being read; then one more decision is made."""
        clock, waits = options["now"], ["131/QĐ"]

        def beside_others() -> datetime:
            while waits:
                decided(archive, waits.pop())
            moment: datetime = clock()
            return moment

        return certify(*args, **{**options, "now": beside_others})

    monkeypatch.setattr(proving, "certify", at_the_last_moment)
    assert archive.ask("auditor", "POST", archive.about("absence")).status_code == 202
    assert archive.work() is RunState.DONE
    with archive.installation.catalogue.read() as view:
        document = certificate(view, archive.round_id)
        assert document is not None
        statement: Any = document["statement"]
        told = [
            (item["ordinal"], item["number"], item["titles_stay"], item["files"]) for item in statement["decisions"]
        ]
        assert told == [(1, "99/QĐ", True, 2), (2, "120/QĐ", False, 0), (3, "131/QĐ", False, 0)]
        assert {item["list_sha256"] for item in statement["decisions"]} == {statement["decision"]["list_sha256"]}
        paper = certificate_paper(view, document, sealed=True)
    day = f"{world.TODAY:%d/%m/%Y}"
    assert paper.decision == f"Quyết định hủy số 120/QĐ ngày {day}; số 131/QĐ ngày {day}; số 99/QĐ"
