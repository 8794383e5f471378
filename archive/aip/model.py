"""What goes into an AIP and what comes out of writing one: values only; every id and time is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from archive.digest import Digests
from archive.errors import LuutruError
from archive.paths import RelPath

Source = Path | bytes
ValidationKind = Literal["cer", "crl", "ocsp", "tst"]
AgentType = Literal["software", "organization", "person", "hardware"]
AgentRole = Literal["authorizer", "implementer", "validator", "executing program"]
ObjectRole = Literal["source", "outcome"]


class SupportsWrite(Protocol):
    """Where the tar goes. The view is only valid during the call: the buffer behind it is used again."""

    def write(self, data: memoryview, /) -> int | None: ...


@dataclass(frozen=True, slots=True)
class SignatureInformation:
    """One signature of an original as PREMIS 3 keeps it; ``value`` and ``certificate`` are base64 (CMS, DER)."""

    encoding: str
    method: str
    value: str
    signer: str = ""
    validation_rules: str = ""
    properties: tuple[str, ...] = ()
    """Statements about it, one each: ``indication=TOTAL-PASSED``, ``role=agency``, ``proven-time=…``."""
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Original:
    """One document as received. ``path`` is its exact name below ``data/`` of the submission.

    ``digests`` are those taken at receipt: the SHA-256 is taken again while packaging and compared. With None both
    are taken in the same single pass. ``ordinal`` (from 1, unique) is its place in the hồ sơ. ``kind``: outgoing,
    incoming or other. ``fields`` are canonical names of ``schemas/fields.toml``; all are kept, those of the AIP
    variant of TT 05 also stand in its EAD_doc. ``validation`` names (by SHA-256) what validating its signatures used.
    """

    path: RelPath
    blob: Path
    digests: Digests | None
    ordinal: int
    fields: Mapping[str, Any]
    kind: str = "other"
    pronom: str = ""
    """PRONOM id (``fmt/477``), or empty when nothing could identify it."""
    format_name: str = ""
    format_version: str = ""
    media_type: str = "application/octet-stream"
    signatures: tuple[SignatureInformation, ...] = ()
    validation: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    """JSON values a rebuilt catalogue needs and no metadata table names (signed revisions, duplicate keys …)."""


@dataclass(frozen=True, slots=True)
class Derivative:
    """Something made from an original, beside it and marked so (``rep2``): extracted text. Never a replacement."""

    of: RelPath
    source: Source
    suffix: str = ".txt"
    media_type: str = "text/plain"
    pronom: str = "x-fmt/111"
    tool: str = ""
    """Name and version of what made it."""


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A report of a check, under ``metadata/other/reports/``: JSON, or the ETSI TS 119 102-2 XML of a signature."""

    name: str
    source: Source


@dataclass(frozen=True, slots=True)
class ValidationDatum:
    """A certificate, CRL, OCSP response or time-stamp token a validation used, kept once by its SHA-256."""

    sha256: str
    sha512: str
    kind: ValidationKind
    source: Source


@dataclass(frozen=True, slots=True)
class SubmissionFile:
    """A file of the submission that is no original (tag files, ``metadata.json``, the list), exactly as received."""

    path: RelPath
    source: Source


@dataclass(frozen=True, slots=True)
class PremisAgent:
    """Who or what acted. ``version`` is mandatory sense for software: every verdict names its tool and version."""

    id: str
    name: str
    type: AgentType
    version: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PremisEvent:
    """One thing that happened, linked to its agents and objects; an empty object path is the package as a whole."""

    id: str
    type: str
    at: datetime
    outcome: str
    detail: str = ""
    outcome_note: str = ""
    agents: tuple[tuple[str, AgentRole], ...] = ()
    objects: tuple[tuple[str, ObjectRole], ...] = (("", "outcome"),)


@dataclass(frozen=True, slots=True)
class RuleProfile:
    """The set of rules applied, stamped on the package (``LLT2024-TT05`` or ``ND01-TT02``), with its version."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Party:
    """An agency by its code (either syntax of QCVN 102) and name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class AipContent:
    """Everything one AIP says. The sequences are iterated several times and never copied: a lazy one keeps memory flat.

    ``aip_id`` is a lower-case UUID. ``record``: fields of the hồ sơ by canonical name. ``submission_agreement``: mã
    đăng ký nộp. ``fonds_code``: mã phông. ``record_status``: ``NEW``, or ``SUPPLEMENT`` for a later AIP of a hồ sơ.
    """

    aip_id: str
    created_at: datetime
    profile: RuleProfile
    archive: Party
    agency: Party
    record: Mapping[str, Any]
    originals: Sequence[Original]
    fonds_code: str = ""
    submission_id: str = ""
    submission_agreement: str = ""
    record_status: Literal["NEW", "SUPPLEMENT", "REPLACEMENT", "TEST", "OTHER"] = "NEW"
    software: str = "luutru"
    software_version: str = ""
    derivatives: Sequence[Derivative] = ()
    reports: Sequence[ReportFile] = ()
    validation: Sequence[ValidationDatum] = ()
    submission: Sequence[SubmissionFile] = ()
    events: Sequence[PremisEvent] = ()
    agents: Sequence[PremisAgent] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    """JSON values about the submission a rebuilt catalogue needs (received_at, legal time, sender …)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file inside the tar: its path from the top of the archive, where its bytes begin, how many, their digests."""

    path: str
    offset: int
    size_bytes: int
    sha256: str | None = None
    sha512: str | None = None


@dataclass(frozen=True, slots=True)
class WrittenAip:
    """The tar as it was handed to the writer. ``originals`` are the entries of the originals, in order of content.

    ``sha256`` is of all its bytes in one; ``layout_sha256`` covers the same bytes and is faster to check
    (``archive.aip.layout_digest``).
    """

    aip_id: str
    sha256: str
    size_bytes: int
    layout_sha256: str
    entries: Sequence[Entry]
    originals: Sequence[Entry]


class AipContentError(LuutruError):
    """The content contradicts itself or cannot be packaged; nothing usable was written."""

    code = "aip.content-refused"


class OriginalChangedError(AipContentError):
    """An original's bytes are not those taken at receipt; ``path`` names it. What was written must be thrown away."""

    code = "aip.original-changed"

    def __init__(self, message: str, *, path: str, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.path = path


class AipUnreadableError(LuutruError):
    """A stored package cannot be read as one: not a tar, cut short, or a part missing."""

    code = "aip.unreadable"
