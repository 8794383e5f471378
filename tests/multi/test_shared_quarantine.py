"""What one machine acknowledged, another carries on: also when the first is gone with its disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.bootstrap import Installation, opened
from api.settings import SettingsError, load_settings, parse_settings
from archive.errors import LuutruError, StoreError
from archive.lifecycle import State
from archive.storage.directory import DirectoryStore
from archive.storage.key import Key
from ingest.quarantine import ChecksChangedError, Quarantine
from ingest.shared_transfers import SharedContentError, SharedQuarantine
from ingest.steps import ContentChangedError
from tests.multi.machines import Machines
from tests.servers.postgresql import programs, running_postgresql

pytestmark = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    url = running_postgresql().new_url()
    return Machines.made(tmp_path, [url, url.replace("?", "?application_name=second&")])


@pytest.fixture
def two(machines: Machines) -> Iterator[tuple[Installation, Installation]]:
    with opened(load_settings(machines.homes[0])) as one, opened(load_settings(machines.homes[1])) as other:
        yield one, other


@pytest.fixture(params=["file", "folder"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "Hồ sơ đê điều"
    (folder / "Tờ trình").mkdir(parents=True)
    (folder / "Tờ trình" / "Số 1.txt").write_text("Về việc tu bổ đê điều", encoding="utf-8")
    return folder if request.param == "folder" else folder / "Tờ trình" / "Số 1.txt"


def lost(installation: Installation) -> None:
    shutil.rmtree(installation.settings.quarantine)


def inbox(installation: Installation) -> list[str]:
    return [key for key in installation.stores[0].keys("inbox")]


def test_another_machine_carries_what_lies_with_nobody_but_in_the_shared_store(
    two: tuple[Installation, Installation], source: Path, machines: Machines
) -> None:
    one, other = two
    submission = one.intake().receive(source).submission
    assert inbox(one) == [f"inbox/{submission.id}/slot.tar"]
    lost(one)
    assert other.steps().check(submission.id) is State.CHECKED
    assert inbox(one) == [f"inbox/{submission.id}/checks.tar", f"inbox/{submission.id}/slot.tar"]
    lost(other)
    with one.catalogue.read() as reading:
        recorded = reading.reports(submission.id)
    third = one.steps()
    third.decide(submission.id)
    with one.catalogue.read() as reading:
        assert reading.reports(submission.id) == recorded
        assert reading.submission(submission.id).state is not State.CHECKED


def test_a_persons_decision_and_the_rest_may_happen_on_any_machine(
    two: tuple[Installation, Installation], tmp_path: Path, machines: Machines
) -> None:
    one, other = two
    source = tmp_path / "a.txt"
    source.write_text("một", encoding="utf-8")
    submission = one.intake().receive(source).submission
    one.steps().check(submission.id)
    state = other.steps().decide(submission.id)
    assert state in (State.RETURNED, State.IN_REVIEW, State.ACCEPTED)
    if state is State.IN_REVIEW:
        lost(other)
        other.steps().send_back(submission.id, actor="cán bộ", reason="thiếu văn bản")
    with other.catalogue.read() as reading:
        assert reading.submission(submission.id).state in (State.RETURNED, State.ACCEPTED)


def test_when_content_is_removed_no_machine_keeps_it(two: tuple[Installation, Installation], tmp_path: Path) -> None:
    one, other = two
    source = tmp_path / "a.txt"
    source.write_text("Về việc tu bổ đê điều", encoding="utf-8")
    submission = one.intake().receive(source).submission
    other.steps().check(submission.id)
    held = other.quarantine.held(submission.id)
    assert held.transfer.exists() or held.content.exists()
    finished(one, submission.id)
    assert inbox(one) == [] and list(one.quarantine.names()) == []
    other.intake().sweep()
    assert list(other.quarantine.names()) == []


def state_of(installation: Installation, submission_id: str) -> State:
    with installation.catalogue.read() as reading:
        return reading.submission(submission_id).state


def finished(installation: Installation, submission_id: str) -> None:
    """Taken to where its content is removed, as its time is over."""
    steps = installation.steps()
    steps.decide(submission_id)
    if state_of(installation, submission_id) is State.IN_REVIEW:
        steps.refuse(submission_id, actor="cán bộ", reason="có dấu mật")
        return
    with installation.catalogue.transaction() as tx:
        installation.quarantine.remove(submission_id)
        tx.record_removal(submission_id, actor="luutru", at=installation.intake().now())


def test_what_the_shared_store_did_not_take_is_not_acknowledged(
    two: tuple[Installation, Installation], source: Path
) -> None:
    one, _ = two
    store = one.settings.policy.stores[0].path
    assert store is not None
    away = store.with_name("away")
    store.rename(away)
    with pytest.raises(StoreError):
        one.intake().receive(source)
    away.rename(store)
    with one.catalogue.read() as reading:
        assert list(reading.submissions_in()) == []
    assert list(one.quarantine.names()) == [] and inbox(one) == []
    assert not one.intake().receive(source).again


def test_what_was_changed_in_the_shared_store_becomes_no_record(
    two: tuple[Installation, Installation], source: Path
) -> None:
    one, other = two
    submission = one.intake().receive(source).submission
    forged = source.with_name("forged")
    if source.is_dir():
        shutil.copytree(source, forged)
        (forged / "Tờ trình" / "Số 1.txt").write_text("Về việc khác hẳn", encoding="utf-8")
    else:
        forged.write_text("Về việc khác hẳn", encoding="utf-8")
    another = one.intake().receive(forged).submission
    store = one.stores[0]
    with store.replacing(Key(f"inbox/{submission.id}/slot.tar"), keep=False) as writer:
        for chunk in store.read(Key(f"inbox/{another.id}/slot.tar")):
            writer.write(chunk)
        writer.commit()
    with pytest.raises(ContentChangedError):
        other.steps().check(submission.id)
    assert state_of(one, submission.id) is State.RECEIVED
    assert one.steps().check(submission.id) is State.CHECKED  # this machine still has what was acknowledged


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore.initialise("inbox", tmp_path / "shared")


def received(quarantine: Quarantine, submission_id: str, data: bytes = b"content") -> None:
    with quarantine.being_received(submission_id):
        quarantine.begin(submission_id).transfer.write_bytes(data)
        quarantine.complete(submission_id)


def test_the_checks_that_were_recorded_are_the_checks_of_the_submission(tmp_path: Path, store: DirectoryStore) -> None:
    one, other, third = (SharedQuarantine(tmp_path / name, store) for name in ("one", "other", "third"))
    received(one, "1" * 32)
    digests = []
    for quarantine, said in ((one, b"one"), (other, b"other")):
        slot = quarantine.held("1" * 32)
        slot.checks.mkdir()
        (slot.checks / "reports.json").write_bytes(said)
        digests += [quarantine.share_checks("1" * 32)]
        assert quarantine.share_checks("1" * 32) == digests[-1]
    slot = third.held("1" * 32)
    slot.checks.mkdir()  # made here by an attempt that was given up
    (slot.checks / "reports.json").write_bytes(b"third")
    assert (third.recorded_checks("1" * 32, digests[1]) / "reports.json").read_bytes() == b"other"
    assert (one.recorded_checks("1" * 32, digests[0]) / "reports.json").read_bytes() == b"one"
    with pytest.raises(ChecksChangedError):
        third.recorded_checks("1" * 32, digests[0])
    assert not slot.checks.exists() and not list(slot.folder.glob("*.part"))


def test_a_receiver_that_died_before_the_record_leaves_nothing_in_the_shared_store(
    tmp_path: Path, store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    quarantine = SharedQuarantine(tmp_path / "one", store)
    received(quarantine, "1" * 32)
    received(quarantine, "2" * 32)
    shutil.rmtree(quarantine.folder)
    sweeper = SharedQuarantine(tmp_path / "two", store)
    assert sweeper.sweep(lambda key: key == "2" * 32) == 0  # it may be about to be recorded
    monkeypatch.setattr("ingest.shared_transfers.UNKNOWN_SECONDS", -1.0)
    assert sweeper.sweep(lambda key: key == "2" * 32) == 1
    assert list(sweeper.ids()) == ["2" * 32]


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "checks/…"])
def test_names_that_are_not_ours_are_never_written(tmp_path: Path, store: DirectoryStore, name: str) -> None:
    import io
    import tarfile

    packed = io.BytesIO()
    with tarfile.open(mode="w", fileobj=packed) as tar:
        member = tarfile.TarInfo(name)
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    with store.create(Key(f"inbox/{'1' * 32}/slot.tar")) as writer:
        writer.write(packed.getvalue())
        writer.commit()
    quarantine = SharedQuarantine(tmp_path / "one", store)
    with pytest.raises(SharedContentError):
        quarantine.held("1" * 32)
    assert not quarantine.slot("1" * 32).exists() and not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "table", [{"shared_store": "nowhere"}, {"shared_store": "kho-1", "shared_s3": {"bucket": "b"}}, {"shared_s3": 1}]
)
def test_settings_of_a_shared_store_that_is_none_are_refused(tmp_path: Path, table: dict[str, object]) -> None:
    whole = {"stores": [{"name": "kho-1", "path": "a"}, {"name": "kho-2", "path": "b"}], "quarantine": table}
    with pytest.raises(LuutruError) as error:
        settings = parse_settings(whole, tmp_path)
        settings.quarantine_settings.store(settings.policy)
    assert error.value.code == SettingsError.code
