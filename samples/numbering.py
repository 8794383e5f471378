"""One printed document, many numbers: the number is put into the finished page, which costs milliseconds, not a print."""

from __future__ import annotations

import hashlib
import io
import itertools
import re

import pikepdf

from samples.layout import NUMBER_PLACE

_RUN = re.compile(rb"(?=((?:<[0-9a-f]{4}>0){10}))")
_GLYPH = re.compile(rb"<([0-9a-f]{4})>0")
_DIGIT_WIDTH = 559
"""Advance of a digit of Noto Serif, in thousandths of an em: so much narrower is a line with one digit less."""


def numbered(pdf: bytes, number: str) -> bytes:
    """``pdf`` with ``number`` (1–10 digits) printed where ``NUMBER_PLACE`` stands on its first page.

    The digits are glyphs of the font embedded already, so PDF/A conformance and the text layer stay right; the file
    gets an identifier of its own. The same number gives the same bytes. Raises ValueError when the place is not there.
    """
    if not re.fullmatch(r"[0-9]{1,10}", number):
        raise ValueError(f"not a number of 1–10 digits: {number}")
    with pikepdf.open(io.BytesIO(pdf)) as document:
        page = document.pages[0]
        content = page.Contents.read_bytes()
        page.Contents = document.make_stream(_with_number(content, number))
        # The first part names the template for ever, the second this number of it (ISO 32000-1 14.4).
        template = bytes(document.trailer.ID[0])
        unique = hashlib.sha256(template + number.encode()).digest()[:16]
        out = io.BytesIO()
        document.save(out, static_id=True, object_stream_mode=pikepdf.ObjectStreamMode.preserve)
    return _with_identifier(out.getvalue(), template, unique)


def _with_number(content: bytes, number: str) -> bytes:
    for run in _RUN.finditer(content):
        glyphs = _GLYPH.findall(run.group(1))
        if all(int(later, 16) - int(glyph, 16) == 1 for glyph, later in itertools.pairwise(glyphs)):
            break
    else:
        raise ValueError(f"no {NUMBER_PLACE} on the first page")
    line = content.rindex(b"[", 0, run.start(1)) + 1
    # The line is centred: half of what is left out goes before its first letter.
    spared = (len(NUMBER_PLACE) - len(number)) * _DIGIT_WIDTH // 2
    digits = b"".join(b"<" + glyphs[int(digit)] + b">0" for digit in number)
    return content[:line] + b"%d" % -spared + content[line : run.start(1)] + digits + content[run.end(1) :]


def _with_identifier(pdf: bytes, template: bytes, unique: bytes) -> bytes:
    """The identifier qpdf writes is always the same with ``static_id``; ours is as long, so no offset moves."""
    found = list(re.finditer(rb"/ID ?\[ ?<([0-9a-f]{32})> ?<([0-9a-f]{32})> ?\]", pdf))
    assert len(found) == 1, "one trailer, one identifier"
    match = found[0]
    pdf = pdf[: match.start(2)] + unique.hex().encode() + pdf[match.end(2) :]
    return pdf[: match.start(1)] + template[:16].hex().encode() + pdf[match.end(1) :]
