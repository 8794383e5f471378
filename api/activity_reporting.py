"""The half-yearly and yearly reports: counted, printed as PDF/A, kept in every store, and told of until they are sent."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from api.bootstrap import Installation
from archive.alerts import Severity, Standing
from archive.catalogue import Reading
from archive.catalogue.activity_figures import agency_activities
from archive.catalogue.check_figures import BY_A_PERSON, check_figures, return_reasons
from archive.catalogue.report_keeping import made_report, made_reports, record_report
from archive.disposal.paper_keeping import read_paper
from archive.errors import CopyDamagedError, LuutruError, ObjectMissingError, StoreError
from archive.local_time import VIETNAM
from archive.papers.paper import Letterhead, paper_data, paper_sha256
from archive.papers.records import ActivityReport, AgencyFigures
from archive.retention.figures import ReportedTime
from archive.retention.made_report import MadeReport, ReportNotClosedError, report_id, report_key
from archive.storage.key import Key
from archive.storage.store import Store
from schemas.rule_profiles import profile_on

_log = logging.getLogger(__name__)

ALERT = "report.due"
NAMES: Mapping[ReportedTime, str] = {
    ReportedTime.FIRST_HALF: "sáu tháng đầu năm",
    ReportedTime.SECOND_HALF: "sáu tháng cuối năm",
    ReportedTime.YEAR: "năm",
}
REASONS: Mapping[str, str] = {
    "aip": "Không lập được gói lưu trữ",
    "bag": "Gói nộp sai cấu trúc hoặc sai mã băm",
    "duplicates": "Trùng lặp",
    "encoding": "Bảng mã tiếng Việt, dấu chỉ độ mật",
    "format": "Định dạng tệp",
    "list": "Không khớp với danh mục tài liệu",
    "malware": "Mã độc, hoặc chưa quét được mã độc",
    "metadata": "Dữ liệu đặc tả",
    "pdfa": "PDF/A",
    "signatures": "Chữ ký số",
    "unpack": "Không mở được gói nộp",
    BY_A_PERSON: "Người xem xét trả lại, không do phép kiểm tra nào",
}


class ReportNotKeptError(LuutruError):
    """No store took the report; it is made again when one does."""

    code = "report.not-kept"


def activity_paper(
    installation: Installation, view: Reading, time: ReportedTime, year: int, *, agency_code: str = ""
) -> ActivityReport:
    """The report as data, its figures as they stand in ``view``; number and day are left open for who issues it."""
    settings = installation.settings
    span, due = settings.reports.calendar.span(time, year), settings.reports.calendar.due(time, year)
    found = agency_activities(view, span, agency_code=agency_code)
    return ActivityReport(
        profile=profile_on(span.until).name,
        head=Letterhead(
            agency=settings.archive_name,
            place=settings.reports.place,
            superior=settings.reports.superior,
            notation=settings.reports.notation,
        ),
        period=time.value,
        since=span.since,
        until=span.until,
        addressed_to=settings.reports.addressed_to,
        agencies=tuple(AgencyFigures(**item.as_json()) for item in found),
        checks=check_figures(view, span),
        returned_for=tuple((REASONS.get(check, check), count) for check, count in return_reasons(view, span)),
        due=due,
    )


def make_report(installation: Installation, time: ReportedTime, year: int, *, actor: str, at: datetime) -> MadeReport:
    """The report of a time that is over: made now, or as it was made before. Harmless to repeat, whenever it was killed.

    Raises ReportNotClosedError, and ReportNotKeptError when not one store took its paper.
    """
    calendar = installation.settings.reports.calendar
    span = calendar.span(time, year)
    if at < span.ends:
        raise ReportNotClosedError(
            f"Kỳ báo cáo chưa kết thúc: số liệu chốt hết ngày {span.until:%d/%m/%Y}.",
            remedy="Xem số liệu đến nay bằng «luutru report half-yearly» hoặc «luutru report yearly».",
            detail=report_id(time, year),
        )
    with installation.catalogue.read() as view:
        standing = made_report(view, report_id(time, year))
        if standing is not None:
            return standing
        paper = activity_paper(installation, view, time, year)
    pdf = printed_report(paper)
    digest = hashlib.sha256(pdf).hexdigest()
    made = MadeReport(
        period=time,
        year=year,
        span=span,
        due_on=calendar.due(time, year),
        made_at=at,
        made_by=actor,
        document=paper_data(paper),
        sha256=paper_sha256(paper),
        pdf_key=report_key(report_id(time, year), digest),
        pdf_sha256=digest,
        pdf_size_bytes=len(pdf),
    )
    if not any([_put(store, made.pdf_key, pdf) for store in installation.stores]):
        raise ReportNotKeptError(
            "Không kho nào nhận được báo cáo.", remedy="Kiểm tra các kho; báo cáo được lập lại tự động.", detail=made.id
        )
    with installation.catalogue.transaction() as tx:
        return record_report(tx, made)


def printed_report(paper: ActivityReport) -> bytes:
    """The paper as PDF/A."""
    from ingest.papers.composing import paper_pdf

    return paper_pdf(paper).pdf


def report_pdf(installation: Installation, made: MadeReport) -> bytes:
    """The paper as it was made, its digest compared. Raises CopyDamagedError when no store has it right."""
    return read_paper(installation.stores, made.pdf_key, made.pdf_sha256)


def spread_reports(installation: Installation) -> None:
    """Reports that a store lacks (it was away, or is new) are put there; what lies there damaged is fsck's to name."""
    with installation.catalogue.read() as view:
        made = made_reports(view)
    for report in made:
        lacking = [store for store in installation.stores if _lacks(store, report.pdf_key)]
        if not lacking:
            continue
        try:
            pdf = report_pdf(installation, report)
        except CopyDamagedError as error:
            _log.warning("report %s: %s", report.id, error.message)
            continue
        for store in lacking:
            _put(store, report.pdf_key, pdf)


