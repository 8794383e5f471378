"""Số và ký hiệu (number and notation) in one form, however they were typed.

15/2017/QĐ-UBND   15 / 2017 / qd - ubnd   Số: 015/2017/QĐ-UBND   QĐ 15/2017/UBND       one number, its parts in any order
số 15 năm 2017 của Ủy ban nhân dân   quyết định 15/2017   qd ubnd 15                   spoken: kind and body as signs
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from schemas.index import abbreviations

_TOKEN = re.compile(r"\d+|[a-z]+")
_NOTATION = re.compile(r"\d+(?:\s*/\s*[^\W_]+(?:\s*-\s*[^\W_]+)*)+")
_LONGEST = 12
"""Tokens; a longer text is a sentence and no number and notation."""

_YEAR = re.compile(r"(?<!\w)nam\s+[12]\d{3}(?!\w)")
_SPOKEN_PADDING = frozenset({"so", "nam", "cua", "ky", "hieu", "do"})
_BODIES = ("CP", "QH", "TTg", "UBND", "HĐND", "UBTVQH", "UBMTTQ", "VPCP", "TTCP", "NHNN", "KTNN", "UBDT")
_MOST_SPOKEN = 3


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


def in_order(text: str) -> str:
    """The number so spelled that order by letters is order by numbers: 9/2017 stands before 10/2017."""
    return "-".join(item.zfill(12) if item.isdigit() else item for item in tokens(text))


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
    """The parts of a query that may be a number and notation, the one with the most parts first.

    What is written like one, alone and with the kind before it; what is spoken («quyết định số 15 năm 2017 của UBND» is
    ``qd 15/2017 ubnd``, its place left out); and the whole of a short query with a digit.
    """
    written = [found.group() for found in _NOTATION.finditer(text)]
    short = _signed(text)
    spoken = [
        " ".join(filter(None, found.group("kind", "number", "year", "body"))) for found in _spoken().finditer(short)
    ]
    parts = [*spoken[:_MOST_SPOKEN], *written]
    if 0 < len(tokens(text)) <= _LONGEST and any(item.isdigit() for item in tokens(_YEAR.sub(" ", short))):
        parts.append(" ".join(item for item in short.split() if item not in _SPOKEN_PADDING) or text)
    single = {tokens(part): part for part in reversed(parts)}
    return tuple(sorted(reversed(single.values()), key=lambda part: -len(tokens(part))))


def _signed(text: str) -> str:
    """Folded, kinds of document and issuing bodies as the signs they have in a notation."""
    plain = " ".join(folded(text).split())
    pattern, signs = _names()
    return pattern.sub(lambda found: signs[found.group()], plain)


@cache
def _names() -> tuple[re.Pattern[str], dict[str, str]]:
    table = abbreviations()
    bodies = {short: table.two_way.get(short) or table.one_way[short] for short in _BODIES}
    signs = {
        folded(phrase): folded(short)
        for group in (table.kinds, bodies)
        for short, phrases in group.items()
        for phrase in phrases
    }
    names = sorted(signs, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)"), signs


@cache
def _spoken() -> re.Pattern[str]:
    """In a text made by ``_signed``: a number and its year after the kind, or after «số» with nothing before it («bão số 5
    năm 2013» is none), and the body that issued it."""
    kinds = "|".join(folded(short) for short in abbreviations().kinds)
    bodies = "|".join(sorted((folded(short) for short in _BODIES), key=len, reverse=True))
    body = rf"(?:\s+(?:cua\s+|do\s+)?(?P<body>{bodies}))?"
    return re.compile(
        rf"(?<!\w)(?:(?P<kind>{kinds})\s+(?:so\s*:?\s*)?|(?:^|van ban )so\s*:?\s*)(?P<number>\d{{1,6}})"
        rf"(?:\s*/\s*|\s+nam\s+)(?P<year>[12]\d{{3}})(?![\w/]){body}(?!\w)"
    )
