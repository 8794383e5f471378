"""``[alerts]``: whom to tell when something is wrong, by e-mail and webhook, and when yellow may wait for the morning."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from archive.errors import LuutruError
from archive.storage_policy import Window

KEYS = frozenset(
    {
        "quiet_hours",
        "remind_hours",
        "undeliverable_minutes",
        "email_from",
        "email_to",
        "smtp_host",
        "smtp_port",
        "smtp_security",
        "smtp_user",
        "smtp_password_file",
        "smtp_ca_certs",
        "webhook_url",
        "webhook_secret_file",
        "webhook_ca_certs",
    }
)
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_HOURS = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)\s*-\s*((?:[01]\d|2[0-3]):[0-5]\d)")
_REMIND_HOURS = 4.0
_UNDELIVERABLE_MINUTES = 60.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class AlertSettingsError(LuutruError):
    """``[alerts]`` is wrong, or a secret it names cannot be read; the message names the key."""

    code = "settings.invalid"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """One mail server. ``security``: ``starttls``, ``tls``, or ``none`` for a server on this machine."""

    host: str
    port: int
    security: str
    sender: str
    recipients: tuple[str, ...]
    user: str = ""
    password_file: Path | None = None
    ca_certs: Path | None = None


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """One receiver, and the file with the secret both sides sign with."""

    url: str
    secret_file: Path
    ca_certs: Path | None = None


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """``quiet_hours``: when yellow and info wait, to come as one message afterwards; red never waits."""

    quiet_hours: Window | None = None
    remind_hours: float = _REMIND_HOURS
    undeliverable_minutes: float = _UNDELIVERABLE_MINUTES
    smtp: SmtpSettings | None = None
    webhook: WebhookSettings | None = None


def parse_alerts(table: Mapping[str, Any], home: Path) -> AlertSettings:
    """Raises AlertSettingsError."""
    return AlertSettings(
        _quiet_hours(table),
        _positive(table, "remind_hours", _REMIND_HOURS),
        _positive(table, "undeliverable_minutes", _UNDELIVERABLE_MINUTES),
        _smtp(table, home),
        _webhook(table, home),
    )


def secret_of(file: Path, key: str) -> str:
    """The one line in ``file``, read each time: a changed secret needs no restart. Raises AlertSettingsError."""
    try:
        if os.stat(file).st_mode & 0o077:
            raise _wrong(key, "người khác đọc được tệp bí mật.", "Đặt quyền 0600 cho tệp này.")
        secret = file.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(key, "không đọc được tệp bí mật.", "Kiểm tra đường dẫn và quyền đọc.", str(error)) from error
    if not secret:
        raise _wrong(key, "tệp bí mật rỗng.", "Ghi bí mật vào tệp, trên một dòng.")
    return secret


def _smtp(table: Mapping[str, Any], home: Path) -> SmtpSettings | None:
    host = str(table.get("smtp_host", ""))
    if not host:
        for key in ("smtp_port", "smtp_security", "smtp_user", "smtp_password_file", "email_from", "email_to"):
            if table.get(key):
                raise _wrong(key, "cần smtp_host.", "Bổ sung smtp_host, hoặc bỏ khóa này.")
        return None
    security = str(table.get("smtp_security", "starttls"))
    if security not in _PORTS:
        raise _wrong("smtp_security", "phải là starttls, tls hoặc none.", "Dùng starttls (cổng 587) hoặc tls (465).")
    if security == "none" and host not in _LOOPBACK:
        raise _wrong("smtp_security", "chỉ được là none với máy chủ thư trên chính máy này.", "Dùng starttls hoặc tls.")
    user, file = str(table.get("smtp_user", "")), table.get("smtp_password_file")
    if bool(user) != bool(file):
        raise _wrong("smtp_user", "và smtp_password_file phải có cùng nhau.", "Bổ sung, hoặc bỏ cả hai.")
    given = table.get("email_to", [])
    recipients = tuple(dict.fromkeys(str(item) for item in (given if isinstance(given, list) else [given])))
    sender = str(table.get("email_from", ""))
    if not recipients:
        raise _wrong("email_to", "phải nêu ít nhất một địa chỉ.", 'Ví dụ: email_to = ["kho@example.vn"].')
    for key, address in (("email_from", sender), *(("email_to", item) for item in recipients)):
        if not _ADDRESS.fullmatch(address):
            raise _wrong(key, "không phải là địa chỉ thư điện tử.", "Ví dụ: kho@example.vn.")
    port = table.get("smtp_port", _PORTS[security])
    if not isinstance(port, int) or not 0 < port < 65536:
        raise _wrong("smtp_port", "phải là số cổng.", "Ví dụ: 587.")
    return SmtpSettings(
        host,
        port,
        security,
        sender,
        recipients,
        user,
        _path(home, file),
        _path(home, table.get("smtp_ca_certs")),
    )


def _webhook(table: Mapping[str, Any], home: Path) -> WebhookSettings | None:
    url, file = str(table.get("webhook_url", "")), _path(home, table.get("webhook_secret_file"))
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise _wrong("webhook_url", "phải bắt đầu bằng https://.", "http:// chỉ dùng được với chính máy này.")
    if not parts.hostname or parts.username is not None:
        raise _wrong("webhook_url", "không hợp lệ, hoặc chứa mật khẩu.", "Ví dụ: https://truc.example.vn/luutru.")
    if file is None:
        raise _wrong("webhook_secret_file", "là bắt buộc.", "Ghi bí mật dùng chung vào một tệp riêng, quyền 0600.")
    return WebhookSettings(url, file, _path(home, table.get("webhook_ca_certs")))


def _quiet_hours(table: Mapping[str, Any]) -> Window | None:
    text = str(table.get("quiet_hours", ""))
    if not text:
        return None
    found = _HOURS.fullmatch(text)
    if found is None:
        raise _wrong("quiet_hours", "phải là giờ:phút-giờ:phút.", 'Ví dụ: quiet_hours = "21:00-06:00".')
    begins, ends = (time.fromisoformat(part) for part in found.groups())
    if begins == ends:
        raise _wrong("quiet_hours", "bắt đầu và kết thúc cùng lúc.", "Bỏ khóa này nếu không cần giờ yên lặng.")
    return Window(begins, ends)


def _positive(table: Mapping[str, Any], key: str, otherwise: float) -> float:
    value = table.get(key, otherwise)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 10_000:
        raise _wrong(key, "phải là số lớn hơn 0.", f"Ví dụ: {key} = {otherwise:g}.")
    return float(value)


def _path(home: Path, value: object) -> Path | None:
    return (home / str(value)).absolute() if value else None


def _wrong(key: str, what: str, remedy: str, detail: str = "") -> AlertSettingsError:
    return AlertSettingsError(f"[alerts] {key} {what}", remedy=remedy, detail=detail)
