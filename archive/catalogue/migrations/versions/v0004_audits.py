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


def upgrade() -> None:
    _copies()
    _audits()


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
