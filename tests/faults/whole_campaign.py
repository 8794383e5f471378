"""The whole campaign, spread over processes, and the table that comes of it.

Two thirds of the faults meet an archive in folders, one third one with a store on S3, and rebuilding is killed besides.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from tests.faults import campaign, rebuilding
from tests.faults.campaign import KINDS, Seen, table
from tests.servers.s3 import new_bucket, own_server

PAGE = Path("docs/reliability.md")
EVERY_KIND = (*KINDS, rebuilding.KILLED)
WORLDS = 6


def folders(seed: int, faults: int) -> Seen:
    """A campaign in folders; in memory where there is room, so that the medium's speed does not matter."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="luutru-faults-", dir=_fast()) as folder:
        return campaign.run(Path(folder) / "world", seed, faults)


def on_s3(seed: int, faults: int) -> Seen:
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="luutru-faults-", dir=_fast()) as folder, own_server("versitygw") as server:
        return campaign.run(Path(folder) / "world", seed, faults, bucket=new_bucket(server))


def rebuilds(seed: int, kills: int) -> Seen:
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="luutru-faults-", dir=_fast()) as folder:
        return rebuilding.run(Path(folder), seed, kills)


def _fast() -> str | None:
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() else None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tests.faults", description=__doc__)
    parser.add_argument("--faults", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--worlds", type=int, default=WORLDS, help="in folders; half as many have a store on S3")
    parser.add_argument("--rebuilds", type=int, default=100, help="how often a rebuild is killed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true", help=f"keep the table in {PAGE}")
    given = parser.parse_args(arguments)
    with ProcessPoolExecutor(given.processes, mp_context=get_context("spawn")) as pool:
        with_s3 = -(-given.worlds // 2)
        share = -(-given.faults // (given.worlds + with_s3))
        work = [
            *(pool.submit(on_s3, given.seed + 100 + number, share) for number in range(with_s3)),
            *(pool.submit(folders, given.seed + number, share) for number in range(given.worlds)),
            pool.submit(rebuilds, given.seed + 200, given.rebuilds),
        ]
        seen = [item.result() for item in work]
    text = told(seen, given.seed)
    print(text)
    if given.write:
        PAGE.write_text(_with_table(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
    return 0 if all(item.clean for item in seen) and not missing(seen) else 1


def missing(seen: Sequence[Seen]) -> list[str]:
    """Kinds of faults of which none was injected: nothing is known of them then, and a small campaign is like that."""
    return [str(row["fault"]) for row in table(seen, EVERY_KIND) if not row["injected"]]


def told(seen: Sequence[Seen], seed: int) -> str:
    """The table people read."""
    total = sum(item.faults for item in seen)
    bad = {
        "false ok": [line for item in seen for line in item.false_ok],
        "lost records": [line for item in seen for line in item.lost],
        "wrong repairs": [line for item in seen for line in item.wrong_repair],
        "false alarms": [line for item in seen for line in item.false_alarm],
        "left unhealed though provable": [line for item in seen for line in item.stuck],
    }
    lines = [
        f"Seed {seed}, {datetime.now(UTC).date().isoformat()}: **{total:,} faults** in {sum(item.rounds for item in seen):,} "
        f"rounds, {sum(item.seconds for item in seen) / 60:.0f} minutes of one core or less.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | **{len(found)}** |" for name, found in bad.items()),
        f"| packages with no proof left in any copy, told as incidents, nothing changed | {sum(item.beyond for item in seen)} |",
        "",
        "| fault | injected | copies called red for it by the next audit, disturbed or not (swapping harms two) |",
        "|---|---:|---:|",
        *(f"| {row['fault']} | {row['injected']:,} | {row['found'] or ''} |" for row in table(seen, EVERY_KIND)),
        "",
        *(f"- never injected: {kind}" for kind in missing(seen)),
        *(f"- {name}: {line}" for name, found in bad.items() for line in found[:20]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _with_table(page: str, text: str) -> str:
    """The page with ``text`` between its two marks."""
    begin, end = "<!-- campaign -->", "<!-- /campaign -->"
    head, _, rest = page.partition(begin)
    return f"{head}{begin}\n{text}{end}{rest.partition(end)[2]}"
