"""Alerts in the catalogue: one for each thing that is wrong, durable with the fact, open until it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from archive.alerts import (
    AlertMissingError,
    NoticeKind,
    Severity,
    Standing,
    acknowledge_alert,
    agree_with,
    differs,
    raise_alert,
    resolve_alert,
)
from archive.catalogue import Catalogue, Transaction
from archive.catalogue import alert_tables as t
from archive.catalogue.alert_model import Alert
from archive.catalogue.alert_reading import alerts_listed, open_alerts, open_counts, untaken_notices
from archive.catalogue.alert_writing import LONGEST_SUBJECT

AT = datetime(2026, 11, 20, 2, 15, tzinfo=UTC)


def later(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


def damaged(
    tx: Transaction, subject: str = "a/1", *, severity: Severity = Severity.RED, at: datetime = AT, text: str = "Hỏng."
) -> Alert:
    return raise_alert(tx, severity=severity, code="copy.damaged", subject=subject, text=text, at=at, data={"n": 1})


def kinds_told(catalogue: Catalogue) -> list[NoticeKind]:
    with catalogue.read() as view:
        return [notice.kind for notice in untaken_notices(view, 100)]


def test_what_is_raised_again_while_open_is_counted_and_told_once(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        first = damaged(tx)
        again = damaged(tx, at=later(5), text="Hỏng thêm.")
    assert (again.number, again.count, again.opened_at, again.last_at) == (first.number, 2, AT, later(5))
    assert again.text == "Hỏng thêm."
    assert kinds_told(catalogue) == [NoticeKind.OPENED]


def test_an_alert_is_gone_with_the_fact_whose_transaction_failed(catalogue: Catalogue) -> None:
    with pytest.raises(ZeroDivisionError), catalogue.transaction() as tx:
        damaged(tx)
        _ = 1 / 0
    with catalogue.read() as view:
        assert open_alerts(view) == []
        assert untaken_notices(view, 10) == []


def test_what_comes_back_after_it_was_over_is_another_alert(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        first = damaged(tx)
        over = resolve_alert(tx, "copy.damaged", "a/1", later(1))
        assert over is not None and not over.open
        assert resolve_alert(tx, "copy.damaged", "a/1", later(2)) is None
        second = damaged(tx, at=later(3))
    assert second.number > first.number and second.count == 1
    assert kinds_told(catalogue) == [NoticeKind.OPENED, NoticeKind.RESOLVED, NoticeKind.OPENED]


def test_what_gets_worse_is_told_anew_and_has_to_be_acknowledged_again(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        first = damaged(tx, severity=Severity.YELLOW)
        acknowledge_alert(tx, first.number, by="account:an", note="đang xem", at=later(1))
        worse = damaged(tx, severity=Severity.RED, at=later(2))
        milder = damaged(tx, severity=Severity.INFO, at=later(3))
    assert worse.severity is Severity.RED and worse.acknowledged_at is None
    assert milder.severity is Severity.RED
    assert kinds_told(catalogue) == [NoticeKind.OPENED, NoticeKind.WORSE]


def test_an_acknowledged_red_alert_stays_red_until_it_is_over(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        alert = damaged(tx)
        done = acknowledge_alert(tx, alert.number, by="account:le.van.cuong", note="  đang \n thay ổ đĩa ", at=later(1))
    assert (done.acknowledged_by, done.note) == ("account:le.van.cuong", "đang thay ổ đĩa")
    with catalogue.read() as view:
        assert open_counts(view) == {Severity.RED: 1}


def test_an_alert_nobody_has_raised_cannot_be_acknowledged(catalogue: Catalogue) -> None:
    with pytest.raises(AlertMissingError), catalogue.transaction() as tx:
        acknowledge_alert(tx, 7, by="account:an", note="", at=AT)


def test_a_code_of_no_table_is_a_defect(catalogue: Catalogue) -> None:
    with pytest.raises(KeyError), catalogue.transaction() as tx:
        raise_alert(tx, severity=Severity.RED, code="copy.odd", subject="a", text="?", at=AT)


def test_the_database_itself_refuses_a_second_open_alert_about_the_same(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        damaged(tx)
    values = {"number": 9, "code": "copy.damaged", "subject": "a/1", "severity": "red", "text": "", "data": {}}
    times = {"opened_at": AT, "last_at": AT, "count": 1, "told_at": AT}
    with pytest.raises(IntegrityError), catalogue.transaction() as tx:
        tx.rows(insert(t.alerts).values(**values, **times))


def test_a_state_that_lasts_is_told_once_and_over_when_it_is_gone(catalogue: Catalogue) -> None:
    codes = {"store.lagging", "copy.awaited"}
    lagging = Standing("store.lagging", "b", Severity.YELLOW, "Chậm 5 đoạn.", {"segments": 5})
    long = Standing("copy.awaited", "k" * 400, Severity.YELLOW, "Chậm.")
    with catalogue.transaction() as tx:
        other = damaged(tx)
        agree_with(tx, codes, [lagging, long], AT)
    with catalogue.read() as view:
        assert not differs(view, codes, [lagging, long])
        described = Standing("store.lagging", "b", Severity.YELLOW, "Chậm 6 đoạn.", {"segments": 6})
        assert differs(view, codes, [described, long])
    with catalogue.transaction() as tx:
        agree_with(tx, codes, [described, long], later(1))
    with catalogue.read() as view:
        found = {alert.subject: alert for alert in open_alerts(view, codes)}
        assert found["b"].text == "Chậm 6 đoạn." and found["b"].count == 1
        assert set(found) == {"b", "k" * LONGEST_SUBJECT}
    with catalogue.transaction() as tx:
        agree_with(tx, codes, [], later(2))
    with catalogue.read() as view:
        assert [alert.number for alert in open_alerts(view)] == [other.number]
        assert [alert.code for alert in alerts_listed(view)][-1] == "copy.damaged"
    assert kinds_told(catalogue) == [NoticeKind.OPENED] * 3 + [NoticeKind.RESOLVED] * 2


def test_lists_go_backwards_in_pages_and_by_severity(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        for number in range(1, 6):
            damaged(tx, f"a/{number}", severity=Severity.RED if number % 2 else Severity.INFO)
        resolve_alert(tx, "copy.damaged", "a/5", later(1))
    with catalogue.read() as view:
        assert [item.number for item in alerts_listed(view, limit=2)] == [5, 4]
        assert [item.number for item in alerts_listed(view, before=4, limit=2)] == [3, 2]
        assert [item.number for item in alerts_listed(view, only_open=True, severity=Severity.RED)] == [3, 1]
