"""From a complete upload in the shared store to one submission, on whichever machine, by one of them at a time.

    claim ─parts in order, digested→ quarantine/<submission> ─put→ inbox/<submission> ─ledger→ became ─→ parts removed

Who claims gives the submission an id of his own and beats while he is at it. Fallen silent, he is followed by another
with another id; should he wake, the record of his submission is refused, and the places of the two never meet.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from api.http.upload import UploadBusyError
from archive.catalogue import Catalogue, Transaction
from archive.catalogue.fence import fenced
from archive.catalogue.shared_uploads import (
    SharedUpload,
    UploadPart,
    beat_finishing,
    parts_behind,
    record_became,
    require_finishing,
    shared_upload,
    take_finishing,
)
from archive.errors import LuutruError
from archive.lifecycle import State
from ingest.arrival import kind_of_name
from ingest.intake import Intake
from ingest.quarantine import Slot
from ingest.shared_parts import SharedParts
from ingest.shared_transfers import SharedContentError, SharedQuarantine

BEAT_SECONDS = 5.0
_BEFORE_PACKAGED = frozenset({State.RECEIVED, State.CHECKED, State.IN_REVIEW, State.ACCEPTED})
_log = logging.getLogger("luutru.uploads")


@dataclass(frozen=True, slots=True)
class Finishing:
    """Makes submissions of uploads. Shared by all threads."""

    catalogue: Catalogue
    parts: SharedParts
    intake: Callable[[], Intake]
    new_id: Callable[[], str]
    at_most_bytes: int

    def submitted(self, upload_id: str) -> str:
        """The id of the submission this complete upload became, made now if nobody has made it.

        Raises UploadBusyError while another makes it, and whatever ``Intake.received`` raises: then it is tried anew.
        """
        with self.catalogue.transaction() as tx:
            claimed = take_finishing(tx, upload_id, self.new_id())
        if claimed is None:
            raise _busy()
        if claimed.became is None:
            try:
                became = self._made(claimed)
            except LuutruError as error:
                if self._lost(claimed):
                    raise _busy() from error
                raise
        else:
            became = claimed.became
            self._made_good(claimed)
            with self.catalogue.transaction() as tx:
                record_became(tx, upload_id, became)
        # What stays behind when this fails goes with the upload.
        with suppress(LuutruError):
            self.parts.clear(upload_id)
        return became

    def _made(self, upload: SharedUpload) -> str:
        def require(tx: Transaction) -> None:
            require_finishing(tx, upload.id, upload.submission_id)

        with self._beating(upload), fenced(require):
            became = self._received(upload)
            with self.catalogue.transaction() as tx:
                record_became(tx, upload.id, became)
        return became

    def _made_good(self, upload: SharedUpload) -> None:
        """What was received of a recorded submission lies where every machine finds it, before the parts of it go.

        Whoever recorded it died before he could look: its place may have been taken for nobody's and cleared. Raises
        SharedContentError when neither it nor the parts it was made of are there.
        """
        quarantine = self.intake().quarantine
        assert upload.became is not None
        with self.catalogue.read() as reading:
            submission = reading.submission(upload.became)
        needed = submission.state in _BEFORE_PACKAGED and submission.content_removed_at is None
        if not needed or not isinstance(quarantine, SharedQuarantine) or quarantine.has_received(submission.id):
            return

        def fill(slot: Slot) -> None:
            digest = hashlib.sha256()
            with slot.transfer.open("xb") as file:
                for chunk in self._bytes(upload):
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if digest.hexdigest() != submission.transfer_sha256:
                raise SharedContentError(
                    "Phần đã tải lên không còn là nội dung đã tiếp nhận.",
                    remedy="Báo quản trị viên kiểm tra kho dùng chung.",
                    detail=f"{upload.id}: {digest.hexdigest()}",
                )
            if upload.name:
                slot.keep_name(upload.name)

        _log.warning(
            "upload %s: submission %s was not in the shared place, and is put there again", upload.id, submission.id
        )
        quarantine.restore(submission.id, fill)

    def _lost(self, upload: SharedUpload) -> bool:
        """Whether another has it, or has made it: then whatever went wrong here since says nothing of the upload."""
        try:
            with self.catalogue.read() as reading:
                standing = shared_upload(reading, upload.id)
        except LuutruError:
            return False
        return standing is not None and standing.submission_id != upload.submission_id

    def _received(self, upload: SharedUpload) -> str:
        intake = self.intake()
        assert upload.length_bytes is not None
        arrival = intake.arrival(
            stated_bytes=upload.length_bytes,
            at_most_bytes=self.at_most_bytes,
            submission_id=upload.submission_id,
        )
        try:
            for chunk in self._bytes(upload):
                arrival.take(chunk)
            if arrival.size_bytes != upload.length_bytes:
                raise SharedContentError(
                    "Lần tải lên này có ít dữ liệu hơn đã báo.",
                    remedy="Hủy lần tải lên này (DELETE) rồi gửi lại từ đầu.",
                    detail=f"{upload.id}: {arrival.size_bytes} of {upload.length_bytes} bytes",
                )
            received = intake.received(
                arrival,
                kind_of_name(upload.name),
                name=upload.name,
                owner=upload.owner,
                actor=upload.actor,
                client_key=upload.client_key,
            )
            return received.submission.id
        finally:
            intake.give_up(arrival)

    def _bytes(self, upload: SharedUpload) -> Iterator[bytes]:
        return self.parts.read(upload.id, self._counted(upload))

    def _counted(self, upload: SharedUpload) -> Iterator[UploadPart]:
        """The parts, some at a time: there may be very many, and none is added or taken away any more."""
        behind = 0
        while behind < upload.offset_bytes:
            with self.catalogue.read() as reading:
                some = parts_behind(reading, upload.id, behind)
            yield from some
            behind = some[-1].offset_bytes + some[-1].length_bytes if some else upload.offset_bytes

    @contextmanager
    def _beating(self, upload: SharedUpload) -> Iterator[None]:
        """Inside the block the others know that somebody is at it; behind it, that nobody is."""
        over = threading.Event()
        beat = partial(self._beat, upload, over)
        beating = threading.Thread(target=beat, name=f"finishing {upload.id}", daemon=True)
        beating.start()
        try:
            yield
        finally:
            over.set()
            beating.join()
            with suppress(LuutruError), self.catalogue.signing() as tx:
                beat_finishing(tx, upload.id, upload.submission_id, timedelta(0))

    def _beat(self, upload: SharedUpload, over: threading.Event) -> None:
        while not over.wait(BEAT_SECONDS):
            try:
                with self.catalogue.signing() as tx:
                    beat_finishing(tx, upload.id, upload.submission_id)
            except LuutruError as error:
                _log.warning("upload %s: no sign of life: %s", upload.id, error)


def _busy() -> UploadBusyError:
    return UploadBusyError("Lần tải lên này đang được hoàn tất.", remedy="Thử lại sau vài giây.")
