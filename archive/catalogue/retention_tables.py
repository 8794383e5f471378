"""The tables of retention: hồ sơ with their periods, and the packages each is made of."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from archive.catalogue.columns import Instant
from archive.catalogue.tables import metadata
from archive.retention.file_state import FileState
from archive.retention.period import PeriodKind

_ID = String(36)


def _one_of(column: str, values: type[FileState] | type[PeriodKind]) -> str:
    return "{} IN ({})".format(column, ", ".join(f"'{value}'" for value in values))


files = Table(
    "files",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("agency_code", String(64), nullable=False),
    Column("file_code", String(255), nullable=False),
    Column("fonds_code", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("opened_on", Date, nullable=True),
    # When the first package of it was taken in; null for what is only planned.
    Column("received_on", Date, nullable=True),
    # Năm công việc kết thúc; the period counts from the first day of the year after it.
    Column("ended_year", Integer, nullable=True),
    Column("closed_at", Instant, nullable=True),
    Column("period_kind", String(16), nullable=False),
    Column("period_years", Integer, nullable=True),
    Column("period_event", Text, nullable=True),
    Column("period_at_least", Integer, nullable=True),
    Column("event_year", Integer, nullable=True),
    Column("period_basis", Text, nullable=False),
    Column("schedule_id", String(64), nullable=True),
    Column("schedule_version", String(64), nullable=True),
    Column("schedule_row", String(64), nullable=True),
    Column("profile", String(64), nullable=False),
    Column("profile_version", String(64), nullable=False),
    # 1 January of the year after the period runs out; null as long as that cannot be said (permanent, open, event).
    Column("review_on", Date, nullable=True),
    Column("transfer_due_on", Date, nullable=True),
    Column("transferred_at", Instant, nullable=True),
    Column("paper_code", String(255), nullable=False),
    Column("paper_permanent", Boolean, nullable=False),
    Column("paper_reason", Text, nullable=False),
    Column("plan_id", _ID, nullable=True),
    Column("plan_ordinal", Integer, nullable=True),
    Column("transfer", JSON(none_as_null=True), nullable=True),
    Column("round_id", _ID, nullable=True),
    Column("destroyed_at", Instant, nullable=True),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("agency_code", "file_code"),
    CheckConstraint(_one_of("state", FileState), name="known_state"),
    CheckConstraint(_one_of("period_kind", PeriodKind), name="known_period"),
    CheckConstraint("round_id IS NOT NULL OR state NOT IN ('in_round', 'destroying', 'destroyed')", name="round_known"),
    Index(None, "state", "review_on", "id"),
    Index(None, "agency_code", "state", "review_on", "id"),
    Index(None, "state", "transfer_due_on", "id"),
    Index(None, "round_id", "id"),
    Index(None, "schedule_id", "schedule_row", "id"),
    Index(None, "plan_id", "plan_ordinal"),
    # Until an event that has not come to pass: never due, and yet to be seen.
    Index(
        "ix_files_open_ended",
        "state",
        "ended_year",
        "id",
        sqlite_where=text("period_kind = 'event' AND event_year IS NULL"),
        postgresql_where=text("period_kind = 'event' AND event_year IS NULL"),
    ),
    Index(
        "ix_files_open_ended_of_agency",
        "agency_code",
        "state",
        "ended_year",
        "id",
        sqlite_where=text("period_kind = 'event' AND event_year IS NULL"),
        postgresql_where=text("period_kind = 'event' AND event_year IS NULL"),
    ),
    # What the regular reports count, agency by agency.
    Index(
        "ix_files_held",
        "agency_code",
        sqlite_where=text("received_on IS NOT NULL AND state <> 'destroyed'"),
        postgresql_where=text("received_on IS NOT NULL AND state <> 'destroyed'"),
    ),
    Index(
        "ix_files_handed_over",
        "agency_code",
        "transferred_at",
        sqlite_where=text("transferred_at IS NOT NULL"),
        postgresql_where=text("transferred_at IS NOT NULL"),
    ),
)

file_aips = Table(
    "file_aips",
    metadata,
    Column("file_id", _ID, nullable=False),
    Column("aip_id", _ID, nullable=False),
    Column("ordinal", Integer, nullable=False),
    PrimaryKeyConstraint("file_id", "ordinal"),
    UniqueConstraint("aip_id"),
)
"""Which packages a hồ sơ is made of: 1 the first, then its supplements. No foreign key: packages go, this is destroyed last."""

agencies = Table(
    "agencies",
    metadata,
    Column("code", String(64), primary_key=True),
    # The same agency's code of the other syntax (13 characters, or up to 35).
    Column("alias_code", String(64), nullable=True),
    Column("name", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("alias_code"),
)

fonds = Table(
    "fonds",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("agency_code", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("history", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Index(None, "agency_code", "code"),
)

retention_schedules = Table(
    "retention_schedules",
    metadata,
    Column("id", String(64), nullable=False),
    Column("version", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("agency_code", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("effective_to", Date, nullable=True),
    Column("sha256", String(64), nullable=False),
    Column("content", JSON, nullable=False),
    Column("adopted_at", Instant, nullable=False),
    Column("adopted_by", String(128), nullable=False),
    # Rows whose hồ sơ are still to be put up for review, and behind which id of the first of them; null when all are.
    Column("review_rows", JSON(none_as_null=True), nullable=True),
    Column("review_after", _ID, nullable=False),
    PrimaryKeyConstraint("id", "version"),
    Index(None, "id", "adopted_at"),
)

retention_reviews = Table(
    "retention_reviews",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("file_id", _ID, nullable=False),
    Column("reason", String(32), nullable=False),
    # The schedule, version and row that changed; empty for what is undetermined.
    Column("about", String(255), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("decided_at", Instant, nullable=True),
    Column("decided_by", _ID, nullable=True),
    Column("decision", String(16), nullable=True),
    Column("note", Text, nullable=False),
    Index(None, "file_id", "opened_at", "id"),
    Index(
        "ix_retention_reviews_open",
        "opened_at",
        "id",
        sqlite_where=text("decided_at IS NULL"),
        postgresql_where=text("decided_at IS NULL"),
    ),
)

file_plans = Table(
    "file_plans",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("agency_code", String(64), nullable=False),
    Column("year", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("basis", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("imported_by", _ID, nullable=False),
    Column("approved_at", Instant, nullable=True),
    Column("approved_by", _ID, nullable=True),
    UniqueConstraint("agency_code", "year", "version"),
    CheckConstraint("state IN ('draft', 'approved', 'superseded')", name="known_state"),
)

file_plan_lines = Table(
    "file_plan_lines",
    metadata,
    Column("plan_id", _ID, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("heading", Text, nullable=False),
    Column("notation", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("period_kind", String(16), nullable=False),
    Column("period_years", Integer, nullable=True),
    Column("period_event", Text, nullable=True),
    Column("period_at_least", Integer, nullable=True),
    Column("maker", Text, nullable=False),
    Column("note", Text, nullable=False),
    PrimaryKeyConstraint("plan_id", "ordinal"),
    Index(None, "plan_id", "notation"),
)

activity_reports = Table(
    "activity_reports",
    metadata,
    # The year and the reported time: 2026-first-half.
    Column("id", String(32), primary_key=True),
    Column("period", String(16), nullable=False),
    Column("year", Integer, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", String(128), nullable=False),
    # The data of the paper, and the digest of its canonical form; its PDF/A lies in the stores.
    Column("document", JSON, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("pdf_key", String(512), nullable=False),
    Column("pdf_sha256", String(64), nullable=False),
    Column("pdf_size_bytes", Integer, nullable=False),
    Column("sent_on", Date, nullable=True),
    Column("sent_number", String(255), nullable=False),
    Column("sent_at", Instant, nullable=True),
    Column("sent_by", String(128), nullable=False),
    CheckConstraint("period IN ('first-half', 'second-half', 'year')", name="known_period"),
    Index(None, "due_on"),
)
