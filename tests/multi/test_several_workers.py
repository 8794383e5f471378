"""Workers on three machines, one killed, one paused and continued, one cut off from the database: every acknowledged
submission ends whole and once, the ledger is one chain, nothing is stuck, and each time of a job ran once."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from api.bootstrap import opened
from api.settings import load_settings
from archive.catalogue.worker_model import RunState
from archive.catalogue.worker_reading import heartbeats, job_runs
from archive.lifecycle import State
from tests.interruption.interrupted_homes import Offers
from tests.multi.cut_line import CutLine
from tests.multi.machines import Machines
from tests.multi.processes import LUUTRU, Processes, eventually, signalled
from tests.servers.postgresql import programs, running_postgresql

pytestmark = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")
SUBMISSIONS = 12


def test_killed_paused_and_cut_off_workers_lose_nothing_and_double_nothing(
    tmp_path: Path, processes: Processes
) -> None:
    server = running_postgresql()
    name = server.new_database()
    with CutLine(server.port) as line:
        offers = Offers(tmp_path / "made", tmp_path / "pki")
        ways = [server.url(name), server.url(name, port=server.port), server.url(name, port=line.port)]
        machines = Machines.made(tmp_path, ways, trust_list=offers.trust_list)
        sources = [offers.good("folder" if number % 2 else "zip").path for number in range(SUBMISSIONS)]
        begun = [
            processes.begin([*LUUTRU, "work", "--home", str(home)], log=home / "work.log") for home in machines.homes
        ]
        with opened(load_settings(machines.homes[0])) as installation:
            acknowledged = [installation.intake().receive(source).submission.id for source in sources]

            def living() -> int:
                with installation.catalogue.read() as reading:
                    return len(heartbeats(reading))

            eventually(lambda: living() == 3)
        eventually(lambda: len(set(machines.states().values()) - {"received"}) > 0)
        line.cut()
        signalled(begun[0], signal.SIGKILL)
        signalled(begun[1], signal.SIGSTOP)
        time.sleep(25)  # longer than a sign of life is fresh: whoever comes back has been given up
        signalled(begun[1], signal.SIGCONT)
        line.mend()
        eventually(machines.settled, 180)
        for process in begun[1:]:
            signalled(process, signal.SIGTERM)
            assert process.wait(60) == 0, logs(machines)
        states = machines.states()
        assert set(states) == set(acknowledged) and set(states.values()) == {State.STORED.value}, logs(machines)
        for home in machines.homes:  # what the dead one left behind goes when it works again
            with opened(load_settings(home)) as installation:
                installation.intake().sweep()
        machines.assert_whole()
        with opened(load_settings(machines.homes[0])) as installation, installation.catalogue.read() as reading:
            for job in ("alerts", "checkpoints"):
                assert {run.state for run in job_runs(reading, job)} <= {
                    RunState.DONE,
                    RunState.SKIPPED,
                    RunState.FAILED,
                }


def logs(machines: Machines) -> str:
    return "\n".join((home / "work.log").read_text(encoding="utf-8")[-2000:] for home in machines.homes)
