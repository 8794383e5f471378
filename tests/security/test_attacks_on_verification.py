"""Asking without an account which bytes are held: no more than that is told, and not very often."""

from __future__ import annotations

import hashlib

import pytest

from api.http.rates import Rates
from api.http.routes import presence
from archive.events import Event
from tests.http_contract.world import Held
from tests.security.conftest import Arena, status, wired
from tests.security.test_attacks_on_rights import documents, leaked, said


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "_rates", Rates(per_minute=6000, burst=6000))


def digest(arena: Arena, held: Held) -> str:
    return documents(arena, held)[held.ordinal - 1].sha256


@pytest.mark.parametrize("shape", ["restricted", "mixed", "conditional"])
@pytest.mark.parametrize("who", [None, "agency", "archivist", "head", "auditor"])
def test_of_what_is_not_open_exactly_three_things_are_told_to_whoever_asks(
    arena: Arena, who: str | None, shape: str
) -> None:
    for whose in ("own", "foreign"):
        held = arena.world.of(whose, shape)
        answer = arena.ask(who, "GET", f"/verify/{digest(arena, held)}")
        assert answer.status_code == 200 and set(answer.json()) == {"sha256", "held", "places"}
        for place in answer.json()["places"]:
            assert place["record"] is None and set(place) == {"held_since", "match", "verdict", "record"}
        assert held.aip_id not in answer.text and not leaked(arena, "", answer)


def test_bytes_that_are_not_held_are_answered_alike_whatever_they_resemble(arena: Arena) -> None:
    held = arena.world.of("own", "restricted")
    document = documents(arena, held)[0]
    with arena.installation.catalogue.read() as reading:
        aip = reading.aip(held.aip_id)
        submission = reading.submission(held.submission_id)
    assert aip is not None
    # Neither what lies around a document, nor a digest that only begins like one of ours.
    alike = document.sha256[:-1] + ("1" if document.sha256[-1] == "0" else "0")
    for asked in (aip.sha256, submission.transfer_sha256, alike, document.sha256[::-1], "0" * 64):
        assert arena.ask(None, "GET", f"/verify/{asked}").json() == {"sha256": asked, "held": False, "places": []}
    for asked in (document.sha256[:-1], document.sha256 + "0", document.sha512, "*", "%", document.sha256[:63] + "%"):
        assert arena.ask(None, "GET", f"/verify/{asked}").status_code in (404, 422)


def test_a_digest_is_asked_of_the_bytes_that_came_and_of_no_header(arena: Arena) -> None:
    held = arena.world.of("own", "open")
    known = digest(arena, held)
    for headers in ({"Content-Digest": f"sha-256=:{known}:"}, {"X-SHA256": known}, {"Content-Encoding": "gzip"}):
        answer = arena.ask(None, "POST", "/verify", content=b"x", headers=headers)
        assert answer.json()["sha256"] == hashlib.sha256(b"x").hexdigest() and answer.json()["held"] is False


def test_every_question_is_in_the_ledger_and_a_wrong_token_makes_nobody_of_somebody(arena: Arena) -> None:
    before = arena.ledger_end()
    nobody = arena.ask(None, "GET", f"/verify/{'1' * 64}")
    wrong = arena.ask("luutru_" + "A" * 43, "GET", f"/verify/{'1' * 64}")
    assert said(nobody) == said(wrong)
    records = arena.ledger(before)
    assert [record.event for record in records] == [Event.RECORD_PRESENCE_VERIFIED] * 2
    assert {record.actor for record in records} == {"anonymous"}


def test_who_asks_too_often_waits_under_whatever_address_he_claims(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "_rates", Rates(per_minute=30, burst=5))
    with wired(arena.app, arena.installation) as wire:
        answers = [
            wire.ask(
                f"GET /api/v1/verify/{'0' * 64}", f"X-Forwarded-For: 203.0.113.{n}", f"Forwarded: for=203.0.113.{n}"
            )
            for n in range(12)
        ]
    statuses = [status(answer) for answer in answers]
    assert statuses[:5] == [200] * 5 and set(statuses[6:]) == {429} and b"retry-after" in answers[-1].lower()


def test_a_file_larger_than_any_is_not_read_to_its_end(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "LARGEST_BYTES", 1 << 20)
    answer = arena.ask(None, "POST", "/verify", content=b"x" * (2 << 20))
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too-large")
