"""Regular reports: which days they are about, what is counted, and that what was made once stands."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.access import Author, Role
from archive.access.errors import AuthorityMissingError
from archive.catalogue import Catalogue, Transaction
from archive.catalogue.activity_figures import agency_activities
from archive.catalogue.check_figures import check_figures, return_reasons
from archive.catalogue.report_keeping import made_reports, record_report, record_sent, require_report
from archive.events import Event
from archive.papers.records import CheckFigures
from archive.retention.figures import ReportedTime
from archive.retention.made_report import MadeReport, ReportMissingError, ReportSentError, report_key
from archive.retention.report_calendar import ReportCalendar
from tests.catalogue.builders import ACTOR, receive

sys.path.insert(0, str(Path(__file__).resolve().parent))
from registry import AT, ended, opened, person

CALENDAR = ReportCalendar()
YEAR = CALENDAR.span(ReportedTime.YEAR, 2026)
DAY = timedelta(days=1)


@pytest.mark.parametrize("calendar", [ReportCalendar(), ReportCalendar((6, 30), (7, 4), (12, 31), (1, 10))])
def test_no_day_is_left_out_of_the_reports_and_none_is_counted_twice(calendar: ReportCalendar) -> None:
    for year in range(2023, 2030):
        first, second = (calendar.span(time, year) for time in (ReportedTime.FIRST_HALF, ReportedTime.SECOND_HALF))
        whole, following = (calendar.span(ReportedTime.YEAR, one) for one in (year, year + 1))
        assert first.until + DAY == second.since and second.until + DAY == following.since
        assert (whole.since, whole.until) == (first.since, second.until)
        for time in ReportedTime:
            assert calendar.span(time, year).until < calendar.due(time, year)


def test_reports_are_thought_of_before_they_are_due_and_only_those_of_days_the_archive_has_seen() -> None:
    def names(first: date, today: date) -> list[str]:
        return [f"{year} {time.value}" for time, year in CALENDAR.expected(first, today)]

    first = date(2026, 3, 1)
    assert names(first, date(2026, 5, 20)) == []
    assert names(first, date(2026, 5, 21)) == ["2026 first-half"]
    assert names(first, date(2026, 11, 20)) == ["2026 first-half", "2026 second-half", "2026 year"]
    assert names(date(2026, 6, 1), date(2026, 11, 20)) == ["2026 second-half", "2026 year"]
    assert CALENDAR.due(ReportedTime.YEAR, 2026) == date(2026, 12, 4)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 5, tzinfo=UTC)


def audited(tx: Transaction, day: date, **counts: int) -> None:
    data = {
        "run_id": f"r{day}",
        "store": "a",
        "counts": counts,
        "bytes": 1,
        "verdict": "green",
        "report_sha256": "0" * 64,
        "canary": "found",
    }
    tx.append(Event.AUDIT_RUN_COMPLETED, f"r{day}", actor=ACTOR, at=at(day), data=data)


def test_checks_repairs_backups_and_drills_are_counted_by_the_day_they_were_done(catalogue: Catalogue) -> None:
    inside, before, after = YEAR.since, YEAR.since - DAY, YEAR.until + DAY
    repaired: dict[str, Any] = dict.fromkeys(
        ("aip_id", "store", "from_store", "sha256", "damaged_sha256", "aside"), "x"
    )
    with catalogue.transaction() as tx:
        for day in (before, inside, YEAR.until, after):
            audited(tx, day, ok=10, mismatch=1, missing=2, overdue=4, **{"attribute-ok": 100})
            tx.append(Event.AIP_COPY_REPAIRED, "aip", actor=ACTOR, at=at(day), data=repaired)
            tx.append(Event.ARCHIVE_BACKUP_COMPLETED, "archive", actor=ACTOR, at=at(day))
        tx.append(Event.ARCHIVE_DRILL_COMPLETED, "archive", actor=ACTOR, at=at(YEAR.until))
        # A machine whose clock is some hours behind wrote last: its record is of its own day.
        tx.append(Event.ARCHIVE_DRILL_COMPLETED, "archive", actor=ACTOR, at=YEAR.ends - timedelta(hours=1))
    with catalogue.read() as view:
        assert check_figures(view, YEAR) == CheckFigures(
            copies_read=22, copies_bad=6, copies_repaired=2, backups=2, drills=2
        )
        assert check_figures(view, CALENDAR.span(ReportedTime.YEAR, 1990)) == CheckFigures(0, 0, 0, 0, 0)


def returned(tx: Transaction, number: int, *codes: str) -> None:
    submission = receive(tx, number)
    tx.move(submission.id, Event.SUBMISSION_CHECKS_COMPLETED, actor=ACTOR, at=AT)
    decision = {"consequence": "return", "reasons": list(codes)}
    tx.move(submission.id, Event.SUBMISSION_DECISION_RETURNED, actor=ACTOR, at=AT, decision=decision)


def test_a_submission_counts_once_under_each_check_that_led_to_its_return(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        returned(tx, 1, "signatures.broken", "signatures.expired", "pdfa.no-claim")
        returned(tx, 2, "signatures.broken")
        returned(tx, 3)
        receive(tx, 4)
    with catalogue.read() as view:
        assert return_reasons(view, YEAR) == (("signatures", 2), ("", 1), ("pdfa", 1))
        assert return_reasons(view, CALENDAR.span(ReportedTime.YEAR, 2025)) == ()


def test_what_an_agency_holds_is_counted_without_what_is_only_planned(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        opened(tx, 1)
        ended(tx, 2, 2010)
        ended(tx, 3, 2020, agency_code="H99")
    with catalogue.read() as view:
        found = {item.agency_code: item for item in agency_activities(view, YEAR)}
        assert {code: (item.files_held, item.due) for code, item in found.items()} == {"H01.02": (1, 1), "H99": (1, 0)}
        assert agency_activities(view, YEAR, agency_code="H99") == (found["H99"],)


def made(period: ReportedTime = ReportedTime.FIRST_HALF, **changes: Any) -> MadeReport:
    pdf = "ab" * 32
    report = MadeReport(
        period=period,
        year=2026,
        span=CALENDAR.span(period, 2026),
        due_on=CALENDAR.due(period, 2026),
        made_at=AT,
        made_by=ACTOR,
        document={"số": 1},
        sha256="cd" * 32,
        pdf_key=report_key(f"2026-{period.value}", pdf),
        pdf_sha256=pdf,
        pdf_size_bytes=10,
    )
    return replace(report, **changes)


def test_figures_once_made_are_never_written_over(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        first = record_report(tx, made())
        assert record_report(tx, made(sha256="00" * 32, document={"số": 2})) == first == require_report(tx, first.id)
        record_report(tx, made(ReportedTime.YEAR))
        assert [item.id for item in made_reports(tx)] == ["2026-year", "2026-first-half"]
        assert len(tx.records(event=Event.ARCHIVE_REPORT_MADE)) == 2
        with pytest.raises(ReportMissingError):
            require_report(tx, "2025-year")


def test_only_keepers_of_the_archive_say_that_a_report_was_sent_and_they_say_it_once(catalogue: Catalogue) -> None:
    keeper, auditor = person(catalogue, Role.ARCHIVIST), person(catalogue, Role.AUDITOR)
    day = date(2026, 6, 3)

    def sent(by: Author, number: str) -> MadeReport:
        with catalogue.transaction() as tx:
            return record_sent(tx, "2026-first-half", number=number, on=day, by=by, at=AT)

    with pytest.raises(AuthorityMissingError):
        sent(auditor, "12/BC")
    with pytest.raises(ReportMissingError):
        sent(keeper, "12/BC")
    with catalogue.transaction() as tx:
        record_report(tx, made())
    first = sent(keeper, " 12/BC ")
    assert (first.sent_number, first.sent_on, first.sent_by) == ("12/BC", day, keeper.actor)
    assert sent(keeper, "12/BC") == first
    with pytest.raises(ReportSentError):
        sent(keeper, "13/BC")
    with catalogue.read() as view:
        assert len(view.records(event=Event.ARCHIVE_REPORT_SENT)) == 1
