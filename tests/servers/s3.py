"""Real S3 servers for the tests: built if needed, one of each kind for all tests of a process, a new bucket per caller."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from archive.storage.s3_settings import ObjectLock, S3Settings
from tests.servers.ports import free_port
from tests.servers.s3_build import MINIO, VERSITYGW, binary

REGION = "us-east-1"
ACCESS = "luutru-test"
_START_TIMEOUT_SECONDS = 60.0
_numbers = itertools.count(1)


@dataclass
class S3Server:
    """One running server of its own folder. ``kill`` is SIGKILL; ``start`` brings it back at the same address."""

    kind: str
    folder: Path
    port: int
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    _process: subprocess.Popen[bytes] | None = None
    _client: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid  # setpriv has become the server

    @property
    def objects(self) -> Path:
        """Where the server keeps what it was given; on versitygw each object is the file ``<bucket>/<key>``."""
        return self.folder / "objects"

    @property
    def credentials_file(self) -> Path:
        return self.folder / "credentials"

    def start(self) -> None:
        """Answers requests when this returns."""
        self.objects.mkdir(parents=True, exist_ok=True)
        self.credentials_file.write_text(
            f"[default]\naws_access_key_id = {ACCESS}\naws_secret_access_key = {self.secret}\n", encoding="ascii"
        )
        command, environment = self._minio() if self.kind == "minio" else self._versitygw()
        with (self.folder / "log").open("ab") as log:
            # Ends with whoever started it, however that ends.
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.kind} does not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def client(self, **options: Any) -> Any:
        """A plain boto3 client with all rights; without options always the same."""
        if not options and self._client is not None:
            return self._client
        client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=ACCESS,
            aws_secret_access_key=self.secret,
            config=Config(s3={"addressing_style": "path"}, **options),
        )
        self._client = self._client if options else client
        return client

    def _answers(self) -> bool:
        path = "/minio/health/ready" if self.kind == "minio" else "/health"
        try:
            with urllib.request.urlopen(self.url + path, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _minio(self) -> tuple[list[str], dict[str, str]]:
        environment = {
            "MINIO_ROOT_USER": ACCESS,
            "MINIO_ROOT_PASSWORD": self.secret,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
            # What was deleted goes to a folder of the server first, and from there every five minutes unless told.
            "MINIO_API_DELETE_CLEANUP_INTERVAL": "5s",
        }
        program = str(binary(MINIO, say=_quiet))
        config = str(self.folder / "config")
        return [
            program, "server", str(self.objects), "--address", f"127.0.0.1:{self.port}", "--config-dir", config,
        ], environment  # fmt: skip

    def _versitygw(self) -> tuple[list[str], dict[str, str]]:
        people, versions = self.folder / "iam", self.folder / "versions"
        for folder in (people, versions):
            folder.mkdir(exist_ok=True)
        return [
            str(binary(VERSITYGW, say=_quiet)), "--port", f"127.0.0.1:{self.port}", "--region", REGION, "--quiet",
            "--keep-alive", "--health", "/health", "--iam-dir", str(people),
            "posix", "--versioning-dir", str(versions), str(self.objects),
        ], {"ROOT_ACCESS_KEY_ID": ACCESS, "ROOT_SECRET_ACCESS_KEY": self.secret}  # fmt: skip


@dataclass(frozen=True)
class Bucket:
    """A new, empty bucket on a running server."""

    server: S3Server
    name: str
    versioned: bool
    locking: bool

    def settings(self, **changes: Any) -> S3Settings:
        """How a store here is configured; ``changes`` are fields of S3Settings (``endpoint`` for a proxy)."""
        given: dict[str, Any] = {
            "endpoint": self.server.url,
            "region": REGION,
            "bucket": self.name,
            "credentials_file": self.server.credentials_file,
        }
        return S3Settings(**(given | changes))

    def client(self, **options: Any) -> Any:
        return self.server.client(**options)

    def empty(self) -> None:
        """Every version goes, locked (in governance mode) or not, and uploads nobody finished."""
        client = self.client()
        for page in client.get_paginator("list_object_versions").paginate(Bucket=self.name):
            for row in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                with contextlib.suppress(client.exceptions.ClientError):
                    client.delete_object(
                        Bucket=self.name, Key=row["Key"], VersionId=row["VersionId"], BypassGovernanceRetention=True
                    )


def running_minio(*, versioning: bool = False, lock: bool = False) -> contextlib.AbstractContextManager[Bucket]:
    """A new bucket on the MinIO of this process, started by the first who asks and ended with the process.

    ``lock`` (Object Lock from the start) implies versioning.
    """
    return _bucket("minio", versioning, lock)


def running_versitygw(*, versioning: bool = False, lock: bool = False) -> contextlib.AbstractContextManager[Bucket]:
    """A new bucket on the versitygw of this process, as ``running_minio``."""
    return _bucket("versitygw", versioning, lock)


RUNNING: dict[str, Callable[..., contextlib.AbstractContextManager[Bucket]]] = {
    "minio": running_minio,
    "versitygw": running_versitygw,
}


@contextmanager
def own_server(kind: str) -> Iterator[S3Server]:
    """A server nobody else uses, for tests that kill, pause or restart it."""
    folder = Path(tempfile.mkdtemp(prefix=f"luutru-{kind}-"))
    server = S3Server(kind, folder, free_port())
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def new_bucket(server: S3Server, *, versioning: bool = False, lock: bool = False) -> Bucket:
    client = server.client()
    name = f"t{os.getpid()}-{next(_numbers)}"
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
    if versioning and not lock:
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return Bucket(server, name, versioning or lock, lock)


_shared: dict[str, S3Server] = {}


@contextmanager
def _bucket(kind: str, versioning: bool, lock: bool) -> Iterator[Bucket]:
    if kind not in _shared:
        lasting = contextlib.ExitStack()
        _shared[kind] = lasting.enter_context(own_server(kind))
        atexit.register(lasting.close)
    yield new_bucket(_shared[kind], versioning=versioning, lock=lock)


def _quiet(line: str) -> None:
    del line


__all__ = [
    "RUNNING", "Bucket", "ObjectLock", "S3Server", "new_bucket", "own_server", "running_minio",
    "running_versitygw",
]  # fmt: skip
