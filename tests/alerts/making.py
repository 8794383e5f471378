"""Alerts and messages to try channels with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.alerting.channel import DeliveryError, Message
from archive.alerts import Alert, Notice, NoticeKind, Severity, raise_alert
from archive.catalogue import Catalogue

AT = datetime(2026, 11, 20, 2, 15, tzinfo=UTC)
"""09:15 in Vietnam."""


def later(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


def an_alert(number: int = 12, subject: str = "kho-a/7d9f", **values: object) -> Alert:
    given = {
        "number": number,
        "code": "copy.damaged",
        "subject": subject,
        "severity": Severity.RED,
        "text": "Bản lưu ở «kho-a» đọc ra khác mã băm đã ghi.",
        "data": {},
        "opened_at": AT,
        "last_at": AT,
        "count": 1,
        "told_at": AT,
    }
    return Alert(**{**given, **values})  # type: ignore[arg-type]


def a_notice(
    number: int = 15, alert: Alert | None = None, kind: NoticeKind = NoticeKind.OPENED, at: datetime = AT
) -> Notice:
    alert = alert or an_alert()
    return Notice(number, alert, kind, alert.severity, at, alert.text, alert.count)


def a_message(*notices: Notice) -> Message:
    return Message("delivery-3", "000.00.00.H01", "Lưu trữ lịch sử tỉnh Đắk Lắk", AT, notices or (a_notice(),))


def raised(
    catalogue: Catalogue,
    subject: str,
    *,
    code: str = "copy.damaged",
    severity: Severity = Severity.RED,
    at: datetime = AT,
) -> Alert:
    with catalogue.transaction() as tx:
        return raise_alert(tx, severity=severity, code=code, subject=subject, text=f"Về {subject}.", at=at)


class Recorder:
    """A channel that takes everything, unless told to refuse: ``refuse`` answers with the error, or None."""

    def __init__(self, name: str = "email:1") -> None:
        self._name = name
        self.taken: list[Message] = []
        self.tried: list[Message] = []
        self.error: DeliveryError | None = None
        self.refused_subjects: set[str] = set()

    @property
    def name(self) -> str:
        return self._name

    @property
    def label(self) -> str:
        return self._name

    def send(self, message: Message) -> None:
        self.tried.append(message)
        if self.error is not None:
            raise self.error
        if any(notice.alert.subject in self.refused_subjects for notice in message.notices):
            raise DeliveryError("từ chối thư này")
        self.taken.append(message)

    def told(self) -> list[list[tuple[str, str]]]:
        """(subject, kind) of each notice of each message taken."""
        return [[(n.alert.subject, n.kind.value) for n in message.notices] for message in self.taken]
