"""Chế độ sử dụng: what the metadata states, what the archive has decided, and which of them holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Mode(StrEnum):
    """From the freest to the strictest; ``restricted`` is hạn chế sử dụng, opened only by a grant."""

    OPEN = "open"
    CONDITIONAL = "conditional"
    RESTRICTED = "restricted"


_ORDER = tuple(Mode)
_STATED: Mapping[str, Mode] = {
    "01": Mode.OPEN,
    "công khai": Mode.OPEN,
    "sử dụng rộng rãi": Mode.OPEN,
    "không hạn chế": Mode.OPEN,
    "02": Mode.CONDITIONAL,
    "có điều kiện": Mode.CONDITIONAL,
    "sử dụng có điều kiện": Mode.CONDITIONAL,
    "tiếp cận có điều kiện": Mode.CONDITIONAL,
    "hạn chế": Mode.RESTRICTED,
    "hạn chế sử dụng": Mode.RESTRICTED,
    # A secret record has no place here; should one be met all the same, nobody reads it by right.
    "03": Mode.RESTRICTED,
    "mật": Mode.RESTRICTED,
    "tối mật": Mode.RESTRICTED,
    "tuyệt mật": Mode.RESTRICTED,
}


def stated_mode(fields: Mapping[str, Any]) -> Mode | None:
    """The mode these fields of a hồ sơ or document state, the strictest of several; None when they state none.

    Words nobody knows: conditional, unless they speak of restriction or secrecy.
    """
    value = fields.get("mode")
    values = value if isinstance(value, list | tuple) else [value]
    texts = [" ".join(unicodedata.normalize("NFC", str(one)).split()).casefold() for one in values if one is not None]
    stated = [_mode_of(text) for text in texts if text]
    return strictest(stated) if stated else None


def _mode_of(text: str) -> Mode:
    known = _STATED.get(text.zfill(2) if text.isdecimal() else text)
    if known is not None:
        return known
    words = "".join(letter if letter.isalnum() else " " for letter in text).split()
    closed = "mật" in words or "hạn chế" in " ".join(words)
    return Mode.RESTRICTED if closed and "không" not in words else Mode.CONDITIONAL


def effective_mode(
    hoso: Mapping[str, Any],
    document: Mapping[str, Any] | None = None,
    decided: Mapping[int | None, Mode] | None = None,
    ordinal: int | None = None,
) -> Mode:
    """The mode that holds: of the hồ sơ, or (``document`` given) of its document ``ordinal``, the stricter of the two.

    What the archive has ``decided`` (by ordinal, None for the hồ sơ) stands in the place of what the metadata states.
    Nothing stated by either is conditional.
    """
    decided = decided or {}
    whole = decided.get(None) or stated_mode(hoso) or Mode.CONDITIONAL
    if document is None:
        return whole
    own = decided.get(ordinal) or stated_mode(document) or whole
    return max(whole, own, key=_ORDER.index)


def strictest(modes: list[Mode]) -> Mode:
    """The strictest of them; conditional for none."""
    return max(modes, key=_ORDER.index, default=Mode.CONDITIONAL)
