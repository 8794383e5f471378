"""The tables of healing: repairs, what was put aside by them, incidents nothing could heal, and runs of fsck."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from archive.catalogue.columns import Instant
from archive.catalogue.tables import metadata

_ID = String(36)
_SHA256 = String(64)
_UNDER_WAY = text("ended_at IS NULL")
_OPEN = text("closed_at IS NULL")

repairs = Table(
    "repairs",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("aip_id", _ID, ForeignKey("aips.id"), nullable=False),
    Column("store", String(128), nullable=False),
    # What the copy was when it was read: mismatch, missing or unreadable; and of which bytes, where that is known.
    Column("was", String(16), nullable=False),
    Column("damaged_sha256", _SHA256, nullable=True),
    Column("damaged_size_bytes", BigInteger, nullable=True),
    # What lay aside under this key before: whatever lies there besides was put there by this repair.
    Column("asides_before", JSON, nullable=False),
    Column("from_store", Text, nullable=True),
    Column("begun_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retry_at", Instant, nullable=False),
    Column("problem", Text, nullable=False),
    Column("ended_at", Instant, nullable=True),
    Column("outcome", String(16), nullable=True),
    CheckConstraint("outcome IN ('repaired', 'rebuilt', 'whole')", name="known_outcome"),
    Index("uq_repairs_open", "aip_id", "store", unique=True, sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY),
    Index(None, "begun_at"),
)

asides = Table(
    "asides",
    metadata,
    Column("store", String(128), nullable=False),
    Column("name", String(1024), nullable=False),
    Column("aip_id", _ID, nullable=False),
    Column("object_key", String(512), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", _SHA256, nullable=True),
    Column("repair_id", _ID, nullable=True),
    Column("put_at", Instant, nullable=False),
    Column("drop_after", Instant, nullable=False),
    Column("dropped_at", Instant, nullable=True),
    PrimaryKeyConstraint("store", "name"),
    Index(None, "dropped_at", "drop_after"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    # The id of the package, or the name of the store.
    Column("subject", String(128), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("report", JSON, nullable=False),
    Column("confirmed_at", Instant, nullable=True),
    Column("confirmed_by", String(128), nullable=True),
    Column("closed_at", Instant, nullable=True),
    Column("closed_by", String(128), nullable=True),
    Column("outcome", String(16), nullable=True),
    Column("reason", Text, nullable=True),
    CheckConstraint("kind IN ('copies', 'proof', 'store')", name="known_kind"),
    CheckConstraint("outcome IN ('healed', 'over', 'decided')", name="known_outcome"),
    Index("uq_incidents_open", "kind", "subject", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index(None, "subject"),
    Index(None, "opened_at"),
)

fsck_runs = Table(
    "fsck_runs",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("differences", Integer, nullable=False),
    # The first of them; the count is of all.
    Column("found", JSON, nullable=False),
    Column("problem", Text, nullable=False),
    Index(None, "begun_at"),
)
