"""One object on its way into a store on S3: nothing under its key until every byte is with the server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from archive.errors import ObjectExistsError, ObjectMissingError, StoreError
from archive.storage.key import Key
from archive.storage.s3_bucket import S3Bucket, version_asked
from archive.storage.s3_errors import RaceLostError, told
from archive.storage.s3_reading import S3File
from archive.storage.s3_sending import Sending
from archive.storage.s3_settings import LOCKED_FOLDERS, ObjectLock, S3Settings
from archive.storage.store import CHUNK_BYTES, Bytes

DIGEST_TAG = "luutru-sha256"
STORED_TAG = "luutru-stored-sha256"


class S3Writer:
    """An ``ObjectWriter``: bytes with their SHA-256, put on the condition that nothing is under the key yet."""

    def __init__(self, bucket: S3Bucket, key: Key, now: Callable[[], datetime], uploads: set[str]) -> None:
        self._bucket = bucket
        self._key = key
        self._name = bucket.path(key)
        self._sending = Sending(bucket, self._name, lock_of(bucket.settings, key, now()), uploads)
        self._usable = True

    def write(self, data: Bytes, /) -> int:
        self._require_usable()
        try:
            self._sending.add(data)
        except BaseException:
            self._usable = False
            raise
        return len(memoryview(data).cast("B"))

    def commit(self) -> None:
        self._require_usable()
        self._usable = False
        try:
            self._place()
        finally:
            self._sending.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._usable = False
        self._sending.stop()

    def _place(self) -> None:
        """The object gets its name, unless other bytes have it."""
        try:
            version = self._sending.put({"IfNoneMatch": "*"})
        except RaceLostError:
            self._require_same()
            return
        self._confirm(version)

    def _confirm(self, version: str | None) -> None:
        """The server says that it has what was sent. That it is so is proven by reading it back, elsewhere."""
        try:
            head = self._bucket.head(self._name, version)
        except ObjectMissingError as error:
            raise StoreError(
                f"Kho «{self._bucket.store}» báo đã ghi nhưng không có đối tượng.",
                remedy="Kiểm tra máy chủ lưu trữ rồi chạy lại.",
                detail=error.detail,
            ) from error
        sent = self._sending
        if head.size_bytes != sent.size_bytes or (head.sha256 is not None and not sent.is_at(head)):
            raise StoreError(
                f"Kho «{self._bucket.store}» báo đã ghi nhưng giữ nội dung khác.",
                remedy="Kiểm tra máy chủ lưu trữ rồi chạy lại.",
                detail=f"{self._name}: {head.size_bytes} {head.sha256}, {sent.size_bytes} {sent.stored_sha256} sent",
            )
        if sent.multipart:
            self._tell_digest(version)

    def _tell_digest(self, version: str | None) -> None:
        """Beside a multipart stand its own digest and what the server should call it (``S3Store.checksum_attribute``)."""
        tags: Any = [
            {"Key": DIGEST_TAG, "Value": self._sending.sha256},
            {"Key": STORED_TAG, "Value": self._sending.stored_sha256},
        ]
        with suppress(StoreError), told(self._bucket.store, self._name):
            self._bucket.client.put_object_tagging(
                Bucket=self._bucket.name, Key=self._name, Tagging={"TagSet": tags}, **version_asked(version)
            )

    def _require_same(self) -> None:
        """Reads and compares every byte of what is there."""
        with S3File(self._bucket, self._name, begin=0) as there:
            digest, size = hashlib.sha256(), 0
            buffer = memoryview(bytearray(CHUNK_BYTES))
            while count := there.readinto(buffer):
                digest.update(buffer[:count])
                size += count
        if (size, digest.hexdigest()) != (self._sending.size_bytes, self._sending.sha256):
            raise ObjectExistsError(
                f"Kho «{self._bucket.store}» đã có đối tượng này với nội dung khác; không ghi đè.",
                remedy="Chạy «luutru fsck» để biết bên nào sai.",
                detail=f"{self._bucket.store} {self._key}",
            )

    def _require_usable(self) -> None:
        if not self._usable:
            raise StoreError(
                f"Không thể ghi tiếp vào kho «{self._bucket.store}» sau khi lỗi hoặc đã hoàn tất.",
                detail=f"{self._bucket.store} {self._key}: writer is done",
            )


def lock_of(settings: S3Settings, key: Key, at: datetime) -> dict[str, Any]:
    """What locks the object from its first moment, where objects of its folder are locked at all."""
    if settings.object_lock is ObjectLock.NONE or key.segments[0] not in LOCKED_FOLDERS:
        return {}
    return {
        "ObjectLockMode": settings.object_lock.value.upper(),
        "ObjectLockRetainUntilDate": at + timedelta(days=settings.lock_days),
    }
