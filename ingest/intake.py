"""Receiving: bytes into quarantine under our own names, digested as they arrive; acknowledged when they are durable."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from archive.canonical import canonical_sha256
from archive.catalogue import Catalogue, Reading
from archive.catalogue.model import AgreementRef, NewSubmission, Received
from archive.errors import LuutruError, SubmissionMissingError
from archive.lifecycle import State
from ingest.calendar import OfficeCalendar, legal_receipt
from ingest.policy import Agreement
from ingest.quarantine import Quarantine, Slot
from ingest.unpack import Limits, can_survey, unpack
from ingest.unpack.intake import disk_error

CHUNK_BYTES = 1 << 20


class BackpressureError(LuutruError):
    """The archive has no room or no hands for this now. Nothing was received; the sender tries again later."""

    code = "intake.not-now"


class SourceRefusedError(LuutruError):
    """What was given is the archive itself or part of it."""

    code = "intake.source-refused"


class SourceMissingError(LuutruError):
    """What should be submitted is not there or cannot be read."""

    code = "intake.source-unreadable"


@dataclass(frozen=True)
class Intake:
    """Receives submissions. Clock, ids and limits are given; ``waiting`` counts the submissions nobody has begun on."""

    catalogue: Catalogue
    quarantine: Quarantine
    agreement: Agreement
    trust_list_version: str
    calendar: OfficeCalendar
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_aip_id: Callable[[], str]
    copies: int
    reserve_bytes: int
    limits: Limits = field(default_factory=Limits)
    waiting_at_most: int = 10_000
    own_folders: Sequence[Path] = ()
    """Folders of the stores; with the home around quarantine, what must never be taken for a submission."""
    store_free_bytes: Callable[[], Sequence[int]] = tuple
    """Free space of each store that answers."""

    def receive(
        self, source: Path, *, client_key: str | None = None, progress: Callable[[int], None] = lambda _bytes: None
    ) -> Received:
        """The submission these bytes are, durable in quarantine and in the ledger when this returns.

        The same bytes, or the same ``client_key``, received before and not returned: that submission again, and nothing
        is kept twice. Interrupted at any point before: nothing was received. Raises BackpressureError when disk or
        workers run short, SourceMissingError when ``source`` cannot be read.
        """
        self._refuse_ours(source)
        self._refuse_when_short(_source_bytes(source))
        submission_id, entered_at = self.new_id(), self.now()
        arrived: list[tuple[str, int]] = []
        with self.quarantine.being_received(submission_id):
            try:
                self.quarantine.receive(submission_id, lambda slot: arrived.append(self._take(source, slot, progress)))
                sha256, size_bytes = arrived[0]
                received = self._record(submission_id, entered_at, sha256, size_bytes, source, client_key)
            except OSError as error:
                self._abandon(submission_id)
                raise disk_error(error) from error
            except BaseException:
                self._abandon(submission_id)
                raise
            if received.submission.id != submission_id:
                self.quarantine.remove(submission_id)
        return received

    def sweep(self) -> int:
        """Removes what receivers that died left unacknowledged; those under way are untouched. Says how many."""
        with self.catalogue.read() as reading:
            return self.quarantine.sweep(lambda submission_id: _known(reading, submission_id))

    def _abandon(self, submission_id: str) -> None:
        """Removes what was not received; an interruption may have come after the record of it, then it stays."""
        with self.catalogue.read() as reading:
            if _known(reading, submission_id):
                return
        self.quarantine.remove(submission_id)

    def _record(
        self,
        submission_id: str,
        entered_at: datetime,
        sha256: str,
        size_bytes: int,
        source: Path,
        client_key: str | None,
    ) -> Received:
        new = NewSubmission(
            id=submission_id,
            # Only the kind of thing that came: a name may say what a secret document must not (see refusal).
            source_name="thư mục" if source.is_dir() else "".join(source.suffixes[-2:]).lower() or "tệp",
            transfer_sha256=sha256,
            transfer_size_bytes=size_bytes,
            entered_at=entered_at,
            received_legal_at=legal_receipt(entered_at, self.calendar),
            agreement=AgreementRef(self.agreement.name, self.agreement.version, self.agreement.sha256),
            trust_list_version=self.trust_list_version,
            aip_id=self.new_aip_id(),
            client_key=client_key,
        )
        with self.catalogue.transaction() as tx:
            for earlier in tx.submissions_with_transfer(sha256):
                if earlier.state not in (State.RETURNED, State.REFUSED):
                    return Received(earlier, True)
            return tx.receive(new, actor="intake", at=entered_at)

    def _take(self, source: Path, slot: Slot, progress: Callable[[int], None]) -> tuple[str, int]:
        if can_survey(source):
            unpacked = unpack(source, slot.content, self.limits)
            rows = sorted((path, m.digests.size_bytes, m.digests.sha256) for path, m in unpacked.members.items())
            return canonical_sha256(rows), sum(row[1] for row in rows)
        return _copied(source, slot.transfer, progress)

    def _refuse_ours(self, source: Path) -> None:
        """The archive's own folders (keys, quarantine, stores) are no submission, nor is what contains or is in them."""
        asked = source.resolve()
        for folder in (self.quarantine.folder.parent.resolve(), *(folder.resolve() for folder in self.own_folders)):
            if asked == folder or asked in folder.parents or folder in asked.parents:
                raise SourceRefusedError(
                    "Không thể nộp chính thư mục của kho lưu trữ, hay thư mục chứa nó hoặc nằm trong nó.",
                    remedy="Chép hồ sơ cần nộp ra một thư mục khác rồi nộp lại.",
                )

    def _refuse_when_short(self, source_bytes: int) -> None:
        """One copy to receive, one unpacked, and one in each store may be needed before quarantine is empty again."""
        wanted = source_bytes * (2 + self.copies) + self.reserve_bytes
        free = self.quarantine.free_bytes()
        if free < wanted:
            raise BackpressureError(
                f"Không đủ chỗ trống để nhận hồ sơ: cần {_mib(wanted)} MiB, còn {_mib(free)} MiB.",
                remedy="Giải phóng chỗ trống hoặc nộp lại sau.",
            )
        needed = source_bytes + self.reserve_bytes
        if any(free < needed for free in self.store_free_bytes()):
            raise BackpressureError(
                f"Một kho không đủ chỗ trống để lưu hồ sơ: cần {_mib(needed)} MiB.",
                remedy="Giải phóng chỗ trống trong kho hoặc nộp lại sau.",
            )
        with self.catalogue.read() as reading:
            waiting = sum(1 for _ in islice(reading.submissions_in(State.RECEIVED), self.waiting_at_most))
        if waiting >= self.waiting_at_most:
            raise BackpressureError(
                f"Đang có {waiting} hồ sơ chờ xử lý; kho tạm không nhận thêm.",
                remedy="Chạy thêm «luutru work» hoặc nộp lại sau.",
            )


def _known(reading: Reading, submission_id: str) -> bool:
    try:
        reading.submission(submission_id)
    except SubmissionMissingError:
        return False
    return True


def _source_bytes(source: Path) -> int:
    try:
        if not source.is_dir():
            return source.stat().st_size
        total, folders = 0, [str(source)]
        while folders:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        total += entry.stat(follow_symlinks=False).st_size
        return total
    except OSError as error:
        raise SourceMissingError(
            "Không đọc được hồ sơ cần nộp.", remedy="Kiểm tra đường dẫn và quyền đọc.", detail=str(error)
        ) from error


def _copied(source: Path, target: Path, progress: Callable[[int], None]) -> tuple[str, int]:
    """SHA-256 and size of what was copied, the digest taken from the bytes as they passed; durable on return."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb", buffering=0) as incoming, target.open("wb", buffering=0) as kept:
        while chunk := incoming.read(CHUNK_BYTES):
            digest.update(chunk)
            view = memoryview(chunk)
            while view:
                view = view[kept.write(view) :]
            size += len(chunk)
            progress(len(chunk))
        os.fsync(kept.fileno())
    return digest.hexdigest(), size


def _mib(count: int) -> int:
    return count >> 20
