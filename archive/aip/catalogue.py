"""What a catalogue must know to be rebuilt from the package alone, and the groups evidence records will cover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

from archive.aip.model import AipContent, Entry, Original, Party
from archive.aip.profile import CATALOGUE_FORMAT, EVIDENCE_FORMAT
from archive.aip.xmltext import time_of
from archive.canonical import canonical_json


def write_catalogue(file: IO[bytes], content: AipContent, entries: Sequence[Entry]) -> None:
    """``catalogue.jsonl``: canonical JSON, the hồ sơ in the first line, then one line for each document in order."""
    file.write(canonical_json(_package_line(content)) + b"\n")
    for original, entry in zip(content.originals, entries, strict=True):
        file.write(canonical_json(_document_line(original, entry)) + b"\n")


def write_evidence_groups(file: IO[bytes], content: AipContent, entries: Sequence[Entry]) -> None:
    """``evidence-groups.json``: each original with what its validation used, by both digests (RFC 4998 data groups)."""
    known = {item.sha256: item for item in content.validation}
    file.write(b'{"format":' + canonical_json(EVIDENCE_FORMAT) + b',"groups":[')
    for number, (original, entry) in enumerate(zip(content.originals, entries, strict=True)):
        used = sorted((known[sha256] for sha256 in set(original.validation)), key=lambda item: (item.kind, item.sha256))
        group = {
            "document": str(original.path),
            "sha256": entry.sha256,
            "sha512": entry.sha512,
            "validation": [{"kind": item.kind, "sha256": item.sha256, "sha512": item.sha512} for item in used],
        }
        file.write((b",\n" if number else b"\n") + canonical_json(group))
    file.write(b"\n]}\n")


def _package_line(content: AipContent) -> dict[str, Any]:
    return {
        "format": CATALOGUE_FORMAT,
        "aip_id": content.aip_id,
        "created_at": time_of(content.created_at),
        "profile": {"name": content.profile.name, "version": content.profile.version},
        "archive": _party(content.archive),
        "agency": _party(content.agency),
        "fonds_code": content.fonds_code,
        "submission_id": content.submission_id,
        "submission_agreement": content.submission_agreement,
        "record_status": content.record_status,
        "software": {"name": content.software, "version": content.software_version},
        "record": dict(content.record),
        "document_count": len(content.originals),
        "facts": dict(content.facts),
    }


def _party(party: Party) -> dict[str, str]:
    return {"code": party.code, "name": party.name}


def _document_line(original: Original, entry: Entry) -> dict[str, Any]:
    return {
        "path": str(original.path),
        "ordinal": original.ordinal,
        "kind": original.kind,
        "fields": dict(original.fields),
        "size_bytes": entry.size_bytes,
        "sha256": entry.sha256,
        "sha512": entry.sha512,
        "pronom": original.pronom,
        "format_name": original.format_name,
        "format_version": original.format_version,
        "media_type": original.media_type,
        "facts": dict(original.facts),
    }
