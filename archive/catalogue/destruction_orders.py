"""What people ask the workers for in a round: to destroy what may be destroyed, or to look for what was destroyed.

Who asks is judged when the order is written; whoever carries it out is judged by the doors it goes through, again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update

from archive.access import Author
from archive.catalogue.destruction_reading import undone_tombstones
from archive.catalogue.destruction_tables import destruction_orders, tombstones
from archive.catalogue.destruction_writing import OwnWorkError
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.round_authority import require_account
from archive.catalogue.round_reading import destruction_round
from archive.catalogue.rows import AnyRow
from archive.catalogue.writing import Transaction
from archive.disposal.model import Round
from archive.disposal.refusals import refusal
from archive.disposal.round_state import VIETNAMESE, RoundState
from archive.disposal.words import Duty
from archive.events import Event


class OrderKind(StrEnum):
    DESTROY = "destroy"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Order:
    """``problem``: what kept the last attempt from its end. ``outcome``: what came of it; None as long as it waits."""

    id: str
    round_id: str
    kind: OrderKind
    account_id: str
    actor: str
    asked_at: datetime
    tried_at: datetime | None
    ended_at: datetime | None
    problem: str
    outcome: Mapping[str, Any] | None

    @property
    def by(self) -> Author:
        return Author(self.actor, self.account_id)

    @property
    def waits(self) -> bool:
        return self.ended_at is None


def order_destruction(tx: Transaction, order_id: str, round_id: str, *, by: Author, at: datetime) -> Order:
    """Every line that may be destroyed is begun by a worker, in the name of the round's executor, who asks.

    An order of the same account that waits already is the one that counts. Raises refusals ``round.missing``,
    ``round.not-the-executor``, ``round.state`` and those of ``require_account``.
    """
    of = destruction_round(tx, round_id)
    account = require_account(tx, by)
    if account.id != of.holder(Duty.EXECUTOR):
        raise refusal("round.not-the-executor", account.id)
    _require_executing(of)
    return _ordered(tx, Order(order_id, round_id, OrderKind.DESTROY, account.id, by.actor, at, None, None, "", None))


def order_look(tx: Transaction, order_id: str, round_id: str, *, by: Author, at: datetime) -> Order:
    """Somebody without any duty in the round has everything looked for that it destroyed, by a worker, in his name.

    Raises OwnWorkError, refusals ``round.missing``, ``round.state``, ``round.nothing-to-destroy`` (nothing was begun).
    """
    of = destruction_round(tx, round_id)
    account = require_account(tx, by)
    require_no_duty(of, account.id)
    _require_executing(of)
    if tx.rows(select(tombstones.c.file_id).where(tombstones.c.round_id == round_id).limit(1)).first() is None:
        raise refusal("round.nothing-to-destroy", round_id)
    return _ordered(tx, Order(order_id, round_id, OrderKind.LOOK, account.id, by.actor, at, None, None, "", None))


def require_no_duty(of: Round, account_id: str) -> None:
    """Who had any part in the round does not say that nothing is left of it. Raises OwnWorkError."""
    duty = of.duty_of(account_id)
    if duty is not None:
        raise OwnWorkError(
            "Người có nhiệm vụ trong đợt hủy không được kiểm chứng việc hủy của đợt đó.",
            remedy="Giao việc kiểm chứng cho người không có nhiệm vụ nào trong đợt.",
            detail=f"{account_id} {duty.value}",
        )


def waiting_orders(view: LedgerReading, limit: int = 100) -> list[Order]:
    """Those nobody has carried out yet, the first asked first; destruction before looking, of one instant."""
    c = destruction_orders.c
    query = select(destruction_orders).where(c.ended_at.is_(None)).order_by(c.asked_at, c.kind, c.id).limit(limit)
    return [_order(row) for row in view.rows(query)]


def orders_of(view: LedgerReading, round_id: str, kind: OrderKind, *, limit: int = 20) -> list[Order]:
    """The newest first."""
    c = destruction_orders.c
    query = select(destruction_orders).where(c.round_id == round_id, c.kind == kind.value)
    return [_order(row) for row in view.rows(query.order_by(c.asked_at.desc(), c.id.desc()).limit(limit))]


def end_order(tx: Transaction, order_id: str, outcome: Mapping[str, Any], at: datetime) -> None:
    """What came of it; ended already, it stays as it was."""
    c = destruction_orders.c
    ended = update(destruction_orders).where(c.id == order_id, c.ended_at.is_(None))
    tx.rows(ended.values(ended_at=at, outcome=dict(outcome), problem=""))


def note_problem(tx: Transaction, order_id: str, problem: str, at: datetime) -> None:
    """It waits on, and why."""
    c = destruction_orders.c
    tx.rows(
        update(destruction_orders)
        .where(c.id == order_id, c.ended_at.is_(None))
        .values(problem=problem[:2000], tried_at=at)
    )


def all_destroyed(view: LedgerReading, round_id: str) -> bool:
    """Whether every hồ sơ of the round that was begun is said to be destroyed."""
    return not undone_tombstones(view, round_id, 1)


def _require_executing(of: Round) -> None:
    if of.state is not RoundState.EXECUTING:
        raise refusal("round.state", of.id, state=VIETNAMESE[of.state])


def _ordered(tx: Transaction, order: Order) -> Order:
    c = destruction_orders.c
    same = (c.round_id == order.round_id, c.kind == order.kind.value, c.account_id == order.account_id)
    standing = tx.rows(select(destruction_orders).where(*same, c.ended_at.is_(None)).limit(1)).first()
    if standing is not None:
        return _order(standing)
    values = {
        "id": order.id,
        "round_id": order.round_id,
        "kind": order.kind.value,
        "account_id": order.account_id,
        "actor": order.actor,
        "asked_at": order.asked_at,
        "problem": "",
    }
    tx.rows(insert(destruction_orders).values(values))
    event = Event.ROUND_DESTRUCTION_ORDERED if order.kind is OrderKind.DESTROY else Event.ROUND_ABSENCE_ORDERED
    tx.append(event, order.round_id, actor=order.actor, at=order.asked_at, data={"order_id": order.id})
    return order


def _order(row: AnyRow) -> Order:
    return Order(**{**row._mapping, "kind": OrderKind(row.kind)})
