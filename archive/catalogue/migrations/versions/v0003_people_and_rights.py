"""Who handed a submission in, client keys per owner, and the tables of people and rights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OWNED_BY = "CASE WHEN owner = '' THEN agency_code ELSE owner END"
_COLUMNS = (
    "id, registration_number, state, source_name, transfer_sha256, transfer_size_bytes, entered_at, "
    "received_legal_at, agreement_name, agreement_version, agreement_sha256, trust_list_version, aip_id, client_key, "
    "agency_code, agency_name, file_code, title, decision, content_removed_at, remove_after, last_seq"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_submissions()
    else:
        op.add_column("submissions", sa.Column("owner", sa.String(length=64), server_default="", nullable=False))
        op.alter_column("submissions", "owner", server_default=None)
        op.add_column(
            "submissions", sa.Column("owned_by", sa.String(length=64), sa.Computed(_OWNED_BY, persisted=True))
        )
        op.drop_constraint(op.f("uq_submissions_client_key"), "submissions", type_="unique")
        op.create_unique_constraint(op.f("uq_submissions_owner_client_key"), "submissions", ["owner", "client_key"])
    op.create_index(op.f("ix_submissions_owner_id"), "submissions", ["owner", "id"])
    op.create_index(op.f("ix_submissions_owned_by_entered_at_id"), "submissions", ["owned_by", "entered_at", "id"])
    op.create_index(op.f("ix_submissions_state_entered_at_id"), "submissions", ["state", "entered_at", "id"])
    op.create_index(op.f("ix_submissions_entered_at_id"), "submissions", ["entered_at", "id"])
    _people()
    _rights()


def _rebuild_submissions() -> None:
    """SQLite cannot drop the old uniqueness of ``client_key`` in place: the rows move out, and into the new table.

    Rows of other tables that point at a submission are orphans in between; the database counts them, and commits only
    when the rows that came back took every one of them in again.
    """
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute(f"CREATE TABLE submissions_before AS SELECT {_COLUMNS} FROM submissions")
    op.drop_table("submissions")
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
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("owned_by", sa.String(length=64), sa.Computed(_OWNED_BY, persisted=True)),
        sa.CheckConstraint(
            "state IN ('received', 'checked', 'in_review', 'accepted', 'returned', 'refused', 'packaged', 'stored')",
            name=op.f("ck_submissions_known_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("aip_id", name=op.f("uq_submissions_aip_id")),
        sa.UniqueConstraint("owner", "client_key", name=op.f("uq_submissions_owner_client_key")),
        sa.UniqueConstraint("registration_number", name=op.f("uq_submissions_registration_number")),
    )
    op.execute(f"INSERT INTO submissions ({_COLUMNS}, owner) SELECT {_COLUMNS}, '' FROM submissions_before ORDER BY id")
    op.drop_table("submissions_before")
    op.create_index(op.f("ix_submissions_file_code"), "submissions", ["file_code"])
    op.create_index(op.f("ix_submissions_remove_after"), "submissions", ["remove_after"])
    op.create_index(op.f("ix_submissions_state_id"), "submissions", ["state", "id"])
    op.create_index(op.f("ix_submissions_transfer_sha256"), "submissions", ["transfer_sha256"])


def _people() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("agency_code", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("oidc_issuer", sa.String(length=255), nullable=True),
        sa.Column("oidc_subject", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("disabled_at", sa.String(27), nullable=True),
        sa.CheckConstraint(
            "role IN ('agency', 'archivist', 'head', 'auditor', 'administrator')", name=op.f("ck_accounts_known_role")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("username", name=op.f("uq_accounts_username")),
        sa.UniqueConstraint("oidc_issuer", "oidc_subject", name=op.f("uq_accounts_oidc_issuer_oidc_subject")),
    )
    op.create_index(op.f("ix_accounts_role_disabled_at"), "accounts", ["role", "disabled_at"])
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("label", sa.String(length=255), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("revoked_at", sa.String(27), nullable=True),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_tokens_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_tokens_secret_sha256")),
    )
    op.create_index(op.f("ix_tokens_account_id_created_at"), "tokens", ["account_id", "created_at"])
    op.create_table(
        "failed_attempts",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.String(27), nullable=False),
        sa.Column("blocked_until", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_failed_attempts")),
    )
    op.create_index(op.f("ix_failed_attempts_first_at"), "failed_attempts", ["first_at"])
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_saved_searches_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_saved_searches_account_id_name")),
    )


def _rights() -> None:
    op.create_table(
        "usage_modes",
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decision_number", sa.String(length=255), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.String(length=36), nullable=False),
        sa.Column("decided_at", sa.String(27), nullable=False),
        sa.Column("changed_seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("mode IN ('open', 'conditional', 'restricted')", name=op.f("ck_usage_modes_known_mode")),
        sa.ForeignKeyConstraint(["aip_id"], ["aips.id"], name=op.f("fk_usage_modes_aip_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["accounts.id"], name=op.f("fk_usage_modes_decided_by")),
        sa.PrimaryKeyConstraint("aip_id", "ordinal", name=op.f("pk_usage_modes")),
    )
    op.create_index(op.f("ix_usage_modes_changed_seq"), "usage_modes", ["changed_seq"])
    op.create_index(op.f("ix_usage_modes_review_on"), "usage_modes", ["review_on"])
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("aip_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=True),
        sa.Column("granted_by", sa.String(length=36), nullable=False),
        sa.Column("granted_at", sa.String(27), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decision_number", sa.String(length=255), nullable=False),
        sa.Column("valid_from", sa.String(27), nullable=False),
        sa.Column("valid_until", sa.String(27), nullable=False),
        sa.Column("withdrawn_at", sa.String(27), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=36), nullable=True),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_grants_has_an_end")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_grants_account_id")),
        sa.ForeignKeyConstraint(["aip_id"], ["aips.id"], name=op.f("fk_grants_aip_id")),
        sa.ForeignKeyConstraint(["granted_by"], ["accounts.id"], name=op.f("fk_grants_granted_by")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["accounts.id"], name=op.f("fk_grants_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index(op.f("ix_grants_account_id_valid_until"), "grants", ["account_id", "valid_until"])
    op.create_index(op.f("ix_grants_aip_id_ordinal"), "grants", ["aip_id", "ordinal"])
    op.create_table(
        "rights_changes",
        sa.Column(
            "ledger_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=36), nullable=True),
        sa.Column("confirmed_at", sa.String(27), nullable=True),
        sa.Column("self_confirmed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["confirmed_by"], ["accounts.id"], name=op.f("fk_rights_changes_confirmed_by")),
        sa.PrimaryKeyConstraint("ledger_seq", name=op.f("pk_rights_changes")),
    )
    op.create_index(op.f("ix_rights_changes_confirmed_at_ledger_seq"), "rights_changes", ["confirmed_at", "ledger_seq"])
