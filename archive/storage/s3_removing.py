"""Taking objects out of a bucket for good: every version, looked for afterwards; a server's "done" proves nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from archive.errors import LockedError, ObjectMissingError, StoreError
from archive.storage.s3_bucket import Head, S3Bucket

_CLOCKS_APART = timedelta(minutes=5)
"""A lock that ended so lately may have held when the server said no."""


def remove_object(bucket: S3Bucket, name: str) -> None:
    """No version and no delete marker of exactly this object is left when this returns; none there is fine.

    The oldest go first, so that what stops in between never brings an older version back into the object's place.
    Raises StoreError, LockedError when a lock keeps one: that one and all newer ones are still there.
    """
    for version in reversed(bucket.versions(name)):
        remove_version(bucket, name, version.version, marker=version.marker)
    if bucket.versions(name) or bucket.find(name) is not None:
        raise _not_gone(bucket, name)


def remove_version(bucket: S3Bucket, name: str, version: str, *, marker: bool = False) -> None:
    """This version is gone when this returns; gone already is fine. Raises StoreError, LockedError."""
    refusal: StoreError | None = None
    try:
        bucket.delete(name, version)
    except ObjectMissingError:
        return
    except StoreError as error:
        refusal = error
    if marker:
        if refusal is not None:
            raise refusal
        return
    head = _still_there(bucket, name, version)
    if head is None:
        return
    # Servers say no in words of their own; whether it is for a lock, the object itself tells.
    until = bucket.locked_until(name, version, head)
    if until is not None and until > datetime.now(UTC) - _CLOCKS_APART:
        raise LockedError(
            f"Kho «{bucket.store}» khoá đối tượng{'' if until.year > 9000 else f' đến {until:%d/%m/%Y}'}, không cho xoá.",
            remedy="Chờ hết thời hạn khoá, hoặc gỡ khoá theo quy định rồi chạy lại.",
            detail=f"{name} {version}: {refusal.detail if refusal else 'said to be deleted'}",
            until=None if until.year > 9000 else until,
        )
    raise refusal or _not_gone(bucket, name)


def _still_there(bucket: S3Bucket, name: str, version: str) -> Head | None:
    try:
        return bucket.head(name, version)
    except ObjectMissingError:
        return None


def _not_gone(bucket: S3Bucket, name: str) -> StoreError:
    return StoreError(
        f"Kho «{bucket.store}» báo đã xoá nhưng đối tượng vẫn còn.",
        remedy="Kiểm tra máy chủ lưu trữ rồi chạy lại.",
        detail=name,
    )
