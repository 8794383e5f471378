"""Uploads of machines that share a quarantine: begun on one, gone on with on another, also when the first is dead."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from api.bootstrap import now, opened
from api.http import shared_upload_finishing, shared_upload_writing
from api.http.shared_upload_finishing import Finishing
from api.http.shared_uploads import SharedUploads
from api.http.upload import Taking, UploadOffsetError
from api.settings import load_settings
from api.verifying import differences
from archive.audit.unclaimed import unclaimed
from archive.catalogue.service_tables import upload_parts, uploads
from archive.catalogue.shared_uploads import beat_finishing
from archive.catalogue.worker_reading import database_now
from archive.errors import CatalogueError
from archive.storage.store import Store
from ingest.intake import Intake
from ingest.shared_parts import SharedParts
from ingest.shared_transfers import SharedQuarantine
from tests.catalogue.builders import new_submission
from tests.http.served import serving
from tests.multi.machines import Machines
from tests.multi.services import CHUNK, DATA, TUS, UPLOADS, Services, metadata, running
from tests.multi.test_shared_s3 import shared_by
from tests.servers.postgresql import programs, running_postgresql
from tests.servers.s3 import running_minio

pytestmark = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["directory", "minio"])
def machines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machines]:
    url = running_postgresql().new_url()
    made = Machines.made(tmp_path, [url, url.replace("?", "?application_name=second&")])
    if request.param == "directory":
        yield made
        return
    with running_minio(versioning=True) as bucket:
        shared_by(made, bucket)
        yield made


@pytest.fixture
def services(machines: Machines) -> Iterator[Services]:
    with running(machines.homes) as made:
        yield made


def store_of(services: Services, machine: int = 0) -> Store:
    quarantine = services.machines[machine].installation.quarantine
    assert isinstance(quarantine, SharedQuarantine)
    return quarantine.store


def lying(services: Services) -> list[str]:
    """The objects of uploads in the shared store."""
    return [str(key) for key in store_of(services).keys("upload")]


def sweep(services: Services, machine: int) -> int:
    return int(services.machines[machine].app.state.service.uploads().sweep())


def silent(services: Services) -> None:
    """Whoever was finishing an upload has been silent for long."""
    with services.machines[0].installation.catalogue.transaction() as tx:
        tx.rows(update(uploads).values(finishing_until=now() - timedelta(seconds=1)))


def assert_one_whole(services: Services) -> None:
    (submission,) = services.submissions()
    assert (submission.transfer_sha256, submission.transfer_size_bytes) == (SHA256, len(DATA))
    slots = [str(key) for key in store_of(services).keys("inbox")]
    assert slots == [f"inbox/{submission.id}/slot.tar"]
    held = services.machines[1].installation.quarantine.held(submission.id)
    assert held.transfer.read_bytes() == DATA


def test_an_upload_goes_on_wherever_its_sender_is_sent_and_becomes_one_submission(services: Services) -> None:
    address = services.begun(0, more=metadata(filename="Hồ sơ năm 2025.zip", idempotency_key="lan-7"))
    for number, start in enumerate(range(0, len(DATA), 100_000)):
        assert services.offset((number + 1) % 2, address) == start
        answer = services.sent(number % 2, address, start, DATA[start : start + 100_000])
        assert answer.status_code == 204, answer.text
    made = answer.headers["luutru-submission"]
    for number in (0, 1):
        assert services.ask(number, "HEAD", address, **TUS).headers["luutru-submission"] == made
        assert services.ask(number, "GET", made).json()["sha256"] == SHA256
        assert services.sent(number, address, len(DATA), b"").headers["luutru-submission"] == made
    (submission,) = services.submissions()
    assert (submission.owner, submission.client_key, submission.source_name) == ("H99.12", "lan-7", ".zip")
    assert_one_whole(services)
    assert lying(services) == []
    for machine in services.machines:
        assert not (machine.installation.settings.home / "uploads").exists()


def test_its_length_may_be_said_and_it_may_be_given_up_on_another_machine(services: Services) -> None:
    address = services.ask(0, "POST", UPLOADS, **{**TUS, "Upload-Defer-Length": "1"}).headers["location"]
    services.sent(1, address, 0, DATA[:1000])
    shorter = services.sent(0, address, 1000, b"", **{"Upload-Length": "999"})
    assert (shorter.status_code, shorter.json()["code"]) == (409, "upload.length-fixed")
    assert services.sent(0, address, 1000, b"", **{"Upload-Length": "2000"}).status_code == 204
    other = services.sent(1, address, 1000, b"", **{"Upload-Length": "3000"})
    assert (other.status_code, other.json()["code"]) == (409, "upload.length-fixed")
    too_long = services.sent(1, address, 1000, DATA[:1001])
    assert (too_long.status_code, too_long.json()["code"]) == (413, "intake.too-large")
    assert len(lying(services)) == 1
    assert services.ask(1, "DELETE", address, **TUS).status_code == 204
    assert services.ask(0, "HEAD", address, **TUS).status_code == 404
    assert lying(services) == [] and services.submissions() == []


def test_what_a_wrong_sum_was_said_of_counts_on_no_machine(services: Services) -> None:
    address = services.begun(0)
    wrong = services.sent(1, address, 0, DATA[:1000], **{"Upload-Checksum": "sha256 " + "A" * 43 + "="})
    assert (wrong.status_code, wrong.json()["code"]) == (460, "upload.checksum-mismatch")
    assert services.offset(0, address) == 0 and lying(services) == []


def test_an_upload_of_another_account_is_on_no_machine(services: Services) -> None:
    address = services.begun(0)
    services.account("somebody")
    for machine in (0, 1):
        asked = services.ask(machine, "HEAD", address, who="somebody", **TUS)
        ended = services.ask(machine, "DELETE", address, who="somebody", **TUS)
        assert (asked.status_code, ended.status_code) == (404, 404)
    assert services.offset(1, address) == 0


def test_of_many_who_send_from_the_same_place_on_at_once_one_counts(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each sends other bytes of another length: what is there in the end is one of them, whole, and nothing else."""
    address, count = services.begun(0, 10_000), 6
    together = threading.Barrier(count)
    counting = SharedUploads.count

    def at_once(self: SharedUploads, *arguments: Any) -> None:
        together.wait(30)
        counting(self, *arguments)

    monkeypatch.setattr(SharedUploads, "count", at_once)
    bodies = [bytes([65 + number]) * (1000 + number) for number in range(count)]
    with ThreadPoolExecutor(count) as pool:
        answers = list(pool.map(lambda number: services.sent(number % 2, address, 0, bodies[number]), range(count)))
    assert sorted(answer.status_code for answer in answers) == [204] + [409] * (count - 1)
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"upload.offset-wrong"}
    won = bodies[[answer.status_code for answer in answers].index(204)]
    assert services.offset(0, address) == services.offset(1, address) == len(won)
    assert len(lying(services)) == 1
    monkeypatch.setattr(SharedUploads, "count", counting)
    rest = b"z" * (10_000 - len(won))
    assert services.sent(1, address, len(won), rest).headers["luutru-submission"]
    (submission,) = services.submissions()
    assert submission.transfer_sha256 == hashlib.sha256(won + rest).hexdigest()


