"""Verification by anyone, without an account, where the archive has enabled it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.gate import Asked, gate
from api.http.problems import ProblemError
from api.http.rates import MinuteCounts, Rates
from api.presence import Described, Presence, presences
from archive.access import Operation
from archive.events import Event
from archive.local_time import VIETNAM

router = APIRouter(tags=["verification"])
STREAMED = [("POST", "/api/v1/verify")]
LARGEST_BYTES = 1 << 30
_rates = Rates(per_minute=30, burst=30)
_counts = MinuteCounts("presence", at_most=60)
"""As much as one machine lets through in a first minute."""
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class DescribedView(BaseModel):
    """An open record."""

    aip_id: str = Field(description="Mã gói lưu trữ. / Package.", examples=["1f0c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5"])
    ordinal: int = Field(description="Số thứ tự tài liệu. / Place in the hồ sơ.", examples=[1])
    title: str = Field(description="Trích yếu. / Subject.", examples=["Về việc nâng bậc lương"])
    number: str = Field(description="Số, ký hiệu. / Number and notation.", examples=["15/QĐ-UBND"])
    agency: str = Field(description="Cơ quan nộp. / Agency.", examples=["Sở Nội vụ tỉnh Bình Minh"])
    file_code: str = Field(description="Mã hồ sơ. / Code of the hồ sơ.", examples=["H99.12.2025.15"])


class PresenceView(BaseModel):
    """One place these bytes are held."""

    held_since: datetime = Field(description="Lưu từ khi nào. / Held since.")
    match: str = Field(
        description="document: đúng cả tệp; signed_revision: đúng một phần đã ký của tệp. / The whole file, or a signed "
        "revision of it.",
        examples=["document"],
    )
    verdict: str | None = Field(
        description="Kết quả xác minh chữ ký số lúc tiếp nhận. / Verdict on its signatures.", examples=["passed"]
    )
    record: DescribedView | None = Field(description="Chỉ có khi tài liệu công khai. / Only when the record is open.")


class VerifyAnswer(BaseModel):
    """Whether exactly these bytes are in the archive."""

    sha256: str = Field(description="SHA-256 được hỏi. / The digest asked for.", examples=[_SHA256])
    held: bool = Field(description="Có đúng các byte này trong kho hay không. / Whether they are held.")
    places: list[PresenceView] = Field(description="Nơi lưu, lâu nhất trước. / Where, the longest held first.")


_TOLD = (
    "Cho biết đúng các byte này có trong kho không, từ khi nào, kết quả xác minh chữ ký; với tài liệu không công khai thì "
    "không cho biết gì khác. Chỉ có khi cơ quan lưu trữ bật chức năng này. Tệp gửi lên không được giữ lại.",
    "Tells whether exactly these bytes are held, since when, with which verdict; of a record that is not open, nothing "
    "else. Only where the archive has enabled it. A file sent is not kept.",
)


@router.get(
    "/verify/{sha256}",
    operation_id="verify_digest",
    **told(
        "Xác minh bằng mã băm",
        "Verify by digest",
        description=_TOLD,
        problems=(404, 429),
        public=True,
    ),
)
def verify_digest(
    sha256: Annotated[
        str, Path(pattern="^[0-9a-fA-F]{64}$", description="SHA-256 dạng hex. / In hex.", examples=[_SHA256])
    ],
    asked: Annotated[Asked, gate(Operation.PRESENCE_VERIFY)],
) -> VerifyAnswer:
    _admit(asked)
    return _answer(asked, sha256.lower(), "digest")


@router.post(
    "/verify",
    operation_id="verify_file",
    openapi_extra={
        "requestBody": {
            # Nothing at all is a file too, and may be asked about.
            "required": False,
            "description": "Nội dung tệp. / The file's bytes.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
    **told(
        "Xác minh bằng tệp",
        "Verify by file",
        description=_TOLD,
        problems=(404, 413, 429),
        public=True,
    ),
)
async def verify_file(request: Request, asked: Annotated[Asked, gate(Operation.PRESENCE_VERIFY)]) -> VerifyAnswer:
    await run_in_threadpool(_admit, asked)
    digest, size_bytes = hashlib.sha256(), 0
    async for chunk in request.stream():
        size_bytes += len(chunk)
        if size_bytes > LARGEST_BYTES:
            raise ProblemError(
                413,
                "request.too-large",
                f"Tệp lớn hơn {LARGEST_BYTES >> 20} MiB.",
                remedy="Tính SHA-256 của tệp rồi hỏi bằng mã băm: GET /api/v1/verify/{sha256}.",
                headers={"Connection": "close"},
            )
        digest.update(chunk)
    return await run_in_threadpool(_answer, asked, digest.hexdigest(), "file")


def _admit(asked: Asked) -> None:
    if not asked.service.installation.settings.public_verification:
        raise ProblemError(404, "request.address-unknown", "Không có địa chỉ này.")
    _rates.take(asked.address)
    if asked.service.among_others:
        _counts.take(asked.service.installation.catalogue, asked.address, asked.service.shared_clock)


def _answer(asked: Asked, sha256: str, by: str) -> VerifyAnswer:
    with asked.service.installation.catalogue.read() as reading:
        found = presences(reading, sha256)
    asked.record(Event.RECORD_PRESENCE_VERIFIED, sha256, {"sha256": sha256, "held": bool(found), "by": by})
    return VerifyAnswer(sha256=sha256, held=bool(found), places=[_view(item) for item in found])


def _view(item: Presence) -> PresenceView:
    return PresenceView(
        held_since=item.held_since.astimezone(VIETNAM),
        match="signed_revision" if item.revision else "document",
        verdict=item.verdict or None,
        record=_described(item.described) if item.described else None,
    )


def _described(item: Described) -> DescribedView:
    return DescribedView(
        aip_id=item.aip_id,
        ordinal=item.ordinal,
        title=item.title,
        number=item.number,
        agency=item.agency,
        file_code=item.file_code,
    )
