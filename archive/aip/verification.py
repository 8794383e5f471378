"""Deep verification: every byte of the tar read once, every digest that speaks of it compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, cast

from lxml import etree

from archive.aip import layout
from archive.aip.model import AipUnreadableError
from archive.aip.premis import PREMIS
from archive.aip.reader import manifest_entries
from archive.aip.scan import BLOCK_BYTES, Header, next_header, unreadable
from archive.aip.xmltext import path_of
from archive.bag.writing import bagit_txt
from archive.finding import Answer, Finding, answer_of, finding

_CHUNK_BYTES = 1 << 20
_SPOOL_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Verification:
    """What a full reading found. ``sha256`` and ``size_bytes`` are of the tar as read, to compare with the record."""

    sha256: str
    size_bytes: int
    file_count: int
    findings: tuple[Finding, ...]

    @property
    def answer(self) -> Answer:
        return answer_of(self.findings)


def verify_stream(chunks: Iterable[bytes]) -> Verification:
    """Read an AIP from first to last byte in one pass and compare all it says about itself; collects every finding.

    Compared: both payload manifests and both tag manifests with the bytes, in both directions; the fixity of each
    original in PREMIS_rep1.xml; size and digests in catalogue.jsonl. Errors of reading ``chunks`` pass through: an
    unreadable copy is not a damaged one.
    """
    stream = _Stream(chunks)
    with _Judge() as judge:
        try:
            while (header := next_header(stream.read)) is not None:
                judge.take(header, stream)
            stream.drain()
            judge.conclude()
        except AipUnreadableError as error:
            judge.findings.append(finding("aip.package.unreadable", reason=error.detail))
            stream.exhaust()
        return Verification(stream.sha256, stream.size_bytes, len(judge.digests), tuple(judge.findings))


class _Stream:
    """Chunks as a file that can only be read forward, hashing the whole."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._chunk = memoryview(b"")
        self._hasher = hashlib.sha256()
        self.size_bytes = 0

    @property
    def sha256(self) -> str:
        return self._hasher.hexdigest()

    def some(self, limit: int) -> memoryview:
        """At most ``limit`` bytes without copying; empty only at the end."""
        while not self._chunk:
            chunk = next(self._chunks, None)
            if chunk is None:
                return self._chunk
            self._hasher.update(chunk)
            self.size_bytes += len(chunk)
            self._chunk = memoryview(chunk)
        part, self._chunk = self._chunk[:limit], self._chunk[limit:]
        return part

    def read(self, count: int) -> bytes:
        parts = []
        while count and (part := self.some(count)):
            parts.append(bytes(part))
            count -= len(part)
        return b"".join(parts)

    def drain(self) -> None:
        """Past the end marker nothing but zeros may come."""
        rest = BLOCK_BYTES
        while part := self.some(_CHUNK_BYTES):
            rest += len(part)
            if any(part):
                raise unreadable("bytes after the end of the tar")
        if rest < 2 * BLOCK_BYTES:
            raise unreadable("no end marker")

    def exhaust(self) -> None:
        while self.some(_CHUNK_BYTES):
            pass


