"""A store in one bucket of an S3 server, or in one folder of it: an object is a key, put once on condition that it is new.

docs/s3.md says what a bucket should be like. Nothing here trusts a server's word: bytes are proven by reading them back
(``archive.fixity``), a removal by looking for what was removed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from archive.errors import KeyRefusedError, ObjectMissingError, StoreError
from archive.storage.key import Key, folder_segments
from archive.storage.s3_aside import ASIDE, S3Aside
from archive.storage.s3_bucket import S3Bucket, b64
from archive.storage.s3_errors import RaceLostError, told
from archive.storage.s3_everything import abandon_uploads, unfinished_uploads
from archive.storage.s3_reading import BUFFER_BYTES, S3File
from archive.storage.s3_removing import remove_object
from archive.storage.s3_replacing import ReplacingS3Writer
from archive.storage.s3_settings import S3Settings
from archive.storage.s3_writing import DIGEST_TAG, STORED_TAG, S3Writer
from archive.storage.store import Aside, chunks

MARKER = ".luutru-store.json"
PROBE = ".probe"
UNLIMITED_BYTES = 1 << 60
_BELIEVED_SECONDS = 30.0
_COUNTED_SECONDS = 900.0
_PROVEN_SECONDS = 60.0


def _now() -> datetime:
    return datetime.now(UTC)


def _random_token() -> str:
    return uuid.uuid4().hex


class S3Store:
    """Kept in the bucket of ``settings``, which ``initialise`` has made a store. For many threads and machines at once."""

    one_stream = True
    """Read fastest by one reader from front to end: every jump is a request."""

    def __init__(
        self,
        name: str,
        settings: S3Settings,
        *,
        token: Callable[[], str] = _random_token,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._name = name
        self._settings = settings
        self._bucket = S3Bucket(name, settings)
        self._now = now
        self._aside = S3Aside(self._bucket, token, now)
        self._alone = Lock()
        self._proving = Lock()
        self._proven_at = -_PROVEN_SECONDS
        self._uploads: set[str] = set()
        self._seen_at = -_BELIEVED_SECONDS
        self._counted: tuple[float, int] | None = None

    @classmethod
    def initialise(cls, name: str, settings: S3Settings) -> S3Store:
        """The store ``name`` in its bucket, made if it is not there yet; repeating it is fine. The bucket must be there.

        Refuses (StoreError) a bucket, or folder of it, that holds something else, or another store.
        """
        store = cls(name, settings)
        bucket = store._bucket
        if bucket.find(bucket.path(MARKER)) is None:
            if any(bucket.level(bucket.root)):
                raise StoreError(
                    f"Bucket của kho «{name}» không trống và không phải là kho lưu trữ.",
                    remedy="Chọn một bucket hoặc prefix trống.",
                    detail=f"{bucket.name}/{bucket.root}",
                )
            data = json.dumps({"name": name, "format": "luutru-store/1"}, ensure_ascii=False).encode("utf-8")
            with suppress(RaceLostError):
                bucket.put(
                    bucket.path(MARKER), data, ChecksumSHA256=b64(hashlib.sha256(data).digest()), IfNoneMatch="*"
                )
        store._require_present(fresh=True)
        return store

    @property
    def name(self) -> str:
        return self._name

    @property
    def settings(self) -> S3Settings:
        return self._settings

    def create(self, key: Key) -> S3Writer:
        self._require_present()
        return S3Writer(self._bucket, key, self._now, self._uploads)

    def open(self, key: Key, *, cold: bool = False) -> io.BufferedReader:
        return self._reader(key, begin=0 if cold else None)

    def read(self, key: Key, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        return chunks(self._reader(key, begin=offset, length=length), self._name, offset, length)

    def size(self, key: Key) -> int:
        try:
            return self._bucket.head(self._bucket.path(key)).size_bytes
        except ObjectMissingError:
            self._require_present(fresh=True)
            raise

    def keys(self, folder: str = "") -> Iterator[Key]:
        self._require_present(fresh=True)
        segments = folder_segments(folder)
        for name in self._walk("/".join((*segments, ""))):
            with suppress(KeyRefusedError):
                yield Key(name)

    def replacing(self, key: Key, *, keep: bool = True) -> ReplacingS3Writer:
        self._require_present()
        return ReplacingS3Writer(self._bucket, key, self._now, self._uploads, self._aside, self._alone, keep=keep)

    def aside(self, key: Key | None = None) -> Iterator[Aside]:
        self._require_present(fresh=True)
        yield from self._aside.found(key)

    def read_aside(self, aside: Aside) -> Iterator[bytes]:
        try:
            file: io.BufferedReader = io.BufferedReader(self._aside.open(aside), BUFFER_BYTES)
        except ObjectMissingError:
            self._require_present(fresh=True)
            raise
        return chunks(file, self._name, 0, None)

    def drop_aside(self, aside: Aside) -> None:
        self._require_present(fresh=True)
        self._aside.drop(aside)

    def remove(self, key: Key) -> None:
        self._require_present(fresh=True)
        with self._alone:
            remove_object(self._bucket, self._bucket.path(key))
            self._aside.drop_all(key)

    def unfinished(self, key: Key) -> int:
        """How many uploads were begun under this key and neither finished nor given up."""
        return sum(1 for _ in unfinished_uploads(self._bucket, self._bucket.path(key)))

    def abandon(self, key: Key) -> None:
        """None of them is left when this returns; who still writes one of them meets StoreError."""
        self._require_present(fresh=True)
        abandon_uploads(self._bucket, self._bucket.path(key))

    def foreign(self) -> Iterator[str]:
        self._require_present(fresh=True)
        for name in self._walk(""):
            try:
                Key(name)
            except KeyRefusedError:
                yield name

    def sweep(self) -> int:
        """Gives up uploads of this store that are older than their lifetime and not of this process."""
        self._require_present(fresh=True)
        latest = self._now() - timedelta(hours=self._settings.upload_hours)
        swept = 0
        with told(self._name):
            # Of the whole bucket: some servers (MinIO) answer for no other prefix than none and whole names.
            pages = self._bucket.client.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket.name)
            left = [
                (row["Key"], row["UploadId"], row["Initiated"])
                for page in pages
                for row in page.get("Uploads", ())
                if row["Key"].startswith(self._bucket.root)
            ]
        for name, upload, begun_at in left:
            if begun_at < latest and upload not in self._uploads:
                with suppress(ObjectMissingError), told(self._name, name, writing=True):
                    self._bucket.client.abort_multipart_upload(Bucket=self._bucket.name, Key=name, UploadId=upload)
                    swept += 1
        return swept

    def free_bytes(self) -> int:
        """What the quota leaves, counted anew every quarter of an hour; without a quota a number beyond all needs."""
        self._require_present()
        if not self._settings.quota_bytes:
            return UNLIMITED_BYTES
        counted = self._counted
        if counted is None or time.monotonic() - counted[0] > _COUNTED_SECONDS:
            held = sum(size for _, size in self._bucket.objects(self._bucket.root))
            counted = self._counted = (time.monotonic(), held)
        return max(0, self._settings.quota_bytes - counted[1])

    def require_writable(self) -> None:
        """A byte was put outside all objects, and removed, at most a minute ago. Raises StoreError when that fails."""
        self._require_present()
        with self._proving:
            if time.monotonic() - self._proven_at < _PROVEN_SECONDS:
                return
            name = self._bucket.path(f"{PROBE}/{uuid.uuid4().hex}.bin")
            digest = b64(hashlib.sha256(b"\0").digest())
            try:
                self._bucket.put(name, b"\0", ChecksumSHA256=digest, IfNoneMatch="*")
            finally:
                # Also when no answer came: the byte may lie there all the same.
                with suppress(StoreError):
                    remove_object(self._bucket, name)
            self._proven_at = time.monotonic()

    def device(self) -> str:
        """The server: two buckets of one are lost together as far as can be seen."""
        return f"s3:{self._bucket.endpoint_host()}"

    def checksum_attribute(self, key: Key) -> str | None:
        """The object's SHA-256 as far as the server still vouches for it, without reading it; None when it cannot say.

        Not a proof: a server may repeat what it was once told while the bytes have rotted. Of an object sent in parts it
        is the digest recorded beside it when it was sent, given only while the server names the digest of the parts that
        was recorded with it.
        """
        name = self._bucket.path(key)
        try:
            said = self._bucket.head(name).sha256
        except ObjectMissingError:
            self._require_present(fresh=True)
            raise
        if said is None:
            return None
        if "-" not in said:
            with told(self._name, name):
                return _hexadecimal(said)
        with told(self._name, name):
            rows: Any = self._bucket.client.get_object_tagging(Bucket=self._bucket.name, Key=name)["TagSet"]
            tags = {row["Key"]: row["Value"] for row in rows}
        return tags.get(DIGEST_TAG) if tags.get(STORED_TAG) == said else None

    def _reader(self, key: Key, *, begin: int | None, length: int | None = None) -> io.BufferedReader:
        try:
            return io.BufferedReader(
                S3File(self._bucket, self._bucket.path(key), begin=begin, length=length), BUFFER_BYTES
            )
        except ObjectMissingError:
            self._require_present(fresh=True)
            raise

    def _require_present(self, *, fresh: bool = False) -> None:
        """An emptied bucket, or another one, must never be taken for a store that has lost everything."""
        if not fresh and time.monotonic() - self._seen_at < _BELIEVED_SECONDS:
            return
        try:
            with S3File(self._bucket, self._bucket.path(MARKER), begin=0) as file:
                found = json.loads(file.read(4096))["name"]
        except (ObjectMissingError, ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"Không thấy kho «{self._name}» ở nơi đã khai báo.",
                remedy="Kiểm tra địa chỉ, bucket và prefix; kho mới thì chạy «luutru init».",
                detail=f"{self._bucket.name}/{self._bucket.root}: {error}",
            ) from error
        if found != self._name:
            raise StoreError(
                f"Nơi khai báo cho kho «{self._name}» lại chứa kho «{found}».",
                remedy="Sửa khai báo kho.",
                detail=f"{self._bucket.name}/{self._bucket.root}",
            )
        self._seen_at = time.monotonic()

    def _walk(self, folder: str) -> Iterator[str]:
        """Every name inside, ascending by segments: a server sorts whole names, in which ``-`` comes before ``/``."""
        folders, objects = self._bucket.level(self._bucket.path(folder))
        for name, is_folder in sorted([*((name, True) for name in folders), *((name, False) for name in objects)]):
            if not folder and name in (MARKER, ASIDE, PROBE):
                continue
            if is_folder:
                yield from self._walk(f"{folder}{name}/")
            else:
                yield folder + name


def _hexadecimal(base64_digest: str) -> str | None:
    digest = base64.b64decode(base64_digest, validate=True)
    return digest.hex() if len(digest) == 32 else None
