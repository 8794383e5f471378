"""What destruction has done, and what remains of the destroyed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _tombstones()
    _work()
    _orders()


def _tombstones() -> None:
    op.create_table(
        "tombstones",
        sa.Column("file_id", sa.String(length=36), nullable=False),
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("agency_code", sa.String(length=64), nullable=False),
        sa.Column("file_code", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("decision_number", sa.String(length=255), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("list_sha256", sa.String(length=64), nullable=False),
        sa.Column("ended_year", sa.Integer(), nullable=True),
        sa.Column("period_text", sa.Text(), nullable=False),
        sa.Column("packages", sa.Integer(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("intended_at", sa.String(27), nullable=False),
        sa.Column("intended_seq", sa.BigInteger(), nullable=False),
        sa.Column("destroyed_at", sa.String(27), nullable=True),
        sa.Column("destroyed_seq", sa.BigInteger(), nullable=True),
        sa.Column("needles", sa.Integer(), nullable=False),
        sa.Column("needles_sha256", sa.String(length=64), nullable=True),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_tombstones")),
    )
    op.create_index(op.f("ix_tombstones_round_id_line"), "tombstones", ["round_id", "line"])
    op.create_index(op.f("ix_tombstones_file_code"), "tombstones", ["file_code"])
    op.create_index(op.f("ix_tombstones_agency_code_destroyed_at"), "tombstones", ["agency_code", "destroyed_at"])
    op.create_index(op.f("ix_tombstones_intended_at_file_id"), "tombstones", ["intended_at", "file_id"])
    op.create_table(
        "tombstone_packages",
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("file_id", sa.String(length=36), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("registration_number", sa.String(length=32), nullable=False),
        sa.Column("object_key", sa.String(length=512), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("transfer_sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("aip_id", name=op.f("pk_tombstone_packages")),
    )
    op.create_index(op.f("ix_tombstone_packages_file_id"), "tombstone_packages", ["file_id"])
    op.create_index(op.f("ix_tombstone_packages_submission_id"), "tombstone_packages", ["submission_id"])
    op.create_index(op.f("ix_tombstone_packages_object_key"), "tombstone_packages", ["object_key"])
    op.create_table(
        "tombstone_documents",
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sha512", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("aip_id", "ordinal", name=op.f("pk_tombstone_documents")),
    )
    op.create_index(op.f("ix_tombstone_documents_sha256"), "tombstone_documents", ["sha256"])
    op.create_table(
        "tombstone_submissions",
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("file_id", sa.String(length=36), nullable=False),
        sa.Column("registration_number", sa.String(length=32), nullable=False),
        sa.Column("transfer_sha256", sa.String(length=64), nullable=False),
        sa.Column("transfer_size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_tombstone_submissions")),
    )
    op.create_index(op.f("ix_tombstone_submissions_file_id"), "tombstone_submissions", ["file_id"])
    op.create_index(
        op.f("ix_tombstone_submissions_registration_number"), "tombstone_submissions", ["registration_number"]
    )


def _work() -> None:
    op.create_table(
        "destruction_work",
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("file_id", sa.String(length=36), nullable=False),
        sa.Column("place", sa.String(length=160), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("locked_until", sa.String(27), nullable=True),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.CheckConstraint(
            "state IN ('due', 'removed', 'absent', 'unreachable', 'locked')",
            name=op.f("ck_destruction_work_known_state"),
        ),
        sa.PrimaryKeyConstraint("round_id", "file_id", "place", name=op.f("pk_destruction_work")),
    )
    op.create_index(op.f("ix_destruction_work_round_id_state"), "destruction_work", ["round_id", "state"])
    op.create_index(op.f("ix_destruction_work_state_locked_until"), "destruction_work", ["state", "locked_until"])
    op.create_table(
        "absence_runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("verifier_id", sa.String(length=36), nullable=False),
        sa.Column("executor_id", sa.String(length=36), nullable=False),
        sa.Column("begun_at", sa.String(27), nullable=False),
        sa.Column("begun_seq", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("report_sha256", sa.String(length=64), nullable=True),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint("verifier_id <> executor_id", name=op.f("ck_absence_runs_another_person")),
        sa.CheckConstraint("verdict IN ('absent', 'found', 'not-proven')", name=op.f("ck_absence_runs_known_verdict")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence_runs")),
    )
    op.create_index(op.f("ix_absence_runs_round_id_begun_at"), "absence_runs", ["round_id", "begun_at"])
    op.create_table(
        "destruction_certificates",
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("issued_at", sa.String(27), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("printed_key", sa.String(length=512), nullable=True),
        sa.Column("printed_sha256", sa.String(length=64), nullable=True),
        sa.Column("printed_size_bytes", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_destruction_certificates")),
    )
    op.create_index(op.f("ix_destruction_certificates_printed_key"), "destruction_certificates", ["printed_key"])


def _orders() -> None:
    op.create_table(
        "destruction_orders",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("asked_at", sa.String(27), nullable=False),
        sa.Column("tried_at", sa.String(27), nullable=True),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("outcome", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint("kind IN ('destroy', 'look')", name=op.f("ck_destruction_orders_known_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_orders")),
    )
    op.create_index(op.f("ix_destruction_orders_round_id_asked_at"), "destruction_orders", ["round_id", "asked_at"])
    op.create_index(op.f("ix_destruction_orders_ended_at_asked_at"), "destruction_orders", ["ended_at", "asked_at"])
