"""Receiving: bytes into quarantine under our own names, digested as they arrive; acknowledged when they are durable."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from archive.catalogue import Catalogue, Reading
from archive.catalogue.model import AgreementRef, NewSubmission, Received, Submission
from archive.catalogue.waiting import waiting_count
from archive.errors import LuutruError, SubmissionMissingError
from archive.lifecycle import State
from ingest.arrival import CHUNK_BYTES, Arrival, kind_of_name
from ingest.calendar import OfficeCalendar, legal_receipt
from ingest.policy import Agreement
from ingest.quarantine import Quarantine
from ingest.reading import members_sha256
from ingest.unpack import Limits, can_survey, unpack
from ingest.unpack.intake import disk_error

ACTOR = "intake"
"""Who hands in from the command line, as the ledger names it."""


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
        arrival = self.arrival(stated_bytes=_source_bytes(source), at_most_bytes=sys.maxsize)
        try:
            kind = "thư mục" if source.is_dir() else kind_of_name(source.name)
            self._take(source, arrival, progress)
            return self.received(arrival, kind, client_key=client_key)
        except OSError as error:
            raise disk_error(error) from error
        finally:
            self.give_up(arrival)

    def receive_stream(
        self,
        chunks: Iterable[bytes],
        name: str,
        *,
        owner: str = "",
        actor: str = ACTOR,
        client_key: str | None = None,
        at_most_bytes: int = sys.maxsize,
    ) -> Received:
        """The same for bytes that come from elsewhere under ``name``. Whatever ``chunks`` raises: nothing was received."""
        arrival = self.arrival(at_most_bytes=at_most_bytes)
        try:
            for chunk in chunks:
                arrival.take(chunk)
            return self.received(
                arrival, kind_of_name(name), name=name, owner=owner, actor=actor, client_key=client_key
            )
        finally:
            self.give_up(arrival)

    def arrival(
        self, *, stated_bytes: int = 0, held_bytes: int = 0, at_most_bytes: int, submission_id: str | None = None
    ) -> Arrival:
        """A place in quarantine for bytes to come, as many as the sender says if it says so. Always ended by ``give_up``.

        ``held_bytes`` of them lie on this disk already. With ``submission_id`` the place is that one's, cleared of what an
        interrupted attempt left there; the caller sees to it that it is not acknowledged yet, and that nobody else tries.
        Raises BackpressureError.
        """
        self.refuse_when_short(stated_bytes, held_bytes)
        if submission_id is not None:
            self.quarantine.remove(submission_id)
        return Arrival(self.quarantine, submission_id or self.new_id(), at_most_bytes=at_most_bytes)

    def received(
        self,
        arrival: Arrival,
        kind: str,
        *,
        name: str = "",
        owner: str = "",
        actor: str = ACTOR,
        client_key: str | None = None,
    ) -> Received:
        """What arrived is a submission of ``owner`` (the code of an agency, "" for the archive itself): durable on return.

        Raises RecordConflictError when ``client_key`` stands for other bytes of the same owner.
        """
        arrival.complete(name)
        entered_at = self.now()
        new = NewSubmission(
            id=arrival.submission_id,
            source_name=kind,
            transfer_sha256=arrival.sha256,
            transfer_size_bytes=arrival.size_bytes,
            entered_at=entered_at,
            received_legal_at=legal_receipt(entered_at, self.calendar),
            agreement=AgreementRef(self.agreement.name, self.agreement.version, self.agreement.sha256),
            trust_list_version=self.trust_list_version,
            aip_id=self.new_aip_id(),
            client_key=client_key,
            owner=owner,
        )
        received = self._record(new, actor)
        if received.submission.id != arrival.submission_id:
            self.quarantine.remove(arrival.submission_id)
        else:
            self.quarantine.confirm(arrival.submission_id)
        arrival.settled()
        return received

    def give_up(self, arrival: Arrival) -> None:
        """Nothing is kept of what was not received; an interruption may have come after the record of it, then it stays.

        After ``received`` it does nothing.
        """
        if arrival.is_settled:
            return
        try:
            arrival.give_up()
        finally:
            with self.catalogue.read() as reading:
                known = _known(reading, arrival.submission_id)
            if not known:
                self.quarantine.remove(arrival.submission_id)

    def sweep(self) -> int:
        """Removes what receivers that died left unacknowledged, and what this machine keeps of submissions whose content
        has been removed; those under way are untouched. Says how many."""
        return self.quarantine.sweep(self._has_content)

    def _has_content(self, submission_id: str) -> bool:
        # A view of its own each time: one that began before a submission was acknowledged does not know of it.
        with self.catalogue.read() as reading:
            try:
                return reading.submission(submission_id).content_removed_at is None
            except SubmissionMissingError:
                return False

    def _record(self, new: NewSubmission, actor: str) -> Received:
        with self.catalogue.transaction() as tx:
            if new.client_key is None or tx.submission_of_client(new.client_key, new.owner) is None:
                for earlier in tx.submissions_with_transfer(new.transfer_sha256):
                    if _same_owner(earlier, new) and earlier.state not in (State.RETURNED, State.REFUSED):
                        return Received(earlier, True)
            return tx.receive(new, actor=actor, at=new.entered_at)

    def _take(self, source: Path, arrival: Arrival, progress: Callable[[int], None]) -> None:
        if can_survey(source):
            unpacked = unpack(source, arrival.slot.content, self.limits)
            size_bytes = sum(member.digests.size_bytes for member in unpacked.members.values())
            arrival.stand_for(members_sha256(unpacked), size_bytes)
        else:
            _copied(source, arrival, progress)

    def _refuse_ours(self, source: Path) -> None:
        """The archive's own folders (keys, quarantine, stores) are no submission, nor is what contains or is in them."""
        asked = source.resolve()
        for folder in (self.quarantine.folder.parent.resolve(), *(folder.resolve() for folder in self.own_folders)):
            if asked == folder or asked in folder.parents or folder in asked.parents:
                raise SourceRefusedError(
                    "Không thể nộp chính thư mục của kho lưu trữ, hay thư mục chứa nó hoặc nằm trong nó.",
                    remedy="Chép hồ sơ cần nộp ra một thư mục khác rồi nộp lại.",
                )

    def refuse_when_short(self, source_bytes: int, held_bytes: int = 0) -> None:
        """One copy to receive, one unpacked, and one in each store may be needed before quarantine is empty again.

        ``held_bytes`` of the first are there already. Raises BackpressureError.
        """
        wanted = source_bytes * (2 + self.copies) - held_bytes + self.reserve_bytes
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
            waiting = waiting_count(reading, self.waiting_at_most)
        if waiting >= self.waiting_at_most:
            raise BackpressureError(
                f"Đang có {waiting} hồ sơ chờ xử lý; kho tạm không nhận thêm.",
                remedy="Chạy thêm «luutru work» hoặc nộp lại sau.",
            )


def _same_owner(earlier: Submission, new: NewSubmission) -> bool:
    """Another agency's same bytes are nobody's business: they neither stand for these nor are told of."""
    return earlier.owned_by == new.owner if new.owner else not earlier.owner


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


def _copied(source: Path, arrival: Arrival, progress: Callable[[int], None]) -> None:
    with source.open("rb", buffering=0) as incoming:
        while chunk := incoming.read(CHUNK_BYTES):
            arrival.take(chunk)
            progress(len(chunk))


def _mib(count: int) -> int:
    return count >> 20
