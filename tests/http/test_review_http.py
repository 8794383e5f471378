"""The review queue: why each waits, who decided and why in the ledger, one decision only, never by who handed it in."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Installation, opened
from api.http.app import create_app
from api.settings import load_settings
from archive.events import Event
from archive.lifecycle import State
from tests.http.conftest import Bearer, ServiceHome, TestClient
from tests.servers.homes import copied_home

SUBMISSIONS, REVIEW = "/api/v1/submissions", "/api/v1/review"
Carried = Callable[[Installation, str], None]


@pytest.fixture(scope="module")
def service_home(
    service_home: ServiceHome, samples: dict[str, Path], carried: Carried, tmp_path_factory: pytest.TempPathFactory
) -> ServiceHome:
    """The archive of all tests with one submission more, of another agency, that waits for a person."""
    home = tmp_path_factory.mktemp("waiting") / "home"
    copied_home(service_home.folder, home)
    with opened(load_settings(home)) as installation, TestClient(create_app(installation)) as client:
        waiting = handed_in(client, installation, service_home.bearer("other_agency"), samples, carried)
    return ServiceHome(home, service_home.tokens, {**service_home.submissions, "waiting": waiting})


@pytest.fixture
def waiting(service_home: ServiceHome) -> str:
    """The id of a submission of an agency that waits for a person."""
    return service_home.submissions["waiting"]


def handed_in(
    client: Any, installation: Installation, bearer: Bearer, samples: dict[str, Path], carried: Carried
) -> str:
    data = samples["danh-muc-zip"].read_bytes()
    answer = client.post(SUBMISSIONS, content=data, headers=bearer)
    assert answer.status_code == 201, answer.text
    carried(installation, answer.json()["id"])
    return str(answer.json()["id"])


def decided(fresh: Any, submission_id: str, decision: str, who: str = "archivist", reason: str = "Đã đối chiếu") -> Any:
    return fresh.client.post(
        f"{REVIEW}/{submission_id}", json={"decision": decision, "reason": reason}, headers=fresh.bearer(who)
    )


def test_the_queue_says_why_each_waits(fresh: Any, waiting: str) -> None:
    page = fresh.client.get(REVIEW, headers=fresh.bearer("archivist")).json()
    (row,) = page["items"]
    assert (row["id"], row["state"], row["own"], page["after"]) == (waiting, "in_review", False, None)
    assert "metadata.agency.foreign" in {item["code"] for item in row["reasons"]}
    assert all(item["message"] and item["remedy"] for item in row["reasons"]) and row["referred_at"]
    for who in ("agency", "other_agency", "auditor", "administrator"):
        assert fresh.client.get(REVIEW, headers=fresh.bearer(who)).status_code == 403
        assert decided(fresh, waiting, "accept", who).status_code == 403


@pytest.mark.parametrize(
    ("decision", "state", "event"),
    [
        ("accept", State.ACCEPTED, Event.SUBMISSION_DECISION_ACCEPTED),
        ("return", State.RETURNED, Event.SUBMISSION_DECISION_RETURNED),
        ("refuse", State.REFUSED, Event.SUBMISSION_CONTENT_REFUSED),
    ],
)
def test_who_decided_and_why_is_in_the_ledger_and_in_the_answer(
    fresh: Any, waiting: str, carried: Carried, decision: str, state: State, event: Event
) -> None:
    answer = decided(fresh, waiting, decision, reason="  Nộp thay\n theo ủy quyền ")
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == state.value
    assert answer.json()["decision"] | {"at": None, "reasons": []} == {
        "decision": {"accept": "accepted", "return": "returned", "refuse": "refused"}[decision],
        "by_person": True,
        "note": "Nộp thay theo ủy quyền",
        "at": None,
        "reasons": [],
    }
    with fresh.installation.catalogue.read() as reading:
        record = reading.record_of(waiting, event)
    assert record is not None
    assert (record.actor, record.data["note"]) == ("account:archivist", "Nộp thay theo ủy quyền")
    assert fresh.client.get(REVIEW, headers=fresh.bearer("archivist")).json()["items"] == []
    carried(fresh.installation, waiting)
    end = fresh.client.get(f"{SUBMISSIONS}/{waiting}", headers=fresh.bearer("other_agency")).json()
    assert end["state"] == {"accept": "stored", "return": "returned", "refuse": "refused"}[decision]
    if decision == "refuse":
        assert list(fresh.installation.quarantine.names()) == [] and end["findings"] == []


def test_the_second_reviewer_is_told_what_was_decided(fresh: Any, waiting: str) -> None:
    assert decided(fresh, waiting, "accept", "archivist").status_code == 200
    for decision in ("accept", "return", "refuse"):
        second = decided(fresh, waiting, decision, "head")
        assert (second.status_code, second.json()["code"]) == (409, "review.already-decided")
        assert "tiếp nhận" in second.json()["remedy"]
    # The same decision of the same person again: an answer that was lost on the way.
    assert decided(fresh, waiting, "accept", "archivist").status_code == 200
    assert decided(fresh, waiting, "return", "archivist").status_code == 409


def test_of_two_reviewers_at_once_exactly_one_decides(fresh: Any, waiting: str) -> None:
    answers: list[int] = []
    start = threading.Barrier(4)

    def decide(who: str, decision: str) -> None:
        start.wait()
        answers.append(decided(fresh, waiting, decision, who).status_code)

    asked = [("archivist", "accept"), ("archivist_2", "return"), ("head", "refuse"), ("archivist_2", "accept")]
    threads = [threading.Thread(target=decide, args=item) for item in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409, 409, 409]


def test_who_handed_it_in_may_not_decide_it(
    fresh: Any, waiting: str, samples: dict[str, Path], carried: Carried
) -> None:
    first = handed_in(fresh.client, fresh.installation, fresh.bearer("archivist"), samples, carried)
    with fresh.installation.catalogue.read() as reading:
        assert reading.submission(first).state is State.STORED
    data = samples["no-revocation-data"]
    mine = fresh.client.post(SUBMISSIONS, content=_bytes(data), headers=fresh.bearer("archivist")).json()["id"]
    carried(fresh.installation, mine)
    rows = fresh.client.get(REVIEW, headers=fresh.bearer("archivist")).json()["items"]
    assert {row["id"]: row["own"] for row in rows} == {waiting: False, mine: True}
    refused = decided(fresh, mine, "accept", "archivist")
    assert (refused.status_code, refused.json()["code"]) == (403, "review.own-submission")
    with fresh.installation.catalogue.read() as reading:
        record = reading.record_of(mine, Event.RECORD_ACCESS_REFUSED)
    assert record is not None and record.actor == "account:archivist"
    assert decided(fresh, mine, "accept", "archivist_2").status_code == 200


def _bytes(path: Path) -> bytes:
    if path.is_file():
        return path.read_bytes()
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for file in sorted(path.rglob("*")):
            if file.is_file():
                made.write(file, file.relative_to(path))
    return data.getvalue()


def test_what_does_not_wait_for_a_person_is_not_decided(fresh: Any) -> None:
    stored = fresh.home.submissions["quyet-dinh"]
    for decision in ("accept", "return", "refuse"):
        answer = decided(fresh, stored, decision)
        assert (answer.status_code, answer.json()["code"]) == (409, "review.already-decided")
    assert decided(fresh, "0" * 32, "accept").status_code == 404
    with fresh.installation.catalogue.read() as reading:
        assert reading.submission(stored).state is State.STORED


@pytest.mark.parametrize("body", [{}, {"decision": "accept"}, {"decision": "destroy", "reason": "vì"},
                                  {"decision": "accept", "reason": "   "}, {"decision": "accept", "reason": "x" * 5000}])  # fmt: skip
def test_a_decision_without_a_reason_is_none(fresh: Any, waiting: str, body: dict[str, str]) -> None:
    answer = fresh.client.post(f"{REVIEW}/{waiting}", json=body, headers=fresh.bearer("head"))
    assert answer.status_code == 422
    with fresh.installation.catalogue.read() as reading:
        assert reading.submission(waiting).state is State.IN_REVIEW
