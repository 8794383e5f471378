"""Whether exactly these bytes are held: what anyone may be told of them, and of a record that is not open, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from archive.access import Mode, effective_mode
from archive.catalogue import Aip, Document, Reading, Submission
from archive.catalogue.standing import documents_with_bytes, documents_with_revision
from archive.lifecycle import State

MOST_PLACES = 20
"""The same bytes may lie in many hồ sơ; more are not looked at."""


@dataclass(frozen=True, slots=True)
class Presence:
    """One place the bytes are held. ``revision``: they are a signed revision of what is held, not the whole file.

    ``described``: of an open record only, its title, number, agency, hồ sơ.
    """

    held_since: datetime
    verdict: str
    revision: bool
    described: Described | None


@dataclass(frozen=True, slots=True)
class Described:
    """What is told of an open record."""

    aip_id: str
    ordinal: int
    title: str
    number: str
    agency: str
    file_code: str


def presences(reading: Reading, sha256: str) -> tuple[Presence, ...]:
    """Every place (some at most), the longest held first; empty when the bytes are not held.

    Existence is told of restricted records too: who asks has the bytes, or their digest, already, and cannot get from here
    to any other record.
    """
    whole = _held(reading, documents_with_bytes(reading, sha256, MOST_PLACES), revision=False)
    signed = _held(reading, documents_with_revision(reading, sha256, MOST_PLACES), revision=True)
    places = {(item.aip_id, item.ordinal): presence for item, presence in [*signed, *whole]}
    return tuple(sorted(places.values(), key=lambda item: item.held_since)[:MOST_PLACES])


def _held(reading: Reading, documents: Iterable[Document], *, revision: bool) -> list[tuple[Document, Presence]]:
    found = []
    for document in documents:
        aip, submission = reading.aip(document.aip_id), reading.submission_of_aip(document.aip_id)
        if aip is None or submission is None or submission.state is not State.STORED:
            continue
        mode = effective_mode(aip.fields, document.fields, reading.decided_modes(aip.id), document.ordinal)
        described = _described(aip, submission, document) if mode is Mode.OPEN else None
        found.append((document, Presence(submission.entered_at, document.verdict, revision, described)))
    return found


def _described(aip: Aip, submission: Submission, document: Document) -> Described:
    title = document.fields.get("subject")
    return Described(
        aip_id=aip.id,
        ordinal=document.ordinal,
        title=title if isinstance(title, str) else "",
        number="/".join(filter(None, (document.number, document.notation))),
        agency=submission.description.agency_name,
        file_code=aip.file_code,
    )
