"""``[backup]`` of the settings: when and onto which media the legal backup goes, how long it is kept, when drills are run.

TT 02/2019 Điều 10 as rule of the work: incremental every day, full on the first of the month, two media at the least.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.errors import LuutruError

KEYS = frozenset(
    {
        "at",
        "media",
        "location",
        "operator",
        "keep_full_months",
        "keep_incremental_days",
        "drill_day",
        "drill_at",
        "drill_sample",
    }
)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_NAME = re.compile(r"[^\W_][\w. -]{0,126}", re.UNICODE)


class BackupSettingsError(LuutruError):
    """``[backup]`` is wrong; the message names the key."""

    code = "settings.invalid"


@dataclass(frozen=True, slots=True)
class Medium:
    """A folder on a medium that is no store (a disk brought for the backup). ``name``: mã phương tiện."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class BackupSettings:
    """``at``, ``drill_at``: local times; "" switches the job off. ``media``: none means all stores of the policy.

    ``location`` and ``operator`` stand in the biên bản. ``drill_sample``: packages a drill opens and checks member by
    member. ``keep_full_months``, ``keep_incremental_days``: 0 keeps for ever.
    """

    at: str = "02:15"
    media: tuple[Medium, ...] = ()
    location: str = ""
    operator: str = ""
    keep_full_months: int = 36
    keep_incremental_days: int = 62
    drill_day: int = 5
    drill_at: str = "03:00"
    drill_sample: int = 20


def parse_backup(table: Mapping[str, Any], home: Path) -> BackupSettings:
    """The settings of ``[backup]``; paths are relative to ``home``. Raises BackupSettingsError, naming the key."""
    usual = BackupSettings()
    return BackupSettings(
        at=_clock(table, "at", usual.at),
        media=_media(table.get("media", []), home),
        location=_text(table, "location"),
        operator=_text(table, "operator"),
        keep_full_months=_whole(table, "keep_full_months", usual.keep_full_months, 0, 1200),
        keep_incremental_days=_whole(table, "keep_incremental_days", usual.keep_incremental_days, 0, 36600),
        drill_day=_whole(table, "drill_day", usual.drill_day, 1, 28),
        drill_at=_clock(table, "drill_at", usual.drill_at),
        drill_sample=_whole(table, "drill_sample", usual.drill_sample, 0, 1_000_000),
    )


def _media(rows: Any, home: Path) -> tuple[Medium, ...]:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and set(row) == {"name", "path"} for row in rows):
        raise _wrong(
            "media", "là danh sách các {name, path}", 'Ví dụ: media = [{name = "BL-01", path = "/mnt/bl-01"}].'
        )
    media = tuple(Medium(str(row["name"]), (home / str(row["path"])).absolute()) for row in rows)
    if any(not _NAME.fullmatch(medium.name) for medium in media):
        raise _wrong("media", "có mã phương tiện không hợp lệ", "Dùng chữ, chữ số, dấu gạch nối; không quá 127 ký tự.")
    if len({item.name for item in media}) != len(media) or len({item.path.resolve() for item in media}) != len(media):
        raise _wrong("media", "có hai phương tiện trùng mã hoặc trùng thư mục", "Mỗi phương tiện một mã, một nơi.")
    if len(media) == 1:
        raise _wrong("media", "chỉ có một phương tiện", "Khai báo ít nhất hai; bỏ trống thì sao lưu vào mọi kho.")
    return media


def _clock(table: Mapping[str, Any], key: str, usual: str) -> str:
    value = table.get(key, usual)
    if not isinstance(value, str) or (value and not _CLOCK.fullmatch(value)):
        raise _wrong(key, "phải là giờ:phút, hoặc để trống để tắt", f'Ví dụ: {key} = "02:15".')
    return value


def _whole(table: Mapping[str, Any], key: str, usual: int, least: int, most: int) -> int:
    value = table.get(key, usual)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _wrong(key, f"phải là số nguyên từ {least} đến {most}", "Sửa giá trị.")
    return value


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise _wrong(key, "phải là chữ", "Đặt giá trị trong ngoặc kép.")
    return value


def _wrong(key: str, what: str, remedy: str) -> BackupSettingsError:
    return BackupSettingsError(f"[backup] {key} {what}.", remedy=remedy)
