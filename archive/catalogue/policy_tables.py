"""Storage policies and what moves between stores."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text, text

from archive.catalogue.columns import Instant
from archive.catalogue.tables import copies, metadata

storage_policies = Table(
    "storage_policies",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("adopted_at", Instant, nullable=False),
    Column("adopted_by", String(128), nullable=False),
)

storage_places = Table(
    "storage_places",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("added_at", Instant, nullable=False),
    # Packages up to this id have a row in ``copies`` for this store; None: all of them.
    Column("filled_after", String(36), nullable=True),
    Column("retired_at", Instant, nullable=True),
)

medium_moves = Table(
    "medium_moves",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("store", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("began_by", String(128), nullable=False),
    Column("old_place", JSON, nullable=False),
    Column("new_place", JSON, nullable=False),
    # The last ledger record before it began: packages stored or changed behind it are gone through once more.
    Column("from_seq", BigInteger, nullable=False),
    # How far it has come: the last object that was proven on the other side.
    Column("after_key", String(512), nullable=False),
    Column("objects", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("ended_at", Instant, nullable=True),
    Column("report", JSON(none_as_null=True), nullable=True),
    Index(None, "store", "began_at"),
)

# What is chosen from when a store catches up: cheap however many copies there are, as long as few are awaited.
awaited_copies = Index(
    "ix_copies_awaited",
    copies.c.store,
    copies.c.verified_at,
    copies.c.aip_id,
    sqlite_where=text("state = 'awaited'"),
    postgresql_where=text("state = 'awaited'"),
)
