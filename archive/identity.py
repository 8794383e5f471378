"""How a document is told from others: a pure function of its metadata, the same when taken in and when rebuilt."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from typing import Any

from archive.kept_text import kept_text

_LONGEST = 600
"""Letters of a key that is kept as it is: an entry of an index of PostgreSQL has 2,704 bytes at most."""


def identity_key(fields: Mapping[str, Any]) -> str | None:
    """Number, notation, agency and date folded to one comparable string; None when one of the four is missing.

    A key too long for an index is told by its digest instead.
    """
    parts = [fields.get(name) for name in ("codeNumber", "codeNotation", "organName", "issuedDate")]
    if not all(isinstance(part, (str, int)) and str(part).strip() for part in parts):
        return None
    number = str(parts[0]).strip().lstrip("0") or "0"
    rest = (unicodedata.normalize("NFC", " ".join(str(part).split())).casefold() for part in parts[1:])
    key = kept_text("|".join([number, *rest]))
    return key if len(key) <= _LONGEST else f"sha256:{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"
