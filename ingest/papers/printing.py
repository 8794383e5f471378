"""A composed paper on sheets: laid out in parts, so that memory does not grow with the length of its lists."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import pikepdf

from archive.papers.paper import DATA_NAME, PAPER_NAMES, Paper, paper_bytes, paper_sha256
from ingest.letters import Enclosed, LaidOut
from ingest.papers.blocks import Block, Composed, Table, html_of, table_html
from ingest.papers.frame import document_html

ROWS_AT_ONCE = 400
_LEVEL = 2.0
"""Two rows that begin within so many pixels of each other's height begin at the same place of their sheets."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The paper as PDF/A-3u, with its canonical data inside as ``giay-to.json``."""

    pdf: bytes
    sheets: int
    data: bytes


def printed(paper: Paper, composed: Composed) -> Printed:
    """``paper`` as it was composed. A table of more than 400 rows is laid out that many at a time: what does not fill
    its last sheet is laid out again with the rows that follow, so that no sheet shows where."""
    data = paper_bytes(paper)
    parts: list[bytes] = []
    sheets = 0
    place = _Place(0, 0)
    blocks = [*composed.blocks, *composed.closing]
    enclosed = (Enclosed(DATA_NAME, "Dữ liệu của giấy tờ này (RFC 8785)", data),)
    digest = paper_sha256(paper)
    while True:
        body, stop = _body(blocks, place)
        ending = stop.block == len(blocks)
        laid = LaidOut(
            document_html(
                composed,
                body,
                title=PAPER_NAMES[paper.kind],
                kind=paper.kind,
                head=paper.head,
                bound_to=paper.bound_to,
                paper_sha256=digest,
                first_page=sheets + 1,
                opening=not parts,
                ending=ending,
            )
        )
        kept, place = (laid.sheets, stop) if ending else _kept(laid, stop)
        parts.append(laid.pdf(kept, () if parts else enclosed))
        sheets += kept
        if ending:
            return Printed(_joined(parts), sheets, data)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where printing goes on: a block, and a row if the block is a table."""

    block: int
    row: int


def _body(blocks: Sequence[Block], place: _Place) -> tuple[str, _Place]:
    """The HTML of the blocks from ``place`` on, at most so many rows of one long table, and where it stopped."""
    html: list[str] = []
    for number in range(place.block, len(blocks)):
        block = blocks[number]
        start = place.row if number == place.block else 0
        if isinstance(block, Table) and len(block.rows) - start > ROWS_AT_ONCE:
            stop = start + ROWS_AT_ONCE
            html.append(table_html(block, start, stop, _row_name(number)))
            return "".join(html), _Place(number, stop)
        if start and isinstance(block, Table):
            html.append(table_html(block, start, len(block.rows), ""))
        else:
            html.append(html_of(block))
    return "".join(html), _Place(len(blocks), 0)


def _row_name(block: int) -> str:
    return f"dong-{block}-"


def _kept(laid: LaidOut, stop: _Place) -> tuple[int, _Place]:
    """How many of the sheets are kept, and the row the next part begins with: the first of the last sheet that begins
    with a whole row of the table. The next part has it at the same height, under the same head."""
    name = _row_name(stop.block)
    starts = laid.first_named(name)
    heights = [place[1] for place in starts[1:] if place is not None]
    if heights:
        level = min(heights) + _LEVEL
        for sheet in range(len(starts) - 1, 0, -1):
            found = starts[sheet]
            if found is not None and found[1] <= level:
                return sheet, _Place(stop.block, int(found[0].removeprefix(name)))
    return laid.sheets, stop


def _joined(parts: Sequence[bytes]) -> bytes:
    """The parts as one file under the first one's metadata; PDF/A asks nothing of a part that another has not."""
    if len(parts) == 1:
        return parts[0]
    with pikepdf.open(io.BytesIO(parts[0])) as whole:
        for part in parts[1:]:
            with pikepdf.open(io.BytesIO(part)) as more:
                whole.pages.extend(more.pages)
        if "/Dests" in whole.Root.Names:
            del whole.Root.Names["/Dests"]
        out = io.BytesIO()
        whole.save(out, deterministic_id=True)
    return out.getvalue()
