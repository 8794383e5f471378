"""How failed attempts are counted: the arithmetic alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.access.attempts import (
    ACCOUNT,
    ADDRESS,
    FORGOTTEN_AFTER,
    Attempts,
    account_key,
    address_key,
    next_attempts,
)

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def test_the_first_attempts_cost_nothing_and_each_further_one_doubles_the_wait() -> None:
    waits = [ACCOUNT.wait(count).total_seconds() for count in range(1, 13)]
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]
    assert ACCOUNT.wait(10**9) == timedelta(minutes=15)
    assert ADDRESS.wait(49) == timedelta(0) and ADDRESS.wait(10**9) == timedelta(hours=1)


def test_attempts_are_forgotten_a_day_after_the_first() -> None:
    known = None
    for _ in range(7):
        known = next_attempts(known, AT, ACCOUNT)
    assert known is not None and known.count == 7 and known.blocked(AT + timedelta(seconds=119))
    assert not known.blocked(AT + timedelta(seconds=120))
    assert next_attempts(known, AT + FORGOTTEN_AFTER, ACCOUNT) == Attempts(1, AT + FORGOTTEN_AFTER, None)
    assert next_attempts(known, AT + FORGOTTEN_AFTER - timedelta(seconds=1), ACCOUNT).count == 8


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "address:192.0.2.7"),
        ("::ffff:192.0.2.7", "address:192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::"),
        ("2001:db8:1:2::9", "address:2001:db8:1:2::"),
        ("fe80::1%eth0", "address:fe80::"),
    ],
)
def test_an_address_counts_as_the_network_one_customer_has(address: str, key: str) -> None:
    assert address_key(address) == key


@pytest.mark.parametrize("text", ["", "testclient", "x" * 10_000, "đ\ud800", "192.0.2.7.evil"])
def test_whatever_comes_as_address_or_name_has_a_short_key_that_does_not_repeat_it(text: str) -> None:
    for key in (address_key(text), account_key(text)):
        assert len(key) <= 128 and (not text or text not in key)
