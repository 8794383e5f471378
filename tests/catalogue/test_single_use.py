"""What is used once or counted by all machines together, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from api.http.oidc import ATTEMPT_SECONDS
from api.http.problems import ProblemError
from api.http.rates import MinuteCounts, forget_minutes
from archive.catalogue import Catalogue
from archive.catalogue.service_tables import rate_windows, used_logins
from archive.catalogue.single_use import counted_in_window, forget_windows, use_login
from archive.catalogue.worker_reading import database_now

AT = datetime(2026, 3, 2, 9, 30, 10, tzinfo=UTC)


def test_a_login_is_used_once_and_forgotten_when_it_can_come_no_more(catalogue: Catalogue) -> None:
    until = AT + timedelta(seconds=2 * ATTEMPT_SECONDS)
    states = ["a" * 64, "b" * 64]
    with catalogue.transaction() as tx:
        assert [use_login(tx, state, until=until, at=AT) for state in (*states, *states)] == [True, True, False, False]
    with catalogue.transaction() as tx:
        assert not use_login(tx, states[0], until=until, at=until)
        assert use_login(tx, "c" * 64, until=until + timedelta(days=1), at=until + timedelta(seconds=1))
        assert tx.rows(select(func.count()).select_from(used_logins)).scalar_one() == 1


def test_questions_are_counted_by_the_minute_whoever_counts_and_old_minutes_forgotten(
    catalogue: Catalogue,
) -> None:
    counts = MinuteCounts("thử", at_most=3)

    def take(address: str, at: datetime) -> None:
        counts.take(catalogue, address, lambda _view: at)

    for second in range(3):
        take("192.0.2.1", AT + timedelta(seconds=second))
    with pytest.raises(ProblemError) as refused:
        take("192.0.2.1", AT + timedelta(seconds=3))
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "47")
    take("192.0.2.2", AT)
    take("192.0.2.1", AT + timedelta(seconds=50))
    forget_minutes(catalogue, AT + timedelta(hours=1, seconds=49))
    with catalogue.read() as reading:
        (left,) = reading.rows(select(rate_windows)).all()
    assert left._mapping["count"] == 1 and "192.0.2" not in left.key


def test_the_minute_is_that_of_the_database_unless_another_clock_is_given(catalogue: Catalogue) -> None:
    MinuteCounts("thử", at_most=3).take(catalogue, "192.0.2.1")
    with catalogue.read() as reading:
        now = database_now(reading)
        (begun_at,) = reading.rows(select(rate_windows.c.begun_at)).scalars()
    assert timedelta(0) <= now - begun_at < timedelta(minutes=2)
    assert (begun_at.second, begun_at.microsecond) == (0, 0)


def test_counts_at_the_same_time_are_counted_one_by_one(catalogue: Catalogue) -> None:
    def count(_number: int) -> int:
        with catalogue.signing() as tx:
            return counted_in_window(tx, "thử", AT)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(count, range(20))) == list(range(1, 21))
    with catalogue.transaction() as tx:
        forget_windows(tx, AT)
        assert counted_in_window(tx, "thử", AT) == 21
