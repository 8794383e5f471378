"""Marks of state secrecy (MẬT, TỐI MẬT, TUYỆT MẬT) where a stamp or a value stands alone; never in running prose."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Letters of the three marks in every form a scan, an older encoding or a careless keyboard gives them, blanks removed.
# "MAT" without any mark is a common abbreviation and is not taken for one; "MẤT" and "MẮT" are other words.
_MARKS = (
    ("TUYỆT MẬT", re.compile(r"TUY(?:[EÊẸỆ]|EÄ|Ö)T-?M(?:[AÂẠẬ]|AÄ|Ë)T")),
    ("TỐI MẬT", re.compile(r"T(?:[OÓÔỐ]|OÁ|è)I-?M(?:[AÂẠẬ]|AÄ|Ë)T")),
    ("MẬT", re.compile(r"M(?:[ÂẬ]|AÄ|Ë)T")),
)
_VALUES = {"mật": "MẬT", "tối mật": "TỐI MẬT", "tuyệt mật": "TUYỆT MẬT"}
_LABEL = re.compile(r"^(?:dấu chỉ\s+)?(?:mức\s+)?(?:chế\s+)?độ\s+mật\s*[:.\-–]\s*", re.IGNORECASE)
_BRACKETED = re.compile(r"[(\[{]([^()\[\]{}]{3,24})[)\]}]")
# A stamp on one line with a part of the letterhead, where a reader of PDF leaves one blank between the two columns.
_BESIDE = re.compile(
    r"^(?P<before>TUYỆT MẬT|TỐI MẬT|MẬT)\s+(?P<after>\S.*)$|^(?P<head>.*\S)\s+(?P<last>TUYỆT MẬT|TỐI MẬT|MẬT)$"
)
_LETTERHEAD = re.compile(r"(?:Số\s*:|CỘNG H|Độc lập|ỦY BAN|UỶ BAN|UBND|HỘI ĐỒNG|BỘ |SỞ |CỤC |.*ngày\s.*tháng\s.*năm)")
_FRAME = " \t\u00a0*-–—_=~|/\\.,:;!\"'“”‘’«»()[]{}<>•·■□▪+#"
_WRAPPED = re.compile(r"(?:BÍ|BẢO|ĐỘ|CƠ|THÂN|NIÊM|TRÁI|HỌ)$")
"""A line of a heading in capitals may end before the second half of "BÍ MẬT": what follows is no stamp."""


_HINT = re.compile(r"M[\W_]*[AÂẠẬË][\W_]*Ä?[\W_]*T|[Đđ]ộ\s+mật|ĐỘ\s+MẬT")
"""Without this there is no mark: it spares the search of nearly every text."""
_VALUE_CHARACTERS = 40


def secrecy_mark(text: str) -> str | None:
    """The mark that stands in ``text`` as a line or stamp of its own, in capitals; None if there is none.

    Spaced letters ("T Ố I  M Ậ T"), one letter a line, decomposed forms, missing tone marks, frames of punctuation,
    marks beside another column of the head, in brackets, or after "Độ mật:" are recognised. The highest mark wins.
    """
    composed = unicodedata.normalize("NFC", text)
    if not _HINT.search(composed):
        return None
    found = {mark for mark in _marks(composed) if mark}
    return next((mark for mark, _ in _MARKS if mark in found), None)


def mark_of_value(text: str) -> str | None:
    """The mark that a metadata value is, as a whole and in any case, or that stands in it as a line of its own."""
    if len(text) <= _VALUE_CHARACTERS:
        plain = " ".join(unicodedata.normalize("NFC", text).split()).strip(_FRAME).casefold()
        if plain in _VALUES:
            return _VALUES[plain]
    return secrecy_mark(text)


def _marks(text: str) -> Iterator[str | None]:
    before = ""
    for line in _joined_letters(text.splitlines()):
        wrapped = _WRAPPED.search(before.rstrip(_FRAME)) is not None
        for segment in _segments(line):
            mark = _mark(segment)
            # Only the plain word can be the rest of a word begun above.
            if mark is not None and not (wrapped and mark == "MẬT" and segment == line):
                yield mark
        if line.strip():
            before = line.strip()


def _segments(line: str) -> Iterator[str]:
    """The line as a whole, its columns, what follows a label, and what stands in brackets."""
    yield line
    if label := _LABEL.match(line.strip()):
        rest = line.strip()[label.end() :]
        yield _VALUES.get(" ".join(rest.split()).strip(_FRAME).casefold(), rest)
    for columns in (re.split(r"\t+|\s{3,}", line), re.split(r"\t+|\s{2,}", line)):
        if len(columns) > 1:
            yield from columns
    yield from _BRACKETED.findall(line)
    yield from _beside_letterhead(" ".join(line.split()))


def _beside_letterhead(line: str) -> Iterator[str]:
    if found := _BESIDE.match(line):
        mark, rest = found["before"] or found["last"], found["after"] or found["head"]
        # The longest mark: what is left may not end in a half of it, or in a word the plain one belongs to.
        if _LETTERHEAD.match(rest) and not (found["last"] and _WRAPPED.search(rest)):
            yield next((whole for whole in ("TUYỆT MẬT", "TỐI MẬT") if line.endswith(whole)), mark)


def _mark(segment: str) -> str | None:
    squeezed = "".join(segment.split()).strip(_FRAME)
    if not 3 <= len(squeezed) <= 14:
        return None
    return next((mark for mark, pattern in _MARKS if pattern.fullmatch(squeezed)), None)


def _joined_letters(lines: list[str]) -> Iterator[str]:
    """The lines, with runs of single letters (a stamp read from top to bottom) put together as one more line."""
    run: list[str] = []
    for line in lines:
        bare = line.strip()
        if len(bare) == 1 and bare.isalpha():
            run.append(bare)
            continue
        if run:
            yield "".join(run)
            run = []
        yield line
    if run:
        yield "".join(run)
