"""``[repair]``: how long damaged bytes are kept aside, and how much of the machine healing may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archive.errors import LuutruError

KEYS = frozenset({"keep_damaged_days", "mib_per_second", "side_by_side"})


class RepairSettingsError(LuutruError):
    """``[repair]`` is wrong; the message names the key."""

    code = "settings.invalid"


@dataclass(frozen=True, slots=True)
class RepairSettings:
    """``mib_per_second``: read and written together; 0: as fast as it goes. ``side_by_side``: packages at once."""

    keep_damaged_days: int = 90
    mib_per_second: int = 0
    side_by_side: int = 4

    @property
    def rate_bytes(self) -> int | None:
        return self.mib_per_second << 20 or None


_DEFAULT = RepairSettings()


def parse_repair(table: Mapping[str, Any]) -> RepairSettings:
    """Raises RepairSettingsError."""
    return RepairSettings(
        _number(table, "keep_damaged_days", _DEFAULT.keep_damaged_days, 1, 3650),
        _number(table, "mib_per_second", _DEFAULT.mib_per_second, 0, 1 << 20),
        _number(table, "side_by_side", _DEFAULT.side_by_side, 1, 64),
    )


def _number(table: Mapping[str, Any], key: str, default: int, least: int, most: int) -> int:
    value = table.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise RepairSettingsError(
            f"[repair] {key} phải là số nguyên từ {least} đến {most}.", remedy="Sửa giá trị rồi chạy lại."
        )
    return value
