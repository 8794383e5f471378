"""What alerts say to people, in Vietnamese: one line for a subject, and the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from api.alerting.channel import Message
from archive.alerts import Notice, NoticeKind, Severity
from archive.local_time import local_text
from schemas.alerts import alert_kinds

SEVERITIES = {Severity.RED: "ĐỎ", Severity.YELLOW: "VÀNG", Severity.INFO: "TIN"}
KINDS = {
    NoticeKind.OPENED: "mới",
    NoticeKind.WORSE: "nặng hơn",
    NoticeKind.REMINDER: "nhắc lại, vẫn chưa xong",
    NoticeKind.RESOLVED: "đã hết",
}
MOST_IN_FULL = 20
MOST_LISTED = 100
_LONGEST_SUBJECT = 150
_RULE = "-" * 60


def title_of(code: str) -> str:
    """What the code means, in words; the code itself for one this version no longer knows."""
    kind = alert_kinds().get(code)
    return kind.title if kind else code


def subject_line(message: Message) -> str:
    """One line without breaks, the worst first to be seen."""
    notices = message.notices
    if not notices:
        return f"[Luutru] Thử kênh cảnh báo – {message.archive_code}"
    if len(notices) == 1:
        notice = notices[0]
        what = f"{title_of(notice.alert.code)}: {notice.alert.subject}"
        return _one_line(f"{_mark(notice)} {what} – {message.archive_code}")
    red = sum(notice.severity is Severity.RED and notice.kind is not NoticeKind.RESOLVED for notice in notices)
    reds = f", {red} đỏ" if red else ""
    return _one_line(f"[{len(notices)} cảnh báo{reds}] {_titles(notices)} – {message.archive_code}")


def body(message: Message) -> str:
    """The whole, as plain text."""
    return "\n".join(_lines(message)) + "\n"


def _lines(message: Message) -> Iterator[str]:
    yield f"Kho lưu trữ: {_one_line(message.archive_name)} ({_one_line(message.archive_code)})"
    yield ""
    if not message.notices:
        yield "Đây là thư thử: kênh cảnh báo này hoạt động. Không có gì phải làm."
        yield "This is a test: the channel works. Nothing needs to be done."
        return
    if len(message.notices) > 1:
        yield f"{len(message.notices)} cảnh báo trong một thư:"
        yield ""
    for notice in message.notices[:MOST_IN_FULL]:
        yield from _in_full(notice)
        yield ""
    for notice in message.notices[MOST_IN_FULL:MOST_LISTED]:
        yield f"{_mark(notice)} {_one_line(notice.alert.subject)}: {title_of(notice.alert.code)}"
    if len(message.notices) > MOST_LISTED:
        yield f"… và {len(message.notices) - MOST_LISTED} cảnh báo khác."
    yield ""
    yield "Xem tất cả cảnh báo đang mở: luutru alerts --open"


def _in_full(notice: Notice) -> Iterator[str]:
    alert, kind = notice.alert, alert_kinds().get(notice.alert.code)
    yield f"{_mark(notice)} {title_of(alert.code)}"
    yield f"  Số: {alert.number}   Mã: {alert.code}"
    yield f"  Về: {_one_line(alert.subject)}"
    yield f"  Lúc: {local_text(notice.at)}; bắt đầu từ {local_text(alert.opened_at)}"
    if notice.count > 1:
        yield f"  Số lần: {notice.count}"
    yield f"  {_one_line(notice.text)}"
    if notice.kind is not NoticeKind.RESOLVED and kind is not None:
        yield f"  Ý nghĩa: {kind.meaning}"
        yield f"  Cần làm: {kind.remedy}"
        yield f"  English: {kind.english}"
    if alert.acknowledged_at is not None and alert.open:
        yield f"  Đã nhận xử lý: {_one_line(alert.acknowledged_by or '')}, {local_text(alert.acknowledged_at)}"
    yield _RULE


def _mark(notice: Notice) -> str:
    if notice.kind is NoticeKind.RESOLVED:
        return "[HẾT]"
    again = "" if notice.kind is NoticeKind.OPENED else f", {KINDS[notice.kind]}"
    return f"[{SEVERITIES[notice.severity]}{again}]"


def _titles(notices: Sequence[Notice]) -> str:
    return "; ".join(dict.fromkeys(title_of(notice.alert.code) for notice in notices))


def _one_line(text: str) -> str:
    """No line breaks and nothing unprintable: a header stays one header."""
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return shown if len(shown) <= _LONGEST_SUBJECT * 4 else shown[: _LONGEST_SUBJECT * 4 - 1] + "…"
