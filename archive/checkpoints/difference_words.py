"""What verifying checkpoints can find, and how it says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archive.fsck.differences import Difference

MESSAGES: Mapping[str, str] = {
    "store.place.unreachable": "Không kiểm tra được kho «{subject}»: {reason}",
    "checkpoint.row.changed": "Điểm niêm phong số {subject} trong danh mục đã bị sửa, xóa hoặc thay thế.",
    "checkpoint.catalogue.behind": "Kho «{store}» có điểm niêm phong số {subject}; danh mục chỉ có đến số {noted}.",
    "checkpoint.chain.broken": "Chuỗi điểm niêm phong trong kho «{subject}» bị đứt: {reason}",
    "checkpoint.chain.absent": "Kho «{subject}» không có điểm niêm phong nào; không chứng minh được gì.",
    "checkpoint.chain.forked": "Có hai điểm niêm phong khác nhau cùng mang số {subject}, đều do kho này ký.",
    "checkpoint.shipment.missing": "Kho «{store}» mới có niêm phong đến số {shipped} trong khi đã có đến số {newest}.",
    "checkpoint.object.missing": "Kho «{store}» thiếu điểm niêm phong số {subject}.",
    "checkpoint.object.damaged": "Điểm niêm phong số {subject} trong kho «{store}» đã bị sửa hoặc hỏng.",
    "checkpoint.part.missing": "Kho «{store}» thiếu {subject}.",
    "checkpoint.part.damaged": "{subject} trong kho «{store}» không đúng như khi niêm phong.",
    "checkpoint.part.unreadable": "Không đọc được {subject} trong kho «{store}».",
    "checkpoint.part.extra": "Kho «{store}» có {subject} mà không điểm niêm phong nào nêu.",
    "checkpoint.timestamp.missing": "Kho «{store}» thiếu dấu thời gian của điểm niêm phong số {subject}.",
    "checkpoint.timestamp.invalid": "Dấu thời gian của điểm niêm phong số {subject} không hợp lệ.",
    "ledger.seal.contradicted": "Sổ nhật ký không còn như khi niêm phong (điểm số {checkpoint}): sai từ bản ghi số {subject}.",
    "ledger.seal.unread": "Không kho nào còn nguyên các bản ghi số {subject}–{last} để đối chiếu với sổ nhật ký.",
    "ledger.seal.beyond": "Sổ nhật ký trong danh mục kết thúc ở bản ghi số {subject}; đã niêm phong đến số {sealed}.",
}


def difference(code: str, subject: object, behind: str, **details: Any) -> Difference:
    """A difference with its Vietnamese text; an unknown code is a defect of ours and raises KeyError."""
    return Difference(code, str(subject), behind, MESSAGES[code].format(subject=subject, **details), details)
