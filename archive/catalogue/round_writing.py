"""A round and its list: drawn up line by line, submitted, given up; lines that fall off it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from archive.access import Author, Role
from archive.canonical import canonical_sha256
from archive.catalogue import disposal_tables as t
from archive.catalogue.file_reading import file as file_of_id
from archive.catalogue.file_writing import move_file
from archive.catalogue.reading import Reading
from archive.catalogue.round_authority import appoint, require_account, require_duty
from archive.catalogue.round_candidates import list_reasons
from archive.catalogue.round_readiness import changed_reasons
from archive.catalogue.round_reading import (
    PAGE,
    destruction_round,
    line_counts,
    line_of_file,
    lines,
    lines_of_files,
    lines_page,
)
from archive.catalogue.snapshot_reading import snapshots
from archive.catalogue.writing import Transaction
from archive.disposal.model import Line, NewLine, NewRound, Round
from archive.disposal.refusals import Reason, reason, refusal
from archive.disposal.round_state import EVENT_OF, VIETNAMESE, RoundState, move
from archive.disposal.words import Duty, LineState
from archive.events import Event
from archive.retention.file import File
from archive.retention.file_state import FileState
from schemas.disposal_rules import PROFILES, disposal_rules


def open_round(tx: Transaction, new: NewRound, *, by: Author, at: datetime) -> Round:
    """The round, its list still empty; whoever opens it proposes. The same round again: as it stands."""
    account = require_account(tx, by, (Role.ARCHIVIST,))
    if new.profile not in PROFILES:
        raise refusal("round.profile-unknown", new.profile)
    c = t.rounds.c
    standing = tx.rows(select(c.id, c.code).where((c.id == new.id) | (c.code == new.code.strip()))).first()
    if standing is not None:
        if (standing.id, standing.code) != (new.id, new.code.strip()):
            raise refusal("round.conflict", new.code)
        of = destruction_round(tx, new.id)
        said = (new.profile, new.agency_code, new.archive_kind, new.submitting, account.id)
        if (of.profile, of.agency_code, of.archive_kind, of.submitting, of.holder(Duty.PROPOSER)) != said:
            raise refusal("round.conflict", new.code)
        return of
    if not new.code.strip():
        raise refusal("round.conflict", new.id)
    rules = disposal_rules(new.profile)
    tx.rows(
        insert(t.rounds).values(
            id=new.id,
            code=new.code.strip(),
            agency_code=new.agency_code,
            archive_kind=new.archive_kind.value,
            submitting=new.submitting,
            profile=rules.profile,
            profile_version=rules.version,
            state=RoundState.DRAWN_UP.value,
            opened_at=at,
            changed_at=at,
        )
    )
    appoint(tx, destruction_round(tx, new.id), account.id, Duty.PROPOSER, by=account.id, at=at)
    data = {
        "code": new.code.strip(),
        "agency_code": new.agency_code,
        "archive_kind": new.archive_kind.value,
        "submitting": new.submitting,
        "profile": rules.profile,
        "profile_version": rules.version,
        "proposer": account.id,
    }
    tx.append(Event.ROUND_LIST_DRAWN_UP, new.id, actor=by.actor, at=at, data=data)
    return destruction_round(tx, new.id)


def add_lines(
    tx: Transaction, round_id: str, new: Iterable[NewLine], *, by: Author, at: datetime
) -> Mapping[str, tuple[Reason, ...]]:
    """Whole hồ sơ put on the list, each ``in_round`` from now on; those that may not stand there, each with its reasons.

    A hồ sơ on the list already is passed over. Give some hundred at a time: they are one transaction. Raises refusals
    ``round.state`` once the list was submitted, and those of authority.
    """
    of = require_round(tx, round_id, RoundState.DRAWN_UP)
    require_duty(tx, of, by, Duty.PROPOSER)
    c = t.round_lines.c
    ordinal = int(tx.rows(select(func.coalesce(func.max(c.ordinal), 0)).where(c.round_id == round_id)).scalar_one())
    asked = {one.file_id: one for one in new}
    listed = lines_of_files(tx, round_id, asked)
    wanted = [item for item in asked.values() if item.file_id not in listed]
    wrong = list_reasons(tx, of, wanted, at=at)
    refused: dict[str, tuple[Reason, ...]] = {}
    added: list[tuple[NewLine, File]] = []
    for item in wanted:
        found = list(wrong[item.file_id])
        if not item.explanation.strip():
            found.append(reason("line.explanation-missing", item.file_id))
        held = file_of_id(tx, item.file_id)
        if found or held is None:
            refused[item.file_id] = tuple(found)
            continue
        move_file(tx, item.file_id, FileState.IN_ROUND, actor=by.actor, at=at, round_id=round_id)
        added.append((item, held))
    now = snapshots(tx, [item.file_id for item, _ in added])
    for item, held in added:
        ordinal += 1
        tx.rows(
            insert(t.round_lines).values(
                round_id=round_id,
                ordinal=ordinal,
                file_id=item.file_id,
                agency_code=held.agency_code,
                file_code=held.file_code,
                came_from=held.state.value,
                reason=item.reason.value,
                explanation=item.explanation.strip(),
                duplicate_of=item.duplicate_of,
                file_sha256=now[item.file_id].file,
                period_sha256=now[item.file_id].period,
                packages_sha256=now[item.file_id].packages,
                rights_sha256=now[item.file_id].rights,
                state=LineState.LISTED.value,
            )
        )
    if added:
        ids = [item.file_id for item, _ in added]
        data = {"lines": len(ids), "last": ordinal, "files_sha256": canonical_sha256(ids)}
        tx.append(Event.ROUND_LINES_ADDED, round_id, actor=by.actor, at=at, data=data)
    return refused


def remove_line(tx: Transaction, round_id: str, file_id: str, *, by: Author, at: datetime) -> None:
    """The hồ sơ is off the list and back where it was; it never stood there: nothing is done. Before submitting only."""
    of = require_round(tx, round_id, RoundState.DRAWN_UP)
    require_duty(tx, of, by, Duty.PROPOSER)
    line = line_of_file(tx, round_id, file_id)
    if line is None:
        return
    c = t.round_lines.c
    tx.rows(delete(t.round_lines).where(c.round_id == round_id, c.ordinal == line.ordinal))
    if line.state is LineState.LISTED:
        _send_back(tx, line, by.actor, at)
    tx.append(Event.ROUND_LINE_REMOVED, round_id, actor=by.actor, at=at, data={"file_id": file_id})


def submit_round(tx: Transaction, round_id: str, *, by: Author, at: datetime) -> Round:
    """The list goes to the council, and nothing is added to it any more. Submitted already: as it stands."""
    of = destruction_round(tx, round_id)
    require_duty(tx, of, by, Duty.PROPOSER)
    counts = line_counts(tx, round_id)
    if not counts.get(LineState.LISTED):
        raise refusal("round.list-empty", round_id)
    return enter(tx, of, RoundState.SUBMITTED, by=by, at=at, data={"lines": sum(counts.values())})


def abandon_round(tx: Transaction, round_id: str, *, reason: str, by: Author, at: datetime) -> Round:
    """The round is over without destruction, its hồ sơ back where they were. By its proposer, or a head.

    Of a long list some hundred are back with this, and the rest by ``send_lines_back``. Raises refusals ``round.begun``
    once a hồ sơ of it was begun, ``round.reason-missing``, ``round.move-illegal``.
    """
    of, why = destruction_round(tx, round_id), " ".join(reason.split())
    account = require_account(tx, by)
    if of.duty_of(account.id) is not Duty.PROPOSER and account.role is not Role.HEAD:
        raise refusal("round.authority-missing", by.actor)
    if not why:
        raise refusal("round.reason-missing", round_id)
    if line_counts(tx, round_id).get(LineState.DESTROYING):
        raise refusal("round.begun", round_id)
    if of.state is not RoundState.ABANDONED:
        of = enter(tx, of, RoundState.ABANDONED, by=by, at=at, data={"reason": why}, values={"abandoned_reason": why})
    send_lines_back(tx, round_id, by=by, at=at)
    return of


def send_lines_back(tx: Transaction, round_id: str, *, by: Author, at: datetime, limit: int = 200) -> int:
    """Some more hồ sơ of an abandoned round are back where they were; tells how many are left. Harmless to repeat."""
    of = require_round(tx, round_id, RoundState.ABANDONED)
    for line in lines_page(tx, round_id, states=[LineState.LISTED], limit=limit):
        settle(tx, line, LineState.SET_ASIDE, by=by, at=at, why=of.abandoned_reason or "")
        _send_back(tx, line, by.actor, at)
    return line_counts(tx, round_id).get(LineState.LISTED, 0)


def mark_void_lines(tx: Transaction, round_id: str, *, actor: str, at: datetime) -> tuple[Line, ...]:
    """The lines of hồ sơ that changed since they were listed, marked now, their hồ sơ back where they were.

    Nothing depends on it: ``begin_destroying`` compares again. It makes visible, once, what is so anyway.
    """
    of = destruction_round(tx, round_id)
    voided = []
    listed = (line for line in list(lines(tx, round_id)) if line.state is LineState.LISTED)
    if of.state in (RoundState.COMPLETED, RoundState.ABANDONED):
        return ()
    while page := list(islice(listed, PAGE)):
        now = snapshots(tx, [line.file_id for line in page])
        for line in page:
            wrong = changed_reasons(line, now.get(line.file_id))
            if not wrong:
                continue
            codes = [item.code for item in wrong]
            settle(tx, line, LineState.VOID, by=Author(actor), at=at, why=" ".join(codes))
            _send_back(tx, line, actor, at)
            data = {"file_id": line.file_id, "line": line.ordinal, "codes": codes}
            tx.append(Event.ROUND_LINE_VOIDED, round_id, actor=actor, at=at, data=data)
            voided.append(line)
    return tuple(voided)


def changed_lines(view: Reading, round_id: str) -> bool:
    """Whether ``mark_void_lines`` would mark any: asked first, so that looking does not write each time."""
    listed = (line for line in lines(view, round_id) if line.state is LineState.LISTED)
    while page := list(islice(listed, PAGE)):
        now = snapshots(view, [line.file_id for line in page])
        if any(changed_reasons(line, now.get(line.file_id)) for line in page):
            return True
    return False


def set_aside(tx: Transaction, round_id: str, file_id: str, *, reason: str, by: Author, at: datetime) -> Line:
    """The hồ sơ is taken off the round by a head and back where it was, so that the others can be brought to an end.

    Set aside already: as it stands. Raises refusals ``line.begun``, ``line.missing``, ``round.reason-missing``.
    """
    of, why = destruction_round(tx, round_id), " ".join(reason.split())
    require_account(tx, by, (Role.HEAD,))
    line = line_of_file(tx, round_id, file_id)
    if line is None:
        raise refusal("line.missing", file_id)
    if line.state is LineState.DESTROYING:
        raise refusal("line.begun", file_id)
    if line.state is not LineState.LISTED:
        return line
    if not why:
        raise refusal("round.reason-missing", round_id)
    if of.state is RoundState.DRAWN_UP:
        raise refusal("round.state", round_id, state=VIETNAMESE[of.state])
    settle(tx, line, LineState.SET_ASIDE, by=by, at=at, why=why)
    _send_back(tx, line, by.actor, at)
    data = {"file_id": file_id, "line": line.ordinal}
    tx.append(Event.ROUND_LINE_SET_ASIDE, round_id, actor=by.actor, at=at, data=data)
    found = line_of_file(tx, round_id, file_id)
    assert found is not None
    return found


def require_round(tx: Transaction, round_id: str, *states: RoundState) -> Round:
    """The round, in one of these states. Raises refusals ``round.missing``, ``round.state``."""
    of = destruction_round(tx, round_id)
    if of.state not in states:
        raise refusal("round.state", round_id, state=VIETNAMESE[of.state])
    return of


def enter(
    tx: Transaction,
    of: Round,
    to: RoundState,
    *,
    by: Author,
    at: datetime,
    data: Mapping[str, Any],
    values: Mapping[str, Any] | None = None,
) -> Round:
    """The round in this state, with its ledger record; there already: nothing is written. By the one table of moves."""
    if of.state is to:
        return of
    move(of.state, to)
    tx.rows(update(t.rounds).where(t.rounds.c.id == of.id).values(state=to.value, changed_at=at, **dict(values or {})))
    tx.append(EVENT_OF[to], of.id, actor=by.actor, at=at, data=data)
    return destruction_round(tx, of.id)


def settle(tx: Transaction, line: Line, to: LineState, *, by: Author, at: datetime, why: str) -> None:
    """A listed line is something else for good; never ``destroying``, which has a door of its own."""
    if line.state is not LineState.LISTED or to in (LineState.LISTED, LineState.DESTROYING):
        raise ValueError(f"a line does not go from {line.state} to {to}")
    c = t.round_lines.c
    where = (c.round_id == line.round_id, c.ordinal == line.ordinal)
    values = {"state": to.value, "settled_at": at, "settled_by": by.account_id, "settled_reason": why}
    tx.rows(update(t.round_lines).where(*where).values(values))


def _send_back(tx: Transaction, line: Line, actor: str, at: datetime) -> None:
    held = file_of_id(tx, line.file_id)
    if held is not None and held.state is FileState.IN_ROUND and held.round_id == line.round_id:
        move_file(tx, line.file_id, line.came_from, actor=actor, at=at, round_id=line.round_id)
