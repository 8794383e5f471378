"""A worker that carries out orders of rounds, for tests that kill it: ``order_carrier.py HOME JOB [MODULE:NAME:WHEN]``.

It leads a group of its own and takes all of it with it. As the job would, out of turn; who was killed holds no claim. The
job ``ingest`` is ``luutru work --once``.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from api.bootstrap import opened
from api.destruction_orders import carry_out_orders, finish_rounds
from api.round_papers import carry_out_paper_orders
from api.settings import load_settings
from api.working import work_until
from tests.interruption.deadly import deadly


def main(home: Path, job: str, kill_at: str = "") -> None:
    if kill_at:
        deadly(*kill_at.split(":"), group=True)
    with opened(load_settings(home)) as installation:
        if job == "ingest":
            work_until(installation, threading.Event(), once=True)
            troubles = []
        elif job == "papers":
            troubles = [carry_out_paper_orders(installation, at_once=True)]
        else:
            troubles = [carry_out_orders(installation, at_once=True)[1], finish_rounds(installation)]
    assert troubles == [None] * len(troubles), [(item.code, item.detail) for item in troubles if item is not None]


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
