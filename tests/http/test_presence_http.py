"""Verification by anyone: whether exactly these bytes are held, and of what is not open nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from api.bootstrap import Installation
from api.http.app import create_app
from api.http.rates import Rates
from api.http.routes import presence
from archive.access import Mode
from archive.catalogue import Document
from archive.events import Event
from tests.http.conftest import Bearer, Fresh
from tests.http.rights import decide, stored


@pytest.fixture
def own(fresh: Fresh) -> Document:
    return stored(fresh.installation, fresh.home.submissions["danh-muc-csv"])[1][0]


@pytest.fixture
def public(fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(presence, "_rates", Rates(per_minute=600, burst=600))
    installation = Installation(replace(fresh.installation.settings, public_verification=True))
    with TestClient(create_app(installation)) as client:
        yield client
    installation.close()


def bytes_of(fresh: Fresh, document: Document) -> bytes:
    answer = fresh.client.get(
        f"/api/v1/records/{document.aip_id}/documents/{document.ordinal}/content", headers=fresh.bearer("agency")
    )
    assert answer.status_code == 200
    return bytes(answer.content)


def test_where_it_is_not_enabled_there_is_no_such_address(client: TestClient, tokens: dict[str, Bearer]) -> None:
    for answer in (client.get(f"/api/v1/verify/{'0' * 64}"), client.post("/api/v1/verify", content=b"x")):
        assert answer.status_code == 404
        assert answer.json()["code"] == "request.address-unknown"


def test_bytes_that_are_held_are_told(fresh: Fresh, public: TestClient, own: Document) -> None:
    by_file = public.post("/api/v1/verify", content=bytes_of(fresh, own)).json()
    by_digest = public.get(f"/api/v1/verify/{own.sha256.upper()}").json()
    assert by_file == by_digest
    assert by_file["held"] is True and by_file["sha256"] == own.sha256
    place = by_file["places"][0]
    assert place["match"] == "document" and place["verdict"] == "passed" and place["held_since"]
    assert place["record"]["aip_id"] == own.aip_id and place["record"]["ordinal"] == own.ordinal


def test_a_signed_revision_is_known_too(fresh: Fresh, public: TestClient, own: Document) -> None:
    revision = min(own.revisions, key=lambda item: item.length_bytes)
    told = public.post("/api/v1/verify", content=bytes_of(fresh, own)[: revision.length_bytes]).json()
    assert told["held"] is True
    assert told["places"][0]["match"] == "signed_revision"


def test_other_bytes_are_not_held(fresh: Fresh, public: TestClient, own: Document) -> None:
    told = public.post("/api/v1/verify", content=bytes_of(fresh, own) + b"\n").json()
    assert told["held"] is False and told["places"] == []


@pytest.mark.parametrize("mode", [Mode.CONDITIONAL, Mode.RESTRICTED])
def test_of_what_is_not_open_nothing_else_is_told(fresh: Fresh, public: TestClient, own: Document, mode: Mode) -> None:
    decide(fresh.installation, own.aip_id, own.ordinal, mode)
    answer = public.get(f"/api/v1/verify/{own.sha256}")
    told = answer.json()
    assert told["held"] is True and told["places"][0]["record"] is None
    for secret in (own.aip_id, own.path, str(own.fields["subject"]), own.number + "/"):
        assert secret not in answer.text
    assert set(told["places"][0]) == {"held_since", "match", "verdict", "record"}


def test_every_question_is_recorded_by_its_digest_alone(fresh: Fresh, public: TestClient, own: Document) -> None:
    public.get(f"/api/v1/verify/{own.sha256}")
    with fresh.installation.catalogue.read() as reading:
        record = reading.record_of(own.sha256, Event.RECORD_PRESENCE_VERIFIED)
    assert record is not None and record.actor == "anonymous"
    assert {**record.data, "request_id": ""} == {"sha256": own.sha256, "held": True, "by": "digest", "request_id": ""}


def test_a_file_too_large_is_refused_and_told_how(public: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "LARGEST_BYTES", 100)
    answer = public.post("/api/v1/verify", content=b"x" * 101)
    assert answer.status_code == 413 and "SHA-256" in answer.json()["remedy"]


def test_who_asks_too_often_waits(public: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "_rates", Rates(per_minute=1, burst=1))
    assert public.get(f"/api/v1/verify/{'0' * 64}").status_code == 200
    again = public.get(f"/api/v1/verify/{'0' * 64}")
    assert again.status_code == 429 and int(again.headers["retry-after"]) > 0


def test_what_is_no_digest_is_refused(public: TestClient) -> None:
    for text in ("abc", "g" * 64, "0" * 63, "0" * 65):
        assert public.get(f"/api/v1/verify/{text}").status_code == 422
