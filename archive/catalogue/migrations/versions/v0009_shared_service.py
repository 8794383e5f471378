"""What several service machines share: uploads, used logins, counts; and by which token a token was minted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("length_bytes", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("client_key", sa.String(length=255), nullable=True),
        sa.Column("sent_metadata", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("offset_bytes", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.String(27), nullable=False),
        sa.Column("finishing_until", sa.String(27), nullable=True),
        sa.Column("became", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_account_id"), "uploads", ["account_id"])
    op.create_index(op.f("ix_uploads_moved_at"), "uploads", ["moved_at"])
    op.create_table(
        "upload_parts",
        sa.Column("upload_id", sa.String(length=36), nullable=False),
        sa.Column("offset_bytes", sa.BigInteger(), nullable=False),
        sa.Column("length_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name=op.f("fk_upload_parts_upload_id")),
        sa.PrimaryKeyConstraint("upload_id", "offset_bytes", name=op.f("pk_upload_parts")),
    )
    op.create_table(
        "used_logins",
        sa.Column("state_sha256", sa.String(length=64), nullable=False),
        sa.Column("until", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("state_sha256", name=op.f("pk_used_logins")),
    )
    op.create_index(op.f("ix_used_logins_until"), "used_logins", ["until"])
    op.create_table(
        "rate_windows",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("begun_at", sa.String(27), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "begun_at", name=op.f("pk_rate_windows")),
    )
    op.create_index(op.f("ix_rate_windows_begun_at"), "rate_windows", ["begun_at"])
    op.add_column("tokens", sa.Column("minted_by", sa.String(length=36), nullable=True))
