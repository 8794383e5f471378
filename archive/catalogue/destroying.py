"""The one door through which the destruction of a hồ sơ begins. There is no other, and the database keeps it so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import update

from archive.access import Author
from archive.catalogue import disposal_tables as t
from archive.catalogue.file_writing import move_file
from archive.catalogue.remains import remains_sha256
from archive.catalogue.round_authority import require_account
from archive.catalogue.round_readiness import lines_reasons, list_is_whole, round_reasons
from archive.catalogue.round_reading import decisions, destruction_round, lines_of_files
from archive.catalogue.writing import Transaction
from archive.disposal.model import Begun, Decision, Line, Round
from archive.disposal.refusals import DisposalRefusedError, Reason, reason, refusal
from archive.disposal.round_state import VIETNAMESE, RoundState
from archive.disposal.words import Duty, LineState
from archive.retention.file_state import FileState


def begin_destroying(tx: Transaction, round_id: str, file_id: str, *, by: Author, at: datetime) -> Begun:
    """The hồ sơ is ``destroying`` from this commit on, and never anything but destroyed afterwards.

    Asked here, in the transaction that says so: that ``by`` is the round's executor, active and no administrator; that
    the round is executing; its persons, opinion, decision on exactly the frozen list, term and papers; that the list is
    the one that was frozen; the votes on the line; that the hồ sơ is what it was when it was listed; and that no hold is
    in force on it, of the catalogue and of nothing else. Begun before in this round: ``again``, and nothing is written.

    Raises DisposalRefusedError with every reason; then nothing was written, and the transaction may go on with others.
    """
    outcome = begin_destroying_some(tx, round_id, [file_id], by=by, at=at)[file_id]
    if isinstance(outcome, DisposalRefusedError):
        raise outcome
    return outcome


def begin_destroying_some(
    tx: Transaction, round_id: str, file_ids: Sequence[str], *, by: Author, at: datetime
) -> Mapping[str, Begun | DisposalRefusedError]:
    """The same of some hundred hồ sơ at most: each has begun, or why not. What is asked of the round is asked once.

    One refused takes no other with it. Raises DisposalRefusedError for who may not begin anything.
    """
    of = destruction_round(tx, round_id)
    account = require_account(tx, by)
    if account.id != of.holder(Duty.EXECUTOR):
        raise refusal("round.not-the-executor", account.id)
    made, listed = decisions(tx, round_id), lines_of_files(tx, round_id, file_ids)
    wrong = _round_reasons(tx, of, at)
    asked = [line for line in listed.values() if line.state is not LineState.DESTROYING]
    reasons = lines_reasons(tx, of, asked)
    outcomes: dict[str, Begun | DisposalRefusedError] = {}
    for file_id in dict.fromkeys(file_ids):
        line = listed.get(file_id)
        if line is None:
            outcomes[file_id] = refusal("line.missing", file_id)
        elif line.state is LineState.DESTROYING and made:
            outcomes[file_id] = Begun(round_id, file_id, line, of.list_sha256 or "", made[-1], True)
        elif found := [*wrong, *reasons.get(file_id, ())]:
            outcomes[file_id] = DisposalRefusedError(dict.fromkeys(found))
        else:
            outcomes[file_id] = _begun(tx, of, line, made[-1], account.id, by, at)
    return outcomes


def _round_reasons(tx: Transaction, of: Round, at: datetime) -> list[Reason]:
    found = [] if of.state is RoundState.EXECUTING else [reason("round.state", of.id, state=VIETNAMESE[of.state])]
    found += [item for item in round_reasons(tx, of, at) if item.code != "round.state"]
    return found if list_is_whole(tx, of) else [*found, reason("round.list-changed", of.id)]


def _begun(
    tx: Transaction, of: Round, line: Line, decision: Decision, executor: str, by: Author, at: datetime
) -> Begun:
    """Written behind everything that may refuse it. The line first: the database lets no hồ sơ in without it."""
    values = {
        "state": LineState.DESTROYING.value,
        "settled_at": at,
        "settled_by": executor,
        "settled_duty": Duty.EXECUTOR.value,
        "settled_reason": "",
    }
    c = t.round_lines.c
    tx.rows(update(t.round_lines).where(c.round_id == of.id, c.ordinal == line.ordinal).values(values))
    data = {
        "line": line.ordinal,
        "line_sha256": line.line_sha256,
        "list_sha256": of.list_sha256,
        "decision": decision.number,
        "executor": executor,
        "remains_sha256": remains_sha256(tx, line.file_id),
    }
    move_file(tx, line.file_id, FileState.DESTROYING, actor=by.actor, at=at, round_id=of.id, data=data)
    begun = replace(line, state=LineState.DESTROYING, settled_at=at, settled_by=executor, settled_reason="")
    return Begun(of.id, line.file_id, begun, of.list_sha256 or "", decision, False)
