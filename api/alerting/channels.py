"""The channels the settings name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from api.alerting.channel import Channel
from api.alerting.smtp import EmailChannel
from api.alerting.webhook import WebhookChannel
from api.settings_alerts import AlertSettings


def channels_of(settings: AlertSettings, now: Callable[[], datetime]) -> tuple[Channel, ...]:
    """Every recipient and the webhook; empty when the settings name nobody."""
    smtp, webhook = settings.smtp, settings.webhook
    emails = tuple(EmailChannel(smtp, recipient) for recipient in smtp.recipients) if smtp else ()
    return (*emails, WebhookChannel(webhook, now)) if webhook else emails
