"""How a document is told from others: a pure function of its metadata, the same when taken in and when rebuilt."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any


def identity_key(fields: Mapping[str, Any]) -> str | None:
    """Number, notation, agency and date folded to one comparable string; None when one of the four is missing."""
    parts = [fields.get(name) for name in ("codeNumber", "codeNotation", "organName", "issuedDate")]
    if not all(isinstance(part, (str, int)) and str(part).strip() for part in parts):
        return None
    number = str(parts[0]).strip().lstrip("0") or "0"
    rest = (unicodedata.normalize("NFC", " ".join(str(part).split())).casefold() for part in parts[1:])
    return "|".join([number, *rest])
