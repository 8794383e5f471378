"""From files to a subject: which file is the metadata, what it says, and the documents in the order of the list."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from archive.canonical import canonical_sha256
from archive.finding import Finding
from archive.paths import RelPath
from ingest.metadata import parse_metadata, read_list
from ingest.subject import DocumentEntry, Form, Member, Record, Subject
from ingest.unpack import Limits, Unpacked, can_survey, subject_of, survey, unpack

METADATA_BYTES_AT_MOST = 512 << 20


@dataclass(frozen=True, slots=True)
class Package:
    """A subject ready for the checks, and every finding made on the way."""

    subject: Subject
    findings: tuple[Finding, ...]
    unpacked: Unpacked


def read_package(source: Path, scratch: Path, limits: Limits | None = None) -> Package:
    """``source`` as a subject: read where it lies when it is a folder or a file, unpacked into ``scratch`` otherwise."""
    unpacked = survey(source, limits) if can_survey(source) else unpack(source, scratch, limits)
    return package_of(unpacked)


def package_of(unpacked: Unpacked) -> Package:
    """The subject of what was unpacked, with its record when the metadata file or list can be understood."""
    subject = subject_of(unpacked)
    record, found = _record(subject)
    if record is not None:
        subject = Subject(
            subject.form,
            subject.members,
            in_order_of_list(subject.documents, record),
            record,
            subject.listing,
            subject.extra,
        )
    return Package(subject, (*unpacked.findings, *found), unpacked)


def members_sha256(unpacked: Unpacked) -> str:
    """By what a folder is known, which has no bytes of its own: names, sizes and digests of all its files."""
    rows = ((path, member.digests.size_bytes, member.digests.sha256) for path, member in unpacked.members.items())
    return canonical_sha256(sorted(rows))


def entries_of(subject: Subject) -> dict[RelPath, DocumentEntry]:
    """The list's line for each document; names that differ only in Unicode form find each other when unambiguous."""
    if subject.record is None:
        return {}
    exact = {entry.path: entry for entry in subject.record.documents}
    alike: dict[str, list[DocumentEntry]] = {}
    for entry in subject.record.documents:
        if entry.path not in subject.documents:
            alike.setdefault(nfc(entry.path), []).append(entry)
    found = {}
    for path in subject.documents:
        if path in exact:
            found[path] = exact[path]
        elif len(candidates := alike.get(path.nfc(), [])) == 1:
            found[path] = candidates[0]
    return found


def in_order_of_list(documents: Mapping[RelPath, Member], record: Record) -> dict[RelPath, Member]:
    """The documents as the list orders them, those it does not name last and by name."""
    place = {nfc(entry.path): number for number, entry in reversed(list(enumerate(record.documents)))}
    last = len(place)
    return dict(sorted(documents.items(), key=lambda item: (place.get(item[0].nfc(), last), item[0])))


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _record(subject: Subject) -> tuple[Record | None, tuple[Finding, ...]]:
    listing = subject.listing
    if subject.form is Form.FILE or listing is None or listing.digests.size_bytes > METADATA_BYTES_AT_MOST:
        return None, ()
    data = listing.blob.read_bytes()
    if listing.path.suffix == ".json":
        return parse_metadata(data)
    return read_list(data, listing.path.name)
