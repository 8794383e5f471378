"""The storage policies there were, and what moves between stores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "storage_policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("adopted_at", sa.String(27), nullable=False),
        sa.Column("adopted_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_storage_policies")),
    )
    op.create_table(
        "storage_places",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("added_at", sa.String(27), nullable=False),
        sa.Column("filled_after", sa.String(length=36), nullable=True),
        sa.Column("retired_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_storage_places")),
    )
    op.create_table(
        "medium_moves",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("store", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("began_at", sa.String(27), nullable=False),
        sa.Column("began_by", sa.String(length=128), nullable=False),
        sa.Column("old_place", sa.JSON(), nullable=False),
        sa.Column("new_place", sa.JSON(), nullable=False),
        sa.Column("from_seq", sa.BigInteger(), nullable=False),
        sa.Column("after_key", sa.String(length=512), nullable=False),
        sa.Column("objects", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medium_moves")),
    )
    op.create_index(op.f("ix_medium_moves_store_began_at"), "medium_moves", ["store", "began_at"])
    op.create_index(
        "ix_copies_awaited",
        "copies",
        ["store", "verified_at", "aip_id"],
        sqlite_where=sa.text("state = 'awaited'"),
        postgresql_where=sa.text("state = 'awaited'"),
    )
