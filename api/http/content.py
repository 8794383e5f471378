"""Bytes over HTTP: names that survive, types that do not run, one range or all, and conditions (RFC 9110, 6266, 8187)."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

from api.delivering import Proofs, Proven
from api.http.problems import ProblemError
from archive.errors import LuutruError

UNKNOWN_TYPE = "application/octet-stream"
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")
_INERT = re.compile(
    r"application/(pdf|zip|rtf|msword|x-tar|gzip|vnd\.(?!.*(\+xml|xhtml|flash|adobe\.xdp)).+)"
    r"|image/(?!svg).+|audio/.+|video/.+|text/(plain|csv|rtf)"
)
"""Types a browser can only show. Whatever may hold script goes out as unknown bytes; its real type is in the metadata."""
_RANGE = re.compile(r"\s*(\d*)\s*-\s*(\d*)\s*")
_ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_KEPT_IN_NAMES = "!#$&+-.^_`|~"
"""attr-char of RFC 8187 that ``quote`` would not keep by itself."""


@dataclass(frozen=True, slots=True)
class Range:
    """``length`` bytes from ``first`` on."""

    first: int
    length: int

    def header(self, size_bytes: int) -> str:
        return f"bytes {self.first}-{self.first + self.length - 1}/{size_bytes}"


class RangeUnsatisfiableError(Exception):
    """None of the ranges asked for lies inside."""


def asked_range(value: str | None, size_bytes: int) -> Range | None:
    """The one range ``value`` asks for, or None when all bytes are the answer: no range, another unit, malformed.

    Several ranges are answered with all bytes, which RFC 9110 (14.2) leaves to the server: many small ranges in one
    request are a known way to make a server work. Raises RangeUnsatisfiableError when not one of them can be met.
    """
    if value is None:
        return None
    unit, equals, text = value.partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return None
    found: list[Range | None] = []
    for piece in text.split(","):
        if not piece.strip():
            continue
        matched = _RANGE.fullmatch(piece)
        if matched is None or len(piece) > 50 or not any(matched.groups()):
            return None
        first, last = matched.groups()
        if first and last and int(last) < int(first):
            return None
        found.append(_within(first, last, size_bytes))
    if not found:
        return None
    if not any(found):
        raise RangeUnsatisfiableError
    return found[0] if len(found) == 1 else None


def _within(first: str, last: str, size_bytes: int) -> Range | None:
    if not first:
        length = min(int(last), size_bytes)
        return Range(size_bytes - length, length) if length else None
    begin = int(first)
    if begin >= size_bytes:
        return None
    end = min(int(last), size_bytes - 1) if last else size_bytes - 1
    return Range(begin, end - begin + 1)


def etag(sha256: str) -> str:
    """Strong: the same digest is the same bytes."""
    return f'"{sha256}"'


def matches(value: str, tag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags (If-Match, If-None-Match) has ``tag``; ``weak``: weak tags count too."""
    if value.strip() == "*":
        return True
    return any(
        match.group(0).removeprefix("W/") == tag and (weak or not match.group(1)) for match in _ETAG.finditer(value)
    )


def disposition(name: str, kind: str = "attachment") -> str:
    """Content-Disposition under which every browser saves exactly ``name``, or the nearest its disk can hold.

    ``filename*`` has the name itself; ``filename`` the same without diacritics, for those that know only that.
    """
    shown = "".join(char for char in name.rsplit("/", 1)[-1] if unicodedata.category(char) not in ("Cc", "Cs")) or "_"
    exact = quote(shown, safe=_KEPT_IN_NAMES)
    plain = ascii_name(shown)
    return f'{kind}; filename="{plain}"' + ("" if plain == shown else f"; filename*=UTF-8''{exact}")


def ascii_name(name: str) -> str:
    """``name`` in ASCII that needs no quoting inside quotes; a percent sign would be decoded by some."""
    parted = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    base = "".join(char for char in parted if not unicodedata.combining(char))
    return re.sub(r'[^\x20-\x7e]|["\\%;]', "_", base).strip() or "_"


def media_type(recorded: str) -> str:
    """The type bytes go out as. No charset is ever stated: in which one a text was written is not ours to guess."""
    kind = recorded.partition(";")[0].strip().lower()
    return kind if _TYPE.fullmatch(kind) and _INERT.fullmatch(kind) else UNKNOWN_TYPE


