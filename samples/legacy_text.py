"""Vietnamese as it was written before Unicode: TCVN 5712 (TCVN3, "ABC" fonts) and VNI-Windows, read as Latin-1 by mistake."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

_TCVN3_ROWS = (
    ("aàảãáạ", "aµ¶·¸¹"),
    ("ăằẳẵắặ", "¨»¼½¾Æ"),
    ("âầẩẫấậ", "©ÇÈÉÊË"),
    ("eèẻẽéẹ", "eÌÎÏÐÑ"),
    ("êềểễếệ", "ªÒÓÔÕÖ"),
    ("iìỉĩíị", "i×ØÜÝÞ"),
    ("oòỏõóọ", "oßáâãä"),
    ("ôồổỗốộ", "«åæçèé"),
    ("ơờởỡớợ", "¬êëìíî"),
    ("uùủũúụ", "uïñòóô"),
    ("ưừửữứự", "\u00adõö÷øù"),
    ("yỳỷỹýỵ", "yúûüýþ"),
)
_TCVN3_CAPITALS = {"Ă": "¡", "Â": "¢", "Ê": "£", "Ô": "¤", "Ơ": "¥", "Ư": "¦", "Đ": "§", "đ": "®"}
_VNI_TONES = dict(zip("\u0300\u0301\u0309\u0303\u0323", "øùûõï", strict=True))
_VNI_CIRCUMFLEX = dict(zip("\u0300\u0301\u0309\u0303\u0323", "àáåãä", strict=True))
_VNI_BREVE = dict(zip("\u0300\u0301\u0309\u0303\u0323", "èéúüë", strict=True))
_VNI_ALONE = {"ì": "ì", "í": "í", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î", "đ": "ñ"}
_CIRCUMFLEX, _BREVE, _HORN = "\u0302", "\u0306", "\u031b"


def tcvn3(text: str) -> str:
    """``text`` in TCVN3, each byte shown as the Latin-1 character it looks like in a program that knows only that."""
    return "".join(_tcvn3_letters().get(letter, letter) for letter in unicodedata.normalize("NFC", text))


def vni(text: str) -> str:
    """``text`` in VNI-Windows, likewise: a letter with marks becomes two characters."""
    return "".join(_vni(letter) for letter in unicodedata.normalize("NFC", text))


def _tcvn3_letters() -> Mapping[str, str]:
    letters = dict(_TCVN3_CAPITALS)
    for unicode_row, row in _TCVN3_ROWS:
        letters.update(zip(unicode_row, row, strict=True))
        # A capital with a tone has no code of its own: the font for capitals draws the small one's code as a capital.
        letters.update(zip(unicode_row[1:].upper(), row[1:], strict=True))
    return letters


def _vni(letter: str) -> str:
    lower = letter.lower()
    if lower in _VNI_ALONE:
        return _VNI_ALONE[lower] if letter == lower else _VNI_ALONE[lower].upper()
    base, *marks = list(unicodedata.normalize("NFD", lower))
    tone = next((mark for mark in marks if mark in _VNI_TONES), None)
    if _HORN in marks:
        written = {"o": "ô", "u": "ö"}[base] + (_VNI_TONES[tone] if tone else "")
    elif _CIRCUMFLEX in marks:
        written = base + (_VNI_CIRCUMFLEX[tone] if tone else "â")
    elif _BREVE in marks:
        written = base + (_VNI_BREVE[tone] if tone else "ê")
    elif tone:
        written = base + _VNI_TONES[tone]
    else:
        return letter
    return written if letter == lower else written.upper()
