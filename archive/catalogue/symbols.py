"""Số và ký hiệu folded to one text, so that a document is found however its number was typed."""

from __future__ import annotations

import unicodedata

LONGEST = 255


def symbol_key(number: str, notation: str = "") -> str | None:
    """``12``, ``QĐ-UBND`` and ``012/qđ-ubnd`` give the same key; None when there is no number.

    The number ends at the first slash; leading zeros, letter case, Unicode form and blanks do not count.
    """
    text = unicodedata.normalize("NFC", "/".join(part for part in (number, notation) if part)).casefold()
    head, slash, rest = "".join(text.split()).partition("/")
    head = head.lstrip("0") or ("0" if head else "")
    return f"{head}{slash}{rest}"[:LONGEST] if head else None
