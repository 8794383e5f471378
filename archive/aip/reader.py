"""Reading an AIP back: one file by its offset, the facts of the hồ sơ and its documents from the tar alone."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from archive.aip import layout
from archive.aip.model import Entry, Party, RuleProfile
from archive.aip.profile import CATALOGUE_FORMAT
from archive.aip.scan import scan, unreadable
from archive.paths import RelPath

_MANIFEST_LINE = re.compile(r"([0-9a-f]+)  (.+)\n")
_ENCODED = re.compile("%(25|0A|0D)")
_DECODED = {"25": "%", "0A": "\n", "0D": "\r"}


@dataclass(frozen=True, slots=True)
class StoredPackage:
    """What the package says of its hồ sơ; the same values that were given to ``write_aip``."""

    aip_id: str
    created_at: datetime
    profile: RuleProfile
    archive: Party
    agency: Party
    fonds_code: str
    submission_id: str
    submission_agreement: str
    record_status: str
    software: Mapping[str, str]
    record: Mapping[str, Any]
    document_count: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """One original inside the tar: ``size_bytes`` bytes from ``offset`` on are exactly what was received."""

    path: RelPath
    ordinal: int
    kind: str
    fields: Mapping[str, Any]
    offset: int
    size_bytes: int
    sha256: str
    sha512: str
    pronom: str
    format_name: str
    format_version: str
    media_type: str
    facts: Mapping[str, Any]


class AipReader:
    """One AIP over an open, seekable file. With ``entries`` (as written) the headers need not be scanned.

    Every method raises ``AipUnreadableError`` when the package is not whole enough to answer. Not for several threads.
    """

    def __init__(self, file: BinaryIO, entries: Sequence[Entry] | None = None) -> None:
        self._file = file
        found = scan(file) if entries is None else iter(entries)
        self._entries = {entry.path: entry for entry in found}
        tops = {path.partition("/")[0] for path in self._entries}
        if len(tops) != 1:
            raise unreadable(f"{len(tops)} folders at the top")
        self.aip_id = tops.pop()
        self._tree = layout.tree_path(self.aip_id)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries.values())

    def has(self, path: str) -> bool:
        """Whether the tar has a file at this full path."""
        return path in self._entries

    def entry(self, path: str) -> Entry:
        """The entry of a full path in the tar."""
        try:
            return self._entries[path]
        except KeyError as error:
            raise unreadable(f"no {path!r}") from error

    def entry_of(self, document: str) -> Entry:
        """The entry of an original by its exact name as received."""
        return self.entry(f"{self._tree}/{layout.ORIGINALS}/{document}")

    def open(self, path: str) -> BinaryIO:
        """A readable, seekable file over one member's bytes, by its full path in the tar."""
        entry = self.entry(path)
        return io.BufferedReader(_Window(self._file, entry.offset, entry.size_bytes))

    def open_document(self, document: str) -> BinaryIO:
        return self.open(self.entry_of(document).path)

    def read(self, path_in_tree: str) -> bytes:
        """A whole file of the AIP_hoso tree, as ``metadata/descriptive/EAD.xml``: for small ones."""
        with self.open(f"{self._tree}/{path_in_tree}") as file:
            return file.read()

    def package(self) -> StoredPackage:
        line = next(self._catalogue())
        if line.get("format") != CATALOGUE_FORMAT:
            raise unreadable(f"catalogue format {line.get('format')!r}")
        try:
            return StoredPackage(
                aip_id=line["aip_id"],
                created_at=datetime.fromisoformat(line["created_at"]),
                profile=RuleProfile(**line["profile"]),
                archive=Party(**line["archive"]),
                agency=Party(**line["agency"]),
                fonds_code=line["fonds_code"],
                submission_id=line["submission_id"],
                submission_agreement=line["submission_agreement"],
                record_status=line["record_status"],
                software=line["software"],
                record=line["record"],
                document_count=line["document_count"],
                facts=line["facts"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise unreadable(f"catalogue, line 1: {error!r}") from error

    def documents(self) -> Iterator[StoredDocument]:
        """The originals in the order of the package, with all their fields; memory stays flat."""
        lines = self._catalogue()
        next(lines)
        for number, line in enumerate(lines, 2):
            try:
                path = RelPath(line["path"])
                entry = self.entry_of(path)
                if entry.size_bytes != line["size_bytes"]:
                    raise unreadable(f"catalogue, line {number}: other size than in the tar")
                kept = {name: line[name] for name in StoredDocument.__slots__ if name not in ("path", "offset")}
                yield StoredDocument(path=path, offset=entry.offset, **kept)
            except (KeyError, TypeError) as error:
                raise unreadable(f"catalogue, line {number}: {error!r}") from error

    def manifest(self, algorithm: str) -> Iterator[tuple[str, str]]:
        """``(path from the root of the bag, digest)`` of a payload manifest."""
        with self.open(f"{self.aip_id}/manifest-{algorithm}.txt") as file:
            yield from manifest_entries(file)

    def evidence_groups(self) -> Sequence[Mapping[str, Any]]:
        groups: Sequence[Mapping[str, Any]] = json.loads(self.read(layout.EVIDENCE_GROUPS))["groups"]
        return groups

    def _catalogue(self) -> Iterator[dict[str, Any]]:
        with self.open(f"{self._tree}/{layout.CATALOGUE}") as file:
            for line in file:
                try:
                    value = json.loads(line)
                except ValueError as error:
                    raise unreadable(f"catalogue: {error}") from error
                yield value


def manifest_entries(file: BinaryIO) -> Iterator[tuple[str, str]]:
    """The lines of a manifest this archive wrote; ``AipUnreadableError`` at the first that is not of that form."""
    for line in file:
        try:
            match = _MANIFEST_LINE.fullmatch(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise unreadable("manifest is not UTF-8") from error
        if match is None:
            raise unreadable(f"manifest line {line[:200]!r}")
        yield _ENCODED.sub(lambda found: _DECODED[found[1]], match[2]), match[1]


class _Window(io.RawIOBase):
    """A part of a file as a file; its own position, so several may be open in turn."""

    def __init__(self, file: BinaryIO, offset: int, size_bytes: int) -> None:
        self._file = file
        self._offset = offset
        self._size_bytes = size_bytes
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size_bytes}[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        count = min(len(view), max(0, self._size_bytes - self._position))
        if not count:
            return 0
        self._file.seek(self._offset + self._position)
        data = self._file.read(count)
        if not data:
            raise unreadable("cut short")
        view[: len(data)] = data
        self._position += len(data)
        return len(data)
