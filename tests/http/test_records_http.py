"""Hồ sơ and their history: each sees what they may know of, and what they may not is as if it were not there."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.bootstrap import Installation
from archive.access import Mode
from archive.events import Event
from tests.http.conftest import Bearer, Fresh, ServiceHome
from tests.http.rights import decide, grant, stored

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def aip_id(service_home: ServiceHome, installation: Installation) -> str:
    return stored(installation, service_home.submissions["danh-muc-csv"])[0].aip_id


@pytest.fixture
def own(fresh: Fresh) -> str:
    """A hồ sơ of several documents in an archive of the test's own."""
    return stored(fresh.installation, fresh.home.submissions["danh-muc-csv"])[0].aip_id


def page(client: TestClient, path: str, bearer: Bearer, **params: Any) -> Any:
    answer = client.get(f"/api/v1{path}", headers=bearer, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("role", ["agency", "archivist", "head", "auditor"])
def test_everyone_of_the_archive_and_the_owner_see_the_hoso(
    client: TestClient, tokens: dict[str, Bearer], role: str, aip_id: str
) -> None:
    found = page(client, f"/records/{aip_id}", tokens[role])
    assert found["aip_id"] == aip_id and found["documents"] > 1 and found["mode"] == "open"
    title = next(item for item in found["fields"] if item["name"] == "title")
    assert title["label"] == "Tiêu đề hồ sơ" and title["value"] == found["title"]
    assert (found["copies"] is None) is (role == "agency")


def test_another_agency_learns_nothing(client: TestClient, tokens: dict[str, Bearer], aip_id: str) -> None:
    foreign = client.get(f"/api/v1/records/{aip_id}", headers=tokens["other_agency"])
    missing = client.get(f"/api/v1/records/{NOBODY}", headers=tokens["other_agency"])
    assert foreign.status_code == missing.status_code == 404
    assert {**foreign.json(), "request_id": ""} == {**missing.json(), "request_id": ""}
    assert page(client, "/records", tokens["other_agency"]) == {"items": [], "after": None}
    for part in ("/documents", "/documents/1", "/history", "/documents/1/verdicts", "/documents/1/signature-report"):
        assert client.get(f"/api/v1/records/{aip_id}{part}", headers=tokens["other_agency"]).status_code == 404


def test_an_administrator_reads_no_records(client: TestClient, tokens: dict[str, Bearer], aip_id: str) -> None:
    for path in ("/records", f"/records/{aip_id}", f"/records/{aip_id}/history", f"/records/{aip_id}/documents/1"):
        assert client.get(f"/api/v1{path}", headers=tokens["administrator"]).status_code == 403


def test_a_list_goes_on_where_it_stopped(client: TestClient, tokens: dict[str, Bearer]) -> None:
    whole = page(client, "/records", tokens["archivist"])
    assert len(whole["items"]) == 3 and whole["after"] is None
    found, after = [], None
    for _ in range(5):
        part = page(client, "/records", tokens["archivist"], size=1, **({"after": after} if after else {}))
        found += part["items"]
        after = part["after"]
        if after is None:
            break
    assert found == whole["items"]


def test_a_list_is_narrowed_by_agency_and_code(client: TestClient, tokens: dict[str, Bearer], aip_id: str) -> None:
    one = page(client, f"/records/{aip_id}", tokens["archivist"])
    found = page(client, "/records", tokens["archivist"], file_code=one["file_code"], agency=one["agency"]["code"])
    assert aip_id in [item["aip_id"] for item in found["items"]]
    assert page(client, "/records", tokens["archivist"], agency="H00.00")["items"] == []


def test_a_place_that_is_none_is_refused(client: TestClient, tokens: dict[str, Bearer]) -> None:
    answer = client.get("/api/v1/records", headers=tokens["archivist"], params={"after": "khong"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "request.cursor-unknown"


def test_a_restricted_hoso_is_not_there_for_an_archivist(fresh: Fresh, own: str) -> None:
    decide(fresh.installation, own, None, Mode.RESTRICTED)
    assert fresh.client.get(f"/api/v1/records/{own}", headers=fresh.bearer("archivist")).status_code == 404
    assert own not in [item["aip_id"] for item in page(fresh.client, "/records", fresh.bearer("archivist"))["items"]]
    for role in ("agency", "head", "auditor"):
        assert page(fresh.client, f"/records/{own}", fresh.bearer(role))["mode"] == "restricted"


def test_a_grant_opens_it_to_one_person(fresh: Fresh, own: str) -> None:
    decide(fresh.installation, own, None, Mode.RESTRICTED)
    grant(fresh.installation, own, None, "archivist")
    assert page(fresh.client, f"/records/{own}", fresh.bearer("archivist"))["aip_id"] == own
    assert fresh.client.get(f"/api/v1/records/{own}", headers=fresh.bearer("archivist_2")).status_code == 404


def test_a_restricted_document_is_counted_nowhere(fresh: Fresh, own: str) -> None:
    archivist, head = fresh.bearer("archivist"), fresh.bearer("head")
    count = page(fresh.client, f"/records/{own}", archivist)["documents"]
    decide(fresh.installation, own, 2, Mode.RESTRICTED)
    assert page(fresh.client, f"/records/{own}", archivist)["documents"] == count - 1
    assert page(fresh.client, f"/records/{own}", head)["documents"] == count
    listed = page(fresh.client, f"/records/{own}/documents", archivist)["items"]
    assert 2 not in [item["ordinal"] for item in listed] and len(listed) == count - 1
    assert fresh.client.get(f"/api/v1/records/{own}/documents/2", headers=archivist).status_code == 404
    history = page(fresh.client, f"/records/{own}/history", archivist)["items"]
    assert Event.RECORD_MODE_DECIDED.value not in [item["event"] for item in history]
    assert Event.RECORD_MODE_DECIDED.value in [
        item["event"] for item in page(fresh.client, f"/records/{own}/history", head)["items"]
    ]


def test_a_grant_for_one_document_opens_neither_its_siblings_nor_its_hoso(fresh: Fresh, own: str) -> None:
    decide(fresh.installation, own, None, Mode.RESTRICTED)
    grant(fresh.installation, own, 2, "archivist")
    archivist = fresh.bearer("archivist")
    assert fresh.client.get(f"/api/v1/records/{own}/documents/2", headers=archivist).status_code == 200
    assert fresh.client.get(f"/api/v1/records/{own}/documents/1", headers=archivist).status_code == 404
    assert fresh.client.get(f"/api/v1/records/{own}", headers=archivist).status_code == 404
    assert fresh.client.get(f"/api/v1/records/{own}/documents", headers=archivist).status_code == 404


def test_documents_come_in_pages(client: TestClient, tokens: dict[str, Bearer], aip_id: str) -> None:
    whole = page(client, f"/records/{aip_id}/documents", tokens["auditor"])
    assert whole["after"] is None
    found, after = [], 0
    while True:
        part = page(client, f"/records/{aip_id}/documents", tokens["auditor"], size=1, after=after)
        found += part["items"]
        if part["after"] is None:
            break
        after = part["after"]
    assert found == whole["items"]
    assert [item["ordinal"] for item in found] == list(range(1, len(found) + 1))


def test_a_document_is_told_with_its_signers_and_revisions(
    client: TestClient, tokens: dict[str, Bearer], aip_id: str
) -> None:
    found = page(client, f"/records/{aip_id}/documents/1", tokens["archivist"])
    assert found["verdict"] == "passed"
    assert found["signers"] and all("CCCD" not in name for name in found["signers"])
    assert found["revisions"] and all(len(item["sha256"]) == 64 for item in found["revisions"])


def test_the_verdicts_are_those_of_this_document(client: TestClient, tokens: dict[str, Bearer], aip_id: str) -> None:
    checks = {
        item["check"]: item
        for item in page(client, f"/records/{aip_id}/documents/1/verdicts", tokens["head"])["checks"]
    }
    assert checks["signatures"]["answer"] == "passed"
    assert checks["signatures"]["tools"]


def test_the_signature_report_is_as_it_was_written(client: TestClient, tokens: dict[str, Bearer], aip_id: str) -> None:
    address = f"/api/v1/records/{aip_id}/documents/1/signature-report"
    report = client.get(address, headers=tokens["agency"], params={"format": "xml"})
    assert report.headers["content-type"].startswith("application/xml")
    assert b"ValidationReport" in report.content
    told = client.get(address, headers=tokens["agency"]).json()
    assert {item["indication"] for item in told["signatures"]} == {"total-passed"}


def test_the_owner_reads_its_history_without_other_peoples_names(
    client: TestClient, tokens: dict[str, Bearer], aip_id: str
) -> None:
    page(client, f"/records/{aip_id}", tokens["archivist"])
    items = page(client, f"/records/{aip_id}/history", tokens["agency"], size=500)["items"]
    events = [item["event"] for item in items]
    assert Event.AIP_COPIES_VERIFIED.value in events and Event.SUBMISSION_CONTENT_RECEIVED.value in events
    assert not any(item["actor"] == "account:archivist" for item in items)
    assert all(item["data"] is None for item in items)
    seen = page(client, f"/records/{aip_id}/history", tokens["auditor"], size=500)["items"]
    assert any(item["actor"] == "account:archivist" for item in seen)
    assert all(isinstance(item["data"], dict) for item in seen)


def test_a_history_comes_in_pages(client: TestClient, tokens: dict[str, Bearer], aip_id: str) -> None:
    first = page(client, f"/records/{aip_id}/history", tokens["auditor"], size=2)
    second = page(client, f"/records/{aip_id}/history", tokens["auditor"], size=2, after=first["after"])
    numbers = [item["seq"] for item in (*first["items"], *second["items"])]
    assert numbers == sorted(set(numbers)) and len(numbers) == 4


def test_every_reading_and_every_refusal_stands_in_the_ledger(
    client: TestClient, tokens: dict[str, Bearer], installation: Installation, aip_id: str, app: FastAPI
) -> None:
    end = _end(installation)
    page(client, f"/records/{aip_id}/documents/1", tokens["archivist"])
    client.get(f"/api/v1/records/{aip_id}", headers=tokens["other_agency"])
    client.get(f"/api/v1/records/{NOBODY}", headers=tokens["other_agency"])
    with installation.catalogue.read() as reading:
        records = reading.records(after=end)
    assert [(record.event, record.subject, record.actor) for record in records] == [
        (Event.RECORD_DESCRIPTION_SHOWN.value, aip_id, "account:archivist"),
        (Event.RECORD_ACCESS_REFUSED.value, aip_id, "account:other-agency"),
        (Event.RECORD_ACCESS_REFUSED.value, NOBODY, "account:other-agency"),
    ]
    assert records[0].data["ordinal"] == 1 and records[0].data["request_id"]


def _end(installation: Installation) -> int:
    with installation.catalogue.read() as reading:
        end = reading.ledger_end()
    return end[0] if end else 0
