"""Placing and releasing holds. A hold counts for every hồ sơ of its list from its first commit, however long the list is.

The list is committed whole with the hold, in pieces; spreading the pieces over the index comes after, a piece in each
transaction, and only makes asking faster: a piece that is not spread yet is looked through. So a kill at any instant
loses no hold, and there is no time in which one is half placed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from archive.access import Author, Role
from archive.canonical import canonical_sha256
from archive.catalogue import disposal_tables as t
from archive.catalogue.hold_reading import ASKED_AT_ONCE, PIECE_END, hold, pieces_left, too_late_of
from archive.catalogue.pieces import pieces
from archive.catalogue.retention_tables import files
from archive.catalogue.round_authority import require_account
from archive.catalogue.writing import Transaction
from archive.disposal.model import Hold, NewHold, PlacedHold, TooLate
from archive.disposal.refusals import DisposalRefusedError, reason, refusal
from archive.disposal.words import HoldKind, LineState
from archive.events import Event
from archive.local_time import local_text
from archive.retention.file_state import FileState

PIECE = 2000
MAY_PLACE = (Role.ARCHIVIST, Role.HEAD)
MAY_RELEASE = (Role.HEAD,)
_GONE = (FileState.DESTROYING.value, FileState.DESTROYED.value)


def place_hold(tx: Transaction, new: NewHold, file_ids: Iterable[str], *, by: Author, at: datetime) -> PlacedHold:
    """The hold, in force for the whole list when this commits. The same id with the same list again: as it stands.

    A hồ sơ whose destruction has begun cannot be held: it is told of in ``too_late``, and the others are held. Raises
    refusals: ``hold.too-late`` (saying since when) when that is so of every one, ``hold.file-missing``,
    ``hold.refused``, ``hold.conflict``, and those of authority.
    """
    account = require_account(tx, by, MAY_PLACE)
    listed = sorted(set(file_ids))
    digest = canonical_sha256(listed)
    standing = tx.rows(select(t.holds.c.list_sha256).where(t.holds.c.id == new.id)).scalar()
    if standing is not None:
        if standing != digest:
            raise refusal("hold.conflict", new.id)
        return PlacedHold(hold(tx, new.id), too_late_of(tx, new.id), pieces_left(tx, new.id))
    _require_complete(new, listed)
    too_late = _too_late(tx, listed)
    if len(too_late) == len(listed):
        raise DisposalRefusedError(
            reason("hold.too-late", one.file_id, since=local_text(one.since)) for one in too_late
        )
    query_sha256 = None if new.query is None else canonical_sha256(dict(new.query))
    tx.rows(
        insert(t.holds).values(
            id=new.id,
            kind=new.kind.value,
            case_code=new.case_code.strip(),
            query=None if new.query is None else dict(new.query),
            query_sha256=query_sha256,
            reason=new.reason.strip(),
            basis=new.basis.strip(),
            until=new.until,
            file_count=len(listed),
            list_sha256=digest,
            placed_by=account.id,
            placed_at=at,
        )
    )
    if too_late:
        tx.rows(
            insert(t.hold_files),
            [{"hold_id": new.id, "file_id": one.file_id, "too_late_since": one.since} for one in too_late],
        )
    for number, piece in enumerate(pieces(listed, PIECE), 1):
        text = f"{PIECE_END}{PIECE_END.join(piece)}{PIECE_END}"
        tx.rows(insert(t.hold_pieces).values(hold_id=new.id, number=number, file_ids=text))
    data = {
        "kind": new.kind.value,
        "case_code": new.case_code.strip(),
        "files": len(listed),
        "list_sha256": digest,
        "query_sha256": query_sha256,
        "until": new.until.isoformat() if new.until else None,
        "too_late": [one.file_id for one in too_late[:ASKED_AT_ONCE]],
        "placed_by": account.id,
    }
    tx.append(Event.HOLD_ORDER_PLACED, new.id, actor=by.actor, at=at, data=data)
    if len(listed) <= PIECE:
        spread_hold(tx, new.id)
    return PlacedHold(hold(tx, new.id), too_late, pieces_left(tx, new.id))


def spread_hold(tx: Transaction, hold_id: str) -> int:
    """One more piece of its list is in the index; tells how many are left. Harmless to repeat, whoever placed it."""
    p, f = t.hold_pieces.c, t.hold_files.c
    row = tx.rows(select(t.hold_pieces).where(p.hold_id == hold_id).order_by(p.number).limit(1)).first()
    if row is None:
        return 0
    late = set(tx.rows(select(f.file_id).where(f.hold_id == hold_id, f.too_late_since.is_not(None))).scalars())
    ids = [file_id for file_id in row.file_ids.split(PIECE_END) if file_id and file_id not in late]
    if ids:
        tx.rows(insert(t.hold_files), [{"hold_id": hold_id, "file_id": file_id} for file_id in ids])
    tx.rows(delete(t.hold_pieces).where(p.hold_id == hold_id, p.number == row.number))
    return pieces_left(tx, hold_id)


def release_hold(tx: Transaction, hold_id: str, *, reason: str, by: Author, at: datetime) -> Hold:
    """This hold, and no other on the same hồ sơ, is over; already released, it stays as it was."""
    account = require_account(tx, by, MAY_RELEASE)
    standing, why = hold(tx, hold_id), " ".join(reason.split())
    if not standing.in_force:
        return standing
    if not why:
        raise refusal("hold.release-reason-missing", hold_id)
    values = {"released_by": account.id, "released_at": at, "release_reason": why}
    tx.rows(update(t.holds).where(t.holds.c.id == hold_id).values(values))
    data = {"files": standing.file_count, "list_sha256": standing.list_sha256, "released_by": account.id}
    tx.append(Event.HOLD_ORDER_RELEASED, hold_id, actor=by.actor, at=at, data=data)
    return hold(tx, hold_id)


def _require_complete(new: NewHold, listed: list[str]) -> None:
    named = {
        HoldKind.CASE: bool(new.case_code.strip()),
        HoldKind.QUERY: new.query is not None,
        HoldKind.FILE: len(listed) == 1,
    }[new.kind]
    if not (named and listed and new.reason.strip() and new.basis.strip()):
        raise refusal("hold.refused", new.id)


def _too_late(tx: Transaction, listed: list[str]) -> tuple[TooLate, ...]:
    """Those of the list whose destruction had begun. Raises a refusal ``hold.file-missing``."""
    c, n = files.c, t.round_lines.c
    found: list[TooLate] = []
    for some in pieces(listed, ASKED_AT_ONCE):
        states = {row.id: row for row in tx.rows(select(c.id, c.state, c.changed_at).where(c.id.in_(some)))}
        missing = [file_id for file_id in some if file_id not in states]
        if missing:
            raise refusal("hold.file-missing", missing[0])
        gone = [file_id for file_id in some if states[file_id].state in _GONE]
        begun = select(n.file_id, n.settled_at).where(n.file_id.in_(gone), n.state == LineState.DESTROYING.value)
        since = {row.file_id: row.settled_at for row in tx.rows(begun)} if gone else {}
        for file_id in gone:
            row = states[file_id]
            found.append(TooLate(file_id, FileState(row.state), since.get(file_id, row.changed_at)))
    return tuple(found)
