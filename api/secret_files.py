"""The files of an installation that no storage copy holds: those its settings name, and the settings themselves."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from api.settings import FILE_NAME, Settings
from api.settings_storage import POLICY_FILE
from archive.errors import LuutruError
from archive.secrets_backup import SecretFile, Secrets, write_secret_file

_NAMES = frozenset({"tls_certificate", "tls_key", "trust_list", "ca_certs", "smtp_ca_certs", "webhook_ca_certs"})
_LARGEST_BYTES = 4 << 20


class SecretFileMissingError(LuutruError):
    """A file that the settings name is not there or cannot be read: the backup would not be whole."""

    code = "secrets.file-missing"


def named_files(settings: Settings) -> tuple[SecretFile, ...]:
    """The settings and policy files, and every file they name that holds a secret or is needed to start.

    Raises SecretFileMissingError, naming the setting.
    """
    home = settings.home
    found = {FILE_NAME: SecretFile("luutru.toml", FILE_NAME, _read(home / FILE_NAME, "luutru.toml"))}
    tables = [("", tomllib.loads((home / FILE_NAME).read_text(encoding="utf-8")))]
    if not settings.policy_from_old_stores:
        policy = str(tables[0][1].get("storage", {}).get("policy") or POLICY_FILE)
        found[policy] = SecretFile("storage.policy", policy, _read(home / policy, "storage.policy"))
        tables.append(("storage.policy.", tomllib.loads(settings.policy.text)))
    for head, table in tables:
        for setting, path in _paths(table, head):
            found.setdefault(path, SecretFile(setting, path, _read(home / path, setting)))
    return tuple(found.values())


def put_files(home: Path, secrets: Secrets) -> tuple[list[str], list[str]]:
    """Writes each file where its setting has it, inside ``home`` and nowhere else; one that is there already stays.

    Tells which were written, and which belong outside the home: those lie under ``keys/restored`` and have to be put in
    their places by hand.
    """
    written: list[str] = []
    elsewhere: list[str] = []
    for item in secrets.files:
        target = (home / item.path).absolute()
        inside = target.resolve().is_relative_to(home.resolve())
        if not inside:
            target = home / "keys" / "restored" / Path(item.path).name
        if target.exists():
            continue
        write_secret_file(target, item.data)
        (written if inside else elsewhere).append(item.path)
    return written, elsewhere


def _paths(value: Any, head: str) -> Iterator[tuple[str, str]]:
    """Setting and path of each key that names a file."""
    rows = value.items() if isinstance(value, Mapping) else ()
    for name, part in rows:
        if (
            isinstance(part, str)
            and part
            and (name.endswith("_file") or name in _NAMES or f"{head}{name}" == "agreement.path")
        ):
            yield f"{head}{name}", part
        elif isinstance(part, Mapping):
            yield from _paths(part, f"{head}{name}.")
        elif isinstance(part, list):
            for row in part:
                yield from _paths(row, f"{head}{name}.")


def _read(path: Path, setting: str) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise SecretFileMissingError(
                f"Tệp của khóa cấu hình «{setting}» quá lớn để là tệp bí mật.", detail=str(path)
            )
        return path.read_bytes()
    except OSError as error:
        raise SecretFileMissingError(
            f"Không đọc được tệp của khóa cấu hình «{setting}»; chưa xuất gì.",
            remedy="Đặt lại tệp đó, hoặc sửa cấu hình, rồi chạy lại.",
            detail=str(error),
        ) from error
