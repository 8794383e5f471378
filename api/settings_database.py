"""``[database]``: which database catalogue and workflows live in; empty is SQLite in the archive's home."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from archive.errors import LuutruError

DATABASE_VARIABLE = "LUUTRU_DATABASE"
"""The database of archives that are initialised without naming one."""
KEYS = frozenset({"url", "password_file"})


class DatabaseSettingsError(LuutruError):
    """``[database]`` is wrong; the message names the key."""

    code = "settings.invalid"


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """``url``: ``postgresql://user@host:port/name?sslmode=verify-full``, or "" for SQLite in the home.

    The password stands in a file of its own (``password_file``, one line, 0600), in libpq's ``.pgpass``, or in the
    service that ``?service=`` names: never in the settings, never in a log.
    """

    url: str = ""
    password_file: Path | None = None

    @property
    def shared(self) -> bool:
        """Whether processes of other machines can use the same database."""
        return bool(self.url)

    @property
    def kind(self) -> str:
        return "postgresql" if self.url else "sqlite"

    def address(self, home: Path) -> str:
        """The address with its password, for the driver alone. Raises DatabaseSettingsError when it cannot be read."""
        if not self.url:
            return f"sqlite:///{home / 'catalogue.sqlite'}"
        return self.url if self.password_file is None else _with_password(self.url, self._password())

    def work_address(self, home: Path) -> str:
        """The same for the engine of the workflows: in PostgreSQL a schema of its own in the same database."""
        return self.address(home) if self.url else f"sqlite:///{home / 'work.sqlite'}"

    def _password(self) -> str:
        assert self.password_file is not None
        try:
            if os.stat(self.password_file).st_mode & 0o077:
                raise DatabaseSettingsError(
                    "[database] password_file: người khác đọc được tệp mật khẩu.", remedy="Đặt quyền 0600 cho tệp này."
                )
            return self.password_file.read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DatabaseSettingsError(
                "[database] password_file: không đọc được tệp mật khẩu.",
                remedy="Kiểm tra đường dẫn và quyền đọc.",
                detail=str(error),
            ) from error


def parse_database(table: Mapping[str, Any], home: Path) -> DatabaseSettings:
    """Raises DatabaseSettingsError for an address of another kind, or one with a password in it."""
    url, file = str(table.get("url", "")), table.get("password_file")
    if not url:
        if file:
            raise DatabaseSettingsError("[database] password_file cần url.", remedy="Bổ sung url, hoặc bỏ cả hai.")
        return DatabaseSettings()
    if not re.match(r"postgresql(\+psycopg)?://", url):
        raise DatabaseSettingsError(
            "[database] url phải bắt đầu bằng postgresql://.",
            remedy="Bỏ trống để dùng SQLite trong thư mục kho.",
        )
    if re.match(r"[^/]*//[^/?#]*:[^/?#]*@", url) or re.search(r"[?&]password=", url):
        raise DatabaseSettingsError(
            "[database] url không được chứa mật khẩu.",
            remedy="Ghi mật khẩu vào một tệp riêng (password_file, quyền 0600), hoặc dùng ~/.pgpass.",
        )
    return DatabaseSettings(url, (home / str(file)).absolute() if file else None)


def _with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        raise DatabaseSettingsError(
            "[database] url cần tên người dùng khi có password_file.", remedy="postgresql://tên@máy/…"
        )
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))
