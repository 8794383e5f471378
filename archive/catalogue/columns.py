"""Column types that mean the same in every database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from archive.ledger import written_instant

INSTANT_LENGTH = 27


class Instant(TypeDecorator[datetime]):
    """An aware time, kept as UTC text with microseconds: no database forgets its zone, and text order is time order."""

    impl = String(INSTANT_LENGTH)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else written_instant(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        # Each row has several: reading them by a pattern took longer than the query.
        return None if value is None else datetime.fromisoformat(value)
