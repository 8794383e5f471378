"""A part of the fault campaign (``python -m tests.faults``), small enough for every run of the suite."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.faults import campaign, rebuilding
from tests.faults.campaign import Seen
from tests.faults.whole_campaign import EVERY_KIND, missing, told
from tests.servers.s3 import running_versitygw


def bad(seen: Seen) -> dict[str, list[str]]:
    return {
        name: found
        for name in ("false_ok", "lost", "wrong_repair", "false_alarm", "stuck")
        if (found := getattr(seen, name))
    }


@pytest.mark.parametrize("seed", (7, 8))
def test_no_fault_ends_in_a_false_ok_a_lost_record_or_a_wrong_repair(tmp_path: Path, seed: int) -> None:
    seen = campaign.run(tmp_path / "world", seed, 120)
    assert bad(seen) == {}
    assert seen.faults >= 120


def test_nor_does_one_in_a_store_on_s3(tmp_path: Path) -> None:
    with running_versitygw() as bucket:
        seen = campaign.run(tmp_path / "world", 9, 120, bucket=bucket)
    assert bad(seen) == {}
    assert any(kind.startswith("S3") for kind in seen.done)


def test_a_rebuild_killed_again_and_again_brings_everything_back(tmp_path: Path) -> None:
    seen = rebuilding.run(tmp_path, 10, 6)
    assert bad(seen) == {}


def test_a_kind_of_fault_that_never_came_is_told_and_fails_a_whole_campaign() -> None:
    seen = Seen()
    seen.done.update(kind for kind in EVERY_KIND if kind != "S3: duplicate")
    assert missing([seen]) == ["S3: duplicate"]
    assert "never injected: S3: duplicate" in told([seen], 1)
    assert missing([seen, Seen(done=Counter({"S3: duplicate": 1}))]) == []


def test_the_command_runs_every_part_and_says_what_it_never_tried() -> None:
    few = ["--faults", "2", "--worlds", "1", "--rebuilds", "1"]
    ended = subprocess.run([sys.executable, "-m", "tests.faults", *few], capture_output=True, text=True, check=False)
    assert "| false ok | **0** |" in ended.stdout, ended.stderr
    assert ended.returncode == (1 if "never injected" in ended.stdout else 0)
