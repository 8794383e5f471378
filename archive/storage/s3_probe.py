"""Trying out what a server of S3 only says it does: some accept a condition, a checksum or a lock and ignore it.

Works on objects of its own under ``<prefix>/.probe/`` and takes them away again; a lock it needs lasts a few seconds.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from archive.errors import LockedError, ObjectMissingError, StoreError
from archive.finding import Answer
from archive.storage.s3 import PROBE, S3Store
from archive.storage.s3_bucket import S3Bucket, b64
from archive.storage.s3_errors import RaceLostError, told
from archive.storage.s3_reading import S3File
from archive.storage.s3_removing import remove_object, remove_version
from archive.storage.s3_settings import ObjectLock

LOCK_SECONDS = 3
_ONE, _OTHER = b"luutru probe one\n", b"luutru probe two, longer\n"


@dataclass(frozen=True, slots=True)
class Probed:
    """One promise a server was put to. INDETERMINATE: it could not be tried. ``required``: no archive without it."""

    check: str
    answer: Answer
    required: bool
    message: str
    detail: str = ""

    @property
    def refused(self) -> bool:
        """Whether a store on this server must not be used."""
        return self.required and self.answer is not Answer.PASSED


def probe(store: S3Store, *, sleep: Callable[[float], None] = time.sleep) -> tuple[Probed, ...]:
    """What the server keeps of its promises, each tried; never raises for a server that fails. Takes a few seconds."""
    bucket = S3Bucket(store.name, store.settings)
    locking = bucket.settings.object_lock is not ObjectLock.NONE
    tries: list[tuple[str, bool, str, Callable[[_Ground], str | None]]] = [
        ("write", True, "Ghi và đọc lại đúng nội dung.", _write),
        ("conditional-create", True, "Không ghi đè đối tượng đã có (If-None-Match).", _conditional_create),
        ("conditional-complete", True, "Không ghi đè khi ghi nhiều phần (If-None-Match).", _conditional_complete),
        ("conditional-replace", True, "Chỉ thay đúng bản đã thấy (If-Match).", _conditional_replace),
        ("wrong-sha256", True, "Từ chối nội dung sai SHA-256.", _wrong_sha256),
        ("delete", True, "Xoá thật khi được yêu cầu xoá.", _delete),
        ("versioning", locking, "Giữ phiên bản cũ khi đối tượng bị thay.", _versioning),
        ("default-retention", False, "Bucket không tự khoá mọi đối tượng.", _default_retention),
    ]
    if locking:
        tries.append(("object-lock", True, "Khoá đối tượng (Object Lock) thật sự ngăn việc xoá.", _object_lock))
    results = []
    for check, required, message, attempt in tries:
        with _ground(bucket, sleep) as ground:
            answer, detail = Answer.PASSED, ""
            try:
                fault = attempt(ground)
            except StoreError as error:
                answer, detail = Answer.INDETERMINATE, f"{error.code}: {error.detail or error.message}"
            else:
                if fault is not None:
                    answer, detail = Answer.FAILED, fault
        results.append(Probed(check, answer, required, message, detail))
    return tuple(results)


@dataclass(frozen=True, slots=True)
class _Ground:
    """One name nobody uses."""

    bucket: S3Bucket
    name: str
    sleep: Callable[[float], None]

    def put(self, data: bytes, **more: Any) -> str | None:
        digest = b64(hashlib.sha256(data).digest())
        return self.bucket.put(self.name, data, **({"ChecksumSHA256": digest} | more))

    def there(self) -> bytes | None:
        try:
            with S3File(self.bucket, self.name, begin=0) as file:
                return file.read()
        except ObjectMissingError:
            return None


@contextmanager
def _ground(bucket: S3Bucket, sleep: Callable[[float], None]) -> Iterator[_Ground]:
    ground = _Ground(bucket, bucket.path(f"{PROBE}/{uuid.uuid4().hex}.bin"), sleep)
    try:
        yield ground
    finally:
        with suppress(StoreError):
            remove_object(bucket, ground.name)


def _write(ground: _Ground) -> str | None:
    ground.put(_ONE, IfNoneMatch="*")
    found = ground.there()
    return None if found == _ONE else f"wrote {_ONE!r}, read {found!r}"


def _conditional_create(ground: _Ground) -> str | None:
    ground.put(_ONE, IfNoneMatch="*")
    try:
        ground.put(_OTHER, IfNoneMatch="*")
    except RaceLostError:
        found = ground.there()
        return None if found == _ONE else f"refused, but there is {found!r}"
    return "a second object was accepted in the place of the first"


def _conditional_complete(ground: _Ground) -> str | None:
    ground.put(_ONE, IfNoneMatch="*")
    client = ground.bucket.client
    at: dict[str, Any] = {"Bucket": ground.bucket.name, "Key": ground.name}
    with told(ground.bucket.store, ground.name):
        upload = client.create_multipart_upload(**at, ChecksumAlgorithm="SHA256")["UploadId"]
        try:
            digest = b64(hashlib.sha256(_OTHER).digest())
            etag = client.upload_part(**at, UploadId=upload, PartNumber=1, Body=_OTHER, ChecksumSHA256=digest)["ETag"]
            parts: Any = [{"PartNumber": 1, "ETag": etag, "ChecksumSHA256": digest}]
            with suppress(RaceLostError), told(ground.bucket.store, ground.name):
                client.complete_multipart_upload(
                    **at, UploadId=upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
                )
                return "a second object was accepted in the place of the first"
        finally:
            with suppress(StoreError), told(ground.bucket.store, ground.name):
                client.abort_multipart_upload(**at, UploadId=upload)
    found = ground.there()
    return None if found == _ONE else f"refused, but there is {found!r}"


def _conditional_replace(ground: _Ground) -> str | None:
    ground.put(_ONE, IfNoneMatch="*")
    seen = ground.bucket.head(ground.name).etag
    ground.put(_OTHER, IfMatch=seen)
    try:
        ground.put(_ONE, IfMatch=seen)
    except RaceLostError:
        found = ground.there()
        return None if found == _OTHER else f"refused, but there is {found!r}"
    return "an object was replaced that was not the one seen"


def _wrong_sha256(ground: _Ground) -> str | None:
    try:
        ground.put(_ONE, ChecksumSHA256=b64(hashlib.sha256(_OTHER).digest()))
    except StoreError:
        return None if ground.there() is None else "refused, but the object is there"
    return "bytes were accepted under the SHA-256 of others"


def _delete(ground: _Ground) -> str | None:
    ground.put(_ONE, IfNoneMatch="*")
    try:
        remove_object(ground.bucket, ground.name)
    except LockedError as error:
        return f"locked without having been asked to: {error.detail}"
    return None if ground.there() is None else "said to be deleted, and still there"


def _versioning(ground: _Ground) -> str | None:
    if not ground.bucket.versioned():
        return "the bucket keeps no versions: what is replaced is copied first"
    first = ground.put(_ONE)
    ground.put(_OTHER)
    if first is None:
        return "the bucket is said to keep versions, and names none"
    with S3File(ground.bucket, ground.name, version=first, begin=0) as file:
        found = file.read()
    return None if found == _ONE and ground.there() == _OTHER else f"the old version reads {found!r}"


def _default_retention(ground: _Ground) -> str | None:
    try:
        with told(ground.bucket.store, ground.bucket.name):
            found: Any = ground.bucket.client.get_object_lock_configuration(Bucket=ground.bucket.name)
    except StoreError:
        return None  # no such thing here, which is as it should be
    rule = found.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention")
    return f"every object is locked: {rule}" if rule else None


def _object_lock(ground: _Ground) -> str | None:
    # The server's clock decides when a lock ends, so its own time is what is reckoned from.
    ground.put(_ONE)
    now = ground.bucket.head(ground.name).modified_at
    version = ground.put(
        _OTHER,
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=now + timedelta(seconds=LOCK_SECONDS),
    )
    if version is None:
        return "a locked object has no version"
    if ground.bucket.head(ground.name, version).locked_until is None:
        return "the server does not know of the lock it was given"
    try:
        remove_version(ground.bucket, ground.name, version)
    except LockedError:
        fault = None
    else:
        fault = "a locked object was deleted"
    ground.sleep(LOCK_SECONDS + 1.5)
    return fault
