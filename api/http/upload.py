"""An upload as it is spoken of: what is fixed when it begins, where it stands, and what can be wrong with it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from archive.errors import LuutruError
from ingest.arrival import ArrivalEmptyError, ArrivalTooLargeError

LIFE = timedelta(hours=24)
"""An upload that gets no byte for so long is given up."""
LIFE_OF_COMPLETE = timedelta(days=7)
"""One that is complete and could not become a submission yet (no room, a key used before) is kept longer."""
MOST_OF_ONE = 50
"""Unfinished uploads of one account."""


class UploadMissingError(LuutruError):
    """No upload of this account has this id, or its time is over."""

    code = "upload.missing"
    http_status = 404


class UploadBusyError(LuutruError):
    """Somebody writes to this upload now."""

    code = "upload.busy"
    http_status = 423


class UploadOffsetError(LuutruError):
    """The bytes do not go on from where the upload stands."""

    code = "upload.offset-wrong"
    http_status = 409


class UploadLengthError(LuutruError):
    """The length of the whole was said before, and is another."""

    code = "upload.length-fixed"
    http_status = 409


class TooManyUploadsError(LuutruError):
    """The account has too many uploads under way."""

    code = "upload.too-many"
    http_status = 429


class ChecksumMismatchError(LuutruError):
    """The bytes of one request are not those its sender summed; none of them was kept."""

    code = "upload.checksum-mismatch"
    http_status = 460


@dataclass(frozen=True, slots=True)
class Upload:
    """What is fixed when an upload begins; ``length`` None until its sender knows it. ``metadata``: as it was sent."""

    id: str
    account_id: str
    owner: str
    actor: str
    length: int | None
    name: str
    client_key: str | None
    metadata: str
    submission_id: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an upload stands: bytes durable, when it is given up, and the submission it became."""

    offset: int
    expires_at: datetime
    submission_id: str | None


class Taking(Protocol):
    """The bytes of one request on their way into an upload. What is not settled does not count."""

    def take(self, data: bytes) -> None:
        """Raises ArrivalTooLargeError; what the disk or the shared store says; UploadOffsetError when another was faster."""
        ...

    def settle(self) -> int:
        """Everything taken is durable and acknowledged; says the offset. Raises ChecksumMismatchError."""
        ...

    def salvage(self) -> None:
        """The sender hung up: what came is kept, unless it was summed as a whole."""
        ...

    def forget(self) -> None:
        """Nothing behind the last durable offset counts."""
        ...


class Uploads(Protocol):
    """All uploads of one installation, wherever their bytes lie until they are a submission."""

    @property
    def at_most_bytes(self) -> int: ...

    def create(self, upload: Upload) -> Upload:
        """The upload under ids of ours, durable, with nothing in it yet.

        Raises ArrivalTooLargeError, ArrivalEmptyError, TooManyUploadsError, BackpressureError, and what the place of the
        bytes says.
        """
        ...

    def found(self, upload_id: str, account_id: str) -> Upload:
        """Raises UploadMissingError: the same for what is not there and for another's."""
        ...

    def standing(self, upload: Upload) -> Standing: ...

    def with_length(self, upload: Upload, length: int) -> Upload:
        """The upload whose length is known now. Raises UploadLengthError, ArrivalTooLargeError, ArrivalEmptyError."""
        ...

    def writing(
        self, upload: Upload, offset: int, checksum: tuple[str, str] | None = None
    ) -> AbstractContextManager[Taking]:
        """Bytes to come, at ``offset``. Raises UploadOffsetError, and UploadBusyError where there is one writer at a time.

        ``checksum``: algorithm (of hashlib) and hexadecimal digest of all that will be taken; then all of it counts or none.
        """
        ...

    def finished(self, upload: Upload) -> str | None:
        """The id of the submission it became: made now when all bytes are there; None while some are missing.

        Raises UploadBusyError, and whatever ``Intake.received`` raises: the bytes stay, and it is tried again when asked.
        """
        ...

    def remove(self, upload: Upload) -> None:
        """Nothing is left of the upload; a submission it became stays. Raises UploadBusyError."""
        ...

    def sweep(self) -> int:
        """Finishes what is complete and removes what is given up. Says how many went."""
        ...


def require_size(length: int | None, at_most_bytes: int) -> None:
    """Raises ArrivalEmptyError and ArrivalTooLargeError for a length no upload may have."""
    if length == 0:
        raise ArrivalEmptyError("Không có byte nào sẽ được gửi.", remedy="Kiểm tra tệp cần nộp rồi gửi lại.")
    if (length or 0) > at_most_bytes:
        raise ArrivalTooLargeError(
            f"Gói nộp lớn hơn mức cho phép ({at_most_bytes >> 20} MiB).",
            remedy="Chia thành nhiều hồ sơ, hoặc đề nghị kho lưu trữ nâng mức.",
        )


def too_many(allowed: int) -> TooManyUploadsError:
    return TooManyUploadsError(
        f"Tài khoản đang có {allowed} lần tải lên dở dang.",
        remedy="Hoàn tất hoặc hủy (DELETE) các lần tải lên dở, rồi thử lại.",
    )


def offset_wrong(stands: int) -> UploadOffsetError:
    return UploadOffsetError(
        f"Phần gửi không nối tiếp: đã có {stands} byte.", remedy="Hỏi lại vị trí bằng HEAD rồi gửi tiếp."
    )


def length_wrong() -> UploadLengthError:
    return UploadLengthError("Độ dài đã nêu không khớp.", remedy="Hỏi lại bằng HEAD.")


def beyond_length() -> ArrivalTooLargeError:
    return ArrivalTooLargeError(
        "Phần gửi dài hơn độ dài đã nêu của lần tải lên.", remedy="Kiểm tra Upload-Length và phần còn lại."
    )


def sum_wrong() -> ChecksumMismatchError:
    return ChecksumMismatchError("Mã băm của phần gửi không khớp; phần này không được giữ.", remedy="Gửi lại.")
