"""How an administrative document looks: the nine mandatory parts of NĐ 30/2020/NĐ-CP Phụ lục I as one HTML page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from html import escape

from samples.seeds import Paragraph

NUMBER_PLACE = "0123456789"
"""Stands where a number is written later (``samples.numbering``), so that its digits are in the embedded font."""
SIGNATURE_SPACE = "cho-ky"
SECOND_SIGNATURE_SPACE = "cho-ky-2"

_STYLE = """
@page { size: A4; margin: 20mm 18mm 20mm 30mm;
  @top-center { content: counter(page); font: 12pt "Noto Serif"; vertical-align: bottom; padding-bottom: 5mm }
  @bottom-center { content: "Văn bản mẫu dùng để thử phần mềm lưu trữ, không có giá trị pháp lý";
    font: italic 7.5pt "Noto Serif"; color: #6b6b6b } }
@page :first { @top-center { content: none } }
html { font: 12.5pt/1.42 "Noto Serif"; color: #000; hyphens: none }
p { margin: 0 0 5pt; text-align: justify; text-indent: 10mm; orphans: 2; widows: 2 }
.head { display: grid; grid-template-columns: 66mm 1fr; column-gap: 4mm; text-align: center; line-height: 1.3 }
.head p { text-align: center; text-indent: 0; margin: 0 }
.agency, .nation { font-size: 11pt } .nation { font-weight: bold; white-space: nowrap; letter-spacing: -.025em }
.motto { font-weight: bold; font-size: 12pt }
.motto span { border-bottom: .8pt solid #000; padding-bottom: 1.5pt }
.agency span { display: block; white-space: nowrap; font-size: 10.5pt; letter-spacing: -.03em }
.agency b { display: block } .rule { width: 24mm; border-top: .8pt solid #000; margin: 1.5mm auto 0 }
.number { font-size: 12pt; margin-top: 4mm !important } .date { font-style: italic; font-size: 12pt; margin-top: 4mm !important }
.about { font-size: 11pt; text-wrap: balance; margin-top: 1mm !important }
.mark { display: inline-block; margin-top: 3mm; border: 1.4pt solid #c00000; color: #c00000; font-weight: bold;
  font-size: 12pt; padding: .6mm 4mm; letter-spacing: .04em }
h1 { font-size: 13.5pt; text-align: center; margin: 9mm 0 1mm; line-height: 1.3 }
h1 + .subject { text-align: center; text-indent: 0; font-weight: bold; margin: 0 4mm; text-wrap: balance }
.subject-rule { width: 42mm; border-top: .8pt solid #000; margin: 2.5mm auto 6mm }
.authority { text-align: center; text-indent: 0; font-weight: bold; margin: 0 0 4mm }
.addressed { text-align: left; text-indent: 0; margin: 9mm 0 5mm 24mm } .basis { font-style: italic }
.decides { text-align: center; text-indent: 0; font-weight: bold; margin: 4mm 0 }
.chapter { text-align: center; text-indent: 0; font-weight: bold; margin: 6mm 0 3mm; white-space: pre-line; break-after: avoid }
.article { break-after: avoid } .article.whole { break-after: auto }
table.items { width: 100%; border-collapse: collapse; margin: 2mm 0 4mm; font-size: 11pt; line-height: 1.3 }
.items th, .items td { border: .5pt solid #000; padding: 1mm 2mm; text-align: left; vertical-align: top } .items th { text-align: center }
.foot { display: grid; grid-template-columns: 1fr 78mm; column-gap: 4mm; margin-top: 7mm; break-inside: avoid;
  break-before: avoid }
.recipients { font-size: 10pt; line-height: 1.32 } .recipients p { text-align: left; text-indent: 0; margin: 0 }
.recipients p:first-child { font-weight: bold; font-style: italic; font-size: 11pt }
.sign { text-align: center } .sign p { text-align: center; text-indent: 0; font-weight: bold; margin: 0 }
.space { height: 31mm; width: 70mm; margin: 0 auto }
.annex { break-before: page } .annex h1 { margin-top: 0 } .annex .kem { text-align: center; text-indent: 0; font-style: italic; margin: 1mm 6mm 0 }
"""


@dataclass(frozen=True, slots=True)
class SignatureBlock:
    """Authority, office and name of who signs; ``authority`` such as ``TM. ỦY BAN NHÂN DÂN`` may be empty."""

    name: str
    position: str = ""
    authority: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Annex:
    """What a decision promulgates: on pages of its own, under a title and the line that says what it belongs to."""

    title: str
    subject: str
    attached: str
    body: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """All that is printed. ``kind`` is the kind of document in capitals, or empty for a công văn, which has none."""

    superior: str
    agency: str
    number: str
    notation: str
    place: str
    issued: date | None
    kind: str
    subject: str
    body: tuple[Paragraph, ...]
    recipients: tuple[str, ...]
    signature: SignatureBlock
    authority: str = ""
    addressed_to: str = ""
    table: tuple[tuple[str, ...], ...] = ()
    annex: Annex | None = None
    second_signature: SignatureBlock | None = None
    secrecy_mark: str = ""


def html_of(page: Page) -> str:
    """The whole document as HTML for print, dated by its day of issue and by nothing else."""
    created = page.issued.isoformat() if page.issued else "2025-01-01"
    title = f"{page.kind.capitalize()} {page.subject}" if page.kind else f"Công văn {page.subject}"
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="author" content="{escape(page.agency)}"><meta name="dcterms.created" content="{created}">'
        f'<meta name="dcterms.modified" content="{created}"><style>{_STYLE}</style></head><body>'
        f"{_head(page)}{_title(page)}{_paragraphs(page.body)}{_table(page.table)}{_foot(page)}{_annex(page.annex)}"
        "</body></html>"
    )


def long_date(day: date) -> str:
    """``ngày 08 tháng 5 năm 2009``: days below 10 and months below 3 take a nought (NĐ 30/2020 Phụ lục I)."""
    return (
        f"ngày {day.day:02} tháng {day.month:02} năm {day.year}"
        if day.month < 3
        else (f"ngày {day.day:02} tháng {day.month} năm {day.year}")
    )


def _head(page: Page) -> str:
    superior = f"<span>{escape(page.superior)}</span>" if page.superior else ""
    about = f'<p class="about">V/v {escape(page.subject)}</p>' if not page.kind else ""
    mark = f'<p><span class="mark">{escape(page.secrecy_mark)}</span></p>' if page.secrecy_mark else ""
    day = f"{escape(page.place)}, {long_date(page.issued)}" if page.issued else ""
    return (
        f'<div class="head"><div><p class="agency">{superior}<b>{escape(page.agency.upper())}</b></p>'
        '<div class="rule"></div></div>'
        '<div><p class="nation">CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</p>'
        '<p class="motto"><span>Độc lập - Tự do - Hạnh phúc</span></p></div>'
        f'<div><p class="number">Số: {escape(page.number)}/{escape(page.notation)}</p>{about}{mark}</div>'
        f'<div><p class="date">{day}</p></div></div>'
    )


def _title(page: Page) -> str:
    if not page.kind:
        return f'<p class="addressed">Kính gửi: {escape(page.addressed_to)}</p>'
    heading = (
        f'<h1>{escape(page.kind)}</h1><p class="subject">{escape(page.subject)}</p><div class="subject-rule"></div>'
    )
    addressed = f'<p class="addressed">Kính gửi: {escape(page.addressed_to)}</p>' if page.addressed_to else ""
    authority = f'<p class="authority">{escape(page.authority)}</p>' if page.authority else ""
    return heading + addressed + authority


def _paragraphs(body: Iterable[Paragraph]) -> str:
    return "".join(_paragraph(item) for item in body)


def _paragraph(item: Paragraph) -> str:
    if item.kind != "article":
        return f'<p class="{item.kind}">{escape(item.text)}</p>'
    head, _, rest = item.text.partition(". ")
    if rest.endswith((".", "./.", ". /.")):
        return f'<p class="article whole"><b>{escape(head)}.</b> {escape(rest)}</p>'
    return f'<p class="article"><b>{escape(item.text)}</b></p>'


def _table(rows: tuple[tuple[str, ...], ...]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f'<table class="items"><tr>{head}</tr>{lines}</table>'


def _foot(page: Page) -> str:
    left = _signature(page.second_signature, SECOND_SIGNATURE_SPACE) if page.second_signature else _recipients(page)
    return f'<div class="foot">{left}{_signature(page.signature, SIGNATURE_SPACE)}</div>'


def _recipients(page: Page) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in page.recipients)
    return f'<div class="recipients"><p>Nơi nhận:</p>{lines}</div>' if lines else "<div></div>"


def _signature(block: SignatureBlock, anchor: str) -> str:
    lines = (*block.authority, *((block.position.upper(),) if block.position else ()))
    above = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f'<div class="sign">{above}<div class="space" id="{anchor}"></div><p>{escape(block.name)}</p></div>'


def _annex(annex: Annex | None) -> str:
    if annex is None:
        return ""
    return (
        f'<div class="annex"><h1>{escape(annex.title)}</h1><p class="subject">{escape(annex.subject)}</p>'
        f'<p class="kem">{escape(annex.attached)}</p><div class="subject-rule"></div>{_paragraphs(annex.body)}</div>'
    )
