"""What fsck can find, and how it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """One contradiction. ``subject``: the id, key or number it concerns. ``behind``: the side that is wrong or late
    (``ledger``, ``catalogue``, ``store:<name>``, ``index``, ``quarantine``)."""

    code: str
    subject: str
    behind: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "subject": self.subject,
            "behind": self.behind,
            "message": self.message,
            "details": dict(self.details),
        }


MESSAGES: Mapping[str, str] = {
    "ledger.record.changed": "Bản ghi số {subject} của sổ nhật ký đã bị sửa hoặc chèn vào.",
    "ledger.record.missing": "Sổ nhật ký thiếu bản ghi số {subject}.",
    "ledger.columns.changed": "Cột tra cứu của bản ghi số {subject} không khớp với nội dung bản ghi.",
    "ledger.end.changed": "Sổ nhật ký kết thúc ở bản ghi số {found}, trong khi danh mục ghi nhận số {noted}.",
    "ledger.receipt.contradicted": "Biên nhận của hồ sơ {subject} nêu bản ghi số {seq} với mã băm khác trong sổ.",
    "submission.row.missing": "Sổ nhật ký ghi đã tiếp nhận hồ sơ {subject} nhưng danh mục không có.",
    "submission.events.contradicted": "Các sự kiện của hồ sơ {subject} trong sổ nhật ký thiếu hoặc trái bảng trạng thái.",
    "submission.state.changed": "Hồ sơ {subject}: danh mục ghi «{catalogue}», sổ nhật ký dẫn đến «{ledger}».",
    "submission.content.changed": "Hồ sơ {subject}: dữ liệu tiếp nhận trong danh mục khác với sổ nhật ký.",
    "submission.seq.changed": "Hồ sơ {subject}: danh mục dẫn tới bản ghi số {catalogue}, sổ chỉ có đến số {ledger}.",
    "aip.row.missing": "Hồ sơ {subject} đã đóng gói nhưng danh mục không có gói tin.",
    "aip.row.changed": "Gói tin {subject}: kích thước hoặc mã băm trong danh mục khác với sổ nhật ký.",
    "tombstone.row.missing": "Sổ nhật ký ghi đã bắt đầu hủy hồ sơ {subject} nhưng danh mục không có bia của hồ sơ đó.",
    "tombstone.row.changed": "Bia của hồ sơ {subject} trong danh mục khác với sổ nhật ký.",
    "tombstone.record.missing": "Danh mục ghi {subject} đã hủy nhưng sổ nhật ký không có việc hủy nào như vậy.",
    "copy.object.missing": "Kho «{store}» thiếu gói tin {subject}.",
    "copy.object.damaged": "Bản lưu của gói tin {subject} trong kho «{store}» không còn nguyên vẹn.",
    "copy.object.unreadable": "Không đọc được bản lưu của gói tin {subject} trong kho «{store}».",
    "copy.content.sealed": "Gói tin {subject} trong kho «{store}» đúng từng byte, nhưng chưa xem được bên trong vì thiếu khóa.",
    "package.content.sealed": "Chưa đối chiếu được nội dung gói tin {subject} với danh mục vì thiếu khóa.",
    "paper.object.missing": "Kho «{store}» thiếu giấy tờ {subject} của đợt hủy.",
    "paper.object.damaged": "Giấy tờ {subject} của đợt hủy trong kho «{store}» không còn nguyên vẹn.",
    "paper.object.unreadable": "Không đọc được giấy tờ {subject} của đợt hủy trong kho «{store}».",
    "copy.row.behind": "Danh mục chưa ghi nhận bản lưu nguyên vẹn của gói tin {subject} trong kho «{store}».",
    "store.place.unreachable": "Không kiểm tra được kho «{subject}»: {reason}",
    "store.object.extra": "Kho «{store}» có đối tượng {subject} mà danh mục không biết.",
    "store.file.foreign": "Kho «{store}» có tệp lạ: {subject}.",
    "package.content.unreadable": "Gói tin {subject} không đọc được như một gói lưu trữ.",
    "document.row.missing": "Tài liệu «{path}» có trong gói tin {subject} nhưng không có trong danh mục.",
    "document.row.extra": "Tài liệu «{path}» có trong danh mục nhưng không có trong gói tin {subject}.",
    "document.row.changed": "Tài liệu «{path}» của gói tin {subject}: danh mục khác với gói tin ({fields}).",
    "index.entry.missing": "Chỉ mục tìm kiếm thiếu {subject}.",
    "index.entry.extra": "Chỉ mục tìm kiếm có {subject} mà danh mục không có.",
    "index.place.unreachable": "Không kiểm tra được chỉ mục tìm kiếm: {reason}",
    "quarantine.content.left": "Khu cách ly còn giữ nội dung {subject} đáng lẽ đã được xóa.",
    "quarantine.content.missing": "Khu cách ly thiếu nội dung của hồ sơ {subject} đang xử lý.",
}


def difference(code: str, subject: object, behind: str, **details: Any) -> Difference:
    """A difference with its Vietnamese text; an unknown code is a defect of ours and raises KeyError."""
    return Difference(code, str(subject), behind, MESSAGES[code].format(subject=subject, **details), details)
