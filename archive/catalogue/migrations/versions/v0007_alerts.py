"""Alerts and their delivery."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_OPEN = sa.text("resolved_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.String(27), nullable=False),
        sa.Column("last_at", sa.String(27), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.String(27), nullable=False),
        sa.Column("acknowledged_at", sa.String(27), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=128), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.String(27), nullable=True),
        sa.CheckConstraint("severity IN ('red', 'yellow', 'info')", name=op.f("ck_alerts_known_severity")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_alerts")),
    )
    op.create_index(
        "uq_alerts_open", "alerts", ["code", "subject"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_index(op.f("ix_alerts_resolved_at_severity"), "alerts", ["resolved_at", "severity"])
    op.create_table(
        "alert_notices",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("alert", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["alert"], ["alerts.number"], name=op.f("fk_alert_notices_alert")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_alert_notices")),
    )
    op.create_index(op.f("ix_alert_notices_taken_at_number"), "alert_notices", ["taken_at", "number"])
    op.create_index(op.f("ix_alert_notices_alert"), "alert_notices", ["alert"])
    op.create_table(
        "alert_deliveries",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("notices", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("due_at", sa.String(27), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.String(27), nullable=True),
        sa.Column("last_at", sa.String(27), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("delivered_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_alert_deliveries")),
    )
    op.create_index(
        op.f("ix_alert_deliveries_delivered_at_channel_number"),
        "alert_deliveries",
        ["delivered_at", "channel", "number"],
    )
