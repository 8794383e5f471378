"""Signed checkpoints of the ledger, what was copied to which store, and which rows have changed since.

The triggers that fill ``row_changes`` are made by ``archive.catalogue.change_capture`` after the last migration, so that
tables of later versions have theirs, and tables a migration had to build anew get them back.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "checkpoints",
        sa.Column("number", big, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("ledger_last", sa.BigInteger(), nullable=False),
        sa.Column("last_change", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_checkpoints")),
    )
    op.create_index(op.f("ix_checkpoints_kind_number"), "checkpoints", ["kind", "number"])
    op.create_table(
        "checkpoint_timestamps",
        sa.Column("number", big, autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("token_base64", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_checkpoint_timestamps")),
    )
    op.create_table(
        "shipments",
        sa.Column("store", sa.String(length=128), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("timestamp_number", sa.BigInteger(), nullable=False),
        sa.Column("verified_number", sa.BigInteger(), nullable=False),
        sa.Column("verified_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("store", name=op.f("pk_shipments")),
    )
    op.create_table(
        "sealing_lease",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("taken_at", sa.String(length=27), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_sealing_lease_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_lease")),
    )
    op.create_table(
        "row_changes",
        sa.Column("change", big, autoincrement=True, nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("change", name=op.f("pk_row_changes")),
        sqlite_autoincrement=True,
    )
