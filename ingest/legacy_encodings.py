"""Vietnamese in the encodings before Unicode, carried as Latin letters: recognised and read.

TCVN3 (ABC, the .Vn fonts) and VNI put Vietnamese letters where Latin-1 has other characters; VIQR writes marks as ASCII
signs; UTF-8 read as Windows-1252 gives pairs such as "áº". All are proper strings to a program, rubbish to a reader.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ingest.legacy_encodings_syllables import is_syllable

_ENOUGH_WORDS = 2
_ENOUGH_SHARE = 0.6
_MOST_CHARACTERS = 20_000

# TCVN 5712:1993 VN3, high half; the font's capital variant (.VnTimeH) shows small letters as capitals.
_TCVN3 = {
    **dict(zip(range(0xA1, 0xAF), "ĂÂÊÔƠƯĐăâêôơưđ", strict=True)),
    **dict(zip(range(0xB5, 0xBA), "àảãáạ", strict=True)),
    **dict(zip(range(0xBB, 0xBF), "ằẳẵắ", strict=True)),
    **dict(zip(range(0xC6, 0xCD), "ặầẩẫấậè", strict=True)),
    **dict(zip(range(0xCE, 0xD9), "ẻẽéẹềểễếệìỉ", strict=True)),
    **dict(zip(range(0xDC, 0xE0), "ĩíịò", strict=True)),
    **dict(zip(range(0xE1, 0xF0), "ỏõóọồổỗốộờởỡớợù", strict=True)),
    **dict(zip(range(0xF1, 0xFF), "ủũúụừửữứựỳỷỹýỵ", strict=True)),
}
# VNI for Windows: a letter and a mark after it, or one letter of its own.
_VNI_MARKS = {
    "a": dict(zip("ùøûõïêéèúüëâáàåãä", "áàảãạăắằẳẵặâấầẩẫậ", strict=True)),
    "e": dict(zip("ùøûõïâáàåãä", "éèẻẽẹêếềểễệ", strict=True)),
    "o": dict(zip("ùøûõïâáàåãä", "óòỏõọôốồổỗộ", strict=True)),
    "ô": dict(zip("ùøûõï", "ớờởỡợ", strict=True)),
    "u": dict(zip("ùøûõï", "úùủũụ", strict=True)),
    "ö": dict(zip("ùøûõï", "ứừửữự", strict=True)),
    "y": dict(zip("ùøûõ", "ýỳỷỹ", strict=True)),
}
_VNI_SINGLE = dict(zip("ñôöíìæóòî", "đơưíìỉĩịỵ", strict=True))
_VIQR_VOWEL = {"a(": "ă", "a^": "â", "e^": "ê", "o^": "ô", "o+": "ơ", "u+": "ư"}
_VIQR_TONE = {"'": "\u0301", "`": "\u0300", "?": "\u0309", "~": "\u0303", ".": "\u0323"}
_VIQR = re.compile(r"([aeouy]|i)([(^+]?)(['`?~.]?)", re.IGNORECASE)

# The first bytes of every letter that only Vietnamese has, as Windows-1252 shows them.
_UTF8_PAIRS = re.compile("[ÄÆ]|áº|á»")
_WORD = re.compile(r"[^\W\d_]+(?:[¡-¾÷×\u00AD][^\W\d_]*)*|[¡-¾÷×\u00AD]+[^\W\d_]*(?:[¡-¾÷×\u00AD][^\W\d_]*)*")
_VNI_WORD = re.compile(r"[^\W\d_]+")
_VIQR_WORD = re.compile(r"[a-z](?:[a-z(^+'`?~]|\.(?=[a-z]))*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Legacy:
    """A scheme (TCVN3, VNI, VIQR, UTF-8/cp1252) and the text as it was meant."""

    scheme: str
    text: str


def legacy_reading(text: str) -> Legacy | None:
    """The text as it was meant when it is Vietnamese in an older encoding, else None.

    Words must become well-spelt Vietnamese by decoding, without having been so before, and be most of the words that
    are not plain ASCII: Vietnamese in Unicode, French or German text does not come near.
    """
    sample = text[:_MOST_CHARACTERS]
    if _UTF8_PAIRS.search(sample) and (read := _misread_utf8(sample)) is not None:
        return Legacy("UTF-8/cp1252", read)
    for scheme, hint, word, decode in _SCHEMES:
        if hint.search(sample) and _convincing(word.findall(sample), decode, _MARKED[scheme]):
            return Legacy(scheme, decode(sample))
    return None


def decoded(text: str, scheme: str) -> str:
    """``text`` read in the named scheme; characters the scheme does not have stay."""
    if scheme == "UTF-8/cp1252":
        return _misread_utf8(text) or text
    return next(row[3] for row in _SCHEMES if row[0] == scheme)(text)


def _convincing(words: Iterable[str], decode: Callable[[str], str], marked: Callable[[str], bool]) -> bool:
    read: Counter[str] = Counter()
    against = 0
    for word, count in Counter(words).items():
        if not marked(word) or is_syllable(word):
            continue
        if is_syllable(decode(word)):
            read[word.casefold()] += count
        else:
            against += count
    enough = len(read) >= _ENOUGH_WORDS or any(map(_unmistakable, read))
    return enough and read.total() >= _ENOUGH_SHARE * (read.total() + against)


def _unmistakable(word: str) -> bool:
    """A sign of punctuation inside a word of some length: "c«ng", "v¨n"; no living language writes so."""
    return len(word) >= 3 and any(char in "§¨©ª«¬®¶¸¹»¼½¾" for char in word[1:-1] or word)


def _not_ascii(word: str) -> bool:
    return not word.isascii()


def _marked_viqr(word: str) -> bool:
    # A vowel sign, or two marks: one apostrophe or full stop is only punctuation.
    return any(char in "^(+" for char in word[1:])


def _tcvn3(text: str) -> str:
    return text.translate(_TCVN3)


def _vni(text: str) -> str:
    read: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        low = char.casefold()
        mark = text[at + 1 : at + 2].casefold()
        if pair := _VNI_MARKS.get(low, {}).get(mark):
            read.append(pair.upper() if char.isupper() else pair)
            at += 2
            continue
        single = _VNI_SINGLE.get(low, low)
        read.append(single.upper() if char.isupper() else single if low in _VNI_SINGLE else char)
        at += 1
    return "".join(read)


def _viqr(text: str) -> str:
    def letter(found: re.Match[str]) -> str:
        vowel, sign, tone = found.groups()
        changed = _VIQR_VOWEL.get(vowel.casefold() + sign, vowel + sign)
        changed = changed.upper() if vowel.isupper() else changed
        return unicodedata.normalize("NFC", changed + _VIQR_TONE.get(tone, ""))

    plain = re.sub(r"dd|DD|Dd", lambda found: "đ" if found[0] == "dd" else "Đ", text)
    return _VIQR.sub(letter, plain)


def _misread_utf8(text: str) -> str | None:
    """The text whose UTF-8 bytes were read as Windows-1252 or Latin-1, if that gives Vietnamese letters."""
    if text.isascii() or any(ord(char) > 0x2122 for char in text):
        return None
    try:
        raw = b"".join(_byte(char) for char in text)
        read = raw.decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return None
    return read if any("\u1ea0" <= char <= "\u1ef9" or char in "ăĂđĐơƠưƯ" for char in read) else None


def _byte(char: str) -> bytes:
    try:
        return char.encode("cp1252")
    except UnicodeEncodeError:
        return char.encode("latin-1")


# Scheme; what a text in it must contain (it spares the work for most texts); its words; how it is read.
_SCHEMES: tuple[tuple[str, re.Pattern[str], re.Pattern[str], Callable[[str], str]], ...] = (
    ("TCVN3", re.compile(r"[¡-¾ÄÅÆÇËÎÏÐÑÖ×ØÛÜÞßäåæçëîïðñö÷øûüþ\u00AD]"), _WORD, _tcvn3),
    ("VNI", re.compile(r"[aeouyôö][ùøûõïêéèúüëâáàåãä]|[ñöæî]", re.IGNORECASE), _VNI_WORD, _vni),
    ("VIQR", re.compile(r"[aeou][(^+]", re.IGNORECASE), _VIQR_WORD, _viqr),
)
_MARKED = {"TCVN3": _not_ascii, "VNI": _not_ascii, "VIQR": _marked_viqr}
