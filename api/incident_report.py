"""Biên bản xử lý sự cố: what an incident is, what is still good, what was done; as a page for people to sign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from api.bootstrap import now
from archive.local_time import local_text
from ingest.letters import letter_pdf

_STYLE = """
@page { size: A4; margin: 20mm 20mm 20mm 30mm; @bottom-center { content: counter(page) "/" counter(pages); font-size: 9pt } }
html { font-family: "Noto Serif", serif; font-size: 12pt; line-height: 1.35; color: #111 }
.head { display: flex; justify-content: space-between; text-align: center; font-size: 10pt; gap: 6mm }
.head b { display: block } .motto { text-decoration: underline; font-weight: bold }
h1 { text-align: center; font-size: 15pt; margin: 9mm 0 1mm } .sub { text-align: center; font-style: italic; margin: 0 0 6mm }
table { width: 100%; border-collapse: collapse; margin: 3mm 0 } tr { break-inside: avoid }
td, th { border: .5pt solid #777; padding: 1.2mm 2mm; vertical-align: top; font-size: 10pt; text-align: left }
th { background: #f0f0ec } h2 { font-size: 12.5pt; margin: 6mm 0 1mm; break-after: avoid }
.mono { font-family: "Noto Sans", sans-serif; font-size: 8pt; word-break: break-all }
.sign { margin-top: 10mm; display: flex; justify-content: space-around; text-align: center; break-inside: avoid }
.sign div { min-height: 30mm }
"""
_KINDS = {
    "copies": "Không còn bản lưu nguyên vẹn nào",
    "proof": "Sổ nhật ký và danh mục không khớp",
    "store": "Nhiều bản lưu trong một kho cùng hỏng hoặc mất",
}
_STATES = {
    "ok": "nguyên vẹn",
    "mismatch": "sai khác",
    "missing": "mất",
    "unreadable": "không đọc được",
    "awaited": "chưa chép tới",
}
_OUTCOMES = {"healed": "đã phục hồi", "over": "không còn", "decided": "người có thẩm quyền kết thúc"}
_REPAIRED = {
    "repaired": "phục hồi từ bản lưu khác",
    "rebuilt": "ghép lại từ các phần còn đúng",
    "whole": "tự nguyên vẹn",
}


def incident_html(archive_name: str, shown: Mapping[str, Any]) -> str:
    """The page of ``api.repairing.one_incident``."""
    report = shown.get("report", {})
    facts = _table(
        (),
        [
            ("Mã sự cố", shown["id"]),
            ("Loại sự cố", _KINDS[shown["kind"]]),
            ("Kho" if shown["kind"] == "store" else "Gói lưu trữ (AIP)", shown["subject"]),
            ("Mã hồ sơ", report.get("file_code", "")),
            ("Thời điểm phát hiện", shown["opened_at"]),
            ("SHA-256 phải có (theo sổ nhật ký)", report.get("expected", {}).get("sha256", "")),
            ("Dung lượng phải có (byte)", report.get("expected", {}).get("size_bytes", "")),
            ("Chi tiết", report.get("detail", "")),
            ("Số bản lưu hỏng hoặc mất", report.get("bad", "")),
            ("Số tệp trong gói / còn đúng / mất", _files(report)),
            ("Đã kết thúc", f"{shown['closed_at']} ({_OUTCOMES[shown['outcome']]})" if shown["closed_at"] else ""),
            ("Người kết thúc", shown["closed_by"] or ""),
            ("Lý do", shown["reason"] or ""),
        ],
    )
    parts = [
        f"<h2>I. Sự cố</h2><p>{escape(shown['text'])}</p>{facts}",
        "<h2>II. Tình trạng các bản lưu</h2>"
        + _table(
            ("Kho", "Tình trạng", "Đọc lần cuối"),
            [
                (row["store"], _STATES.get(row["state"], row["state"]), row["verified_at"])
                for row in shown.get("copies", [])
            ],
        ),
        "<h2>III. Tệp không còn nguyên vẹn ở mọi bản lưu</h2>"
        + _table(
            ("Tệp", "Byte", "Còn đúng ở kho", "Ghép lại được"),
            [
                (row["path"], row["size_bytes"], ", ".join(row["good_in"]) or "—", "có" if row["had"] else "KHÔNG")
                for row in report.get("members", [])
            ],
        )
        + (f"<p>Và {report['members_more']} tệp khác.</p>" if report.get("members_more") else ""),
        "<h2>IV. Việc đã làm để phục hồi</h2>"
        + _table(
            ("Kho", "Bắt đầu", "Số lần thử", "Kết quả"),
            [
                (
                    row["store"],
                    row["begun_at"],
                    row["attempts"],
                    _REPAIRED.get(row["outcome"] or "", "") or row["problem"] or "đang làm",
                )
                for row in shown.get("repairs", [])
            ],
        ),
        "<h2>V. Dữ liệu hỏng còn giữ lại</h2>"
        + _table(
            ("Kho", "Byte", "SHA-256", "Giữ đến"),
            [
                (
                    row["store"],
                    row["size_bytes"],
                    row["sha256"] or "—",
                    "đã hủy" if row["dropped"] else row["drop_after"],
                )
                for row in shown.get("aside", [])
            ],
        ),
        "<h2>VI. Nguyên nhân, biện pháp phục hồi và phòng ngừa</h2><p>………………………………………………………………………………………</p>"
        "<p>………………………………………………………………………………………</p>",
        '<div class="sign"><div><b>Người lập biên bản</b></div><div><b>Người phụ trách lưu trữ</b></div></div>',
    ]
    title = "BIÊN BẢN XỬ LÝ SỰ CỐ VÀ PHỤC HỒI"
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head>'
        f'<body><div class="head"><div><b>{escape(archive_name.upper())}</b></div>'
        '<div><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</b><span class="motto">Độc lập - Tự do - Hạnh phúc</span></div></div>'
        f'<h1>{title}</h1><p class="sub">Lập lúc {escape(local_text(now()))}</p>{"".join(parts)}</body></html>'
    )


def incident_pdf(archive_name: str, shown: Mapping[str, Any]) -> bytes:
    """The page as PDF/A."""
    return letter_pdf(incident_html(archive_name, shown))


def _files(report: Mapping[str, Any]) -> str:
    if "files" not in report:
        return ""
    return f"{report['files']} / {report['files_good']} / {report['files_lost']}"


def _table(heads: Iterable[str], rows: Iterable[tuple[object, ...]]) -> str:
    shown = [row for row in rows if len(row) > 2 or row[1] not in ("", None)]
    if not shown:
        return "<p>Không có.</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in shown)
    return f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"
