"""The list as it is decided on: one SHA-256 over canonical lines, which anyone can compute again in twenty years.

A line's digest is that of the RFC 8785 JSON of what ``line_content`` gives. The list's is that of the RFC 8785 JSON of
``{"format", "round", "profile", "profile_version", "archive_kind", "submitting", "lines", "lines_sha256"}``: by which rules
the round goes, on which depends what papers it needs; how many lines there are, and the SHA-256 of their digests in the
order of the list, each in lower-case hex with a line end behind it. Lines that were void or taken off before the list was
frozen are not on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from archive.canonical import canonical_sha256
from archive.disposal.model import Line, Round
from archive.disposal.words import ArchiveKind

FORMAT = "luutru-disposal-list/2"


def line_content(line: Line) -> dict[str, Any]:
    """What of a line is decided on."""
    return {
        "ordinal": line.ordinal,
        "file_id": line.file_id,
        "agency_code": line.agency_code,
        "file_code": line.file_code,
        "came_from": line.came_from.value,
        "reason": line.reason.value,
        "explanation": line.explanation,
        "duplicate_of": line.duplicate_of,
        "outcome": None if line.choice is None else line.choice.outcome.value,
        "extend_years": None if line.choice is None else line.choice.years,
        "file_sha256": line.snapshot.file,
        "period_sha256": line.snapshot.period,
        "packages_sha256": line.snapshot.packages,
        "rights_sha256": line.snapshot.rights,
    }


def line_sha256(line: Line) -> str:
    return canonical_sha256(line_content(line))


def list_sha256(of: Round, line_digests: Iterable[str]) -> str:
    """Of the digests of its lines in their order."""
    return list_sha256_of(of.id, of.profile, of.profile_version, of.archive_kind, of.submitting, line_digests)


def list_sha256_of(
    round_id: str,
    profile: str,
    profile_version: str,
    archive_kind: ArchiveKind,
    submitting: bool,
    line_digests: Iterable[str],
) -> str:
    """The same from what a dossier says of a round that the catalogue need not know any more."""
    digests = list(line_digests)
    return canonical_sha256(
        {
            "format": FORMAT,
            "round": round_id,
            "profile": profile,
            "profile_version": profile_version,
            "archive_kind": archive_kind.value,
            "submitting": submitting,
            "lines": len(digests),
            "lines_sha256": hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode("utf-8")).hexdigest(),
        }
    )
