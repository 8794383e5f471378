"""The reports of activity that were made: recorded once with their figures, and as sent when somebody sent them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import insert, select, update

from archive.access import Author
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.retention_authority import require_keeper
from archive.catalogue.retention_tables import activity_reports
from archive.catalogue.rows import AnyRow
from archive.catalogue.writing import Transaction
from archive.events import Event
from archive.retention.figures import ReportedTime, Span
from archive.retention.made_report import MadeReport, ReportMissingError, ReportSentError

_C = activity_reports.c


def made_report(view: LedgerReading, report: str) -> MadeReport | None:
    row = view.rows(select(activity_reports).where(_C.id == report)).first()
    return None if row is None else _report(row)


def require_report(view: LedgerReading, report: str) -> MadeReport:
    """Raises ReportMissingError."""
    found = made_report(view, report)
    if found is None:
        raise ReportMissingError(
            "Chưa có báo cáo này.", remedy="Xem các báo cáo đã lập: «luutru report made».", detail=report
        )
    return found


def made_reports(view: LedgerReading, limit: int = 1000) -> tuple[MadeReport, ...]:
    """The last due first; there are three a year."""
    query = select(activity_reports).order_by(_C.due_on.desc(), _C.id.desc()).limit(limit)
    return tuple(map(_report, view.rows(query)))


def record_report(tx: Transaction, made: MadeReport) -> MadeReport:
    """The report that stands: this one with its ledger record, or the one that was made before. Figures once made are
    never written over: what was sent must be found as it was."""
    standing = made_report(tx, made.id)
    if standing is not None:
        return standing
    tx.rows(
        insert(activity_reports).values(
            id=made.id,
            period=made.period.value,
            year=made.year,
            since=made.span.since,
            until=made.span.until,
            due_on=made.due_on,
            made_at=made.made_at,
            made_by=made.made_by,
            document=dict(made.document),
            sha256=made.sha256,
            pdf_key=made.pdf_key,
            pdf_sha256=made.pdf_sha256,
            pdf_size_bytes=made.pdf_size_bytes,
            sent_number="",
            sent_by="",
        )
    )
    data = {"report": made.id, "sha256": made.sha256, "pdf_sha256": made.pdf_sha256}
    tx.append(Event.ARCHIVE_REPORT_MADE, _subject(made.id), actor=made.made_by, at=made.made_at, data=data)
    return made


def record_sent(tx: Transaction, report: str, *, number: str, on: date, by: Author, at: datetime) -> MadeReport:
    """The report, sent under this number on this day; said twice it is recorded once.

    Raises ReportMissingError, ReportSentError when something else was said before, AuthorityMissingError.
    """
    require_keeper(tx, by)
    standing = require_report(tx, report)
    number = " ".join(number.split())
    if standing.sent_on is not None:
        if (standing.sent_on, standing.sent_number) == (on, number):
            return standing
        raise ReportSentError(
            f"Báo cáo này đã được ghi nhận gửi ngày {standing.sent_on:%d/%m/%Y}, số {standing.sent_number}.",
            remedy="Báo cáo bổ sung, đính chính là một văn bản khác.",
            detail=report,
        )
    tx.rows(
        update(activity_reports)
        .where(_C.id == report)
        .values(sent_on=on, sent_number=number, sent_at=at, sent_by=by.actor)
    )
    data = {"report": report, "sha256": standing.sha256, "number": number, "sent_on": on.isoformat()}
    tx.append(Event.ARCHIVE_REPORT_SENT, _subject(report), actor=by.actor, at=at, data=data)
    return require_report(tx, report)


def _subject(report: str) -> str:
    return f"report:{report}"


def _report(row: AnyRow) -> MadeReport:
    return MadeReport(
        period=ReportedTime(row.period),
        year=row.year,
        span=Span(row.since, row.until),
        due_on=row.due_on,
        made_at=row.made_at,
        made_by=row.made_by,
        document=row.document,
        sha256=row.sha256,
        pdf_key=row.pdf_key,
        pdf_sha256=row.pdf_sha256,
        pdf_size_bytes=row.pdf_size_bytes,
        sent_on=row.sent_on,
        sent_number=row.sent_number,
        sent_at=row.sent_at,
        sent_by=row.sent_by,
    )
