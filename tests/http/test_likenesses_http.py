"""A finding that names another record is told only to who may know of that record: in the queue, in reports, in letters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Installation
from archive.access import Mode
from archive.events import Event
from tests.http.rights import decide, grant

SUBMISSIONS, REVIEW = "/api/v1/submissions", "/api/v1/review"
CODES = {"duplicates.same-bytes-in-holdings", "duplicates.same-signed-revision", "duplicates.same-identity"}


@pytest.fixture
def waiting(fresh: Any, samples: dict[str, Path], carried: Callable[[Installation, str], None]) -> str:
    """The id of a submission that waits for a person: its documents are held already."""
    data = samples["danh-muc-zip"].read_bytes()
    for who in ("agency", "archivist_2"):
        answer = fresh.client.post(SUBMISSIONS, content=data, headers=fresh.bearer(who))
        assert answer.status_code == 201, answer.text
        carried(fresh.installation, answer.json()["id"])
    return str(answer.json()["id"])


def held(fresh: Any) -> tuple[str, list[str]]:
    """The package with the same documents, and every name by which it could be told."""
    with fresh.installation.catalogue.read() as reading:
        (earlier,) = [item for item in reading.submissions_in() if item.owner == "H99.12"]
    return earlier.aip_id, [earlier.description.file_code, earlier.aip_id]


def get(fresh: Any, who: str, path: str) -> Any:
    return fresh.client.get(path, headers=fresh.bearer(who))


def likenesses(fresh: Any, who: str, submission_id: str) -> list[str]:
    """What is said of likenesses in the queue, in the submission, and in its reports."""
    (row,) = get(fresh, who, REVIEW).json()["items"]
    view = get(fresh, who, f"{SUBMISSIONS}/{submission_id}").json()
    reports = get(fresh, who, f"{SUBMISSIONS}/{submission_id}/reports").json()["reports"]
    found = [*row["reasons"], *view["findings"], *view["decision"]["reasons"]]
    found += [item for report in reports for item in report["findings"]]
    return [item["message"] for item in found if item["code"] in CODES]


def test_a_likeness_to_what_became_restricted_is_told_without_its_name(fresh: Any, waiting: str) -> None:
    aip_id, names = held(fresh)

    def named(who: str) -> bool:
        said = likenesses(fresh, who, waiting)
        assert said
        return any(name in message for message in said for name in names)

    assert named("archivist") and named("head")
    decide(fresh.installation, aip_id, 1, Mode.RESTRICTED)
    assert named("head") and not named("archivist")
    grant(fresh.installation, aip_id, None, "archivist")
    assert named("archivist")


def test_a_letter_that_names_what_became_restricted_is_given_only_to_who_may_know_of_it(
    fresh: Any, waiting: str, carried: Callable[[Installation, str], None]
) -> None:
    body = {"decision": "return", "reason": "Đã có trong kho"}
    headers = fresh.bearer("archivist")
    assert fresh.client.post(f"{REVIEW}/{waiting}", json=body, headers=headers).status_code == 200
    carried(fresh.installation, waiting)
    letter = f"{SUBMISSIONS}/{waiting}/letter.pdf"
    assert get(fresh, "archivist", letter).status_code == 200
    decide(fresh.installation, held(fresh)[0], None, Mode.RESTRICTED)
    refused = get(fresh, "archivist", letter)
    assert (refused.status_code, refused.json()["code"]) == (403, "access.forbidden")
    with fresh.installation.catalogue.read() as reading:
        record = reading.record_of(waiting, Event.RECORD_ACCESS_REFUSED)
    assert record is not None and record.actor == "account:archivist"
    for who in ("agency", "head", "auditor"):
        assert get(fresh, who, letter).status_code == 200, who
