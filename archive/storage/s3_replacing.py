"""One object on its way into the place of another on S3: put on the condition that what was put aside is still there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock

from archive.errors import StoreError
from archive.storage.key import Key
from archive.storage.s3_aside import S3Aside
from archive.storage.s3_bucket import Head, S3Bucket
from archive.storage.s3_errors import RaceLostError
from archive.storage.s3_removing import remove_version
from archive.storage.s3_writing import S3Writer

_ROUNDS = 16


class ReplacingS3Writer(S3Writer):
    """write: as any other; commit: look → put aside what is there → put in its place, if it still is what was seen.

    A put is one instant on the server, so there is the one object or the other.
    """

    def __init__(
        self,
        bucket: S3Bucket,
        key: Key,
        now: Callable[[], datetime],
        uploads: set[str],
        aside: S3Aside,
        alone: Lock,
        *,
        keep: bool,
    ) -> None:
        super().__init__(bucket, key, now, uploads)
        self._aside = aside
        self._alone = alone
        self._keep = keep

    def _place(self) -> None:
        with self._alone:
            replaced, version = self._replaced()
            self._confirm(version)
            if not self._keep and replaced is not None and replaced.version not in (None, version):
                remove_version(self._bucket, self._name, replaced.version or "")

    def _replaced(self) -> tuple[Head | None, str | None]:
        """What was there before, and the version that is there now."""
        seen: list[Head | None] = []
        for _ in range(_ROUNDS):
            head = self._bucket.find(self._name)
            if seen and head is not None and head != seen[-1] and self._sending.is_at(head):
                return seen[-1], head.version  # done by the last round, whose answer was lost
            kept = self._aside.put(self._key, head) if self._keep and head is not None else None
            try:
                return head, self._sending.put(self._condition(head, seen))
            except RaceLostError:
                if kept is not None:
                    self._aside.forget(kept)
                seen.append(head)
        raise StoreError(
            f"Đối tượng trong kho «{self._bucket.store}» liên tục bị thay khi đang sửa.",
            remedy="Chạy lại sau.",
            detail=self._name,
        )

    def _condition(self, head: Head | None, seen: list[Head | None]) -> dict[str, str]:
        if head is not None:
            return {"IfMatch": head.etag}
        # Nothing there, and yet "something is there": a delete marker, which some servers take for an object.
        return {} if seen and seen[-1] is None else {"IfNoneMatch": "*"}
