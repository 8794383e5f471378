"""The steps of ingest and the registry: a hồ sơ stands with its period before its package does, and not after its end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.bootstrap import Installation, opened
from api.initialising import initialise
from api.jobs import retention, transfer_notices
from api.settings import load_settings
from api.submitting import hand_in
from archive.catalogue import file_reading as r
from archive.catalogue import file_writing as w
from archive.catalogue.file_taking_in import file_of_submission
from archive.catalogue.schedule_reading import adopted_schedules
from archive.events import Event
from archive.lifecycle import State
from archive.retention.errors import FileEndedError
from archive.retention.file_state import FileState
from archive.retention.period import PERMANENT
from archive.retention.stated_period import stated_period
from ingest import steps as steps_module
from samples.documents import documents
from samples.hoso import Entry, Hoso
from samples.originals import docx_of
from samples.parcel import bag_of

sys.path.insert(0, str(Path(__file__).resolve().parent))
from registry import ACTOR, AT, unguarded

AGREEMENT = Path(__file__).parents[2] / "samples" / "agreement.toml"
CODE = "H99.12.2025.TN1"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    initialise(tmp_path / "home", name="Lưu trữ lịch sử", code="H99.12", agreement=AGREEMENT)
    with opened(load_settings(tmp_path / "home")) as installation:
        yield installation


def handed_in(installation: Installation, folder: Path, name: str) -> str:
    document = documents()[name]
    entry = Entry.of(document, docx_of(document), f"{document.name.removesuffix('.pdf')}.docx", numberOfPage=2)
    bag = bag_of(Hoso(CODE, "Hồ sơ nộp hai lần", (entry,)), "folder").write(folder / name)
    (handed,) = hand_in(installation, [bag], client_key=None, received=lambda: None)
    assert handed.submission is not None, handed.error
    return handed.submission.id


def accepted(installation: Installation, submission_id: str) -> None:
    steps = installation.steps()
    assert steps.check(submission_id) is State.CHECKED
    if steps.decide(submission_id) is State.IN_REVIEW:
        steps.accept(submission_id, actor="thử", reason="thử")


class Stopped(Exception):
    pass


class Job:
    slot = "0"

    def stopping(self) -> bool:
        return False


def test_a_file_stands_with_its_period_before_its_package_and_grows_by_the_next(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = handed_in(installation, tmp_path, "bao-cao")
    accepted(installation, first)
    steps = installation.steps()

    def stop(*_: object, **__: object) -> None:
        raise Stopped

    with monkeypatch.context() as patched, pytest.raises(Stopped):
        patched.setattr(steps_module, "write_everywhere", stop)
        steps.package(first)
    with installation.catalogue.read() as view:
        submission = view.submission(first)
        held = file_of_submission(view, submission)
        assert held is not None and view.aip(submission.aip_id) is None and r.aips_of(view, held.id) == ()
        assert view.records(subject=held.id)[0].event == Event.FILE_RECORD_OPENED
        begun = len(view.records(subject=held.id))
    assert steps.package(first) is State.PACKAGED
    second = handed_in(installation, tmp_path, "cong-dien")
    accepted(installation, second)
    assert steps.package(second) is State.PACKAGED
    with installation.catalogue.read() as view:
        submissions = [view.submission(item) for item in (first, second)]
        aips = [view.aip(item.aip_id) for item in submissions]
        assert r.aips_of(view, held.id) == tuple(item.aip_id for item in submissions)
        (aip, _) = aips
        assert aip is not None
        stands = r.require_file(view, held.id)
        assert stands.file_code == CODE and stands.profile == aip.profile
        assert stands.period == stated_period(aip.fields["maintenance"])
        assert len(view.records(subject=held.id)) == begun + 2
    for job in (retention.JOB, transfer_notices.JOB, retention.JOB):
        job.run(installation, Job())
    with installation.catalogue.read() as view:
        assert len(list(r.all_files(view))) == 1 and len(adopted_schedules(view)) == 2
        assert r.require_file(view, held.id) == stands


def test_what_is_handed_in_of_a_destroyed_file_waits_for_a_person_who_can_only_return_it(
    installation: Installation, tmp_path: Path
) -> None:
    first = handed_in(installation, tmp_path, "bao-cao")
    accepted(installation, first)
    steps = installation.steps()
    assert steps.package(first) is State.PACKAGED
    with installation.catalogue.transaction() as tx:
        unguarded(tx)
        held = file_of_submission(tx, tx.submission(first))
        assert held is not None
        if held.period == PERMANENT:
            w.set_period(tx, held, stated_period("5 năm"), basis="thử", actor=ACTOR, at=AT)
        if held.state is FileState.OPEN:
            w.close_file(tx, held.id, ended_year=2000, actor=ACTOR, at=AT)
        for state in (FileState.IN_ROUND, FileState.DESTROYING, FileState.DESTROYED):
            w.move_file(tx, held.id, state, actor=ACTOR, at=AT, round_id="r")
    second = handed_in(installation, tmp_path, "cong-dien")
    assert steps.check(second) is State.CHECKED
    assert steps.decide(second) is State.IN_REVIEW
    with installation.catalogue.read() as view:
        referred = view.record_of(second, Event.SUBMISSION_DECISION_REFERRED)
        assert referred is not None and FileEndedError.code in referred.data["reasons"]
    with pytest.raises(FileEndedError):
        steps.accept(second, actor="thử", reason="thử")
    assert steps.send_back(second, actor="thử", reason="hồ sơ đã hủy") is State.RETURNED
    with installation.catalogue.read() as view:
        assert r.aips_of(view, held.id) == (view.submission(first).aip_id,)
