"""The words people read in place of codes: states, answers, events, copies, metadata fields and their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archive.events import Event
from archive.finding import Answer, Severity
from archive.fixity import CopyState
from schemas.fields import Field, code_lists, fields_by_name

ANSWERS = {
    Answer.PASSED: "[green]đạt[/]",
    Answer.FAILED: "[red]không đạt[/]",
    Answer.INDETERMINATE: "[yellow]chưa đủ căn cứ[/]",
}
SEVERITIES = {
    Severity.ERROR: "[red]lỗi[/]",
    Severity.INDETERMINATE: "[yellow]chưa rõ[/]",
    Severity.WARNING: "[yellow]lưu ý[/]",
    Severity.INFO: "[dim]ghi chú[/]",
}
STATES = {
    "received": "đã tiếp nhận",
    "checked": "đã kiểm tra",
    "in_review": "[yellow]chờ xem xét[/]",
    "accepted": "được chấp nhận",
    "packaged": "đã đóng gói",
    "stored": "[green]đã lưu[/]",
    "returned": "[red]trả lại[/]",
    "refused": "[red]từ chối[/]",
}
COPY_STATES = {
    CopyState.OK: "[green]nguyên vẹn[/]",
    CopyState.MISMATCH: "[red]sai khác[/]",
    CopyState.MISSING: "[red]mất[/]",
    CopyState.UNREADABLE: "[yellow]không đọc được[/]",
    CopyState.EXTRA: "[red]thừa[/]",
    CopyState.NOT_RUN: "[yellow]chưa kiểm tra tới[/]",
    CopyState.OVERDUE: "[yellow]quá hạn kiểm tra[/]",
    CopyState.AWAITED: "[yellow]đang chờ sao[/]",
}
EVENTS = {
    Event.SUBMISSION_CONTENT_RECEIVED: "đã tiếp nhận nội dung",
    Event.SUBMISSION_CHECKS_COMPLETED: "đã kiểm tra xong",
    Event.SUBMISSION_DECISION_ACCEPTED: "quyết định tiếp nhận",
    Event.SUBMISSION_DECISION_REFERRED: "chuyển cán bộ xem xét",
    Event.SUBMISSION_DECISION_RETURNED: "quyết định trả lại",
    Event.SUBMISSION_CONTENT_REFUSED: "từ chối, hủy nội dung",
    Event.SUBMISSION_CONTENT_REMOVED: "đã xóa khỏi khu cách ly",
    Event.SUBMISSION_RECEIPT_ISSUED: "đã cấp biên nhận",
    Event.AIP_PACKAGE_WRITTEN: "đã ghi gói lưu trữ",
    Event.AIP_PACKAGE_REWRITTEN: "đã ghi lại gói lưu trữ dưới dạng khác",
    Event.KEYS_SHARES_PRINTED: "đã in các mảnh khóa",
    Event.KEYS_DRILL_COMPLETED: "đã diễn tập ghép mảnh khóa",
    Event.KEYS_KEK_RECOVERED: "đã ghép lại khóa bọc khóa",
    Event.KEYS_KEK_ROTATED: "đã xoay khóa bọc khóa",
    Event.AIP_REPLACED_REMOVED: "đã xóa dạng cũ của gói lưu trữ",
    Event.AIP_COPIES_VERIFIED: "đã đọc lại các bản lưu",
    Event.AIP_FIXITY_VERIFIED: "kiểm tra: nguyên vẹn",
    Event.AIP_FIXITY_REFUTED: "kiểm tra: không nguyên vẹn",
    Event.DOCUMENT_COPY_DELIVERED: "đã giao một văn bản",
    Event.AIP_COPY_DELIVERED: "đã giao cả gói",
    Event.RECORD_DESCRIPTION_SHOWN: "đã xem mô tả hồ sơ",
    Event.RECORD_SEARCH_PERFORMED: "đã tìm kiếm",
    Event.RECORD_LIST_EXPORTED: "đã xuất danh sách",
    Event.RECORD_ACCESS_REFUSED: "đã từ chối truy cập",
    Event.RECORD_PRESENCE_VERIFIED: "đã xác minh sự có mặt",
    Event.RECORD_MODE_DECIDED: "quyết định chế độ sử dụng",
    Event.RECORD_GRANT_GIVEN: "cho phép khai thác",
    Event.RECORD_GRANT_WITHDRAWN: "thu hồi phép khai thác",
    Event.SUBMISSION_DESCRIPTION_SHOWN: "đã xem hồ sơ nộp lưu",
    Event.DOCUMENT_PAGE_SHOWN: "đã xem trang văn bản",
    Event.DIP_COPY_DELIVERED: "đã giao gói khai thác",
    Event.LEDGER_RECORDS_SHOWN: "đã xem sổ nhật ký",
    Event.ACCOUNT_RECORD_CREATED: "đã tạo tài khoản",
    Event.ACCOUNT_RIGHTS_CHANGED: "đã đổi quyền tài khoản",
    Event.ACCOUNT_PASSWORD_CHANGED: "đã đổi mật khẩu",
    Event.ACCOUNT_TOKEN_ISSUED: "đã cấp mã truy cập",
    Event.ACCOUNT_TOKEN_REVOKED: "đã thu hồi mã truy cập",
    Event.ACCOUNT_SESSION_OPENED: "đã đăng nhập",
    Event.ACCOUNT_SESSION_REFUSED: "đăng nhập không thành công",
    Event.RIGHTS_CHANGE_CONFIRMED: "đã xác nhận thay đổi quyền",
    Event.AIP_COPY_ADDED: "đã bổ sung bản lưu",
    Event.LEDGER_COPY_REPAIRED: "đã phục hồi bản niêm phong trong kho từ bản khác",
    Event.AIP_COPY_REPAIRED: "đã phục hồi bản lưu từ bản khác",
    Event.AIP_COPY_REBUILT: "đã ghép lại bản lưu từ các phần còn đúng",
    Event.AIP_DAMAGE_REMOVED: "đã hủy dữ liệu hỏng giữ riêng",
    Event.AIP_INCIDENT_OPENED: "mở sự cố",
    Event.AIP_INCIDENT_CLOSED: "kết thúc sự cố",
    Event.STORE_POLICY_ADOPTED: "áp dụng chính sách lưu trữ",
    Event.STORE_PLACE_ADDED: "đã thêm kho",
    Event.STORE_PLACE_RETIRED: "đã ngừng dùng kho",
    Event.STORE_MEDIUM_MOVED: "đã chuyển phương tiện của kho",
    Event.AUDIT_RUN_COMPLETED: "đã xong một đợt kiểm tra bản lưu",
    Event.AUDIT_CANARY_MISSED: "kiểm tra không phát hiện gói hỏng cài sẵn",
    Event.ARCHIVE_BACKUP_COMPLETED: "đã sao lưu",
    Event.ARCHIVE_DRILL_COMPLETED: "đã diễn tập phục hồi",
    Event.ARCHIVE_REPORT_MADE: "đã lập báo cáo định kỳ",
    Event.ARCHIVE_REPORT_SENT: "đã gửi báo cáo định kỳ",
    Event.ARCHIVE_CATALOGUE_REBUILT: "đã dựng lại danh mục từ bản lưu",
    Event.ARCHIVE_DATABASE_MOVED: "đã chuyển cơ sở dữ liệu",
    Event.ARCHIVE_SECRETS_EXPORTED: "đã xuất bản sao lưu bí mật",
    Event.FILE_RECORD_OPENED: "đã mở hồ sơ",
    Event.FILE_PACKAGE_ADDED: "đã bổ sung gói tin vào hồ sơ",
    Event.FILE_RECORD_CLOSED: "đã kết thúc hồ sơ",
    Event.FILE_RECORD_REOPENED: "đã mở lại hồ sơ",
    Event.FILE_PERIOD_DETERMINED: "đã xác định thời hạn lưu trữ",
    Event.FILE_EVENT_RECORDED: "đã ghi nhận sự kiện tính thời hạn",
    Event.FILE_PAPER_LINKED: "đã liên kết hồ sơ giấy",
    Event.FILE_CUSTODY_TRANSFERRED: "đã giao nộp vào lưu trữ lịch sử",
    Event.FILE_ROUND_ENTERED: "đã đưa vào danh mục xét hủy",
    Event.FILE_ROUND_LEFT: "đã đưa ra khỏi danh mục xét hủy",
    Event.FILE_DESTRUCTION_BEGUN: "bắt đầu hủy hồ sơ",
    Event.HOLD_ORDER_PLACED: "đóng băng hồ sơ",
    Event.HOLD_ORDER_RELEASED: "gỡ lệnh đóng băng",
    Event.ROUND_LIST_DRAWN_UP: "lập đợt hủy tài liệu hết giá trị",
    Event.ROUND_LINES_ADDED: "đưa hồ sơ vào danh mục tài liệu hết giá trị",
    Event.ROUND_LINE_REMOVED: "đưa hồ sơ ra khỏi danh mục tài liệu hết giá trị",
    Event.ROUND_LINE_VOIDED: "dòng danh mục mất hiệu lực vì hồ sơ đã thay đổi",
    Event.ROUND_LINE_SET_ASIDE: "để lại hồ sơ đang bị đóng băng, không hủy trong đợt này",
    Event.ROUND_LINES_KEPT: "giữ lại hồ sơ theo kết luận của Hội đồng",
    Event.ROUND_LIST_SUBMITTED: "trình danh mục tài liệu hết giá trị",
    Event.ROUND_COUNCIL_FORMED: "thành lập Hội đồng",
    Event.ROUND_SESSION_OPENED: "mở phiên họp Hội đồng",
    Event.ROUND_VOTES_CAST: "thành viên Hội đồng biểu quyết",
    Event.ROUND_SESSIONS_CONCLUDED: "Hội đồng kết luận",
    Event.ROUND_SESSIONS_REOPENED: "mở lại việc họp Hội đồng",
    Event.ROUND_OPINION_RECORDED: "ghi nhận ý kiến thẩm định của cơ quan có thẩm quyền",
    Event.ROUND_LIST_FROZEN: "chốt danh mục tài liệu hết giá trị",
    Event.ROUND_DECISION_MADE: "quyết định hủy tài liệu hết giá trị",
    Event.ROUND_EXECUTOR_APPOINTED: "giao người thực hiện hủy",
    Event.ROUND_PAPER_ATTACHED: "đưa văn bản vào hồ sơ hủy",
    Event.ROUND_PAPERS_COMPLETED: "đủ văn bản của đợt hủy",
    Event.ROUND_FILES_HANDED_OVER: "bàn giao tài liệu hủy",
    Event.ROUND_DESTRUCTION_STARTED: "bắt đầu thực hiện hủy",
    Event.ROUND_DESTRUCTION_VERIFIED: "đã kiểm chứng việc hủy",
    Event.ROUND_MINUTES_MADE: "lập biên bản hủy",
    Event.ROUND_DOSSIER_STORED: "đã lưu hồ sơ về việc hủy tài liệu",
    Event.ROUND_PROCEDURE_COMPLETED: "kết thúc đợt hủy",
    Event.ROUND_PROCEDURE_ABANDONED: "thôi đợt hủy",
    Event.FILE_REMAINS_REMOVED: "đã xóa phần còn lại sau khi hết hạn khóa ghi",
    Event.ROUND_ABSENCE_VERIFIED: "tìm dấu vết của hồ sơ đã hủy",
    Event.ROUND_DESTRUCTION_ORDERED: "yêu cầu tiến trình xử lý hủy các hồ sơ của đợt",
    Event.ROUND_ABSENCE_ORDERED: "yêu cầu kiểm chứng việc hủy",
    Event.ROUND_CERTIFICATE_ISSUED: "cấp giấy chứng nhận hủy",
    Event.ROUND_CERTIFICATE_PRINTED: "lập bản PDF/A của giấy chứng nhận hủy",
    Event.FILE_CONTENT_DESTROYED: "đã hủy nội dung hồ sơ",
    Event.FILE_PLAN_IMPORTED: "đã nhập danh mục hồ sơ",
    Event.FILE_PLAN_APPROVED: "đã phê duyệt danh mục hồ sơ",
    Event.AGENCY_RECORD_CHANGED: "đã sửa thông tin cơ quan",
    Event.FONDS_RECORD_CHANGED: "đã sửa thông tin phông",
    Event.RETENTION_SCHEDULE_ADOPTED: "áp dụng bảng thời hạn bảo quản",
    Event.RETENTION_REVIEWS_OPENED: "đã mở các việc xem xét thời hạn",
    Event.RETENTION_REVIEW_DECIDED: "đã quyết định việc xem xét thời hạn",
}


def event_words(event: str) -> str:
    """What happened, in Vietnamese; the code itself for an event this build does not know."""
    try:
        return EVENTS[Event(event)]
    except (ValueError, KeyError):
        return event


def fields_in_words(table: str, fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Metadata fields under their Vietnamese labels, codes with the names they stand for."""
    known = fields_by_name(table)
    for name, value in fields.items():
        field = known.get(name)
        yield (field.label if field else name), _value(field, value)


def _value(field: Field | None, value: Any) -> str:
    if isinstance(value, Mapping):
        labels = {part.name: part.label for part in field.parts} if field else {}
        return ", ".join(f"{labels.get(key, key)}: {part}" for key, part in value.items() if part not in (None, ""))
    if isinstance(value, (list, tuple)):
        return "; ".join(_value(field, part) for part in value)
    if isinstance(value, bool):
        return "có" if value else "không"
    names = code_lists().get(field.codes) if field and field.codes else None
    codes = names.codes_of(value) if names and str(value).strip() else None
    if names is None or codes is None:
        return str(value)
    return "; ".join(f"{names.names[code]} ({code})" for code in codes)