class _Judge:
    """Digests of every file so far, and the parts that speak of them, kept aside until all is read."""

    def __init__(self) -> None:
        self.digests: dict[str, tuple[int, str, str]] = {}
        self.findings: list[Finding] = []
        self._aip_id = ""
        self._open = ExitStack()
        self._aside: dict[str, IO[bytes]] = {}
        self._stated: dict[str, list[tuple[str, str]]] = {}

    def __enter__(self) -> _Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def take(self, header: Header, stream: _Stream) -> None:
        top, _, path = header.path.partition("/")
        self._aip_id = self._aip_id or top
        if top != self._aip_id or not path or path in self.digests:
            raise unreadable(f"unexpected member {header.path!r}")
        sha256, sha512 = hashlib.sha256(), hashlib.sha512()
        sink = self._sink_of(path)
        left = header.size_bytes
        while left:
            part = stream.some(min(left, _CHUNK_BYTES))
            if not part:
                raise unreadable(f"cut short inside {header.path!r}")
            sha256.update(part)
            sha512.update(part)
            if sink is not None:
                sink(bytes(part))
            left -= len(part)
        if len(stream.read(header.padding_bytes)) != header.padding_bytes:
            raise unreadable(f"cut short after {header.path!r}")
        self.digests[path] = (header.size_bytes, sha256.hexdigest(), sha512.hexdigest())

    def conclude(self) -> None:
        payload = {path for path in self.digests if path.startswith("data/")}
        tags = set(self.digests) - payload - set(layout.TAG_MANIFESTS)
        if bagit_txt() != self._content("bagit.txt"):
            self.findings.append(finding("aip.declaration.wrong", "bagit.txt"))
        for name in layout.MANIFESTS:
            self._compare_manifest(name, payload)
        for name in layout.TAG_MANIFESTS:
            self._compare_manifest(name, tags)
        self._compare_premis()
        self._compare_catalogue()

    def _sink_of(self, path: str) -> Callable[[bytes], Any] | None:
        tree = f"{layout.payload_path(self._aip_id)}/"
        wanted = (
            "bagit.txt",
            *layout.MANIFESTS,
            *layout.TAG_MANIFESTS,
            f"{tree}{layout.CATALOGUE}",
            f"{tree}{layout.REP1}/{layout.REP1_PREMIS}",
        )
        if path not in wanted:
            return None
        spool = SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115  # closed with the judge, by the exit stack
        self._aside[path] = self._open.enter_context(spool)
        return self._aside[path].write

    def _content(self, path: str) -> bytes:
        spool = self._aside.get(path)
        if spool is None:
            return b""
        spool.seek(0)
        return spool.read()

    def _lines(self, path: str) -> BinaryIO | None:
        spool = self._aside.get(path)
        if spool is not None:
            spool.seek(0)
        return cast("BinaryIO | None", spool)

    def _compare_manifest(self, name: str, expected: set[str]) -> None:
        file = self._lines(name)
        if file is None:
            self.findings.append(finding("aip.manifest.missing", name))
            return
        named: set[str] = set()
        column = 2 if "sha512" in name else 1
        try:
            for path, digest in manifest_entries(file):
                named.add(path)
                actual = self.digests.get(path)
                if actual is None:
                    self.findings.append(finding("aip.file.missing", path, source=name))
                elif actual[column] != digest:
                    self.findings.append(finding("aip.file.changed", path, source=name))
        except AipUnreadableError as error:
            self.findings.append(finding("aip.manifest.malformed", name, reason=error.detail))
            return
        for path in sorted(expected - named):
            self.findings.append(finding("aip.file.unlisted", path, source=name))

    def _compare_premis(self) -> None:
        tree = layout.payload_path(self._aip_id)
        name = f"{tree}/{layout.REP1}/{layout.REP1_PREMIS}"
        file = self._lines(name)
        originals = f"{tree}/{layout.ORIGINALS}/"
        named: set[str] = set()
        try:
            for href, size_bytes, fixity in premis_fixity(file) if file else ():
                path = f"{tree}/{path_of(href)}"
                named.add(path)
                actual = self.digests.get(path)
                stated = (size_bytes, fixity.get("SHA-256"), fixity.get("SHA-512"))
                if actual != stated:
                    self.findings.append(finding("aip.premis.contradicts", path))
        except (etree.XMLSyntaxError, ValueError) as error:
            self.findings.append(finding("aip.metadata.malformed", name, reason=str(error)))
            return
        for path in sorted(set(self.digests) - named):
            if path.startswith(originals):
                self.findings.append(finding("aip.premis.silent", path))

    def _compare_catalogue(self) -> None:
        tree = layout.payload_path(self._aip_id)
        name = f"{tree}/{layout.CATALOGUE}"
        file = self._lines(name)
        try:
            for number, line in enumerate(file or ()):
                value = json.loads(line)
                if number == 0:
                    continue
                path = f"{tree}/{layout.ORIGINALS}/{value['path']}"
                if self.digests.get(path) != (value["size_bytes"], value["sha256"], value["sha512"]):
                    self.findings.append(finding("aip.catalogue.contradicts", path))
        except (ValueError, KeyError, TypeError) as error:
            self.findings.append(finding("aip.metadata.malformed", name, reason=str(error)))


def premis_fixity(file: BinaryIO) -> Iterator[tuple[str, int, dict[str, str]]]:
    """``(href, size, {algorithm: digest})`` of each file object; memory stays flat, no DTD and no network."""
    space = {"p": PREMIS}
    parsed = etree.iterparse(file, tag=f"{{{PREMIS}}}object", resolve_entities=False, no_network=True, load_dtd=False)
    for _, element in parsed:
        href = element.findtext("p:objectIdentifier/p:objectIdentifierValue", namespaces=space)
        characteristics = element.find("p:objectCharacteristics", space)
        if characteristics is not None:
            fixity = {
                item.findtext("p:messageDigestAlgorithm", "", space): item.findtext("p:messageDigest", "", space)
                for item in characteristics.iterfind("p:fixity", space)
            }
            yield href or "", int(characteristics.findtext("p:size", "-1", space)), fixity
        element.clear()
        while (before := element.getprevious()) is not None:
            parent = element.getparent()
            if parent is not None:
                parent.remove(before)
