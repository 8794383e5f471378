"""Papers of a round over HTTP: asked for, printed by the worker, signed with the test PKI elsewhere, attached, found good."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from samples.pki import Pki
from samples.signing import add_revocation_data, sign_pdf
from tests.journey_of_destruction.archive_under_way import Archive, done, eventually

SIGNERS = ("person", "agency")
_numbers = itertools.count(201)
"""No two papers of an agency have one number."""


def papers(archive: Archive, who: str, round_id: str) -> dict[str, Any]:
    return {item["kind"]: item for item in archive.get(who, f"/rounds/{round_id}/papers")["items"]}


def signed_papers(archive: Archive, who: str, round_id: str, kinds: Sequence[str], pki: Pki) -> None:
    """Each printed, signed and attached by ``who``; all are good at the end."""
    base = f"/rounds/{round_id}/papers"
    orders = [
        archive.post(who, f"{base}/{kind}", 202, place="Bình Minh", number=str(next(_numbers)), notation="SNV")
        for kind in kinds
    ]
    for order in orders:
        _came_to(archive, who, base, order)
    attached = []
    for kind in kinds:
        answer = archive.ask(who, "GET", f"{base}/{kind}")
        assert answer.status_code == 200, answer.text
        headers = {"Content-Type": "application/pdf"}
        signed = archive.ask(who, "PUT", f"{base}/{kind}", content=_signed(answer.content, pki), headers=headers)
        attached.append(done(signed, 202))
    for order in attached:
        outcome = _came_to(archive, who, base, order)
        assert (outcome["findings"], outcome["signature"]) == ([], "valid"), outcome
    states = {kind: item["state"] for kind, item in papers(archive, who, round_id).items() if kind in kinds}
    assert states == dict.fromkeys(kinds, "good")


def needed_papers(archive: Archive, who: str, round_id: str, stage: str) -> list[str]:
    """Kinds this round must have before ``stage``, not there yet."""
    found = papers(archive, who, round_id)
    return [
        kind
        for kind, item in found.items()
        if item["needed"] and item["needed_before"] == stage and item["state"] != "good"
    ]


def _came_to(archive: Archive, who: str, base: str, order: Any) -> Any:
    def ended() -> Any:
        shown = archive.get(who, f"{base}/orders/{order['id']}")
        return shown if shown["ended_at"] else None

    outcome = eventually(f"the order about {order['kind']} ends", ended)["outcome"]
    assert "refused" not in outcome, outcome
    return outcome


def _signed(pdf: bytes, pki: Pki) -> bytes:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    for label in SIGNERS:
        pdf = sign_pdf(pdf, pki, label, at=at, timestamp=True)
    return add_revocation_data(pdf, pki, [*SIGNERS, "tsa"], at)
