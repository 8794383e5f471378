"""What only a store on S3 can get wrong: parts, locks, versions, empty buckets, servers that keep rotten bytes."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.errors import (
    LockedError,
    ObjectExistsError,
    ObjectMissingError,
    StoreError,
    StoreReadOnlyError,
    StoreSettingsError,
)
from archive.fixity import CopyState, verify_copy
from archive.storage import Key
from archive.storage.s3 import S3Store
from archive.storage.s3_probe import probe
from archive.storage.s3_settings import ObjectLock, s3_settings
from tests.servers.s3 import RUNNING, Bucket
from tests.servers.s3_differences import DIFFERENCES, differs

KEY = Key("aip/3f/3f0c.tar")
PART = 5 << 20
LONG = os.urandom(1 << 20) * 12 + b"and a bit"
LOCKED = {"object_lock": ObjectLock.GOVERNANCE, "lock_days": 1}


@pytest.fixture(params=sorted(RUNNING))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def plain(kind: str) -> Iterator[Bucket]:
    with RUNNING[kind]() as bucket:
        yield bucket


@pytest.fixture
def versioned(kind: str) -> Iterator[Bucket]:
    with RUNNING[kind](versioning=True) as bucket:
        yield bucket


@pytest.fixture
def locking(kind: str) -> Iterator[Bucket]:
    with RUNNING[kind](lock=True) as bucket:
        yield bucket
        bucket.empty()


def put(store: S3Store, data: bytes, key: Key = KEY) -> None:
    with store.create(key) as writer:
        writer.write(data)
        writer.commit()


def replace(store: S3Store, data: bytes, *, keep: bool = True) -> None:
    with store.replacing(KEY, keep=keep) as writer:
        writer.write(data)
        writer.commit()


def get(store: S3Store, key: Key = KEY) -> bytes:
    return b"".join(store.read(key))


def uploads(bucket: Bucket, key: Key = KEY) -> list[Any]:
    return list(bucket.client().list_multipart_uploads(Bucket=bucket.name, Prefix=key).get("Uploads", []))


def parts_store(bucket: Bucket) -> S3Store:
    return S3Store.initialise("a", bucket.settings(part_bytes=PART))


def test_a_large_object_goes_in_parts_and_comes_back_whole(plain: Bucket) -> None:
    store = parts_store(plain)
    with store.create(KEY) as writer:
        for start in range(0, len(LONG), 700_001):
            writer.write(LONG[start : start + 700_001])
        assert len(uploads(plain)) == 1
        with pytest.raises(ObjectMissingError):
            store.size(KEY)
        writer.commit()
    assert (get(store) == LONG, store.size(KEY), uploads(plain)) == (True, len(LONG), [])
    assert b"".join(store.read(KEY, PART - 3, 6)) == LONG[PART - 3 : PART + 3]
    assert verify_copy(store, KEY, hashlib.sha256(LONG).hexdigest(), len(LONG)).ok


def test_the_same_parts_again_are_fine_and_others_refused(plain: Bucket) -> None:
    store = parts_store(plain)
    put(store, LONG)
    put(store, LONG)
    with pytest.raises(ObjectExistsError):
        put(store, LONG[:-1] + b"x")
    with pytest.raises(ObjectExistsError):
        put(store, b"short")
    assert (get(store) == LONG, uploads(plain)) == (True, [])


def test_an_upload_that_is_left_is_given_up(plain: Bucket) -> None:
    store = parts_store(plain)
    with store.create(KEY) as writer:
        writer.write(LONG)
    with pytest.raises(ZeroDivisionError), store.create(KEY) as writer:
        writer.write(LONG)
        _ = 1 / 0
    assert (uploads(plain), list(store.keys())) == ([], [])


def test_an_object_in_parts_is_replaced_and_kept_aside(versioned: Bucket) -> None:
    store = parts_store(versioned)
    put(store, LONG)
    replace(store, LONG[::-1])
    (aside,) = store.aside()
    assert get(store) == LONG[::-1] and b"".join(store.read_aside(aside)) == LONG
    assert aside.size_bytes == len(LONG)


def test_without_versions_a_large_object_is_copied_aside_before_it_is_replaced(plain: Bucket) -> None:
    store = parts_store(plain)
    put(store, LONG)
    replace(store, b"short")
    (aside,) = store.aside()
    assert (get(store), b"".join(store.read_aside(aside)) == LONG) == (b"short", True)


def test_a_sweep_gives_up_old_uploads_of_others_and_no_living_one(plain: Bucket) -> None:
    store = parts_store(plain)
    later = S3Store("a", plain.settings(part_bytes=PART), now=lambda: datetime.now(UTC) + timedelta(days=3))
    with store.create(KEY) as writer:
        writer.write(LONG)
        assert store.sweep() == 0, "too young"
        assert later.sweep() == 1, "old, and of somebody who may be dead"
        assert uploads(plain) == []
    with later.create(KEY) as writer:
        writer.write(LONG)
        assert later.sweep() == 0, "old, but its own"
        writer.commit()
    assert get(store) == LONG


def test_two_stores_in_folders_of_one_bucket_do_not_see_each_other_T28(plain: Bucket) -> None:
    stores = [S3Store.initialise(name, plain.settings(prefix=name)) for name in ("v1", "v10", "v1-b")]
    for store in stores:
        put(store, store.name.encode())
    for store in stores:
        assert (list(store.keys()), get(store), list(store.foreign())) == ([KEY], store.name.encode(), [])
    stores[0].remove(KEY)
    assert [list(store.keys()) for store in stores] == [[], [KEY], [KEY]]


def test_an_emptied_bucket_is_not_taken_for_a_store_that_has_lost_everything(versioned: Bucket) -> None:
    store = S3Store.initialise("a", versioned.settings())
    put(store, b"x")
    versioned.empty()
    for use in (
        lambda: store.open(KEY),
        lambda: store.open(KEY, cold=True),
        lambda: store.size(KEY),
        lambda: list(store.read(KEY)),
        lambda: list(store.keys()),
        lambda: list(store.foreign()),
        lambda: list(store.aside()),
        lambda: store.remove(KEY),
        lambda: S3Store("a", versioned.settings()).create(KEY),
        lambda: S3Store("a", versioned.settings()).free_bytes(),
        store.sweep,
    ):
        with pytest.raises(StoreError) as said:
            use()
        assert not isinstance(said.value, ObjectMissingError)


def test_the_wrong_bucket_server_or_person_is_told_and_is_no_missing_object(plain: Bucket, tmp_path: Path) -> None:
    S3Store.initialise("a", plain.settings())
    stranger = tmp_path / "credentials"
    stranger.write_text("[default]\naws_access_key_id = nobody\naws_secret_access_key = nothing\n")
    hasty = {"attempts": 1, "connect_timeout_seconds": 1, "read_timeout_seconds": 1}
    for store in (
        S3Store("b", plain.settings()),
        S3Store("a", plain.settings(bucket="no-such-bucket")),
        S3Store("a", plain.settings(credentials_file=stranger)),
        S3Store("a", plain.settings(credentials_file=tmp_path / "none")),
        S3Store("a", plain.settings(profile="none")),
        S3Store("a", plain.settings(endpoint="http://127.0.0.1:9", **hasty)),
        S3Store("a", plain.settings(endpoint="https://" + plain.server.url.removeprefix("http://"), **hasty)),
    ):
        for use in (store.create, store.size, store.open):
            if use == store.create or store.name == "a":
                with pytest.raises(StoreError) as said:
                    use(KEY)
                assert not isinstance(said.value, ObjectMissingError), said.value
                assert plain.server.url not in said.value.message + said.value.remedy


def test_a_bucket_with_other_things_does_not_become_a_store(plain: Bucket) -> None:
    plain.client().put_object(Bucket=plain.name, Key="thesis.doc", Body=b"x")
    with pytest.raises(StoreError):
        S3Store.initialise("a", plain.settings())
    store = S3Store.initialise("a", plain.settings(prefix="kho"))
    S3Store.initialise("a", plain.settings(prefix="kho"))
    with pytest.raises(StoreError):
        S3Store.initialise("b", plain.settings(prefix="kho"))
    plain.client().put_object(Bucket=plain.name, Key="kho/Ghi chú.txt", Body=b"x")
    assert (list(store.foreign()), list(store.keys())) == (["Ghi chú.txt"], [])


def test_objects_of_the_lasting_folders_are_locked_from_their_first_moment(locking: Bucket) -> None:
    store = S3Store.initialise("a", locking.settings(part_bytes=PART, **LOCKED))
    lasting = [Key("aip/3f/x.tar"), Key("ledger/0.jsonl"), Key("checkpoint/1.json"), Key("audit/1.json")]
    passing = [Key("canary/c.tar"), Key("rows/1.jsonl"), Key("backup/b.age")]
    large = Key("aip/3f/large.tar")
    for key in (*lasting, *passing):
        put(store, b"bytes", key)
    put(store, LONG, large)
    for key in (*lasting, large):
        with pytest.raises(LockedError) as said:
            store.remove(key)
        assert said.value.code == "store.locked"
    for key in passing:
        store.remove(key)
    assert set(store.keys()) == {*lasting, large}
    assert get(store, large) == LONG and get(store, lasting[0]) == b"bytes"
    head = locking.client().head_object(Bucket=locking.name, Key=large)
    assert head["ObjectLockMode"] == "GOVERNANCE"
    assert timedelta(hours=23) < head["ObjectLockRetainUntilDate"] - datetime.now(UTC) < timedelta(hours=25)


def test_a_locked_object_is_healed_and_its_damaged_version_stays_while_it_is_locked(locking: Bucket) -> None:
    store = S3Store.initialise("a", locking.settings(**LOCKED))
    put(store, b"damaged")
    replace(store, b"healed")
    (aside,) = store.aside()
    with pytest.raises(LockedError):
        store.drop_aside(aside)
    assert [b"".join(store.read_aside(kept)) for kept in store.aside()] == [b"damaged"]
    with pytest.raises(LockedError):
        store.remove(KEY)
    assert get(store) == b"healed", "an older version never comes back into its place"
    with pytest.raises(LockedError):
        replace(store, b"healed again", keep=False)
    assert get(store) == b"healed again"


def test_a_lock_somebody_lifted_no_longer_keeps_the_object(locking: Bucket) -> None:
    store = S3Store.initialise("a", locking.settings(**LOCKED))
    put(store, b"one")
    replace(store, b"two")
    client = locking.client()
    for row in client.list_object_versions(Bucket=locking.name, Prefix=KEY)["Versions"]:
        client.put_object_retention(
            Bucket=locking.name,
            Key=KEY,
            VersionId=row["VersionId"],
            Retention={"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(seconds=1.5)},
            BypassGovernanceRetention=True,
        )
    for _ in range(200):
        try:
            store.remove(KEY)
            break
        except LockedError:
            time.sleep(0.1)
    assert (list(store.keys()), list(store.aside())) == ([], [])
    assert client.list_object_versions(Bucket=locking.name, Prefix=KEY).get("Versions", []) == []


def test_what_an_administrator_deleted_is_missing_and_can_be_put_back(versioned: Bucket, kind: str) -> None:
    store = S3Store.initialise("a", versioned.settings())
    put(store, b"bytes")
    versioned.client().delete_object(Bucket=versioned.name, Key=KEY)
    assert list(store.keys()) == []
    for read in (store.open, store.size):
        with pytest.raises(ObjectMissingError):
            read(KEY)
    if differs(kind, "create-after-delete-marker"):
        with pytest.raises(StoreError) as said:
            put(store, b"bytes")
        assert not isinstance(said.value, ObjectExistsError)
    replace(store, b"bytes")
    assert get(store) == b"bytes"
    store.remove(KEY)
    rows = versioned.client().list_object_versions(Bucket=versioned.name, Prefix=KEY)
    assert not rows.get("Versions") and not rows.get("DeleteMarkers")


def test_dropping_what_is_aside_never_takes_the_object_itself(versioned: Bucket) -> None:
    """Interrupted between the name aside and the replacement, the name tells of the object that is still in place."""
    store = S3Store.initialise("a", versioned.settings())
    put(store, b"bytes")
    store._aside.put(KEY, store._bucket.head(KEY))
    (aside,) = store.aside()
    assert b"".join(store.read_aside(aside)) == b"bytes"
    store.drop_aside(aside)
    assert (get(store), list(store.aside())) == (b"bytes", [])


def test_the_server_is_asked_for_its_checksum_without_reading(plain: Bucket) -> None:
    store = parts_store(plain)
    other = Key("aip/3f/large.tar")
    put(store, b"bytes")
    put(store, LONG, other)
    assert store.checksum_attribute(KEY) == hashlib.sha256(b"bytes").hexdigest()
    assert store.checksum_attribute(other) == hashlib.sha256(LONG).hexdigest()
    plain.client().put_object(Bucket=plain.name, Key=other, Body=b"swapped", ChecksumAlgorithm="SHA256")
    assert store.checksum_attribute(other) == hashlib.sha256(b"swapped").hexdigest()
    with pytest.raises(ObjectMissingError):
        store.checksum_attribute(Key("aip/none.tar"))


def test_a_quota_bounds_what_is_free(plain: Bucket) -> None:
    store = S3Store.initialise("a", plain.settings(quota_bytes=1000))
    put(store, b"x" * 300)
    assert 600 < store.free_bytes() < 700
    assert S3Store("a", plain.settings()).free_bytes() > 1 << 50


def test_rotten_bytes_are_never_ok_whatever_the_server_says_of_them(plain: Bucket, kind: str) -> None:
    store = S3Store.initialise("a", plain.settings())
    data = os.urandom(3 << 20)
    sha256 = hashlib.sha256(data).hexdigest()
    put(store, data)
    assert verify_copy(store, KEY, sha256, len(data)).ok
    (file,) = [
        path for path in (plain.server.objects / plain.name).rglob("*")
        if path.is_file() and path.stat().st_size > 1 << 20
    ]  # fmt: skip
    rotten = bytearray(file.read_bytes())
    rotten[1_500_000] ^= 1
    file.write_bytes(rotten)
    result = verify_copy(store, KEY, sha256, len(data), pauses_seconds=())
    if differs(kind, "rotten-is-sent"):
        assert result.state is CopyState.MISMATCH
        assert store.checksum_attribute(KEY) == sha256, "which is why the attribute is no proof"
    else:
        assert differs(kind, "rotten-is-refused")
        assert result.state is CopyState.UNREADABLE


def test_one_version_is_read_even_when_another_takes_its_place_meanwhile(versioned: Bucket) -> None:
    store = parts_store(versioned)
    put(store, LONG)
    with store.open(KEY) as file:
        head = file.read(100)
        replace(store, LONG[::-1])
        assert head + file.read() == LONG


def test_without_versions_a_reader_is_told_that_another_took_its_place(plain: Bucket) -> None:
    store = parts_store(plain)
    put(store, LONG)
    with store.open(KEY) as file:
        file.read(100)
        replace(store, LONG[::-1])
        with pytest.raises(StoreError):
            file.seek(9_000_000)
            file.read(100)


def test_short_steps_back_are_not_asked_for_again(plain: Bucket) -> None:
    store = S3Store.initialise("a", plain.settings())
    data = os.urandom(3 << 20)
    put(store, data)
    asked: list[str] = []
    store._bucket.client.meta.events.register("before-call.s3.GetObject", lambda **_: asked.append("get"))
    buffer = bytearray(1 << 20)
    with store.open(KEY, cold=True) as file:
        for start in (0, (1 << 20) - 700, (2 << 20) - 1400):
            file.seek(start)
            done = 0
            while done < len(buffer) and (count := file.readinto(memoryview(buffer)[done:])):
                done += count
            assert bytes(buffer) == data[start : start + (1 << 20)]
    assert asked == ["get"]


def test_a_server_is_tried_out_and_nothing_of_that_is_left(locking: Bucket) -> None:
    store = S3Store.initialise("a", locking.settings(**LOCKED))
    found = {one.check: one for one in probe(store)}
    assert {check for check, one in found.items() if one.answer != "passed"} == set()
    assert {"conditional-create", "wrong-sha256", "delete", "versioning", "object-lock"} <= set(found)
    assert not any(one.refused for one in found.values())
    rows = locking.client().list_object_versions(Bucket=locking.name, Prefix=".probe/")
    assert not rows.get("Versions") and not rows.get("DeleteMarkers")
    assert list(store.foreign()) == []


def test_a_bucket_without_locks_is_refused_where_locks_are_asked_for(versioned: Bucket, kind: str) -> None:
    S3Store.initialise("a", versioned.settings())
    store = S3Store("a", versioned.settings(**LOCKED))
    assert [one.check for one in probe(store) if one.refused] == ["object-lock"]
    with pytest.raises(StoreError):
        put(store, b"bytes")
    if not differs(kind, "refused-lock-is-put"):
        assert list(store.keys()) == []


def test_every_difference_between_the_servers_has_a_reason() -> None:
    assert all(kind in RUNNING and reason for (kind, _), reason in DIFFERENCES.items())


def test_settings_are_read_from_a_table_and_refused_by_name(tmp_path: Path) -> None:
    good = {
        "bucket": "luu-tru",
        "endpoint": "https://s3.example.vn",
        "credentials_file": "s3.ini",
        "read_timeout_seconds": 5,
    }
    settings = s3_settings({**good, "object_lock": "compliance", "lock_days": 3650}, tmp_path)
    assert settings.credentials_file == tmp_path / "s3.ini" and settings.object_lock is ObjectLock.COMPLIANCE
    for key, value in (
        ("bucket", ""), ("bucket", "UPPER"), ("endpoint", "s3.example.vn"), ("prefix", "../x"), ("prefix", "x/"),
        ("object_lock", "governance"), ("object_lock", "forever"), ("lock_days", 3), ("part_bytes", 1000),
        ("part_bytes", "8MiB"), ("attempts", 0), ("quota_bytes", -1), ("addressing", "both"), ("colour", "red"),
        ("attempts", True), ("read_timeout_seconds", 0),
    ):  # fmt: skip
        with pytest.raises(StoreSettingsError) as said:
            s3_settings({**good, key: value}, tmp_path)
        assert key in said.value.message or (key == "object_lock" and "lock_days" in said.value.message)
    with pytest.raises(StoreSettingsError):
        s3_settings({"endpoint": "https://s3.example.vn"}, tmp_path)


def test_a_person_without_the_right_to_write_meets_a_read_only_store(plain: Bucket) -> None:
    from botocore.exceptions import ClientError

    from archive.storage.s3_errors import told

    refusal = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    with pytest.raises(StoreReadOnlyError), told("a", "k", writing=True):
        raise ClientError(refusal, "PutObject")
    with pytest.raises(StoreError) as said, told("a", "k"):
        raise ClientError(refusal, "GetObject")
    assert not isinstance(said.value, StoreReadOnlyError)
