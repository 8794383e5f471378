"""The layout digest of each package; packages recorded before have none and are verified by their SHA-256."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("aips", sa.Column("layout_sha256", sa.String(length=64), nullable=True))
