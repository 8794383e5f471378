"""Checkpoints of the ledger, what was copied where, and which rows have changed since."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, String, Table, Text

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
