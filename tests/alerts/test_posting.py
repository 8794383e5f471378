"""What is told when: red at once and again, yellow not at night, many things in one message, one thing in its order."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from api.alerting.posting import ALONE, gathered, post_notices
from archive.alerts import NoticeKind, Severity, acknowledge_alert, resolve_alert
from archive.catalogue import Catalogue
from archive.catalogue.alert_reading import notices_numbered, undelivered, untaken_notices
from archive.storage_policy import Window
from tests.alerts.making import AT, a_notice, an_alert, later, raised

NIGHT = Window(time(21, 0), time(6, 0))
REMIND = timedelta(hours=4)
MIDNIGHT = datetime(2026, 11, 20, 17, 0, tzinfo=AT.tzinfo)
"""00:00 in Vietnam."""


def posted(catalogue: Catalogue, at: datetime, quiet: Window | None = None) -> list[list[tuple[str, NoticeKind]]]:
    """The new messages of one channel: (subject, kind) of each notice."""
    with catalogue.read() as view:
        before = {item.number for item in undelivered(view)}
    post_notices(catalogue, ["email:1"], quiet_hours=quiet, remind_after=REMIND, at=at)
    with catalogue.read() as view:
        new = [item for item in undelivered(view) if item.number not in before]
        return [[(n.alert.subject, n.kind) for n in notices_numbered(view, item.notices)] for item in new]


def test_every_channel_gets_every_message_once(catalogue: Catalogue) -> None:
    raised(catalogue, "a")
    for _ in range(2):
        post_notices(catalogue, ["email:1", "webhook:2"], quiet_hours=None, remind_after=REMIND, at=AT)
    with catalogue.read() as view:
        assert [(item.channel, item.notices) for item in undelivered(view)] == [("email:1", (1,)), ("webhook:2", (1,))]
        assert untaken_notices(view, 10) == []


def test_without_channels_nothing_waits_for_ever(catalogue: Catalogue) -> None:
    raised(catalogue, "a")
    assert post_notices(catalogue, [], quiet_hours=None, remind_after=REMIND, at=AT) == 0
    with catalogue.read() as view:
        assert untaken_notices(view, 10) == [] and undelivered(view) == []


def test_quiet_hours_hold_yellow_and_info_and_tell_them_as_one_message_afterwards(catalogue: Catalogue) -> None:
    raised(catalogue, "a", severity=Severity.YELLOW, at=MIDNIGHT)
    raised(catalogue, "b", severity=Severity.INFO, at=MIDNIGHT)
    assert posted(catalogue, MIDNIGHT, NIGHT) == []
    morning = MIDNIGHT + timedelta(hours=6)
    assert posted(catalogue, morning, NIGHT) == [[("a", NoticeKind.OPENED), ("b", NoticeKind.OPENED)]]


def test_quiet_hours_are_not_silence_for_red(catalogue: Catalogue) -> None:
    raised(catalogue, "y", severity=Severity.YELLOW, at=MIDNIGHT)
    raised(catalogue, "r", at=MIDNIGHT)
    assert posted(catalogue, MIDNIGHT, NIGHT) == [[("r", NoticeKind.OPENED)]]
    with catalogue.transaction() as tx:
        resolve_alert(tx, "copy.damaged", "r", MIDNIGHT)
    assert posted(catalogue, MIDNIGHT, NIGHT) == [[("r", NoticeKind.RESOLVED)]]


def test_what_turns_red_at_night_is_told_at_once_with_what_was_held_of_it(catalogue: Catalogue) -> None:
    raised(catalogue, "a", severity=Severity.YELLOW, at=MIDNIGHT)
    raised(catalogue, "a", severity=Severity.RED, at=MIDNIGHT)
    assert posted(catalogue, MIDNIGHT, NIGHT) == [[("a", NoticeKind.OPENED)], [("a", NoticeKind.WORSE)]]


def test_yellow_of_the_evening_told_in_the_morning_stays_before_yellow_of_the_morning() -> None:
    evening, night, morning = (MIDNIGHT + timedelta(hours=hours) for hours in (-4, 0, 7))
    alert = an_alert(severity=Severity.YELLOW)
    notices = [a_notice(n, alert, at=at) for n, at in ((1, evening), (2, night), (3, morning))]
    assert gathered(notices, NIGHT, morning).messages == ((1, 2), (3,))


def test_a_storm_is_one_message(catalogue: Catalogue) -> None:
    for number in range(ALONE + 1):
        raised(catalogue, f"kho-a/{number}")
    raised(catalogue, "kho-b", code="copy.awaited", severity=Severity.YELLOW)
    storm, single = posted(catalogue, AT)
    assert len(storm) == ALONE + 1 and single == [("kho-b", NoticeKind.OPENED)]


def test_red_is_told_again_until_it_is_over(catalogue: Catalogue) -> None:
    for subject in ("a", "b"):
        raised(catalogue, subject)
    raised(catalogue, "y", severity=Severity.YELLOW)
    assert len(posted(catalogue, AT)) == 3
    assert posted(catalogue, AT + timedelta(hours=3, minutes=59)) == []
    both = [("a", NoticeKind.REMINDER), ("b", NoticeKind.REMINDER)]
    assert posted(catalogue, AT + REMIND, NIGHT) == [both]
    assert posted(catalogue, AT + REMIND) == []
    with catalogue.transaction() as tx:
        resolve_alert(tx, "copy.damaged", "a", AT + REMIND)
    told = posted(catalogue, AT + 2 * REMIND)
    assert told == [[("a", NoticeKind.RESOLVED)], [("b", NoticeKind.REMINDER)]]


def test_who_took_it_on_is_reminded_once_a_day(catalogue: Catalogue) -> None:
    alert = raised(catalogue, "a")
    assert len(posted(catalogue, AT)) == 1
    with catalogue.transaction() as tx:
        acknowledge_alert(tx, alert.number, by="account:binh", note="đang thay ổ", at=later(1))
    assert posted(catalogue, AT + timedelta(hours=23)) == []
    assert posted(catalogue, AT + timedelta(hours=24)) == [[("a", NoticeKind.REMINDER)]]
