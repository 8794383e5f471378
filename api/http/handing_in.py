"""A body straight into quarantine: digested as it comes, acknowledged when it is durable, gone when anything is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.http.gate import Asked
from api.http.incoming import (
    blocks,
    digest_mismatch,
    media_type,
    name_given,
    refuse_coded,
    stated_length,
    stated_sha256,
)
from api.http.one_file import OneFile
from api.http.problems import ProblemError
from archive.catalogue import Received
from ingest.arrival import Arrival, kind_of_name
from ingest.intake import Intake

FORM = "multipart/form-data"
SUFFIX_OF = {
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
    "application/x-tar": ".tar",
    "application/gzip": ".tar.gz",
    "application/x-gzip": ".tar.gz",
    "application/pdf": ".pdf",
    "application/octet-stream": "",
}
"""Media types a submission may come as; the suffix only says what came when the sender gives no name."""


@dataclass(frozen=True)
class Sender:
    """Who hands in: as the catalogue and the ledger name them."""

    owner: str
    actor: str

    @classmethod
    def of(cls, asked: Asked) -> Sender:
        return cls(asked.who.agency_code, asked.actor)


async def handed_in(request: Request, asked: Asked, client_key: str | None) -> Received:
    """The submission this body is. Raises ProblemError and LuutruError; then nothing of it was kept."""
    kind = media_type(request)
    if kind != FORM and kind not in SUFFIX_OF:
        raise ProblemError(
            415,
            "request.media-type",
            "Kiểu nội dung này không được nhận.",
            remedy="Gửi với Content-Type: application/zip, application/x-tar, application/gzip, application/pdf hoặc "
            "application/octet-stream; hoặc multipart/form-data với một tệp.",
        )
    refuse_coded(request)
    form = OneFile(request.headers["content-type"]) if kind == FORM else None
    expected = stated_sha256(request)
    if form is not None and expected is not None:
        # RFC 9530: such a field speaks of the whole form, never of the file in it.
        raise ProblemError(
            400,
            "request.digest-unreadable",
            "Mã băm trong tiêu đề nói về cả biểu mẫu, không phải về tệp.",
            remedy="Muốn đối chiếu mã băm thì gửi thẳng nội dung tệp, không qua biểu mẫu.",
        )
    limit = asked.service.installation.settings.largest_submission_bytes
    if stated_length(request) > limit:
        raise too_large(limit)
    intake = asked.service.installation.intake()
    arrival = await run_in_threadpool(intake.arrival, stated_bytes=stated_length(request), at_most_bytes=limit)
    try:
        async for block in blocks(request):
            await run_in_threadpool(arrival.take, form.feed(block) if form else block)
        if form is not None:
            form.finish()
        if expected is not None and expected != arrival.sha256:
            raise digest_mismatch()
        name = form.name if form else name_given(request.headers.get("content-disposition"))
        return await run_in_threadpool(_received, intake, arrival, Sender.of(asked), name, kind, client_key)
    finally:
        # Also when the server ends this request: what is half there goes.
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(partial(intake.give_up, arrival))


def too_large(limit_bytes: int) -> ProblemError:
    return ProblemError(
        413,
        "intake.too-large",
        f"Gói nộp lớn hơn mức cho phép ({limit_bytes >> 20} MiB).",
        remedy="Chia thành nhiều hồ sơ, hoặc đề nghị kho lưu trữ nâng mức.",
        headers={"Connection": "close"},
    )


def _received(
    intake: Intake, arrival: Arrival, sender: Sender, name: str, media: str, client_key: str | None
) -> Received:
    kind = kind_of_name(name or SUFFIX_OF.get(media, ""))
    return intake.received(arrival, kind, name=name, owner=sender.owner, actor=sender.actor, client_key=client_key)
