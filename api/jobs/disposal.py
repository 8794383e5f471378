"""What holds and rounds leave to be done: large lists spread over the index, hồ sơ of abandoned rounds sent back, lines of
changed hồ sơ marked, papers in every store."""

from __future__ import annotations

from api.bootstrap import Installation, now
from api.jobs.job import Every, Job, Run
from archive.access import Author
from archive.catalogue.hold_reading import unspread_holds
from archive.catalogue.hold_writing import spread_hold
from archive.catalogue.round_reading import abandoned_with_lines, rounds_listed
from archive.catalogue.round_writing import changed_lines, mark_void_lines, send_lines_back
from archive.disposal.paper_keeping import spread_papers
from archive.disposal.round_state import OPEN, RoundState

ACTOR = "luutru"
_LOOKED_AT = 1000


def _run(installation: Installation, run: Run) -> None:
    catalogue = installation.catalogue
    with catalogue.read() as view:
        holds, rounds = unspread_holds(view), rounds_listed(view, states=OPEN, limit=_LOOKED_AT)
        abandoned = abandoned_with_lines(view)
    for hold_id in holds:
        left = 1
        while left and not run.stopping():
            with catalogue.transaction() as tx:
                left = spread_hold(tx, hold_id)
    for round_id in abandoned:
        left = 1
        while left and not run.stopping():
            with catalogue.transaction() as tx:
                left = send_lines_back(tx, round_id, by=Author(ACTOR), at=now())
    for of in rounds:
        if run.stopping():
            return
        with catalogue.read() as view:
            changed = of.state is not RoundState.DRAWN_UP and changed_lines(view, of.id)
        if changed:
            with catalogue.transaction() as tx:
                mark_void_lines(tx, of.id, actor=ACTOR, at=now())
        spread_papers(catalogue, of.id, installation.stores)


JOB = Job("disposal", lambda _settings: Every(600), _run)
