"""The requests a store on S3 makes, one method each: what comes back is checked, what breaks is a StoreError.

<bucket>/<prefix>/.luutru-store.json                            proves that this is the right store
                 /.aside/<key>/<UTC time>~<token>~<size>~<version>   what was replaced (see ``s3_aside``)
                 /aip/3f/3f….tar                                objects
"""

from __future__ import annotations

import base64
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from archive.errors import ObjectMissingError, StoreError
from archive.storage.s3_errors import status_of, told
from archive.storage.s3_settings import Addressing, S3Settings

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_CONNECTIONS = 32
_descriptions = botocore.loaders.create_loader()
"""What S3 can do, as the library keeps it: megabytes, read once for all stores of a process."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a server says of one version of an object. ``version`` is None where nothing is versioned.

    ``sha256``: what the server calls the object's SHA-256, base64, of a multipart with ``-<number of parts>`` behind it.
    """

    size_bytes: int
    etag: str
    version: str | None
    modified_at: datetime
    sha256: str | None
    locked_until: datetime | None
    legal_hold: bool


@dataclass(frozen=True, slots=True)
class Version:
    """One row of a listing of versions; ``marker``: a delete marker, which says that there is no object."""

    name: str
    version: str
    latest: bool
    marker: bool


class Body(Protocol):
    """The bytes of an answer, as they come."""

    def readinto(self, buffer: memoryview, /) -> int: ...

    def read(self) -> bytes: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Stretch:
    """A body on its way: bytes ``[begin, end)`` of an object of ``size_bytes``."""

    body: Body
    begin: int
    end: int
    size_bytes: int
    etag: str
    version: str | None


