"""One round of telling: post what is new, send what is due, and say so when a channel stays silent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from api.alerting.channels import channels_of
from api.alerting.posting import post_notices
from api.alerting.sending import Sender
from api.alerting.undelivered import watch_delivery
from api.bootstrap import Installation, now


def tell_people(installation: Installation, stopping: Callable[[], bool] = lambda: False) -> None:
    """Harmless beside another one: each message is claimed by one. Returns when everything due was tried once."""
    settings, catalogue = installation.settings, installation.catalogue
    alerts = settings.alerts
    channels = channels_of(alerts, now)
    names = [channel.name for channel in channels]
    remind_after = timedelta(hours=alerts.remind_hours)
    post_notices(catalogue, names, quiet_hours=alerts.quiet_hours, remind_after=remind_after, at=now())
    Sender(catalogue, channels, settings.archive_code, settings.archive_name, now).send_due(stopping)
    watch_delivery(catalogue, names, timedelta(minutes=alerts.undeliverable_minutes), now())
