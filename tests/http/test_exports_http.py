"""Packages given out: the whole AIP, a DIP, a zip; nothing in them that who asks may not have."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile

import pytest
from starlette.testclient import TestClient

from api.bootstrap import Installation
from archive.access import Mode
from archive.catalogue import Document
from archive.events import Event
from tests.http.conftest import Bearer, Fresh, ServiceHome
from tests.http.rights import decide, grant, stored
from tests.http.served import left_in_scratch

ASKED = {"request_id": "YC-15/2026", "purpose": "02", "purpose_content": "Xác minh quá trình công tác"}


@pytest.fixture
def documents(service_home: ServiceHome, installation: Installation) -> list[Document]:
    return stored(installation, service_home.submissions["danh-muc-csv"])[1]


@pytest.fixture
def own(fresh: Fresh) -> list[Document]:
    return stored(fresh.installation, fresh.home.submissions["danh-muc-csv"])[1]


def address(documents: list[Document], part: str) -> str:
    return f"/api/v1/records/{documents[0].aip_id}/{part}"


def given(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


def digests(files: dict[str, bytes]) -> set[str]:
    return {hashlib.sha256(data).hexdigest() for data in files.values()}


def test_the_package_is_the_stored_tar(
    client: TestClient, tokens: dict[str, Bearer], installation: Installation, documents: list[Document]
) -> None:
    answer = client.get(address(documents, "package"), headers=tokens["agency"])
    assert answer.status_code == 200
    with installation.catalogue.read() as reading:
        aip = reading.aip(documents[0].aip_id)
    assert aip is not None and hashlib.sha256(answer.content).hexdigest() == aip.sha256
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as tar:
        assert any(name.endswith("/METS.xml") for name in tar.getnames())
    part = client.get(address(documents, "package"), headers={**tokens["agency"], "Range": "bytes=512-1023"})
    assert part.status_code == 206 and part.content == answer.content[512:1024]
    head = client.head(address(documents, "package"), headers=tokens["agency"])
    assert head.headers["content-length"] == str(aip.size_bytes)


def test_one_restricted_document_closes_the_whole_package(fresh: Fresh, own: list[Document]) -> None:
    decide(fresh.installation, own[0].aip_id, 2, Mode.RESTRICTED)
    for role in ("agency", "archivist", "head", "auditor"):
        answer = fresh.client.get(address(own, "package"), headers=fresh.bearer(role), params={"purpose": "Nghiên cứu"})
        assert answer.status_code == 403, role
    grant(fresh.installation, own[0].aip_id, None, "archivist")
    assert fresh.client.get(address(own, "package"), headers=fresh.bearer("archivist")).status_code == 200


def test_a_zip_holds_every_document_under_its_name(
    client: TestClient, tokens: dict[str, Bearer], documents: list[Document]
) -> None:
    answer = client.get(address(documents, "zip"), headers=tokens["archivist"])
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    files = given(answer.content)
    assert {item.path for item in documents} <= set(files)
    assert {item.sha256 for item in documents} <= digests(files)


def test_a_zip_says_nothing_of_what_is_not_in_it(fresh: Fresh, own: list[Document]) -> None:
    hidden = own[1]
    decide(fresh.installation, hidden.aip_id, hidden.ordinal, Mode.RESTRICTED)
    for part, method, body in (("zip", "GET", None), ("dip", "POST", ASKED)):
        answer = fresh.client.request(method, address(own, part), headers=fresh.bearer("archivist"), json=body)
        assert answer.status_code == 200
        files = given(answer.content)
        assert hidden.sha256 not in digests(files)
        assert not any(hidden.path in name for name in files)
        told = b"".join(data for name, data in files.items() if name.endswith((".csv", ".xml", ".txt", "SUMS")))
        assert hidden.path.encode() not in told and hidden.sha256.encode() not in told


def test_a_document_asked_for_by_name_is_given_or_refused(fresh: Fresh, own: list[Document]) -> None:
    aip_id = own[0].aip_id
    one = fresh.client.get(address(own, "zip"), headers=fresh.bearer("archivist"), params={"ordinal": [1]})
    assert own[0].sha256 in digests(given(one.content)) and own[1].sha256 not in digests(given(one.content))
    decide(fresh.installation, aip_id, 2, Mode.RESTRICTED)
    for role, status in (("archivist", 404), ("head", 403)):
        refused = fresh.client.get(address(own, "zip"), headers=fresh.bearer(role), params={"ordinal": [1, 2]})
        assert refused.status_code == status
    missing = fresh.client.get(address(own, "zip"), headers=fresh.bearer("head"), params={"ordinal": [999]})
    assert missing.status_code == 404


def test_a_dip_answers_the_request(
    client: TestClient, tokens: dict[str, Bearer], installation: Installation, documents: list[Document]
) -> None:
    answer = client.post(address(documents, "dip"), headers=tokens["archivist"], json=ASKED)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith('attachment; filename="DIP-')
    files = given(answer.content)
    assert {item.sha256 for item in documents} <= digests(files)
    request = next(data for name, data in files.items() if name.endswith("metadata/descriptive/EAD.xml"))
    assert "YC-15/2026" in request.decode() and "Xác minh quá trình công tác" in request.decode()
    with installation.catalogue.read() as reading:
        record = reading.record_of(documents[0].aip_id, Event.DIP_COPY_DELIVERED)
    assert record is not None and record.data["ordinals"] == [item.ordinal for item in documents]
    tar = client.post(address(documents, "dip"), headers=tokens["archivist"], json={**ASKED, "format": "tar"})
    assert tar.headers["content-type"] == "application/x-tar"


def test_conditional_documents_go_out_only_for_a_purpose(fresh: Fresh, own: list[Document]) -> None:
    decide(fresh.installation, own[0].aip_id, None, Mode.CONDITIONAL)
    archivist = fresh.bearer("archivist")
    refused = fresh.client.get(address(own, "zip"), headers=archivist)
    assert refused.status_code == 403 and refused.json()["code"] == "access.purpose.missing"
    assert fresh.client.get(address(own, "zip"), headers=archivist, params={"purpose": "Nghiên cứu"}).status_code == 200
    silent = fresh.client.post(address(own, "dip"), headers=archivist, json={"request_id": "1", "purpose": "02"})
    assert silent.status_code == 403
    assert fresh.client.post(address(own, "dip"), headers=archivist, json=ASKED).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"request_id": "1"},
        {"request_id": " ", "purpose": "01"},
        {"request_id": "1", "purpose": "09"},
        {"request_id": "1", "purpose": "01", "fee_object_type": "11"},
        {"request_id": "1", "purpose": "01", "other": 1},
        {"request_id": "1", "purpose": "01", "ordinals": [0]},
    ],
)
def test_a_request_that_is_none_is_refused(
    client: TestClient, tokens: dict[str, Bearer], documents: list[Document], body: dict[str, object]
) -> None:
    assert client.post(address(documents, "dip"), headers=tokens["archivist"], json=body).status_code == 422


def test_another_agency_gets_nothing(client: TestClient, tokens: dict[str, Bearer], documents: list[Document]) -> None:
    for part in ("package", "zip"):
        assert client.get(address(documents, part), headers=tokens["other_agency"]).status_code == 404
    assert client.post(address(documents, "dip"), headers=tokens["other_agency"], json=ASKED).status_code == 404


def test_nothing_is_left_of_what_was_made(
    client: TestClient, tokens: dict[str, Bearer], installation: Installation, documents: list[Document]
) -> None:
    client.get(address(documents, "zip"), headers=tokens["archivist"])
    assert left_in_scratch(installation.settings.home) == []
