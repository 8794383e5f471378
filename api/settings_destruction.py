"""``[destruction]``: where besides the archive's own places traces of destroyed hồ sơ are looked for, and what lies outside.

What is named in ``also`` is searched before absence is called proven; nothing there is removed by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.errors import LuutruError

KEYS = frozenset({"also", "database_folder", "machines", "machines_gone", "outside"})


class DestructionSettingsError(LuutruError):
    """``[destruction]`` is wrong; the message names the key."""

    code = "settings.invalid"


@dataclass(frozen=True, slots=True)
class DestructionSettings:
    """``also``: folders and files to look in (logs of the service manager, mounted backups, shared exports).

    ``database_folder``: the data folder of the PostgreSQL server, where this machine can read it. ``machines``: the names
    of all machines that work for the archive, when there are several. ``machines_gone``: those that once did and of which
    no folder is left; every certificate names them. ``outside``: copies nobody here can reach (backups
    of the database's server, snapshots of a virtual machine), in words: they stand in every certificate.
    """

    also: tuple[Path, ...] = ()
    database_folder: Path | None = None
    machines: tuple[str, ...] = ()
    machines_gone: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


def parse_destruction(table: Mapping[str, Any], home: Path) -> DestructionSettings:
    """Paths are relative to ``home``. Raises DestructionSettingsError, naming the key."""
    folder = table.get("database_folder", "")
    if not isinstance(folder, str):
        raise _wrong("database_folder", "phải là đường dẫn")
    return DestructionSettings(
        also=tuple((home / item).absolute() for item in _texts(table, "also")),
        database_folder=(home / folder).absolute() if folder else None,
        machines=_texts(table, "machines"),
        machines_gone=_texts(table, "machines_gone"),
        outside=_texts(table, "outside"),
    )


def _texts(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise _wrong(key, "phải là danh sách chữ")
    return tuple(value)


def _wrong(key: str, what: str) -> DestructionSettingsError:
    return DestructionSettingsError(f"[destruction] {key} {what}.", remedy='Ví dụ: also = ["/var/log/luutru"].')
