"""Uploads under way on this machine: each durable to the last byte that was acknowledged, one writer at a time, and in the end one submission.

    uploads/<id>/upload.json    whose it is, how long it will be, under what name; the id of the submission it becomes
                 data           the bytes; those behind the acknowledged offset count for nothing
                 offset.json    how many bytes are durable, and since when
                 done.json      the submission it became; then ``data`` is gone from here
                 lock           held by the one who writes; goes with the process, however it ends

    complete ─link→ quarantine/<submission>.part ─rename→ quarantine/<submission> ─ledger→ done.json ─unlink data

Stopped anywhere on that way, whoever asks next goes on: the bytes stay here until the ledger has the submission, and its id
was fixed when the upload began. Where machines share a quarantine, uploads lie there instead: ``api.http.shared_uploads``.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

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
from api.http.upload_writing import Writing, disk_errors
from archive.catalogue import Received
from archive.digest import file_digests
from archive.durable import write_whole
from archive.errors import LuutruError, SubmissionMissingError
from ingest.arrival import kind_of_name
from ingest.intake import Intake
from ingest.quarantine import begin_whole, end_whole, remove_tree
from ingest.unpack.intake import disk_error

_log = logging.getLogger("luutru.uploads")
_creating = threading.Lock()


class UploadsStore:
    """All uploads of one installation, in ``folder``. Shared by all threads; other processes may have it open too."""

    def __init__(
        self,
        folder: Path,
        intake: Callable[[], Intake],
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        at_most_bytes: int,
    ) -> None:
        self._folder = folder
        self._intake = intake
        self._now = now
        self._new_id = new_id
        self.at_most_bytes = at_most_bytes

    def create(self, upload: Upload) -> Upload:
        """The upload under ids of ours, durable, with nothing in it yet.

        Raises ArrivalTooLargeError, ArrivalEmptyError, TooManyUploadsError, BackpressureError, QuarantineFullError.
        """
        require_size(upload.length, self.at_most_bytes)
        made = replace(upload, id=self._new_id(), submission_id=self._new_id())
        with _creating:
            self._remove_expired()
            under_way = [item for item in self._all() if self._done(item.id) is None]
            if sum(item.account_id == made.account_id for item in under_way) >= MOST_OF_ONE:
                raise too_many(MOST_OF_ONE)
            # What others have announced and not sent yet is spoken for.
            announced = sum(max(0, (item.length or 0) - self._offset(item.id)[0]) for item in under_way)
            self._intake().refuse_when_short((made.length or 0) + announced)
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                part = begin_whole(self._folder / made.id)
                write_whole(part / "upload.json", _json(asdict(made)))
                write_whole(part / "offset.json", _json({"offset": 0, "at": self._now().isoformat()}))
                (part / "data").touch(0o600)
                end_whole(self._folder / made.id)
            except OSError as error:
                with suppress(OSError):
                    remove_tree(self._folder / f"{made.id}.part")
                raise disk_error(error) from error
        return made

    def found(self, upload_id: str, account_id: str) -> Upload:
        """Raises UploadMissingError: the same for what is not there and for another's."""
        upload = self._read(upload_id)
        if upload is None or upload.account_id != account_id or self._expired(upload):
            raise UploadMissingError(
                "Không có lần tải lên này trên máy nhận yêu cầu.",
                remedy="Bắt đầu lại bằng POST /api/v1/uploads. Nếu kho có nhiều máy và lỗi lặp lại: báo quản trị viên, "
                "proxy phải gửi mọi yêu cầu của một người gửi về cùng một máy.",
            )
        return upload

    def standing(self, upload: Upload) -> Standing:
        offset, at = self._offset(upload.id)
        return Standing(offset, at + LIFE, self._done(upload.id))

    def with_length(self, upload: Upload, length: int) -> Upload:
        """The upload whose length is known now. Raises UploadLengthError, ArrivalTooLargeError, ArrivalEmptyError."""
        if upload.length == length:
            return upload
        if upload.length is not None or length < self._offset(upload.id)[0]:
            raise length_wrong()
        require_size(length, self.at_most_bytes)
        known = replace(upload, length=length)
        with self._locked(upload.id), disk_errors():
            write_whole(self._folder / upload.id / "upload.json", _json(asdict(known)))
        return known

    @contextmanager
    def writing(self, upload: Upload, offset: int, checksum: tuple[str, str] | None = None) -> Iterator[Writing]:
        """The one writer of this upload, at ``offset``. Raises UploadBusyError and UploadOffsetError.

        ``checksum``: algorithm (of hashlib) and hexadecimal digest of all that will be taken; then all of it counts or none.
        """
        with self._locked(upload.id), disk_errors():
            stands = self._offset(upload.id)[0]
            if offset != stands:
                raise offset_wrong(stands)
            if self._done(upload.id) is not None:
                yield self._writing(upload, -1, offset, None)
                return
            file = os.open(self._folder / upload.id / "data", os.O_WRONLY | os.O_CLOEXEC)
            try:
                if upload.length is None or offset < upload.length:
                    os.ftruncate(file, offset)
                os.lseek(file, offset, os.SEEK_SET)
                yield self._writing(upload, file, offset, checksum)
            finally:
                os.close(file)

    def finished(self, upload: Upload) -> str | None:
        """The id of the submission it became: made now when all bytes are there; None while some are missing.

        Raises UploadBusyError, and whatever ``Intake.received`` raises: the bytes stay, and it is tried again when asked.
        """
        if (done := self._done(upload.id)) is not None:
            return done
        if upload.length is None or self._offset(upload.id)[0] != upload.length:
            return None
        with self._locked(upload.id):
            return self._submitted(upload)

    def remove(self, upload: Upload) -> None:
        """Nothing is left of the upload; a submission it became stays. Raises UploadBusyError."""
        with self._locked(upload.id), disk_errors():
            remove_tree(self._folder / upload.id)

    def sweep(self) -> int:
        """Finishes what is complete and removes what is given up; those being written to are passed over. Says how many went."""
        for upload in self._all():
            try:
                self.finished(upload)
            except (LuutruError, OSError) as error:
                _log.warning("upload %s: not finished: %s", upload.id, error)
        swept = self._remove_expired()
        self._sweep_parts()
        return swept

    def _remove_expired(self) -> int:
        removed = 0
        for upload in self._all():
            with suppress(LuutruError):
                if self._expired(upload):
                    self.remove(upload)
                    removed += 1
        return removed

    def _writing(self, upload: Upload, file: int, offset: int, checksum: tuple[str, str] | None) -> Writing:
        longest = upload.length if upload.length is not None else self.at_most_bytes
        note = partial(self.note_offset, upload)
        return Writing(file, offset, longest=longest, note=note, checksum=checksum)

    def _submitted(self, upload: Upload) -> str:
        """Under the lock: exactly one submission, however often this is begun."""
        if (done := self._done(upload.id)) is not None:
            return done
        intake, data = self._intake(), self._folder / upload.id / "data"
        assert upload.length is not None
        if not _received_before(intake, upload.submission_id):
            received = self._received(intake, upload, data)
            submission_id = received.submission.id
        else:
            submission_id = upload.submission_id
        with disk_errors():
            write_whole(self._folder / upload.id / "done.json", _json({"submission_id": submission_id}))
            data.unlink(missing_ok=True)
        return submission_id

    def _received(self, intake: Intake, upload: Upload, data: Path) -> Received:
        assert upload.length is not None
        arrival = intake.arrival(
            stated_bytes=upload.length,
            held_bytes=upload.length,
            at_most_bytes=self.at_most_bytes,
            submission_id=upload.submission_id,
        )
        try:
            with disk_errors():
                digests = file_digests(data)
            assert digests.size_bytes == upload.length, "only a complete upload becomes a submission"
            arrival.adopt(data, digests.sha256, digests.size_bytes)
            return intake.received(
                arrival,
                kind_of_name(upload.name),
                name=upload.name,
                owner=upload.owner,
                actor=upload.actor,
                client_key=upload.client_key,
            )
        finally:
            intake.give_up(arrival)

    def note_offset(self, upload: Upload, offset: int) -> None:
        """So many bytes are durable; only after they are."""
        place = self._folder / upload.id / "offset.json"
        write_whole(place, _json({"offset": offset, "at": self._now().isoformat()}))

    @contextmanager
    def _locked(self, upload_id: str) -> Iterator[None]:
        try:
            file = (self._folder / upload_id / "lock").open("w")
        except FileNotFoundError:
            raise UploadMissingError("Không có lần tải lên này.") from None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UploadBusyError("Lần tải lên này đang được ghi.", remedy="Thử lại sau vài giây.") from None
            yield

    def _all(self) -> list[Upload]:
        if not self._folder.is_dir():
            return []
        names = sorted(entry.name for entry in os.scandir(self._folder))
        return [upload for name in names if (upload := self._read(name)) is not None]

    def _read(self, upload_id: str) -> Upload | None:
        value = _value(self._folder / upload_id / "upload.json")
        return Upload(**value) if value is not None and "." not in upload_id else None

    def _offset(self, upload_id: str) -> tuple[int, datetime]:
        value = _value(self._folder / upload_id / "offset.json")
        if value is None:
            raise UploadMissingError("Không có lần tải lên này.")
        return int(value["offset"]), datetime.fromisoformat(value["at"])

    def _done(self, upload_id: str) -> str | None:
        value = _value(self._folder / upload_id / "done.json")
        return str(value["submission_id"]) if value is not None else None

    def _expired(self, upload: Upload) -> bool:
        """Complete ones that could not become a submission yet (no room, a key used before) are kept longer."""
        offset, at = self._offset(upload.id)
        complete = offset == upload.length and self._done(upload.id) is None
        return at + (LIFE_OF_COMPLETE if complete else LIFE) <= self._now()

    def _sweep_parts(self) -> None:
        """What a process that died while creating left; an hour is longer than creating takes."""
        for part in self._folder.glob("*.part") if self._folder.is_dir() else ():
            with suppress(OSError):
                if self._now().timestamp() - part.stat().st_mtime > 3600:
                    remove_tree(part)


def _received_before(intake: Intake, submission_id: str) -> bool:
    with intake.catalogue.read() as reading:
        try:
            reading.submission(submission_id)
        except SubmissionMissingError:
            return False
        return True


def _value(file: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    assert isinstance(value, dict)
    return value


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8")
