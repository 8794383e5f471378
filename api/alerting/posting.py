"""From notices to messages: at once, gathered when many, held back in quiet hours unless red; reminders of what stays red."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.alerts import Notice, NoticeKind, Severity
from archive.catalogue import Catalogue
from archive.catalogue.alert_reading import reds_to_remind_of, untaken_notices
from archive.catalogue.alert_writing import post, remind
from archive.storage_policy import Window

AT_ONCE = 1000
"""Notices and reminders one round looks at; the next round comes in half a minute."""
ALONE = 5
"""So many each get a message of their own; more of a kind at once are told in one."""
REMIND_ACKNOWLEDGED = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Posting:
    """``messages``: numbers of notices, each tuple one message for every channel. The held back come again."""

    messages: tuple[tuple[int, ...], ...]

    @property
    def taken(self) -> tuple[int, ...]:
        return tuple(number for message in self.messages for number in message)


def gathered(notices: Sequence[Notice], quiet_hours: Window | None, at: datetime) -> Posting:
    """What is to be sent now. Whatever concerns a red alert never waits; messages never tell of one alert out of order."""
    quiet = quiet_hours is not None and quiet_hours.contains(at)
    red = [notice for notice in notices if _is_red(notice)]
    other = [notice for notice in notices if not _is_red(notice) and not quiet]
    # Everything up to the last that was held back: what is told of one alert stays in order.
    last = max((place for place, notice in enumerate(other, 1) if _held(notice, quiet_hours)), default=0)
    reminders = [notice for notice in red if notice.kind is NoticeKind.REMINDER]
    news = [notice for notice in red if notice.kind is not NoticeKind.REMINDER]
    return Posting((*_messages(news), *_one(reminders), *_one(other[:last]), *_messages(other[last:])))


def post_notices(
    catalogue: Catalogue,
    channels: Collection[str],
    *,
    quiet_hours: Window | None,
    remind_after: timedelta,
    at: datetime,
) -> int:
    """The messages made of what was not told yet, durable on return; how many. Without channels what is told is told
    to nobody: it stands in the list of alerts."""
    before, acknowledged_before = at - remind_after, at - max(remind_after, REMIND_ACKNOWLEDGED)
    with catalogue.read() as view:
        reds = reds_to_remind_of(view, before, acknowledged_before, 1)
        if not reds and not gathered(untaken_notices(view, AT_ONCE), quiet_hours, at).messages:
            return 0
    with catalogue.transaction() as tx:
        for alert in reds_to_remind_of(tx, before, acknowledged_before, AT_ONCE):
            remind(tx, alert, at)
        posting = gathered(untaken_notices(tx, AT_ONCE), quiet_hours, at)
        messages = [(channel, message) for message in posting.messages for channel in channels]
        post(tx, messages, posting.taken, at)
    return len(messages)


def _held(notice: Notice, quiet_hours: Window | None) -> bool:
    return quiet_hours is not None and quiet_hours.contains(notice.at)


def _is_red(notice: Notice) -> bool:
    return Severity.RED in (notice.severity, notice.alert.severity)


def _messages(notices: Sequence[Notice]) -> Iterable[tuple[int, ...]]:
    return ((notice.number,) for notice in notices) if len(notices) <= ALONE else _one(notices)


def _one(notices: Sequence[Notice]) -> Iterable[tuple[int, ...]]:
    return (tuple(notice.number for notice in notices),) if notices else ()
