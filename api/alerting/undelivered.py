"""Alerts about alerts: a channel that has not delivered for too long is one itself, told through the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from api.settings_alerts import AlertSettings
from archive.alerts import Severity, Standing, agree_with, differs
from archive.catalogue import Catalogue, Reading
from archive.catalogue.alert_reading import longest_undelivered

CODE = "alerts.undeliverable"


def silent_channels(
    view: Reading, channels: Collection[str], patience: timedelta, at: datetime
) -> Mapping[str, datetime]:
    """Channels with a message that has waited longer than ``patience``, and since when. Channels the settings no longer
    name do not count."""
    return {
        channel: since
        for channel, since in longest_undelivered(view).items()
        if channel in channels and at - since > patience
    }


def silent_since(
    view: Reading, settings: AlertSettings, channels: Collection[str], at: datetime
) -> Mapping[str, datetime]:
    """``silent_channels`` with the patience the settings have."""
    return silent_channels(view, channels, timedelta(minutes=settings.undeliverable_minutes), at)


def watch_delivery(catalogue: Catalogue, channels: Collection[str], patience: timedelta, at: datetime) -> None:
    """Opens, and closes, the alert about each channel."""
    with catalogue.read() as view:
        standing = [_standing(channel) for channel in silent_channels(view, channels, patience, at)]
        if not differs(view, {CODE}, standing):
            return
    with catalogue.transaction() as tx:
        agree_with(tx, {CODE}, standing, at)


def _standing(channel: str) -> Standing:
    text = f"Kênh {channel} không gửi được cảnh báo; xem lỗi gần nhất bằng «luutru alerts»."
    return Standing(CODE, channel, Severity.RED, text, {"channel": channel})
