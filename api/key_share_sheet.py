"""The sheet of one key share (phiếu mảnh khóa): a printed page for one keeper, worth nothing without the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape

import segno

from archive.local_time import local_text
from ingest.letters import letter_pdf, letter_style
from ingest.moment import moment

_STEPS = (
    "Cất phiếu trong phong bì niêm phong, ở nơi khác với các phiếu khác và với kho khóa; không chụp ảnh, không nhập vào máy "
    "nào ngoài lúc diễn tập hoặc khôi phục.",
    "Khi mất thiết bị giữ khóa bọc khóa: đủ số người giữ mảnh đến cùng một máy, chạy «luutru keys recover» và mỗi người nhập "
    "mảnh của mình.",
    "Sau mỗi lần xoay khóa, phiếu này hết giá trị: thu hồi, lập biên bản và hủy tất cả các phiếu của lần in này, nhận phiếu mới.",
)
_STYLE = """
.words { columns: 3; font-family: "Noto Sans", sans-serif; font-size: 11pt; font-weight: bold; margin: 2mm 0 0; line-height: 1.25 }
.words li { margin: 0 } .qr { text-align: center; margin: 1mm 0 }
ol.steps { margin: 1mm 0 0; padding-left: 6mm } ol.steps li { margin-bottom: 1.5mm } .note { font-size: 10pt }
"""


@dataclass(frozen=True, slots=True)
class ShareSheet:
    """What the page says. ``number`` of ``printed``; ``needed`` of them give the key ``kek_id`` of ``generation``."""

    archive_name: str
    archive_code: str
    kek_id: str
    generation: int
    number: int
    printed: int
    needed: int
    made_at: datetime
    words: str


def share_sheet(sheet: ShareSheet) -> bytes:
    """The page as PDF/A-2u. It holds the share: it is to be printed, handed over, and its file removed."""
    words = "".join(f"<li>{escape(word)}</li>" for word in sheet.words.split())
    code = segno.make(sheet.words.upper(), error="m", micro=False).svg_inline(scale=2, border=4)
    facts = "".join(
        f"<tr><td>{escape(label)}</td><td>{escape(value)}</td></tr>"
        for label, value in (
            ("Kho lưu trữ", f"{sheet.archive_name} ({sheet.archive_code})"),
            ("Mảnh", f"{sheet.number} trong {sheet.printed}; cần {sheet.needed} mảnh"),
            ("Ngày lập", moment(local_text(sheet.made_at))),
            ("Đời khóa", f"{sheet.generation}"),
        )
    )
    steps = "".join(f"<li>{escape(step)}</li>" for step in _STEPS)
    return letter_pdf(
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Phiếu mảnh khóa</title>'
        f"<style>{letter_style()}{_STYLE}</style></head><body>"
        f"<h1>PHIẾU MẢNH KHÓA</h1>"
        f'<p class="sub">In ra giấy, niêm phong, giao đúng một người giữ; in xong thì xóa tệp PDF này.</p>'
        f'<table class="facts">{facts}<tr><td>Mã khóa bọc khóa</td><td class="digest">{escape(sheet.kek_id)}</td></tr></table>'
        f'<h2>Mảnh khóa (SLIP-39)</h2><ol class="words">{words}</ol><div class="qr">{code}</div>'
        f'<p class="note">{len(sheet.words.split())} từ tiếng Anh trong bảng từ SLIP-39, có tổng kiểm tra: nhập sai một từ thì '
        f"chương trình báo. Ít hơn {sheet.needed} mảnh không cho biết gì về khóa.</p>"
        f'<h2>Cách giữ và cách dùng</h2><ol class="steps">{steps}</ol>'
        "</body></html>"
    )
