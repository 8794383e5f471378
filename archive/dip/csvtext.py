"""CSV as a spreadsheet opens it: UTF-8 with its mark, RFC 4180, and no cell a program would run."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

BOM = b"\xef\xbb\xbf"
"""Without it Excel takes Vietnamese letters for another code page."""

_RUN = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")
_SKIPPED = ("\t", "\r", "\n")
_NOT_WRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

Cell = str | int | None


def csv_line(cells: Iterable[Cell]) -> bytes:
    """One line. Texts are made harmless, integers stand as they are, None is an empty cell."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(
        cell if isinstance(cell, int) else harmless(writable(cell or "")) for cell in cells
    )
    return line.getvalue().encode("utf-8")


def harmless(text: str) -> str:
    """``text`` so that no spreadsheet takes it for a formula: an apostrophe stands before what begins like one."""
    begins = text.lstrip().lstrip("\u200b\ufeff")
    return f"'{text}" if text.startswith(_SKIPPED) or begins.startswith(_RUN) else text


def writable(text: str) -> str:
    """``text`` without characters no sheet can hold: controls but tab and line ends, lone surrogates, non-characters."""
    return _NOT_WRITABLE.sub("", text)
