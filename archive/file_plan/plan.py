"""A danh mục hồ sơ and its lines (NĐ 30/2020 Phụ lục V)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from archive.canonical import canonical_sha256
from archive.retention.period import Period
from archive.retention.stated_period import period_text


class PlanState(StrEnum):
    """dự thảo, đã phê duyệt, đã được thay bằng phiên bản sau."""

    DRAFT = "draft"
    APPROVED = "approved"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One hồ sơ of the plan. ``ordinal``: its place, from 1; ``heading``: the đề mục it stands under."""

    ordinal: int
    heading: str
    notation: str
    title: str
    period: Period
    maker: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One version of the plan of an agency for a year. ``basis``: the decision it was issued by; ``reason``: why it was
    amended. ``sha256``: over its lines."""

    id: str
    agency_code: str
    year: int
    version: int
    state: PlanState
    basis: str
    reason: str
    sha256: str
    imported_at: datetime
    imported_by: str
    approved_at: datetime | None
    approved_by: str | None


def lines_sha256(lines: Sequence[PlanLine]) -> str:
    """The digest of what an approval approves."""
    return canonical_sha256(
        [
            {
                "ordinal": line.ordinal,
                "heading": line.heading,
                "notation": line.notation,
                "title": line.title,
                "period": period_text(line.period),
                "maker": line.maker,
                "note": line.note,
            }
            for line in lines
        ]
    )


def planned_file_code(agency_code: str, year: int, notation: str) -> str:
    """Mã hồ sơ as NĐ 30/2020 Phụ lục VI composes it (OrganId, FileCatalog, FileNotation), when no other is given."""
    return f"{agency_code}.{year}.{notation}"
