"""An upload as it is spoken of: what is fixed when it begins, where it stands, and what can be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archive.errors import LuutruError


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
