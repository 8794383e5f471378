"""The two letters an agency gets, as PDF/A: the receipt (biên nhận) and the return with reasons (thông báo trả lại).

What prints every page of the archive stands here too: the heading of the nation, the style, and HTML → PDF/A.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ingest.moment import moment

_MOST_DOCUMENTS = 500

_STYLE = """
@page { size: A4; margin: 20mm 20mm 20mm 30mm; @bottom-center { content: counter(page) "/" counter(pages); font-size: 9pt } }
html { font-family: "Noto Serif", serif; font-size: 12pt; line-height: 1.35; color: #111 }
.head { display: flex; justify-content: space-between; text-align: center; font-size: 10pt; gap: 6mm }
.head div:last-child { white-space: nowrap }
.head b { display: block } .motto { text-decoration: underline; font-weight: bold }
h1 { text-align: center; font-size: 15pt; margin: 9mm 0 1mm } .sub { text-align: center; font-style: italic; margin: 0 0 6mm }
table { width: 100%; border-collapse: collapse; margin: 3mm 0 }
td, th { border: .5pt solid #777; padding: 1.2mm 2mm; vertical-align: top; font-size: 10pt; text-align: left }
th { background: #f0f0ec }
table.facts td:first-child { width: 38%; color: #333 }
tr { break-inside: avoid } h2 { break-after: avoid }
.mono { font-family: "Noto Sans", sans-serif; font-size: 8pt; word-break: break-all }
.digest { font-family: "Noto Sans", sans-serif; font-size: 7pt; white-space: nowrap; vertical-align: middle }
.sign { margin-top: 8mm; text-align: right } h2 { font-size: 12.5pt; margin: 6mm 0 1mm }
"""


def _rows(pairs: Iterable[tuple[str, object]]) -> str:
    return "".join(f"<tr><td>{escape(label)}</td><td>{escape(str(value))}</td></tr>" for label, value in pairs if value)


def _page(archive_name: str, title: str, subtitle: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style></head>'
        f'<body><div class="head"><div><b>{escape(archive_name.upper())}</b></div>{nation_heading()}</div>'
        f'<h1>{escape(title)}</h1><p class="sub">{escape(subtitle)}</p>{body}</body></html>'
    )


def _findings(findings: Iterable[Mapping[str, Any]], most: int = 200) -> str:
    rows: list[str] = []
    left = 0
    for item in findings:
        if len(rows) >= most:
            left += 1
            continue
        rows.append(
            f"<tr><td>{len(rows) + 1}</td><td>{escape(item['message'])}</td><td>{escape(item.get('remedy') or '')}</td>"
            f'<td class="mono">{escape(item["code"])}<br>{escape(item.get("clause") or "")}</td></tr>'
        )
    if not rows:
        return "<p>Không có ghi nhận.</p>"
    more = f"<p>Và {left} ghi nhận khác; xem bản dữ liệu kèm theo.</p>" if left else ""
    head = "<thead><tr><th>TT</th><th>Nội dung</th><th>Cách khắc phục</th><th>Mã, căn cứ</th></tr></thead>"
    return f"<table>{head}<tbody>{''.join(rows)}</tbody></table>{more}"


def receipt_html(signed: Mapping[str, Any]) -> str:
    """The page of a signed receipt; every figure in it is a figure of the signed statement."""
    statement = signed["statement"]
    facts = _rows(
        [
            ("Mã đăng ký nộp", statement["registration"]),
            ("Cơ quan nộp", f"{statement['agency'].get('name') or ''} ({statement['agency'].get('code') or '—'})"),
            ("Mã hồ sơ", statement["file_code"]),
            ("Tiêu đề hồ sơ", statement["title"]),
            ("Số văn bản đã nhận", len(statement["documents"])),
            ("Tổng dung lượng (byte)", statement["size_bytes"]),
            ("Thời điểm vào hệ thống", moment(statement["entered_at"])),
            ("Thời điểm nhận theo quy định", moment(statement["received_legal_at"])),
            ("Thời điểm cấp biên nhận", moment(statement["issued_at"])),
            ("Mã gói lưu trữ (AIP)", statement["aip"]["id"]),
            ("Số bản lưu đã đọc lại và đối chiếu", len(statement["aip"]["copies"])),
            ("Vị trí trong nhật ký", f"{statement['ledger']['seq']} / {statement['ledger']['hash'][:16]}…"),
            ("Thỏa thuận nộp lưu", f"{statement['agreement']['name']} phiên bản {statement['agreement']['version']}"),
        ]
    )
    digests = "".join(
        f"<tr><td>{number}</td><td>{escape(row['path'])}</td><td class='digest'>{escape(row['sha256'])}</td></tr>"
        for number, row in enumerate(statement["documents"][:_MOST_DOCUMENTS], 1)
    )
    left = len(statement["documents"]) - _MOST_DOCUMENTS
    more = f"<p>Và {left} văn bản khác; mã băm của mọi văn bản ở bản dữ liệu đã ký.</p>" if left > 0 else ""
    body = (
        f'<table class="facts">{facts}</table><p>SHA-256 của gói lưu trữ: <span class="mono">{escape(statement["aip"]["sha256"])}</span></p>'
        f"<h2>Văn bản đã nhận</h2><table><thead><tr><th>TT</th><th>Tên tệp</th><th>SHA-256</th></tr></thead>"
        f"<tbody>{digests}</tbody></table>{more}"
        f"<h2>Ghi nhận khi kiểm tra</h2>{_findings(statement['findings'])}"
        f'<p class="sign">Ký số bằng khóa của kho lưu trữ (Ed25519)<br><span class="mono">{escape(signed["signature"]["key_id"])}</span></p>'
    )
    return _page(statement["archive"]["name"], "BIÊN NHẬN HỒ SƠ NỘP LƯU", f"Số {statement['registration']}", body)


def return_html(reason: Mapping[str, Any]) -> str:
    """The page that tells an agency why its submission came back and what to do about each point."""
    facts = _rows(
        [
            ("Mã đăng ký nộp", reason["registration"]),
            ("Cơ quan nộp", reason["agency"].get("name") or reason["agency"].get("code") or "—"),
            ("Mã hồ sơ", reason["file_code"]),
            ("Tiêu đề hồ sơ", reason["title"]),
            ("Thời điểm vào hệ thống", moment(reason["entered_at"])),
            ("Thời điểm trả lại", moment(reason["returned_at"])),
            ("Ý kiến của cán bộ lưu trữ", reason.get("note") or ""),
            ("Nội dung đã nộp được giữ đến", moment(reason["remove_after"])),
        ]
    )
    body = (
        f'<table class="facts">{facts}</table><h2>Lý do trả lại</h2>{_findings(reason["reasons"])}'
        f"<h2>Ghi nhận khác</h2>{_findings(reason['others'])}"
        "<p>Đề nghị cơ quan khắc phục và nộp lại. Lần nộp này không được đưa vào kho; không có phần nào của hồ sơ được lưu lại sau thời hạn trên.</p>"
    )
    return _page(reason["archive"]["name"], "THÔNG BÁO TRẢ LẠI HỒ SƠ NỘP LƯU", f"Số {reason['registration']}", body)


def letter_style() -> str:
    """How every printed page of the archive looks, for pages that are no letters."""
    return _STYLE


def nation_heading() -> str:
    """Quốc hiệu and Tiêu ngữ, for the right half of a page's head."""
    return '<div><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</b><span class="motto">Độc lập - Tự do - Hạnh phúc</span></div>'


def letter_pdf(html: str) -> bytes:
    """The page as PDF/A-2u. Nothing is fetched: the page has no links, pictures or scripts."""
    from weasyprint import HTML

    data = HTML(string=html, base_url=None).write_pdf(pdf_variant="pdf/a-2u")
    assert isinstance(data, bytes)
    return data


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file inside a PDF/A-3: the data of what is printed, for machines."""

    name: str
    description: str
    data: bytes


class LaidOut:
    """An HTML page laid out on sheets and not yet written, so that only some of them may be."""

    def __init__(self, html: str) -> None:
        from weasyprint import HTML

        self._html = html
        self._document = HTML(string=html, base_url=None).render()

    @property
    def sheets(self) -> int:
        return len(self._document.pages)

    def first_named(self, prefix: str) -> list[tuple[str, float] | None]:
        """For each sheet the uppermost element whose id begins with ``prefix``, and how far below the top it begins."""
        found: list[tuple[str, float] | None] = []
        for page in self._document.pages:
            places = [(box[1], name) for name, box in page.anchors.items() if name.startswith(prefix)]
            top = min(places, default=None)
            found.append(None if top is None else (top[1], float(top[0])))
        return found

    def pdf(self, sheets: int, enclosed: Sequence[Enclosed] = ()) -> bytes:
        """The first ``sheets`` of it as PDF/A-3u, with ``enclosed`` inside."""
        from weasyprint import Attachment

        document = self._document.copy(self._document.pages[:sheets])
        document.metadata.attachments = [
            Attachment(string=item.data, name=item.name, description=item.description, relationship="Data")
            for item in enclosed
        ]
        identifier = hashlib.sha256(self._html.encode()).digest()[:16]
        data = document.write_pdf(pdf_variant="pdf/a-3u", pdf_identifier=identifier)
        assert isinstance(data, bytes)
        return data
