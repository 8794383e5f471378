"""What is told of where something was met, and of what failed: never the words that are looked for.

A report lies in the catalogue and in whatever is written from it; a path it quoted would be met there by the next look.
"""

from __future__ import annotations

import errno
import hashlib
import re

from archive.absence.patterns import Searcher
from archive.errors import LuutruError

_OURS = re.compile(r"[0-9A-Za-z._=?-]{1,255}")
"""What our own names consist of. A name of another kind may be somebody's title, cut short or written otherwise."""


def told_where(where: str, searcher: Searcher) -> str:
    """The names in ``where`` that can be ours, and digests of the others: the same place is known again by them."""
    return "/".join(
        part
        if _OURS.fullmatch(part) and not searcher.names(part)
        else f"sha256-{hashlib.sha256(part.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
        for part in where.split("/")
    )


def masked(text: str, searcher: Searcher) -> str:
    """``text`` with asterisks for every needle in it: for the process's log, by which a place can be found."""
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    for hit in list(searcher.search([bytes(data)])):
        data[hit.offset : hit.offset + len(hit.needle.data)] = b"*" * len(hit.needle.data)
    return data.decode("utf-8", "replace")


def told_error(error: LuutruError | OSError) -> str:
    """Which error it is; what it says may quote a path."""
    if isinstance(error, LuutruError):
        return error.code
    return f"{type(error).__name__} {errno.errorcode.get(error.errno or 0, '')}".strip()