def test_what_the_first_machine_still_had_counts_only_where_the_upload_stands(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sender went on elsewhere while its line to the first one only seemed to be there."""
    monkeypatch.setattr(shared_upload_writing, "CHECKPOINT_BYTES", 1000)
    address = services.begun(0)
    with taking(services, 0, address) as late:
        late.take(DATA[:500])
        assert services.sent(1, address, 0, DATA[:700]).status_code == 204
        with pytest.raises(UploadOffsetError, match="700"):
            late.settle()
    assert services.offset(0, address) == 700 and len(lying(services)) == 1


def test_a_sender_who_hangs_up_keeps_what_came_and_what_one_sum_is_over_counts_whole_or_not(
    services: Services,
) -> None:
    address = services.begun(0)
    with taking(services, 0, address) as broken:
        broken.take(DATA[:500])
        broken.salvage()
    assert services.offset(1, address) == 500
    with taking(services, 1, address, 500, ("sha256", SHA256)) as broken:
        broken.take(DATA[500:900])
        broken.salvage()
    with taking(services, 1, address, 500) as ended:
        ended.take(DATA[500:900])
    assert services.offset(0, address) == 500 and len(lying(services)) == 1


@contextmanager
def taking(
    services: Services, machine: int, address: str, offset: int = 0, checksum: tuple[str, str] | None = None
) -> Iterator[Taking]:
    """Bytes on their way into the upload, as a request of this machine takes them."""
    store = services.machines[machine].app.state.service.uploads()
    with services.machines[machine].installation.catalogue.read() as reading:
        account = reading.account_named("sender")
    assert account is not None
    with store.writing(store.found(address.rpartition("/")[2], account.id), offset, checksum) as made:
        yield made


KILLED_AT = [
    ("api.http.shared_uploads:SharedUploads.count:before", 200_000),
    ("api.http.shared_uploads:SharedUploads.count:after", len(DATA)),
    ("api.http.shared_upload_finishing:Finishing._received:before", len(DATA)),
    ("ingest.arrival:Arrival.complete:after", len(DATA)),
    ("archive.catalogue.writing:Transaction.receive:after", len(DATA)),
    ("ingest.intake:Intake._record:after", len(DATA)),
    ("api.http.shared_upload_finishing:Finishing._received:after", len(DATA)),
    ("api.http.shared_upload_finishing:Finishing._made:after", len(DATA)),
]
"""Where a machine dies, and how many bytes the upload has then."""


@pytest.mark.parametrize(
    ("machines", "point", "stands"),
    [("directory", *killed) for killed in KILLED_AT] + [("minio", *KILLED_AT[number]) for number in (0, 3, 5)],
    indirect=["machines"],
)
def test_killed_anywhere_on_the_way_another_machine_makes_it_one_submission(
    machines: Machines, point: str, stands: int
) -> None:
    with running(machines.homes) as services:
        address = services.begun(1)
        assert services.sent(1, address, 0, DATA[:200_000]).status_code == 204
        with serving(machines.homes[0], point) as dying:
            place = dying.address + address.removeprefix("/api/v1")
            headers = {**CHUNK, "Upload-Offset": "200000", "Authorization": f"Bearer {services.tokens['sender']}"}
            with pytest.raises(httpx.HTTPError):
                httpx.patch(place, content=DATA[200_000:], headers=headers, timeout=60)
            assert dying.process.wait(30) == -9
        silent(services)
        assert services.offset(1, address) == stands
        answer = services.sent(1, address, stands, DATA[stands:])
        assert answer.status_code == 204 and answer.headers["luutru-submission"], answer.text
        sweep(services, 1)
        assert lying(services) == []
        # What the dead one had put beside the inbox of another id is nobody's, and goes after its time.
        (submission,) = services.submissions()
        for key in list(store_of(services).keys("inbox")):
            if key.segments[1] != submission.id:
                store_of(services).remove(key)
        assert_one_whole(services)


class DiedError(Exception):
    """The machine goes no further."""


@pytest.mark.parametrize("here_too", [True, False])
def test_what_was_recorded_and_then_swept_from_the_shared_place_is_put_there_again_from_its_parts(
    services: Services, monkeypatch: pytest.MonkeyPatch, here_too: bool
) -> None:
    """A sweeper took it for nobody's just before it was recorded, and its receiver died before he could look."""
    address = services.begun(0, more=metadata(filename="Hồ sơ năm 2025.zip"))

    def dies(_self: Intake, _new: Any, _actor: str) -> Any:
        record(_self, _new, _actor)
        raise DiedError

    record = Intake._record
    with monkeypatch.context() as dying:
        dying.setattr(Intake, "_record", dies)
        with pytest.raises(DiedError):
            services.sent(0, address, 0, DATA)
    (submission,) = services.submissions()
    for key in list(store_of(services).keys("inbox")):
        store_of(services).remove(key)
    asked = 0 if here_too else 1
    silent(services)
    made = services.ask(asked, "HEAD", address, **TUS).headers["luutru-submission"]
    assert made.endswith(submission.id)
    assert_one_whole(services)
    assert services.machines[1].installation.quarantine.held(submission.id).name == "Hồ sơ năm 2025.zip"
    assert lying(services) == []


def test_a_recorded_submission_of_which_nothing_is_left_is_never_said_to_be_made(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = services.begun(0)
    with monkeypatch.context() as dying:
        dying.setattr(Intake, "received", lambda *_a, **_m: (_ for _ in ()).throw(DiedError()))
        with pytest.raises(DiedError):
            services.sent(0, address, 0, DATA)
    catalogue = services.machines[0].installation.catalogue
    with catalogue.transaction() as tx:
        row = tx.rows(select(uploads.c.submission_id)).scalar_one()
        tx.receive(new_submission(id=row, transfer_sha256=SHA256), actor="luutru", at=now())
    for folder in ("inbox", "upload"):
        for key in list(store_of(services).keys(folder)):
            store_of(services).remove(key)
    answer = services.ask(1, "HEAD", address, **TUS)
    assert answer.status_code == 500 and "luutru-submission" not in answer.headers
    with catalogue.read() as reading:
        assert reading.rows(select(uploads.c.became)).scalar_one() is None


def test_signs_of_life_keep_an_upload_to_whoever_makes_it_a_submission_and_outlive_a_failure(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_upload_finishing, "BEAT_SECONDS", 0.02)
    address = services.begun(0)
    catalogue = services.machines[0].installation.catalogue
    received, said, beats = Finishing._received, beat_finishing, []

    def failing_once(tx: Any, upload_id: str, submission_id: str, *life: Any) -> None:
        beats.append(upload_id)
        if len(beats) == 1:
            raise CatalogueError("không với tới cơ sở dữ liệu")
        said(tx, upload_id, submission_id, *life)

    def until() -> Any:
        with catalogue.read() as reading:
            return reading.rows(select(uploads.c.finishing_until)).scalar_one()

    def slow(self: Finishing, upload: Any) -> str:
        silent(services)
        before, patience = until(), time.monotonic() + 60
        while until() <= before and time.monotonic() < patience:
            time.sleep(0.01)
        assert until() > before, "nobody hears of it"
        assert services.ask(1, "DELETE", address, **TUS).status_code == 423
        return received(self, upload)

    monkeypatch.setattr(shared_upload_finishing, "beat_finishing", failing_once)
    monkeypatch.setattr(Finishing, "_received", slow)
    answer = services.sent(0, address, 0, DATA)
    assert answer.status_code == 204 and answer.headers["luutru-submission"], answer.text
    assert len(beats) > 2
    assert_one_whole(services)


@pytest.mark.parametrize(("of", "name"), [(Finishing, "_received"), (Intake, "_record")])
def test_of_two_machines_that_finish_at_once_one_makes_the_submission(
    services: Services, monkeypatch: pytest.MonkeyPatch, of: type, name: str
) -> None:
    """The first is paused on the way, taken for dead, and wakes when the other is done."""
    address = services.begun(0)
    going_on, began, wakes = getattr(of, name), threading.Event(), threading.Event()
    first = iter([True])

    def paused(*arguments: Any) -> Any:
        if next(first, False):
            began.set()
            assert wakes.wait(60)
        return going_on(*arguments)

    monkeypatch.setattr(of, name, paused)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(services.sent, 0, address, 0, DATA)
        assert began.wait(60)
        # While it gives signs of life it is left alone.
        assert services.offset(1, address) == len(DATA)
        ended = services.ask(1, "DELETE", address, **TUS)
        assert (ended.status_code, ended.json()["code"]) == (423, "upload.busy")
        assert services.submissions() == []
        silent(services)
        made = services.ask(1, "HEAD", address, **TUS).headers["luutru-submission"]
        wakes.set()
        answer = late.result(60)
    assert answer.status_code == 204 and answer.headers["luutru-submission"] == made
    assert_one_whole(services)


def test_what_nobody_goes_on_with_is_given_up_once_whichever_machine_looks(services: Services) -> None:
    forgotten, complete = services.begun(0), services.begun(0, more=metadata(idempotency_key="lan-1"))
    services.sent(0, forgotten, 0, DATA[:1000])
    services.sent(1, complete, 0, DATA)
    assert sweep(services, 0) == sweep(services, 1) == 0 and len(lying(services)) == 1
    for machine in services.machines:
        machine.app.state.service.shared_clock = lambda view: database_now(view) + timedelta(hours=25)
    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(lambda machine: sweep(services, machine), (0, 1))) == 2
    assert lying(services) == []
    with services.machines[0].installation.catalogue.read() as reading:
        assert not reading.rows(select(uploads)).all() and not reading.rows(select(upload_parts)).all()
    assert_one_whole(services)


def test_a_machine_whose_clock_is_a_day_ahead_gives_up_nothing(services: Services) -> None:
    address = services.begun(0)
    services.sent(0, address, 0, DATA[:1000])
    services.machines[1].app.state.service.now = lambda: now() + timedelta(hours=25)
    assert sweep(services, 1) == 0 and len(lying(services)) == 1
    assert services.offset(0, address) == services.offset(1, address) == 1000


def test_what_is_complete_and_found_no_room_is_kept_and_made_a_submission_by_any_machine(services: Services) -> None:
    key = metadata(idempotency_key="lan-1")
    assert services.sent(0, services.begun(0, more=key), 0, DATA).status_code == 204
    other = services.begun(0, 10, more=key)
    answer = services.sent(1, other, 0, b"0123456789")
    assert (answer.status_code, answer.json()["code"]) == (409, "catalogue.conflict")
    for machine in services.machines:
        machine.app.state.service.shared_clock = lambda view: database_now(view) + timedelta(hours=25)
    sweep(services, 0)
    assert len(lying(services)) == 1  # kept for seven days, tried again each time
    services.machines[1].app.state.service.shared_clock = lambda view: database_now(view) + timedelta(days=8)
    sweep(services, 1)
    assert lying(services) == []
    assert_one_whole(services)


def test_what_a_dead_machine_wrote_for_an_upload_that_is_no_more_goes(services: Services) -> None:
    address = services.begun(0)
    services.sent(0, address, 0, DATA[:1000])
    with SharedParts(store_of(services)).writer("0" * 32, 5, "0a1b2c3d") as writer:
        writer.write(b"x")
        writer.commit()
    assert sweep(services, 1) == 0
    assert [key.split("/")[1] for key in lying(services)] == [address.rpartition("/")[2]]


def test_a_part_that_was_changed_in_the_shared_store_becomes_no_submission(services: Services) -> None:
    address = services.begun(0)
    services.sent(0, address, 0, DATA[:1000])
    (key,) = store_of(services).keys("upload")
    with store_of(services).replacing(key, keep=False) as writer:
        writer.write(b"x" * 1000)
        writer.commit()
    answer = services.sent(1, address, 1000, DATA[1000:])
    assert answer.json()["code"] == "quarantine.shared-content-broken"
    assert services.submissions() == []
    assert services.ask(0, "DELETE", address, **TUS).status_code == 204
    assert lying(services) == [] and list(store_of(services).keys("inbox")) == []


def test_bytes_under_way_are_extra_neither_to_an_audit_nor_to_fsck(tmp_path: Path) -> None:
    machines = Machines.made(tmp_path, [running_postgresql().new_url()])
    with running(machines.homes) as services:
        services.sent(0, services.begun(0), 0, DATA[:1000])
        services.sent(0, services.begun(0), 0, DATA)
        store = store_of(services)
        assert {key.segments[0] for key in store.keys("")} >= {"upload", "inbox"}
        assert list(unclaimed(services.machines[0].installation.catalogue, store)) == []
    with opened(load_settings(machines.homes[0])) as installation:
        assert list(differences(installation, with_index=False)) == []


def test_a_long_upload_counts_part_by_part(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_upload_writing, "CHECKPOINT_BYTES", 1000)
    address = services.begun(0)
    with taking(services, 0, address) as writing:
        for start in range(0, 4500, 100):
            writing.take(DATA[start : start + 100])
            assert services.offset(1, address) == (start + 100) // 1000 * 1000
        writing.salvage()
    lengths = [store_of(services).size(key) for key in store_of(services).keys("upload")]
    assert lengths == [1000] * 4 + [500]
    assert services.sent(1, address, 4500, DATA[4500:]).headers["luutru-submission"]
    assert_one_whole(services)