class S3Bucket:
    """One bucket under one set of settings; for any number of threads. Names are whole: prefix and all."""

    def __init__(self, store: str, settings: S3Settings) -> None:
        self.store = store
        self.settings = settings
        self.root = f"{settings.prefix}/" if settings.prefix else ""
        self._clients: dict[int, S3Client] = {}
        self._making = Lock()

    @property
    def name(self) -> str:
        return self.settings.bucket

    def path(self, key: str) -> str:
        """The whole name of ``key`` in the bucket."""
        return self.root + key

    @property
    def client(self) -> S3Client:
        """The client of this process: connections do not survive a fork."""
        client = self._clients.get(os.getpid())
        if client is None:
            with self._making:
                client = self._clients.get(os.getpid())
                if client is None:
                    with told(self.store, self.name):
                        client = _client(self.settings)
                    self._clients = {os.getpid(): client}
        return client

    def endpoint_host(self) -> str:
        """Host and port that answer for this bucket."""
        with told(self.store):
            return str(self.client.meta.endpoint_url).split("//", 1)[-1].rstrip("/")

    def head(self, name: str, version: str | None = None) -> Head:
        """Raises ObjectMissingError, also when it is the bucket that is not there: the answer does not say."""
        mark = _mark()
        with told(self.store, name):
            answer = self.client.head_object(
                Bucket=self.name,
                Key=name,
                ChecksumMode="ENABLED",
                ResponseContentDisposition=mark,
                **version_asked(version),
            )
            _require_marked(answer, mark)
            return _head(answer)

    def find(self, name: str) -> Head | None:
        try:
            return self.head(name)
        except ObjectMissingError:
            return None

    def get(self, name: str, begin: int, end: int | None, pinned: Mapping[str, Any]) -> Stretch | None:
        """The bytes from ``begin``, up to ``end`` or all; None when the object ends before. ``pinned``: of which version.

        Raises ObjectMissingError, and StoreError when the server sends another stretch than the one asked for.
        """
        mark, last = _mark(), "" if end is None else end - 1
        with told(self.store, name):
            try:
                got = self.client.get_object(
                    Bucket=self.name,
                    Key=name,
                    Range=f"bytes={begin}-{last}",
                    ResponseContentDisposition=mark,
                    **pinned,
                )
            except ClientError as error:
                if status_of(error) == 416:
                    return None
                raise
            try:
                _require_marked(got, mark)
                return _stretch(got, begin, end)
            except BaseException:
                got["Body"].close()
                raise

    def put(self, name: str, data: bytes, **more: Any) -> str | None:
        """Puts a whole object, given its SHA-256 in ``more``; tells its version. Raises RaceLostError."""
        with told(self.store, name, writing=True):
            done = self.client.put_object(Bucket=self.name, Key=name, Body=data, ContentLength=len(data), **more)
            return version_of(done)

    def copy(self, source: str, head: Head, target: str) -> None:
        """A second object with the same bytes, made by the server, from exactly the object ``head`` told of."""
        with told(self.store, target, writing=True):
            self.client.copy(
                {"Bucket": self.name, "Key": source},
                self.name,
                target,
                ExtraArgs={"CopySourceIfMatch": head.etag, "MetadataDirective": "REPLACE"},
            )

    def delete(self, name: str, version: str | None = None) -> None:
        """Asks for it; whether it is gone is for the caller to look."""
        with told(self.store, name, writing=True):
            self.client.delete_object(Bucket=self.name, Key=name, **version_asked(version))

    def versions(self, name: str) -> list[Version]:
        """Every version of exactly this object, and its delete markers, the newest first; each once."""
        found: dict[tuple[str, bool], Version] = {}
        with told(self.store, name):
            pages = self.client.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=name)
            for page in pages:
                self._require_listing(page, name)
                rows: list[tuple[Any, bool]] = [(row, False) for row in page.get("Versions", ())]
                rows += [(row, True) for row in page.get("DeleteMarkers", ())]
                if not any(row["Key"] == name for row, _ in rows):
                    if rows:
                        break  # others that only begin like it come after
                    continue
                for row, marker in sorted(rows, key=lambda one: one[0]["LastModified"], reverse=True):
                    if row["Key"] == name:
                        at = (row["VersionId"], marker)
                        found.setdefault(at, Version(name, row["VersionId"], bool(row["IsLatest"]), marker))
        return sorted(found.values(), key=lambda version: not version.latest)

    def locked_until(self, name: str, version: str, head: Head) -> datetime | None:
        """Until when a lock keeps this version, as far as can be learnt; a legal hold has no end."""
        held = head.legal_hold
        with suppress(StoreError), told(self.store, name):
            hold = self.client.get_object_legal_hold(Bucket=self.name, Key=name, VersionId=version)["LegalHold"]
            held = held or hold.get("Status") == "ON"
        if held:
            return datetime.max.replace(tzinfo=UTC)
        until = head.locked_until
        if until is None:  # some servers do not tell it with the head of an older version
            with suppress(StoreError), told(self.store, name):
                found = self.client.get_object_retention(Bucket=self.name, Key=name, VersionId=version)
                until = found["Retention"].get("RetainUntilDate")
        return until

    def level(self, folder: str) -> tuple[list[str], list[str]]:
        """The names of the folders and of the objects right inside ``folder`` (empty, or ending in a slash)."""
        folders: list[str] = []
        objects: list[str] = []
        for page in self._pages(folder, Delimiter="/"):
            with told(self.store, folder):
                folders += [row["Prefix"][len(folder) : -1] for row in page.get("CommonPrefixes", ())]
                objects += [row["Key"][len(folder) :] for row in page.get("Contents", ())]
        return folders, objects

    def objects(self, folder: str) -> Iterator[tuple[str, int]]:
        """Whole name and size of every object anywhere inside ``folder``, in the order of the server."""
        for page in self._pages(folder):
            with told(self.store, folder):
                rows = [(row["Key"], row["Size"]) for row in page.get("Contents", ())]
            yield from rows

    def versioned(self) -> bool:
        """Whether an overwritten object is kept as a version."""
        with told(self.store):
            return self.client.get_bucket_versioning(Bucket=self.name).get("Status") == "Enabled"

    def _pages(self, folder: str, **more: Any) -> Iterator[Mapping[str, Any]]:
        with told(self.store, folder):
            pages = iter(
                self.client.get_paginator("list_objects_v2").paginate(
                    Bucket=self.name, Prefix=folder, **more, PaginationConfig={"PageSize": 1000}
                )
            )
        while True:
            with told(self.store, folder):
                page = next(pages, None)
                if page is None:
                    return
                self._require_listing(page, folder)
            yield page

    def _require_listing(self, page: Mapping[str, Any], prefix: str) -> None:
        """An answer without content, or to another question, is no empty list."""
        about = (page["Name"], page.get("Prefix", ""))
        if about != (self.name, prefix) or not isinstance(page["IsTruncated"], bool):
            raise ValueError(f"no listing of {self.name}/{prefix}: {about}")


