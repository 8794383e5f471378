"""The tables as this version knows them. Their history is under ``migrations``; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from archive.catalogue.columns import Instant
from archive.lifecycle import State

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ID = String(36)
_SHA256 = String(64)
_SHA512 = String(128)

ledger = Table(
    "ledger",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("event", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("hash", _SHA256, nullable=False),
    # The exact canonical bytes the hash is over, as text; event and subject only repeat them for look-up.
    Column("body", Text, nullable=False),
    Index(None, "subject", "seq"),
    Index(None, "event", "seq"),
)

ledger_end = Table(
    "ledger_end",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", _SHA256, nullable=False),
    CheckConstraint("id = 1", name="single_row"),
)

registration_numbers = Table(
    "registration_numbers",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("registration_number", String(32), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("source_name", Text, nullable=False),
    Column("transfer_sha256", _SHA256, nullable=False),
    Column("transfer_size_bytes", BigInteger, nullable=False),
    Column("entered_at", Instant, nullable=False),
    Column("received_legal_at", Instant, nullable=False),
    Column("agreement_name", Text, nullable=False),
    Column("agreement_version", Text, nullable=False),
    Column("agreement_sha256", _SHA256, nullable=False),
    Column("trust_list_version", Text, nullable=False),
    Column("aip_id", _ID, nullable=False, unique=True),
    Column("client_key", String(255), nullable=True),
    Column("agency_code", String(64), nullable=False),
    Column("agency_name", Text, nullable=False),
    Column("file_code", String(255), nullable=False),
    Column("title", Text, nullable=False),
    Column("decision", JSON(none_as_null=True), nullable=True),
    Column("content_removed_at", Instant, nullable=True),
    Column("remove_after", Instant, nullable=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("owner", String(64), nullable=False),
    Column("owned_by", String(64), Computed("CASE WHEN owner = '' THEN agency_code ELSE owner END", persisted=True)),
    UniqueConstraint("owner", "client_key"),
    CheckConstraint("state IN ({})".format(", ".join(f"'{state}'" for state in State)), name="known_state"),
    Index(None, "state", "id"),
    Index(None, "transfer_sha256"),
    Index(None, "file_code"),
    Index(None, "remove_after"),
    Index(None, "owner", "id"),
    Index(None, "owned_by", "entered_at", "id"),
    Index(None, "state", "entered_at", "id"),
    Index(None, "entered_at", "id"),
)

reports = Table(
    "reports",
    metadata,
    Column("submission_id", _ID, ForeignKey("submissions.id"), nullable=False),
    Column("check_name", String(64), nullable=False),
    Column("report", JSON, nullable=False),
    PrimaryKeyConstraint("submission_id", "check_name"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("submission_id", _ID, ForeignKey("submissions.id"), primary_key=True),
    Column("ledger_seq", BigInteger, nullable=False),
    Column("ledger_hash", _SHA256, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("document", JSON, nullable=False),
)

aips = Table(
    "aips",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("submission_id", _ID, ForeignKey("submissions.id"), nullable=False, unique=True),
    Column("file_code", String(255), nullable=False),
    Column("title", Text, nullable=False),
    Column("profile", String(64), nullable=False),
    Column("profile_version", String(64), nullable=False),
    Column("object_key", String(512), nullable=False, unique=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("document_count", Integer, nullable=False),
    Column("layout_sha256", _SHA256, nullable=True),
    Index(None, "file_code"),
)

documents = Table(
    "documents",
    metadata,
    Column("aip_id", _ID, ForeignKey("aips.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    Column("sha512", _SHA512, nullable=False),
    Column("tar_offset", BigInteger, nullable=False),
    Column("pronom", String(64), nullable=False),
    Column("media_type", String(255), nullable=False),
    Column("verdict", String(32), nullable=False),
    Column("number", Text, nullable=False),
    Column("notation", Text, nullable=False),
    Column("symbol_key", String(255), nullable=True),
    Column("identity_key", Text, nullable=True),
    Column("fields", JSON, nullable=False),
    PrimaryKeyConstraint("aip_id", "ordinal"),
    Index(None, "sha256"),
    Index(None, "symbol_key"),
    Index(None, "identity_key"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("aip_id", _ID, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("length_bytes", BigInteger, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    PrimaryKeyConstraint("aip_id", "ordinal", "length_bytes"),
    ForeignKeyConstraint(["aip_id", "ordinal"], ["documents.aip_id", "documents.ordinal"]),
    Index(None, "sha256"),
)

validation_material = Table(
    "validation_material",
    metadata,
    Column("sha256", _SHA256, primary_key=True),
    Column("sha512", _SHA512, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
)

aip_validation = Table(
    "aip_validation",
    metadata,
    Column("aip_id", _ID, ForeignKey("aips.id"), nullable=False),
    Column("sha256", _SHA256, ForeignKey("validation_material.sha256"), nullable=False),
    PrimaryKeyConstraint("aip_id", "sha256"),
    Index(None, "sha256"),
)

copies = Table(
    "copies",
    metadata,
    Column("aip_id", _ID, ForeignKey("aips.id"), nullable=False),
    Column("store", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    # When somebody last looked, and when that was last a full read that found every byte right. OK: the two are one.
    Column("verified_at", Instant, nullable=False),
    Column("ok_at", Instant, nullable=True),
    # The package's size once more: what share was read how lately is answered from the index alone.
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("aip_id", "store"),
    Index(
        "ix_copies_audit",
        "store",
        "verified_at",
        "aip_id",
        "state",
        "size_bytes",
        sqlite_where=text("state <> 'awaited'"),
        postgresql_where=text("state <> 'awaited'"),
    ),
    Index(
        "ix_copies_not_ok",
        "store",
        "state",
        "aip_id",
        sqlite_where=text("state <> 'ok'"),
        postgresql_where=text("state <> 'ok'"),
    ),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