@dataclass(frozen=True, slots=True)
class Representation:
    """What is given out, before its bytes are touched: enough for HEAD, conditions and ranges."""

    name: str
    media_type: str
    size_bytes: int
    sha256: str

    def headers(self) -> dict[str, str]:
        digest = base64.b64encode(bytes.fromhex(self.sha256)).decode("ascii")
        return {
            # Starlette would add a charset to a text's type were it given as media_type.
            "Content-Type": self.media_type,
            "Content-Disposition": disposition(self.name),
            "Accept-Ranges": "bytes",
            "ETag": etag(self.sha256),
            "Repr-Digest": f"sha-256=:{digest}:",
            # May be kept, but each use asks again: rights change, and every use is recorded.
            "Cache-Control": "private, no-cache",
            "X-Content-Type-Options": "nosniff",
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """The answer a request comes to: 200, 206, 304; ``range`` for 206."""

    status: int
    range: Range | None = None


def wanted(request: Request, shown: Representation) -> Wanted:
    """Conditions first, then the range, in the order of RFC 9110 (13.2.2). Raises ProblemError 412 or 416."""
    given: Headers = request.headers
    tag = etag(shown.sha256)
    if (value := given.get("if-match")) is not None and not matches(value, tag, weak=False):
        raise ProblemError(412, "request.precondition-failed", "Nội dung không còn là bản đã nêu (If-Match).")
    if (value := given.get("if-none-match")) is not None and matches(value, tag, weak=True):
        return Wanted(304)
    asked = given.get("range") if request.method == "GET" else None
    if (value := given.get("if-range")) is not None and value.strip() != tag:
        asked = None
    try:
        found = asked_range(asked, shown.size_bytes)
    except RangeUnsatisfiableError:
        raise ProblemError(
            416,
            "request.range-unsatisfiable",
            "Khoảng byte nằm ngoài nội dung.",
            remedy=f"Nội dung có {shown.size_bytes} byte.",
            headers={"Content-Range": f"bytes */{shown.size_bytes}", "Accept-Ranges": "bytes"},
        ) from None
    return Wanted(200) if found is None else Wanted(206, found)


def without_body(shown: Representation, status: int) -> Response:
    """The answer to HEAD, or 304."""
    headers = shown.headers()
    if status == 304:
        headers = {name: headers[name] for name in ("ETag", "Cache-Control", "Repr-Digest")}
        return Response(status_code=304, headers=headers)
    return Response(headers={**headers, "Content-Length": str(shown.size_bytes)})


proofs = Proofs()
"""Of all services of this process."""


def with_body(shown: Representation, proven: Proven, part: Range | None) -> Response:
    """The bytes, streamed with flat memory; the length said is the length sent, or the connection breaks."""
    headers, status, length = shown.headers(), 200, shown.size_bytes
    if part is not None:
        status, length = 206, part.length
        headers["Content-Range"] = part.header(shown.size_bytes)
    headers["Content-Length"] = str(length)
    chunks = proven.chunks(part.first, part.length) if part else proven.chunks()
    return StreamingResponse(_watched(chunks, proven), status_code=status, headers=headers)


def _watched(chunks: Iterable[bytes], proven: Proven) -> Iterator[bytes]:
    """A reading that fails half-way is never taken for proven again."""
    try:
        yield from chunks
    except LuutruError:
        proofs.doubt(proven.part)
        raise


CONTENT_RESPONSES: Mapping[int | str, dict[str, Any]] = {
    200: {
        "description": "Toàn bộ nội dung, đúng từng byte. / All bytes, exactly as received.",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        "headers": {
            "ETag": {"description": "SHA-256, trong ngoặc kép. / SHA-256, quoted.", "schema": {"type": "string"}},
            "Repr-Digest": {"description": "SHA-256 (RFC 9530).", "schema": {"type": "string"}},
            "Content-Disposition": {
                "description": "Tên tệp gốc (RFC 6266/8187). / The original name.",
                "schema": {"type": "string"},
            },
        },
    },
    206: {
        "description": "Khoảng byte được yêu cầu. / The range asked for.",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    },
    304: {"description": "Bản đang giữ vẫn đúng. / What you hold is still right."},
}
