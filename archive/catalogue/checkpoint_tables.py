"""Checkpoints of the ledger, what was copied where, and which rows have changed since."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Index, Integer, String, Table, Text

from archive.catalogue.columns import Instant
from archive.catalogue.tables import metadata

_BIG = BigInteger().with_variant(Integer, "sqlite")

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("number", _BIG, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),
    Column("ledger_last", BigInteger, nullable=False),
    Column("last_change", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    # The exact bytes of the object in the stores; the columns above only repeat them for look-up.
    Column("document", Text, nullable=False),
    Index(None, "kind", "number"),
)

checkpoint_timestamps = Table(
    "checkpoint_timestamps",
    metadata,
    Column("number", _BIG, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("token_base64", Text, nullable=False),
)

shipments = Table(
    "shipments",
    metadata,
    Column("store", String(128), primary_key=True),
    # Everything up to this checkpoint lies in the store and was read back there.
    Column("number", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("timestamp_number", BigInteger, nullable=False),
    Column("verified_number", BigInteger, nullable=False),
    Column("verified_at", Instant, nullable=True),
)

sealing_lease = Table(
    "sealing_lease",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("holder", String(64), nullable=False),
    Column("taken_at", Instant, nullable=False),
    CheckConstraint("id = 1", name="single_row"),
)

row_changes = Table(
    "row_changes",
    metadata,
    # Never used again, also when all rows are gone: the order of changes is the order of their commits.
    Column("change", _BIG, primary_key=True, autoincrement=True),
    Column("table_name", String(64), nullable=False),
    Column("row_key", Text, nullable=False),
    sqlite_autoincrement=True,
)

# The log of backups (nhật ký sao lưu): one row for each set, also of one that failed or was removed when its time was over.
backups = Table(
    "backups",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
    Column("removed_at", Instant, nullable=True),
    # Hồ sơ something happened to behind the one record up to the other are in it; a full one begins at 0.
    Column("after_seq", BigInteger, nullable=False),
    Column("to_seq", BigInteger, nullable=False),
    Column("checkpoint", BigInteger, nullable=False),
    Column("hoso", BigInteger, nullable=False),
    Column("documents", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("manifest_sha256", String(64), nullable=True),
    Column("media", JSON, nullable=False),
    Column("error", Text, nullable=False),
    Index(None, "state", "begun_at"),
    Index(None, "kind", "begun_at"),
)

drills = Table(
    "drills",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("store", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
    Column("checkpoint", BigInteger, nullable=False),
    Column("packages", BigInteger, nullable=False),
    Column("differences", BigInteger, nullable=False),
    Column("report", JSON, nullable=False),
    Index(None, "store", "begun_at"),
    Index(None, "begun_at"),
)
