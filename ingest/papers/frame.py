"""The formal parts of a paper as NĐ 30/2020/NĐ-CP Phụ lục I places them, around whatever its body is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from archive.papers.paper import Letterhead, ListReference, PaperKind, SignatureBlock
from ingest.letters import nation_heading
from ingest.papers.blocks import Composed

LIST_LABEL = "SHA-256 của danh mục"
"""Before the hash on every sheet: people compare it there, and a machine finds it in the text of a signed copy."""
ROUND_LABEL = "Đợt hủy"
KEYWORD_LIST, KEYWORD_PAPER, KEYWORD_KIND = "luutru-list-sha256", "luutru-paper-sha256", "luutru-paper"

_STYLE = """
html { font: 13pt/1.4 "Noto Serif", serif; color: #000; hyphens: none; font-variant-ligatures: none }
body { margin: 0 } p { margin: 0 0 5pt; text-align: justify; orphans: 2; widows: 2 }
p.body, p.basis { text-indent: 10mm } p.basis { font-style: italic }
p.decides, p.authority { text-align: center; font-weight: bold; margin: 3mm 0; break-after: avoid }
p.bound { text-align: left; text-indent: 10mm } p.plain { text-align: left } p.centre { text-align: center }
p.note { font-size: 11pt; font-style: italic } p.addressed { text-align: center; margin: 4mm 0 5mm }
.head { display: grid; grid-template-columns: 45% 1fr; column-gap: 3mm; text-align: center; line-height: 1.28; font-size: 11.5pt }
.head b { display: block } .head p { text-align: center; margin: 0 } .head .left { letter-spacing: -.01em }
.head .nation { letter-spacing: -.025em; white-space: nowrap } .head .nation b { font-size: 11pt }
.head .motto { font-weight: bold; border-bottom: .8pt solid #000; padding-bottom: 1pt }
.rule { width: 22mm; border-top: .8pt solid #000; margin: 1.2mm auto 0 }
.head .number, .head .date { margin-top: 2.5mm } .head .date { font-style: italic } .head .about { font-size: 11.5pt; margin-top: 1mm }
h1 { font-size: 14pt; text-align: center; margin: 7mm 0 1mm; line-height: 1.25 }
.subject { text-align: center; font-weight: bold; margin: 0 8mm }
.subject-rule { width: 40mm; border-top: .8pt solid #000; margin: 2mm auto 5mm }
h2 { font-size: 13pt; margin: 4mm 0 1.5mm; break-after: avoid }
table { width: 100%; border-collapse: collapse; margin: 1.5mm 0 3mm }
td, th { border: .5pt solid #000; padding: .9mm 1.4mm; vertical-align: top; text-align: left; font-size: 10.5pt; line-height: 1.25 }
tr { break-inside: avoid } th { text-align: center; vertical-align: middle } td.center { text-align: center } td.right { text-align: right }
table.list { table-layout: fixed } table.list td { overflow-wrap: anywhere }
tr.numbers th { font-weight: normal; font-size: 8.5pt; padding: .3mm }
td.group { font-weight: bold } .digest { font: 7pt "Noto Sans"; white-space: nowrap }
table.facts td { font-size: 11.5pt; overflow-wrap: anywhere } table.facts td:first-child { width: 36% }
.foot { margin-top: 6mm; break-inside: avoid; break-before: avoid } .foot.one { display: grid; grid-template-columns: 1fr 52%; column-gap: 4mm }
.recipients { font-size: 10.5pt; line-height: 1.3; break-inside: avoid } .recipients p { text-align: left; margin: 0 }
.recipients p:first-child { font-weight: bold; font-style: italic; font-size: 11.5pt }
.signs { display: grid; column-gap: 4mm; margin-bottom: 4mm }
.sign { text-align: center; font-weight: bold } .sign p { text-align: center; margin: 0 } .space { height: 27mm }
"""


def document_html(
    composed: Composed,
    body: str,
    *,
    title: str,
    kind: PaperKind,
    head: Letterhead,
    bound_to: ListReference | None,
    paper_sha256: str,
    first_page: int,
    opening: bool,
    ending: bool,
) -> str:
    """One HTML page: with the formal head when ``opening``, with signatures when ``ending``; numbered from
    ``first_page``."""
    words = [f"{KEYWORD_KIND}:{kind.value}", f"{KEYWORD_PAPER}:{paper_sha256}"]
    if bound_to is not None and bound_to.sha256:
        words.append(f"{KEYWORD_LIST}:{bound_to.sha256}")
    keywords = ", ".join(words)
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="author" content="{escape(head.agency)}"><meta name="keywords" content="{escape(keywords)}">'
        f"<style>{_page_style(composed, bound_to, first_page)}{_STYLE}</style></head><body>"
        f"{_head(composed, head) if opening else ''}{body}{_foot(head) if ending else ''}</body></html>"
    )


def long_date(day: date | None) -> str:
    """``ngày 08 tháng 5 năm 2026``: days below 10 and months below 3 take a nought; dots where the day is left open."""
    if day is None:
        return "ngày … tháng … năm …"
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def short_date(day: date | None) -> str:
    return "…" if day is None else f"{day:%d/%m/%Y}"


def _page_style(composed: Composed, bound_to: ListReference | None, first_page: int) -> str:
    bound = ""
    if bound_to is not None:
        line = f"{_css(ROUND_LABEL)}: {_css(bound_to.round_code)}"
        if bound_to.sha256:
            line += f" · {_css(LIST_LABEL)}: {bound_to.sha256}"
        bound = (
            f'@bottom-left {{ content: "{line}"; font: 7.5pt "Noto Sans"; white-space: nowrap; vertical-align: top; '
            "padding-top: 4mm; width: 100% }"
        )
    size = "A4 landscape" if composed.landscape else "A4"
    margin = "20mm 15mm 20mm 20mm" if composed.landscape else "20mm 18mm 20mm 30mm"
    number = "none" if first_page == 1 else "counter(page)"
    return (
        f"@page {{ size: {size}; margin: {margin}; @top-center {{ content: counter(page); "
        f'font: 12pt "Noto Serif"; vertical-align: bottom; padding-bottom: 4mm }} {bound} }} '
        f"@page :first {{ counter-reset: page {first_page}; @top-center {{ content: {number} }} }}"
    )


def _css(text: str) -> str:
    """``text`` inside a quoted string of a style sheet: every character that is no letter, digit or space is escaped."""
    return "".join(one if one.isalnum() or one == " " else f"\\{ord(one):06x}" for one in text)


def _head(composed: Composed, head: Letterhead) -> str:
    superior = f"<p>{escape(head.superior.upper())}</p>" if head.superior else ""
    about = "" if composed.name else f'<p class="about">V/v {escape(composed.subject)}</p>'
    notation = f"/{escape(head.notation)}" if head.notation else ""
    number = (
        f"<p class='number'>Số: {escape(head.number) or '……'}{notation}</p>" if head.notation or head.number else ""
    )
    nation = nation_heading().replace("<div>", '<div class="nation">', 1)
    return (
        f'<div class="head"><div class="left">{superior}<b>{escape(head.agency.upper())}</b><div class="rule"></div></div>'
        f"{nation}<div>{number}{about}</div>"
        f'<div><p class="date">{escape(head.place)}, {long_date(head.issued)}</p></div></div>{_title(composed)}'
    )


def _title(composed: Composed) -> str:
    addressed = f'<p class="addressed">Kính gửi: {escape(composed.addressed_to)}</p>' if composed.addressed_to else ""
    if not composed.name:
        return addressed
    subject = f'<p class="subject">{escape(composed.subject)}</p>' if composed.subject else ""
    authority = f'<p class="authority">{escape(composed.authority)}</p>' if composed.authority else ""
    return f'<h1>{escape(composed.name)}</h1>{subject}<div class="subject-rule"></div>{addressed}{authority}'


def _foot(head: Letterhead) -> str:
    if len(head.signatures) == 1:
        block = head.signatures[0]
        sign = f'<div class="sign">{_office(block)}<div class="space"></div><p>{escape(block.name)}</p></div>'
        return f'<div class="foot one">{_recipients(head)}{sign}</div>'
    columns = 2 if len(head.signatures) == 4 else 3
    rows = [head.signatures[at : at + columns] for at in range(0, len(head.signatures), columns)]
    return f'<div class="foot">{"".join(map(_signatures, rows))}</div>{_recipients(head)}'


def _signatures(blocks: Sequence[SignatureBlock]) -> str:
    """Offices in one line, names in another: however many lines an office takes, names stand side by side."""
    offices = "".join(f'<div class="sign">{_office(block)}<div class="space"></div></div>' for block in blocks)
    names = "".join(f'<div class="sign"><p>{escape(block.name)}</p></div>' for block in blocks)
    return f'<div class="signs" style="grid-template-columns:repeat({len(blocks)},1fr)">{offices}{names}</div>'


def _office(block: SignatureBlock) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in (*block.authority, block.position.upper()) if line)


def _recipients(head: Letterhead) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in head.recipients)
    return f'<div class="recipients"><p>Nơi nhận:</p>{lines}</div>' if lines else "<div></div>"
