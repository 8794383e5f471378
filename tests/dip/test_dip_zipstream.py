"""The zip as others read it: sizes beyond four gibibytes, tens of thousands of files, readers that cannot seek."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from holding import KEY, NOW, Holding, content_of, dip_request, holding

from archive.dip.dip import dip
from archive.dip.model import GivenDocument, PackageFormat
from archive.dip.plain_zip import plain_zip
from archive.dip.proving import ProvenCopies
from archive.dip.zipstream import ZipStream
from archive.errors import LuutruError
from archive.paths import RelPath
from archive.storage.key import Key
from archive.storage.memory import MemoryStore

GIBIBYTE = 1 << 30


def test_files_and_offsets_beyond_four_gibibytes_are_read_back(tmp_path: Path) -> None:
    zip_, path = ZipStream(NOW), tmp_path / "x.zip"
    files = [("trước.txt", b"before"), ("lớn.bin", 5 * GIBIBYTE), ("sau.txt", b"after"), ("4GiB-1", 4 * GIBIBYTE - 1)]
    with path.open("wb") as out:
        for name, content in files:
            size = content if isinstance(content, int) else len(content)
            out.write(zip_.header(name, size, 0 if isinstance(content, int) else zlib.crc32(content)))
            if isinstance(content, int):
                out.seek(size, io.SEEK_CUR)  # a hole: nobody writes five gibibytes for a test
            else:
                out.write(content)
            out.write(zip_.padding(size))
        out.write(zip_.end())
    with zipfile.ZipFile(path) as package:
        assert [(item.filename, item.file_size) for item in package.infolist()] == [
            (name, content if isinstance(content, int) else len(content)) for name, content in files
        ]
        assert package.read("trước.txt") == b"before" and package.read("sau.txt") == b"after"
        with package.open("lớn.bin") as large:
            assert large.read(10) == bytes(10)


def test_more_files_than_a_plain_zip_can_count_are_all_there() -> None:
    zip_ = ZipStream(NOW)
    data = b"".join(zip_.header(f"{number}", 1, zlib.crc32(b"x")) + b"x" for number in range(70_000)) + zip_.end()
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert len(package.namelist()) == 70_000 and package.read("69999") == b"x"


def test_a_time_a_zip_cannot_say_becomes_the_nearest_year() -> None:
    for at, year in ((NOW - timedelta(days=365 * 60), 1980), (NOW, 2026)):
        zip_ = ZipStream(at)
        data = zip_.header("a", 0, 0) + zip_.end()
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            assert package.infolist()[0].date_time[0] == year


def test_a_reader_that_cannot_seek_knows_every_size_before_the_bytes(held: Holding) -> None:
    data = b"".join(plain_zip(held.source, held.documents, made_at=NOW))
    position, found = 0, {}
    while data[position : position + 4] == b"PK\x03\x04":
        flags = int.from_bytes(data[position + 6 : position + 8], "little")
        assert not flags & 8, "no data descriptor"
        crc32, size, _ = (int.from_bytes(data[position + at : position + at + 4], "little") for at in (14, 18, 22))
        name_size, extra = (int.from_bytes(data[position + at : position + at + 2], "little") for at in (26, 28))
        name = data[position + 30 : position + 30 + name_size].decode()
        begin = position + 30 + name_size + extra
        assert zlib.crc32(data[begin : begin + size]) == crc32
        found[name] = data[begin : begin + size]
        position = begin + size
    assert len(found) == len(held.documents) + 2
    assert data[position : position + 4] == b"PK\x01\x02"


class EndlessZeros(MemoryStore):
    """As many zeros as are asked for, without holding them."""

    def read(self, key: Key, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        chunk, left = bytes(1 << 20), length or 0
        while left:
            yield chunk[: min(left, len(chunk))]
            left -= min(left, len(chunk))


@pytest.mark.parametrize("format", list(PackageFormat))
def test_memory_does_not_grow_with_a_document(held: Holding, format: PackageFormat) -> None:
    size = 96 << 20
    sha256 = hashlib.sha256()
    for _ in range(96):
        sha256.update(bytes(1 << 20))
    digest = sha256.hexdigest()
    document = GivenDocument(1, RelPath("lớn.bin"), 0, size, digest, "0" * 128)
    source = replace(held.source, stores=(EndlessZeros("zeros"),))
    tracemalloc.start()
    try:
        sent = sum(len(block) for block in dip(source, dip_request(), (document,), format=format))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent > size
    assert peak < 24 << 20


def test_blocks_are_neither_tiny_nor_huge(held: Holding, tmp_path: Path) -> None:
    many = holding(tmp_path, tuple(f"{number}.txt" for number in range(1, 9)))
    blocks = [len(block) for block in dip(many.source, dip_request(), many.documents)]
    assert all(256 << 10 <= size <= 2 << 20 for size in blocks[:-1])


def test_a_document_is_saved_as_a_file_from_a_copy_that_proves_right(held: Holding, tmp_path: Path) -> None:
    document = held.only(3)[0]
    copies = ProvenCopies(KEY, (held.damaged_at(3), *held.source.stores))
    copies.save(document, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == content_of(3)
    with pytest.raises(LuutruError, match="mã băm"):
        ProvenCopies(KEY, (held.damaged_at(3),)).save(document, tmp_path / "y")
    assert not (tmp_path / "y").exists()


def test_the_time_of_files_is_that_of_making_in_vietnam(held: Holding) -> None:
    data = b"".join(plain_zip(held.source, held.only(1), made_at=datetime(2026, 11, 21, 20, 0, 0, tzinfo=UTC)))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert {item.date_time for item in package.infolist()} == {(2026, 11, 22, 3, 0, 0)}
