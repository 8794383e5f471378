"""Bytes that arrive piece by piece: straight into quarantine, digested as they come; acknowledged whole or not kept at all."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from contextlib import ExitStack
from pathlib import Path

from archive.errors import LuutruError
from ingest.quarantine import Quarantine, Slot
from ingest.unpack.intake import disk_error

CHUNK_BYTES = 1 << 20
UNNAMED = "tệp"
_KIND = re.compile(r"(\.tar)?\.[a-z0-9]{1,8}$")


class ArrivalTooLargeError(LuutruError):
    """More came than one submission may have; nothing of it was kept."""

    code = "intake.too-large"
    http_status = 413


class ArrivalEmptyError(LuutruError):
    """Not one byte came: there is nothing to be received."""

    code = "intake.empty"
    http_status = 400


def kind_of_name(name: str) -> str:
    """Only the kind of thing that came (``.tar.gz``): a name may say what a secret document must not (see refusal)."""
    found = _KIND.search(name.lower())
    return found.group() if found else UNNAMED


class Arrival:
    """One transfer under way. Made by ``Intake.arrival``; ends in ``Intake.received`` or ``give_up``, whichever thread.

    Until then a lock that ends with the process says that somebody still receives it.
    """

    def __init__(self, quarantine: Quarantine, submission_id: str, *, at_most_bytes: int) -> None:
        """Raises QuarantineFullError."""
        self.submission_id = submission_id
        self.is_settled = False
        self.size_bytes = 0
        self._digest = hashlib.sha256()
        self._given = ""
        self._quarantine = quarantine
        self._at_most = at_most_bytes
        self._file = -1
        self._held = ExitStack()
        try:
            self._held.enter_context(quarantine.being_received(submission_id))
            self.slot: Slot = quarantine.begin(submission_id)
        except OSError as error:
            self.give_up()
            raise disk_error(error) from error
        except BaseException:
            self.give_up()
            raise

    @property
    def sha256(self) -> str:
        """Of what has come so far, as it passed; or as given."""
        return self._given or self._digest.hexdigest()

    def take(self, data: bytes) -> None:
        """The next piece. Raises ArrivalTooLargeError, and QuarantineFullError when the disk has no room: then give up."""
        self.size_bytes += len(data)
        if self.size_bytes > self._at_most:
            raise ArrivalTooLargeError(
                f"Gói nộp lớn hơn mức cho phép ({self._at_most >> 20} MiB).",
                remedy="Chia thành nhiều hồ sơ, hoặc đề nghị kho lưu trữ nâng mức.",
            )
        try:
            if self._file < 0:
                self._file = os.open(self.slot.transfer, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            self._digest.update(data)
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            raise disk_error(error) from error

    def adopt(self, file: Path, sha256: str, size_bytes: int) -> None:
        """``file``, durable and digested already, is the whole transfer: the same bytes under a second name, no copy.

        The first name stays until its owner takes it away, so that being interrupted here loses nothing.
        """
        try:
            try:
                os.link(file, self.slot.transfer)
            except OSError as error:
                if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
                    raise
                shutil.copyfile(file, self.slot.transfer)
                with self.slot.transfer.open("rb") as copied:
                    os.fsync(copied.fileno())
        except OSError as error:
            raise disk_error(error) from error
        self.stand_for(sha256, size_bytes)

    def stand_for(self, sha256: str, size_bytes: int) -> None:
        """What lies in the slot came another way, and is known by this digest."""
        self._given, self.size_bytes = sha256, size_bytes

    def complete(self, name: str = "") -> None:
        """Everything taken is durable in its slot, with the name its sender gave it.

        Raises ArrivalEmptyError and QuarantineFullError.
        """
        if not self.size_bytes and not self._given:
            raise ArrivalEmptyError("Không có byte nào được gửi.", remedy="Kiểm tra tệp cần nộp rồi gửi lại.")
        try:
            if name:
                self.slot.keep_name(name)
            if self._file >= 0:
                os.fsync(self._file)
            self._close()
            self._quarantine.complete(self.submission_id)
        except OSError as error:
            raise disk_error(error) from error

    def settled(self) -> None:
        """Acknowledged, or removed: nobody receives this any more."""
        self.is_settled = True
        self._close()
        self._held.close()

    def give_up(self) -> None:
        """What came is gone, unless it was made whole before."""
        self.is_settled = True
        self._close()
        with self._held:
            self._quarantine.give_up(self.submission_id)

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
