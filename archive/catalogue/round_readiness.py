"""Why a destruction round cannot go on, and why a line of it cannot be destroyed: all reasons at once, each with its code.

Everything is asked of the rows as they are, in the transaction that acts on the answer; nothing is remembered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import select

from archive.access import Role
from archive.catalogue import rights_tables
from archive.catalogue.file_reading import file as file_of_id
from archive.catalogue.file_reading import supplements_awaited
from archive.catalogue.file_rows import file_of
from archive.catalogue.hold_reading import held_among
from archive.catalogue.reading import Reading
from archive.catalogue.retention_tables import files
from archive.catalogue.round_reading import (
    PAGE,
    decisions,
    destruction_round,
    line_digests,
    lines,
    opinions,
    papers,
    votes,
    votes_of_lines,
)
from archive.catalogue.snapshot_reading import snapshots
from archive.disposal.clock import run_out
from archive.disposal.council import last_votes, majority, quorate
from archive.disposal.frozen_list import line_sha256, list_sha256
from archive.disposal.model import Decision, Line, Round, Vote
from archive.disposal.papers import opinion_needed, wrong_with_papers
from archive.disposal.refusals import DisposalRefusedError, Reason, reason
from archive.disposal.round_state import VIETNAMESE, RoundState
from archive.disposal.snapshot import Snapshot, changes
from archive.disposal.words import COUNCIL, Duty, LineState, ListingReason, Outcome, Verdict
from archive.retention.file import File
from archive.retention.file_state import FileState
from schemas.disposal_rules import disposal_rules

STARTS = frozenset({RoundState.HANDED_OVER, RoundState.EXECUTING})
_KEEPS = (FileState.OPEN, FileState.CLOSED, FileState.TRANSFERRED)


def require_ready(view: Reading, round_id: str, *, at: datetime) -> None:
    """Raises DisposalRefusedError with every reason why the destruction of this round may not start at ``at``."""
    found = not_ready(view, round_id, at=at)
    if found:
        raise DisposalRefusedError(found)


def not_ready(view: Reading, round_id: str, *, at: datetime) -> tuple[Reason, ...]:
    """Every such reason; none when it may start (or go on).

    A line that is held, void or taken off stops by itself and not the round; only when no other line is left are the
    reasons of the lines those of the round.
    """
    of = destruction_round(view, round_id)
    found = [*round_reasons(view, of, at), *_list_reasons(view, of), *votes_reasons(view, of)]
    found += _nothing_left(view, of)
    return tuple(dict.fromkeys(found))


def round_reasons(view: Reading, of: Round, at: datetime) -> list[Reason]:
    """What is wrong with the round as a whole, asked in a few statements however long its list is."""
    made = decisions(view, of.id)
    decision = made[-1] if made else None
    found = [] if of.state in STARTS else [reason("round.state", of.id, state=VIETNAMESE[of.state])]
    found += persons_reasons(view, of, decision)
    found += opinion_reasons(view, of)
    found += decision_reasons(of, decision, at)
    found += wrong_with_papers(of, papers(view, of.id), decision, "execution")
    return found


def persons_reasons(view: Reading, of: Round, decision: Decision | None) -> list[Reason]:
    """A duty nobody has, an account with two of them, an administrator, an executor who is disabled."""
    found = []
    for duty in (Duty.PROPOSER, *COUNCIL, Duty.APPROVER, Duty.EXECUTOR):
        if of.holder(duty) is None:
            found.append(reason("round.person-missing", duty.value, duty=duty.value))
    # The database refuses both; it is asked all the same, for a database somebody has tampered with.
    if decision is not None and of.duty_of(decision.decided_by) is not Duty.APPROVER:
        found.append(reason("round.same-person", decision.decided_by))
    accounts = [person.account_id for person in of.persons]
    found += [reason("round.same-person", account) for account in accounts if accounts.count(account) > 1]
    executor = of.holder(Duty.EXECUTOR)
    a = rights_tables.accounts.c
    for row in view.rows(select(a.id, a.role, a.disabled_at).where(a.id.in_(accounts)).order_by(a.id)):
        if row.role == Role.ADMINISTRATOR.value:
            found.append(reason("round.administrator", row.id))
        if row.id == executor and row.disabled_at is not None:
            found.append(reason("round.account-disabled", row.id))
    return found


def opinion_reasons(view: Reading, of: Round) -> list[Reason]:
    given = opinions(view, of.id)
    if given and given[-1].verdict is Verdict.OBJECTS:
        return [reason("round.opinion-objects", given[-1].number)]
    return [] if given or not opinion_needed(of) else [reason("round.opinion-missing", of.id)]


def decision_reasons(of: Round, decision: Decision | None, at: datetime) -> list[Reason]:
    """The list is frozen, decided on exactly so, and the term for beginning has not run out."""
    found = [] if of.list_sha256 is not None else [reason("round.list-not-frozen", of.id)]
    if decision is None:
        return [*found, reason("round.decision-missing", of.id)]
    if of.list_sha256 is not None and decision.list_sha256 != of.list_sha256:
        found.append(reason("round.decision-other-list", decision.number))
    if run_out(of, decision, at):
        days = disposal_rules(of.profile).days_to_execute
        found.append(reason("round.clock-run-out", decision.number, days=days))
    return found


def votes_reasons(view: Reading, of: Round) -> Iterator[Reason]:
    """Of every line: enough members voted, more than half of all for one outcome, and that one is recorded."""
    held = lines(view, of.id)
    while page := list(islice(held, PAGE)):
        cast = votes(view, of.id, page[0].ordinal, page[-1].ordinal)
        for line in page:
            if line.state not in (LineState.VOID, LineState.SET_ASIDE):
                yield from vote_reasons(of, line, cast.get(line.ordinal, ()))


def vote_reasons(of: Round, line: Line, cast: Sequence[Vote]) -> list[Reason]:
    last, members = last_votes(cast), len(of.members)
    if not quorate(last, members, disposal_rules(of.profile).quorum):
        return [reason("round.no-quorum", line.file_id)]
    choice = majority(last, members)
    if choice is None:
        return [reason("round.no-majority", line.file_id)]
    return [] if choice == line.choice else [reason("round.outcome-not-voted", line.file_id)]


def list_is_whole(view: Reading, of: Round) -> bool:
    """Whether the digests of the lines make the hash of the list that was frozen, or none was frozen yet."""
    return of.list_sha256 is None or list_sha256(of, line_digests(view, of.id)) == of.list_sha256


def lines_reasons(view: Reading, of: Round, asked: Sequence[Line]) -> Mapping[str, list[Reason]]:
    """Why each of these hồ sơ (some hundred at most) may not be destroyed now; changes since it was listed among them."""
    ids = [line.file_id for line in asked]
    cast = votes_of_lines(view, of.id, [line.ordinal for line in asked])
    standing = {row.id: file_of(row) for row in view.rows(select(files).where(files.c.id.in_(ids)))}
    now, held = snapshots(view, ids), held_among(view, ids)
    found: dict[str, list[Reason]] = {}
    for line in asked:
        wrong = _standing_reasons(line)
        if line.line_sha256 != line_sha256(line):
            wrong.append(reason("round.list-changed", line.file_id))
        wrong += vote_reasons(of, line, cast.get(line.ordinal, ()))
        wrong += _file_reasons(view, of, line, standing.get(line.file_id))
        wrong += changed_reasons(line, now.get(line.file_id))
        if not twin_kept(view, line):
            wrong.append(reason("line.twin-missing", line.file_id))
        if line.file_id in held:
            wrong.append(reason("hold.in-force", line.file_id))
        found[line.file_id] = list(dict.fromkeys(wrong))
    return found


def _file_reasons(view: Reading, of: Round, line: Line, held: File | None) -> list[Reason]:
    if held is None or held.state is not FileState.IN_ROUND or held.round_id != of.id:
        return [reason("line.file-state", line.file_id)]
    found = [reason("line.permanent", line.file_id)] if held.period.permanent else []
    if held.paper_permanent:
        found.append(reason("line.paper-permanent", line.file_id))
    if supplements_awaited(view, held):
        found.append(reason("line.packages-changed", line.file_id))
    return found


def changed_reasons(line: Line, now: Snapshot | None) -> list[Reason]:
    if now is None:
        return [reason("line.file-changed", line.file_id)]
    return [reason(code, line.file_id) for code in changes(line.snapshot, now)]


def twin_kept(view: Reading, line: Line) -> bool:
    """Whether what a duplicate repeats is still kept, and not itself on its way out."""
    if line.reason is not ListingReason.DUPLICATE:
        return True
    twin = None if line.duplicate_of in (None, line.file_id) else file_of_id(view, str(line.duplicate_of))
    return twin is not None and twin.state in _KEEPS


def _standing_reasons(line: Line) -> list[Reason]:
    if line.state is LineState.VOID:
        return [reason("line.void", line.file_id)]
    if line.state in (LineState.SET_ASIDE, LineState.KEPT):
        return [reason("line.taken-off", line.file_id)]
    if line.choice is None or line.choice.outcome is not Outcome.DESTROY:
        return [reason("line.not-to-destroy", line.file_id)]
    return []


def _list_reasons(view: Reading, of: Round) -> list[Reason]:
    """The list as a whole, every line computed again from its row; nothing of it kept that should be longer."""
    if of.list_sha256 is None:
        return []
    digests, changed, pending = [], False, False
    for line in lines(view, of.id):
        if line.line_sha256 is None:
            changed = changed or line.state not in (LineState.VOID, LineState.SET_ASIDE)
            continue
        digests.append(line.line_sha256)
        changed = changed or line.line_sha256 != line_sha256(line)
        kept = line.choice is not None and line.choice.outcome is not Outcome.DESTROY
        pending = pending or (kept and line.state is LineState.LISTED)
    found = [reason("round.list-changed", of.id)] if changed or list_sha256(of, digests) != of.list_sha256 else []
    return [*found, reason("round.outcome-pending", of.id)] if pending else found


def _nothing_left(view: Reading, of: Round) -> list[Reason]:
    """Why no line can be destroyed, when none can: the reasons of the lines, or that there is none to destroy."""
    stopped: list[Reason] = []
    listed = (line for line in lines(view, of.id) if line.state is LineState.LISTED)
    wanted = (line for line in listed if line.choice is not None and line.choice.outcome is Outcome.DESTROY)
    while page := list(islice(wanted, PAGE)):
        ids = [line.file_id for line in page]
        held, now = held_among(view, ids), snapshots(view, ids)
        for line in page:
            wrong = changed_reasons(line, now.get(line.file_id))
            if line.file_id in held:
                wrong.append(reason("hold.in-force", line.file_id))
            if not twin_kept(view, line):
                wrong.append(reason("line.twin-missing", line.file_id))
            if not wrong:
                return []
            stopped += wrong
    if stopped or any(line.state is LineState.DESTROYING for line in lines(view, of.id)):
        return stopped
    return [reason("round.nothing-to-destroy", of.id)]
