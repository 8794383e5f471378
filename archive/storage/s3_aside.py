"""What was replaced in a store on S3, until it is dropped: old versions where the bucket keeps them, else copies.

<prefix>/.aside/<key>/<UTC time>~<token>~<size>~<version>   an empty object that names the version of <key> kept
                     /<UTC time>~<token>~<size>~            without versions: a copy, made by the server

The name is written before the object is replaced. Interrupted in between, it names what is still in its place: dropping
it then drops the name alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from archive.errors import KeyRefusedError, ObjectMissingError, StoreError
from archive.storage.key import Key
from archive.storage.s3_bucket import Head, S3Bucket, b64
from archive.storage.s3_reading import S3File
from archive.storage.s3_removing import remove_object, remove_version
from archive.storage.store import Aside

ASIDE = ".aside"
_TIME = "%Y%m%dT%H%M%S.%fZ"
_NAME = re.compile(r"([^~]+)/(\d{8}T\d{6}\.\d{6}Z)~[0-9a-z]{1,40}~(\d{1,19})~([A-Za-z0-9._%~-]{0,160})")
_NOTHING = {"ChecksumSHA256": b64(hashlib.sha256().digest())}


@dataclass(frozen=True, slots=True)
class _Read:
    """What a name says; ``version`` is None when the bytes are a copy under the name itself."""

    at: datetime
    size_bytes: int
    version: str | None
    key: Key


class S3Aside:
    """The folder ``.aside`` of one store."""

    def __init__(self, bucket: S3Bucket, token: Callable[[], str], now: Callable[[], datetime]) -> None:
        self._bucket = bucket
        self._token = token
        self._now = now
        self._folder = bucket.path(f"{ASIDE}/")

    def put(self, key: Key, head: Head) -> str:
        """What ``head`` told of can be read under the name returned, whatever takes its place."""
        stamp = self._now().astimezone(UTC).strftime(_TIME)
        version = quote(head.version or "", safe="")
        name = f"{self._folder}{key}/{stamp}~{self._token()}~{head.size_bytes}~{version}"
        if head.version is not None:
            self._bucket.put(name, b"", **_NOTHING)
            return name
        self._bucket.copy(self._bucket.path(key), head, name)
        copied = self._bucket.find(name)
        if copied is None or copied.size_bytes != head.size_bytes:
            raise StoreError(
                f"Kho «{self._bucket.store}» không giữ được bản cũ trước khi thay.",
                remedy="Kiểm tra máy chủ lưu trữ rồi chạy lại.",
                detail=name,
            )
        return name

    def forget(self, name: str) -> None:
        """The name that ``put`` gave, taken back as far as possible: its bytes never left their place."""
        with suppress(StoreError):
            remove_object(self._bucket, name)

    def found(self, key: Key | None = None) -> Iterator[Aside]:
        """All that was put aside, or what lay at ``key``, the oldest first."""
        names = self._bucket.objects(self._folder if key is None else f"{self._folder}{key}/")
        some = [name.removeprefix(self._folder) for name, _ in names]
        found = [Aside(name, read.key, read.at, read.size_bytes) for name in some if (read := _read(name)) is not None]
        yield from sorted(found, key=lambda aside: (aside.at, aside.name))

    def open(self, aside: Aside) -> S3File:
        read = self._known(aside)
        if read.version is not None:
            return S3File(self._bucket, self._bucket.path(read.key), version=read.version, begin=0)
        return S3File(self._bucket, self._folder + aside.name, begin=0)

    def drop(self, aside: Aside) -> None:
        """Gone for good; a version that is (still, or again) the object itself loses only its name here."""
        read = self._known(aside)
        if read.version is not None:
            name = self._bucket.path(read.key)
            current = self._bucket.find(name)
            if current is None or current.version != read.version:
                remove_version(self._bucket, name, read.version)
        remove_object(self._bucket, self._folder + aside.name)

    def drop_all(self, key: Key) -> None:
        """The names of everything aside of an object whose versions are gone, and the copies of it."""
        for aside in self.found(key):
            remove_object(self._bucket, self._folder + aside.name)

    def _known(self, aside: Aside) -> _Read:
        read = _read(aside.name)
        if read is None or read.key != aside.key:
            raise ObjectMissingError(
                f"Kho «{self._bucket.store}» không có đối tượng được yêu cầu.", detail=f"aside {aside.name!r}"
            )
        return read


def _read(name: str) -> _Read | None:
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        at = datetime.strptime(match[2], _TIME).replace(tzinfo=UTC)
        return _Read(at, int(match[3]), unquote(match[4]) or None, Key(match[1]))
    except (ValueError, KeyRefusedError):
        return None
