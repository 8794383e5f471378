"""The tables of destruction: what remains of the destroyed, where their traces were removed, and what was proven."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from archive.catalogue.columns import Instant
from archive.catalogue.tables import metadata

_ID = String(36)
_SHA256 = String(64)
_SHA512 = String(128)

tombstones = Table(
    "tombstones",
    metadata,
    # No foreign keys here: what a tombstone speaks of is gone.
    Column("file_id", _ID, primary_key=True),
    Column("round_id", _ID, nullable=False),
    # Its line in the approved list (số thứ tự trong Danh mục tài liệu hết giá trị).
    Column("line", Integer, nullable=False),
    Column("agency_code", String(64), nullable=False),
    Column("file_code", String(255), nullable=False),
    # Only where the decision allows that it stays.
    Column("title", Text, nullable=True),
    Column("decision_number", String(255), nullable=False),
    Column("decided_on", Date, nullable=True),
    Column("list_sha256", _SHA256, nullable=False),
    Column("ended_year", Integer, nullable=True),
    Column("period_text", Text, nullable=False),
    Column("packages", Integer, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("intended_at", Instant, nullable=False),
    Column("intended_seq", BigInteger, nullable=False),
    # Both null until absence was proven: destroyed is said of nothing that is only on its way.
    Column("destroyed_at", Instant, nullable=True),
    Column("destroyed_seq", BigInteger, nullable=True),
    # What it would be known by: looked for with others, or none, nothing is proven.
    Column("needles", Integer, nullable=False),
    Column("needles_sha256", _SHA256, nullable=True),
    # The strictest mode of use its packages had.
    Column("mode", String(16), nullable=False),
    Index(None, "round_id", "line"),
    Index(None, "file_code"),
    Index(None, "agency_code", "destroyed_at"),
    Index(None, "intended_at", "file_id"),
)
"""What is left of a hồ sơ: laid in the transaction of the intent, the only thing known of it from then on."""

tombstone_packages = Table(
    "tombstone_packages",
    metadata,
    Column("aip_id", _ID, primary_key=True),
    Column("file_id", _ID, nullable=False),
    Column("submission_id", _ID, nullable=False),
    Column("registration_number", String(32), nullable=False),
    Column("object_key", String(512), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    Column("transfer_sha256", _SHA256, nullable=False),
    Index(None, "file_id"),
    Index(None, "submission_id"),
    Index(None, "object_key"),
)

tombstone_documents = Table(
    "tombstone_documents",
    metadata,
    Column("aip_id", _ID, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    Column("sha512", _SHA512, nullable=False),
    PrimaryKeyConstraint("aip_id", "ordinal"),
    Index(None, "sha256"),
)
"""The digests of what was destroyed: whoever holds such a file elsewhere can be told that it was lawfully ended here."""

tombstone_submissions = Table(
    "tombstone_submissions",
    metadata,
    Column("submission_id", _ID, primary_key=True),
    Column("file_id", _ID, nullable=False),
    Column("registration_number", String(32), nullable=False),
    Column("transfer_sha256", _SHA256, nullable=False),
    Column("transfer_size_bytes", BigInteger, nullable=False),
    Index(None, "file_id"),
    Index(None, "registration_number"),
)
"""Submissions of a destroyed hồ sơ that became no package of it: returned, and gone with it wherever they still lay."""

destruction_work = Table(
    "destruction_work",
    metadata,
    Column("round_id", _ID, nullable=False),
    # Empty: what is done once for the whole round.
    Column("file_id", _ID, nullable=False),
    Column("place", String(160), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    # Until when a lock of the medium keeps what is there; null where nobody can say.
    Column("locked_until", Instant, nullable=True),
    Column("changed_at", Instant, nullable=False),
    PrimaryKeyConstraint("round_id", "file_id", "place"),
    CheckConstraint("state IN ('due', 'removed', 'absent', 'unreachable', 'locked')", name="known_state"),
    Index(None, "round_id", "state"),
    Index(None, "state", "locked_until"),
)
"""One row for each place a hồ sơ can have left traces in: what has been done there, and what was seen afterwards."""

absence_runs = Table(
    "absence_runs",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("round_id", _ID, nullable=False),
    Column("verifier_id", _ID, nullable=False),
    Column("executor_id", _ID, nullable=False),
    Column("begun_at", Instant, nullable=False),
    # How far the ledger went then: what was begun later was not looked for.
    Column("begun_seq", BigInteger, nullable=False),
    Column("ended_at", Instant, nullable=True),
    Column("verdict", String(16), nullable=True),
    Column("report_sha256", _SHA256, nullable=True),
    Column("report", JSON(none_as_null=True), nullable=True),
    CheckConstraint("verifier_id <> executor_id", name="another_person"),
    CheckConstraint("verdict IN ('absent', 'found', 'not-proven')", name="known_verdict"),
    Index(None, "round_id", "begun_at"),
)
"""Each time somebody looked for what was destroyed, and what came of it."""

absence_parts = Table(
    "absence_parts",
    metadata,
    Column("run_id", _ID, nullable=False),
    Column("machine", String(255), nullable=False),
    # For whom what is looked for is sealed, by a key that machine forgets again; empty until it has said so.
    Column("recipient", String(128), nullable=False),
    # Sealed, base64; empty before it was handed over, and after the part has ended.
    Column("needles", Text, nullable=False),
    Column("begun_at", Instant, nullable=True),
    Column("ended_at", Instant, nullable=True),
    Column("report", JSON(none_as_null=True), nullable=True),
    PrimaryKeyConstraint("run_id", "machine"),
    Index(None, "machine", "ended_at"),
)
"""What each machine has to look through for a run: what only it can read."""

destruction_certificates = Table(
    "destruction_certificates",
    metadata,
    Column("round_id", _ID, primary_key=True),
    Column("run_id", _ID, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    Column("document", JSON, nullable=False),
    # The same on sheets, where it lies in every store; noted before it does: it was printed once its size is there.
    Column("printed_key", String(512), nullable=True),
    Column("printed_sha256", _SHA256, nullable=True),
    Column("printed_size_bytes", BigInteger, nullable=True),
    Index(None, "printed_key"),
)

destruction_orders = Table(
    "destruction_orders",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("round_id", _ID, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("account_id", _ID, nullable=False),
    Column("actor", String(255), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("tried_at", Instant, nullable=True),
    Column("ended_at", Instant, nullable=True),
    # What kept the last attempt from its end.
    Column("problem", Text, nullable=False),
    # What came of it: counts, ids and codes.
    Column("outcome", JSON(none_as_null=True), nullable=True),
    CheckConstraint("kind IN ('destroy', 'look')", name="known_kind"),
    Index(None, "round_id", "asked_at"),
    Index(None, "ended_at", "asked_at"),
)
"""What somebody asked the workers for, and what came of it: to destroy what may be destroyed, or to look for it."""
