"""A report of activity as it was made: its figures as they stood then, its paper, and whether it was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from archive.errors import LuutruError
from archive.retention.figures import ReportedTime, Span


class ReportMissingError(LuutruError):
    """No report has this name, or it was not made yet."""

    code = "report.missing"


class ReportNotClosedError(LuutruError):
    """The reported time is not over: its figures are not final."""

    code = "report.not-closed"


class ReportSentError(LuutruError):
    """The report is recorded as sent already, under another number or of another day."""

    code = "report.sent"


@dataclass(frozen=True, slots=True)
class MadeReport:
    """``document``: the data of the paper (``archive.papers.paper.paper_data``); ``sha256``: of its canonical form."""

    period: ReportedTime
    year: int
    span: Span
    due_on: date
    made_at: datetime
    made_by: str
    document: Mapping[str, Any]
    sha256: str
    pdf_key: str
    pdf_sha256: str
    pdf_size_bytes: int
    sent_on: date | None = None
    sent_number: str = ""
    sent_at: datetime | None = None
    sent_by: str = ""

    @property
    def id(self) -> str:
        return report_id(self.period, self.year)


def report_id(period: ReportedTime, year: int) -> str:
    """What a report is called: ``2026-first-half``."""
    return f"{year}-{period.value}"


def report_key(report: str, pdf_sha256: str) -> str:
    """Where its PDF lies in every store; the digest is in the name, so that a page printed twice is never in the way."""
    return f"report/{report}-{pdf_sha256[:16]}.pdf"
