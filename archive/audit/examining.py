"""One copy examined: only bytes that were all read make it OK, and whatever goes wrong is an answer, not an end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from archive.aip.verification import verify_stream
from archive.audit.bookmark import FileBookmark, is_about
from archive.audit.pace import AuditStopped
from archive.catalogue.audit_model import Depth, Due
from archive.errors import ObjectMissingError, StoreError
from archive.finding import Answer, answer_of
from archive.fixity import CopyResult, CopyState, read_ahead, verify_copy
from archive.sealing.errors import SealedKeyDestroyedError, SealedKeyMissingError
from archive.sealing.opening import NO_KEYS, Keys, plain_object
from archive.steady_reading import PAUSES_SECONDS, SteadyReader
from archive.storage.key import Key, is_sealed
from archive.storage.store import CHUNK_BYTES, Store

LONG_BYTES = 64 << 20
"""From this size on a package is read by all cores at once, and how far is noted."""

_log = logging.getLogger(__name__)


@runtime_checkable
class TellsChecksums(Protocol):
    """A store whose server keeps a digest beside each object, as it was taken when the object came."""

    def checksum_attribute(self, key: Key) -> str | None:
        """Its SHA-256 as hex digits; None when the server has none of the whole object."""
        ...


@dataclass(frozen=True, slots=True)
class Examiner:
    """How the copies of one store are examined in one sitting.

    ``progress`` is told every byte read and may raise AuditStopped. ``bookmark``: the file in which the reading of a
    long object is noted; there is one such reading at a time.
    """

    store: Store
    depth: Depth
    progress: Callable[[int], None]
    bookmark: Path | None = None
    cold: bool = True
    pauses_seconds: Sequence[float] = PAUSES_SECONDS
    keys: Keys = NO_KEYS

    def examine(self, due: Due, *, threads: int | None = 1) -> CopyResult:
        """Every byte, and with DEEP all it says about itself. Raises AuditStopped and nothing else.

        Other bytes, or none, are believed of the second reading alone (T23): what was wrong on the way, or for a
        moment, is no damage; what is damaged still is.
        """
        try:
            by_layout = self.depth is not Depth.DEEP and due.layout_sha256 is not None
            if by_layout and due.size_bytes >= LONG_BYTES and self.bookmark is not None:
                return self._long(due, self.bookmark)
            result = self._once(due, threads)
            return self._told(due, self._once(due, threads)) if _in_doubt(due, result) else result
        except AuditStopped:
            raise
        except Exception as error:
            # T4, T21: what one object does to this software is said of that object, and the others are still read.
            _log.exception("audit of %s in %s", due.key, self.store.name)
            return self._undone(due, f"{type(error).__name__}: {error}")

    def attribute_agrees(self, due: Due) -> bool:
        """Whether the store says of its object what is recorded. It is not read: this is no proof of its bytes.

        False for everything else, the store's silence among it: then a full read has to tell.
        """
        if not isinstance(self.store, TellsChecksums):
            return False
        try:
            return self.store.checksum_attribute(due.key) == due.sha256 and self.store.size(due.key) == due.size_bytes
        except StoreError:
            return False

    def _undone(self, due: Due, detail: str) -> CopyResult:
        """Nothing could be said of this copy. A look inside that fails may be the damage: its bytes alone may tell."""
        unreadable = CopyResult(self.store.name, due.key, CopyState.UNREADABLE, detail=detail)
        if self.depth is not Depth.DEEP:
            return unreadable
        result = replace(self, depth=Depth.FULL).examine(due)
        return unreadable if result.ok else result

    def _once(self, due: Due, threads: int | None) -> CopyResult:
        if self.depth is not Depth.DEEP:
            return self._whole(due, threads)
        return self._deep_sealed(due, threads) if is_sealed(due.key) else self._deep(due)

    def _whole(self, due: Due, threads: int | None, bookmark: FileBookmark | None = None) -> CopyResult:
        return verify_copy(
            self.store,
            due.key,
            due.sha256,
            due.size_bytes,
            layout_sha256=due.layout_sha256,
            cold=self.cold,
            pauses_seconds=self.pauses_seconds,
            progress=self.progress,
            threads=threads,
            bookmark=bookmark,
        )

    def _long(self, due: Due, path: Path) -> CopyResult:
        """Each of the two readings that damage takes is gone on with where an earlier sitting ended it."""
        subject = f"{self.store.name} {due.key} {due.sha256} {due.seen_at.isoformat()}"
        again = path.with_name(f"{path.name}-again")
        if not is_about(again, subject):
            result = self._noted(due, path, subject)
            if not _in_doubt(due, result):
                return result
        return self._told(due, self._noted(due, again, subject))

    def _noted(self, due: Due, path: Path, subject: str) -> CopyResult:
        """One whole reading, noted in ``path``; without a note where none can be kept."""
        try:
            bookmark = FileBookmark(path, subject)
        except OSError as error:
            _log.warning("the reading of %s is not noted: %s", due.key, error)
            return self._whole(due, None)
        try:
            result = self._whole(due, None, bookmark)
        except AuditStopped:
            bookmark.close()
            raise
        except Exception:
            bookmark.discard()
            if not bookmark.resumed:
                raise
            return self._noted(due, path, subject)
        bookmark.discard()
        return result

    def _told(self, due: Due, second: CopyResult) -> CopyResult:
        if second.ok:
            _log.warning("%s in %s: bad when first read, right when read again", due.key, self.store.name)
        return second

    def _deep_sealed(self, due: Due, threads: int | None) -> CopyResult:
        """First the bytes as they lie there, then what they hold; without the key that is named, and never passed."""
        result = self._whole(due, threads)
        if not result.ok:
            return result
        try:
            with plain_object(self.store, due.key, self.keys) as file:
                found = verify_stream(iter(lambda: file.read(CHUNK_BYTES), b""))
        except (SealedKeyMissingError, SealedKeyDestroyedError) as error:
            return replace(result, state=CopyState.NOT_RUN, detail=f"{error.code}: {error.detail}")
        except StoreError as error:
            return replace(result, state=CopyState.UNREADABLE, detail=error.detail or error.message)
        state = CopyState.MISMATCH if answer_of(found.findings) is Answer.FAILED else CopyState.OK
        return replace(result, state=state, findings=found.findings)

    def _deep(self, due: Due) -> CopyResult:
        """One pass over the bytes: their digest against the record, and each entry against what the package says."""

        def opened() -> SteadyReader:
            return SteadyReader(self.store, due.key, cold=self.cold, pauses_seconds=self.pauses_seconds)

        def chunks() -> Iterator[bytes]:
            for piece in read_ahead(opened, self.store.name):
                self.progress(len(piece))
                yield bytes(piece)

        result = CopyResult(self.store.name, due.key, CopyState.OK)
        try:
            found = verify_stream(chunks())
        except ObjectMissingError as error:
            return replace(result, state=CopyState.MISSING, detail=error.detail)
        except StoreError as error:
            return replace(result, state=CopyState.UNREADABLE, detail=error.detail or error.message)
        result = replace(result, size_bytes=found.size_bytes, sha256=found.sha256, findings=found.findings)
        if (found.size_bytes, found.sha256) != (due.size_bytes, due.sha256):
            expected = f"expected {due.size_bytes} {due.sha256}"
            return replace(result, state=CopyState.MISMATCH, detail=expected)
        state = CopyState.MISMATCH if answer_of(found.findings) is Answer.FAILED else CopyState.OK
        return replace(result, state=state)


def _in_doubt(due: Due, result: CopyResult) -> bool:
    """Not what was recorded, unless it is the right bytes that contradict themselves: those will do so again."""
    if result.state is CopyState.MISMATCH:
        return (result.size_bytes, result.sha256) != (due.size_bytes, due.sha256)
    return result.state is CopyState.MISSING