def closed_reports(installation: Installation, at: datetime) -> Sequence[tuple[ReportedTime, int]]:
    """Reports whose time is over and that were not made yet, the first due first."""
    calendar = installation.settings.reports.calendar
    with installation.catalogue.read() as view:
        return [
            (time, year)
            for time, year in _expected(installation, view, at)
            if calendar.span(time, year).ends <= at and made_report(view, report_id(time, year)) is None
        ]


def reports_due(installation: Installation, at: datetime) -> Sequence[Standing]:
    """What is to be sent and nobody has said was sent: yellow before the last day, red behind it."""
    calendar, today = installation.settings.reports.calendar, at.astimezone(VIETNAM).date()
    found = []
    with installation.catalogue.read() as view:
        for time, year in _expected(installation, view, at):
            name, due = report_id(time, year), calendar.due(time, year)
            made = made_report(view, name)
            if made is not None and made.sent_on is not None:
                continue
            figures = "số liệu đã lập" if made else f"số liệu chốt hết ngày {calendar.span(time, year).until:%d/%m/%Y}"
            late = today > due
            text = f"Báo cáo {NAMES[time]} {year} {'đã quá' if late else 'phải gửi đến hết'} ngày {due:%d/%m/%Y}; {figures}."
            data = {"report": name, "due_on": due.isoformat(), "made": made is not None}
            found.append(Standing(ALERT, name, Severity.RED if late else Severity.YELLOW, text, data))
    return found


def _expected(installation: Installation, view: Reading, at: datetime) -> Sequence[tuple[ReportedTime, int]]:
    first = view.records(0, 1)
    if not first:
        return []
    return list(installation.settings.reports.calendar.expected(_day(first[0].at), _day(at)))


def _day(at: datetime) -> date:
    return at.astimezone(VIETNAM).date()


def _lacks(store: Store, key: str) -> bool:
    try:
        store.size(Key(key))
    except ObjectMissingError:
        return True
    except StoreError:
        return False
    return False


def _put(store: Store, key: str, data: bytes) -> bool:
    """Whether the store has it, read back."""
    try:
        with store.create(Key(key)) as writer:
            writer.write(data)
            writer.commit()
        return b"".join(store.read(Key(key))) == data
    except StoreError as error:
        _log.warning("report %s waits for store %s: %s", key, store.name, error.detail or error.message)
        return False
