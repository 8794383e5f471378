"""A worker killed within an order of a round: whoever comes next takes the order up again, and nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.catalogue.destruction_reading import certificate, tombstone
from archive.catalogue.round_reading import papers
from archive.disposal.round_state import RoundState
from archive.events import Event
from tests.http.executing_round import ExecutingRound, executing_round
from tests.interruption import order_turns

DESTROYING = [
    "api.destroying:_mark:after",
    "api.destroying:begin:after",
    "archive.keystore.store:KeyStore.destroy:after",
    "archive.storage.directory:DirectoryStore.remove:after:2",
    "api.destruction_places:rotate_keys:after",
    "api.destruction_orders:destroy_round:after",
    "api.destruction_orders:end_order:after",
]
LOOKING = [
    "api.proving_absence:looks_of:after",
    "archive.absence.verifying:end_absence_run:after",
    "archive.absence.verifying:absence_run:before",
    "archive.destruction.completing:mark_destroyed:after",
    "api.proving_absence:complete:after",
    "archive.absence.certificate:issue_certificate:after",
    "api.proving_absence:certify:after",
    "archive.absence.markers:MarkerFile.remove:after",
    "api.proving_absence:record_verified:after",
    "api.destruction_orders:end_order:after",
    "api.destruction_orders:print_certificate:before",
    "api.printed_certificate:paper_pdf:after",
    "archive.disposal.paper_keeping:keep_bytes:before",
    "archive.disposal.paper_keeping:_put:after",
    "api.printed_certificate:keep_paper:after",
    "api.printed_certificate:record_printed:after",
    "api.destruction_orders:print_certificate:after",
]
PRINTING = [
    "api.round_papers:paper_pdf:after",
    "api.round_papers:note_object:after",
    "api.round_papers:keep_paper:before",
    "api.round_papers:keep_paper:after",
    "api.round_papers:attach_paper:after",
    "api.round_papers:end_order:after",
]
JUDGING = [
    "api.round_papers:read_paper:after",
    "api.round_papers:judged_paper:before",
    "api.round_papers:judged_paper:after",
    "api.round_papers:attach_paper:after",
    "api.round_papers:end_order:after",
]
REFUSING = [
    "api.round_papers:judged_paper:after",
    "api.round_papers:_refused:before",
    "api.round_papers:end_order:after",
]
"""Each reached by whoever takes up what the one before left; functions within a transaction: nothing of it is committed."""


@pytest.fixture
def archive(system_tmp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExecutingRound]:
    with executing_round(tmp_path, monkeypatch) as made:
        yield made


def killed_and_ended(archive: ExecutingRound, job: str, points: list[str]) -> None:
    order_turns.killed_and_ended(archive.installation.settings.home, job, points)


def asked(archive: ExecutingRound, who: str, method: str, what: str, **options: Any) -> Any:
    answer = archive.ask(who, method, archive.about(what), **options)
    assert answer.status_code in (200, 202), answer.text
    return answer.json()


def happened(archive: ExecutingRound, subject: str, event: Event) -> int:
    with archive.installation.catalogue.read() as view:
        return len(view.records(subject=subject, event=event))


def lying(archive: ExecutingRound) -> list[list[str]]:
    """What lies of the round's papers, store by store."""
    return [sorted(store.keys(f"disposal/{archive.round_id}")) for store in archive.installation.stores]


@pytest.mark.timeout(900)
def test_orders_to_destroy_and_to_look_are_taken_up_again_and_nothing_is_doubled(archive: ExecutingRound) -> None:
    asked(archive, "executor", "POST", "destruction")
    killed_and_ended(archive, "destruction", DESTROYING)
    shown = asked(archive, "head", "GET", "destruction")
    assert (shown["begun"], shown["settled"], shown["to_begin"]) == (2, True, 0)
    (order,) = shown["orders"]
    assert order["ended_at"] and order["outcome"]["refused"]["count"] == 0 and order["problem"] == ""
    for held in archive.destroyed:
        assert happened(archive, held.submission_id, Event.FILE_DESTRUCTION_BEGUN) == 1
    asked(archive, "auditor", "POST", "absence")
    killed_and_ended(archive, "destruction", LOOKING)
    looks = asked(archive, "head", "GET", "absence")
    (order,) = looks["orders"]
    assert order["ended_at"] and order["outcome"]["certified"] and order["outcome"]["verdict"] == "absent"
    assert [item["verdict"] for item in looks["items"] if item["verdict"]] == ["absent"], "proven once"
    for event in (Event.ROUND_CERTIFICATE_ISSUED, Event.ROUND_ABSENCE_VERIFIED, Event.ROUND_DESTRUCTION_VERIFIED):
        assert happened(archive, archive.round_id, event) == 1, event
    with archive.installation.catalogue.read() as view:
        for held in archive.destroyed:
            laid = tombstone(view, held.submission_id)
            assert laid is not None and laid.destroyed
            assert len(view.records(subject=held.submission_id, event=Event.FILE_CONTENT_DESTROYED)) == 1
        document = certificate(view, archive.round_id)
    assert document is not None and order["outcome"]["run_id"] == document["statement"]["run"]["id"]  # type: ignore[index]
    assert archive.world.get(archive.round_id).state is RoundState.VERIFIED
    first, second = lying(archive)
    assert first == second and len([key for key in first if "certificate" in key]) == 1


@pytest.mark.timeout(900)
def test_orders_to_print_and_to_judge_are_taken_up_again_and_nothing_is_doubled(archive: ExecutingRound) -> None:
    before = _papers(archive)
    asked(archive, "proposer", "POST", "papers/list", json={"anew": True, "place": "Bình Minh"})
    killed_and_ended(archive, "papers", PRINTING)
    assert _papers(archive) == before + 1
    first, second = lying(archive)
    assert first == second and len(first) == 1, "what killed ones printed otherwise is gone"
    printed = archive.ask("auditor", "GET", archive.about("papers/list")).content
    order = _attached(archive, printed.replace(b"%%EOF", b"%%EOF\n"))
    killed_and_ended(archive, "papers", JUDGING)
    shown = asked(archive, "auditor", "GET", f"papers/orders/{order}")
    assert shown["ended_at"] and shown["outcome"]["ordinal"], shown
    assert _papers(archive) == before + 2
    kept = lying(archive)
    assert kept[0] == kept[1] and len(kept[0]) == 2
    order = _attached(archive, b"%PDF-1.7 no paper at all")
    assert len(lying(archive)[0]) == 3
    killed_and_ended(archive, "papers", REFUSING)
    shown = asked(archive, "auditor", "GET", f"papers/orders/{order}")
    assert shown["outcome"]["answer"] == "failed" and _papers(archive) == before + 2
    assert lying(archive) == kept, "nothing of what was refused stays"


def _attached(archive: ExecutingRound, pdf: bytes) -> str:
    header = {"Content-Type": "application/pdf"}
    return str(asked(archive, "proposer", "PUT", "papers/list", content=pdf, headers=header)["id"])


def _papers(archive: ExecutingRound) -> int:
    with archive.installation.catalogue.read() as view:
        return len([paper for paper in papers(view, archive.round_id) if paper.kind == "list"])
