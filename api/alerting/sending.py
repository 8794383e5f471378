"""From messages to receivers: in order for each alert, again with growing pauses until taken, never given up."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import SimpleQueue

from api.alerting.channel import Channel, DeliveryError, Message
from archive.alerts import Delivery, Notice
from archive.catalogue import Catalogue
from archive.catalogue.alert_reading import notices_numbered, undelivered
from archive.catalogue.alert_writing import claim, delivered, not_delivered
from archive.local_time import local_text

ATTEMPT_SECONDS = 90.0
"""What one attempt may take in all, however slowly the other side answers."""
CLAIM = timedelta(seconds=ATTEMPT_SECONDS * 2)
"""A worker that claimed a message and died keeps it from the others this long."""
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=10)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends what is due. ``spread``: 0 to 1, so that many senders do not come back in the same second."""

    catalogue: Catalogue
    channels: Sequence[Channel]
    archive_code: str
    archive_name: str
    now: Callable[[], datetime]
    attempt_seconds: float = ATTEMPT_SECONDS
    spread: Callable[[], float] = field(default=random.random)

    def send_due(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """One round through all channels, side by side: a server that hangs delays no other channel."""
        threads = [
            threading.Thread(target=self._logged, args=(channel, stopping), name=f"alerts {channel.name}", daemon=True)
            for channel in self.channels
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _logged(self, channel: Channel, stopping: Callable[[], bool]) -> None:
        try:
            self.send_through(channel, stopping)
        except Exception:
            # The round comes again; the messages of the channel stay due.
            _log.exception("alerts: channel %s", channel.name)

    def send_through(self, channel: Channel, stopping: Callable[[], bool] = lambda: False) -> int:
        """How many of the channel's due messages arrived. One that does not arrive keeps back those about the same alerts,
        and, when the whole channel is down, all others of this round."""
        arrived = 0
        blocked: set[int] = set()
        for delivery, notices in self._waiting(channel.name):
            if stopping():
                break
            about = {notice.alert.number for notice in notices}
            if about & blocked or not self._claimed(delivery):
                blocked |= about
                continue
            error = self._tried(channel, self._message(delivery, notices))
            self._settled(delivery, error)
            if error is None:
                arrived += 1
                continue
            blocked |= about
            if error.channel_down:
                break
        return arrived

    def _waiting(self, channel: str) -> Iterator[tuple[Delivery, Sequence[Notice]]]:
        with self.catalogue.read() as view:
            found = undelivered(view, channel)
            notices = notices_numbered(view, sorted({number for item in found for number in item.notices}))
        known = {notice.number: notice for notice in notices}
        for item in found:
            yield item, [known[number] for number in item.notices]

    def _claimed(self, delivery: Delivery) -> bool:
        at = self.now()
        if delivery.due_at > at:
            return False
        with self.catalogue.transaction() as tx:
            return claim(tx, delivery.number, at=at, until=at + CLAIM)

    def _message(self, delivery: Delivery, notices: Sequence[Notice]) -> Message:
        name = f"delivery-{delivery.number}"
        return Message(name, self.archive_code, self.archive_name, delivery.created_at, tuple(notices))

    def _tried(self, channel: Channel, message: Message) -> DeliveryError | None:
        """None when the receiver took it."""
        error = attempted(channel, message, self.attempt_seconds)
        if error is not None:
            _log.warning("alerts: %s not through %s: %s %s", message.id, channel.name, error.message, error.detail)
        return error

    def _settled(self, delivery: Delivery, error: DeliveryError | None) -> None:
        at = self.now()
        with self.catalogue.transaction() as tx:
            if error is None:
                delivered(tx, delivery, at)
            else:
                due_at = at + pause_after(delivery.attempts + 1, self.spread())
                not_delivered(tx, delivery, error=f"{error.message} ({local_text(at)})", at=at, due_at=due_at)


def pause_after(attempts: int, spread: float) -> timedelta:
    """The pause after so many attempts: twice as long each time, up to LONGEST_PAUSE, a fifth more or less by ``spread``."""
    pause: timedelta = min(FIRST_PAUSE * (1 << min(attempts - 1, 16)), LONGEST_PAUSE)
    return pause * (0.8 + 0.4 * spread)


def attempted(channel: Channel, message: Message, seconds: float = ATTEMPT_SECONDS) -> DeliveryError | None:
    """One attempt: None when the receiver took the message. Over after ``seconds`` even when the other side says a byte
    now and then: then it may still arrive, and is sent again all the same."""
    answer: SimpleQueue[DeliveryError | None] = SimpleQueue()

    def attempt() -> None:
        try:
            channel.send(message)
            answer.put(None)
        except DeliveryError as error:
            answer.put(error)
        except BaseException as error:
            _log.exception("alerts: defect in channel %s", channel.name)
            answer.put(DeliveryError("Kênh cảnh báo gặp lỗi của chính phần mềm.", detail=repr(error)))

    thread = threading.Thread(target=attempt, name=f"alert {message.id}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        return DeliveryError("Nơi nhận trả lời quá chậm.", channel_down=True)
    return answer.get()
