"""What the tus protocol (1.0.0) says in headers: version, metadata, checksums, and every answer marked as its own."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from api.http.incoming import plain_name
from api.http.problems import ProblemError, problem_of, response_of
from archive.errors import LuutruError

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination"
CHECKSUMS = ("sha256", "sha1")
CHUNK = "application/offset+octet-stream"
LONGEST_METADATA = 8192
_MOST_BYTES = 2**62


class TusRoute(APIRoute):
    """A route whose every answer, problems too, bears ``Tus-Resumable``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def marked(request: Request) -> Response:
            try:
                response = await handle(request)
            except ProblemError as error:
                response = response_of(error, request.scope.get("request_id"))
            except LuutruError as error:
                response = response_of(problem_of(error), request.scope.get("request_id"))
            response.headers["Tus-Resumable"] = VERSION
            return response

        return marked


def require_version(request: Request) -> None:
    """Raises ProblemError for another version of the protocol than ours."""
    if request.headers.get("tus-resumable") != VERSION:
        raise ProblemError(
            412,
            "upload.version-unsupported",
            "Phiên bản giao thức tus không được hỗ trợ.",
            remedy=f"Gửi tiêu đề Tus-Resumable: {VERSION}.",
            headers={"Tus-Version": VERSION},
        )


def require_chunk(request: Request) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != CHUNK:
        raise ProblemError(
            415, "request.media-type", "Phần gửi phải có kiểu của tus.", remedy=f"Gửi với Content-Type: {CHUNK}."
        )


def number(request: Request, header: str) -> int | None:
    """A header that is a count of bytes; None when it is not sent. Raises ProblemError for anything else."""
    value = request.headers.get(header)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 19 and int(value) <= _MOST_BYTES):
        raise _wrong(header)
    return int(value)


def metadata(request: Request) -> dict[str, str]:
    """Upload-Metadata: keys and their decoded values. Raises ProblemError for what cannot be read."""
    header = request.headers.get("upload-metadata", "")
    if len(header) > LONGEST_METADATA:
        raise _wrong("Upload-Metadata")
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            raise _wrong("Upload-Metadata") from None
        if not key.isascii() or key in found:
            raise _wrong("Upload-Metadata")
        found[key] = text
    return found


def name_of(values: dict[str, str]) -> str:
    return plain_name(values.get("filename") or values.get("name") or "")


def key_of(request: Request, values: dict[str, str]) -> str | None:
    """The sender's own key, by the header or the metadata ``idempotency_key``. Raises ProblemError."""
    key = request.headers.get("idempotency-key") or values.get("idempotency_key")
    if key is None:
        return None
    if not (1 <= len(key) <= 255 and key.isascii() and key.isprintable() and " " not in key):
        raise _wrong("Idempotency-Key")
    return key


def checksum(request: Request) -> tuple[str, str] | None:
    """Algorithm and hexadecimal digest of Upload-Checksum; None when none is sent. Raises ProblemError."""
    header = request.headers.get("upload-checksum")
    if header is None:
        return None
    algorithm, _, value = header.partition(" ")
    if algorithm not in CHECKSUMS:
        raise ProblemError(
            400,
            "upload.checksum-unsupported",
            "Thuật toán băm không được hỗ trợ.",
            remedy=f"Dùng một trong: {', '.join(CHECKSUMS)}.",
        )
    try:
        digest = base64.b64decode(value.strip(), validate=True)
    except binascii.Error:
        raise _wrong("Upload-Checksum") from None
    if len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise _wrong("Upload-Checksum")
    return algorithm, digest.hex()


def http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)


def _wrong(header: str) -> ProblemError:
    return ProblemError(
        400, "upload.header-wrong", f"Tiêu đề {header} không đúng.", remedy="Xem giao thức tus 1.0.0 tại tus.io."
    )
