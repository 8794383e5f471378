"""A store that takes no bytes is found out by writing one, on S3 too, and nothing of it stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.errors import StoreError
from archive.storage import s3
from archive.storage.directory import DirectoryStore
from archive.storage.s3 import S3Store
from archive.storage.writing_probe import require_writable
from tests.servers.s3 import RUNNING, Bucket
from tests.servers.s3_faults import Fault, FaultProxy, always, nothing


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with RUNNING["minio"](versioning=True) as made:
        yield made


@pytest.fixture
def proxy(bucket: Bucket) -> Iterator[FaultProxy]:
    with FaultProxy(bucket.server.port, hang_seconds=1.0, slow_seconds=0.005) as made:
        yield made


@pytest.fixture
def store(bucket: Bucket, proxy: FaultProxy) -> S3Store:
    S3Store.initialise("a", bucket.settings())
    return S3Store("a", bucket.settings(endpoint=proxy.url, attempts=1))


def test_a_bucket_that_takes_no_bytes_is_found_out(
    store: S3Store, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "_PROVEN_SECONDS", -1.0)
    require_writable(store)
    proxy.plan = always(Fault.ERROR_500, "put")
    with pytest.raises(StoreError):
        require_writable(store)
    proxy.plan = nothing
    require_writable(store)


def test_nothing_stays_in_a_bucket_that_was_tried_and_nobody_is_asked_again_within_a_minute(
    store: S3Store, bucket: Bucket, proxy: FaultProxy
) -> None:
    require_writable(store)
    with_marker = list(store._bucket.objects(store._bucket.root))
    assert [name.rpartition("/")[2] for name, _ in with_marker] == [s3.MARKER]
    assert list(store.keys()) == [] and list(store.foreign()) == []
    proxy.plan = always(Fault.ERROR_500, "put")
    require_writable(store)


def test_a_folder_that_takes_no_bytes_is_found_out(tmp_path: Path) -> None:
    store = DirectoryStore.initialise("kho", tmp_path / "kho")
    require_writable(store)
    assert list(store.keys()) == []
    (tmp_path / "kho").rename(tmp_path / "away")
    with pytest.raises(StoreError):
        require_writable(store)
