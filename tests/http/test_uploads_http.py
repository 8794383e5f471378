"""Resumable uploads (tus 1.0.0): acknowledged bytes survive anything, and the whole becomes exactly one submission."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from api.bootstrap import Installation, now, opened
from api.http import uploads_store
from api.settings import load_settings
from archive.events import Event
from tests.http.answering import answering
from tests.http.served import serving

UPLOADS = "/api/v1/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}
DATA = b"PK\x03\x04" + random.Random(7).randbytes(300_000)


def metadata(**values: str) -> dict[str, str]:
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())
    return {"Upload-Metadata": ",".join(pairs)}


def summed(data: bytes, algorithm: str = "sha256") -> dict[str, str]:
    digest = hashlib.new(algorithm, data).digest()
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(digest).decode()}"}


def submissions(installation: Installation) -> list[Any]:
    with installation.catalogue.read() as reading:
        return [item for item in reading.submissions_in() if item.source_name != "thư mục" and item.owner]


class Tus:
    """A client that says exactly what it is told to, over the service in this process."""

    def __init__(self, fresh: Any, who: str = "agency") -> None:
        self.fresh, self.who = fresh, who

    def ask(self, method: str, address: str, content: bytes = b"", **headers: str) -> Any:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.fresh.client.request(method, address, content=content, headers=self.fresh.bearer(self.who, **named))

    def begun(self, length: int = len(DATA), **headers: str) -> str:
        answer = self.ask("POST", UPLOADS, **{**TUS, "Upload-Length": str(length), **headers})
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    def sent(self, address: str, offset: int, content: bytes, **headers: str) -> Any:
        return self.ask("PATCH", address, content, **{**CHUNK, "Upload-Offset": str(offset), **headers})

    def offset(self, address: str) -> int:
        return int(self.ask("HEAD", address, **TUS).headers["upload-offset"])


@pytest.fixture
def tus(fresh: Any) -> Tus:
    return Tus(fresh)


def test_the_server_says_what_it_can_do(tus: Tus) -> None:
    answer = tus.ask("OPTIONS", UPLOADS)
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    extensions = answer.headers["tus-extension"].split(",")
    assert {"creation", "creation-with-upload", "expiration", "checksum", "termination"} <= set(extensions)
    assert answer.headers["tus-checksum-algorithm"] == "sha256,sha1" and int(answer.headers["tus-max-size"]) > 0


def test_pieces_become_one_submission_under_the_senders_name_and_key(tus: Tus) -> None:
    address = tus.begun(**metadata(filename="Hồ sơ/năm 2025.zip", idempotency_key="lan-7"))
    for start in range(0, len(DATA), 100_000):
        answer = tus.sent(address, start, DATA[start : start + 100_000])
        assert answer.status_code == 204 and answer.headers["tus-resumable"] == "1.0.0"
    shown = tus.ask("GET", answer.headers["luutru-submission"])
    assert shown.json()["sha256"] == hashlib.sha256(DATA).hexdigest()
    (submission,) = submissions(tus.fresh.installation)
    assert (submission.owner, submission.client_key, submission.source_name) == ("H99.12", "lan-7", ".zip")
    with tus.fresh.installation.catalogue.read() as reading:
        record = reading.record_of(submission.id, Event.SUBMISSION_CONTENT_RECEIVED)
    assert record is not None and record.actor == "account:agency"
    slot = tus.fresh.installation.quarantine.slot(submission.id)
    assert slot.transfer.read_bytes() == DATA and slot.name == "năm 2025.zip"
    # Not copied, and not kept twice.
    assert slot.transfer.stat().st_nlink == 1
    again = tus.ask("HEAD", address, **TUS)
    assert again.headers["luutru-submission"] == answer.headers["luutru-submission"]
    assert again.headers["upload-offset"] == again.headers["upload-length"] == str(len(DATA))
    assert tus.sent(address, len(DATA), b"").headers["luutru-submission"] == answer.headers["luutru-submission"]


def test_everything_in_the_first_request_or_with_the_length_said_last_is_the_same(tus: Tus) -> None:
    first = tus.ask("POST", UPLOADS, DATA, **{**CHUNK, "Upload-Length": str(len(DATA)), **summed(DATA)})
    assert first.status_code == 201 and first.headers["upload-offset"] == str(len(DATA))
    deferred = tus.ask("POST", UPLOADS, **{**TUS, "Upload-Defer-Length": "1"}).headers["location"]
    assert tus.ask("HEAD", deferred, **TUS).headers["upload-defer-length"] == "1"
    assert "luutru-submission" not in tus.sent(deferred, 0, DATA[:1000]).headers
    last = tus.sent(deferred, 1000, DATA[1000:], **{"Upload-Length": str(len(DATA))})
    assert last.headers["luutru-submission"] == first.headers["luutru-submission"]
    assert len(submissions(tus.fresh.installation)) == 1


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_a_piece_that_is_not_what_its_sender_summed_does_not_count(tus: Tus, algorithm: str) -> None:
    address = tus.begun()
    assert tus.sent(address, 0, DATA[:1000], **summed(DATA[:1000], algorithm)).status_code == 204
    wrong = tus.sent(address, 1000, DATA[1000:2000], **summed(DATA[:1000], algorithm))
    assert (wrong.status_code, wrong.json()["code"]) == (460, "upload.checksum-mismatch")
    assert wrong.headers["tus-resumable"] == "1.0.0"
    assert tus.offset(address) == 1000
    assert tus.sent(address, 1000, DATA[1000:], **summed(DATA[1000:], algorithm)).status_code == 204
    assert submissions(tus.fresh.installation)[0].transfer_sha256 == hashlib.sha256(DATA).hexdigest()


def test_what_does_not_go_on_from_where_it_stands_is_refused(tus: Tus) -> None:
    address = tus.begun()
    tus.sent(address, 0, DATA[:1000])
    for offset in (0, 999, 1001, len(DATA)):
        answer = tus.sent(address, offset, b"x")
        assert (answer.status_code, answer.json()["code"]) == (409, "upload.offset-wrong")
    assert tus.offset(address) == 1000
    too_long = tus.sent(address, 1000, DATA)
    assert (too_long.status_code, too_long.json()["code"]) == (413, "intake.too-large")

    def unstated() -> Iterator[bytes]:
        yield DATA[:200_000]
        yield DATA[:200_000]

    answer = tus.fresh.client.patch(
        address, content=unstated(), headers=tus.fresh.bearer("agency", **{**CHUNK, "Upload-Offset": "1000"})
    )
    assert answer.status_code == 413 and tus.offset(address) == 1000


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {"Upload-Length": "5"}, 412),
        ("POST", {**TUS, "Tus-Resumable": "0.2.2", "Upload-Length": "5"}, 412),
        ("POST", TUS, 400),
        ("POST", {**TUS, "Upload-Length": "0"}, 400),
        ("POST", {**TUS, "Upload-Length": "-5"}, 400),
        ("POST", {**TUS, "Upload-Length": "9" * 30}, 400),
        ("POST", {**TUS, "Upload-Length": str(1 << 60)}, 413),
        ("POST", {**TUS, "Upload-Length": "5", "Upload-Defer-Length": "1"}, 400),
        ("POST", {**TUS, "Upload-Length": "5", "Upload-Metadata": "filename ***"}, 400),
        ("POST", {**TUS, "Upload-Length": "5", "Upload-Metadata": "a " + "A" * 9000}, 400),
        ("POST", {**TUS, "Upload-Length": "5", "Content-Type": "text/plain"}, 415),
        ("POST", {**TUS, "Upload-Length": "5", "Idempotency-Key": "k" * 300}, 400),
    ],
)
def test_a_wrong_beginning_is_refused_and_leaves_nothing(
    tus: Tus, method: str, headers: dict[str, str], status: int
) -> None:
    answer = tus.ask(method, UPLOADS, **headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["tus-resumable"] == "1.0.0"
    folder = tus.fresh.home.folder / "uploads"
    assert not folder.exists() or list(folder.iterdir()) == []


@pytest.mark.parametrize("path", ["..%2f..%2fkeys", "../../keys", "0" * 31, "Z" * 32])
def test_an_id_that_is_none_of_ours_is_not_a_path(tus: Tus, path: str) -> None:
    assert tus.ask("HEAD", f"{UPLOADS}/{path}", **TUS).status_code in (404, 405, 422)
    assert (tus.fresh.home.folder / "keys").is_dir()


def test_another_accounts_upload_is_not_there(fresh: Any, tus: Tus) -> None:
    address, other = tus.begun(), Tus(fresh, "other_agency")
    for answer in (
        other.ask("HEAD", address, **TUS),
        other.sent(address, 0, DATA),
        other.ask("DELETE", address, **TUS),
    ):
        assert answer.status_code == 404
    assert other.sent(address, 0, DATA).json()["code"] == "upload.missing"
    assert tus.offset(address) == 0
    for who in ("head", "auditor", "administrator"):
        assert Tus(fresh, who).ask("HEAD", address, **TUS).status_code == 403


def test_an_upload_given_up_is_gone_and_a_submission_it_became_is_not(tus: Tus) -> None:
    address = tus.begun()
    tus.sent(address, 0, DATA[:1000])
    assert tus.ask("DELETE", address, **TUS).status_code == 204
    assert tus.ask("HEAD", address, **TUS).status_code == 404
    assert list((tus.fresh.home.folder / "uploads").iterdir()) == []
    whole = tus.begun()
    made = tus.sent(whole, 0, DATA).headers["luutru-submission"]
    assert tus.ask("DELETE", whole, **TUS).status_code == 204
    assert tus.ask("GET", made).status_code == 200


def test_after_a_day_without_a_byte_an_upload_is_given_up(fresh: Any, tus: Tus) -> None:
    address = tus.begun()
    tus.sent(address, 0, DATA[:1000])
    fresh.app.state.service.now = lambda: now() + timedelta(hours=25)
    # Everybody's tokens live on; the upload does not.
    assert tus.ask("HEAD", address, **TUS).status_code == 404
    tus.begun()
    assert len(list((fresh.home.folder / "uploads").iterdir())) == 1


def test_only_so_many_uploads_of_one_account_are_under_way(
    fresh: Any, tus: Tus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads_store, "MOST_OF_ONE", 2)
    first = tus.begun()
    tus.begun()
    refused = tus.ask("POST", UPLOADS, **{**TUS, "Upload-Length": "5"})
    assert (refused.status_code, refused.json()["code"]) == (429, "upload.too-many")
    assert Tus(fresh, "other_agency").begun()
    assert tus.sent(first, 0, DATA).status_code == 204
    assert tus.begun()


def test_what_others_have_announced_is_spoken_for(fresh: Any, tus: Tus) -> None:
    free = fresh.installation.quarantine.free_bytes()
    each = free // 6  # One copy to receive, one unpacked, one in each of two stores.
    fresh.installation.settings = replace(fresh.installation.settings, largest_submission_bytes=free)
    tus.begun(each)
    refused = tus.ask("POST", UPLOADS, **{**TUS, "Upload-Length": str(each)})
    assert (refused.status_code, refused.json()["code"]) == (503, "intake.not-now")


def test_a_key_used_for_other_bytes_is_a_conflict_and_no_second_submission(tus: Tus) -> None:
    key = metadata(idempotency_key="lan-1")
    assert tus.sent(tus.begun(**key), 0, DATA).status_code == 204
    other = tus.begun(10, **key)
    answer = tus.sent(other, 0, b"0123456789")
    assert (answer.status_code, answer.json()["code"]) == (409, "catalogue.conflict")
    assert len(submissions(tus.fresh.installation)) == 1
    assert len(list(tus.fresh.installation.quarantine.names())) == 1
    assert tus.ask("DELETE", other, **TUS).status_code == 204


def client_of(address: str, fresh: Any) -> TusClient:
    return TusClient(f"{address}/uploads", headers=fresh.bearer("agency"))


def test_a_kept_client_goes_on_after_kill_9_in_the_middle_and_there_is_one_submission(fresh: Any) -> None:
    file = io.BytesIO(DATA)
    with serving(fresh.home.folder) as first:
        uploader = client_of(first.address, fresh).uploader(
            file_stream=file, chunk_size=40_000, metadata={"filename": "gói.zip"}, upload_checksum=True
        )
        for _ in range(3):
            uploader.upload_chunk()
        first.kill()
    with opened(load_settings(fresh.home.folder)) as installation:
        with answering(installation) as second:
            address = second + uploader.url.split("/api/v1", 1)[1]
            going_on = client_of(second, fresh).uploader(file_stream=file, url=address, chunk_size=40_000)
            assert going_on.offset == 120_000
            going_on.upload()
            assert going_on.request.response_headers["luutru-submission"]
        (submission,) = submissions(installation)
        assert submission.transfer_sha256 == hashlib.sha256(DATA).hexdigest()


def test_a_request_that_reaches_another_machine_says_so_and_costs_nothing(tus: Tus) -> None:
    address = tus.begun()
    tus.sent(address, 0, DATA[:200_000])
    here = tus.fresh.home.folder / "uploads"
    first = here.rename(here.with_name("uploads of the first machine"))
    wrong = tus.sent(address, 200_000, DATA[200_000:])
    assert (wrong.status_code, wrong.json()["code"]) == (404, "upload.missing")
    assert "cùng một máy" in wrong.json()["remedy"]
    assert tus.ask("HEAD", address, **TUS).status_code == 404
    assert tus.ask("DELETE", address, **TUS).status_code == 404
    assert not here.exists() or not any(here.iterdir())
    assert submissions(tus.fresh.installation) == []
    shutil.rmtree(here, ignore_errors=True)
    first.rename(here)
    assert tus.offset(address) == 200_000
    assert tus.sent(address, 200_000, DATA[200_000:]).status_code == 204
    (submission,) = submissions(tus.fresh.installation)
    assert submission.transfer_sha256 == hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize(
    "point",
    [
        "api.http.uploads_store:UploadsStore.note_offset:before:1",
        "api.http.uploads_store:UploadsStore.note_offset:after:1",
        "ingest.arrival:Arrival.adopt:before",
        "ingest.arrival:Arrival.adopt:after",
        "ingest.quarantine:Quarantine.complete:after",
        "archive.catalogue.writing:Transaction.receive:after",
        "ingest.intake:Intake._record:after",
        "ingest.intake:Intake.received:after",
        "api.http.uploads_store:UploadsStore._submitted:after",
    ],
)
def test_killed_on_the_way_from_upload_to_submission_it_becomes_one(fresh: Any, point: str) -> None:
    with serving(fresh.home.folder, point) as dying:
        uploader = client_of(dying.address, fresh).uploader(file_stream=io.BytesIO(DATA), chunk_size=len(DATA))
        with pytest.raises((TusUploadFailed, TusCommunicationError)):
            uploader.upload()
        dying.process.wait(30)
    with opened(load_settings(fresh.home.folder)) as installation:
        # A worker that starts meanwhile clears away what nobody receives any more.
        installation.intake().sweep()
        with answering(installation) as again:
            address = again + uploader.url.split("/api/v1", 1)[1]
            going_on = client_of(again, fresh).uploader(file_stream=io.BytesIO(DATA), url=address)
            with suppress(StopIteration):
                going_on.upload()
        (submission,) = submissions(installation)
        assert submission.transfer_sha256 == hashlib.sha256(DATA).hexdigest()
        assert list(installation.quarantine.names()) == [submission.id]
        assert installation.quarantine.slot(submission.id).transfer.read_bytes() == DATA
