"""A store on S3 behind a server that fails, lies and dawdles: what is told is true, what is acknowledged is there."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator

import pytest

from archive.errors import ObjectExistsError, ObjectMissingError, StoreError
from archive.fixity import CopyState, verify_copy
from archive.storage import Key
from archive.storage.s3 import S3Store
from archive.storage.s3_probe import probe
from tests.servers.s3 import RUNNING, Bucket, own_server
from tests.servers.s3 import new_bucket as bucket_on
from tests.servers.s3_faults import HICCUPS, Fault, FaultProxy, always, nothing, seeded

KEY = Key("aip/3f/3f0c.tar")
SMALL = random.Random(1).randbytes(300_000)
LARGE = random.Random(2).randbytes(11 << 20)
HASTY = {"connect_timeout_seconds": 1.0, "read_timeout_seconds": 0.6, "part_bytes": 5 << 20}
UNDONE = (Fault.ERROR_500, Fault.BUSY_503, Fault.BUSY_429, Fault.REFUSED, Fault.RESET, Fault.HANG)
DONE = (Fault.DONE_BUT_500, Fault.DONE_BUT_CLOSED, Fault.DONE_BUT_HANG, Fault.CUT_HEAD)


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with RUNNING["minio"](versioning=True) as made:
        yield made


@pytest.fixture
def proxy(bucket: Bucket) -> Iterator[FaultProxy]:
    with FaultProxy(bucket.server.port, hang_seconds=1.0, slow_seconds=0.005) as made:
        yield made


def store_of(bucket: Bucket, proxy: FaultProxy, attempts: int = 3) -> S3Store:
    S3Store.initialise("a", bucket.settings())
    return S3Store("a", bucket.settings(endpoint=proxy.url, attempts=attempts, **HASTY))


def put(store: S3Store, data: bytes, key: Key = KEY) -> None:
    with store.create(key) as writer:
        writer.write(data)
        writer.commit()


def get(store: S3Store, key: Key = KEY) -> bytes:
    return b"".join(store.read(key))


def truth(bucket: Bucket) -> S3Store:
    """The same store, without anything in between."""
    return S3Store("a", bucket.settings())


@pytest.mark.parametrize(
    "fault", [Fault.BUSY_503, Fault.RESET, Fault.HANG, Fault.DONE_BUT_500, Fault.DONE_BUT_CLOSED, Fault.GARBAGE]
)
@pytest.mark.parametrize("operation", ["put", "begin", "part", "complete", "head", "tag"])
def test_one_failure_of_any_request_of_a_write_is_overcome(
    bucket: Bucket, proxy: FaultProxy, operation: str, fault: Fault
) -> None:
    store = store_of(bucket, proxy)
    data = SMALL if operation in ("put", "head") else LARGE
    proxy.plan = always(fault, operation, times=1)
    put(store, data)
    assert proxy.injected[fault] == 1
    assert get(truth(bucket)) == data
    put(store, data)
    assert len(truth(bucket)._bucket.versions(KEY)) == 1


@pytest.mark.parametrize("fault", [*UNDONE, *DONE, Fault.GARBAGE, Fault.CUT, Fault.SLOW])
def test_T23_one_failure_of_a_read_is_overcome_and_never_called_damage(
    bucket: Bucket, proxy: FaultProxy, fault: Fault
) -> None:
    store = store_of(bucket, proxy)
    put(truth(bucket), LARGE)
    proxy.plan = always(fault, "get", times=1, skip=1 if fault is Fault.CUT else 0)
    result = verify_copy(store, KEY, hashlib.sha256(LARGE).hexdigest(), len(LARGE), pauses_seconds=(0.01, 0.01))
    assert result.ok, result.detail


@pytest.mark.parametrize("fault", [*UNDONE, *DONE, Fault.GARBAGE, Fault.CUT])
def test_T21_T23_a_server_that_always_fails_makes_a_copy_unreadable_not_missing_nor_damaged(
    bucket: Bucket, proxy: FaultProxy, fault: Fault
) -> None:
    store = store_of(bucket, proxy, attempts=1)
    put(truth(bucket), SMALL)
    proxy.plan = always(fault)
    result = verify_copy(store, KEY, hashlib.sha256(SMALL).hexdigest(), len(SMALL), pauses_seconds=(0.01,))
    assert result.state is CopyState.UNREADABLE, result.detail


@pytest.mark.parametrize("fault", [*UNDONE, *DONE, Fault.GARBAGE, Fault.LIE, Fault.EMPTY_XML])
def test_T25_a_write_a_server_always_fails_is_an_error_and_leaves_nothing_or_the_whole(
    bucket: Bucket, proxy: FaultProxy, fault: Fault
) -> None:
    store = store_of(bucket, proxy, attempts=1)
    store.free_bytes()
    proxy.plan = always(fault)
    for data in (SMALL, LARGE):
        key = Key(f"aip/{len(data)}.tar")
        said = failure(lambda data=data, key=key: put(store, data, key))
        assert not isinstance(said, ObjectMissingError | ObjectExistsError)
        assert said is not None or fault is Fault.CUT_HEAD, "done, and enough of the answer came through"
        proxy.plan = nothing
        left = truth(bucket)
        assert get(left, key) == data if said is None or key in list(left.keys()) else True
        put(store, data, key)
        assert get(left, key) == data
        proxy.plan = always(fault)


def test_a_server_that_only_says_that_it_has_written_is_caught(bucket: Bucket, proxy: FaultProxy) -> None:
    store = store_of(bucket, proxy)
    for operation, data in (("put", SMALL), ("complete", LARGE)):
        proxy.plan = always(Fault.LIE, operation)
        with pytest.raises(StoreError) as said:
            put(store, data)
        assert not isinstance(said.value, ObjectMissingError | ObjectExistsError)
        assert list(truth(bucket).keys()) == []


def test_a_server_that_only_says_that_it_has_deleted_is_caught(bucket: Bucket, proxy: FaultProxy) -> None:
    store = store_of(bucket, proxy)
    put(store, SMALL)
    proxy.plan = always(Fault.LIE, "delete")
    with pytest.raises(StoreError):
        store.remove(KEY)
    assert get(truth(bucket)) == SMALL


def test_bytes_changed_on_their_way_are_not_accepted(bucket: Bucket, proxy: FaultProxy) -> None:
    store = store_of(bucket, proxy)
    for operation, data in (("put", SMALL), ("part", LARGE)):
        proxy.plan = always(Fault.UPLOAD_FLIP, operation)
        with pytest.raises(StoreError):
            put(store, data)
        assert list(truth(bucket).keys()) == []


def test_T19_a_bit_that_flips_on_the_way_back_is_never_ok(bucket: Bucket, proxy: FaultProxy) -> None:
    store = store_of(bucket, proxy)
    put(store, SMALL)
    proxy.plan = always(Fault.FLIP, "get")
    assert not verify_copy(store, KEY, hashlib.sha256(SMALL).hexdigest(), len(SMALL)).ok
    proxy.plan = nothing
    assert verify_copy(store, KEY, hashlib.sha256(SMALL).hexdigest(), len(SMALL)).ok


@pytest.mark.parametrize("fault", [*UNDONE, *DONE])
@pytest.mark.parametrize("operation", ["put", "head"])
@pytest.mark.parametrize("skip", [0, 1])
def test_a_failure_anywhere_in_a_replacement_leaves_old_or_new_and_loses_neither(
    bucket: Bucket, proxy: FaultProxy, operation: str, skip: int, fault: Fault
) -> None:
    store = store_of(bucket, proxy, attempts=1)
    put(store, b"old")
    proxy.plan = always(fault, operation, times=1, skip=skip)
    try:
        with store.replacing(KEY) as writer:
            writer.write(b"new")
            writer.commit()
        told = True
    except StoreError as error:
        assert not isinstance(error, ObjectMissingError | ObjectExistsError)
        told = False
    proxy.plan = nothing
    left = truth(bucket)
    there, aside = get(left), {b"".join(left.read_aside(kept)) for kept in left.aside()}
    assert there == b"new" if told else there in (b"old", b"new")
    assert b"old" in {there, *aside}
    for kept in list(left.aside()):
        left.drop_aside(kept)
    assert get(left) == there


def test_a_listing_that_breaks_off_is_an_error_and_no_short_list(bucket: Bucket, proxy: FaultProxy) -> None:
    store = store_of(bucket, proxy, attempts=1)
    for number in range(5):
        put(truth(bucket), b"x", Key(f"aip/{number}/x.tar"))
    for fault in (*UNDONE, Fault.GARBAGE, Fault.EMPTY_XML):
        proxy.plan = always(fault, "list", times=1, skip=3)
        with pytest.raises(StoreError):
            list(store.keys())
        proxy.plan = nothing
    assert len(list(store.keys())) == 5


def test_a_server_that_fails_while_it_is_tried_out_is_not_believed(bucket: Bucket, proxy: FaultProxy) -> None:
    store = store_of(bucket, proxy, attempts=1)
    proxy.plan = always(Fault.ERROR_500)
    assert all(one.refused for one in probe(store, sleep=lambda _: None) if one.required)
    proxy.plan = always(Fault.LIE, "put", "delete", "complete")
    assert any(one.refused for one in probe(store, sleep=lambda _: None))


def test_a_server_that_is_paused_or_killed_and_comes_back_has_all_it_acknowledged() -> None:
    with own_server("minio") as server:
        bucket = bucket_on(server)
        store = S3Store.initialise(
            "a", bucket.settings(attempts=2, read_timeout_seconds=0.5, connect_timeout_seconds=0.5)
        )
        kept = []
        for number in range(12):
            key = Key(f"aip/{number}.tar")
            if number == 5:
                server.pause()
            if number == 7:
                server.go_on()
            if number == 9:
                server.kill()
            if number == 11:
                server.start()
            try:
                put(store, b"%d" % number, key)
                kept.append(number)
            except StoreError as error:
                assert not isinstance(error, ObjectMissingError | ObjectExistsError)
        assert {0, 1, 2, 3, 4, 11} <= set(kept) and not {9, 10} & set(kept)
        whole = S3Store("a", bucket.settings())
        for number in kept:
            assert get(whole, Key(f"aip/{number}.tar")) == b"%d" % number


def failure(action: Callable[[], object]) -> StoreError | None:
    try:
        action()
    except StoreError as error:
        return error
    return None


def attempted(action: Callable[[], object]) -> bool:
    return failure(action) is None


@pytest.mark.parametrize("seed", [11])
def test_no_seed_of_faults_makes_a_false_ok_or_loses_what_was_acknowledged(
    bucket: Bucket, proxy: FaultProxy, seed: int
) -> None:
    """A hundred and fifty operations with a tenth of all requests failing in some way, against what must then be true."""
    store = store_of(bucket, proxy, attempts=2)
    chance = random.Random(seed)
    held: dict[Key, set[bytes]] = {}
    proxy.plan = seeded(seed, 0.1, HICCUPS - {Fault.HANG, Fault.DONE_BUT_HANG, Fault.EMPTY_XML})
    wrong = hashlib.sha256(b"wrong").hexdigest()
    for number in range(150):
        key = Key(f"aip/{chance.randrange(12)}.tar")
        data = chance.randbytes(chance.choice((1, 5_000, 200_000)))
        possible = held.setdefault(key, set())
        match chance.choice(("put", "put", "replace", "remove", "verify", "verify", "list")):
            case "put":
                if attempted(lambda key=key, data=data: put(store, data, key)):
                    assert not possible or b"" in possible or data in possible, f"overwritten, {seed}/{number}"
                    held[key] = {data}
                elif not possible or b"" in possible:
                    held[key] = {*possible, b"", data}
            case "replace":

                def replace(key: Key = key, data: bytes = data) -> None:
                    with store.replacing(key) as writer:
                        writer.write(data)
                        writer.commit()

                held[key] = {data} if attempted(replace) else {*(possible or {b""}), data}
            case "remove":
                held[key] = {b""} if attempted(lambda key=key: store.remove(key)) else {*possible, b""}
            case "verify":
                digests = {hashlib.sha256(one).hexdigest(): one for one in possible if one}
                for digest, one in digests.items():
                    result = verify_copy(store, key, digest, len(one), pauses_seconds=(0.01,))
                    if result.ok:
                        held[key] = {one}
                    elif result.state in (CopyState.MISSING, CopyState.MISMATCH):
                        assert len(possible) > 1, f"{result.state} {seed}/{number}"
                assert not verify_copy(store, key, wrong, 5, pauses_seconds=()).ok
            case "list":
                attempted(lambda: list(store.keys()))
    assert sum(proxy.injected.values()) > 20
    left = truth(bucket)
    there = set(left.keys())
    for key, possible in held.items():
        found = get(left, key) if key in there else b""
        assert found in (possible or {b""}), f"{key} {seed}"
    assert list(left.foreign()) == []


@pytest.mark.parametrize("fault", [Fault.STALE, Fault.TWICE])
def test_T23_the_answer_to_another_request_is_never_taken_for_the_bytes_of_an_object(
    bucket: Bucket, proxy: FaultProxy, fault: Fault
) -> None:
    store = store_of(bucket, proxy, attempts=1)
    keys = [Key(f"aip/{number}.tar") for number in range(6)]
    for number, key in enumerate(keys):
        put(truth(bucket), bytes([number]) * 5_000, key)
    proxy.plan = seeded(3, 0.4, [fault])
    for _ in range(10):
        for number, key in enumerate(keys):
            data = bytes([number]) * 5_000
            result = verify_copy(store, key, hashlib.sha256(data).hexdigest(), len(data), pauses_seconds=(0.01,))
            assert result.state in (CopyState.OK, CopyState.UNREADABLE), result.detail
        assert failure(lambda: list(store.keys())) is not None or list(truth(bucket).keys()) == keys
    assert proxy.injected[fault] > 10
