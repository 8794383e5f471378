"""What is used once or counted by all machines together: logins that came back, questions within a minute."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from archive.catalogue.service_tables import rate_windows, used_logins
from archive.catalogue.writing import Transaction


def use_login(tx: Transaction, state_sha256: str, *, until: datetime, at: datetime) -> bool:
    """Whether this is the first use of the login; remembered to ``until``. What is over at ``at`` is forgotten."""
    c = used_logins.c
    tx.rows(delete(used_logins).where(c.until < at))
    if tx.rows(select(c.until).where(c.state_sha256 == state_sha256)).first() is not None:
        return False
    tx.rows(insert(used_logins).values(state_sha256=state_sha256, until=until))
    return True


def counted_in_window(tx: Transaction, key: str, begun_at: datetime) -> int:
    """How often ``key`` was counted since ``begun_at``, this time included: one statement, right beside any writer."""
    made = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    c = rate_windows.c
    counted = (
        made(rate_windows)
        .values(key=key, begun_at=begun_at, count=1)
        .on_conflict_do_update(index_elements=[c.key, c.begun_at], set_={"count": c["count"] + 1})
        .returning(c["count"])
    )
    return int(tx.rows(counted).scalar_one())


def forget_windows(tx: Transaction, before: datetime) -> None:
    """Windows begun before this count no more."""
    tx.rows(delete(rate_windows).where(rate_windows.c.begun_at < before))
