"""What people ask the workers for about papers of a round: to print one, to judge one that came back, to make the dossier.

Who asks is judged when the order is written, and again by ``attach_paper`` when it is carried out in his name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update

from archive.access import Author, Role
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

_CLOSED = (RoundState.COMPLETED, RoundState.ABANDONED)


class Work(StrEnum):
    PRINT = "print"
    JUDGE = "judge"
    DOSSIER = "dossier"


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """``given``: what only people know. ``problem``: what kept the last attempt from its end. ``outcome``: what came of
    it; None as long as it waits."""

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

    The same order that waits already is the one that counts. Raises refusals ``paper.signed-stands`` (a fresh unsigned
    one would take its place) unless ``anew``, ``round.missing``, ``round.authority-missing``, ``round.state``,
    ``paper.unknown``.
    """
    of = destruction_round(tx, round_id)
    account_id = _require_part(tx, of, by)
    require_paper(tx, of, kind)
    standing = [paper for paper in papers(tx, round_id) if paper.kind == kind]
    if standing and standing[-1].signature is Signature.VALID and not anew:
        raise refusal("paper.signed-stands", kind)
    return _ordered(tx, PaperOrder(order_id, round_id, kind, Work.PRINT, account_id, by.actor, at, dict(given)))


def order_judgement(
    tx: Transaction,
    order_id: str,
    round_id: str,
    kind: str,
    given: Mapping[str, Any],
    *,
    object_key: str,
    sha256: str,
    size_bytes: int,
    by: Author,
    at: datetime,
) -> PaperOrder:
    """A signed paper whose bytes lie in the stores already is judged by a worker, and attached when nothing is wrong.

    Raises refusals ``round.missing``, ``round.authority-missing``, ``round.state``, ``paper.unknown``.
    """
    of = destruction_round(tx, round_id)
    account_id = _require_part(tx, of, by)
    require_paper(tx, of, kind)
    order = PaperOrder(
        order_id, round_id, kind, Work.JUDGE, account_id, by.actor, at, dict(given), object_key, sha256, size_bytes
    )
    return _ordered(tx, order)


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


def waiting_orders(view: LedgerReading, limit: int = 100) -> list[PaperOrder]:
    """Those nobody has carried out yet, the first asked first."""
    c = paper_orders.c
    query = select(paper_orders).where(c.ended_at.is_(None)).order_by(c.asked_at, c.id).limit(limit)
    return [_order(row) for row in view.rows(query)]


def orders_of(view: LedgerReading, round_id: str, *, limit: int = 200) -> list[PaperOrder]:
    """The newest first."""
    c = paper_orders.c
    query = select(paper_orders).where(c.round_id == round_id).order_by(c.asked_at.desc(), c.id.desc())
    return [_order(row) for row in view.rows(query.limit(limit))]


def paper_order(view: LedgerReading, round_id: str, order_id: str) -> PaperOrder | None:
    c = paper_orders.c
    row = view.rows(select(paper_orders).where(c.id == order_id, c.round_id == round_id)).first()
    return None if row is None else _order(row)


def last_dossier_order(view: LedgerReading, round_id: str) -> PaperOrder | None:
    return next((order for order in orders_of(view, round_id) if order.work is Work.DOSSIER), None)


def waiting_papers(view: LedgerReading, object_keys: Collection[str]) -> set[str]:
    """Those of these object keys (some hundred at most) under which a paper lies that somebody attached."""
    c = paper_orders.c
    return set(view.rows(select(c.object_key).where(c.object_key.in_(list(object_keys)))).scalars())


def end_order(
    tx: Transaction, order_id: str, outcome: Mapping[str, Any], at: datetime, *, object_key: str | None = None
) -> None:
    """What came of it; ended already, it stays as it was. ``object_key``: where its bytes lie from now on."""
    c = paper_orders.c
    values: dict[str, Any] = {"ended_at": at, "outcome": dict(outcome), "problem": ""}
    if object_key is not None:
        values["object_key"] = object_key
    tx.rows(update(paper_orders).where(c.id == order_id, c.ended_at.is_(None)).values(values))


def note_problem(tx: Transaction, order_id: str, problem: str, at: datetime) -> None:
    """It waits on, and why."""
    c = paper_orders.c
    noted = update(paper_orders).where(c.id == order_id, c.ended_at.is_(None))
    tx.rows(noted.values(problem=problem[:2000], tried_at=at))


def note_object(tx: Transaction, order_id: str, object_key: str) -> None:
    """Where the bytes of what is being printed will lie: known before they do, so that none is ever nobody's."""
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