def _client(settings: S3Settings) -> S3Client:
    session = botocore.session.Session(profile=settings.profile if settings.credentials_file else None)
    session.register_component("data_loader", _descriptions)
    if settings.credentials_file is not None:
        session.set_config_variable("credentials_file", str(settings.credentials_file))
        session.set_config_variable("config_file", os.devnull)  # what else this machine's people prefer is not for us
        if not Path(settings.credentials_file).is_file():
            raise FileNotFoundError(f"no credentials file {settings.credentials_file}")
    style: Any = {"addressing_style": settings.addressing.value}
    if settings.addressing is Addressing.AUTO and settings.endpoint:
        style = {"addressing_style": "path"}
    return boto3.session.Session(botocore_session=session).client(
        "s3",
        endpoint_url=settings.endpoint or None,
        region_name=settings.region,
        verify=str(settings.ca_bundle) if settings.ca_bundle else None,
        config=Config(
            signature_version="s3v4",
            retries={"total_max_attempts": settings.attempts, "mode": "standard"},
            connect_timeout=settings.connect_timeout_seconds,
            read_timeout=settings.read_timeout_seconds,
            max_pool_connections=_CONNECTIONS,
            tcp_keepalive=True,
            # SHA-256 is given with each write and taken from each read by ourselves; a second opinion only breaks reads.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3=style,
        ),
    )


def b64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")


def version_asked(version: str | None) -> dict[str, Any]:
    return {} if version is None else {"VersionId": version}


def version_of(answer: Mapping[str, Any]) -> str | None:
    """Servers say ``null`` or nothing where a bucket is not versioned."""
    version = answer.get("VersionId")
    return version if isinstance(version, str) and version not in ("", "null") else None


def _mark() -> str:
    return f'inline; filename="{uuid.uuid4().hex}"'


def _require_marked(answer: Mapping[str, Any], mark: str) -> None:
    """What a server was asked to say is said: else this is the answer to another request, come late or twice."""
    if answer.get("ContentDisposition", mark) != mark:
        raise ValueError("the answer to another request")


def _head(answer: Mapping[str, Any]) -> Head:
    size = answer["ContentLength"]
    if not isinstance(size, int) or size < 0:
        raise ValueError(f"a size of {size!r}")
    return Head(
        size_bytes=size,
        etag=str(answer["ETag"]),
        version=version_of(answer),
        modified_at=answer["LastModified"],
        sha256=answer.get("ChecksumSHA256"),
        locked_until=answer.get("ObjectLockRetainUntilDate"),
        legal_hold=answer.get("ObjectLockLegalHoldStatus") == "ON",
    )


def _stretch(got: Mapping[str, Any], begin: int, end: int | None) -> Stretch:
    # Always a range, so that two headers tell the length: one cut short on its way is not taken for a shorter object.
    length, said = int(got["ContentLength"]), str(got["ContentRange"])
    unit, _, rest = said.partition(" ")
    where, _, total = rest.partition("/")
    first, last, size = int(where.split("-")[0]), int(where.split("-")[1]), int(total)
    until = size if end is None else min(size, end)
    if (unit, first, last + 1, length) != ("bytes", begin, until, until - begin):
        raise ValueError(f"{said} ({length} bytes) in answer to {begin}-{end}")
    body: Any = got["Body"]
    return Stretch(body, begin, begin + length, size, str(got["ETag"]), version_of(got))
