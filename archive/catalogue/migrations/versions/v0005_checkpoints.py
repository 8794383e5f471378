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
    op.create_table(
        "backups",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("begun_at", sa.String(length=27), nullable=False),
        sa.Column("ended_at", sa.String(length=27), nullable=True),
        sa.Column("removed_at", sa.String(length=27), nullable=True),
        sa.Column("after_seq", sa.BigInteger(), nullable=False),
        sa.Column("to_seq", sa.BigInteger(), nullable=False),
        sa.Column("checkpoint", sa.BigInteger(), nullable=False),
        sa.Column("hoso", sa.BigInteger(), nullable=False),
        sa.Column("documents", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=True),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_backups")),
    )
    op.create_index(op.f("ix_backups_state_begun_at"), "backups", ["state", "begun_at"])
    op.create_index(op.f("ix_backups_kind_begun_at"), "backups", ["kind", "begun_at"])
    op.create_table(
        "drills",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("store", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("begun_at", sa.String(length=27), nullable=False),
        sa.Column("ended_at", sa.String(length=27), nullable=True),
        sa.Column("checkpoint", sa.BigInteger(), nullable=False),
        sa.Column("packages", sa.BigInteger(), nullable=False),
        sa.Column("differences", sa.BigInteger(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drills")),
    )
    op.create_index(op.f("ix_drills_store_begun_at"), "drills", ["store", "begun_at"])
    op.create_index(op.f("ix_drills_begun_at"), "drills", ["begun_at"])
    # What a package says of a document nobody could identify, the catalogue says too: a rebuilt one is the same.
    op.execute("UPDATE documents SET media_type = 'application/octet-stream' WHERE media_type = ''")
