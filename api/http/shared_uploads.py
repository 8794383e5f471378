"""Uploads of all machines that share a quarantine: begun on one, continued, finished or given up on any other.

    uploads, upload_parts     in the catalogue: whose, how long, where it stands, which parts count (``shared_uploads`` there)
    upload/<id>/<offset>-…    in the shared store: the bytes, durable before they count (``ingest.shared_parts``)

Nothing of an upload lies on the machine that takes it, so none is missed when it dies. No lock is held while bytes come:
a sender whose line broke goes on elsewhere at once, and what the first machine still had counts only if it is the first
to go on from where the upload stands. All times are those of the database's clock (``clock``, another in tests): machines
whose own clocks are wrong must not give up what others receive.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from api.http.shared_upload_finishing import Finishing
from api.http.shared_upload_writing import SharedWriting
from api.http.upload import (
    LIFE,
    LIFE_OF_COMPLETE,
    MOST_OF_ONE,
    Standing,
    Upload,
    UploadBusyError,
    UploadMissingError,
    length_wrong,
    offset_wrong,
    require_size,
    too_many,
)
from archive.catalogue import Catalogue, Reading
from archive.catalogue import shared_uploads as rows
from archive.catalogue.shared_uploads import SharedUpload, UploadPart
from archive.catalogue.worker_reading import database_now
from archive.errors import LuutruError
from archive.storage.store import Store
from ingest.intake import BackpressureError, Intake
from ingest.shared_parts import SharedParts

_log = logging.getLogger("luutru.uploads")


class SharedUploads:
    """An ``Uploads`` over the ``store`` and the catalogue that all machines reach. Shared by all threads."""

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        intake: Callable[[], Intake],
        *,
        clock: Callable[[Reading], datetime] = database_now,
        new_id: Callable[[], str],
        at_most_bytes: int,
    ) -> None:
        self._catalogue = catalogue
        self._intake = intake
        self._clock = clock
        self._new_id = new_id
        self._parts = SharedParts(store)
        self._finishing = Finishing(catalogue, self._parts, intake, new_id, at_most_bytes)
        self.at_most_bytes = at_most_bytes

    def create(self, upload: Upload) -> Upload:
        require_size(upload.length, self.at_most_bytes)
        made = replace(upload, id=self._new_id(), submission_id=self._new_id())
        self._refuse_when_short(made.length or 0)
        with self._catalogue.transaction() as tx:
            at = self._clock(tx)
            if rows.under_way(tx, made.account_id, *_ends(at)) >= MOST_OF_ONE:
                raise too_many(MOST_OF_ONE)
            rows.begin_upload(tx, _begun(made, at))
        return made

    def found(self, upload_id: str, account_id: str) -> Upload:
        with self._catalogue.read() as reading:
            row, at = rows.shared_upload(reading, upload_id), self._clock(reading)
        if row is None or row.account_id != account_id or _over(row, at):
            raise _missing()
        return _upload(row)

    def standing(self, upload: Upload) -> Standing:
        row = self._row(upload)
        return Standing(row.offset_bytes, row.moved_at + LIFE, row.became)

    def with_length(self, upload: Upload, length: int) -> Upload:
        if upload.length == length:
            return upload
        if upload.length is not None:
            raise length_wrong()
        require_size(length, self.at_most_bytes)
        with self._catalogue.transaction() as tx:
            fixed = rows.fix_length(tx, upload.id, length)
        if not fixed and self._row(upload).length_bytes != length:
            raise length_wrong()
        return replace(upload, length=length)

    @contextmanager
    def writing(self, upload: Upload, offset: int, checksum: tuple[str, str] | None = None) -> Iterator[SharedWriting]:
        stands = self._row(upload).offset_bytes
        if offset != stands:
            raise offset_wrong(stands)
        writing = SharedWriting(
            offset,
            longest=upload.length if upload.length is not None else self.at_most_bytes,
            begin=partial(self._parts.writer, upload.id),
            count=partial(self.count, upload),
            new_token=lambda: self._new_id()[:8],
            checksum=checksum,
        )
        try:
            yield writing
        finally:
            writing.forget()

    def count(self, upload: Upload, part: UploadPart) -> None:
        """The part, durable by now, counts. Raises UploadOffsetError or UploadMissingError; then its object is gone."""
        with self._catalogue.transaction() as tx:
            counts = rows.count_part(tx, upload.id, part, self._clock(tx))
        if not counts:
            # Nobody will ever ask for it; should it stay, it goes with the upload.
            with suppress(LuutruError):
                self._parts.remove(upload.id, (part.offset_bytes, part.token))
            raise offset_wrong(self._row(upload).offset_bytes)

    def finished(self, upload: Upload) -> str | None:
        row = self._row(upload)
        if row.became is not None or not row.complete:
            return row.became
        return self._finishing.submitted(upload.id)

    def remove(self, upload: Upload) -> None:
        with self._catalogue.transaction() as tx:
            gone = rows.drop_upload(tx, upload.id)
        if not gone:
            raise UploadBusyError("Lần tải lên này đang được hoàn tất.", remedy="Thử lại sau vài giây.")
        self._parts.clear(upload.id)

    def sweep(self) -> int:
        """The same on every machine; each upload is finished or given up by one of them."""
        with self._catalogue.read() as reading:
            complete = rows.complete_uploads(reading)
        for upload_id in complete:
            self._tried(upload_id, "not finished", partial(self._finishing.submitted, upload_id))
        swept = self._given_up()
        self._clear_orphans()
        return swept

    def _given_up(self) -> int:
        swept = 0
        with self._catalogue.read() as reading:
            ends = _ends(self._clock(reading))
            over = rows.moved_last_before(reading, *ends)
        for upload_id in over:
            with self._catalogue.transaction() as tx:
                ours = rows.drop_over(tx, upload_id, *ends)
            if ours:
                swept += 1
                self._tried(upload_id, "not cleared", partial(self._parts.clear, upload_id))
        return swept

    def _clear_orphans(self) -> None:
        """What lies there of uploads that are no more, or are submissions: left by machines that died, or came too late.

        The store is asked first: an upload is in the catalogue before anything of it is in the store.
        """
        lying = self._parts.ids()
        with self._catalogue.read() as reading:
            needed = rows.still_coming(reading, lying)
        for upload_id in lying:
            if upload_id not in needed:
                self._tried(upload_id, "not cleared", partial(self._parts.clear, upload_id))

    def _tried(self, upload_id: str, trouble: str, task: Callable[[], object]) -> None:
        try:
            task()
        except (LuutruError, OSError) as error:
            _log.warning("upload %s: %s: %s %s", upload_id, trouble, error, getattr(error, "detail", ""))

    def _refuse_when_short(self, length: int) -> None:
        """This machine has room to make a submission of it, and the shared store for all that is announced."""
        intake = self._intake()
        intake.refuse_when_short(length)
        with self._catalogue.read() as reading:
            announced = rows.announced_bytes(reading)
        if self._parts.store.free_bytes() < length + announced + intake.reserve_bytes:
            raise BackpressureError(
                "Khu cách ly dùng chung không đủ chỗ trống để nhận hồ sơ.",
                remedy="Giải phóng chỗ trống hoặc nộp lại sau.",
            )

    def _row(self, upload: Upload) -> SharedUpload:
        with self._catalogue.read() as reading:
            row = rows.shared_upload(reading, upload.id)
        if row is None:
            raise _missing()
        return row


def _over(row: SharedUpload, at: datetime) -> bool:
    waits = row.complete and row.became is None
    return row.moved_at + (LIFE_OF_COMPLETE if waits else LIFE) <= at


def _ends(at: datetime) -> tuple[datetime, datetime]:
    """Before when an upload, and a complete one, must have been gone on with last to be over."""
    return at - LIFE, at - LIFE_OF_COMPLETE


def _begun(upload: Upload, at: datetime) -> SharedUpload:
    return SharedUpload(
        id=upload.id,
        account_id=upload.account_id,
        owner=upload.owner,
        actor=upload.actor,
        length_bytes=upload.length,
        name=upload.name,
        client_key=upload.client_key,
        sent_metadata=upload.metadata,
        submission_id=upload.submission_id,
        offset_bytes=0,
        moved_at=at,
    )


def _upload(row: SharedUpload) -> Upload:
    return Upload(
        id=row.id,
        account_id=row.account_id,
        owner=row.owner,
        actor=row.actor,
        length=row.length_bytes,
        name=row.name,
        client_key=row.client_key,
        metadata=row.sent_metadata,
        submission_id=row.submission_id,
    )


def _missing() -> UploadMissingError:
    return UploadMissingError("Không có lần tải lên này.", remedy="Bắt đầu lại bằng POST /api/v1/uploads.")
