"""Danh mục, schedules and hồ sơ: what is kept how long."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agency_code", sa.String(length=64), nullable=False),
        sa.Column("file_code", sa.String(length=255), nullable=False),
        sa.Column("fonds_code", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("ended_year", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.String(27), nullable=True),
        sa.Column("period_kind", sa.String(length=16), nullable=False),
        sa.Column("period_years", sa.Integer(), nullable=True),
        sa.Column("period_event", sa.Text(), nullable=True),
        sa.Column("period_at_least", sa.Integer(), nullable=True),
        sa.Column("event_year", sa.Integer(), nullable=True),
        sa.Column("period_basis", sa.Text(), nullable=False),
        sa.Column("schedule_id", sa.String(length=64), nullable=True),
        sa.Column("schedule_version", sa.String(length=64), nullable=True),
        sa.Column("schedule_row", sa.String(length=64), nullable=True),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("profile_version", sa.String(length=64), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("transfer_due_on", sa.Date(), nullable=True),
        sa.Column("transferred_at", sa.String(27), nullable=True),
        sa.Column("paper_code", sa.String(length=255), nullable=False),
        sa.Column("paper_permanent", sa.Boolean(), nullable=False),
        sa.Column("paper_reason", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=True),
        sa.Column("plan_ordinal", sa.Integer(), nullable=True),
        sa.Column("transfer", sa.JSON(), nullable=True),
        sa.Column("round_id", sa.String(length=36), nullable=True),
        sa.Column("destroyed_at", sa.String(27), nullable=True),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'closed', 'transferred', 'in_round', 'destroying', 'destroyed')",
            name=op.f("ck_files_known_state"),
        ),
        sa.CheckConstraint(
            "period_kind IN ('permanent', 'years', 'event', 'undetermined')", name=op.f("ck_files_known_period")
        ),
        sa.CheckConstraint(
            "round_id IS NOT NULL OR state NOT IN ('in_round', 'destroying', 'destroyed')",
            name=op.f("ck_files_round_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("agency_code", "file_code", name=op.f("uq_files_agency_code_file_code")),
    )
    op.create_index(op.f("ix_files_state_review_on_id"), "files", ["state", "review_on", "id"])
    op.create_index(
        op.f("ix_files_agency_code_state_review_on_id"), "files", ["agency_code", "state", "review_on", "id"]
    )
    op.create_index(op.f("ix_files_state_transfer_due_on_id"), "files", ["state", "transfer_due_on", "id"])
    op.create_index(op.f("ix_files_round_id_id"), "files", ["round_id", "id"])
    op.create_index(op.f("ix_files_schedule_id_schedule_row_id"), "files", ["schedule_id", "schedule_row", "id"])
    op.create_index(op.f("ix_files_plan_id_plan_ordinal"), "files", ["plan_id", "plan_ordinal"])
    open_ended = sa.text("period_kind = 'event' AND event_year IS NULL")
    op.create_index(
        "ix_files_open_ended",
        "files",
        ["state", "ended_year", "id"],
        sqlite_where=open_ended,
        postgresql_where=open_ended,
    )
    op.create_index(
        "ix_files_open_ended_of_agency",
        "files",
        ["agency_code", "state", "ended_year", "id"],
        sqlite_where=open_ended,
        postgresql_where=open_ended,
    )
    held = sa.text("received_on IS NOT NULL AND state <> 'destroyed'")
    op.create_index("ix_files_held", "files", ["agency_code"], sqlite_where=held, postgresql_where=held)
    handed_over = sa.text("transferred_at IS NOT NULL")
    op.create_index(
        "ix_files_handed_over",
        "files",
        ["agency_code", "transferred_at"],
        sqlite_where=handed_over,
        postgresql_where=handed_over,
    )
    op.create_table(
        "file_aips",
        sa.Column("file_id", sa.String(length=36), nullable=False),
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "ordinal", name=op.f("pk_file_aips")),
        sa.UniqueConstraint("aip_id", name=op.f("uq_file_aips_aip_id")),
    )
    op.create_table(
        "agencies",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("alias_code", sa.String(length=64), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_agencies")),
        sa.UniqueConstraint("alias_code", name=op.f("uq_agencies_alias_code")),
    )
    op.create_table(
        "fonds",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("agency_code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("history", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_fonds")),
    )
    op.create_index(op.f("ix_fonds_agency_code_code"), "fonds", ["agency_code", "code"])
    op.create_table(
        "retention_schedules",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("agency_code", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("adopted_at", sa.String(27), nullable=False),
        sa.Column("adopted_by", sa.String(length=128), nullable=False),
        sa.Column("review_rows", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("review_after", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_retention_schedules")),
    )
    op.create_index(op.f("ix_retention_schedules_id_adopted_at"), "retention_schedules", ["id", "adopted_at"])
    op.create_table(
        "retention_reviews",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("file_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=255), nullable=False),
        sa.Column("opened_at", sa.String(27), nullable=False),
        sa.Column("decided_at", sa.String(27), nullable=True),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_reviews")),
    )
    op.create_index(
        op.f("ix_retention_reviews_file_id_opened_at_id"), "retention_reviews", ["file_id", "opened_at", "id"]
    )
    undecided = sa.text("decided_at IS NULL")
    op.create_index(
        "ix_retention_reviews_open",
        "retention_reviews",
        ["opened_at", "id"],
        sqlite_where=undecided,
        postgresql_where=undecided,
    )
    op.create_table(
        "file_plans",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agency_code", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.String(27), nullable=False),
        sa.Column("imported_by", sa.String(length=36), nullable=False),
        sa.Column("approved_at", sa.String(27), nullable=True),
        sa.Column("approved_by", sa.String(length=36), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'approved', 'superseded')", name=op.f("ck_file_plans_known_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_plans")),
        sa.UniqueConstraint("agency_code", "year", "version", name=op.f("uq_file_plans_agency_code_year_version")),
    )
    op.create_table(
        "file_plan_lines",
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("notation", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("period_kind", sa.String(length=16), nullable=False),
        sa.Column("period_years", sa.Integer(), nullable=True),
        sa.Column("period_event", sa.Text(), nullable=True),
        sa.Column("period_at_least", sa.Integer(), nullable=True),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "ordinal", name=op.f("pk_file_plan_lines")),
    )
    op.create_index(op.f("ix_file_plan_lines_plan_id_notation"), "file_plan_lines", ["plan_id", "notation"])
    op.create_table(
        "activity_reports",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("made_by", sa.String(length=128), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pdf_key", sa.String(length=512), nullable=False),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=False),
        sa.Column("pdf_size_bytes", sa.Integer(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("sent_number", sa.String(length=255), nullable=False),
        sa.Column("sent_at", sa.String(27), nullable=True),
        sa.Column("sent_by", sa.String(length=128), nullable=False),
        sa.CheckConstraint(
            "period IN ('first-half', 'second-half', 'year')", name=op.f("ck_activity_reports_known_period")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_reports")),
    )
    op.create_index(op.f("ix_activity_reports_due_on"), "activity_reports", ["due_on"])
