"""What rebuilding can find wrong, and how it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archive.errors import LuutruError


class RebuildError(LuutruError):
    """A catalogue cannot be rebuilt from what is there; nothing that works already was touched."""

    code = "rebuild.failed"


class RebuildRefusedError(RebuildError):
    """The new home is not new, or another rebuild stands there half done."""

    code = "rebuild.home-not-empty"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that did not come back, or that a person must look at. ``red``: something held was lost or damaged."""

    code: str
    subject: str
    message: str
    store: str = ""
    red: bool = True
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "subject": self.subject,
            "message": self.message,
            "store": self.store,
            "red": self.red,
            "detail": self.detail,
        }

    @classmethod
    def of_json(cls, row: Mapping[str, Any]) -> Problem:
        return cls(
            str(row["code"]),
            str(row["subject"]),
            str(row["message"]),
            str(row["store"]),
            bool(row["red"]),
            str(row["detail"]),
        )


_MESSAGES: Mapping[str, tuple[bool, str]] = {
    "checkpoint.chain.damaged": (
        True,
        "Điểm niêm phong {subject} không dùng được; đã lùi về điểm trước đó còn nguyên vẹn.",
    ),
    "checkpoint.object.damaged": (
        True,
        "Đối tượng {subject} của điểm niêm phong không còn nguyên vẹn trong kho «{store}».",
    ),
    "package.object.missing": (True, "Kho «{store}» thiếu gói tin {subject}."),
    "package.object.damaged": (True, "Gói tin {subject} trong kho «{store}» không còn nguyên vẹn."),
    "package.object.unreadable": (True, "Không đọc được gói tin {subject} trong kho «{store}»."),
    "package.description.lost": (
        True,
        "Không kho nào còn mô tả của gói tin {subject}; hồ sơ được giữ chỗ, cần dựng lại khi có bản lưu khác.",
    ),
    "package.content.sealed": (
        True,
        "Gói tin {subject} đã niêm phong, chưa có khóa: các byte đã đối chiếu đúng, nhưng danh mục văn bản bên trong chưa "
        "dựng lại được; mở kho khóa rồi dựng lại.",
    ),
    "package.object.unclaimed": (
        False,
        "Kho «{store}» có gói tin {subject} mà nhật ký đã niêm phong chưa biết; giữ nguyên, không đưa vào danh mục.",
    ),
    "submission.content.lost": (
        False,
        "Hồ sơ nộp lưu {subject} chưa kịp lưu vào kho khi sự cố xảy ra; nội dung đã mất, cần nộp lại.",
    ),
    "catalogue.contradiction.found": (True, "{detail}"),
}


def problem(code: str, subject: object, store: str = "", detail: str = "") -> Problem:
    """A problem with its Vietnamese text; an unknown code is a defect of ours and raises KeyError."""
    red, message = _MESSAGES[code]
    return Problem(code, str(subject), message.format(subject=subject, store=store, detail=detail), store, red, detail)
