"""A machine that falls silent in the middle of its work: another has what it carried soon after."""

from __future__ import annotations

import signal
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from api.bootstrap import opened
from api.settings import load_settings
from archive.catalogue.worker_model import FRESH
from archive.catalogue.worker_reading import heartbeats
from archive.catalogue.worker_tables import claims
from archive.events import Event
from tests.multi.machines import Machines
from tests.multi.processes import LUUTRU, Processes, eventually, signalled
from tests.servers.postgresql import programs, running_postgresql

pytestmark = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")

ELSEWHERE = """
import sys, threading, time
from pathlib import Path
import ingest.claims, ingest.steps
ingest.claims._machine = lambda: "e15ewhe3"  # its end is seen by nobody here
def check(self, submission_id):
    print("has", submission_id, flush=True)
    time.sleep(600)
check.__name__ = "check"
ingest.steps.Steps.check = check
from api.bootstrap import opened
from api.settings import load_settings
from api.working import work_until
with opened(load_settings(Path(sys.argv[1]))) as installation:
    work_until(installation, threading.Event(), jobs=False)
"""
SLACK = timedelta(seconds=60)
"""Looked for every 5 s, and then the check is made; the rest is for a machine that has other things to do."""


def test_what_a_silent_machine_carried_is_carried_by_another_soon(tmp_path: Path, processes: Processes) -> None:
    url = running_postgresql().new_url()
    machines = Machines.made(tmp_path, [url, url.replace("?", "?application_name=second&")])
    source = tmp_path / "a.txt"
    source.write_text("Về việc tu bổ đê điều", encoding="utf-8")
    with opened(load_settings(machines.homes[0])) as installation:
        submission = installation.intake().receive(source).submission
        silent = processes.python(ELSEWHERE, machines.homes[1])
        assert silent.stdout is not None
        assert silent.stdout.readline().split() == ["has", submission.id]
        processes.begin([*LUUTRU, "work", "--home", str(machines.homes[0])], log=tmp_path / "log")

        def beats() -> dict[str, datetime]:
            with installation.catalogue.read() as reading:
                return {beat.id: beat.beat_at for beat in heartbeats(reading)}

        eventually(lambda: len(beats()) == 2)
        with installation.catalogue.read() as reading:
            first = reading.rows(select(claims)).one()
        signalled(silent, signal.SIGKILL)
        last = beats()[first.worker]

        def checked() -> list[datetime]:
            with installation.catalogue.read() as reading:
                records = reading.records(subject=submission.id, event=Event.SUBMISSION_CHECKS_COMPLETED)
                return [record.at for record in records]

        eventually(lambda: bool(checked()))
        assert FRESH <= checked()[0] - last <= FRESH + SLACK
