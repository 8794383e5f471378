"""What people ask the workers for about papers of a round: to print one, to judge one that came back, to make the dossier.

Who asks is judged when the order is written, and again by ``attach_paper`` when it is carried out in his name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, literal, or_, select, tuple_, update

from archive.access import Author, Role
from archive.catalogue.columns import Instant
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.paper_tables import paper_orders
from archive.catalogue.reading import Reading
from archive.catalogue.round_authority import require_account
from archive.catalogue.round_reading import destruction_round, papers
from archive.catalogue.rows import AnyRow
from archive.catalogue.writing import Transaction
from archive.disposal.model import Round
from archive.disposal.refusals import refusal
from archive.disposal.round_state import VIETNAMESE, RoundState
from archive.disposal.words import Duty, Signature
from schemas.disposal_rules import disposal_rules

MOST_WAITING = 50
"""So many papers of one round may wait to be judged: several times what a round needs."""
_INCOMING = ".incoming.pdf"
_INCOMING_ID = re.compile(r"[0-9a-z-]+-([0-9a-f]{32})\.incoming\.pdf")
_CLOSED = (RoundState.COMPLETED, RoundState.ABANDONED)


class Work(StrEnum):
    PRINT = "print"
    JUDGE = "judge"
    DOSSIER = "dossier"


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """``given``: what only people know. ``problem``: what kept the last attempt from its end. ``outcome``: what came of
    it; None as long as it waits.

    ``object_key``: where bytes of it may lie that are no paper of the round (yet); empty when none do. ``size_bytes``: of
    what came to be judged, 0 until it lies in every required store.
    """

    id: str
    round_id: str
    kind: str
    work: Work
    account_id: str
    actor: str
    asked_at: datetime
    given: Mapping[str, Any]
    object_key: str = ""
    sha256: str = ""
    size_bytes: int = 0
    tried_at: datetime | None = None
    ended_at: datetime | None = None
    problem: str = ""
    outcome: Mapping[str, Any] | None = None

    @property
    def by(self) -> Author:
        return Author(self.actor, self.account_id)

    @property
    def waits(self) -> bool:
        return self.ended_at is None

    @property
    def incoming_key(self) -> str:
        """Where the bytes of what is to be judged come in: a place of its own, that nobody else writes to or clears."""
        return f"disposal/{self.round_id}/{self.kind}-{self.id}{_INCOMING}" if self.work is Work.JUDGE else ""


def require_paper(view: LedgerReading, of: Round, kind: str) -> None:
    """Raises refusals ``paper.unknown``, ``round.state`` (the round is over)."""
    if of.state in _CLOSED:
        raise refusal("round.state", of.id, state=VIETNAMESE[of.state])
    if disposal_rules(of.profile).paper(kind) is None:
        raise refusal("paper.unknown", kind)


def order_print(
    tx: Transaction,
    order_id: str,
    round_id: str,
    kind: str,
    given: Mapping[str, Any],
    *,
    by: Author,
    at: datetime,
    anew: bool = False,
) -> PaperOrder:
    """The paper is filled from the catalogue and printed by a worker, in the name of who asks.

    The same order that waits already is the one that counts; any other of this kind that waits is over: a paper is printed
    as it was last asked for. Raises refusals ``paper.signed-stands`` (a fresh unsigned one would take its place) unless
    ``anew``, ``round.missing``, ``round.authority-missing``, ``round.state``, ``paper.unknown``.
    """
    of = destruction_round(tx, round_id)
    account_id = _require_part(tx, of, by)
    require_paper(tx, of, kind)
    said = {**given, "anew": True} if anew else dict(given)
    order = PaperOrder(order_id, round_id, kind, Work.PRINT, account_id, by.actor, at, said)
    require_no_signed(tx, order)
    return _ordered(tx, order)


def require_no_signed(view: LedgerReading, order: PaperOrder) -> None:
    """Of what is to be printed no validly signed one stands, or it was said that it may lose its place: asked when the
    order is written, and again when it is carried out. Raises a refusal ``paper.signed-stands``."""
    standing = [paper for paper in papers(view, order.round_id) if paper.kind == order.kind]
    if standing and standing[-1].signature is Signature.VALID and not order.given.get("anew"):
        raise refusal("paper.signed-stands", order.kind)


def order_judgement(
    tx: Transaction,
    order_id: str,
    round_id: str,
    kind: str,
    given: Mapping[str, Any],
    *,
    sha256: str,
    by: Author,
    at: datetime,
) -> PaperOrder:
    """A signed paper will be judged by a worker, and attached when nothing is wrong: once its bytes lie under the order's
    ``incoming_key`` and ``note_kept`` says so. Written before they do, so that none is ever nobody's.

    The same order that waits already is the one that counts. Raises refusals ``round.missing``,
    ``round.authority-missing``, ``round.state``, ``paper.unknown``, ``paper.too-many-waiting``.
    """
    of = destruction_round(tx, round_id)
    account_id = _require_part(tx, of, by)
    require_paper(tx, of, kind)
    order = PaperOrder(order_id, round_id, kind, Work.JUDGE, account_id, by.actor, at, dict(given), sha256=sha256)
    ordered = _ordered(tx, replace(order, object_key=order.incoming_key))
    c = paper_orders.c
    waiting = select(func.count()).where(c.round_id == round_id, c.work == Work.JUDGE.value, c.ended_at.is_(None))
    if ordered.id == order_id and tx.rows(waiting).scalar_one() > MOST_WAITING:
        raise refusal("paper.too-many-waiting", round_id, most=MOST_WAITING)
    return ordered


def note_kept(tx: Transaction, order: PaperOrder, size_bytes: int) -> PaperOrder:
    """Its bytes lie in every required store now. Raises a refusal ``paper.not-received`` when it is over already."""
    c = paper_orders.c
    found = paper_order(tx, order.round_id, order.id)
    if found is None or not found.waits:
        raise refusal("paper.not-received", order.kind)
    tx.rows(update(paper_orders).where(c.id == order.id).values(size_bytes=size_bytes))
    return replace(found, size_bytes=size_bytes)


def order_dossier(
    tx: Transaction, order_id: str, round_id: str, given: Mapping[str, Any], *, by: Author, at: datetime
) -> PaperOrder:
    """The dossier of the round is made and handed in by a worker, and followed until it is stored.

    By the executor, the proposer, the secretary or the approver. Raises refusals ``round.missing``,
    ``round.authority-missing``, ``round.state``.
    """
    of = destruction_round(tx, round_id)
    account = require_account(tx, by)
    if of.duty_of(account.id) not in (Duty.EXECUTOR, Duty.PROPOSER, Duty.SECRETARY, Duty.APPROVER):
        raise refusal("round.authority-missing", by.actor)
    if of.state not in (RoundState.MINUTES_MADE, RoundState.DOSSIER_STORED):
        raise refusal("round.state", of.id, state=VIETNAMESE[of.state])
    return _ordered(tx, PaperOrder(order_id, round_id, "dossier", Work.DOSSIER, account.id, by.actor, at, dict(given)))


def may_have_part(view: Reading, of: Round, by: Author) -> None:
    """Raises a refusal ``round.authority-missing`` for who may not attach papers; asked before bytes are taken in."""
    account = require_account(view, by)
    if of.duty_of(account.id) is None and account.role not in (Role.ARCHIVIST, Role.HEAD):
        raise refusal("round.authority-missing", by.actor)


def waiting_orders(
    view: LedgerReading,
    limit: int = 100,
    *,
    untried_since: datetime | None = None,
    after: PaperOrder | None = None,
) -> list[PaperOrder]:
    """Those nobody has carried out yet, the first asked first, from behind ``after`` on.

    Without those that were tried after ``untried_since``: they keep no other back.
    """
    c = paper_orders.c
    query = select(paper_orders).where(c.ended_at.is_(None)).order_by(c.asked_at, c.id).limit(limit)
    if untried_since is not None:
        query = query.where(or_(c.tried_at.is_(None), c.tried_at <= untried_since))
    if after is not None:
        query = query.where(tuple_(c.asked_at, c.id) > tuple_(literal(after.asked_at, Instant), after.id))
    return [_order(row) for row in view.rows(query)]


def uncleared_orders(view: LedgerReading, untried_since: datetime, limit: int = 100) -> list[PaperOrder]:
    """Those that are over, and of which bytes may lie in the stores that are no paper of the round."""
    c = paper_orders.c
    untried = or_(c.tried_at.is_(None), c.tried_at <= untried_since)
    query = select(paper_orders).where(c.object_key > "", c.ended_at.is_not(None), untried).order_by(c.object_key)
    return [_order(row) for row in view.rows(query.limit(limit))]


def orders_of(
    view: LedgerReading, round_id: str, *, work: Work | None = None, kind: str = "", limit: int = 200
) -> list[PaperOrder]:
    """The newest first; only those of this work or kind, when given."""
    c = paper_orders.c
    query = select(paper_orders).where(c.round_id == round_id).order_by(c.asked_at.desc(), c.id.desc())
    if work is not None:
        query = query.where(c.work == work.value)
    if kind:
        query = query.where(c.kind == kind)
    return [_order(row) for row in view.rows(query.limit(limit))]


def last_orders(view: LedgerReading, round_id: str) -> Mapping[str, PaperOrder]:
    """What was last asked for of each kind."""
    c = paper_orders.c
    kinds = view.rows(select(c.kind).where(c.round_id == round_id).distinct()).scalars().all()
    return {kind: orders_of(view, round_id, kind=kind, limit=1)[0] for kind in kinds}


def paper_order(view: LedgerReading, round_id: str, order_id: str) -> PaperOrder | None:
    c = paper_orders.c
    row = view.rows(select(paper_orders).where(c.id == order_id, c.round_id == round_id)).first()
    return None if row is None else _order(row)


def last_dossier_order(view: LedgerReading, round_id: str) -> PaperOrder | None:
    return next(iter(orders_of(view, round_id, work=Work.DOSSIER, limit=1)), None)


def waiting_papers(view: LedgerReading, object_keys: Collection[str]) -> set[str]:
    """Those of these object keys (some hundred at most) under which bytes of an order lie that were not cleared yet."""
    c = paper_orders.c
    found = set(view.rows(select(c.object_key).where(c.object_key.in_(list(object_keys)))).scalars())
    coming = {match[1] for key in object_keys if (match := _INCOMING_ID.fullmatch(key.rpartition("/")[2]))}
    query = select(paper_orders).where(c.id.in_(sorted(coming)), c.object_key > "")
    return found | {order.incoming_key for order in map(_order, view.rows(query))}.intersection(object_keys)


def others_waiting(view: LedgerReading, order: PaperOrder, object_key: str) -> bool:
    """Whether another order that waits has its bytes there."""
    c = paper_orders.c
    others = select(c.id).where(c.object_key == object_key, c.ended_at.is_(None), c.id != order.id)
    return view.rows(others.limit(1)).first() is not None


def end_order(
    tx: Transaction, order_id: str, outcome: Mapping[str, Any], at: datetime, *, cleared: bool = False
) -> None:
    """What came of it; ended already, it stays as it was. ``cleared``: nothing lies anywhere but what is a paper now."""
    c = paper_orders.c
    values: dict[str, Any] = {"ended_at": at, "outcome": dict(outcome), "problem": ""}
    if cleared:
        values["object_key"] = ""
    tx.rows(update(paper_orders).where(c.id == order_id, c.ended_at.is_(None)).values(values))


def note_cleared(tx: Transaction, order_id: str) -> None:
    """Nothing of it lies in any store any more but what is a paper of the round."""
    c = paper_orders.c
    tx.rows(update(paper_orders).where(c.id == order_id, c.ended_at.is_not(None)).values(object_key=""))


def note_late(tx: Transaction, order: PaperOrder) -> None:
    """Bytes of it came when it was over: they are to be cleared."""
    c = paper_orders.c
    late = update(paper_orders).where(c.id == order.id, c.ended_at.is_not(None))
    tx.rows(late.values(object_key=order.incoming_key, tried_at=None))


def note_uncleared(tx: Transaction, order_id: str, at: datetime) -> None:
    """A store still has something of it, and does not let go of it (yet)."""
    c = paper_orders.c
    tx.rows(update(paper_orders).where(c.id == order_id, c.ended_at.is_not(None)).values(tried_at=at))


def note_problem(tx: Transaction, order_id: str, problem: str, at: datetime) -> None:
    """It waits on, and why."""
    c = paper_orders.c
    noted = update(paper_orders).where(c.id == order_id, c.ended_at.is_(None))
    tx.rows(noted.values(problem=problem[:2000], tried_at=at))


def note_object(tx: Transaction, order_id: str, object_key: str) -> None:
    """Where the bytes of the paper will lie: known before they do, so that none is ever nobody's."""
    tx.rows(update(paper_orders).where(paper_orders.c.id == order_id).values(object_key=object_key))


