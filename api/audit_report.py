"""Biên bản kiểm tra bản lưu: the report of an audit as a page for people to sign, with the fields of the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from ingest.letters import letter_pdf, letter_style
from ingest.moment import moment

STATES = {
    "ok": "đọc đủ, đúng",
    "mismatch": "sai khác",
    "missing": "mất",
    "extra": "thừa, không rõ nguồn gốc",
    "unreadable": "không đọc được",
    "not-run": "chưa được đọc",
    "overdue": "quá hạn kiểm tra",
    "awaited": "chờ ghi",
    "attribute-ok": "kho khai đúng mã băm (chưa đọc)",
    "canary-missed": "gói thử hỏng không bị phát hiện",
}
VERDICTS = {
    "green": "Mọi bản lưu đã kiểm tra đều nguyên vẹn.",
    "red": "Có bản lưu lỗi hoặc quá hạn kiểm tra.",
    "canary-missed": "Không dùng được kết quả: gói thử bị cố ý làm hỏng không được phát hiện.",
}
DEPTHS = {
    "full": "đọc lại toàn bộ byte và đối chiếu với sổ nhật ký",
    "deep": "đọc lại toàn bộ byte, mở gói, đối chiếu từng tệp với bản kê và PREMIS",
    "attributes": "đối chiếu mã băm do máy chủ của kho khai; không đọc nội dung, không tính là đã kiểm tra",
}
_DAMAGES = {
    "bit-flip": "lật một bit",
    "truncated": "cắt cụt",
    "zeroed-page": "xóa trắng một trang",
    "swapped": "đổi chỗ hai byte",
    "missing": "lấy đi cả gói",
    "contradiction": "sửa tệp bên trong, bản kê giữ nguyên",
}
_MOST_ROWS = 500
_STYLE = (
    ".sign { display: flex; justify-content: space-around; text-align: center; break-inside: avoid; min-height: 32mm }"
)


def audit_pdf(archive_name: str, told: Mapping[str, Any]) -> bytes:
    """``told`` (``archive.audit.report.document``) as PDF/A-2u."""
    return letter_pdf(audit_html(archive_name, told))


def audit_html(archive_name: str, told: Mapping[str, Any]) -> str:
    """The page; every figure in it is a figure of the document."""
    store, counts = told["store"], told["counts"]
    bad = [(name, count) for name, count in counts.items() if name not in ("ok", "attribute-ok") and count]
    parts = [
        "<h2>1. Thời gian, người kiểm tra, thiết bị</h2>"
        + _facts(
            [
                ("Bắt đầu", moment(told["time"]["begun_at"])),
                ("Kết thúc", moment(told["time"]["ended_at"])),
                ("Người kiểm tra", told["checker"]),
                ("Kho", store["name"]),
                ("Địa chỉ, nơi đặt", store["location"] or "—"),
                ("Thiết bị, phương tiện", " · ".join(filter(None, (store["medium"], store["device"]))) or "—"),
                ("Cách kiểm tra", DEPTHS[told["depth"]]),
            ]
        ),
        "<h2>2. Nội dung bình thường</h2>"
        + _facts(
            [
                ("Bản lưu đọc đủ và đúng", counts.get("ok", 0)),
                *([("Kho khai đúng mã băm (chưa đọc)", counts["attribute-ok"])] if "attribute-ok" in counts else []),
                ("Đã đọc (byte)", told["bytes_read"]),
                ("Thời gian đọc (giây)", told["reading_seconds"]),
            ]
        ),
        "<h2>3. Nội dung lỗi</h2>" + _bad(bad, told),
        "<h2>4. Gói thử</h2>"
        + _table(
            ("Cách làm hỏng", "Kết quả kiểm tra", "Phát hiện"),
            [
                (
                    _DAMAGES.get(bird["damage"], bird["damage"]),
                    STATES.get(bird["seen_as"] or "", "không có kết quả"),
                    "có" if bird["found"] else "KHÔNG",
                )
                for bird in told["canaries"]
            ],
        ),
        "<h2>5. Phương án xử lý</h2>"
        + (
            _table(
                ("Tình trạng", "Số bản", "Phương án"),
                [(STATES.get(row["state"], row["state"]), row["copies"], row["remedy"]) for row in told["remedies"]],
            )
            if told["remedies"]
            else "<p>Không cần xử lý.</p>"
        ),
        "<h2>6. Mức bao quát của việc kiểm tra</h2>"
        + _table(
            ("Đọc đủ, đúng trong", "Số bản lưu", "Tỷ lệ"),
            [
                (f"{days} ngày", f"{row['copies']} / {told['coverage']['copies']}", percent(row["share"]))
                for days, row in sorted(told["coverage"]["read"].items(), key=lambda item: int(item[0]))
            ],
        ),
        f"<h2>7. Kết luận</h2><p>{escape(VERDICTS[told['verdict']])}</p>",
        '<div class="sign"><div><b>Người kiểm tra</b></div><div><b>Người phụ trách lưu trữ</b></div></div>',
    ]
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>BIÊN BẢN KIỂM TRA</title>'
        f"<style>{letter_style()}{_STYLE}</style></head>"
        f'<body><div class="head"><div><b>{escape(archive_name.upper())}</b></div>'
        '<div><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</b><span class="motto">Độc lập - Tự do - Hạnh phúc</span></div></div>'
        f'<h1>BIÊN BẢN KIỂM TRA BẢN LƯU</h1><p class="sub">Đợt {escape(told["run"])}</p>{"".join(parts)}</body></html>'
    )


def percent(share: float) -> str:
    """With a comma, and never rounded up to 100."""
    return f"{int(share * 10_000) / 100:.2f} %".replace(".", ",")


def _bad(bad: Sequence[tuple[str, int]], told: Mapping[str, Any]) -> str:
    overdue = told["overdue"]
    facts = [(STATES.get(name, name).capitalize(), count) for name, count in bad]
    if overdue["copies"]:
        facts.append((f"Quá hạn {overdue['interval_days']} ngày", overdue["copies"]))
    if not facts:
        return "<p>Không có.</p>"
    rows = [
        (number, row["key"], STATES.get(row["state"], row["state"]), moment(row["found_at"]), _seen(row))
        for number, row in enumerate(told["findings"][:_MOST_ROWS], 1)
    ]
    left = told["findings_in_all"] - len(rows)
    more = f"<p>Và {left} đối tượng khác; xem bản dữ liệu và danh mục.</p>" if left > 0 else ""
    listed = _table(("TT", "Tệp (đối tượng)", "Tình trạng", "Phát hiện lúc", "Đọc được"), rows) if rows else ""
    return _facts(facts) + listed + more


def _seen(row: Mapping[str, Any]) -> str:
    parts = [f"{row['size_bytes']} byte" if row["size_bytes"] is not None else "", (row["sha256"] or "")[:16]]
    return ", ".join(filter(None, [*parts, *(str(one.get("message", "")) for one in row["findings"][:3])])) or "—"


def _facts(pairs: Iterable[tuple[str, object]]) -> str:
    rows = "".join(f"<tr><td>{escape(label)}</td><td>{escape(str(value))}</td></tr>" for label, value in pairs)
    return f'<table class="facts">{rows}</table>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
