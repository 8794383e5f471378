"""Bench: how fast submissions are carried by one and by two workers on one PostgreSQL, and how much of that is waiting.

Each worker is a process with a home of its own that carries one submission at a time; what is submitted waits in a store
both reach. The server keeps every commit on the disk. Waiting is measured at the server: of all looks at the workers'
sessions, the share that found one waiting for the writers' lock.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from api.bootstrap import opened
from api.settings import load_settings
from bench.result import Measured, report
from tests.interruption.interrupted_homes import Offers
from tests.multi.machines import Machines
from tests.multi.processes import LUUTRU, Processes, signalled
from tests.servers.postgresql import PostgreSql, one_more_server

BAR = 1.2
"""For a machine with cores to spare: two workers that share two cores are no faster than one."""
LOOK_SECONDS = 0.02
_LOOK = (
    "SELECT count(*), count(*) FILTER (WHERE wait_event_type = 'Lock' AND wait_event = 'advisory') "
    "FROM pg_stat_activity WHERE application_name = 'luutru' AND datname = %s AND state <> 'idle'"
)


def carried(
    server: PostgreSql, folder: Path, sources: list[Path], trust_list: Path, workers: int
) -> tuple[float, float]:
    """Seconds until all are stored with their receipts, and the share of the busy sessions that waited for the lock."""
    name = server.new_database()
    machines = Machines.made(folder, [server.url(name), server.url(name, port=server.port)], trust_list=trust_list)
    for home in machines.homes:
        file = home / "luutru.toml"
        file.write_text(file.read_text(encoding="utf-8").replace("workers = 2", "workers = 1"), encoding="utf-8")
    with opened(load_settings(machines.homes[0])) as installation:
        for source in sources:
            installation.intake().receive(source)
    looks, busy, waiting = 0, 0, 0
    with Processes() as processes, server.connect() as connection:
        begun = time.perf_counter()
        running = [
            processes.begin([*LUUTRU, "work", "--home", str(home)], log=home / "work.log")
            for home in machines.homes[:workers]
        ]
        while looks % 25 or not machines.settled():
            looks += 1
            row = connection.execute(_LOOK, [name]).fetchone()
            assert row is not None
            busy, waiting = busy + int(str(row[0])), waiting + int(str(row[1]))
            time.sleep(LOOK_SECONDS)
        seconds = time.perf_counter() - begun
        for process in running:
            signalled(process, signal.SIGTERM)
            with suppress(Exception):
                process.wait(60)
    if set(machines.states().values()) != {"stored"}:
        raise SystemExit(f"not everything was stored: {machines.states()}")
    return seconds, waiting / busy if busy else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=60)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-workers-") as name, one_more_server(durable=True) as server:
        folder = Path(name)
        offers = Offers(folder / "made", folder / "pki")
        sources = [offers.good("zip").path for _ in range(given.submissions)]
        one, one_waits = carried(server, folder / "one", sources, offers.trust_list, 1)
        two, two_waits = carried(server, folder / "two", sources, offers.trust_list, 2)
        rates = [given.submissions / seconds * 3600 for seconds in (two, one)]
        report(
            Measured(
                "Ingest by two workers on PostgreSQL",
                f"two workers: {rates[0]:,.0f} hồ sơ an hour",
                f"one worker: {rates[1]:,.0f} hồ sơ an hour",
                one / two,
                BAR,
                "times as fast",
                [
                    f"{given.submissions} hồ sơ of two office files each; start of the workers and their JVM within the time",
                    f"sessions that waited for the one writer: {one_waits:.1%} with one worker, {two_waits:.1%} with two",
                ],
            )
        )


if __name__ == "__main__":
    main()
