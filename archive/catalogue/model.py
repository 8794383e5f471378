"""What goes into the catalogue and comes out of it: frozen values, never rows; times aware, sizes in bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archive.access.errors import CursorUnknownError
from archive.fixity import CopyState
from archive.ledger import Record, read_instant, written_instant
from archive.lifecycle import State
from archive.storage.key import Key


@dataclass(frozen=True, slots=True)
class AgreementRef:
    """The submission agreement a submission is judged under; ``sha256`` is over its exact bytes."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """What is fixed when the bytes have arrived. ``id``: uuid in hex. ``aip_id``: the id its package will have.

    ``client_key``: the sender's own word for this act of submitting; the same word of the same owner again is the same
    submission. ``owner``: the code of the agency whose account handed it in, "" for the command line.
    """

    id: str
    source_name: str
    transfer_sha256: str
    transfer_size_bytes: int
    entered_at: datetime
    received_legal_at: datetime
    agreement: AgreementRef
    trust_list_version: str
    aip_id: str
    client_key: str | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """Whose hồ sơ it is and what it is called, as its metadata says."""

    agency_code: str = ""
    agency_name: str = ""
    file_code: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission as it stands. ``last_seq``: the ledger record that last spoke of it."""

    id: str
    registration_number: str
    state: State
    source_name: str
    transfer_sha256: str
    transfer_size_bytes: int
    entered_at: datetime
    received_legal_at: datetime
    agreement: AgreementRef
    trust_list_version: str
    aip_id: str
    client_key: str | None
    description: Description
    decision: Mapping[str, Any] | None
    content_removed_at: datetime | None
    remove_after: datetime | None
    last_seq: int
    owner: str = ""

    @property
    def owned_by(self) -> str:
        """The agency it belongs to: whose account handed it in; from the command line, whom its metadata names."""
        return self.owner or self.description.agency_code

    @property
    def cursor(self) -> str:
        """Its place in a list of submissions; for ``Reading.submissions_listed(after=…)``."""
        return written_cursor(self.entered_at, self.id)


def written_cursor(entered_at: datetime, submission_id: str) -> str:
    """A place in a list of submissions, as it is told and asked for again."""
    return f"{written_instant(entered_at)}~{submission_id}"


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """Time of entry and id that ``written_cursor`` states. Raises CursorUnknownError."""
    entered_at, mark, submission_id = cursor.partition("~")
    try:
        if mark and submission_id.isalnum():
            return read_instant(entered_at), submission_id
    except ValueError:
        pass
    raise CursorUnknownError(
        "Không có vị trí này trong danh sách.", remedy="Đọc lại danh sách từ đầu.", detail=cursor[:100]
    )


@dataclass(frozen=True, slots=True)
class Received:
    """``again``: it had been received before, and nothing was written now."""

    submission: Submission
    again: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """``record``: the ledger record of the move; ``again``: it was made before, and nothing was written now."""

    state: State
    record: Record
    again: bool


@dataclass(frozen=True, slots=True)
class Aip:
    """One package. ``fields``: those of the hồ sơ by canonical name.

    ``layout_sha256``: the digest its copies are verified by, None for a package recorded before there was one.
    """

    id: str
    submission_id: str
    file_code: str
    title: str
    profile: str
    profile_version: str
    object_key: Key
    size_bytes: int
    sha256: str
    created_at: datetime
    fields: Mapping[str, Any] = field(default_factory=dict)
    document_count: int = 0
    layout_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One signed revision of a document: its first ``length_bytes`` and their SHA-256."""

    length_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Document:
    """One original in a package. ``path``: its exact name as received. ``tar_offset``: where its bytes begin.

    ``number`` and ``notation`` (số, ký hiệu) are for look-up; ``identity_key`` for duplicates, None when unknown.
    """

    aip_id: str
    ordinal: int
    path: str
    size_bytes: int
    sha256: str
    sha512: str
    tar_offset: int
    pronom: str = ""
    media_type: str = ""
    verdict: str = ""
    number: str = ""
    notation: str = ""
    identity_key: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    revisions: tuple[Revision, ...] = ()


@dataclass(frozen=True, slots=True)
class ValidationMaterial:
    """A certificate, CRL, OCSP response or time-stamp token that packages share by its SHA-256."""

    sha256: str
    sha512: str
    kind: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Copy:
    """What was last seen of one copy of a package."""

    aip_id: str
    store: str
    state: CopyState
    verified_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """The signed receipt as it was issued, and the ledger record it names: an anchor outside our own hands."""

    submission_id: str
    ledger_seq: int
    ledger_hash: str
    issued_at: datetime
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document is held: its hồ sơ, its package, its exact path."""

    file_code: str
    aip_id: str
    path: str
