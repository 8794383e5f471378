"""``[ledger]`` of the settings: how often the ledger is sealed, and who proves when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.errors import LuutruError

KEYS = frozenset({"seal_seconds", "merge_at", "full_days", "timestamp_url", "timestamp_ca", "timestamp_seconds"})


class LedgerSettingsError(LuutruError):
    """``[ledger]`` is wrong; the message names the key."""

    code = "settings.invalid"


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """``seal_seconds``: how often what is new is sealed. ``merge_at``: local time at which the day is merged.

    ``full_days``: after how many days without one the whole catalogue is sealed again. ``timestamp_url``: the authority
    (RFC 3161), "" for none; ``timestamp_ca``: the certificates its answers are proven by; ``timestamp_seconds``: how
    often it is asked at most.
    """

    seal_seconds: int = 60
    merge_at: str = "00:20"
    full_days: int = 31
    timestamp_url: str = ""
    timestamp_ca: Path | None = None
    timestamp_seconds: int = 3600


def parse_ledger(table: Mapping[str, Any], home: Path) -> LedgerSettings:
    """The settings of ``[ledger]``; paths are relative to ``home``. Raises LedgerSettingsError, naming the key."""
    usual = LedgerSettings()
    merge_at, url, ca = (table.get(key, "") for key in ("merge_at", "timestamp_url", "timestamp_ca"))
    if not all(isinstance(value, str) for value in (merge_at, url, ca)):
        raise _wrong("merge_at, timestamp_url, timestamp_ca", "phải là chữ", "Đặt giá trị trong ngoặc kép.")
    if merge_at and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", merge_at):
        raise _wrong("merge_at", "phải là giờ:phút", 'Ví dụ: merge_at = "00:20".')
    if url and not re.match(r"https?://[^/]", url):
        raise _wrong("timestamp_url", "phải là địa chỉ http:// hoặc https://", "Sửa địa chỉ, hoặc bỏ trống.")
    if bool(url) != bool(ca):
        raise _wrong(
            "timestamp_url và timestamp_ca",
            "phải đi cùng nhau",
            "Khai báo chứng thư gốc (PEM) của dịch vụ dấu thời gian.",
        )
    return LedgerSettings(
        seal_seconds=_whole(table, "seal_seconds", usual.seal_seconds, 1, 86_400),
        merge_at=merge_at or usual.merge_at,
        full_days=_whole(table, "full_days", usual.full_days, 1, 366),
        timestamp_url=url,
        timestamp_ca=(home / ca).absolute() if ca else None,
        timestamp_seconds=_whole(table, "timestamp_seconds", usual.timestamp_seconds, 1, 31 * 86_400),
    )


def _whole(table: Mapping[str, Any], key: str, usual: int, least: int, most: int) -> int:
    value = table.get(key, usual)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _wrong(key, f"phải là số nguyên từ {least} đến {most}", "Sửa giá trị.")
    return value


def _wrong(key: str, what: str, remedy: str) -> LedgerSettingsError:
    return LedgerSettingsError(f"[ledger] {key} {what}.", remedy=remedy)
