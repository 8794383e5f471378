"""The one door through which the destruction of a hồ sơ begins. There is no other, and the database keeps it so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import update

from archive.access import Author
from archive.catalogue import disposal_tables as t
from archive.catalogue.file_writing import move_file
from archive.catalogue.round_authority import require_account
from archive.catalogue.round_readiness import line_reasons, require_list_whole, round_reasons
from archive.catalogue.round_reading import decisions, destruction_round, line_of_file
from archive.catalogue.writing import Transaction
from archive.disposal.model import Begun
from archive.disposal.refusals import DisposalRefusedError, reason, refusal
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
    of = destruction_round(tx, round_id)
    account = require_account(tx, by)
    if account.id != of.holder(Duty.EXECUTOR):
        raise refusal("round.not-the-executor", account.id)
    line = line_of_file(tx, round_id, file_id)
    if line is None:
        raise refusal("line.missing", file_id)
    made = decisions(tx, round_id)
    if line.state is LineState.DESTROYING and made:
        return Begun(round_id, file_id, line, of.list_sha256 or "", made[-1], True)
    found = [] if of.state is RoundState.EXECUTING else [reason("round.state", of.id, state=VIETNAMESE[of.state])]
    found += [item for item in round_reasons(tx, of, at) if item.code != "round.state"]
    found += line_reasons(tx, of, line)
    if found:
        raise DisposalRefusedError(dict.fromkeys(found))
    require_list_whole(tx, of)
    tx.rows(
        update(t.round_lines)
        .where(t.round_lines.c.round_id == round_id, t.round_lines.c.ordinal == line.ordinal)
        .values(
            state=LineState.DESTROYING.value,
            settled_at=at,
            settled_by=account.id,
            settled_duty=Duty.EXECUTOR.value,
            settled_reason="",
        )
    )
    data = {
        "line": line.ordinal,
        "line_sha256": line.line_sha256,
        "list_sha256": of.list_sha256,
        "decision": made[-1].number,
        "executor": account.id,
    }
    move_file(tx, file_id, FileState.DESTROYING, actor=by.actor, at=at, round_id=round_id, data=data)
    begun = replace(line, state=LineState.DESTROYING, settled_at=at, settled_by=account.id, settled_reason="")
    return Begun(round_id, file_id, begun, of.list_sha256 or "", made[-1], False)
