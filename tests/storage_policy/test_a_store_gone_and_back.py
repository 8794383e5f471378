"""The journey: one store gone, ten submissions stored, store back, caught up in order, fsck clean."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.bootstrap import Installation, opened
from api.initialising import initialise
from api.jobs.catch_up import JOB
from api.settings import load_settings
from api.storage_moving import add_store
from api.storage_status import policy_state, store_statuses
from api.submitting import hand_in
from api.verifying import differences, verify_aip
from archive.catalogue import Aip
from archive.errors import StoreError
from archive.events import Event
from archive.fixity import CopyState
from archive.lifecycle import State
from archive.storage_policy import PolicyChangedError, PolicyStaleError
from samples.documents import documents
from samples.hoso import Entry, Hoso
from samples.originals import docx_of
from samples.parcel import bag_of

AGREEMENT = Path(__file__).parents[2] / "samples" / "agreement.toml"
OK, AWAITED = CopyState.OK, CopyState.AWAITED


class OneRun:
    slot = "0"

    def stopping(self) -> bool:
        return False


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    initialise(home, name="Lưu trữ lịch sử", code="H99.12", agreement=AGREEMENT)
    with opened(load_settings(home)) as installation:
        add_store(
            installation, name="kho-3", path="stores/kho-3", location="Tủ chống cháy", medium="Ổ rời",
            required=False, actor="thử",
        )  # fmt: skip
    yield home


def bag(folder: Path, number: int) -> Path:
    document = documents()["bao-cao"]
    path = f"{document.name.removesuffix('.pdf')}.docx"
    hoso = Hoso(
        f"H99.12.2025.TN{number}", f"Hồ sơ số {number}", (Entry.of(document, docx_of(document), path, numberOfPage=2),)
    )
    return bag_of(hoso, "folder").write(folder / f"bag-{number}")


def submitted(installation: Installation, path: Path) -> str:
    (handed,) = hand_in(installation, [path], client_key=None, received=lambda: None)
    assert handed.submission is not None, handed.error
    return handed.submission.id


def carried(installation: Installation, submission_id: str) -> State:
    steps = installation.steps()
    steps.check(submission_id)
    if steps.decide(submission_id) is State.IN_REVIEW:
        steps.accept(submission_id, actor="thử", reason="thử")
    steps.package(submission_id)
    steps.store(submission_id)
    return steps.finish(submission_id)


def found(installation: Installation) -> list[str]:
    return [row["code"] for row in differences(installation, with_index=False, deep=False)]


def aip_of(installation: Installation, submission_id: str) -> Aip:
    with installation.catalogue.read() as reading:
        aip = reading.aip(reading.submission(submission_id).aip_id)
    assert aip is not None
    return aip


def states(installation: Installation, aip: Aip) -> dict[str, CopyState]:
    with installation.catalogue.read() as reading:
        return {copy.store: copy.state for copy in reading.copies(aip.id)}


@pytest.mark.slow
def test_submissions_go_on_while_a_store_that_may_lag_is_away_and_it_catches_up_in_order(
    home: Path, tmp_path: Path
) -> None:
    place, away = home / "stores" / "kho-3", tmp_path / "taken-home"
    with opened(load_settings(home)) as installation:
        place.rename(away)
        ids = [submitted(installation, bag(tmp_path, number)) for number in range(10)]
        assert {carried(installation, item) for item in ids} == {State.STORED}
        aips = [aip_of(installation, item) for item in ids]
        assert states(installation, aips[0]) == {"kho-1": OK, "kho-2": OK, "kho-3": AWAITED}
        with installation.catalogue.read() as reading:
            receipt = reading.receipt(ids[0])
        assert receipt is not None
        assert receipt.document["statement"]["aip"]["copies"] == ["kho-1", "kho-2"]
        assert set(found(installation)) == {"store.place.unreachable"}
        third = list(store_statuses(installation))[2]
        assert (third.awaited, third.policy.required, bool(third.trouble)) == (10, False, True)
        JOB.run(installation, OneRun())
        assert states(installation, aips[0])["kho-3"] is AWAITED
        result = verify_aip(installation, aips[0], deep=False, actor="thử", read=lambda _count: None)
        assert (result["answer"], states(installation, aips[0])["kho-3"]) == ("passed", AWAITED)
    away.rename(place)
    with opened(load_settings(home)) as installation:
        JOB.run(installation, OneRun())
        with installation.catalogue.read() as reading:
            added = [record.subject for record in reading.records(limit=1000, event=Event.AIP_COPY_ADDED)]
        assert added == [aip.id for aip in aips]
        assert {state for aip in aips for state in states(installation, aip).values()} == {OK}
        assert found(installation) == []


def test_without_a_required_store_nothing_is_stored_and_everything_is_kept(home: Path, tmp_path: Path) -> None:
    place, away = home / "stores" / "kho-2", tmp_path / "taken-home"
    with opened(load_settings(home)) as installation:
        submission_id = submitted(installation, bag(tmp_path, 1))
        place.rename(away)
        with pytest.raises(StoreError):
            carried(installation, submission_id)
        with installation.catalogue.read() as reading:
            assert reading.submission(submission_id).state is State.ACCEPTED
            assert reading.receipt(submission_id) is None
        away.rename(place)
        assert carried(installation, submission_id) is State.STORED
        assert found(installation) == []


def test_a_required_store_that_kept_other_bytes_gets_them_again_before_anything_is_called_stored(
    home: Path, tmp_path: Path
) -> None:
    with opened(load_settings(home)) as installation:
        submission_id = submitted(installation, bag(tmp_path, 1))
        steps = installation.steps()
        steps.check(submission_id)
        if steps.decide(submission_id) is State.IN_REVIEW:
            steps.accept(submission_id, actor="thử", reason="thử")
        steps.package(submission_id)
        aip = aip_of(installation, submission_id)
        path = home / "stores" / "kho-2" / str(aip.object_key)
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        assert steps.store(submission_id) is State.STORED
        steps.finish(submission_id)
        assert path.read_bytes() == (home / "stores" / "kho-1" / str(aip.object_key)).read_bytes()
        assert found(installation) == []


def test_a_process_with_the_old_policy_stores_nothing_more(home: Path, tmp_path: Path) -> None:
    with opened(load_settings(home)) as old:
        submission_id = submitted(old, bag(tmp_path, 1))
        old.steps()
        with opened(load_settings(home)) as other:
            add_store(other, name="kho-4", path="stores/kho-4", location="", medium="Ổ 4", required=True, actor="thử")
        with pytest.raises(PolicyStaleError):
            carried(old, submission_id)
    with opened(load_settings(home)) as new:
        assert carried(new, submission_id) is State.STORED
        assert set(states(new, aip_of(new, submission_id)).values()) == {OK}
        assert len(states(new, aip_of(new, submission_id))) == 4
        assert found(new) == []


def test_a_policy_that_was_changed_without_a_new_version_stops_storing(home: Path) -> None:
    file = home / "storage-policy.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("required = false", "required = true"), encoding="utf-8")
    with opened(load_settings(home)) as installation:
        with pytest.raises(PolicyChangedError):
            installation.steps()
        assert policy_state(installation)["stands"] is False
    file.write_text(text.replace("required = false", "required = true").replace("version = 2", "version = 3"))
    with opened(load_settings(home)) as installation:
        installation.steps()
        assert policy_state(installation)["stands"] is True


def test_a_home_that_still_names_its_stores_in_its_settings_has_an_equivalent_policy(
    home: Path, tmp_path: Path
) -> None:
    (home / "storage-policy.toml").unlink()
    settings = home / "luutru.toml"
    text = settings.read_text(encoding="utf-8")
    text = text[: text.index("[storage]")] + text[text.index("[search]") :]
    stores = '[[stores]]\nname = "kho-1"\npath = "stores/kho-1"\n[[stores]]\nname = "kho-2"\npath = "stores/kho-2"\n'
    settings.write_text(text + "\n" + stores, encoding="utf-8")
    loaded = load_settings(home)
    assert loaded.policy_from_old_stores
    assert (loaded.policy.version, loaded.policy.required, loaded.policy.copies) == (1, ("kho-1", "kho-2"), 2)
    assert [store.path for store in loaded.stores] == [home / "stores" / "kho-1", home / "stores" / "kho-2"]
