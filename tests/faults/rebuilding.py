"""Everything but one damaged storage copy is lost, and whoever brings it back is killed again and again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from archive.catalogue import Catalogue
from archive.checkpoints.sealing import seal
from archive.fixity import CopyState
from archive.recovery.diff import differences
from archive.recovery.rebuilding import Rebuilding
from archive.signing import create_key, load_key
from archive.storage import DirectoryStore
from samples.holdings import ARCHIVE
from tests.faults.campaign import Seen
from tests.faults.damage import Damage
from tests.faults.world import STORES, made_world

KILLED = "kill -9 in a rebuild"
_MOST_KILLS = 100


def run(folder: Path, seed: int, kills: int) -> Seen:
    """One world after the other until so many kills; every catalogue that came back is compared with the lost one."""
    seen = Seen()
    chance = random.Random(seed)
    begun = time.monotonic()
    while seen.done[KILLED] < kills:
        _once(folder / str(seen.rounds), chance.getrandbits(30), chance, seen)
        seen.rounds += 1
        seen.seconds = time.monotonic() - begun
    return seen


def _once(folder: Path, seed: int, chance: random.Random, seen: Seen) -> None:
    with made_world(folder, seed, packages=25, size_bytes=4000) as world:
        key = create_key(folder / "keys" / "archive.pem")
        seal(world.catalogue, world.stores, key, ARCHIVE, now=datetime.now(UTC))
        raw = world.raw[STORES[0]]
        damaged = chance.sample(world.keys, chance.randint(0, 3))
        for hit in damaged:
            kind = chance.choice((Damage.BIT_FLIP, Damage.TRUNCATED, Damage.DELETED, Damage.ZERO_PAGES))
            raw.damage(kind, hit, [], chance)
            seen.done[kind.value] += 1
        new = folder / "new"
        new.mkdir()
        url = f"sqlite:///{new / 'catalogue.sqlite'}"
        for _ in range(chance.randint(3, 8)):
            if _killed(folder, chance.uniform(0.0, 0.5)):
                seen.done[KILLED] += 1
        with Catalogue.open(url) as catalogue:
            rebuilt = rebuilding(folder, catalogue).run()
            named = {item.subject for item in rebuilt.problems}
            for hit in damaged:
                aip_id = hit.segments[-1].partition(".")[0]
                if aip_id in named:
                    seen.found["damage met by a rebuild"] += 1
                else:
                    seen.false_ok.append(f"rebuild did not name {hit}")
                with catalogue.read() as view:
                    states = {copy.store: copy.state for copy in view.copies(aip_id)}
                if states.get(STORES[0]) is CopyState.OK:
                    seen.false_ok.append(f"rebuild calls {hit} whole")
            lost = {hit.segments[-1].partition(".")[0] for hit in damaged}
            for item in differences(world.catalogue, catalogue):
                if not any(str(part) in lost for part in item.key):
                    seen.lost.append(f"{item.table} {item.key} {item.side.value} {item.columns}")


def rebuilding(folder: Path, catalogue: Catalogue) -> Rebuilding:
    """From the first store of the world at ``folder``."""
    key = load_key(folder / "keys" / "archive.pem")
    stores = [DirectoryStore(STORES[0], folder / STORES[0])]
    return Rebuilding(
        catalogue, stores, (key.private.public_key(),), folder / "new", lambda: datetime.now(UTC), threads=2
    )


def _killed(folder: Path, after_seconds: float) -> bool:
    """Whether the rebuild was still under way when it was killed."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.rebuilding", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdout is not None
    child.stdout.read(1)  # it has begun
    time.sleep(after_seconds)
    running = child.poll() is None
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    return running


def main(folder: Path) -> None:
    with Catalogue.open(f"sqlite:///{folder / 'new' / 'catalogue.sqlite'}") as catalogue:
        sys.stdout.write(".")
        sys.stdout.flush()
        rebuilding(folder, catalogue).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
