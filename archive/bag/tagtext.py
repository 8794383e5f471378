"""Tag files as text: decoded once, split only where the standard says a line ends (RFC 8493, 2.3)."""

from __future__ import annotations

import re

from archive.bag.declaration import Declaration
from archive.finding import Finding, finding

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
BOM = "\ufeff"


def tag_text(file: str, data: bytes, declaration: Declaration) -> tuple[str | None, Finding | None]:
    """The text under the declared encoding, or a finding when it cannot be read so."""
    try:
        return data.decode(declaration.encoding), None
    except (LookupError, ValueError):
        return None, finding("bag.tag.undecodable", file, encoding=declaration.encoding)


def lines_of(text: str) -> list[str]:
    """Lines ended by LF, CR or CRLF and nothing else: str.splitlines would also cut at U+0085, U+2028 and others."""
    lines = _LINE_BREAK.split(text)
    if lines and not lines[-1]:
        lines.pop()
    return lines
