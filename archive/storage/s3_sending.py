"""Bytes on their way into a bucket: one PUT when they are few, parts sent side by side when they are many.

Memory: the part being filled, those under way (two) and the bytes of a call. Nothing is in the bucket before ``put``.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from archive.errors import StoreError
from archive.storage.s3_bucket import Head, S3Bucket, b64, version_of
from archive.storage.s3_errors import RaceLostError, told
from archive.storage.store import Bytes

_UNDER_WAY = 2
_LONGER_AFTER_PARTS = 2500
"""After every so many parts they become twice as long: of 10,000 parts, as many as S3 allows, the last is 8 times a first."""


class Sending:
    """One object's bytes; ``put`` may be asked again when its condition did not hold. For one thread.

    ``uploads``: the multipart uploads of this process that are under way, kept up to date.
    """

    def __init__(self, bucket: S3Bucket, name: str, attributes: Mapping[str, Any], uploads: set[str]) -> None:
        self._bucket = bucket
        self._name = name
        self._attributes = dict(attributes)
        self._uploads = uploads
        self._pending = bytearray()
        self._sha256 = hashlib.sha256()
        self._part_digests: list[bytes] = []
        self._parts: dict[int, str] = {}
        self._upload_id: str | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._under_way: deque[Future[None]] = deque()
        self.size_bytes = 0

    @property
    def multipart(self) -> bool:
        return bool(self._part_digests)

    @property
    def sha256(self) -> str:
        """Of all bytes so far, in hexadecimal."""
        return self._sha256.hexdigest()

    @property
    def stored_sha256(self) -> str:
        """What the server will call the object's SHA-256: of a multipart, that of its parts' digests."""
        if not self.multipart:
            return b64(self._sha256.digest())
        return f"{b64(hashlib.sha256(b''.join(self._part_digests)).digest())}-{len(self._part_digests)}"

    def add(self, data: Bytes) -> None:
        view = memoryview(data).cast("B")
        self._sha256.update(view)
        self.size_bytes += len(view)
        while view:
            step = self._part_bytes() - len(self._pending)
            self._pending += view[:step]
            view = view[step:]
            if view:  # the last part is sent by ``put``, whatever its length
                self._send()

    def put(self, condition: Mapping[str, str]) -> str | None:
        """The object is in the bucket when this returns; tells its version. Raises RaceLostError, StoreError."""
        if not self.multipart:
            return self._bucket.put(
                self._name,
                bytes(self._pending),
                ChecksumSHA256=self.stored_sha256,
                **self._attributes,
                **condition,
            )
        if self._pending:
            self._send()
        while self._under_way:
            self._under_way.popleft().result()
        return self._complete(condition)

    def stop(self) -> None:
        """An upload that was not completed is given up; what could not be, a sweep finds."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._pending.clear()
        upload_id = self._upload_id
        if upload_id is not None:
            with suppress(StoreError), told(self._bucket.store, self._name):
                self._bucket.client.abort_multipart_upload(Bucket=self._bucket.name, Key=self._name, UploadId=upload_id)
            self._over()

    def _over(self) -> None:
        if self._upload_id is not None:
            self._uploads.discard(self._upload_id)
            self._upload_id = None

    def _part_bytes(self) -> int:
        return self._bucket.settings.part_bytes << (len(self._part_digests) // _LONGER_AFTER_PARTS)

    def _send(self) -> None:
        """The pending bytes become the next part; waits while two are under way, and tells what went wrong with one."""
        if self._upload_id is None:
            with told(self._bucket.store, self._name, writing=True):
                begun = self._bucket.client.create_multipart_upload(
                    Bucket=self._bucket.name, Key=self._name, ChecksumAlgorithm="SHA256", **self._attributes
                )
                self._upload_id = begun["UploadId"]
            self._uploads.add(self._upload_id)
            self._pool = ThreadPoolExecutor(_UNDER_WAY, thread_name_prefix="s3 part")
        assert self._pool is not None
        while len(self._under_way) >= _UNDER_WAY:
            self._under_way.popleft().result()
        data = bytes(self._pending)
        self._pending.clear()
        digest = hashlib.sha256(data).digest()
        self._part_digests.append(digest)
        self._under_way.append(
            self._pool.submit(self._upload, len(self._part_digests), data, b64(digest), self._upload_id)
        )

    def _upload(self, number: int, data: bytes, sha256: str, upload_id: str) -> None:
        with told(self._bucket.store, self._name, writing=True):
            done = self._bucket.client.upload_part(
                Bucket=self._bucket.name,
                Key=self._name,
                UploadId=upload_id,
                PartNumber=number,
                Body=data,
                ContentLength=len(data),
                ChecksumSHA256=sha256,
            )
            if done.get("ChecksumSHA256", sha256) != sha256:
                raise ValueError(f"part {number} arrived as {done['ChecksumSHA256']}, not {sha256}")
            self._parts[number] = done["ETag"]

    def _complete(self, condition: Mapping[str, str]) -> str | None:
        parts: Any = [
            {"PartNumber": number, "ETag": self._parts[number], "ChecksumSHA256": b64(digest)}
            for number, digest in enumerate(self._part_digests, 1)
        ]
        more: dict[str, Any] = dict(condition)
        try:
            with told(self._bucket.store, self._name, writing=True):
                done = self._bucket.client.complete_multipart_upload(
                    Bucket=self._bucket.name,
                    Key=self._name,
                    UploadId=self._upload_id or "",
                    MultipartUpload={"Parts": parts},
                    **more,
                )
                version = version_of(done)
        except RaceLostError:
            raise
        except StoreError:
            # An answer may be lost, and the retry finds no upload any more: the object can be there all the same.
            head = self._there()
            if head is None:
                raise
            version = head.version
        self._over()
        return version

    def is_at(self, head: Head) -> bool:
        """Whether the server says of ``head`` what it should say of these bytes."""
        return (head.size_bytes, head.sha256) == (self.size_bytes, self.stored_sha256)

    def _there(self) -> Head | None:
        with suppress(StoreError):
            head = self._bucket.find(self._name)
            if head is not None and self.is_at(head):
                return head
        return None