def note_progress(tx: Transaction, order_id: str, problem: str) -> None:
    """It goes on, and nothing is wrong: what it waits for."""
    c = paper_orders.c
    tx.rows(update(paper_orders).where(c.id == order_id, c.ended_at.is_(None)).values(problem=problem[:2000]))


def _require_part(tx: Transaction, of: Round, by: Author) -> str:
    may_have_part(tx, of, by)
    assert by.account_id is not None
    return by.account_id


def _ordered(tx: Transaction, order: PaperOrder) -> PaperOrder:
    c = paper_orders.c
    same = (
        c.round_id == order.round_id,
        c.kind == order.kind,
        c.work == order.work.value,
        c.sha256 == order.sha256,
        c.ended_at.is_(None),
    )
    for row in tx.rows(select(paper_orders).where(*same)).all():
        standing = _order(row)
        if dict(standing.given) == dict(order.given) or order.work is Work.DOSSIER:
            return standing
        if order.work is Work.PRINT:
            end_order(tx, standing.id, {"replaced_by": order.id}, order.asked_at)
    values = {
        "id": order.id,
        "round_id": order.round_id,
        "kind": order.kind,
        "work": order.work.value,
        "account_id": order.account_id,
        "actor": order.actor,
        "asked_at": order.asked_at,
        "given": dict(order.given),
        "object_key": order.object_key,
        "sha256": order.sha256,
        "size_bytes": order.size_bytes,
        "problem": "",
    }
    tx.rows(insert(paper_orders).values(values))
    return order


def _order(row: AnyRow) -> PaperOrder:
    return PaperOrder(**{**row._mapping, "work": Work(row.work)})
