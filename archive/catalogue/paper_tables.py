"""What people ask the workers for about papers of rounds, and what is known of each paper beyond its row."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from archive.catalogue.columns import Instant
from archive.catalogue.tables import metadata

_ID = String(36)

paper_orders = Table(
    "paper_orders",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("round_id", _ID, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("work", String(16), nullable=False),
    Column("account_id", _ID, nullable=False),
    Column("actor", String(255), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("tried_at", Instant, nullable=True),
    Column("ended_at", Instant, nullable=True),
    # What only people know: place, recipients, explanation …
    Column("given", JSON, nullable=False),
    # Of a signed paper that waits to be judged: where its bytes lie in every store. Empty for what is printed.
    Column("object_key", String(512), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    # What kept the last attempt from its end.
    Column("problem", Text, nullable=False),
    # What came of it: digest, sheets, findings.
    Column("outcome", JSON(none_as_null=True), nullable=True),
    CheckConstraint("work IN ('print', 'judge', 'dossier')", name="known_work"),
    Index(None, "round_id", "asked_at"),
    Index(None, "ended_at", "asked_at"),
    Index(None, "object_key"),
)

paper_particulars = Table(
    "paper_particulars",
    metadata,
    Column("round_id", _ID, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("sheets", Integer, nullable=False),
    Column("organ", Text, nullable=False),
    Column("number", String(255), nullable=False),
    Column("notation", String(255), nullable=False),
    Column("issued", Date, nullable=True),
    # What was found when it came back signed; null for what the archive printed itself.
    Column("judgement", JSON(none_as_null=True), nullable=True),
    PrimaryKeyConstraint("round_id", "kind", "ordinal"),
)
"""Of each row of ``round_papers``: its formal parts, and how it was judged. The dossier says it again."""
