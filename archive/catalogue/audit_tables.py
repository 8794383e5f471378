"""Audits of copies: runs, findings, canaries, repairs and incidents."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
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

audit_runs = Table(
    "audit_runs",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("store", String(128), nullable=False),
    Column("scope", String(16), nullable=False),
    Column("depth", String(16), nullable=False),
    Column("actor", String(128), nullable=False),
    Column("begun_at", Instant, nullable=False),
    # Copies last looked at before this instant are what the run is about.
    Column("due_before", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    # Who carries it now and until when that is believed without a sign of life; both NULL between two sittings.
    Column("holder", String(255), nullable=True),
    Column("held_until", Instant, nullable=True),
    Column("position", JSON(none_as_null=True), nullable=True),
    Column("counts", JSON, nullable=False),
    Column("bytes_read", BigInteger, nullable=False),
    Column("reading_seconds", BigInteger, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("ended_at", Instant, nullable=True),
    Column("verdict", String(16), nullable=True),
    Column("report_sha256", _SHA256, nullable=True),
    CheckConstraint("state IN ('running', 'completed', 'abandoned')", name="known_state"),
    CheckConstraint("verdict IN ('green', 'red', 'canary-missed')", name="known_verdict"),
    Index(None, "store", "begun_at"),
    Index(
        "uq_audit_runs_running",
        "store",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
)

audit_findings = Table(
    "audit_findings",
    metadata,
    # No foreign keys: what was found outlives the package it was found of, and the policy that named the store.
    Column("run_id", _ID, nullable=False),
    Column("object_key", String(512), nullable=False),
    Column("store", String(128), nullable=False),
    Column("aip_id", _ID, nullable=True),
    Column("state", String(16), nullable=False),
    Column("found_at", Instant, nullable=False),
    Column("size_bytes", BigInteger, nullable=True),
    Column("sha256", _SHA256, nullable=True),
    Column("detail", Text, nullable=False),
    Column("findings", JSON, nullable=False),
    PrimaryKeyConstraint("run_id", "object_key"),
    Index(None, "aip_id", "found_at"),
    Index(None, "store", "found_at"),
)

canaries = Table(
    "canaries",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("run_id", _ID, nullable=False),
    Column("store", String(128), nullable=False),
    Column("object_key", String(512), nullable=False),
    Column("damage", String(16), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    Column("layout_sha256", _SHA256, nullable=False),
    Column("planted_at", Instant, nullable=False),
    Column("planted", Boolean, nullable=False),
    Column("found_state", String(16), nullable=True),
    Column("found_at", Instant, nullable=True),
    Column("removed_at", Instant, nullable=True),
    Index(None, "run_id"),
    Index(None, "store", "planted_at"),
)
