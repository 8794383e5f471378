"""``python -m tests.faults.worker FOLDER SEED audit|repair``: audits or repairs a world without end, to be killed."""

from __future__ import annotations

import random
import sys
from datetime import timedelta
from pathlib import Path

from archive.audit import Means, Scope, audit_store
from archive.errors import LuutruError
from archive.repair.due import repair_due
from archive.repair.terms import Terms
from tests.faults.campaign import NO_LIMIT, UNLIMITED
from tests.faults.world import World, other_process


def main(folder: Path, seed: int, what: str) -> None:
    with other_process(folder, seed) as world:
        work(world, seed, what)


def work(world: World, seed: int, what: str) -> None:
    """Never ends by itself."""
    folder = world.folder
    means = Means(folder / "audit", world.clock, pauses_seconds=(0.0,), chance=random.Random(seed))
    means.folder.mkdir(exist_ok=True)
    terms = Terms(now=world.clock, pauses_seconds=(0.0,), unreadable_times=2, unreadable_apart=timedelta(hours=1))
    sys.stdout.write(".")
    sys.stdout.flush()
    while True:
        try:
            if what == "repair":
                repair_due(world.catalogue, world.stores, terms, at_once=10_000, limit=NO_LIMIT)
            else:
                for store in world.stores:
                    audit_store(world.catalogue, store, UNLIMITED, means, scope=Scope.ALL)
        except LuutruError as error:
            print(error.code, error.detail, file=sys.stderr)
        world.clock.jump(timedelta(days=2))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
