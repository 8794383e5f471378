"""kill -9 at whatever instruction: the next run goes on, and what comes back is the same."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.checkpoints.statement import Kind

sys.path.insert(0, str(Path(__file__).resolve().parent))
from worlds import World

ROOT = Path(__file__).resolve().parents[2]


class Killed:
    def __init__(self, world: World, url: str) -> None:
        self.world = world
        self.url = url
        self.folder = world.folder / "new"
        self.folder.mkdir()

    def start(self) -> subprocess.Popen[str]:
        public = self.world.folder / "keys" / "archive-ed25519.pub.pem"
        script = ROOT / "tests" / "recovery" / "rebuild_child.py"
        return subprocess.Popen(
            [sys.executable, str(script), str(self.folder), self.url, str(self.world.folder / "kho-1"), str(public)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def to_the_end(self) -> None:
        child = self.start()
        out, err = child.communicate(timeout=120)
        assert child.returncode == 0 and out.endswith("done\n"), err


@pytest.fixture
def killed(tmp_path: Path, new_url: Callable[[], str]) -> Killed:
    world = World(tmp_path / "world", new_url, packages=8)
    world.seal()
    for kind in (Kind.NEWS, Kind.DAY, Kind.FULL, Kind.NEWS):
        world.add(1)
        world.seal(kind)
    return Killed(world, new_url())


@pytest.mark.parametrize("phase", ["ledger", "rows", "packages", "rows-behind"])
def test_killed_in_each_phase_it_goes_on(killed: Killed, phase: str) -> None:
    child = killed.start()
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith(f"{phase} "):
            child.kill()
            break
    child.communicate()
    killed.to_the_end()
    catalogue = killed.world.open(killed.url)
    assert not list(_differing(killed, catalogue))
    killed.world.close()


def test_killed_again_and_again_at_random_it_comes_to_its_end(killed: Killed) -> None:
    chance = random.Random(int(os.environ.get("LUUTRU_SEED", "5")))
    for _ in range(6):
        child = killed.start()
        time.sleep(chance.uniform(0.2, 1.6))
        child.kill()
        child.communicate()
    killed.to_the_end()
    catalogue = killed.world.open(killed.url)
    assert not list(_differing(killed, catalogue))
    killed.world.close()


def _differing(killed: Killed, catalogue: object) -> list[object]:
    from archive.recovery.diff import differences

    return list(differences(killed.world.catalogue, catalogue))  # type: ignore[arg-type]
