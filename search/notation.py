"""Số và ký hiệu (number and notation) in one form, however they were typed."""

from __future__ import annotations

import re
import unicodedata

_TOKEN = re.compile(r"\d+|[a-z]+")
_NOTATION = re.compile(r"\d+(?:\s*/\s*[^\W_]+(?:\s*-\s*[^\W_]+)*)+")
_LONGEST = 12
"""Tokens; a longer text is a sentence and no number and notation."""


def folded(text: str) -> str:
    """Lower case without any diacritic; đ is d."""
    plain = unicodedata.normalize("NFD", text).casefold().replace("đ", "d")
    return "".join(character for character in plain if not unicodedata.combining(character))


def tokens(text: str) -> tuple[str, ...]:
    """Its numbers (without leading zeros) and groups of letters in order: ``09/2017/QĐ-UBND`` → 9, 2017, qd, ubnd."""
    return tuple(item.lstrip("0") or "0" if item.isdigit() else item for item in _TOKEN.findall(folded(text)))


def key(text: str) -> str:
    """The one spelling all spellings share: ``Số: 09 / 2017/QĐ -UBND`` and ``9/2017/qd-ubnd`` are the same."""
    found = tokens(text)
    if len(found) > 1 and found[0] == "so":
        found = found[1:]
    return "-".join(found)


def keys_of(number: str, notation: str, year: int | None) -> tuple[str, ...]:
    """Every key under which a document is asked for by its whole number: with and without year and notation."""
    whole = key(f"{number}/{notation}")
    forms = [whole]
    if year is not None and str(year) not in tokens(notation):
        forms.append(key(f"{number}/{year}/{notation}"))
        forms.append(key(f"{number}/{year}"))
    elif year is not None:
        without = "-".join(item for item in tokens(notation) if item != str(year))
        forms += [key(f"{number}/{year}"), key(f"{number}/{without}")]
    return tuple(dict.fromkeys(form for form in forms if form))


def spelled_in(text: str) -> tuple[str, ...]:
    """The parts of a query that may be a number and notation: what is written like one, or the whole short query."""
    parts = [found.group() for found in _NOTATION.finditer(text)]
    if 0 < len(tokens(text)) <= _LONGEST and any(item.isdigit() for item in tokens(text)):
        parts.append(text)
    return tuple(dict.fromkeys(parts))
