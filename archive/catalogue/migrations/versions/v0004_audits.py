"""Audits of copies: when each was last read whole, runs, findings, canaries, repairs and incidents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NOT_AWAITED = sa.text("state <> 'awaited'")
_NOT_OK = sa.text("state <> 'ok'")
_RUNNING = sa.text("state = 'running'")
_UNDER_WAY = sa.text("ended_at IS NULL")
_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    _copies()
    _audits()
    _repairs()
    _incidents()


def _copies() -> None:
    op.add_column("copies", sa.Column("ok_at", sa.String(27), nullable=True))
    op.add_column("copies", sa.Column("size_bytes", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(
        "UPDATE copies SET ok_at = CASE WHEN state = 'ok' THEN verified_at END, "
        "size_bytes = (SELECT size_bytes FROM aips WHERE aips.id = copies.aip_id)"
    )
    op.drop_index(op.f("ix_copies_state"), "copies")
    op.drop_index(op.f("ix_copies_verified_at"), "copies")
    op.create_index(
        "ix_copies_audit",
        "copies",
        ["store", "verified_at", "aip_id", "state", "size_bytes"],
        sqlite_where=_NOT_AWAITED,
        postgresql_where=_NOT_AWAITED,
    )
    op.create_index(
        "ix_copies_not_ok", "copies", ["store", "state", "aip_id"], sqlite_where=_NOT_OK, postgresql_where=_NOT_OK
    )


def _audits() -> None:
    op.create_table(
        "audit_runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("store", sa.String(length=128), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("depth", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("begun_at", sa.String(27), nullable=False),
        sa.Column("due_before", sa.String(27), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.String(length=255), nullable=True),
        sa.Column("held_until", sa.String(27), nullable=True),
        sa.Column("position", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("bytes_read", sa.BigInteger(), nullable=False),
        sa.Column("reading_seconds", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("report_sha256", sa.String(length=64), nullable=True),
        sa.CheckConstraint("state IN ('running', 'completed', 'abandoned')", name=op.f("ck_audit_runs_known_state")),
        sa.CheckConstraint("verdict IN ('green', 'red', 'canary-missed')", name=op.f("ck_audit_runs_known_verdict")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_runs")),
    )
    op.create_index(op.f("ix_audit_runs_store_begun_at"), "audit_runs", ["store", "begun_at"])
    op.create_index(
        "uq_audit_runs_running", "audit_runs", ["store"], unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING
    )
    op.create_table(
        "audit_findings",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("object_key", sa.String(length=512), nullable=False),
        sa.Column("store", sa.String(length=128), nullable=False),
        sa.Column("aip_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("found_at", sa.String(27), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "object_key", name=op.f("pk_audit_findings")),
    )
    op.create_index(op.f("ix_audit_findings_aip_id_found_at"), "audit_findings", ["aip_id", "found_at"])
    op.create_index(op.f("ix_audit_findings_store_found_at"), "audit_findings", ["store", "found_at"])
    op.create_table(
        "canaries",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("store", sa.String(length=128), nullable=False),
        sa.Column("object_key", sa.String(length=512), nullable=False),
        sa.Column("damage", sa.String(length=16), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("layout_sha256", sa.String(length=64), nullable=False),
        sa.Column("planted_at", sa.String(27), nullable=False),
        sa.Column("planted", sa.Boolean(), nullable=False),
        sa.Column("found_state", sa.String(length=16), nullable=True),
        sa.Column("found_at", sa.String(27), nullable=True),
        sa.Column("removed_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canaries")),
    )
    op.create_index(op.f("ix_canaries_run_id"), "canaries", ["run_id"])
    op.create_index(op.f("ix_canaries_store_planted_at"), "canaries", ["store", "planted_at"])


def _repairs() -> None:
    op.create_table(
        "repairs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("store", sa.String(length=128), nullable=False),
        sa.Column("was", sa.String(length=16), nullable=False),
        sa.Column("damaged_sha256", sa.String(length=64), nullable=True),
        sa.Column("damaged_size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("asides_before", sa.JSON(), nullable=False),
        sa.Column("from_store", sa.Text(), nullable=True),
        sa.Column("begun_at", sa.String(27), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.String(27), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.CheckConstraint("outcome IN ('repaired', 'rebuilt', 'whole')", name=op.f("ck_repairs_known_outcome")),
        sa.ForeignKeyConstraint(["aip_id"], ["aips.id"], name=op.f("fk_repairs_aip_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repairs")),
    )
    op.create_index(
        "uq_repairs_open",
        "repairs",
        ["aip_id", "store"],
        unique=True,
        sqlite_where=_UNDER_WAY,
        postgresql_where=_UNDER_WAY,
    )
    op.create_index(op.f("ix_repairs_begun_at"), "repairs", ["begun_at"])
    op.create_table(
        "asides",
        sa.Column("store", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=1024), nullable=False),
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("object_key", sa.String(length=512), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("repair_id", sa.String(length=36), nullable=True),
        sa.Column("put_at", sa.String(27), nullable=False),
        sa.Column("drop_after", sa.String(27), nullable=False),
        sa.Column("dropped_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("store", "name", name=op.f("pk_asides")),
    )
    op.create_index(op.f("ix_asides_dropped_at_drop_after"), "asides", ["dropped_at", "drop_after"])


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("opened_at", sa.String(27), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("confirmed_at", sa.String(27), nullable=True),
        sa.Column("confirmed_by", sa.String(length=128), nullable=True),
        sa.Column("closed_at", sa.String(27), nullable=True),
        sa.Column("closed_by", sa.String(length=128), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('copies', 'proof', 'store')", name=op.f("ck_incidents_known_kind")),
        sa.CheckConstraint("outcome IN ('healed', 'over', 'decided')", name=op.f("ck_incidents_known_outcome")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_index(
        "uq_incidents_open",
        "incidents",
        ["kind", "subject"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index(op.f("ix_incidents_subject"), "incidents", ["subject"])
    op.create_index(op.f("ix_incidents_opened_at"), "incidents", ["opened_at"])
    op.create_table(
        "fsck_runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("begun_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fsck_runs")),
    )
    op.create_index(op.f("ix_fsck_runs_begun_at"), "fsck_runs", ["begun_at"])
