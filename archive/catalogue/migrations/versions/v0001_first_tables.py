"""The first tables: ledger, submissions, packages, documents, copies, cursors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.catalogue.database import guard_ledger

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cursors",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursors")),
    )
    op.create_table(
        "ledger",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
    )
    op.create_index(op.f("ix_ledger_event_seq"), "ledger", ["event", "seq"], unique=False)
    op.create_index(op.f("ix_ledger_subject_seq"), "ledger", ["subject", "seq"], unique=False)
    op.create_table(
        "ledger_end",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_end_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_end")),
    )
    op.create_table(
        "registration_numbers",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_registration_numbers")),
    )
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("registration_number", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("transfer_sha256", sa.String(length=64), nullable=False),
        sa.Column("transfer_size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", sa.String(27), nullable=False),
        sa.Column("received_legal_at", sa.String(27), nullable=False),
        sa.Column("agreement_name", sa.Text(), nullable=False),
        sa.Column("agreement_version", sa.Text(), nullable=False),
        sa.Column("agreement_sha256", sa.String(length=64), nullable=False),
        sa.Column("trust_list_version", sa.Text(), nullable=False),
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("client_key", sa.String(length=255), nullable=True),
        sa.Column("agency_code", sa.String(length=64), nullable=False),
        sa.Column("agency_name", sa.Text(), nullable=False),
        sa.Column("file_code", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("decision", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("content_removed_at", sa.String(27), nullable=True),
        sa.Column("remove_after", sa.String(27), nullable=True),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('received', 'checked', 'in_review', 'accepted', 'returned', 'refused', 'packaged', 'stored')",
            name=op.f("ck_submissions_known_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("aip_id", name=op.f("uq_submissions_aip_id")),
        sa.UniqueConstraint("client_key", name=op.f("uq_submissions_client_key")),
        sa.UniqueConstraint("registration_number", name=op.f("uq_submissions_registration_number")),
    )
    op.create_index(op.f("ix_submissions_file_code"), "submissions", ["file_code"], unique=False)
    op.create_index(op.f("ix_submissions_remove_after"), "submissions", ["remove_after"], unique=False)
    op.create_index(op.f("ix_submissions_state_id"), "submissions", ["state", "id"], unique=False)
    op.create_index(op.f("ix_submissions_transfer_sha256"), "submissions", ["transfer_sha256"], unique=False)
    op.create_table(
        "validation_material",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sha512", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_validation_material")),
    )
    op.create_table(
        "aips",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("file_code", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("profile_version", sa.String(length=64), nullable=False),
        sa.Column("object_key", sa.String(length=512), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("document_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_aips_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aips")),
        sa.UniqueConstraint("object_key", name=op.f("uq_aips_object_key")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_aips_submission_id")),
    )
    op.create_index(op.f("ix_aips_file_code"), "aips", ["file_code"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("ledger_seq", sa.BigInteger(), nullable=False),
        sa.Column("ledger_hash", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.String(27), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_receipts_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_receipts")),
    )
    op.create_table(
        "reports",
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("check_name", sa.String(length=64), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_reports_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", "check_name", name=op.f("pk_reports")),
    )
    op.create_table(
        "aip_validation",
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["aip_id"], ["aips.id"], name=op.f("fk_aip_validation_aip_id")),
        sa.ForeignKeyConstraint(["sha256"], ["validation_material.sha256"], name=op.f("fk_aip_validation_sha256")),
        sa.PrimaryKeyConstraint("aip_id", "sha256", name=op.f("pk_aip_validation")),
    )
    op.create_index(op.f("ix_aip_validation_sha256"), "aip_validation", ["sha256"], unique=False)
    op.create_table(
        "copies",
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("store", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("verified_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["aip_id"], ["aips.id"], name=op.f("fk_copies_aip_id")),
        sa.PrimaryKeyConstraint("aip_id", "store", name=op.f("pk_copies")),
    )
    op.create_index(op.f("ix_copies_state"), "copies", ["state"], unique=False)
    op.create_index(op.f("ix_copies_verified_at"), "copies", ["verified_at"], unique=False)
    op.create_table(
        "documents",
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sha512", sa.String(length=128), nullable=False),
        sa.Column("tar_offset", sa.BigInteger(), nullable=False),
        sa.Column("pronom", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("notation", sa.Text(), nullable=False),
        sa.Column("symbol_key", sa.String(length=255), nullable=True),
        sa.Column("identity_key", sa.Text(), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["aip_id"], ["aips.id"], name=op.f("fk_documents_aip_id")),
        sa.PrimaryKeyConstraint("aip_id", "ordinal", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_identity_key"), "documents", ["identity_key"], unique=False)
    op.create_index(op.f("ix_documents_sha256"), "documents", ["sha256"], unique=False)
    op.create_index(op.f("ix_documents_symbol_key"), "documents", ["symbol_key"], unique=False)
    op.create_table(
        "revisions",
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("length_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["aip_id", "ordinal"], ["documents.aip_id", "documents.ordinal"], name=op.f("fk_revisions_aip_id_ordinal")
        ),
        sa.PrimaryKeyConstraint("aip_id", "ordinal", "length_bytes", name=op.f("pk_revisions")),
    )
    op.create_index(op.f("ix_revisions_sha256"), "revisions", ["sha256"], unique=False)
    for statement in guard_ledger(op.get_bind().dialect.name):
        op.execute(statement)
