"""Two printed forms: biên bản sao lưu (TT 02/2019 Phụ lục VII) and biên bản diễn tập phục hồi."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from archive.recovery.problems import Problem
from ingest.letters import letter_pdf, letter_style
from ingest.moment import moment

_KINDS = {"full": "toàn bộ", "incremental": "phần thay đổi từ lần trước"}
_MOST_ROWS = 200


def backup_pdf(minutes: Mapping[str, Any]) -> bytes:
    """The form as PDF/A-2u; every figure in it is a figure of the signed JSON beside it."""
    facts = _facts(
        [
            ("Mã bộ sao lưu", minutes["name"]),
            ("Thời gian bắt đầu", moment(minutes["begun_at"])),
            ("Thời gian kết thúc", moment(minutes["ended_at"])),
            ("Địa điểm", minutes["location"]),
            ("Người sao lưu", minutes["operator"]),
            ("Mã phương tiện cũ (nguồn)", ", ".join(minutes["old_media"])),
            ("Phương thức", f"sao lưu {_KINDS[minutes['method']]}"),
            ("Cơ sở dữ liệu", _database(minutes["database"])),
            ("Số hồ sơ, số văn bản", f"{minutes['hoso']}, {minutes['documents']}"),
            ("Dung lượng (byte)", minutes["size_bytes"]),
            ("Kết quả kiểm tra", "đã đọc lại từng byte và đối chiếu; XML đúng lược đồ"),
            ("SHA-256 của bản kê đã ký", minutes["manifest_sha256"]),
        ]
    )
    media = _table(
        ("Mã phương tiện mới", "Nơi đặt", "Kết quả"),
        (
            (item["name"], item["place"], "nguyên vẹn" if item["ok"] else f"không đạt: {item['error']}")
            for item in minutes["new_media"]
        ),
    )
    return _form(minutes["archive"]["name"], "BIÊN BẢN SAO LƯU", facts + "<h2>Phương tiện</h2>" + media)


def drill_pdf(report: Mapping[str, Any]) -> bytes:
    """The form of a rehearsal: which store, what came back, what differed."""
    passed = report["passed"]
    facts = _facts(
        [
            ("Thời gian bắt đầu", moment(report["begun_at"])),
            ("Thời gian kết thúc", moment(report["ended_at"])),
            ("Địa điểm", report["location"]),
            ("Người thực hiện", report["operator"]),
            ("Bản lưu dùng để phục hồi", report["store"]),
            ("Điểm niêm phong", report["checkpoint"]),
            ("Số bản ghi nhật ký đã phục hồi", report["ledger_last"]),
            ("Số gói, số văn bản đã phục hồi", f"{report['packages']}, {report['documents']}"),
            ("Số gói mở ra kiểm tra từng tệp", report["sampled"]),
            ("Số khác biệt với hệ thống đang chạy", report["differences"]),
            ("Kết luận", "ĐẠT" if passed else "KHÔNG ĐẠT"),
        ]
    )
    problems = [Problem.of_json(row) for row in report["problems"]]
    rows = [(item.code, item.subject, item.message) for item in problems[:_MOST_ROWS]]
    rows += [(item["table"], item["key"], item["side"]) for item in report["rows"][: _MOST_ROWS - len(rows)]]
    body = facts + "<h2>Ghi nhận</h2>" + (_table(("Mã", "Đối tượng", "Nội dung"), rows) if rows else "<p>Không có.</p>")
    return _form(report["archive"]["name"], "BIÊN BẢN DIỄN TẬP PHỤC HỒI", body)


def _database(database: Mapping[str, Any]) -> str:
    ledger = database["ledger"]
    return f"sổ nhật ký {ledger['after'] + 1}–{ledger['to']}; điểm niêm phong số {database['checkpoint']}"


def _facts(pairs: Iterable[tuple[str, object]]) -> str:
    rows = (
        f"<tr><td>{escape(label)}</td><td>{escape(str(value))}</td></tr>"
        for label, value in pairs
        if value not in (None, "")
    )
    return f'<table class="facts">{"".join(rows)}</table>'


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _form(archive_name: str, title: str, body: str) -> bytes:
    return letter_pdf(
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<style>{letter_style()}</style></head><body><p style="text-align:center"><b>{escape(archive_name.upper())}</b></p>'
        f"<h1>{escape(title)}</h1>{body}"
        '<p class="sign">Người thực hiện&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;Người có trách nhiệm</p></body></html>'
    )
