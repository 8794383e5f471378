"""The checks in the shared store are those the ledger speaks of, or they are made again: nothing is packaged by others."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.bootstrap import Installation, opened
from api.settings import load_settings
from api.submitting import hand_in
from api.verifying import differences
from archive.aip.reader import AipReader
from archive.events import Event
from archive.ledger import Record, verify_chain
from archive.lifecycle import State
from archive.storage.key import Key, aip_key
from ingest.quarantine import Quarantine
from samples.documents import documents
from samples.hoso import Entry, Hoso
from samples.originals import docx_of
from samples.parcel import bag_of
from tests.multi.machines import Machines
from tests.servers.postgresql import programs, running_postgresql

pytestmark = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")
FORGED = "ket-luan-gia"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Installation, Installation]]:
    url = running_postgresql().new_url()
    machines = Machines.made(tmp_path, [url, url.replace("?", "?application_name=second&")])
    with opened(load_settings(machines.homes[0])) as one, opened(load_settings(machines.homes[1])) as other:
        yield one, other


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """A hồ sơ of two documents."""
    entries = []
    for name in ("bao-cao", "cong-dien"):
        document = documents()[name]
        path = f"{document.name.removesuffix('.pdf')}.docx"
        entries.append(Entry.of(document, docx_of(document), path, numberOfPage=2))
    return bag_of(Hoso("H99.12.2025.TN1", "Hồ sơ đi qua hai máy", tuple(entries)), "folder").write(tmp_path / "bag")


@pytest.fixture
def checked(two: tuple[Installation, Installation], bag: Path) -> str:
    """The same, received and checked on the first machine."""
    (handed,) = hand_in(two[0], [bag], client_key=None, received=lambda: None)
    assert handed.submission is not None, handed.error
    assert two[0].steps().check(handed.submission.id) is State.CHECKED
    return handed.submission.id


def accepted(installation: Installation, submission_id: str) -> State:
    if installation.steps().decide(submission_id) is State.IN_REVIEW:
        return installation.steps().accept(submission_id, actor="cán bộ", reason="thử")
    return State.ACCEPTED


def checks_key(submission_id: str) -> Key:
    return Key(f"inbox/{submission_id}/checks.tar")


def lay(installation: Installation, submission_id: str, data: bytes) -> None:
    """What somebody who can write to the shared store puts in the place of the checks."""
    with installation.stores[0].replacing(checks_key(submission_id), keep=False) as writer:
        writer.write(data)
        writer.commit()


def other_reports(whole: bytes) -> bytes:
    """The same tar, in whose reports one tool has another name."""
    made = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(whole)) as old, tarfile.open(mode="w", fileobj=made) as new:
        for member in old:
            source = old.extractfile(member)
            data = source.read() if source else b""
            if member.name.endswith("reports.json"):
                reports = json.loads(data)
                for report in reports:
                    report["tools"] = {**report["tools"], FORGED: "1"}
                data = json.dumps(reports, ensure_ascii=False).encode()
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    return made.getvalue()


def completed(installation: Installation, submission_id: str) -> list[Record]:
    with installation.catalogue.read() as reading:
        return list(reading.records(subject=submission_id, event=Event.SUBMISSION_CHECKS_COMPLETED))


def assert_packaged_by_true_checks(installation: Installation, submission_id: str) -> None:
    with installation.catalogue.read() as reading:
        aip_id = reading.submission(submission_id).aip_id
        assert FORGED not in json.dumps(reading.reports(submission_id))
        assert verify_chain(reading.records(0, 1000)) is None
    whole = b"".join(installation.stores[0].read(aip_key(aip_id)))
    AipReader(io.BytesIO(whole))
    assert FORGED.encode() not in whole
    assert list(differences(installation, with_index=False)) == []


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "other-reports": other_reports,
    "more-behind-the-end": lambda whole: whole + b"\0" * 512,
    "half": lambda whole: whole[: len(whole) // 2],
    "no-tar": lambda _whole: b"nothing of ours",
}


@pytest.mark.parametrize("change", CHANGES)
def test_checks_changed_in_the_shared_store_are_made_again_before_anything_is_packaged(
    two: tuple[Installation, Installation], checked: str, change: str
) -> None:
    one, other = two
    assert accepted(one, checked) is State.ACCEPTED
    lay(one, checked, CHANGES[change](b"".join(one.stores[0].read(checks_key(checked)))))
    shutil.rmtree(one.settings.quarantine)
    assert other.steps().package(checked) is State.CHECKED
    first, second = completed(one, checked)
    assert second.data["checks_sha256"] and second.data["codes"] == first.data["codes"]
    assert accepted(other, checked) is State.ACCEPTED
    shutil.rmtree(other.settings.quarantine)
    assert one.steps().package(checked) is State.PACKAGED  # by the checks made again, from the shared store
    assert one.steps().store(checked) is State.STORED
    assert one.steps().finish(checked) is State.STORED
    assert_packaged_by_true_checks(one, checked)


def test_checks_that_are_gone_from_the_shared_store_are_made_again(
    two: tuple[Installation, Installation], checked: str
) -> None:
    one, other = two
    assert accepted(one, checked) is State.ACCEPTED
    one.stores[0].remove(checks_key(checked))
    shutil.rmtree(one.settings.quarantine)
    assert other.steps().package(checked) is State.CHECKED
    assert accepted(other, checked) is State.ACCEPTED
    assert other.steps().package(checked) is State.PACKAGED


def test_a_decision_is_made_by_what_was_recorded_not_by_what_lies_in_the_shared_store(
    two: tuple[Installation, Installation], checked: str
) -> None:
    one, other = two
    lay(one, checked, other_reports(b"".join(one.stores[0].read(checks_key(checked)))))
    shutil.rmtree(one.settings.quarantine)
    accepted(other, checked)
    with one.catalogue.read() as reading:
        assert FORGED not in json.dumps(reading.reports(checked))
    assert other.steps().package(checked) is State.CHECKED


def test_what_lies_there_before_the_checks_were_recorded_is_no_check(
    two: tuple[Installation, Installation], tmp_path: Path
) -> None:
    one, other = two
    source = tmp_path / "a.txt"
    source.write_text("Về việc tu bổ đê điều", encoding="utf-8")
    submission = one.intake().receive(source).submission
    empty = io.BytesIO()
    with tarfile.open(mode="w", fileobj=empty) as tar:
        member = tarfile.TarInfo("checks/reports.json")
        member.size = 2
        tar.addfile(member, io.BytesIO(b"[]"))
    lay(one, submission.id, empty.getvalue())
    assert other.steps().check(submission.id) is State.CHECKED
    (record,) = completed(one, submission.id)
    assert record.data["answers"]
    assert b"".join(one.stores[0].read(checks_key(submission.id))) != empty.getvalue()


def test_checks_of_an_attempt_that_was_given_up_are_not_used_even_where_they_were_made(
    two: tuple[Installation, Installation], checked: str
) -> None:
    one, other = two
    assert accepted(one, checked) is State.ACCEPTED
    reports = other.quarantine.held(checked).checks / "reports.json"
    reports.parent.mkdir()
    reports.write_text("[]", encoding="utf-8")
    assert other.steps().package(checked) is State.PACKAGED
    assert len(completed(one, checked)) == 1
    assert_packaged_by_true_checks(other, checked)


def test_a_record_from_before_digests_were_recorded_lets_nothing_unproven_be_packaged(
    two: tuple[Installation, Installation], bag: Path
) -> None:
    one, other = two
    (handed,) = hand_in(one, [bag], client_key=None, received=lambda: None)
    assert handed.submission is not None
    submission_id = handed.submission.id
    alone = replace(one.steps(), quarantine=Quarantine(one.settings.quarantine))
    assert alone.check(submission_id) is State.CHECKED
    assert "checks_sha256" not in completed(one, submission_id)[0].data
    one.quarantine.share_checks(submission_id)
    assert accepted(one, submission_id) is State.ACCEPTED
    assert other.steps().package(submission_id) is State.CHECKED
    assert completed(one, submission_id)[1].data["checks_sha256"]
