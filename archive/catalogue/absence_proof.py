"""Whether the last look at a round proves anything: asked in the transaction that says so, of everything begun by then."""

from __future__ import annotations

from sqlalchemy import select

from archive.catalogue.destruction_model import SETTLED, AbsenceRun, AbsenceVerdict
from archive.catalogue.destruction_reading import absence_run, last_absence_run, steps_of_work
from archive.catalogue.destruction_tables import destruction_certificates, destruction_work, tombstones
from archive.catalogue.disposal_tables import round_lines, rounds
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.policy_reading import policy_version
from archive.catalogue.returned_reading import submissions_under_way
from archive.disposal.round_state import RoundState
from archive.disposal.words import LineState, Outcome


def lines_to_begin(view: LedgerReading, round_id: str) -> list[str]:
    """Hồ sơ on the list that are to be destroyed and were not begun: held, or not come to yet."""
    c = round_lines.c
    listed = (c.state == LineState.LISTED.value, c.outcome == Outcome.DESTROY.value)
    return list(view.rows(select(c.file_id).where(c.round_id == round_id, *listed).order_by(c.ordinal)).scalars())


def certified_run(view: LedgerReading, round_id: str) -> AbsenceRun | None:
    """The run the certificate of the round was issued by; None as long as there is none."""
    c = destruction_certificates.c
    run_id = view.rows(select(c.run_id).where(c.round_id == round_id)).scalar()
    return None if run_id is None else absence_run(view, run_id)


def certified_executing(view: LedgerReading) -> list[str]:
    """Rounds that are certified, and not said to be verified yet."""
    c, r = destruction_certificates.c, rounds.c
    query = select(c.round_id).join(rounds, r.id == c.round_id).where(r.state == RoundState.EXECUTING.value)
    return list(view.rows(query.order_by(c.round_id)).scalars())


def proving_run(view: LedgerReading, round_id: str) -> tuple[AbsenceRun | None, str]:
    """The last run, when it proves the absence of every hồ sơ of the round; otherwise None, and why not (for the log).

    It proves nothing of a hồ sơ begun after it began, nothing while work of any is unsettled or when any was done again
    since it read what there was, nothing while a submission of any is under way, nothing of stores it did not know, and
    nothing of a round of which a line is still to be begun.
    """
    run = last_absence_run(view, round_id)
    if run is None or run.verdict is not AbsenceVerdict.ABSENT or not run.report:
        return None, f"last run: {run.verdict if run else None}"
    t, w = tombstones.c, destruction_work.c
    later = view.rows(select(t.file_id).where(t.round_id == round_id, t.intended_seq > run.begun_seq).limit(1)).scalar()
    if later is not None:
        return None, f"{later} was begun after the run"
    settled = [state.value for state in SETTLED]
    open_work = select(w.file_id, w.place).where(w.round_id == round_id, w.state.not_in(settled)).limit(1)
    if (waiting := view.rows(open_work).first()) is not None:
        return None, f"unsettled: {waiting.file_id or 'round'} in {waiting.place}"
    if policy_version(view) != run.report.get("policy_version"):
        return None, "another storage policy stands since the run: of a store that came nobody looked at anything"
    if steps_of_work(view, round_id) != run.report.get("steps_of_work"):
        return None, "work went on after the run read what there was"
    if under_way := submissions_under_way(view, round_id):
        return None, f"submission {under_way[0]} is under way"
    if waiting_lines := lines_to_begin(view, round_id):
        return None, f"{len(waiting_lines)} lines still to be begun"
    return run, ""
