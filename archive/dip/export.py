"""One package on its way out: bytes to be iterated or written once, each proven before it is sent, with flat memory."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Protocol

from archive.aip.entries import EntryTable
from archive.aip.model import Entry, SupportsWrite
from archive.digest import CHUNK_BYTES, Digester
from archive.dip.model import DipRefusedError, DipWritten, GivenDocument
from archive.dip.proving import ProvenCopies

BLOCK_BYTES = 256 << 10
"""Small pieces are gathered to this before they are handed on: a package has many files of a few hundred bytes."""

_SPOOL_BYTES = 4 << 20


class Container(Protocol):
    """How files are held together: ``header``, the bytes, ``padding``, for each file; ``end`` once."""

    @property
    def media_type(self) -> str: ...

    def header(self, name: str, size_bytes: int, crc32: int) -> bytes: ...

    def padding(self, size_bytes: int) -> bytes: ...

    def end(self) -> bytes: ...


class Files:
    """Files put into a container one after another; ``entries`` tells those so far, with both digests."""

    def __init__(self, container: Container, copies: ProvenCopies, scratch: Path | None) -> None:
        self.entries = EntryTable()
        self._container = container
        self._copies = copies
        self._scratch = scratch

    def data(self, name: str, data: bytes) -> Iterator[bytes]:
        digester = Digester()
        digester.update(data)
        yield from self._file(name, digester, zlib.crc32(data), (data,))

    def generated(self, name: str, write: Callable[[IO[bytes]], None]) -> Iterator[bytes]:
        """A list that may grow long: written aside first, on disk from 4 MiB on."""
        with SpooledTemporaryFile(_SPOOL_BYTES, dir=str(self._scratch) if self._scratch else None) as spool:
            write(spool)
            spool.seek(0)
            digester, crc32 = Digester(), 0
            for chunk in _pieces(spool):
                digester.update(chunk)
                crc32 = zlib.crc32(chunk, crc32)
            spool.seek(0)
            yield from self._file(name, digester, crc32, _pieces(spool))

    def document(self, name: str, document: GivenDocument) -> Iterator[bytes]:
        """One document; nothing of it is sent before a store has proven to hold it."""
        proof = self._copies.proof(document)
        yield self._container.header(name, document.size_bytes, proof.crc32)
        yield from self._copies.chunks(document, proof)
        yield self._container.padding(document.size_bytes)
        self.entries.append(Entry(name, 0, document.size_bytes, document.sha256, document.sha512))

    def end(self) -> bytes:
        return self._container.end()

    def last(self) -> Entry:
        """The entry of the file that was put in last."""
        return self.entries.entry(len(self.entries) - 1)

    def _file(self, name: str, digester: Digester, crc32: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
        found = digester.digests()
        yield self._container.header(name, found.size_bytes, crc32)
        yield from chunks
        yield self._container.padding(found.size_bytes)
        self.entries.append(Entry(name, 0, found.size_bytes, found.sha256, found.sha512))


class Export:
    """A package to be sent once: iterate over it, or ``write`` it; then ``written`` says what was sent.

    The same arguments give the same bytes. ``DocumentDamagedError`` in between breaks it off before its end (a zip without
    its directory, a tar without its end): whoever sends must break off too, and never close as if it were whole.
    """

    def __init__(
        self,
        copies: ProvenCopies,
        documents: Sequence[GivenDocument],
        container: Container,
        parts: Callable[[Files], Iterator[bytes]],
        *,
        file_name: str,
        scratch: Path | None = None,
    ) -> None:
        self.file_name = file_name
        self.media_type = container.media_type
        self._copies = copies
        self._documents = documents
        self._files = Files(container, copies, scratch)
        self._parts = parts
        self._begun = False
        self._written: DipWritten | None = None

    @property
    def content_bytes(self) -> int:
        """What the documents alone take; the package is larger by its lists and headers."""
        return sum(document.size_bytes for document in self._documents)

    @property
    def written(self) -> DipWritten:
        """What was sent; only when all of it was."""
        if self._written is None:
            raise ValueError("not sent as a whole")
        return self._written

    def prove(self) -> None:
        """Read every document once and find a store for each, before the first byte is sent.

        Raises ``DocumentDamagedError``. Without it a damaged document shows itself only half-way through sending.
        """
        for document in self._documents:
            self._copies.prove(document)

    def write(self, out: SupportsWrite) -> DipWritten:
        """Send everything into ``out``."""
        for block in self:
            left = memoryview(block)
            while left:
                taken = out.write(left)
                left = left[len(left) if taken is None else taken :]
        return self.written

    def __iter__(self) -> Iterator[bytes]:
        if self._begun:
            raise ValueError("an export is sent once")
        self._begun = True
        sha256, size_bytes = hashlib.sha256(), 0
        for block in _gathered(self._all()):
            sha256.update(block)
            size_bytes += len(block)
            yield block
        self._written = DipWritten(
            size_bytes, sha256.hexdigest(), len(self._documents), self._copies.gave, self._copies.damaged
        )

    def _all(self) -> Iterator[bytes]:
        yield from self._parts(self._files)
        yield self._files.end()


def refuse_contradictions(documents: Sequence[GivenDocument]) -> None:
    """``DipRefusedError`` when there is nothing to give, or an ordinal stands for two documents."""
    if not documents:
        raise DipRefusedError(
            "Không có tài liệu nào được cung cấp.", remedy="Chọn ít nhất một tài liệu được phép sử dụng."
        )
    seen: set[int] = set()
    for document in documents:
        if document.ordinal < 1 or document.ordinal in seen:
            raise DipRefusedError("Danh sách tài liệu bị trùng.", detail=f"ordinal {document.ordinal}")
        seen.add(document.ordinal)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while data := file.read(CHUNK_BYTES):
        yield data


def _gathered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for chunk in chunks:
        if not waiting and len(chunk) >= BLOCK_BYTES:
            yield chunk
            continue
        waiting += chunk
        if len(waiting) >= BLOCK_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)
