"""``[audit]``: the scheduled reading of all copies. How often, how fast and at which hours stands in the storage policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archive.errors import LuutruError

KEYS = frozenset({"scheduled", "check_minutes", "checker"})


class AuditSettingsError(LuutruError):
    """``[audit]`` is wrong; the message names the key."""

    code = "settings.invalid"


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """``check_minutes``: how often it is looked whether a cycle has to begin, or can go on.

    ``checker``: who the reports of scheduled runs name as người kiểm tra.
    """

    scheduled: bool = True
    check_minutes: int = 10
    checker: str = "luutru"


def parse_audit(table: Mapping[str, Any]) -> AuditSettings:
    usual = AuditSettings()
    scheduled = table.get("scheduled", usual.scheduled)
    if not isinstance(scheduled, bool):
        raise AuditSettingsError("[audit] scheduled phải là true hoặc false.", remedy="Ví dụ: scheduled = true.")
    minutes = table.get("check_minutes", usual.check_minutes)
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= 1440:
        raise AuditSettingsError(
            "[audit] check_minutes phải là số phút từ 1 đến 1440.", remedy="Ví dụ: check_minutes = 10."
        )
    checker = table.get("checker", usual.checker)
    if not isinstance(checker, str) or not 0 < len(checker.strip()) <= 128:
        raise AuditSettingsError(
            "[audit] checker phải là tên người hoặc bộ phận kiểm tra.", remedy='Ví dụ: checker = "Bộ phận lưu trữ".'
        )
    return AuditSettings(scheduled, minutes, checker.strip())
