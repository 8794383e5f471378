"""``[alerts]``: what is refused, and that every code has a sentence, a remedy, and a section in docs/operations.md."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from api.alerting.channels import channels_of
from api.settings_alerts import KEYS, AlertSettings, AlertSettingsError, parse_alerts
from archive.alerts import Severity
from archive.storage_policy import Window
from schemas.alerts import alert_kinds
from tests.alerts.making import AT

HOME = Path("/kho")
MAIL: dict[str, Any] = {
    "smtp_host": "thu.example.vn",
    "email_from": "kho@example.vn",
    "email_to": ["an@example.vn", "binh@example.vn"],
}
HOOK: dict[str, Any] = {"webhook_url": "https://truc.example.vn/luutru", "webhook_secret_file": "keys/webhook"}


def test_nothing_said_is_nobody_told() -> None:
    assert parse_alerts({}, HOME) == AlertSettings()
    assert channels_of(AlertSettings(), lambda: AT) == ()


def test_every_recipient_is_a_channel_and_the_webhook_one_more() -> None:
    settings = parse_alerts({**MAIL, **HOOK, "quiet_hours": "21:30-06:00", "remind_hours": 2}, HOME)
    assert settings.quiet_hours == Window(time(21, 30), time(6, 0)) and settings.remind_hours == 2
    assert settings.smtp is not None and settings.smtp.port == 587 and settings.smtp.security == "starttls"
    assert settings.webhook is not None and settings.webhook.secret_file == HOME / "keys/webhook"
    channels = channels_of(settings, lambda: AT)
    assert [channel.label for channel in channels] == [*MAIL["email_to"], HOOK["webhook_url"]]
    assert len({channel.name for channel in channels}) == 3


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({**MAIL, "email_to": []}, "email_to"),
        ({**MAIL, "email_to": ["an@example.vn\nBcc: x@example.vn"]}, "email_to"),
        ({**MAIL, "email_from": "Kho <kho@example.vn>"}, "email_from"),
        ({**MAIL, "smtp_security": "none"}, "smtp_security"),
        ({**MAIL, "smtp_security": "ssl"}, "smtp_security"),
        ({**MAIL, "smtp_port": 0}, "smtp_port"),
        ({**MAIL, "smtp_user": "kho"}, "smtp_user"),
        ({"email_to": ["an@example.vn"]}, "email_to"),
        ({**HOOK, "webhook_url": "http://truc.example.vn/"}, "webhook_url"),
        ({**HOOK, "webhook_url": "https://ai:matkhau@truc.example.vn/"}, "webhook_url"),
        ({"webhook_url": HOOK["webhook_url"]}, "webhook_secret_file"),
        ({"quiet_hours": "21-6"}, "quiet_hours"),
        ({"quiet_hours": "21:00-21:00"}, "quiet_hours"),
        ({"remind_hours": 0}, "remind_hours"),
        ({"undeliverable_minutes": True}, "undeliverable_minutes"),
    ],
)
def test_what_would_tell_nobody_or_too_many_is_refused_by_its_key(table: dict[str, Any], key: str) -> None:
    assert key in KEYS
    with pytest.raises(AlertSettingsError, match=key):
        parse_alerts(table, HOME)


def test_every_code_says_in_vietnamese_what_it_means_and_what_to_do() -> None:
    for kind in alert_kinds().values():
        assert Severity(kind.severity)
        assert all(text.endswith(".") for text in (kind.meaning, kind.remedy, kind.english)), kind.code
        assert not kind.title.endswith(".") and kind.english, kind.code
