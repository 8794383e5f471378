"""Everything there is in one bucket, or folder of it: every version, every delete marker, every upload never finished."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archive.errors import ObjectMissingError
from archive.storage.s3_bucket import S3Bucket
from archive.storage.s3_errors import told
from archive.storage.s3_reading import S3File
from archive.storage.s3_settings import S3Settings

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One of them. ``version`` is None where nothing is versioned; ``upload``: of one never finished."""

    name: str
    size_bytes: int
    version: str | None
    marker: bool = False
    upload: str | None = None


class S3Everything:
    """Reads a bucket as its server lists it; nothing of a store's own idea of its objects is used."""

    def __init__(self, store: str, settings: S3Settings) -> None:
        self._bucket = S3Bucket(store, settings)

    def entries(self) -> Iterator[Entry]:
        """All of them, names without the prefix. Raises StoreError when the listing is not whole."""
        root = self._bucket.root
        with told(self._bucket.store, root):
            pages = iter(
                self._bucket.client.get_paginator("list_object_versions").paginate(
                    Bucket=self._bucket.name, Prefix=root
                )
            )
        while True:
            with told(self._bucket.store, root):
                page = next(pages, None)
                if page is None:
                    break
                if page["Name"] != self._bucket.name or not isinstance(page["IsTruncated"], bool):
                    raise ValueError("no listing of this bucket")
                found = [
                    Entry(row["Key"].removeprefix(root), row["Size"], _version(row["VersionId"]))
                    for row in page.get("Versions", ())
                ]
                found += [
                    Entry(row["Key"].removeprefix(root), 0, _version(row["VersionId"]), marker=True)
                    for row in page.get("DeleteMarkers", ())
                ]
            yield from found
        yield from unfinished_uploads(self._bucket)

    def pieces(self, entry: Entry) -> Iterator[bytes]:
        """The bytes of this very version; nothing when it is gone meanwhile."""
        name = self._bucket.path(entry.name)
        try:
            with S3File(self._bucket, name, version=entry.version, begin=0) as file:
                while piece := file.read(_PIECE_BYTES):
                    yield piece
        except ObjectMissingError:
            return


def unfinished_uploads(bucket: S3Bucket, name: str = "") -> Iterator[Entry]:
    """Uploads that were begun and never finished nor given up: of exactly ``name`` (with its prefix), or of the store."""
    with told(bucket.store, name):
        # Of the whole bucket: some servers (MinIO) answer for no other prefix than none and whole names.
        pages = bucket.client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket.name, Prefix=name)
        found = [
            Entry(row["Key"].removeprefix(bucket.root), 0, None, upload=row["UploadId"])
            for page in pages
            for row in page.get("Uploads", ())
            if row["Key"].startswith(bucket.root) and name in ("", row["Key"])
        ]
    yield from found


def abandon_uploads(bucket: S3Bucket, name: str) -> None:
    """None of them is left for exactly this name when this returns. Raises StoreError."""
    for entry in unfinished_uploads(bucket, name):
        try:
            with told(bucket.store, name, writing=True):
                bucket.client.abort_multipart_upload(Bucket=bucket.name, Key=name, UploadId=str(entry.upload))
        except ObjectMissingError:
            continue


def _version(said: str) -> str | None:
    return None if said in ("", "null") else said
