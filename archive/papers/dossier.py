"""Hồ sơ hủy tài liệu as data: list, votes, papers, tombstones and certificate, signed as one statement by the archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from archive.canonical import canonical_sha256
from archive.disposal.frozen_list import FORMAT, list_sha256_of
from archive.disposal.words import ArchiveKind
from archive.papers.paper import PaperKind, as_json

DOSSIER_SCHEMA = "luutru-dossier/1"
DATA_FILE = "ho-so-huy.json"
"""The signed statement: a tag file of the dossier's bag, kept in its AIP under ``documentation/submission``."""
LEAST_YEARS = 20


@dataclass(frozen=True, slots=True)
class DossierPaper:
    """One paper of the dossier. ``rule``: the name the rules of rounds have for it, empty for one they do not ask for.

    ``judgement``: what was found when it was attached (``PaperJudgement.as_json``); None for what the archive printed
    itself and nobody has to sign. ``list_sha256``: the list it is bound to.
    """

    kind: PaperKind
    file_name: str
    sha256: str
    size_bytes: int
    pages: int
    organ: str
    subject: str
    issued: date
    number: str = ""
    notation: str = ""
    rule: str = ""
    list_sha256: str = ""
    judgement: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DossierVote:
    """One member's vote on one line; ``opinion`` is what he wanted said in the minutes."""

    session: int
    line: int
    account_id: str
    outcome: str
    years: int | None = None
    opinion: str = ""


@dataclass(frozen=True, slots=True)
class DossierPerson:
    account_id: str
    duty: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class DestroyedFile:
    """A tombstone: the line of the list and the digests of every package, as ``(AIP id, SHA-256)``."""

    file_id: str
    line: int
    file_code: str
    title: str
    packages: tuple[tuple[str, str], ...]
    destroyed_at: str


@dataclass(frozen=True, slots=True)
class SparedFile:
    """A line that was to be destroyed and was not (void, held, set aside), and why."""

    file_id: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """All of a finished round. ``lines``: the canonical content of every line of the frozen list, in its order
    (``archive.disposal.frozen_list.line_content``). ``certificate``: the signed certificate as it was issued."""

    file_code: str
    title: str
    agency_code: str
    agency_name: str
    archive_name: str
    profile: str
    profile_version: str
    round_id: str
    round_code: str
    historical: bool
    submitting: bool
    list_sha256: str
    lines: tuple[Mapping[str, Any], ...]
    persons: tuple[DossierPerson, ...]
    votes: tuple[DossierVote, ...]
    opinion: Mapping[str, Any] | None
    decision: Mapping[str, Any]
    papers: tuple[DossierPaper, ...]
    destroyed: tuple[DestroyedFile, ...]
    spared: tuple[SparedFile, ...]
    certificate: Mapping[str, Any]
    destroyed_on: date
    keep_years: int = LEAST_YEARS
    certified: tuple[Mapping[str, Any], ...] = ()
    """What the certificate has the digest of: every destroyed hồ sơ as it was certified
    (``archive.absence.certificate.line_of``), in the order of the list."""

    @property
    def keep_until(self) -> date:
        return years_later(self.destroyed_on, max(self.keep_years, LEAST_YEARS))


def dossier_statement(dossier: Dossier) -> dict[str, Any]:
    """What the archive signs: every field, and until when the dossier is kept."""
    values = {item.name: as_json(getattr(dossier, item.name)) for item in fields(dossier)}
    return {
        "schema": DOSSIER_SCHEMA,
        **values,
        "list_format": FORMAT,
        "keep_until": dossier.keep_until.isoformat(),
    }


def frozen_list_sha256(statement: Mapping[str, Any]) -> str:
    """The hash of the list, computed again from the lines themselves. Raises ValueError for a list of another form."""
    if statement["list_format"] != FORMAT:
        raise ValueError(f"list format {statement['list_format']!r}")
    digests = (canonical_sha256(line) for line in statement["lines"])
    kind = ArchiveKind.HISTORICAL if statement["historical"] else ArchiveKind.CURRENT
    profile, version = statement["profile"], statement["profile_version"]
    return list_sha256_of(statement["round_id"], profile, version, kind, bool(statement["submitting"]), digests)


def years_later(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 1 March, never earlier."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
