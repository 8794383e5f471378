"""What people ask for about papers of rounds, and what is known of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper_orders",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("work", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("asked_at", sa.String(27), nullable=False),
        sa.Column("tried_at", sa.String(27), nullable=True),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("object_key", sa.String(length=512), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("outcome", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint("work IN ('print', 'judge', 'dossier')", name=op.f("ck_paper_orders_known_work")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_orders")),
    )
    op.create_index(op.f("ix_paper_orders_round_id_asked_at"), "paper_orders", ["round_id", "asked_at"])
    op.create_index(op.f("ix_paper_orders_ended_at_asked_at"), "paper_orders", ["ended_at", "asked_at"])
    op.create_index(op.f("ix_paper_orders_object_key"), "paper_orders", ["object_key"])
    op.create_table(
        "paper_particulars",
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.Column("organ", sa.Text(), nullable=False),
        sa.Column("number", sa.String(length=255), nullable=False),
        sa.Column("notation", sa.String(length=255), nullable=False),
        sa.Column("issued", sa.Date(), nullable=True),
        sa.Column("judgement", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("round_id", "kind", "ordinal", name=op.f("pk_paper_particulars")),
    )
