"""The tables of people and rights: accounts, tokens, grants, decided modes, and what waits for confirmation."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from archive.access import Mode, Role
from archive.catalogue.columns import Instant
from archive.catalogue.tables import metadata

_ID = String(36)
_SHA256 = String(64)

WHOLE = -1
"""The ``ordinal`` that stands for the hồ sơ itself where a key may hold no NULL."""


def _one_of(column: str, values: type[Mode] | type[Role]) -> str:
    return "{} IN ({})".format(column, ", ".join(f"'{value}'" for value in values))


usage_modes = Table(
    "usage_modes",
    metadata,
    Column("aip_id", _ID, ForeignKey("aips.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("decision_number", String(255), nullable=False),
    Column("review_on", Date, nullable=True),
    Column("decided_by", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("changed_seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("aip_id", "ordinal"),
    CheckConstraint(_one_of("mode", Mode), name="known_mode"),
    Index(None, "changed_seq"),
    Index(None, "review_on"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("username", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("agency_code", String(64), nullable=False),
    Column("password_hash", Text, nullable=True),
    Column("oidc_issuer", String(255), nullable=True),
    Column("oidc_subject", String(255), nullable=True),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant, nullable=True),
    UniqueConstraint("oidc_issuer", "oidc_subject"),
    CheckConstraint(_one_of("role", Role), name="known_role"),
    Index(None, "role", "disabled_at"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("account_id", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("label", String(255), nullable=False),
    Column("secret_sha256", _SHA256, nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant, nullable=True),
    Column("last_used_on", Date, nullable=True),
    # The token it was asked for with: then it ends with it. NULL: asked for with a password, or at the command line.
    Column("minted_by", _ID, nullable=True),
    Index(None, "account_id", "created_at"),
)

grants = Table(
    "grants",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("account_id", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("aip_id", _ID, ForeignKey("aips.id"), nullable=False),
    Column("ordinal", Integer, nullable=True),
    Column("granted_by", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("granted_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decision_number", String(255), nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("withdrawn_at", Instant, nullable=True),
    Column("withdrawn_by", _ID, ForeignKey("accounts.id"), nullable=True),
    CheckConstraint("valid_from < valid_until", name="has_an_end"),
    Index(None, "account_id", "valid_until"),
    Index(None, "aip_id", "ordinal"),
)

rights_changes = Table(
    "rights_changes",
    metadata,
    # The ledger record of the change is also its number: one record, one change.
    Column("ledger_seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("account_id", _ID, nullable=True),
    Column("actor", String(128), nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("confirmed_by", _ID, ForeignKey("accounts.id"), nullable=True),
    Column("confirmed_at", Instant, nullable=True),
    Column("self_confirmed", Boolean, nullable=False),
    Index(None, "confirmed_at", "ledger_seq"),
)

failed_attempts = Table(
    "failed_attempts",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("blocked_until", Instant, nullable=True),
    Index(None, "first_at"),
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("account_id", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("name", String(255), nullable=False),
    Column("query", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("account_id", "name"),
)
