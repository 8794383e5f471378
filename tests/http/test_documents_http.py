"""The bytes of documents: exact, in whole or in part, from a copy that proves right, to who may have them, and recorded."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.bootstrap import Installation
from api.delivering import Part, Proofs, Proven, prove
from api.http import content
from archive.access import Mode
from archive.catalogue import Document
from archive.errors import LuutruError, StoreError
from archive.events import Event
from archive.storage import aip_key
from archive.storage.memory import MemoryStore
from tests.http.conftest import Bearer, Fresh, ServiceHome
from tests.http.rights import decide, grant, stored
from tests.http.served import left_in_scratch


@pytest.fixture
def document(service_home: ServiceHome, installation: Installation) -> Document:
    return stored(installation, service_home.submissions["danh-muc-csv"])[1][0]


@pytest.fixture
def own(fresh: Fresh) -> Document:
    return stored(fresh.installation, fresh.home.submissions["danh-muc-csv"])[1][0]


def address(document: Document, part: str = "/content") -> str:
    return f"/api/v1/records/{document.aip_id}/documents/{document.ordinal}{part}"


def test_the_bytes_are_those_received(client: TestClient, tokens: dict[str, Bearer], document: Document) -> None:
    answer = client.get(address(document), headers=tokens["archivist"])
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == document.sha256
    assert answer.headers["etag"] == f'"{document.sha256}"'
    assert answer.headers["content-length"] == str(document.size_bytes)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]


def test_head_tells_the_same_without_the_bytes(
    client: TestClient, tokens: dict[str, Bearer], document: Document
) -> None:
    got, head = (client.request(method, address(document), headers=tokens["archivist"]) for method in ("GET", "HEAD"))
    assert head.status_code == 200 and head.content == b""
    same = ("content-length", "content-type", "etag", "content-disposition", "repr-digest", "accept-ranges")
    assert [head.headers[name] for name in same] == [got.headers[name] for name in same]


def test_parts_put_together_are_the_whole(client: TestClient, tokens: dict[str, Bearer], document: Document) -> None:
    half = document.size_bytes // 2
    parts = []
    for value in (f"bytes=0-{half - 1}", f"bytes={half}-"):
        answer = client.get(address(document), headers={**tokens["auditor"], "Range": value})
        assert answer.status_code == 206
        parts.append(answer.content)
    assert hashlib.sha256(b"".join(parts)).hexdigest() == document.sha256
    last = client.get(address(document), headers={**tokens["auditor"], "Range": "bytes=-5"})
    assert last.content == parts[1][-5:]
    size = document.size_bytes
    assert last.headers["content-range"] == f"bytes {size - 5}-{size - 1}/{size}"


def test_conditions_are_heeded(client: TestClient, tokens: dict[str, Bearer], document: Document) -> None:
    tag = f'"{document.sha256}"'
    held = client.get(address(document), headers={**tokens["head"], "If-None-Match": tag})
    assert held.status_code == 304 and held.content == b"" and held.headers["etag"] == tag
    beyond = client.get(address(document), headers={**tokens["head"], "Range": f"bytes={document.size_bytes}-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{document.size_bytes}"
    assert beyond.json()["code"] == "request.range-unsatisfiable"
    other = client.get(address(document), headers={**tokens["head"], "If-Match": '"x"'})
    assert other.status_code == 412


def test_several_ranges_are_answered_with_all(
    client: TestClient, tokens: dict[str, Bearer], document: Document
) -> None:
    answer = client.get(address(document), headers={**tokens["head"], "Range": "bytes=0-1,5-6"})
    assert answer.status_code == 200 and len(answer.content) == document.size_bytes


def test_a_damaged_copy_is_passed_over(fresh: Fresh, own: Document) -> None:
    damage(fresh, own, stores=1)
    answer = fresh.client.get(address(own), headers=fresh.bearer("archivist"))
    assert hashlib.sha256(answer.content).hexdigest() == own.sha256
    with fresh.installation.catalogue.read() as reading:
        record = reading.record_of(own.aip_id, Event.DOCUMENT_COPY_DELIVERED)
    assert record is not None and record.data["store"] == fresh.installation.stores[1].name


def test_without_a_right_copy_nothing_goes_out(fresh: Fresh, own: Document) -> None:
    damage(fresh, own, stores=2)
    with fresh.installation.catalogue.read() as reading:
        end = reading.ledger_end()
    answer = fresh.client.get(address(own), headers=fresh.bearer("archivist"))
    assert answer.status_code == 503
    assert answer.json()["code"] == "copy.damaged"
    with fresh.installation.catalogue.read() as reading:
        assert end is not None and reading.records(after=end[0]) == []


def damage(fresh: Fresh, document: Document, stores: int) -> None:
    with fresh.installation.catalogue.read() as reading:
        aip = reading.aip(document.aip_id)
    assert aip is not None
    for store in fresh.installation.settings.stores[:stores]:
        path = Path(store.path).joinpath(*aip.object_key.segments)
        path.chmod(0o600)
        with path.open("r+b") as file:
            file.seek(document.tar_offset + document.size_bytes // 2)
            found = file.read(1)
            file.seek(-1, 1)
            file.write(bytes([found[0] ^ 1]))


def test_conditional_content_needs_a_purpose_and_it_is_recorded(fresh: Fresh, own: Document) -> None:
    decide(fresh.installation, own.aip_id, own.ordinal, Mode.CONDITIONAL)
    archivist = fresh.bearer("archivist")
    refused = fresh.client.get(address(own), headers=archivist)
    assert refused.status_code == 403 and refused.json()["code"] == "access.purpose.missing"
    blank = fresh.client.get(address(own), headers=archivist, params={"purpose": "   "})
    assert blank.status_code == 403
    given = fresh.client.get(address(own), headers=archivist, params={"purpose": "Xác minh quá trình công tác"})
    assert given.status_code == 200
    with fresh.installation.catalogue.read() as reading:
        record = reading.record_of(own.aip_id, Event.DOCUMENT_COPY_DELIVERED)
    assert record is not None and record.data["purpose"] == "Xác minh quá trình công tác"
    for role in ("agency", "auditor"):
        assert fresh.client.get(address(own), headers=fresh.bearer(role)).status_code == 200


@pytest.mark.parametrize("part", ["/content", "/text", "/thumbnail", "/pages/1"])
def test_restricted_content_is_closed_to_everyone_without_a_grant(fresh: Fresh, own: Document, part: str) -> None:
    decide(fresh.installation, own.aip_id, own.ordinal, Mode.RESTRICTED)
    expected = {"agency": 403, "archivist": 404, "head": 403, "auditor": 403, "other_agency": 404}
    for role, status in expected.items():
        answer = fresh.client.get(address(own, part), headers=fresh.bearer(role), params={"purpose": "Nghiên cứu"})
        assert answer.status_code == status, role
    grant(fresh.installation, own.aip_id, own.ordinal, "archivist")
    assert fresh.client.get(address(own, part), headers=fresh.bearer("archivist")).status_code == 200


def test_the_text_is_what_was_taken_from_the_document(
    client: TestClient, tokens: dict[str, Bearer], document: Document
) -> None:
    answer = client.get(address(document, "/text"), headers=tokens["archivist"])
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "QUYẾT ĐỊNH" in answer.text.upper()


def test_pages_are_shown_as_pictures(
    client: TestClient, tokens: dict[str, Bearer], document: Document, installation: Installation
) -> None:
    page = client.get(address(document, "/pages/1"), headers=tokens["archivist"], params={"width": 300})
    assert page.status_code == 200 and page.headers["content-type"] == "image/webp"
    assert page.content[:4] == b"RIFF" and int(page.headers["x-pages"]) >= 1
    small = client.get(address(document, "/thumbnail"), headers=tokens["archivist"])
    assert small.status_code == 200 and len(small.content) < len(page.content) * 2
    beyond = client.get(address(document, "/pages/999"), headers=tokens["archivist"])
    assert beyond.status_code == 404 and beyond.json()["code"] == "picture.page.missing"
    assert left_in_scratch(installation.settings.home) == []
    with installation.catalogue.read() as reading:
        record = reading.record_of(document.aip_id, Event.DOCUMENT_PAGE_SHOWN)
    assert record is not None and record.data["ordinal"] == document.ordinal


def test_nothing_is_sent_that_the_ledger_does_not_hold(fresh: Fresh, own: Document) -> None:
    fresh.app.state.service.accesses.close()
    answer = fresh.client.get(address(own), headers=fresh.bearer("archivist"))
    assert answer.status_code == 503


# -- proofs ----------------------------------------------------------------------------------------------------------

KEY = aip_key("00000000-0000-4000-8000-000000000001")


def memory(data: bytes, name: str = "kho") -> MemoryStore:
    store = MemoryStore(name)
    with store.create(KEY) as writer:
        writer.write(data)
        writer.commit()
    return store


class Counting(MemoryStore):
    """Counts how often it is read."""

    readings = 0

    def read(self, *args: object, **options: object):  # type: ignore[no-untyped-def]
        self.readings += 1
        return super().read(*args, **options)  # type: ignore[arg-type]


def part_of(data: bytes, offset: int = 0) -> Part:
    return Part(KEY, offset, len(data) - offset, hashlib.sha256(data[offset:]).hexdigest())


def test_a_large_part_is_proven_once_for_many_ranges() -> None:
    data, now = b"x" * 1000, [0.0]
    store = Counting("kho")
    with store.create(KEY) as writer:
        writer.write(data)
        writer.commit()
    proofs = Proofs(seconds=10, clock=lambda: now[0], held_bytes=10)
    for _ in range(5):
        assert proofs.proven([store], part_of(data)).held is None
    assert store.readings == 1
    now[0] = 11.0
    proofs.proven([store], part_of(data))
    assert store.readings == 2


def test_a_proof_is_only_of_the_stores_asked_for() -> None:
    data = b"x" * 1000
    proofs = Proofs(held_bytes=10)
    first, second = memory(data, "một"), memory(data, "hai")
    assert proofs.proven([first], part_of(data)).store is first
    assert proofs.proven([second], part_of(data)).store is second


def test_a_copy_that_rots_after_its_proof_breaks_off_before_the_end() -> None:
    data = b"x" * (3 << 20)
    changed = data[:-1] + b"y"
    proven = Proven(part_of(data), memory(changed))
    sent = bytearray()
    with pytest.raises(LuutruError):
        for chunk in proven.chunks():
            sent += chunk
    assert len(sent) < len(data)


def test_a_failed_reading_ends_the_trust_in_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"x" * 1000
    proofs = Proofs(held_bytes=10)
    monkeypatch.setattr(content, "proofs", proofs)
    proven = proofs.proven([memory(data)], part_of(data))

    def failing():  # type: ignore[no-untyped-def]
        yield b"x"
        raise StoreError("kho hỏng")

    with pytest.raises(StoreError):
        list(content._watched(failing(), proven))
    assert proofs._fresh((KEY, 0)) is None


def test_the_next_store_is_asked_when_the_first_is_wrong() -> None:
    data = b"x" * 1000
    good = memory(data, "hai")
    found = prove([memory(b"y" * 1000, "một"), good], part_of(data, 10))
    assert found.store is good and b"".join(found.chunks(1, 5)) == data[:5]
