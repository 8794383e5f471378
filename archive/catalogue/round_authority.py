"""Who may do what in a round, asked in the transaction that does it: an active account, no administrator, of this duty."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, insert, select, update

from archive.access import Author, Role
from archive.catalogue import disposal_tables as t
from archive.catalogue.reading import Reading
from archive.catalogue.rights_model import Account
from archive.catalogue.writing import Transaction
from archive.disposal.model import Round
from archive.disposal.refusals import refusal
from archive.disposal.words import Duty


def require_account(view: Reading, by: Author, roles: Collection[Role] = ()) -> Account:
    """The account that acts: active, in one of ``roles`` when given, and never an administrator.

    Raises refusals ``round.authority-missing`` (nobody stands behind it), ``round.account-disabled``,
    ``round.administrator``.
    """
    if by.account_id is None:
        raise refusal("round.authority-missing", by.actor)
    account = require_person(view, by.account_id)
    if roles and account.role not in roles:
        raise refusal("round.authority-missing", by.actor)
    return account


def require_person(view: Reading, account_id: str) -> Account:
    """An account that may have a duty in a round at all."""
    account = view.account(account_id)
    if account.role is Role.ADMINISTRATOR:
        raise refusal("round.administrator", account_id)
    if not account.active:
        raise refusal("round.account-disabled", account_id)
    return account


def require_duty(view: Reading, of: Round, by: Author, *duties: Duty) -> Account:
    """The account that acts: active, no administrator, and with one of these duties in the round."""
    account = require_account(view, by)
    if of.duty_of(account.id) not in duties:
        raise refusal("round.authority-missing", by.actor)
    return account


def appoint(tx: Transaction, of: Round, account_id: str, duty: Duty, *, by: str, at: datetime) -> None:
    """The account has this duty from now on; it had it already: nothing is written. It can never have another one.

    Raises refusals ``round.same-person`` and those of ``require_person``.
    """
    require_person(tx, account_id)
    standing = of.duty_of(account_id)
    if standing is not None and standing is not duty:
        raise refusal("round.same-person", account_id)
    if of.holder(duty) == account_id:
        return
    c = t.round_persons.c
    last = tx.rows(select(func.coalesce(func.max(c.ordinal), 0)).where(c.round_id == of.id)).scalar_one()
    values = {"ordinal": int(last) + 1, "appointed_by": by, "appointed_at": at}
    # Appointed before and replaced since: the last one counts, so the order is what changes.
    again = update(t.round_persons).where(c.round_id == of.id, c.account_id == account_id, c.duty == duty.value)
    if not tx.rows(again.values(values)).rowcount:
        tx.rows(insert(t.round_persons).values(round_id=of.id, account_id=account_id, duty=duty.value, **values))
