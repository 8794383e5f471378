"""Biên bản chuyển đổi phương tiện, biên bản ngừng dùng kho: signed data, and the page that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from api.bootstrap import Installation
from archive.catalogue.policy_model import MediumMove
from ingest.letters import letter_pdf, letter_style
from ingest.moment import moment

TITLES = {
    "medium": "BIÊN BẢN CHUYỂN ĐỔI PHƯƠNG TIỆN LƯU TRỮ",
    "retirement": "BIÊN BẢN ĐỐI CHIẾU TRƯỚC KHI NGỪNG DÙNG KHO",
}


def signed_report(installation: Installation, move: MediumMove) -> dict[str, Any]:
    """The report of a move or retirement that has ended, signed by the archive."""
    archive = {"code": installation.archive.code, "name": installation.archive.name}
    return installation.key.signed({**(move.report or {}), "archive": archive})


def report_pdf(signed: Mapping[str, Any]) -> bytes:
    """The same as PDF/A; every figure in it is a figure of the signed statement."""
    return letter_pdf(report_html(signed))


def report_html(signed: Mapping[str, Any]) -> str:
    statement = signed["statement"]
    parts = _medium(statement) if statement["kind"] == "medium" else _retirement(statement)
    result = "Đạt" if statement["passed"] else "Không đạt"
    body = (
        f"{parts}<h2>Kết luận</h2><p>Kết quả đọc lại và đối chiếu: <b>{result}</b>.</p>"
        "<table><tr><td>Người thực hiện<br><br><br></td><td>Người giám sát<br><br><br></td>"
        "<td>Lãnh đạo đơn vị<br><br><br></td></tr></table>"
        f'<p class="sign">Ký số bằng khóa của kho lưu trữ (Ed25519)<br>'
        f'<span class="mono">{escape(signed["signature"]["key_id"])}</span></p>'
    )
    title, name = TITLES[statement["kind"]], statement["archive"]["name"]
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title><style>{letter_style()}</style>'
        f'</head><body><div class="head"><div><b>{escape(name.upper())}</b></div>'
        '<div><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</b><span class="motto">Độc lập - Tự do - Hạnh phúc</span></div></div>'
        f'<h1>{title}</h1><p class="sub">Số {escape(statement["id"])}</p>{body}</body></html>'
    )


def _medium(statement: Mapping[str, Any]) -> str:
    old, new = statement["old_place"], statement["new_place"]
    facts = [
        *_common(statement),
        ("Phương tiện cũ", old.get("medium", "")),
        ("Nơi đặt phương tiện cũ", f"{old.get('location', '')} {_address(old)}".strip()),
        ("Phương tiện mới", new.get("medium", "")),
        ("Nơi đặt phương tiện mới", f"{new.get('location', '')} {_address(new)}".strip()),
        ("Phương thức", "Sao từng gói, đọc lại toàn bộ trên phương tiện mới, đối chiếu SHA-256 với sổ nhật ký"),
        ("Số gói phải lấy từ kho khác", str(statement["from_other_stores"])),
        ("Số gói không còn bản đúng", str(len(statement["unproven"]))),
    ]
    return f'<table class="facts">{_rows(facts)}</table>{_named("Gói không còn bản đúng", statement["unproven"])}'


def _retirement(statement: Mapping[str, Any]) -> str:
    place = statement["place"]
    facts = [
        *_common(statement),
        ("Phương tiện ngừng dùng", place.get("medium", "")),
        ("Nơi đặt", f"{place.get('location', '')} {_address(place)}".strip()),
        ("Số bản tối thiểu theo chính sách", str(statement["copies_wanted"])),
    ]
    rows = "".join(
        f"<tr><td>{escape(row['store'])}</td><td>{escape(row['location'])}</td><td>{escape(row['medium'])}</td>"
        f"<td>{row['proven']}</td><td>{row['size_bytes']}</td></tr>"
        for row in statement["remaining"]
    )
    return (
        f'<table class="facts">{_rows(facts)}</table><h2>Các kho còn lại đã đọc toàn bộ</h2>'
        "<table><thead><tr><th>Kho</th><th>Địa điểm</th><th>Phương tiện</th><th>Số bản đúng</th><th>Byte</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{_named('Gói chưa đủ bản đúng', statement['short'])}"
    )


def _common(statement: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("Kho", statement["store"]),
        ("Bắt đầu", moment(statement["began_at"])),
        ("Kết thúc", moment(statement["ended_at"])),
        ("Người thực hiện", statement["by"]),
        ("Số lượng gói", str(statement["packages"])),
        ("Dung lượng (byte)", str(statement["size_bytes"])),
    ]


def _address(place: Mapping[str, Any]) -> str:
    return str(
        place.get("path") or "/".join(filter(None, (place.get(key) for key in ("endpoint", "bucket", "prefix"))))
    )


def _rows(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<tr><td>{escape(label)}</td><td>{escape(value)}</td></tr>" for label, value in pairs if value)


def _named(title: str, ids: Iterable[str]) -> str:
    listed = "".join(f'<li class="mono">{escape(item)}</li>' for item in ids)
    return f"<h2>{escape(title)}</h2><ul>{listed}</ul>" if listed else ""
