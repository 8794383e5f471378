"""What is known of sealed packages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sealed_aips",
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("key_id", sa.String(length=62), nullable=False),
        sa.Column("plain_sha256", sa.String(length=64), nullable=False),
        sa.Column("plain_size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("aip_id", name=op.f("pk_sealed_aips")),
    )
    op.create_index(op.f("ix_sealed_aips_key_id"), "sealed_aips", ["key_id"])
    op.create_table(
        "replaced_objects",
        sa.Column("object_key", sa.String(length=512), nullable=False),
        sa.Column("store", sa.String(length=128), nullable=False),
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("object_key", "store", name=op.f("pk_replaced_objects")),
    )
    op.create_index(op.f("ix_replaced_objects_aip_id"), "replaced_objects", ["aip_id"])
