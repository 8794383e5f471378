"""The layout digest: side by side or alone the same, of every byte; and nothing a tar claims makes it say otherwise."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from contents import aip_content
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.aip.layout_digest import LayoutDigest, file_line
from archive.aip.model import AipUnreadableError, WrittenAip
from archive.aip.scan import scan
from archive.aip.tarstream import TarStream, ToAdd
from archive.aip.writer import write_aip
from archive.fixity import CopyState, verify_copy
from archive.layout_reading import PIECE_BYTES, layout_sha256
from archive.storage import Key, MemoryStore

KEY = Key("aip/3f/3f0c.tar")
SIZES = (0, 1, 511, 512, 513, 70_000, PIECE_BYTES - 1024, PIECE_BYTES, 3 * PIECE_BYTES + 77, 5, 200_000, 900_000, 0)


class Bytes:
    """A source over bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read_at(self, position: int, buffer: memoryview) -> int:
        part = self._data[position : position + len(buffer)]
        buffer[: len(part)] = part
        return len(part)


def taken(data: bytes, threads: int = 3) -> str:
    return layout_sha256(len(data), lambda: Bytes(data), threads=threads)


def by_the_words(data: bytes) -> str:
    """As docs/format.md says it, with the plain tar reader."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        places = [(member.offset_data, member.size) for member in tar]
    text, rest, at = "", b"", 0
    for offset, size in places:
        text += f"{offset} {size} {hashlib.sha256(data[offset : offset + size]).hexdigest()}\n"
        rest += data[at:offset]
        at = offset + size
    rest += data[at:]
    return hashlib.sha256(f"{text}rest {len(rest)} {hashlib.sha256(rest).hexdigest()}\n".encode()).hexdigest()


def tar_of(sizes: tuple[int, ...], name: Callable[[int], str] = lambda number: f"a/tệp {number}") -> tuple[bytes, str]:
    out = io.BytesIO()
    with TarStream(out, mtime=0) as tar:
        list(tar.add_many(ToAdd(name(number), os.urandom(size)) for number, size in enumerate(sizes)))
        end = tar.finish()
    return out.getvalue(), end.layout_sha256


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, WrittenAip]:
    out = io.BytesIO()
    told = write_aip(aip_content(tmp_path_factory.mktemp("blobs")), out)
    return out.getvalue(), told


@pytest.fixture(scope="module")
def mixed() -> tuple[bytes, str]:
    return tar_of(SIZES)


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_what_the_writer_tells_is_what_any_number_of_readers_find(mixed: tuple[bytes, str], threads: int) -> None:
    data, told = mixed
    assert told == taken(data, threads) == by_the_words(data)


def test_a_whole_package_has_the_digest_the_page_defines(written: tuple[bytes, WrittenAip]) -> None:
    data, told = written
    assert told.layout_sha256 == taken(data) == by_the_words(data)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3 * PIECE_BYTES // 2), max_size=5), st.integers(1, 300))
def test_files_of_any_size_and_names_of_any_length(sizes: list[int], length: int) -> None:
    data, told = tar_of((*sizes, 7), lambda number: f"a/{number}" + "ế" * length)
    assert told == taken(data)


def test_thousands_of_small_files_are_found_in_their_order() -> None:
    data, told = tar_of(tuple(number % 700 for number in range(3000)))
    assert told == taken(data) == by_the_words(data)


def test_every_byte_is_told_once_as_it_is_read(mixed: tuple[bytes, str]) -> None:
    data, _ = mixed
    counts: list[int] = []
    layout_sha256(len(data), lambda: Bytes(data), counts.append, threads=3)
    assert sum(counts) == len(data)


def verified(data: bytes, layout: str, size_bytes: int, sha256: str = "0" * 64) -> CopyState:
    store = MemoryStore("a")
    store.keep(KEY, data)
    return verify_copy(store, KEY, sha256, size_bytes, layout_sha256=layout, pauses_seconds=()).state


def test_T7_T19_one_changed_byte_anywhere_is_a_mismatch(mixed: tuple[bytes, str]) -> None:
    data, told = mixed
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        edges = {edge for m in tar for edge in (m.offset, m.offset_data - 1, m.offset_data, m.offset_data + m.size)}
    places = sorted({*edges, 0, len(data) - 1, len(data) - 1024, *range(0, len(data), 250_007)})
    assert verified(data, told, len(data)) is CopyState.OK
    for place in places:
        if place < len(data):
            bad = bytearray(data)
            bad[place] ^= 0x41
            assert verified(bytes(bad), told, len(data)) is CopyState.MISMATCH, place


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_header_makes_it_fail_or_pass(data: st.DataObject) -> None:
    """Sizes of other lengths, overlaps, links, sparse files, nonsense: a mismatch each time."""
    tar, told = SMALL
    header = data.draw(st.sampled_from([entry.offset - 512 for entry in scan(io.BytesIO(tar))]))
    at = header + data.draw(st.sampled_from([0, 100, 124, 125, 130, 135, 148, 156, 157, 257, 345, 482]))
    with_this = data.draw(st.binary(min_size=1, max_size=24) | st.sampled_from(FIELDS))
    bad = tar[:at] + with_this + tar[at + len(with_this) :]
    if bad != tar:
        assert verified(bad[: len(tar)], told, len(tar)) is CopyState.MISMATCH


SMALL = tar_of((0, 10, 600, 5000, 3))
FIELDS = [
    b"77777777777\0", b"00000000000\0", b"-0000000001\0", b"0000_000010\0", b"\x80" + b"\xff" * 11, b"\x80" + bytes(10) + b"\1",
    b"           \0", b"x", b"g", b"L", b"5", b"S", b"\0" * 12, b"00000000001\0", b"00000001000\0",
]  # fmt: skip


@pytest.mark.parametrize(
    "spoil",
    [
        lambda tar: tar[:-512],
        lambda tar: tar + bytes(512),
        lambda tar: tar[: len(tar) // 2],
        lambda tar: tar + tar,
        lambda tar: b"",
        lambda tar: bytes(len(tar)),
        lambda tar: os.urandom(len(tar)),
        lambda tar: tar[512:] + tar[:512],
    ],
)
def test_cut_lengthened_or_other_bytes_are_a_mismatch(
    mixed: tuple[bytes, str], spoil: Callable[[bytes], bytes]
) -> None:
    data, told = mixed
    bad = spoil(data)
    assert verified(bad, told, len(data)) is CopyState.MISMATCH
    assert verified(bad, told, len(bad)) is CopyState.MISMATCH


def pax(record: bytes, claimed: int | None = None) -> bytes:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(record) if claimed is None else claimed
    return info.tobuf(tarfile.USTAR_FORMAT) + record + bytes(-len(record) % 512)


@pytest.mark.parametrize(
    "front",
    [
        pax(b"11 size=-1\n"),
        pax(b"13 size=1_0\n\n"),
        pax(b"9999 size=1\n"),
        pax(b"0 size=1\n"),
        pax(b"-5 size=1\n"),
        pax(b"30 size=99999999999999999999\n\n"),
        pax(b"5 a=\n" * 200_000),
        pax(b"x" * 100, claimed=1 << 32),
        pax(b"10 size=5\n") * 2,
        pax("14 size=٣٤\n\n".encode()),
    ],
)
def test_no_pax_header_makes_it_fail_or_hang(front: bytes) -> None:
    tar, told = SMALL
    assert verified(front + tar, told, len(front + tar)) is CopyState.MISMATCH


def test_a_size_in_a_pax_header_is_the_size() -> None:
    info = tarfile.TarInfo("a/b")
    tar = pax(b"12 size=700\n") + info.tobuf(tarfile.USTAR_FORMAT) + b"z" * 700 + bytes(324) + bytes(1024)
    layout = LayoutDigest()
    layout.add_lines(file_line(1536, 700, hashlib.sha256(b"z" * 700).hexdigest()))
    layout.add_rest(tar[:1536] + tar[2236:])
    assert taken(tar) == layout.hexdigest()


def test_a_tar_that_moves_a_file_is_another_layout() -> None:
    """The same headers and the same contents in another order give another text: places count."""
    tar, told = tar_of((1024, 1024))
    entries = list(scan(io.BytesIO(tar)))
    one, two = (slice(entry.offset, entry.offset + 1024) for entry in entries)
    swapped = bytearray(tar)
    swapped[one], swapped[two] = tar[two], tar[one]
    assert taken(bytes(swapped)) != told


@pytest.mark.parametrize("threads", [1, 3])
def test_when_one_reader_fails_all_end_and_the_error_is_raised(mixed: tuple[bytes, str], threads: int) -> None:
    data, _ = mixed

    class Failing(Bytes):
        def read_at(self, position: int, buffer: memoryview) -> int:
            if position > 3 * PIECE_BYTES:
                raise OSError("medium error")
            return super().read_at(position, buffer)

    before = threading.active_count()
    with pytest.raises(OSError, match="medium error"):
        layout_sha256(len(data), lambda: Failing(data), threads=threads)
    assert threading.active_count() == before


def test_an_object_shorter_than_it_said_is_unreadable_as_a_package(mixed: tuple[bytes, str]) -> None:
    data, _ = mixed
    with pytest.raises(AipUnreadableError):
        layout_sha256(len(data), lambda: Bytes(data[:-512]), threads=2)


def test_memory_is_a_piece_a_thread_however_large_the_files(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "x.tar"
    with path.open("wb") as out, TarStream(out, mtime=0) as tar:
        list(tar.add_many(ToAdd(f"a/{number}", bytes(20 << 20)) for number in range(2)))
        told = tar.finish().layout_sha256

    class OnDisk:
        def __init__(self, stack: ExitStack) -> None:
            self._file = stack.enter_context(path.open("rb", buffering=0))

        def read_at(self, position: int, buffer: memoryview) -> int:
            self._file.seek(position)
            return self._file.readinto(buffer) or 0

    with ExitStack() as stack:
        tracemalloc.start()
        try:
            assert layout_sha256(path.stat().st_size, lambda: OnDisk(stack), threads=2) == told
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 4 * PIECE_BYTES
