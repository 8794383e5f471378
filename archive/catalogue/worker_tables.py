"""Workers, their claims, and runs of scheduled jobs: who is at what now, not what happened (that is the ledger's).

None of it belongs to the archive's holdings: it is neither recovered from the stores nor compared with another copy.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from archive.catalogue.columns import Instant
from archive.catalogue.tables import metadata

workers = Table(
    "workers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("under_way", Integer, nullable=False),
    Column("idle_since", Instant, nullable=True),
    Column("trouble", Text, nullable=False),
)

machines = Table(
    "machines",
    metadata,
    Column("host", String(255), primary_key=True),
    # To the hour.
    Column("seen_at", Instant, nullable=False),
)
"""Which machines ever had a worker. Workers are forgotten when they end; what lies in a machine's folders is not gone."""

claims = Table(
    "claims",
    metadata,
    Column("submission_id", String(36), ForeignKey("submissions.id"), primary_key=True),
    Column("worker", String(64), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("claimed_at", Instant, nullable=False),
)

schedule_runs = Table(
    "schedule_runs",
    metadata,
    Column("job", String(64), nullable=False),
    Column("slot", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("worker", String(64), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("try_at", Instant, nullable=True),
    Column("ended_at", Instant, nullable=True),
    Column("detail", Text, nullable=False),
    PrimaryKeyConstraint("job", "slot"),
    CheckConstraint("state IN ('running', 'done', 'failed', 'skipped')", name="known_state"),
    Index(None, "job", "begun_at"),
)
