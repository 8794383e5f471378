"""What the body of a paper is made of: paragraphs, headings, facts and tables; text from outside stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

_DIGEST = re.compile("[0-9a-f]{64}")
Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. ``style``: body, basis (căn cứ), decides (QUYẾT ĐỊNH:), bound (names a list by its hash), centre, note
    or plain (no indent)."""

    text: str
    style: Literal["body", "basis", "decides", "bound", "centre", "note", "plain"] = "body"


@dataclass(frozen=True, slots=True)
class Article:
    """``Điều n.`` or a numbered point, its first words in bold; further paragraphs follow it."""

    head: str
    text: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value side by side; pairs without value are left out."""

    pairs: Sequence[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head and its share of the width in per cent."""

    head: str
    width: int
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Group:
    """A row that heads those below it, over the whole width."""

    text: str


Row = Sequence[object] | Group


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` may be a list of any length; the head is repeated on every sheet."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    numbered_heads: bool = False
    """Whether the columns are numbered (1) (2) … under their heads, as forms have it."""
    empty: str = "Không có."


Block = Text | Article | Heading | Facts | Table


@dataclass(frozen=True, slots=True)
class Composed:
    """One paper ready to be printed. ``name``: tên loại in capitals, empty for a công văn; ``subject``: trích yếu."""

    name: str
    subject: str
    blocks: Sequence[Block]
    landscape: bool = False
    authority: str = ""
    addressed_to: str = ""
    closing: Sequence[Block] = field(default_factory=tuple)
    """What stands between the body and the signatures, kept with them as far as it fits."""


def html_of(block: Block) -> str:
    """A block in HTML; a table whole. Long tables go through ``table_html`` piece by piece."""
    match block:
        case Text():
            return f'<p class="{block.style}">{escape(block.text)}</p>'
        case Article():
            more = "".join(f'<p class="body">{escape(item)}</p>' for item in block.more)
            return f'<p class="body"><b>{escape(block.head)}</b> {escape(block.text)}</p>{more}'
        case Heading():
            return f"<h2>{escape(block.text)}</h2>"
        case Facts():
            rows = "".join(
                f"<tr><td>{escape(label)}</td><td>{_shown(value)}</td></tr>"
                for label, value in block.pairs
                if value not in ("", None)
            )
            return f'<table class="facts">{rows}</table>'
        case Table():
            return (
                table_html(block, 0, len(block.rows), "")
                if block.rows
                else f'<p class="body">{escape(block.empty)}</p>'
            )


def table_html(table: Table, start: int, stop: int, name: str) -> str:
    """The rows from ``start`` to before ``stop`` under the table's head; with a ``name`` each row has an id of it and
    its place."""
    columns = "".join(f'<col style="width:{column.width}%">' for column in table.columns)
    heads = "".join(f"<th>{escape(column.head)}</th>" for column in table.columns)
    numbers = ""
    if table.numbered_heads:
        numbers = f'<tr class="numbers">{"".join(f"<th>({at})</th>" for at in range(1, len(table.columns) + 1))}</tr>'
    body = "".join(_row(table, place, f' id="{name}{place}"' if name else "") for place in range(start, stop))
    return f"<table class='list'>{columns}<thead><tr>{heads}</tr>{numbers}</thead><tbody>{body}</tbody></table>"


def _row(table: Table, place: int, identity: str) -> str:
    row = table.rows[place]
    if isinstance(row, Group):
        return f'<tr{identity}><td class="group" colspan="{len(table.columns)}">{escape(row.text)}</td></tr>'
    return f"<tr{identity}>{''.join(_cells(table.columns, row))}</tr>"


def _cells(columns: Sequence[Column], row: Sequence[object]) -> Iterable[str]:
    for column, value in zip(columns, row, strict=True):
        text = _shown(value)
        yield f"<td>{text}</td>" if column.align == "left" else f'<td class="{column.align}">{text}</td>'


def _shown(value: object) -> str:
    """A value of a cell, line by line; a digest small and in one line, so that it can be compared and copied whole."""
    lines = ("" if value is None else str(value)).split("\n")
    return "<br>".join(
        f'<span class="digest">{line}</span>' if _DIGEST.fullmatch(line) else escape(line) for line in lines
    )
