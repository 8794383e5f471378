"""Messages on their way: at least once, in order for each alert, with growing pauses, by one worker at a time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from api.alerting.channel import DeliveryError, Message
from api.alerting.posting import post_notices
from api.alerting.sending import CLAIM, FIRST_PAUSE, LONGEST_PAUSE, Sender, attempted, pause_after
from api.alerting.undelivered import CODE, watch_delivery
from archive.alerts import Alert, NoticeKind, resolve_alert
from archive.catalogue import Catalogue
from archive.catalogue.alert_reading import longest_undelivered, open_alert, undelivered
from archive.catalogue.alert_writing import claim
from tests.alerts.making import AT, Recorder, a_message, raised

HOUR = timedelta(hours=1)


@dataclass
class Clock:
    at: datetime = AT

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Bench:
    """One catalogue, one channel, one clock."""

    catalogue: Catalogue
    clock: Clock = field(default_factory=Clock)
    channel: Recorder = field(default_factory=Recorder)

    def post(self) -> None:
        post_notices(self.catalogue, [self.channel.name], quiet_hours=None, remind_after=99 * HOUR, at=self.clock.at)

    def sender(self) -> Sender:
        return Sender(self.catalogue, [self.channel], "H01", "Kho", self.clock, spread=lambda: 0.5)

    def raised(self, subject: str) -> Alert:
        alert = raised(self.catalogue, subject, at=self.clock.at)
        self.post()
        return alert

    def resolved(self, subject: str) -> None:
        with self.catalogue.transaction() as tx:
            resolve_alert(tx, "copy.damaged", subject, self.clock.at)
        self.post()

    def waiting(self) -> int:
        with self.catalogue.read() as view:
            return len(undelivered(view))


def test_what_is_taken_is_not_sent_again(catalogue: Catalogue) -> None:
    bench = Bench(catalogue)
    bench.raised("a")
    for _ in range(2):
        bench.sender().send_due()
    assert bench.channel.told() == [[("a", "opened")]]
    assert bench.waiting() == 0


def test_what_is_refused_is_sent_again_after_a_pause_that_grows(catalogue: Catalogue) -> None:
    bench = Bench(catalogue)
    bench.raised("a")
    bench.channel.refused_subjects = {"a"}
    for _ in range(3):
        bench.sender().send_due()
    assert len(bench.channel.tried) == 1
    bench.clock.at += FIRST_PAUSE
    bench.sender().send_due()
    bench.clock.at += FIRST_PAUSE
    bench.sender().send_due()
    assert len(bench.channel.tried) == 2
    bench.channel.refused_subjects.clear()
    bench.clock.at += FIRST_PAUSE
    bench.sender().send_due()
    assert bench.channel.told() == [[("a", "opened")]]
    assert len({message.id for message in bench.channel.tried}) == 1


def test_what_is_told_of_one_alert_never_overtakes_and_holds_nothing_else_up(catalogue: Catalogue) -> None:
    bench = Bench(catalogue)
    bench.raised("a")
    bench.raised("b")
    bench.resolved("a")
    bench.channel.refused_subjects = {"a"}
    bench.sender().send_due()
    assert bench.channel.told() == [[("b", "opened")]]
    bench.channel.refused_subjects.clear()
    bench.clock.at += HOUR
    bench.sender().send_due()
    assert bench.channel.told()[1:] == [[("a", "opened")], [("a", "resolved")]]


def test_a_channel_that_is_down_is_tried_once_a_round_and_keeps_everything(catalogue: Catalogue) -> None:
    bench = Bench(catalogue)
    for subject in "abcde":
        bench.raised(subject)
    bench.channel.error = DeliveryError("không kết nối được", channel_down=True)
    bench.sender().send_due()
    assert len(bench.channel.tried) == 1 and bench.waiting() == 5
    bench.channel.error = None
    bench.clock.at += HOUR
    bench.sender().send_due()
    assert sorted(bench.channel.told()) == [[(subject, "opened")] for subject in "abcde"]


def test_a_channel_that_hangs_delays_no_other(catalogue: Catalogue) -> None:
    bench = Bench(catalogue)
    released = threading.Event()

    class Hanging(Recorder):
        def send(self, message: Message) -> None:
            released.wait()

    other, hanging = bench.channel, Hanging("email:2")
    raised(catalogue, "a")
    post_notices(catalogue, [other.name, hanging.name], quiet_hours=None, remind_after=HOUR, at=AT)
    sender = Sender(catalogue, [hanging, other], "H01", "Kho", bench.clock, attempt_seconds=0.2)
    sender.send_due()
    released.set()
    assert other.told() == [[("a", "opened")]]
    with catalogue.read() as view:
        (left,) = undelivered(view)
    assert left.channel == "email:2" and "quá chậm" in left.last_error


def test_a_message_is_claimed_by_one_worker_until_it_is_believed_dead(catalogue: Catalogue) -> None:
    bench = Bench(catalogue)
    bench.raised("a")
    with catalogue.transaction() as tx:
        assert claim(tx, 1, at=AT, until=AT + CLAIM)
    with catalogue.transaction() as tx:
        assert not claim(tx, 1, at=AT, until=AT + CLAIM)
    bench.sender().send_due()
    assert bench.channel.tried == []
    bench.clock.at += CLAIM
    bench.sender().send_due()
    assert bench.channel.told() == [[("a", "opened")]]


def test_a_word_of_thanks_that_got_lost_leads_to_the_same_message_twice_never_to_none(catalogue: Catalogue) -> None:
    bench = Bench(catalogue)
    bench.raised("a")

    class Deaf(Recorder):
        def send(self, message: Message) -> None:
            super().send(message)
            raise DeliveryError("mất kết nối sau khi gửi")

    deaf = Deaf()
    Sender(catalogue, [deaf], "H01", "Kho", bench.clock).send_due()
    bench.clock.at += HOUR
    bench.sender().send_due()
    assert [message.id for message in (*deaf.taken, *bench.channel.taken)] == ["delivery-1", "delivery-1"]


def test_two_workers_send_each_message_once(catalogue: Catalogue) -> None:
    bench = Bench(catalogue)
    for number in range(12):
        bench.raised(f"kho/{number}")
    threads = [threading.Thread(target=bench.sender().send_due) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.clock.at += HOUR
    bench.sender().send_due()
    assert sorted(bench.channel.told()) == sorted([[(f"kho/{number}", "opened")] for number in range(12)])


def test_a_defect_in_a_channel_is_a_refusal_and_ends_nothing() -> None:
    class Broken(Recorder):
        def send(self, message: Message) -> None:
            raise RuntimeError("defect")

    error = attempted(Broken(), a_message())
    assert error is not None and "RuntimeError" in error.detail


def test_pauses_double_up_to_the_longest_and_are_spread() -> None:
    pauses = [pause_after(number, 0.5) for number in range(1, 9)]
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE == pause_after(10_000, 0.5)
    assert pause_after(1, 0.0) < FIRST_PAUSE < pause_after(1, 1.0)


def test_a_channel_silent_for_too_long_is_an_alert_told_through_the_others_and_over_when_it_speaks(
    catalogue: Catalogue,
) -> None:
    bench = Bench(catalogue)
    bench.raised("a")
    bench.channel.error = DeliveryError("không kết nối được", channel_down=True)
    bench.sender().send_due()
    watch_delivery(catalogue, [bench.channel.name], HOUR, AT + HOUR)
    with catalogue.read() as view:
        assert open_alert(view, CODE, "email:1") is None
    watch_delivery(catalogue, [bench.channel.name], HOUR, AT + 2 * HOUR)
    with catalogue.read() as view:
        assert open_alert(view, CODE, "email:1") is not None
        assert longest_undelivered(view) == {"email:1": AT}
    bench.channel.error = None
    bench.clock.at = AT + 3 * HOUR
    bench.sender().send_due()
    watch_delivery(catalogue, [bench.channel.name], HOUR, bench.clock.at)
    with catalogue.read() as view:
        assert open_alert(view, CODE, "email:1") is None


def test_messages_of_a_channel_the_settings_no_longer_name_alarm_nobody(catalogue: Catalogue) -> None:
    bench = Bench(catalogue)
    bench.raised("a")
    bench.channel.error = DeliveryError("không kết nối được", channel_down=True)
    bench.sender().send_due()
    watch_delivery(catalogue, ["email:other"], HOUR, AT + 9 * HOUR)
    with catalogue.read() as view:
        assert open_alert(view, CODE, "email:1") is None


def test_a_round_ends_when_the_worker_stops(catalogue: Catalogue) -> None:
    bench = Bench(catalogue)
    for subject in "abc":
        bench.raised(subject)
    bench.sender().send_due(lambda: bool(bench.channel.taken))
    assert len(bench.channel.taken) == 1
    assert bench.channel.taken[0].notices[0].kind is NoticeKind.OPENED
