"""The legal time of receipt, as a table of instants."""

from datetime import UTC, date, datetime

import pytest

from ingest.calendar import OfficeCalendar, calendar_from, default_calendar, legal_receipt


def at(text: str) -> datetime:
    return datetime.fromisoformat(text + "+07:00")


@pytest.mark.parametrize(
    ("entered", "received"),
    [
        ("2025-11-20T07:29:59", "2025-11-20T07:30:00"),
        ("2025-11-20T07:30:00", "2025-11-20T07:30:00"),
        ("2025-11-20T11:29:59.999999", "2025-11-20T11:29:59.999999"),
        ("2025-11-20T11:30:00", "2025-11-20T13:30:00"),
        ("2025-11-20T13:29:59", "2025-11-20T13:30:00"),
        ("2025-11-20T16:59:59", "2025-11-20T16:59:59"),
        ("2025-11-20T17:00:00", "2025-11-21T07:30:00"),
        ("2025-11-20T00:00:00", "2025-11-20T07:30:00"),
        ("2025-11-21T16:59:59", "2025-11-21T16:59:59"),
        ("2025-11-21T17:00:00", "2025-11-24T07:30:00"),  # Friday → Monday
        ("2025-11-22T10:00:00", "2025-11-24T07:30:00"),  # Saturday
        ("2025-11-23T23:59:59", "2025-11-24T07:30:00"),  # Sunday
        ("2025-09-01T17:30:00", "2025-09-03T07:30:00"),  # the eve and day of the national day
        ("2025-04-30T09:00:00", "2025-05-05T07:30:00"),  # 30/4, 1/5 and the day swapped with Saturday 26/4
        ("2025-04-26T09:00:00", "2025-04-26T09:00:00"),  # a Saturday worked for it
        ("2025-01-28T09:00:00", "2025-02-03T07:30:00"),  # Tết Ất Tỵ
        ("2024-12-31T17:00:00", "2025-01-02T07:30:00"),  # across a year
    ],
)
def test_what_enters_outside_office_hours_counts_when_the_next_ones_begin(entered: str, received: str) -> None:
    assert legal_receipt(at(entered), default_calendar()) == at(received)


def test_a_time_in_another_zone_is_judged_by_the_clock_of_vietnam() -> None:
    received = legal_receipt(datetime(2025, 11, 20, 9, 59, 59, tzinfo=UTC), default_calendar())
    assert received.isoformat() == "2025-11-20T16:59:59+07:00"
    received = legal_receipt(datetime(2025, 11, 20, 10, 0, 0, tzinfo=UTC), default_calendar())
    assert received.isoformat() == "2025-11-21T07:30:00+07:00"


def settings(**days: object) -> dict[str, object]:
    hours = [{"weekdays": [1, 2, 3, 4, 5], "sessions": [["08:00", "12:00"], ["13:00", "17:00"]]}]
    return {"utc_offset": "+07:00", "hours": hours, "holidays": {"country": "VN", **days}}


def test_an_extra_holiday_and_a_swapped_saturday_are_data() -> None:
    calendar = calendar_from(settings(extra=["2025-11-21"], working=[date(2025, 11, 22)]))
    assert legal_receipt(at("2025-11-20T17:00:00"), calendar) == at("2025-11-22T08:00:00")
    assert legal_receipt(at("2025-11-22T14:00:00"), calendar) == at("2025-11-22T14:00:00")


def test_a_working_day_wins_over_a_public_holiday() -> None:
    calendar = calendar_from(settings(working=["2025-09-02"]))
    assert legal_receipt(at("2025-09-02T09:00:00"), calendar) == at("2025-09-02T09:00:00")


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        legal_receipt(datetime(2025, 11, 20), default_calendar())


def test_sessions_that_overlap_and_weekdays_given_twice_are_refused() -> None:
    backwards = settings() | {"hours": [{"weekdays": [1], "sessions": [["13:00", "12:00"]]}]}
    with pytest.raises(ValueError, match="follow"):
        calendar_from(backwards)
    twice = settings() | {"hours": [{"weekdays": [1, 1], "sessions": [["08:00", "12:00"]]}]}
    with pytest.raises(ValueError, match="twice"):
        calendar_from(twice)


def test_a_calendar_without_hours_says_so_instead_of_searching_for_ever() -> None:
    with pytest.raises(ValueError, match="no office hours"):
        legal_receipt(at("2025-11-20T09:00:00"), OfficeCalendar(sessions={}))
