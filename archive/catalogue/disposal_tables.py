"""The tables of holds and of destruction rounds.

That proposer, council, approver and executor of a round are different accounts is the primary key of ``round_persons``:
an account has one duty in a round. Votes, decisions and the beginning of each destruction point at (round, account,
duty), so the database itself refuses a vote of the approver, a decision of the proposer, a destruction by the secretary.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from archive.catalogue.columns import Instant
from archive.catalogue.tables import metadata
from archive.disposal.round_state import RoundState
from archive.disposal.words import (
    COUNCIL,
    ArchiveKind,
    Duty,
    HoldKind,
    LineState,
    ListingReason,
    Outcome,
    Signature,
    Verdict,
)
from archive.retention.file_state import FileState

_ID = String(36)
_SHA256 = String(64)
_PERSON = ["round_persons.round_id", "round_persons.account_id", "round_persons.duty"]


def _one_of(column: str, values: Iterable[str]) -> str:
    return "{} IN ({})".format(column, ", ".join(f"'{value}'" for value in values))


holds = Table(
    "holds",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("case_code", String(255), nullable=False),
    # The question as it was asked, for holds by query; what it found then is the list, whatever it would find later.
    Column("query", JSON(none_as_null=True), nullable=True),
    Column("query_sha256", _SHA256, nullable=True),
    Column("reason", Text, nullable=False),
    Column("basis", Text, nullable=False),
    # The last day it is meant for; behind it the hold stays in force until somebody releases it.
    Column("until", Date, nullable=True),
    Column("file_count", Integer, nullable=False),
    Column("list_sha256", _SHA256, nullable=False),
    Column("placed_by", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("released_by", _ID, ForeignKey("accounts.id"), nullable=True),
    Column("released_at", Instant, nullable=True),
    Column("release_reason", Text, nullable=True),
    CheckConstraint(_one_of("kind", HoldKind), name="known_kind"),
    CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="released_by_somebody"),
    Index(None, "released_at", "until"),
    Index(None, "placed_at", "id"),
)

hold_files = Table(
    "hold_files",
    metadata,
    Column("hold_id", _ID, ForeignKey("holds.id"), nullable=False),
    # No foreign key here nor in lines: they outlive everything else that is known of a hồ sơ.
    Column("file_id", _ID, nullable=False),
    # Its destruction had begun then: it is named, and not held.
    Column("too_late_since", Instant, nullable=True),
    PrimaryKeyConstraint("hold_id", "file_id"),
    Index(None, "file_id"),
)

hold_pieces = Table(
    "hold_pieces",
    metadata,
    Column("hold_id", _ID, ForeignKey("holds.id"), nullable=False),
    Column("number", Integer, nullable=False),
    # Ids, each between two line ends: what of a large list is not in ``hold_files`` yet. It holds all the same.
    Column("file_ids", Text, nullable=False),
    PrimaryKeyConstraint("hold_id", "number"),
)

rounds = Table(
    "rounds",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("agency_code", String(64), nullable=False),
    Column("archive_kind", String(16), nullable=False),
    # Whether the agency is in the list of those that hand in to a historical archive.
    Column("submitting", Boolean, nullable=False),
    Column("profile", String(64), nullable=False),
    Column("profile_version", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("council_number", String(255), nullable=True),
    Column("council_decided_on", Date, nullable=True),
    Column("list_sha256", _SHA256, nullable=True),
    Column("frozen_at", Instant, nullable=True),
    Column("abandoned_reason", Text, nullable=True),
    Column("dossier_aip_id", _ID, nullable=True),
    CheckConstraint(_one_of("state", RoundState), name="known_state"),
    CheckConstraint(_one_of("archive_kind", ArchiveKind), name="known_kind"),
    Index(None, "state", "opened_at", "id"),
    Index(None, "opened_at", "id"),
)

round_persons = Table(
    "round_persons",
    metadata,
    Column("round_id", _ID, ForeignKey("rounds.id"), nullable=False),
    Column("account_id", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("duty", String(16), nullable=False),
    # In the order of appointment: the last executor is the one who executes.
    Column("ordinal", Integer, nullable=False),
    Column("appointed_by", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("appointed_at", Instant, nullable=False),
    PrimaryKeyConstraint("round_id", "account_id"),
    UniqueConstraint("round_id", "account_id", "duty"),
    UniqueConstraint("round_id", "ordinal"),
    CheckConstraint(_one_of("duty", Duty), name="known_duty"),
    Index(None, "account_id"),
)

round_lines = Table(
    "round_lines",
    metadata,
    Column("round_id", _ID, ForeignKey("rounds.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("file_id", _ID, nullable=False),
    Column("agency_code", String(64), nullable=False),
    Column("file_code", String(255), nullable=False),
    Column("came_from", String(16), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("explanation", Text, nullable=False),
    Column("duplicate_of", _ID, nullable=True),
    # Digests of what the hồ sơ was when it was listed, part by part: no content stays here.
    Column("file_sha256", _SHA256, nullable=False),
    Column("period_sha256", _SHA256, nullable=False),
    Column("packages_sha256", _SHA256, nullable=False),
    Column("rights_sha256", _SHA256, nullable=False),
    Column("outcome", String(16), nullable=True),
    Column("extend_years", Integer, nullable=True),
    Column("line_sha256", _SHA256, nullable=True),
    Column("state", String(16), nullable=False),
    Column("settled_at", Instant, nullable=True),
    Column("settled_by", _ID, ForeignKey("accounts.id"), nullable=True),
    Column("settled_duty", String(16), nullable=True),
    Column("settled_reason", Text, nullable=True),
    PrimaryKeyConstraint("round_id", "ordinal"),
    UniqueConstraint("round_id", "file_id"),
    ForeignKeyConstraint(["round_id", "settled_by", "settled_duty"], _PERSON),
    CheckConstraint(_one_of("state", LineState), name="known_state"),
    CheckConstraint(_one_of("reason", ListingReason), name="known_reason"),
    CheckConstraint(_one_of("outcome", Outcome), name="known_outcome"),
    CheckConstraint(_one_of("came_from", (FileState.CLOSED, FileState.TRANSFERRED)), name="known_origin"),
    CheckConstraint(_one_of("settled_duty", (Duty.EXECUTOR,)), name="begun_by_duty"),
    CheckConstraint(
        "state <> 'destroying' OR (settled_duty IS NOT NULL AND settled_by IS NOT NULL AND settled_at IS NOT NULL)",
        name="begun_by_executor",
    ),
    Index(None, "file_id"),
    Index(None, "round_id", "state"),
)

round_sessions = Table(
    "round_sessions",
    metadata,
    Column("round_id", _ID, ForeignKey("rounds.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("held_on", Date, nullable=False),
    Column("opened_by", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("opened_at", Instant, nullable=False),
    PrimaryKeyConstraint("round_id", "number"),
)

round_votes = Table(
    "round_votes",
    metadata,
    Column("round_id", _ID, nullable=False),
    Column("line", Integer, nullable=False),
    Column("session", Integer, nullable=False),
    Column("account_id", _ID, nullable=False),
    Column("duty", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("extend_years", Integer, nullable=True),
    # What the member wants said in the minutes; of one who was outvoted, the dissenting opinion.
    Column("opinion", Text, nullable=False),
    Column("cast_at", Instant, nullable=False),
    PrimaryKeyConstraint("round_id", "line", "session", "account_id"),
    ForeignKeyConstraint(["round_id", "line"], ["round_lines.round_id", "round_lines.ordinal"]),
    ForeignKeyConstraint(["round_id", "session"], ["round_sessions.round_id", "round_sessions.number"]),
    ForeignKeyConstraint(["round_id", "account_id", "duty"], _PERSON),
    CheckConstraint(_one_of("duty", COUNCIL), name="of_the_council"),
    CheckConstraint(_one_of("outcome", Outcome), name="known_outcome"),
)

round_opinions = Table(
    "round_opinions",
    metadata,
    Column("round_id", _ID, ForeignKey("rounds.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("number", String(255), nullable=False),
    Column("given_on", Date, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("note", Text, nullable=False),
    Column("recorded_by", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    PrimaryKeyConstraint("round_id", "ordinal"),
    CheckConstraint(_one_of("verdict", Verdict), name="known_verdict"),
)

round_decisions = Table(
    "round_decisions",
    metadata,
    Column("round_id", _ID, ForeignKey("rounds.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("number", String(255), nullable=False),
    Column("decided_on", Date, nullable=False),
    Column("list_sha256", _SHA256, nullable=False),
    Column("titles_stay", Boolean, nullable=False),
    Column("decided_by", _ID, nullable=False),
    Column("duty", String(16), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    PrimaryKeyConstraint("round_id", "ordinal"),
    ForeignKeyConstraint(["round_id", "decided_by", "duty"], _PERSON),
    CheckConstraint(_one_of("duty", (Duty.APPROVER,)), name="by_the_approver"),
)

round_papers = Table(
    "round_papers",
    metadata,
    Column("round_id", _ID, ForeignKey("rounds.id"), nullable=False),
    Column("kind", String(32), nullable=False),
    # Of several papers of a kind the last one counts; the earlier ones stay where they lie.
    Column("ordinal", Integer, nullable=False),
    # Judged again, the same bytes may have another row.
    Column("object_key", String(512), nullable=False, index=True),
    Column("sha256", _SHA256, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    # Empty for one from before the list was frozen, which is bound to its round alone.
    Column("list_sha256", String(64), nullable=False),
    Column("decision_ordinal", Integer, nullable=True),
    Column("signature", String(16), nullable=False),
    Column("signers", JSON, nullable=False),
    Column("attached_by", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("attached_at", Instant, nullable=False),
    PrimaryKeyConstraint("round_id", "kind", "ordinal"),
    CheckConstraint(_one_of("signature", Signature), name="known_signature"),
)

_REFUSAL = "the destruction of a hồ sơ begins only by its round, and never goes back"


def guard_destruction(dialect: str) -> tuple[str, ...]:
    """The statements that make the database itself refuse destruction past its one door.

    ``destroying`` is entered only with a begun line of its round and no hold in force, ``destroyed`` only from there, and
    neither is left again.
    """
    begun = (
        "EXISTS (SELECT 1 FROM round_lines l WHERE l.round_id = NEW.round_id AND l.file_id = NEW.id "
        "AND l.state = 'destroying')"
    )
    held = (
        "EXISTS (SELECT 1 FROM hold_files f JOIN holds h ON h.id = f.hold_id WHERE f.file_id = NEW.id "
        "AND f.too_late_since IS NULL AND h.released_at IS NULL) "
        "OR EXISTS (SELECT 1 FROM hold_pieces p JOIN holds h ON h.id = p.hold_id WHERE h.released_at IS NULL "
        "AND p.file_ids LIKE '%' || NEW.id || '%')"
    )
    refused = (
        f"(NEW.state = 'destroying' AND OLD.state <> 'destroying' AND (OLD.state <> 'in_round' OR NOT {begun} OR {held})) "
        "OR (NEW.state = 'destroyed' AND OLD.state NOT IN ('destroying', 'destroyed')) "
        "OR (OLD.state = 'destroying' AND NEW.state NOT IN ('destroying', 'destroyed')) "
        "OR (OLD.state = 'destroyed' AND NEW.state <> 'destroyed')"
    )
    if dialect == "sqlite":
        return (
            "CREATE TRIGGER files_guard_destruction BEFORE UPDATE OF state ON files "
            f"WHEN {refused} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
        )
    return (
        "CREATE FUNCTION files_guard_destruction() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {refused} THEN RAISE EXCEPTION '{_REFUSAL}'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER files_guard_destruction BEFORE UPDATE OF state ON files "
        "FOR EACH ROW EXECUTE FUNCTION files_guard_destruction()",
    )
