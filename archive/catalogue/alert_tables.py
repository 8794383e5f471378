"""The tables of alerts: what is wrong, what is to be told of it, and to whom it was told."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from archive.catalogue.columns import Instant
from archive.catalogue.tables import metadata

_OPEN = text("resolved_at IS NULL")

alerts = Table(
    "alerts",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("code", String(64), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("text", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("count", Integer, nullable=False),
    # When people were last told, or reminded, of it.
    Column("told_at", Instant, nullable=False),
    Column("acknowledged_at", Instant, nullable=True),
    Column("acknowledged_by", String(128), nullable=True),
    Column("note", Text, nullable=True),
    Column("resolved_at", Instant, nullable=True),
    CheckConstraint("severity IN ('red', 'yellow', 'info')", name="known_severity"),
    # The database itself refuses a second open alert about the same thing.
    Index("uq_alerts_open", "code", "subject", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index(None, "resolved_at", "severity"),
)

alert_notices = Table(
    "alert_notices",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("alert", Integer, ForeignKey("alerts.number"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", Text, nullable=False),
    Column("count", Integer, nullable=False),
    # Set when it stands in the deliveries of every channel there is.
    Column("taken_at", Instant, nullable=True),
    Index(None, "taken_at", "number"),
    Index(None, "alert"),
)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("channel", String(255), nullable=False),
    Column("notices", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_until", Instant, nullable=True),
    Column("last_at", Instant, nullable=True),
    Column("last_error", Text, nullable=False),
    Column("delivered_at", Instant, nullable=True),
    Index(None, "delivered_at", "channel", "number"),
)
