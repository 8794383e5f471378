"""What the catalogue, letters and receipts are told of a submission and its documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archive.access.names import LONGEST_AGENCY_CODE
from archive.catalogue.model import Description, Document, Submission, ValidationMaterial
from archive.kept_text import LONGEST_FILE_CODE, kept_text
from archive.local_time import local_text
from archive.recovery.package_rows import catalogued_document
from ingest.packaging import Checking
from ingest.packaging import Document as CheckedDocument
from ingest.reading import Package


def summary(submission: Submission) -> dict[str, Any]:
    """What letters and receipts say of a submission."""
    described = submission.description
    return {
        "submission": submission.id,
        "registration": submission.registration_number,
        "agency": {"code": described.agency_code, "name": described.agency_name},
        "file_code": described.file_code,
        "title": described.title,
        "transfer_sha256": submission.transfer_sha256,
        "entered_at": local_text(submission.entered_at),
        "received_legal_at": local_text(submission.received_legal_at),
        "agreement": {
            "name": submission.agreement.name,
            "version": submission.agreement.version,
            "sha256": submission.agreement.sha256,
        },
    }


def described_by(package: Package) -> Description:
    """As its metadata says, whatever that is: it is described before it is decided whether it is taken in."""
    record = package.subject.record
    if record is None:
        return Description()
    return Description(
        agency_code=kept_text(str(record.agency.get("code") or ""), LONGEST_AGENCY_CODE),
        agency_name=kept_text(str(record.agency.get("name") or "")),
        file_code=kept_text(file_code_text(record.file.get("fileCode")), LONGEST_FILE_CODE),
        title=kept_text(str(record.file.get("title") or "")),
    )


def file_code_text(value: object) -> str:
    """Mã hồ sơ as one string: the parts of a composite code joined by dots in the order of the rule."""
    if isinstance(value, Mapping):
        return ".".join(str(part) for part in value.values() if part not in (None, ""))
    return str(value or "")


def catalogued(aip_id: str, offset: int, document: CheckedDocument) -> Document:
    return catalogued_document(
        aip_id=aip_id,
        ordinal=document.ordinal,
        path=document.path,
        offset=offset,
        size_bytes=document.digests.size_bytes,
        sha256=document.digests.sha256,
        sha512=document.digests.sha512,
        pronom=document.format.get("puid") or "",
        media_type=document.format.get("mime") or "",
        fields=document.entry.fields,
        answers=document.answers,
        revisions=[item["signed_revision"] for item in document.signatures if item.get("signed_revision")],
    )


def material_of(checking: Checking) -> list[ValidationMaterial]:
    """Every piece of validation material once, however many documents used it."""
    found: dict[str, ValidationMaterial] = {}
    for document in checking.documents():
        for item in document.facts.get("signatures", {}).get("material") or ():
            if item["kind"] != "report":
                found[item["sha256"]] = ValidationMaterial(item["sha256"], item["sha512"], item["kind"], item["size"])
    return list(found.values())
