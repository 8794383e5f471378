"""What each machine has to look through when absence is proven."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "absence_parts",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("machine", sa.String(length=255), nullable=False),
        sa.Column("recipient", sa.String(length=128), nullable=False),
        sa.Column("needles", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.String(27), nullable=True),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "machine", name=op.f("pk_absence_parts")),
    )
    op.create_index(op.f("ix_absence_parts_machine_ended_at"), "absence_parts", ["machine", "ended_at"])
