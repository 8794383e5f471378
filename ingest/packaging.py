"""From a checked submission in quarantine to the content of its AIP: same slot, same content, same bytes."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from archive.aip.model import (
    AipContent,
    Derivative,
    Original,
    Party,
    PremisAgent,
    PremisEvent,
    ReportFile,
    RuleProfile,
    SignatureInformation,
    SubmissionFile,
    ValidationDatum,
)
from archive.catalogue.model import Submission
from archive.digest import Digests
from archive.paths import RelPath
from ingest.report import CheckReport
from ingest.subject import DocumentEntry, Subject

T = TypeVar("T")
_KINDS = {".cer": "cer", ".crl": "crl", ".ocsp": "ocsp", ".tst": "tst"}
_REPORT_SUFFIX = ".etsi.xml"
PROFILE_VERSION = "1"


class Lazy(Sequence[T], Generic[T]):
    """A sequence made anew on each iteration, so that a hundred thousand documents never stand in memory at once."""

    def __init__(self, count: int, make: Callable[[], Iterator[T]]) -> None:
        self._count = count
        self._make = make

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        return self._make()

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return list(self)[index]
        for position, item in enumerate(self):
            if position == index % max(1, self._count):
                return item
        raise IndexError(index)


@dataclass(frozen=True)
class Document:
    """One document with all that is known of it: its line in the list, its facts, where its text lies."""

    ordinal: int
    path: RelPath
    blob: Path
    digests: Digests
    entry: DocumentEntry
    facts: Mapping[str, Mapping[str, Any]]
    answers: Mapping[str, str]
    text_file: Path | None
    text_tool: str

    @property
    def signatures(self) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self.facts.get("signatures", {}).get("signatures") or ()
        return found

    @property
    def format(self) -> Mapping[str, Any]:
        return self.facts.get("format", {})


@dataclass(frozen=True)
class Checking:
    """What the check step left: the subject, its reports, and the folder with facts, texts and material."""

    subject: Subject
    reports: tuple[CheckReport, ...]
    folder: Path
    entries: Mapping[RelPath, DocumentEntry]

    def documents(self) -> Iterator[Document]:
        """Every document in the order of the list, facts read line by line."""
        with (self.folder / "documents.jsonl").open(encoding="utf-8") as lines:
            for ordinal, line in enumerate(lines, 1):
                row = json.loads(line)
                path = RelPath(row["path"])
                member = self.subject.documents[path]
                text = row["text"]["file"]
                yield Document(
                    ordinal,
                    path,
                    member.blob,
                    member.digests,
                    self.entries[path],
                    row["facts"],
                    row["answers"],
                    self.folder / text if text else None,
                    row["text"]["tool"],
                )


def aip_content(
    submission: Submission,
    checking: Checking,
    *,
    archive: Party,
    profile: str,
    checked_at: datetime,
    decided_at: datetime,
) -> AipContent:
    """The content of the AIP of ``submission``: a pure function of the slot and of recorded facts and times."""
    record = checking.subject.record
    assert record is not None, "a submission without metadata is never accepted"
    count = len(checking.subject.documents)
    texts = sum(1 for document in checking.documents() if document.text_file)
    material = checking.folder / "material"
    names = sorted(path.name for path in material.iterdir()) if material.is_dir() else []
    validation = [name for name in names if Path(name).suffix in _KINDS]
    reports = [name for name in names if name.endswith(_REPORT_SUFFIX)]
    return AipContent(
        aip_id=submission.aip_id,
        created_at=decided_at,
        profile=RuleProfile(profile, PROFILE_VERSION),
        archive=archive,
        agency=Party(submission.description.agency_code, submission.description.agency_name),
        record=record.file,
        originals=Lazy(count, lambda: map(original, checking.documents())),
        fonds_code=fonds_code(record.file),
        submission_id=submission.id,
        submission_agreement=submission.registration_number,
        software_version=metadata.version("luutru"),
        derivatives=Lazy(texts, lambda: _derivatives(checking)),
        reports=[
            ReportFile("checks.json", checking.folder / "reports.json"),
            *(ReportFile(f"signatures/{name}", material / name) for name in reports),
        ],
        validation=[_datum(material / name) for name in validation],
        submission=_submission_files(checking.subject),
        events=tuple(_events(submission, checking, checked_at, decided_at)),
        agents=tuple(_agents(checking, archive)),
        facts={
            "registration_number": submission.registration_number,
            "transfer_sha256": submission.transfer_sha256,
            "transfer_size_bytes": submission.transfer_size_bytes,
            "entered_at": submission.entered_at.isoformat(),
            "received_legal_at": submission.received_legal_at.isoformat(),
            "agreement": {
                "name": submission.agreement.name,
                "version": submission.agreement.version,
                "sha256": submission.agreement.sha256,
            },
            "trust_list_version": submission.trust_list_version,
        },
    )


def fonds_code(fields: Mapping[str, Any]) -> str:
    """Mã phông, when the hồ sơ says one."""
    code = fields.get("fileCode")
    return str(code.get("organId") or "") if isinstance(code, Mapping) else str(fields.get("organId") or "")


def original(document: Document) -> Original:
    seen = document.format
    return Original(
        path=document.path,
        blob=document.blob,
        digests=document.digests,
        ordinal=document.ordinal,
        fields=document.entry.fields,
        kind=document.entry.kind,
        pronom=seen.get("puid") or "",
        format_name=seen.get("name") or "",
        format_version=seen.get("version") or "",
        media_type=seen.get("mime") or "application/octet-stream",
        signatures=tuple(_signature(item) for item in document.signatures if item.get("premis")),
        validation=tuple(
            item["sha256"]
            for item in document.facts.get("signatures", {}).get("material") or ()
            if item["kind"] != "report"
        ),
        facts={
            "answers": dict(document.answers),
            "revisions": [item["signed_revision"] for item in document.signatures if item.get("signed_revision")],
            "signers": signers(document.signatures),
        },
    )


def signers(signatures: Sequence[Mapping[str, Any]]) -> list[str]:
    """Who signed, by common name, in order and once."""
    return list(dict.fromkeys(item["premis"]["signer"] for item in signatures if item.get("premis")))


def _signature(item: Mapping[str, Any]) -> SignatureInformation:
    premis = item["premis"]
    said = {
        "field": item.get("field"),
        "indication": item.get("indication"),
        "sub-indication": item.get("sub_indication"),
        "role": item.get("role"),
        "claimed-time": item.get("claimed_time"),
        "proven-time": item.get("proven_time"),
        "level": item.get("level"),
    }
    return SignatureInformation(
        encoding=premis["encoding"],
        method=premis["method"],
        value=premis["value"],
        signer=premis["signer"],
        validation_rules="ETSI EN 319 102-1",
        properties=tuple(f"{name}={value}" for name, value in said.items() if value),
        certificate=premis["key_information"]["certificate"],
    )


def _derivatives(checking: Checking) -> Iterator[Derivative]:
    for document in checking.documents():
        if document.text_file:
            yield Derivative(of=document.path, source=document.text_file, tool=document.text_tool)


def _datum(path: Path) -> ValidationDatum:
    data = path.read_bytes()
    return ValidationDatum(
        hashlib.sha256(data).hexdigest(),
        hashlib.sha512(data).hexdigest(),
        _KINDS[path.suffix],  # type: ignore[arg-type]
        path,
    )


def _submission_files(subject: Subject) -> list[SubmissionFile]:
    """What came and is no original: tag files and the metadata, kept exactly."""
    originals = {member.blob for member in subject.documents.values()}
    return [
        SubmissionFile(path, member.blob) for path, member in subject.members.items() if member.blob not in originals
    ]


def _agents(checking: Checking, archive: Party) -> Iterator[PremisAgent]:
    yield PremisAgent("archive", archive.name, "organization", note=archive.code)
    yield PremisAgent("luutru", "luutru", "software", metadata.version("luutru"))
    tools = {name: version for report in checking.reports for name, version in report.tools.items()}
    for name, version in sorted(tools.items()):
        yield PremisAgent(f"tool-{name}", name, "software", str(version))


def _events(
    submission: Submission, checking: Checking, checked_at: datetime, decided_at: datetime
) -> Iterator[PremisEvent]:
    def identifier(name: str) -> str:
        return f"urn:uuid:{uuid.uuid5(uuid.UUID(submission.aip_id), name)}"

    yield PremisEvent(
        identifier("received"), "ingestion", submission.entered_at, "success", "Tiếp nhận vào khu cách ly",
        agents=(("archive", "implementer"), ("luutru", "executing program")), objects=(("", "source"),),
    )  # fmt: skip
    for report in checking.reports:
        yield PremisEvent(
            identifier(f"check-{report.check}"),
            _EVENT_TYPES.get(report.check, "validation"),
            checked_at,
            report.answer.value,
            f"Kiểm tra: {report.check}",
            "; ".join(sorted({item.code for item in report.findings})),
            agents=(
                ("luutru", "executing program"),
                *((f"tool-{name}", "validator") for name in sorted(report.tools)),
            ),
        )


_EVENT_TYPES = {
    "unpack": "unpacking",
    "bag": "fixity check",
    "malware": "virus check",
    "format": "format identification",
    "pdfa": "validation",
    "signatures": "digital signature validation",
    "metadata": "metadata validation",
}
