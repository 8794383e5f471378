"""A PDF that comes as the body of a request: into a file of this process, block by block, so that none is held in memory."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api.http.incoming import blocks, digest_mismatch, media_type, refuse_coded, stated_length, stated_sha256
from api.http.problems import ProblemError

MOST_BYTES = 64 << 20
_BEGINS = b"%PDF-"


async def take_pdf(request: Request, file: BinaryIO) -> None:
    """The body, written behind what ``file`` holds. Raises ProblemError for what is no PDF, too large, or not what was said."""
    if media_type(request) not in ("application/pdf", "application/octet-stream"):
        raise ProblemError(
            415, "request.media-type", "Chỉ nhận tệp PDF.", remedy="Gửi với Content-Type: application/pdf."
        )
    refuse_coded(request)
    expected, digest, size, begins = stated_sha256(request), hashlib.sha256(), 0, b""
    if stated_length(request) > MOST_BYTES:
        raise _too_large()
    async for block in blocks(request):
        size += len(block)
        if size > MOST_BYTES:
            raise _too_large()
        if len(begins) < len(_BEGINS):
            begins = (begins + block)[: len(_BEGINS)]
            if not _BEGINS.startswith(begins):
                raise _no_pdf()
        digest.update(block)
        await run_in_threadpool(file.write, block)
    if begins != _BEGINS:
        raise _no_pdf()
    if expected is not None and expected != digest.hexdigest():
        raise digest_mismatch()


def _no_pdf() -> ProblemError:
    return ProblemError(
        415,
        "paper.not-a-pdf",
        "Nội dung gửi lên không phải tệp PDF.",
        remedy="Gửi đúng bản PDF đã ký số.",
        headers={"Connection": "close"},
    )


def _too_large() -> ProblemError:
    return ProblemError(
        413,
        "paper.too-large",
        f"Giấy tờ lớn hơn {MOST_BYTES >> 20} MiB.",
        remedy="Giảm độ phân giải bản quét.",
        headers={"Connection": "close"},
    )
