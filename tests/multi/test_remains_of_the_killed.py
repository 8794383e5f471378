"""What killed workers leave keeps nobody from sweeping, and does not lie about for ever."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from api.bootstrap import Installation, now, opened
from api.settings import load_settings
from api.submitting import tidy
from archive.catalogue.tables import submissions
from archive.catalogue.worker_model import Claim
from archive.catalogue.worker_tables import claims
from archive.catalogue.worker_writing import take_claim
from archive.lifecycle import State
from archive.storage.directory import DirectoryStore
from ingest.quarantine import Quarantine, make_whole
from ingest.shared_transfers import SharedQuarantine
from tests.multi.machines import Machines
from tests.servers.postgresql import programs, running_postgresql

ONE, OTHER = "1" * 32, "2" * 32


@pytest.fixture(params=["its own", "shared"])
def quarantine(request: pytest.FixtureRequest, tmp_path: Path) -> Quarantine:
    folder = tmp_path / "quarantine"
    folder.mkdir()
    if request.param == "its own":
        return Quarantine(folder)
    return SharedQuarantine(folder, DirectoryStore.initialise("kho", tmp_path / "store"))


def test_a_slot_half_brought_here_by_a_killed_worker_is_swept_and_stops_no_sweep(quarantine: Quarantine) -> None:
    half = quarantine.folder / f"{ONE}.e81be755.part"
    half.mkdir()
    (half / "transfer").write_bytes(b"half")
    # As versions that stumbled over it have left it.
    (quarantine.folder / f"{ONE}.911b8ca5.lock").touch()
    (quarantine.folder / f"{OTHER}.part").mkdir()
    quarantine.sweep(lambda submission_id: submission_id == ONE)
    assert list(quarantine.names()) == []


def test_a_slot_that_is_being_brought_here_is_not_swept(quarantine: Quarantine) -> None:
    whole = quarantine.folder / ONE

    def fill(part: Path) -> None:
        quarantine.sweep(lambda submission_id: submission_id == ONE)
        (part / "transfer").write_bytes(b"all")

    make_whole(whole, fill)
    assert (whole / "transfer").read_bytes() == b"all"
    assert list(quarantine.names()) == [ONE]


@pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")
def test_a_claim_left_on_what_rests_goes_with_time_and_one_on_what_does_not_stays(tmp_path: Path) -> None:
    url = running_postgresql().new_url()
    machines = Machines.made(tmp_path, [url])
    with opened(load_settings(machines.homes[0])) as installation:
        resting, waiting = (received(installation, tmp_path / name) for name in ("a.txt", "b.txt"))
        with installation.catalogue.transaction() as tx:
            for submission_id in (resting, waiting):
                take_claim(tx, Claim(submission_id, "gone-0-1-x", 1))
            tx.rows(update(submissions).where(submissions.c.id == resting).values(state=State.RETURNED.value))
        tidy(installation)
        assert claimed(installation) == 2, "a worker may be about to give it back"
        with installation.catalogue.transaction() as tx:
            tx.rows(update(claims).values(claimed_at=now() - timedelta(hours=1)))
        tidy(installation)
        with installation.catalogue.read() as view:
            assert view.rows(select(claims.c.submission_id)).scalars().all() == [waiting]


def received(installation: Installation, source: Path) -> str:
    source.write_text(source.name, encoding="utf-8")
    return installation.intake().receive(source).submission.id


def claimed(installation: Installation) -> int:
    with installation.catalogue.read() as view:
        return int(view.rows(select(func.count()).select_from(claims)).scalar_one())
