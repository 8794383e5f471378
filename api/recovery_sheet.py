"""The recovery sheet (phiếu khôi phục): one printed page with all that is needed, besides the file, the day all burns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape

import segno

from archive.local_time import local_text
from archive.recovery.passphrase import GROUPS
from ingest.letters import letter_pdf, letter_style
from ingest.moment import moment

_STEPS = (
    "Cài phần mềm luutru trên máy mới; gắn một bản lưu (thư mục kho hoặc kho S3) và chép tệp bí mật vào máy.",
    "So SHA-256 của tệp với giá trị trên phiếu này: «sha256sum TỆP».",
    "Chạy «luutru rebuild --from BẢN-LƯU --home THƯ-MỤC-MỚI --secrets TỆP» và nhập mật khẩu khôi phục khi được hỏi.",
    "Đọc báo cáo của lệnh; chạy «luutru doctor» rồi «luutru audit» trước khi mở lại dịch vụ.",
)
_STYLE = """
.passphrase { font-family: "Noto Sans", sans-serif; font-size: 15pt; font-weight: bold; text-align: center; margin: 6mm 0 2mm }
.passphrase span { display: inline-block; margin: 0 1.2mm } .qr { text-align: center; margin: 3mm 0 }
ol { margin: 1mm 0 0; padding-left: 6mm } li { margin-bottom: 1.5mm } .note { font-size: 10pt }
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the page says. ``sha256`` and ``size_bytes`` are of the encrypted file ``file_name``."""

    archive_name: str
    archive_code: str
    key_id: str
    made_at: datetime
    file_name: str
    sha256: str
    size_bytes: int
    passphrase: str


def recovery_sheet(sheet: Sheet) -> bytes:
    """The page as PDF/A-2u. It holds the passphrase: it is to be printed, kept under lock, and its file removed."""
    groups = "".join(f"<span>{escape(group)}</span>" for group in sheet.passphrase.split("-"))
    code = segno.make(sheet.passphrase, error="q", micro=False).svg_inline(scale=4, border=4)
    facts = "".join(
        f"<tr><td>{escape(label)}</td><td>{escape(value)}</td></tr>"
        for label, value in (
            ("Kho lưu trữ", f"{sheet.archive_name} ({sheet.archive_code})"),
            ("Ngày lập", moment(local_text(sheet.made_at))),
            ("Tệp bí mật", f"{sheet.file_name} ({sheet.size_bytes} byte)"),
        )
    )
    digests = "".join(
        f'<tr><td>{escape(label)}</td><td class="digest">{escape(value)}</td></tr>'
        for label, value in (("SHA-256 của tệp", sheet.sha256), ("Mã khóa ký của kho", sheet.key_id))
    )
    steps = "".join(f"<li>{escape(step)}</li>" for step in _STEPS)
    return letter_pdf(
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Phiếu khôi phục</title>'
        f"<style>{letter_style()}{_STYLE}</style></head><body>"
        f"<h1>PHIẾU KHÔI PHỤC KHO LƯU TRỮ</h1>"
        f'<p class="sub">In ra giấy, niêm phong, cất ở nơi khác với tệp bí mật; in xong thì xóa tệp PDF này.</p>'
        f'<table class="facts">{facts}{digests}</table>'
        f'<h2>Mật khẩu khôi phục</h2><p class="passphrase">{groups}</p><div class="qr">{code}</div>'
        f'<p class="note">{GROUPS} nhóm; ký tự cuối mỗi nhóm là ký tự kiểm tra. Không phân biệt chữ hoa, chữ thường; không có '
        f"chữ O, I, L, U (0 là số không, 1 là số một). Với chương trình «age» thông thường: nhập đúng như in, các nhóm nối "
        f"bằng dấu gạch. Kho lưu trữ không giữ mật khẩu này ở đâu cả: mất phiếu là mất tệp.</p>"
        f"<h2>Cách dùng</h2><ol>{steps}</ol>"
        f'<p class="note">Phiếu được lập lại sau mỗi lần xuất tệp bí mật («luutru secrets export»); hủy phiếu cũ.</p>'
        "</body></html>"
    )
