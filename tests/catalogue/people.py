"""Accounts of every role, and who acts for them."""

from __future__ import annotations

from datetime import datetime

from builders import AT

from archive.access import Author, Role
from archive.catalogue import Account, Catalogue, NewAccount

MACHINE = Author("user:root")


def new_account(number: int, role: Role, username: str = "", **changes: str) -> NewAccount:
    code = changes.pop("agency_code", "H01.02" if role is Role.AGENCY else "")
    return NewAccount(f"{number:032x}", username or f"{role.value}{number}", "Trần Thị Lan", role, code, **changes)


def account(catalogue: Catalogue, number: int, role: Role, username: str = "", at: datetime = AT) -> Account:
    with catalogue.transaction() as tx:
        return tx.create_account(new_account(number, role, username), by=MACHINE, at=at)


def by(who: Account) -> Author:
    return Author(who.actor, who.id)
