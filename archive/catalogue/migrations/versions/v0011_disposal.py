"""Holds and destruction rounds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.catalogue.disposal_tables import guard_destruction

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rounds",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("agency_code", sa.String(length=64), nullable=False),
        sa.Column("archive_kind", sa.String(length=16), nullable=False),
        sa.Column("submitting", sa.Boolean(), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("profile_version", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.String(27), nullable=False),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.Column("council_number", sa.String(length=255), nullable=True),
        sa.Column("council_decided_on", sa.Date(), nullable=True),
        sa.Column("list_sha256", sa.String(length=64), nullable=True),
        sa.Column("frozen_at", sa.String(27), nullable=True),
        sa.Column("abandoned_reason", sa.Text(), nullable=True),
        sa.Column("dossier_aip_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("archive_kind IN ('current', 'historical')", name=op.f("ck_rounds_known_kind")),
        sa.CheckConstraint(
            "state IN ('drawn_up', 'submitted', 'council_formed', 'concluded', 'appraised', 'frozen', "
            "'decided', 'papers_complete', 'handed_over', 'executing', 'verified', "
            "'minutes_made', 'dossier_stored', 'completed', 'abandoned')",
            name=op.f("ck_rounds_known_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("code", name=op.f("uq_rounds_code")),
    )
    op.create_index(op.f("ix_rounds_opened_at_id"), "rounds", ["opened_at", "id"])
    op.create_index(op.f("ix_rounds_state_opened_at_id"), "rounds", ["state", "opened_at", "id"])
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("case_code", sa.String(length=255), nullable=False),
        sa.Column("query", sa.JSON(), nullable=True),
        sa.Column("query_sha256", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("file_count", sa.Integer(), nullable=False),
        sa.Column("list_sha256", sa.String(length=64), nullable=False),
        sa.Column("placed_by", sa.String(length=36), nullable=False),
        sa.Column("placed_at", sa.String(27), nullable=False),
        sa.Column("released_by", sa.String(length=36), nullable=True),
        sa.Column("released_at", sa.String(27), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('case', 'query', 'file')", name=op.f("ck_holds_known_kind")),
        sa.CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name=op.f("ck_holds_released_by_somebody")),
        sa.ForeignKeyConstraint(["placed_by"], ["accounts.id"], name=op.f("fk_holds_placed_by")),
        sa.ForeignKeyConstraint(["released_by"], ["accounts.id"], name=op.f("fk_holds_released_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_placed_at_id"), "holds", ["placed_at", "id"])
    op.create_index(op.f("ix_holds_released_at_until"), "holds", ["released_at", "until"])
    op.create_table(
        "round_opinions",
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("number", sa.String(length=255), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", sa.String(27), nullable=False),
        sa.CheckConstraint("verdict IN ('agrees', 'objects')", name=op.f("ck_round_opinions_known_verdict")),
        sa.ForeignKeyConstraint(["recorded_by"], ["accounts.id"], name=op.f("fk_round_opinions_recorded_by")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_opinions_round_id")),
        sa.PrimaryKeyConstraint("round_id", "ordinal", name=op.f("pk_round_opinions")),
    )
    op.create_table(
        "round_papers",
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("object_key", sa.String(length=512), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("list_sha256", sa.String(length=64), nullable=False),
        sa.Column("decision_ordinal", sa.Integer(), nullable=True),
        sa.Column("signature", sa.String(length=16), nullable=False),
        sa.Column("signers", sa.JSON(), nullable=False),
        sa.Column("attached_by", sa.String(length=36), nullable=False),
        sa.Column("attached_at", sa.String(27), nullable=False),
        sa.CheckConstraint(
            "signature IN ('valid', 'invalid', 'indeterminate', 'unsigned')",
            name=op.f("ck_round_papers_known_signature"),
        ),
        sa.ForeignKeyConstraint(["attached_by"], ["accounts.id"], name=op.f("fk_round_papers_attached_by")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_papers_round_id")),
        sa.PrimaryKeyConstraint("round_id", "kind", "ordinal", name=op.f("pk_round_papers")),
    )
    op.create_index(op.f("ix_round_papers_object_key"), "round_papers", ["object_key"])
    op.create_table(
        "round_persons",
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("duty", sa.String(length=16), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("appointed_by", sa.String(length=36), nullable=False),
        sa.Column("appointed_at", sa.String(27), nullable=False),
        sa.CheckConstraint(
            "duty IN ('proposer', 'chairman', 'secretary', 'unit', 'expert', 'approver', 'executor')",
            name=op.f("ck_round_persons_known_duty"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_round_persons_account_id")),
        sa.ForeignKeyConstraint(["appointed_by"], ["accounts.id"], name=op.f("fk_round_persons_appointed_by")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_persons_round_id")),
        sa.PrimaryKeyConstraint("round_id", "account_id", name=op.f("pk_round_persons")),
        sa.UniqueConstraint("round_id", "account_id", "duty", name=op.f("uq_round_persons_round_id_account_id_duty")),
        sa.UniqueConstraint("round_id", "ordinal", name=op.f("uq_round_persons_round_id_ordinal")),
    )
    op.create_index(op.f("ix_round_persons_account_id"), "round_persons", ["account_id"])
    op.create_table(
        "round_sessions",
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.String(length=36), nullable=False),
        sa.Column("opened_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["opened_by"], ["accounts.id"], name=op.f("fk_round_sessions_opened_by")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_sessions_round_id")),
        sa.PrimaryKeyConstraint("round_id", "number", name=op.f("pk_round_sessions")),
    )
    op.create_table(
        "hold_files",
        sa.Column("hold_id", sa.String(length=36), nullable=False),
        sa.Column("file_id", sa.String(length=36), nullable=False),
        sa.Column("too_late_since", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_hold_files_hold_id")),
        sa.PrimaryKeyConstraint("hold_id", "file_id", name=op.f("pk_hold_files")),
    )
    op.create_index(op.f("ix_hold_files_file_id"), "hold_files", ["file_id"])
    op.create_table(
        "hold_pieces",
        sa.Column("hold_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_ids", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_hold_pieces_hold_id")),
        sa.PrimaryKeyConstraint("hold_id", "number", name=op.f("pk_hold_pieces")),
    )
    op.create_table(
        "round_decisions",
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=255), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("list_sha256", sa.String(length=64), nullable=False),
        sa.Column("titles_stay", sa.Boolean(), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=False),
        sa.Column("duty", sa.String(length=16), nullable=False),
        sa.Column("recorded_at", sa.String(27), nullable=False),
        sa.CheckConstraint("duty IN ('approver')", name=op.f("ck_round_decisions_by_the_approver")),
        sa.ForeignKeyConstraint(
            ["round_id", "decided_by", "duty"],
            ["round_persons.round_id", "round_persons.account_id", "round_persons.duty"],
            name=op.f("fk_round_decisions_round_id_decided_by_duty"),
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_decisions_round_id")),
        sa.PrimaryKeyConstraint("round_id", "ordinal", name=op.f("pk_round_decisions")),
    )
    op.create_table(
        "round_lines",
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.String(length=36), nullable=False),
        sa.Column("agency_code", sa.String(length=64), nullable=False),
        sa.Column("file_code", sa.String(length=255), nullable=False),
        sa.Column("came_from", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("duplicate_of", sa.String(length=36), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("period_sha256", sa.String(length=64), nullable=False),
        sa.Column("packages_sha256", sa.String(length=64), nullable=False),
        sa.Column("rights_sha256", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("extend_years", sa.Integer(), nullable=True),
        sa.Column("line_sha256", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("settled_at", sa.String(27), nullable=True),
        sa.Column("settled_by", sa.String(length=36), nullable=True),
        sa.Column("settled_duty", sa.String(length=16), nullable=True),
        sa.Column("settled_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("came_from IN ('closed', 'transferred')", name=op.f("ck_round_lines_known_origin")),
        sa.CheckConstraint("outcome IN ('destroy', 'extend', 'permanent')", name=op.f("ck_round_lines_known_outcome")),
        sa.CheckConstraint("reason IN ('expired', 'duplicate')", name=op.f("ck_round_lines_known_reason")),
        sa.CheckConstraint("settled_duty IN ('executor')", name=op.f("ck_round_lines_begun_by_duty")),
        sa.CheckConstraint(
            "state <> 'destroying' OR (settled_duty IS NOT NULL AND settled_by IS NOT NULL AND settled_at IS NOT NULL)",
            name=op.f("ck_round_lines_begun_by_executor"),
        ),
        sa.CheckConstraint(
            "state IN ('listed', 'void', 'set_aside', 'kept', 'destroying')", name=op.f("ck_round_lines_known_state")
        ),
        sa.ForeignKeyConstraint(
            ["round_id", "settled_by", "settled_duty"],
            ["round_persons.round_id", "round_persons.account_id", "round_persons.duty"],
            name=op.f("fk_round_lines_round_id_settled_by_settled_duty"),
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_lines_round_id")),
        sa.ForeignKeyConstraint(["settled_by"], ["accounts.id"], name=op.f("fk_round_lines_settled_by")),
        sa.PrimaryKeyConstraint("round_id", "ordinal", name=op.f("pk_round_lines")),
        sa.UniqueConstraint("round_id", "file_id", name=op.f("uq_round_lines_round_id_file_id")),
    )
    op.create_index(op.f("ix_round_lines_file_id"), "round_lines", ["file_id"])
    op.create_index(op.f("ix_round_lines_round_id_state"), "round_lines", ["round_id", "state"])
    op.create_table(
        "round_votes",
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("session", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("duty", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("extend_years", sa.Integer(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("cast_at", sa.String(27), nullable=False),
        sa.CheckConstraint(
            "duty IN ('chairman', 'secretary', 'unit', 'expert')", name=op.f("ck_round_votes_of_the_council")
        ),
        sa.CheckConstraint("outcome IN ('destroy', 'extend', 'permanent')", name=op.f("ck_round_votes_known_outcome")),
        sa.ForeignKeyConstraint(
            ["round_id", "account_id", "duty"],
            ["round_persons.round_id", "round_persons.account_id", "round_persons.duty"],
            name=op.f("fk_round_votes_round_id_account_id_duty"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id", "line"],
            ["round_lines.round_id", "round_lines.ordinal"],
            name=op.f("fk_round_votes_round_id_line"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id", "session"],
            ["round_sessions.round_id", "round_sessions.number"],
            name=op.f("fk_round_votes_round_id_session"),
        ),
        sa.PrimaryKeyConstraint("round_id", "line", "session", "account_id", name=op.f("pk_round_votes")),
    )
    for statement in guard_destruction(op.get_bind().dialect.name):
        op.execute(statement)
