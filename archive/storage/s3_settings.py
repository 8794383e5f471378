"""How a store on S3 is configured: where it is, who asks, and which locks its objects get."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from archive.errors import StoreSettingsError

LOCKED_FOLDERS = frozenset({"aip", "ledger", "checkpoint", "audit"})
"""Only objects in these are ever locked: what must be taken away again at any time is never in them."""

_PREFIX = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,99}(/[A-Za-z0-9][A-Za-z0-9_.-]{0,99}){0,4})?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LEAST_PART_BYTES = 5 << 20


class ObjectLock(StrEnum):
    """S3 Object Lock of each object: none, one that people with a special right can lift, one that nobody can."""

    NONE = "none"
    GOVERNANCE = "governance"
    COMPLIANCE = "compliance"


class Addressing(StrEnum):
    """Whether the bucket stands in the path of a URL or in its host name."""

    AUTO = "auto"
    PATH = "path"
    VIRTUAL = "virtual"


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Settings:
    """One store. ``endpoint`` empty: AWS itself. ``prefix``: the folder of the bucket that is the store, empty: all of it.

    ``credentials_file``: a file in the format of ``~/.aws/credentials``, of which ``profile`` is used; none: what the
    surroundings give (environment, role of the machine). ``lock_days``: how long a new object is locked. ``part_bytes``:
    size of a multipart's parts; about four of them are in memory for each object being written. ``quota_bytes``: what the
    store may hold, 0: unlimited. ``attempts``: how often one request is tried. ``upload_hours``: an unfinished upload
    that old has no living writer.
    """

    bucket: str
    endpoint: str = ""
    region: str = "us-east-1"
    prefix: str = ""
    credentials_file: Path | None = None
    profile: str = "default"
    ca_bundle: Path | None = None
    object_lock: ObjectLock = ObjectLock.NONE
    lock_days: int = 0
    part_bytes: int = 8 << 20
    addressing: Addressing = Addressing.AUTO
    quota_bytes: int = 0
    attempts: int = 4
    connect_timeout_seconds: float = 5.0
    read_timeout_seconds: float = 60.0
    upload_hours: int = 48

    def __post_init__(self) -> None:
        scheme, host = urlsplit(self.endpoint)[:2]
        refusals = (
            (not _BUCKET.fullmatch(self.bucket), "bucket", "không phải là tên bucket"),
            (
                bool(self.endpoint) and not (scheme in ("http", "https") and host),
                "endpoint",
                "phải là địa chỉ https://",
            ),
            (not _PREFIX.fullmatch(self.prefix), "prefix", "chỉ gồm chữ không dấu, số, «-», «_», «.» và «/» ở giữa"),
            ((self.object_lock is ObjectLock.NONE) != (self.lock_days == 0), "lock_days", "phải đi cùng object_lock"),
            (not 0 <= self.lock_days <= 36500, "lock_days", "phải từ 0 đến 36500"),
            (not _LEAST_PART_BYTES <= self.part_bytes <= 1 << 30, "part_bytes", "phải từ 5 MiB đến 1 GiB"),
            (self.quota_bytes < 0, "quota_bytes", "không thể âm"),
            (not 1 <= self.attempts <= 20, "attempts", "phải từ 1 đến 20"),
            (self.connect_timeout_seconds <= 0, "connect_timeout_seconds", "phải lớn hơn 0"),
            (self.read_timeout_seconds <= 0, "read_timeout_seconds", "phải lớn hơn 0"),
            (self.upload_hours < 1, "upload_hours", "phải từ 1"),
        )
        for refused, key, what in refusals:
            if refused:
                raise wrong(key, what)


def s3_settings(table: Mapping[str, Any], home: Path) -> S3Settings:
    """The settings a flat table (``[stores.s3]``) states; paths are relative to ``home``. Raises StoreSettingsError."""
    given = dict(table)
    values: dict[str, Any] = {}
    for key in ("bucket", "endpoint", "region", "prefix", "profile"):
        values |= _taken(given, key, str)
    for key in ("lock_days", "part_bytes", "quota_bytes", "attempts", "upload_hours"):
        values |= _taken(given, key, int)
    for key in ("connect_timeout_seconds", "read_timeout_seconds"):
        values |= {name: float(number) for name, number in _taken(given, key, int, float).items()}
    for key in ("credentials_file", "ca_bundle"):
        values |= {name: (home / path).absolute() for name, path in _taken(given, key, str).items()}
    choices: tuple[tuple[str, type[StrEnum]], ...] = (("object_lock", ObjectLock), ("addressing", Addressing))
    for key, words in choices:
        for name, word in _taken(given, key, str).items():
            if word not in [choice.value for choice in words]:
                raise wrong(key, f"phải là một trong: {', '.join(choice.value for choice in words)}")
            values[name] = words(word)
    if given:
        raise StoreSettingsError(f"Mục s3 không có khoá {', '.join(sorted(given))}.", remedy="Xoá hoặc sửa tên khoá.")
    if "bucket" not in values:
        raise wrong("bucket", "còn thiếu")
    return S3Settings(**values)


def _taken(given: dict[str, Any], key: str, *kinds: type) -> dict[str, Any]:
    if key not in given:
        return {}
    value = given.pop(key)
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise wrong(key, "phải là chữ" if kinds == (str,) else "phải là số")
    return {key: value}


def wrong(key: str, what: str) -> StoreSettingsError:
    return StoreSettingsError(f"Kho S3: khoá {key} {what}.", remedy="Sửa khai báo kho (xem docs/s3.md).")
