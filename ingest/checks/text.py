"""The text of one document, for search and for the marks on its first page. Runs inside a supervised worker.

Text is NFC UTF-8 with a form feed between pages. Pictures have none. A file that cannot be read says so in ``error``;
time and memory are the supervisor's, counts and sizes are bounded here.
"""

from __future__ import annotations

import hashlib
import platform
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

from ingest.checks.text_of_office_files import docx_pages, flat_odt_pages, odt_pages, xlsx_pages
from ingest.checks.text_of_pdf import pdf_pages
from ingest.checks.text_of_plain_text import plain_pages
from ingest.checks.text_page import Page, TextRefusedError
from ingest.checks.text_sniffing import kind_of

MOST_CHARACTERS = 50_000_000
_HEAD_CHARACTERS = 1_500

Reader = Callable[[Path], Iterator[Page]]
_READERS: Mapping[str, tuple[Reader, str]] = {
    "pdf": (pdf_pages, "pypdfium2"),
    "docx": (docx_pages, "lxml"),
    "odt": (odt_pages, "lxml"),
    "fodt": (flat_odt_pages, "lxml"),
    "xlsx": (xlsx_pages, "openpyxl"),
    "plain": (plain_pages, "python"),
}
WITHOUT_TEXT = frozenset({"picture", "empty"})
"""Of these nothing is to be read; of any other kind without a reader, text may be there that nobody saw."""


@dataclass
class _Text:
    """What was read so far; ``letters`` counts letters and digits, ``characters`` all that was written."""

    characters: int = 0
    pages: int = 0
    head: str = ""
    letters: int = 0
    cut: bool = False
    error: str | None = None


def facts(path: Path, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the text of ``path`` is: kind, characters, pages, head of the first page, whether there is any.

    ``options``: ``text_out``, where the text is to be written (absent: it is only counted); ``max_chars``, after which
    the rest is left out and ``cut`` is true. ``sha256`` is that of the text written, not of the document.
    """
    kind = kind_of(path)
    read = _Text()
    if kind not in _READERS and kind not in WITHOUT_TEXT:
        read.error = "unsupported"
    digest = hashlib.sha256()
    reader = _READERS.get(kind)
    target = options.get("text_out")
    limit = min(int(options.get("max_chars") or MOST_CHARACTERS), MOST_CHARACTERS)
    with Path(target).open("wb") if target else nullcontext(BytesIO()) as out:
        try:
            for piece in _pieces(reader[0](path), read, limit) if reader else ():
                data = piece.encode("utf-8")
                digest.update(data)
                if target:
                    out.write(data)
        except TextRefusedError as refused:
            read.error = refused.rule
    return {
        "kind": kind,
        "characters": read.characters,
        "pages": read.pages,
        "head": read.head,
        "has_text_layer": read.letters > 0,
        "cut": read.cut,
        "error": read.error,
        "sha256": digest.hexdigest(),
        "tool": {reader[1]: platform.python_version() if reader[1] == "python" else version(reader[1])}
        if reader
        else {},
    }


def _pieces(pages: Iterator[Page], read: _Text, limit: int) -> Iterator[str]:
    for page in pages:
        text = unicodedata.normalize("NFC", page.text).replace("\f", "\n")
        if read.pages == 0:
            head = page.head if page.head.strip() else text
            read.head = _cleaned(unicodedata.normalize("NFC", head))[:_HEAD_CHARACTERS]
        piece = _cleaned(("\f" if read.pages else "") + text)
        read.pages += 1
        read.letters += sum(1 for char in piece if char.isalnum())
        if read.characters + len(piece) > limit:
            piece, read.cut = piece[: limit - read.characters], True
        read.characters += len(piece)
        yield piece
        if read.cut:
            return


def _cleaned(text: str) -> str:
    """Without the characters that no text file may hold: NUL and what is half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", errors="ignore").decode("utf-8")
