"""What lies beside the originals in a stored package: extracted text and signature reports, found fast, proven when read."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import BinaryIO

from archive.aip.layout import MANIFESTS, REP2, REPORTS, payload_path, tree_path
from archive.aip.reader import manifest_entries
from archive.aip.scan import scan
from archive.catalogue import Aip, Document
from archive.errors import LuutruError
from archive.sealing.errors import SealedKeyDestroyedError, SealedKeyMissingError
from archive.storage.store import Store

KEPT_FILES = 400_000
"""Places of files remembered over all packages: some 60 MB."""

_TEXT = re.compile(r"([0-9]+)\.txt")
_REPORT = re.compile(r"([0-9a-f]{64})\.etsi\.xml")


class FileUnreadableError(LuutruError):
    """No store could give this part of the package as it was written."""

    code = "copy.damaged"


@dataclass(frozen=True, slots=True)
class _Place:
    offset: int
    size_bytes: int
    sha256: str


@dataclass
class _Places:
    """Of one copy of one package. ``reports_of``: the report that names a signed revision, as far as looked for."""

    texts: dict[int, _Place] = field(default_factory=dict)
    reports: list[_Place] = field(default_factory=list)
    reports_of: dict[str, _Place] = field(default_factory=dict)
    looked_at: int = 0
    lock: Lock = field(default_factory=Lock)

    def __len__(self) -> int:
        return len(self.texts) + len(self.reports)


_Find = Callable[[BinaryIO, _Places], _Place | None]


class PackageFiles:
    """Reads from whichever store proves right. Where files lie is learnt from a package's headers once. For all threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Store, str], _Places] = OrderedDict()
        self._lock = Lock()

    def text(self, stores: Sequence[Store], aip: Aip, ordinal: int) -> bytes | None:
        """The text taken from the document, UTF-8; None when there is none. Raises FileUnreadableError."""
        return self._first(stores, aip, lambda _file, places: places.texts.get(ordinal))

    def signature_report(self, stores: Sequence[Store], aip: Aip, document: Document) -> bytes | None:
        """The ETSI TS 119 102-2 report on its signatures as written at ingest; None when it has no readable one.

        A report names the signed revisions it is about by digest: that is how it is told from those of other documents.
        """
        revisions = {item.sha256 for item in document.revisions}
        if not revisions:
            return None
        return self._first(stores, aip, lambda file, places: _report_of(file, places, revisions))

    def _first(self, stores: Sequence[Store], aip: Aip, find: _Find) -> bytes | None:
        failed: LuutruError | None = None
        for store in stores:
            try:
                with store.open(aip.object_key) as file:
                    place = find(file, self._places(store, aip, file))
                    return None if place is None else _read(file, place)
            except (SealedKeyMissingError, SealedKeyDestroyedError):
                raise
            except LuutruError as error:
                failed = error
                self._forget(store, aip)
        raise FileUnreadableError(
            "Không đọc được phần này của gói lưu trữ.", remedy="Báo người quản trị kiểm tra các bản lưu."
        ) from failed

    def _places(self, store: Store, aip: Aip, file: BinaryIO) -> _Places:
        name = (store, aip.id)
        with self._lock:
            if (kept := self._kept.get(name)) is not None:
                self._kept.move_to_end(name)
                return kept
        found = _scanned(file, aip.id)
        with self._lock:
            self._kept[name] = found
            while len(self._kept) > 1 and sum(map(len, self._kept.values())) > KEPT_FILES:
                self._kept.popitem(last=False)
        return found

    def _forget(self, store: Store, aip: Aip) -> None:
        with self._lock:
            self._kept.pop((store, aip.id), None)


def _scanned(file: BinaryIO, aip_id: str) -> _Places:
    """From the headers, with the digests of the package's own manifest."""
    texts, reports = f"{tree_path(aip_id)}/{REP2}/data/", f"{tree_path(aip_id)}/{REPORTS}/signatures/"
    wanted: dict[str, tuple[int, int]] = {}
    manifest: tuple[int, int] | None = None
    for entry in scan(file):
        if entry.path.startswith((texts, reports)):
            wanted[entry.path] = (entry.offset, entry.size_bytes)
        elif entry.path == f"{aip_id}/{MANIFESTS[0]}":
            manifest = (entry.offset, entry.size_bytes)
    found = _Places()
    if manifest is None:
        raise FileUnreadableError("Gói lưu trữ thiếu bảng kê mã băm.")
    for path, sha256 in manifest_entries(_Lines(file, *manifest)):  # type: ignore[arg-type]  # only iterated over
        place = wanted.get(f"{aip_id}/{path}")
        if place is None:
            continue
        name = path.rpartition("/")[2]
        if path.startswith(f"{payload_path(aip_id)}/{REP2}/") and (matched := _TEXT.fullmatch(name)):
            found.texts[int(matched[1])] = _Place(*place, sha256)
        elif _REPORT.fullmatch(name):
            found.reports.append(_Place(*place, sha256))
    return found


class _Lines:
    """The lines of one file of the tar, one after another."""

    def __init__(self, file: BinaryIO, offset: int, size_bytes: int) -> None:
        self._file, self._offset, self._end = file, offset, offset + size_bytes

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(self._offset)
        position = self._offset
        while position < self._end and (line := self._file.readline(self._end - position)):
            position += len(line)
            yield line


def _report_of(file: BinaryIO, places: _Places, revisions: set[str]) -> _Place | None:
    """Looks on where an earlier question stopped, so that all reports of a package are read once at most."""
    with places.lock:
        while True:
            for revision in revisions:
                if (known := places.reports_of.get(revision)) is not None:
                    return known
            if places.looked_at == len(places.reports):
                return None
            place = places.reports[places.looked_at]
            for digest in _digests_in(_read(file, place)):
                places.reports_of.setdefault(digest, place)
            places.looked_at += 1


def _digests_in(report: bytes) -> Iterator[str]:
    for match in re.finditer(rb"DigestValue>([A-Za-z0-9+/=]{44})<", report):
        yield base64.b64decode(match[1]).hex()


def _read(file: BinaryIO, place: _Place) -> bytes:
    file.seek(place.offset)
    data = file.read(place.size_bytes)
    if hashlib.sha256(data).hexdigest() != place.sha256:
        raise FileUnreadableError("Tệp trong gói lưu trữ không đúng mã băm.")
    return data
