"""Papers of rounds by the worker: printed and judged as people ask for it, dossiers made and followed."""

from __future__ import annotations

from api.bootstrap import Installation
from api.jobs.job import Every, Job, Run
from api.round_papers import carry_out_paper_orders

SECONDS = 15


def _run(installation: Installation, run: Run) -> None:
    trouble = carry_out_paper_orders(installation, at_once=not run.slot.isdecimal(), stopping=run.stopping)
    if trouble is not None:
        raise trouble


JOB = Job("papers", lambda _settings: Every(SECONDS), _run)
