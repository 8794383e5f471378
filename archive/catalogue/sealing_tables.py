"""The tables of sealed packages: which are sealed, and under which key of the key store (never the key)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, String, Table

from archive.catalogue.columns import Instant
from archive.catalogue.tables import metadata

sealed_aips = Table(
    "sealed_aips",
    metadata,
    Column("aip_id", String(36), primary_key=True),
    Column("key_id", String(62), nullable=False),
    # Of the tar inside: the row in ``aips`` is about the object as it lies in the stores.
    Column("plain_sha256", String(64), nullable=False),
    Column("plain_size_bytes", BigInteger, nullable=False),
    Index(None, "key_id"),
)

replaced_objects = Table(
    "replaced_objects",
    metadata,
    Column("object_key", String(512), nullable=False),
    Column("store", String(128), nullable=False),
    Column("aip_id", String(36), nullable=False),
    Column("since", Instant, nullable=False),
    PrimaryKeyConstraint("object_key", "store"),
    Index(None, "aip_id"),
)
"""Objects a package has left for its other form (open, sealed), and which store may still hold them."""
