"""Hồ sơ as tests open them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text

from archive.access import Author, Role
from archive.catalogue import Account, Catalogue, NewAccount, Transaction
from archive.catalogue import file_writing as w
from archive.retention.file import File, NewFile
from archive.retention.period import Period, PeriodKind

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
ACTOR = "luutru"
MACHINE = Author("user:root")
PROFILE = "LLT2024-TT05"


def years(number: int) -> Period:
    return Period(PeriodKind.YEARS, number)


def until(event: str = "văn bản hết hiệu lực thi hành", after: int = 0, at_least: int = 0) -> Period:
    return Period(PeriodKind.EVENT, after, event, at_least)


def new_file(number: int = 1, **changes: Any) -> NewFile:
    values: dict[str, Any] = {
        "id": f"{number:032x}",
        "agency_code": "H01.02",
        "file_code": f"H01.02.2015.{number:02d}",
        "title": "Hồ sơ đê điều",
        "profile": PROFILE,
        "profile_version": "1",
        "period": years(10),
        "period_basis": "thử",
    }
    return NewFile(**(values | changes))


def opened(tx: Transaction, number: int = 1, **changes: Any) -> File:
    return w.open_file(tx, new_file(number, **changes), actor=ACTOR, at=AT)


def ended(tx: Transaction, number: int = 1, year: int = 2015, *, received: bool = True, **changes: Any) -> File:
    """An ended hồ sơ with one package."""
    held = opened(tx, number, **changes)
    if received:
        w.add_package(tx, held.id, f"aip-{number}", actor=ACTOR, at=AT)
    return w.close_file(tx, held.id, ended_year=year, actor=ACTOR, at=AT)


def person(catalogue: Catalogue, role: Role, number: int = 0) -> Author:
    number = number or list(Role).index(role) + 1
    code = "H01.02" if role is Role.AGENCY else ""
    with catalogue.transaction() as tx:
        new = NewAccount(f"{number:032x}", f"{role.value}{number}", "Trần Thị Lan", role, code)
        account: Account = tx.create_account(new, by=MACHINE, at=AT)
    return Author(account.actor, account.id)


def unguarded(tx: Transaction) -> None:
    """The database lets the registry's own moves alone be tried, without the round it would ask for."""
    tx.rows(text("DROP TRIGGER files_guard_destruction" + (" ON files" if tx.dialect == "postgresql" else "")))
