"""The ways the same Vietnamese text is written: tone places, Unicode forms, abbreviations, without diacritics."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_TONES = "\u0301\u0300\u0309\u0303\u0323"
_END = r"(?![\w\u0300-\u036f])"
_ON_FIRST = re.compile(rf"([oO])([{_TONES}])([aAeE]){_END}|(?<![qQ])([uU])([{_TONES}])([yY]){_END}")
_ON_SECOND = re.compile(rf"([oO])([aAeE])([{_TONES}]){_END}|(?<![qQ])([uU])([yY])([{_TONES}]){_END}")


def tone_on_second(text: str) -> str:
    """hòa, khỏe, thủy → hoà, khoẻ, thuỷ; NFC."""
    spread = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", _ON_FIRST.sub(lambda m: _moved(m.groups(), (0, 2, 1)), spread))


def tone_on_first(text: str) -> str:
    """hoà, khoẻ, thuỷ → hòa, khỏe, thủy; NFC."""
    spread = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", _ON_SECOND.sub(lambda m: _moved(m.groups(), (0, 2, 1)), spread))


def _moved(groups: Iterable[str | None], order: tuple[int, ...]) -> str:
    letters = [letter for letter in groups if letter is not None]
    return "".join(letters[position] for position in order)


def stripped(text: str) -> str:
    """As typed on a keyboard without Vietnamese letters: no marks, d for đ."""
    plain = "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
    return plain.replace("đ", "d").replace("Đ", "D")


def abbreviated(text: str, short: Iterable[tuple[str, str]]) -> str:
    """Every long form written short, whatever its case."""
    for long, brief in short:
        text = re.sub(re.escape(long), brief, text, flags=re.IGNORECASE)
    return text


def spelled_out(text: str, short: Iterable[tuple[str, str]]) -> str:
    """Every abbreviation that stands alone written in full."""
    for long, brief in short:
        text = re.sub(rf"(?<![\w/-]){re.escape(brief)}(?![\w-])", long, text)
    return text
