"""What a route says of itself in the OpenAPI document: Vietnamese first, English second, and every problem it can end in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.http.problems import MEDIA_TYPE, Problem

MEANING: Mapping[int, str] = {
    400: "Yêu cầu sai. / The request is wrong.",
    401: "Chưa đăng nhập, hoặc mã truy cập không còn hiệu lực. / Not authenticated.",
    403: "Không được phép. / Not allowed.",
    404: "Không có, hoặc không được biết là có. / Does not exist, or you may not know that it does.",
    405: "Phương thức không dùng được ở đây. / Method not allowed.",
    408: "Nội dung không tới tiếp. / The body stopped arriving.",
    409: "Trái với điều đã ghi nhận. / Conflicts with what is recorded.",
    410: "Không còn nữa. / Gone.",
    411: "Thiếu độ dài nội dung. / Length required.",
    412: "Phiên bản giao thức không được hỗ trợ. / Precondition failed.",
    413: "Nội dung quá lớn. / Content too large.",
    415: "Kiểu nội dung không được nhận. / Unsupported media type.",
    416: "Khoảng byte không có. / Range not satisfiable.",
    422: "Tham số hoặc nội dung không hợp lệ. / Invalid parameters or body.",
    429: "Quá nhiều lần thử. / Too many attempts.",
    460: "Mã băm của phần gửi không khớp. / Checksum mismatch.",
    503: "Tạm thời không thực hiện được; thử lại sau. / Cannot be done now; try again later.",
}


def told(
    vietnamese: str,
    english: str,
    *,
    description: tuple[str, str] = ("", ""),
    problems: tuple[int, ...] = (),
    responses: Mapping[int | str, dict[str, Any]] | None = None,
    public: bool = False,
) -> dict[str, Any]:
    """Keyword arguments for a route: ``@router.get("/x", **told("Tìm kiếm", "Search", problems=(400,)))``.

    401 and 403 (unless ``public``), 422 and 503 are said of every route.
    """
    always = (422, 503) if public else (401, 403, 422, 503)
    stated: dict[int | str, dict[str, Any]] = {
        status: {
            "description": MEANING[status],
            "model": Problem,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({*always, *problems})
    }
    text = "\n\n".join(part for part in description if part)
    return {
        "summary": f"{vietnamese} / {english}",
        "description": text or f"{vietnamese}.\n\n{english}.",
        "responses": {**stated, **(responses or {})},
    }
