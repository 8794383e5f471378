"""A body as it comes in: in blocks worth a write, under a name that is only text, with the digest its sender states."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import AsyncIterator
from email.message import Message
from email.utils import collapse_rfc2231_value

from starlette.requests import ClientDisconnect, Request

from api.http.problems import ProblemError

BLOCK_BYTES = 1 << 20
LONGEST_NAME_BYTES = 255
_DIGEST = re.compile(r"\s*([a-z0-9*._-]+)\s*=\s*:([A-Za-z0-9+/=]*):\s*(?:;[^,]*)?", re.ASCII)


async def blocks(request: Request) -> AsyncIterator[bytes]:
    """The body in blocks of about ``BLOCK_BYTES``: few hops to a thread, flat memory.

    A sender that hangs up or falls silent ends it with a problem, behind all that came before: that is not a body, but
    may be kept as part of one.
    """
    gathered = bytearray()
    try:
        async for piece in request.stream():
            gathered += piece
            if len(gathered) >= BLOCK_BYTES:
                yield bytes(gathered)
                gathered.clear()
    except ClientDisconnect as error:
        if gathered:
            yield bytes(gathered)
        raise ProblemError(
            408,
            "request.incomplete",
            "Nội dung yêu cầu không tới đủ; chưa có gì được nhận.",
            remedy="Gửi lại; gói lớn hoặc đường truyền yếu thì gửi qua tus (/api/v1/uploads) để gửi tiếp được.",
            headers={"Connection": "close"},
        ) from error
    if gathered:
        yield bytes(gathered)


def stated_length(request: Request) -> int:
    """Content-Length, 0 when it is not said."""
    value = request.headers.get("content-length", "")
    return int(value) if value.isascii() and value.isdigit() else 0


def media_type(request: Request) -> str:
    """In lower case without parameters; ``application/octet-stream`` when none is said."""
    return request.headers.get("content-type", "application/octet-stream").partition(";")[0].strip().lower()


def refuse_coded(request: Request) -> None:
    """The bytes count as they are: a body under a content coding has two sets of digests, and is refused."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ProblemError(
            415,
            "request.content-coding",
            "Không nhận nội dung có Content-Encoding.",
            remedy="Gửi nguyên tệp, không nén ở tầng HTTP; tệp .tar.gz gửi với Content-Type: application/gzip.",
        )


def name_given(header: str | None) -> str:
    """The file name a Content-Disposition gives (``filename*`` before ``filename``), as plain text; "" for none."""
    if not header:
        return ""
    message = Message()
    message["Content-Disposition"] = _read_as_utf8(header).replace("\r", " ").replace("\n", " ")
    try:
        value = message.get_param("filename", header="content-disposition", unquote=True)
        found = collapse_rfc2231_value(value) if value else ""
    except (ValueError, LookupError):
        return ""
    return plain_name(found)


def plain_name(text: str) -> str:
    """The last part of a path, without control characters, at most 255 bytes: it is shown, and never opened."""
    last = text.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(letter for letter in last if letter.isprintable()).strip()
    if kept in ("", ".", ".."):
        return ""
    data = kept.encode("utf-8", "ignore")
    if len(data) <= LONGEST_NAME_BYTES:
        return data.decode("utf-8")
    stem, dot, suffix = kept.rpartition(".")
    ending = (dot + suffix).encode("utf-8", "ignore") if stem and len(suffix) <= 8 else b""
    return data[: LONGEST_NAME_BYTES - len(ending)].decode("utf-8", "ignore") + ending.decode("utf-8")


def stated_sha256(request: Request) -> str | None:
    """What Repr-Digest or Content-Digest (RFC 9530) says the SHA-256 of the body is, in hexadecimal; None for neither.

    Raises ProblemError for a field that cannot be read, or says nothing in SHA-256: it would look as if it were checked.
    """
    found: set[str] = set()
    for field in ("repr-digest", "content-digest"):
        lines = request.headers.getlist(field)
        if not lines:
            continue
        members = [_DIGEST.fullmatch(part) for part in ",".join(lines).split(",")]
        values = {member.group(1): member.group(2) for member in members if member is not None}
        if None in members or "sha-256" not in values:
            raise _digest_unreadable(field)
        try:
            digest = base64.b64decode(values["sha-256"], validate=True)
        except binascii.Error:
            raise _digest_unreadable(field) from None
        if len(digest) != 32:
            raise _digest_unreadable(field)
        found.add(digest.hex())
    if len(found) > 1:
        raise _digest_unreadable("repr-digest, content-digest")
    return next(iter(found), None)


def digest_mismatch() -> ProblemError:
    return ProblemError(
        400,
        "request.digest-mismatch",
        "Nội dung nhận được không khớp mã băm do bên gửi nêu; không có gì được giữ lại.",
        remedy="Kiểm tra tệp và mã băm rồi gửi lại.",
    )


def _digest_unreadable(field: str) -> ProblemError:
    return ProblemError(
        400,
        "request.digest-unreadable",
        "Không đọc được mã băm của nội dung (RFC 9530).",
        detail=field,
        remedy="Gửi theo mẫu: Repr-Digest: sha-256=:<mã băm dạng base64>:",
    )


def _read_as_utf8(header: str) -> str:
    """Headers come as Latin-1; who writes UTF-8 into one is understood all the same."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
