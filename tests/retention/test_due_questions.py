"""What is due, open-ended, to be handed over or to be reviewed is answered from an index, in its order, on both databases."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import CursorResult, Executable, text

from archive.catalogue import Catalogue, Reading
from archive.catalogue import file_plan_reading as pr
from archive.catalogue import file_reading as r
from archive.catalogue import schedule_reading as sr
from archive.catalogue.activity_figures import agency_activities
from archive.catalogue.check_figures import return_reasons
from archive.catalogue.schedule_writing import adopt_bundled, open_reviews
from archive.retention.figures import ReportedTime
from archive.retention.report_calendar import ReportCalendar

sys.path.insert(0, str(Path(__file__).resolve().parent))
from registry import ACTOR, AT, TODAY, ended, until, years

DUE, AGENCY_DUE = "ix_files_state_review_on_id", "ix_files_agency_code_state_review_on_id"
OF_PART = ("USING INDEX ix_retention_reviews_open", "USING INDEX ix_files_open_ended")
"""Indexes that hold nothing but what is asked for: read from their beginning, up to the limit, they are no scan."""
YEAR = ReportCalendar().span(ReportedTime.YEAR, 2026)
PLACE = (date(2020, 1, 1), "0")
QUESTIONS: Mapping[str, tuple[Callable[[Reading], object], str]] = {
    "due": (lambda view: r.files_due(view, TODAY), DUE),
    "due, next page": (lambda view: r.files_due(view, TODAY, after=PLACE), DUE),
    "due of an agency": (lambda view: r.files_due(view, TODAY, agency_code="H01.02"), AGENCY_DUE),
    "due of an agency, next page": (
        lambda view: r.files_due(view, TODAY, agency_code="H01.02", after=PLACE),
        AGENCY_DUE,
    ),
    "due by year": (lambda view: r.due_by_year(view, TODAY), DUE),
    "due by year of an agency": (lambda view: r.due_by_year(view, TODAY, agency_code="H01.02"), AGENCY_DUE),
    "open-ended": (lambda view: r.files_open_ended(view), "ix_files_open_ended"),
    "open-ended, next page": (lambda view: r.files_open_ended(view, after=(1995, "0")), "ix_files_open_ended"),
    "open-ended of an agency": (
        lambda view: r.files_open_ended(view, agency_code="H01.02", after=(1995, "0")),
        "ix_files_open_ended_of_agency",
    ),
    "to be handed over": (lambda view: r.transfers_due(view, TODAY), "ix_files_state_transfer_due_on_id"),
    "to be handed over, next page": (
        lambda view: r.transfers_due(view, TODAY, after=PLACE),
        "ix_files_state_transfer_due_on_id",
    ),
    "of a round": (lambda view: list(r.files_in_round(view, "r")), "ix_files_round_id_id"),
    "by code": (lambda view: r.file_of_code(view, "H01.02", "x"), "files_"),
    "by package": (lambda view: r.file_of_aip(view, "x"), "file_aips"),
    "reviews": (lambda view: sr.reviews_open(view), "ix_retention_reviews_open"),
    "reviews, next page": (lambda view: sr.reviews_open(view, after=(AT, "x")), "ix_retention_reviews_open"),
    "reviews of a file": (lambda view: sr.reviews_of(view, "x"), "ix_retention_reviews_file_id_opened_at_id"),
    "lines of a plan": (lambda view: list(pr.plan_lines_of(view, "x")), "file_plan_lines"),
}

FIGURES: Sequence[tuple[Callable[[Reading], object], Sequence[str]]] = (
    (
        lambda view: agency_activities(view, YEAR),
        ("ix_files_held", "ix_files_handed_over", "ix_submissions_owned_by_entered_at_id", "ix_tombstones_agency_code"),
    ),
    (lambda view: return_reasons(view, YEAR), ("entered_at_id",)),
)
"""Counted, so grouped and sorted; but of the index only what they are about."""


class Explained(Reading):
    """Keeps, of every question, how the database says it carries it out."""

    plans: list[str]

    def rows(
        self, query: Executable, each: Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        compiled = query.compile(self._connection, compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
        how = "EXPLAIN QUERY PLAN " if self.dialect == "sqlite" else "EXPLAIN "
        for row in self._connection.execute(text(how + str(compiled).replace(":", "\\:"))):
            self.plans.append(str(row[-1]).strip())
        return super().rows(query, each)


def explained(catalogue: Catalogue, question: Callable[[Reading], object]) -> list[str]:
    """PostgreSQL is asked with scans and sorts switched off: where it still scans or sorts, no index would do."""
    with catalogue.read() as view:
        connection = view._connection
        if view.dialect == "postgresql":
            for what in ("seqscan", "bitmapscan", "sort", "hashagg"):
                connection.execute(text(f"SET LOCAL enable_{what} = off"))
        asked = Explained(connection)
        asked.plans = []
        question(asked)
    return asked.plans


def read_through(plans: Sequence[str]) -> list[str]:
    """The lines that say a table is read from end to end, or rows are sorted."""
    bad = [
        line
        for line in plans
        if "Seq Scan" in line or "TEMP B-TREE" in line or line.startswith(("SCAN", "Sort", "->  Sort"))
    ]
    return [line for line in bad if not line.endswith(OF_PART)]


def test_every_question_is_answered_from_its_index_without_a_scan_or_a_sort(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        adopt_bundled(tx, actor=ACTOR, at=AT)
        for number in range(1, 40):
            ended(tx, number, 1990 + number % 20, period=until() if number % 3 == 0 else years(5))
    for name, (question, index) in QUESTIONS.items():
        plans = explained(catalogue, question)
        assert plans and not read_through(plans), (name, plans)
        assert any(index in line for line in plans), (name, plans)


def test_regular_reports_read_no_table_through(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        for number in range(1, 10):
            ended(tx, number, 1990 + number)
    for question, indexes in FIGURES:
        plans = explained(catalogue, question)
        assert not [line for line in plans if line.startswith("SCAN") or "Seq Scan" in line], plans
        assert all(any(index in line for line in plans) for index in indexes), plans


def test_a_question_without_an_index_would_be_seen(catalogue: Catalogue) -> None:
    plans = explained(catalogue, lambda view: view.rows(text("SELECT id FROM files ORDER BY title")).all())
    assert read_through(plans)


def test_opening_reviews_asks_the_index_of_the_rows(catalogue: Catalogue) -> None:
    query = (
        "SELECT id, state FROM files WHERE schedule_id = 'a' AND schedule_row = 'b' AND id > 'c' ORDER BY id LIMIT 5"
    )
    plans = explained(catalogue, lambda view: view.rows(text(query)).all())
    assert not read_through(plans) and any("ix_files_schedule_id_schedule_row_id" in line for line in plans), plans
    with catalogue.transaction() as tx:
        assert open_reviews(tx, actor=ACTOR, at=AT) == 0
