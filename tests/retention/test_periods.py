"""Periods: how they are counted, compared, read and written."""

from __future__ import annotations

import sys
from datetime import date
from itertools import permutations, product
from pathlib import Path

import pytest

from archive.retention.period import (
    PERMANENT,
    UNDETERMINED,
    Period,
    PeriodKind,
    longer,
    longest,
    review_on,
    shorter_than,
)
from archive.retention.stated_period import listed_period, period_text, stated_period
from schemas.fields import code_list

sys.path.insert(0, str(Path(__file__).resolve().parent))
from registry import until, years

ALL = (
    years(1),
    years(5),
    years(20),
    years(70),
    until("a"),
    until("a", 5),
    until("a", 0, 20),
    until("b", 10, 3),
    PERMANENT,
    UNDETERMINED,
)
EVENT_YEARS = (None, 1990, 2014, 2015, 2016, 2040)


def over(period: Period, event_year: int | None) -> date:
    return review_on(period, ended_year=2015, event_year=event_year) or date.max


@pytest.mark.parametrize(("one", "other"), list(product(ALL, ALL)))
def test_the_longer_of_two_is_over_before_neither_whatever_happens_and_whenever(one: Period, other: Period) -> None:
    both = longer(one, other)
    assert both == longer(other, one)
    assert longer(both, one) == both == longer(both, other)
    for year in EVENT_YEARS:
        assert over(both, year) == max(over(one, year), over(other, year), over(both, year))
    assert shorter_than(one, other) == (both != one)


def test_the_longest_of_many_is_the_same_in_every_order() -> None:
    some = (years(20), until("a", 5), until("b", 0, 30), years(5))
    found = {longest(order) for order in permutations(some)}
    assert found == {Period(PeriodKind.EVENT, 5, "a và khi b", 30)}


def test_years_do_not_vanish_behind_an_event_that_comes_early() -> None:
    both = longest([years(20), until("dự án kết thúc")])
    assert review_on(both, ended_year=2015, event_year=2016) == date(2036, 1, 1)
    assert review_on(both, ended_year=2015, event_year=2050) == date(2051, 1, 1)


def test_what_is_undetermined_gives_way_to_nothing() -> None:
    for period in ALL:
        assert longest([period, UNDETERMINED]) == UNDETERMINED
    assert longest([]) == UNDETERMINED
    assert all(shorter_than(period, UNDETERMINED) for period in ALL if period != UNDETERMINED)


@pytest.mark.parametrize("number", [1, 2, 5, 10, 15, 20, 30, 50, 70])
@pytest.mark.parametrize("year", [1999, 2000, 2003, 2004, 2015, 2096, 2100])
def test_the_review_day_is_the_first_of_january_after_the_last_year_leap_or_not(number: int, year: int) -> None:
    day = review_on(years(number), ended_year=year)
    assert day == date(year + number + 1, 1, 1)
    last = day.fromordinal(day.toordinal() - 1)
    assert (last.month, last.day, last.year) == (12, 31, year + number)


def test_a_period_until_an_event_is_counted_from_the_later_of_end_and_event() -> None:
    assert review_on(until(), ended_year=2015) is None
    assert review_on(until(), ended_year=2015, event_year=2010) == date(2016, 1, 1)
    assert review_on(until(after=5), ended_year=2015, event_year=2020) == date(2026, 1, 1)


def test_nothing_is_due_that_is_permanent_undetermined_not_ended_or_beyond_the_calendar() -> None:
    assert review_on(PERMANENT, ended_year=1900) is None
    assert review_on(UNDETERMINED, ended_year=1900) is None
    assert review_on(years(5), ended_year=None) is None
    assert review_on(years(70), ended_year=9990) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": PeriodKind.YEARS},
        {"kind": PeriodKind.YEARS, "years": -1},
        {"kind": PeriodKind.YEARS, "years": 5, "event": "a"},
        {"kind": PeriodKind.YEARS, "years": 5, "at_least": 5},
        {"kind": PeriodKind.PERMANENT, "years": 5},
        {"kind": PeriodKind.UNDETERMINED, "event": "a"},
        {"kind": PeriodKind.EVENT},
        {"kind": PeriodKind.EVENT, "event": "a", "years": -1},
        {"kind": PeriodKind.EVENT, "event": "a", "at_least": -1},
    ],
)
def test_a_period_that_means_nothing_cannot_be_made(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Period(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "period"),
    [
        ("01", PERMANENT), ("02", years(70)), ("03", years(50)), ("04", years(30)), ("05", years(20)),
        ("06", years(10)), ("07", UNDETERMINED),
    ],
)  # fmt: skip
def test_every_code_of_tt_05_is_a_period(code: str, period: Period) -> None:
    assert stated_period(code) == period
    assert stated_period(code_list("maintenance").names[code]) == period
    assert sorted(code_list("maintenance").names) == ["01", "02", "03", "04", "05", "06", "07"]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("Vĩnh viễn", PERMANENT),
        ("  vĩnh  VIỄN. ", PERMANENT),
        ("Vi\u0303nh vie\u0302\u0303n", PERMANENT),
        ("Bảo quản vĩnh viễn", PERMANENT),
        ("20 năm", years(20)),
        ("5 NĂM", years(5)),
        ("5 na\u0306m", years(5)),
        ("15", years(15)),
        (20, years(20)),
        ("Đến khi văn bản hết hiệu lực", until("văn bản hết hiệu lực")),
        ("đến khi văn bản hết hiệu lực thi hành.", until("văn bản hết hiệu lực thi hành")),
        ("Đến khi dự án kết thúc và 5 năm sau đó", until("dự án kết thúc", 5)),
        ("10 năm kể từ ngày thanh lý hợp đồng", until("thanh lý hợp đồng", 10)),
        ("5 năm sau khi Luật Đất đai hết hiệu lực", until("Luật Đất đai hết hiệu lực", 5)),
        ("Đến khi hết hiệu lực, ít nhất 20 năm", until("hết hiệu lực", 0, 20)),
        ("0 năm", UNDETERMINED),
        ("100 năm", UNDETERMINED),
        ("999999999999 năm", UNDETERMINED),
        ("Đến khi", UNDETERMINED),
        ("Theo quy định", UNDETERMINED),
        ("-5 năm", UNDETERMINED),
        ("٥ năm", UNDETERMINED),
        ("", UNDETERMINED),
        (None, UNDETERMINED),
        ({"a": 1}, UNDETERMINED),
        ("Đến khi " + "x" * 10_000 + " và 500 năm sau đó", UNDETERMINED),
    ],
)
def test_what_metadata_write_is_read(text: object, period: Period) -> None:
    assert stated_period(text) == period


def test_a_single_figure_is_a_code_in_metadata_and_years_in_a_list() -> None:
    assert (stated_period("5"), listed_period("5")) == (years(20), years(5))
    assert (stated_period(1), listed_period(1)) == (PERMANENT, years(1))
    assert listed_period("05") == years(20)
    for figure in range(1, 7):
        assert not shorter_than(stated_period(figure), listed_period(figure))


@pytest.mark.parametrize("period", ALL)
def test_what_is_written_is_read_back(period: Period) -> None:
    assert stated_period(period_text(period)) == period
    assert listed_period(period_text(period)) == period
