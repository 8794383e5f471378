"""Looking somewhere: what is looked for, what a trace is, and what every place that is looked at must answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from archive.absence.patterns import Hit, Needle, Searcher

_WORD = re.compile(rb"[0-9a-f]{32,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""An id, or a digest, as we write them: within a name, whatever stands before and behind."""
_PAPERS = "disposal/"
"""Papers of rounds lie here in every store. What makes one lawful are its bytes: of a trace in one they are told too."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Something that was found. ``what``: the kind of needle, or ``name``; never what it says. ``where``: in which object.

    ``subject``: the id of a living hồ sơ, package or submission the object belongs to, where that can be told.
    ``sha256``: of all the bytes it was found in, where they may be a paper of a round; else empty.
    """

    place: str
    where: str
    what: str
    file_id: str
    offset: int = 0
    subject: str = ""
    needle: Needle | None = field(default=None, compare=False, repr=False)
    sha256: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Sought:
    """What nothing may contain or be called by any more.

    ``names``: ids and digests by which objects and folders were called, each with its hồ sơ. ``living``: whether an id is
    that of a package or submission that is kept.
    """

    searcher: Searcher
    names: dict[str, str]
    living: Callable[[str], bool] = lambda _id: False

    def traces(self, place: str, where: str, pieces: Iterable[bytes], subject: str = "") -> Iterator[Trace]:
        """What of it stands in the bytes of one object; each needle once, the first of those alike for all."""
        digest = hashlib.sha256() if where.startswith(_PAPERS) else None
        first: dict[Needle, Hit] = {}
        for hit in self.searcher.search(pieces if digest is None else _through(digest.update, pieces)):
            first.setdefault(hit.needle, hit)
        sha256 = "" if digest is None else digest.hexdigest()
        for needle, hit in first.items():
            yield Trace(place, where, needle.kind, needle.about, hit.offset, subject, needle, sha256)

    def name_traces(self, place: str, where: str) -> Iterator[Trace]:
        """What of it the name of an object, with its folders, says."""
        for match in _WORD.finditer(where.encode("utf-8", "surrogateescape")):
            file_id = self.names.get(match[0].decode("ascii"))
            if file_id is not None:
                yield Trace(place, where, "name", file_id)
                return

    def owner(self, where: str) -> str:
        """The living package or submission this object or folder is called after; empty for none."""
        for match in _WORD.finditer(where.encode("utf-8", "surrogateescape")):
            word = match[0].decode("ascii")
            if self.living(word):
                return word
        return ""


@dataclass
class Looked:
    """What one look covered."""

    objects: int = 0
    size_bytes: int = 0
    passed_over: int = 0
    """Objects of living packages, whose bytes are those recorded when they were taken in."""
    notes: list[str] = field(default_factory=list)


class Look(Protocol):
    """One place that is looked at. It reads what is there itself: nothing of what removed is asked."""

    @property
    def name(self) -> str: ...

    def look(self, sought: Sought, looked: Looked) -> Iterator[Trace]:
        """Every trace. Raises LuutruError or OSError when it could not look everywhere: then nothing is proven."""
        ...


def names_of(file_id: str, ids: Collection[str]) -> dict[str, str]:
    """Each id as written with and without hyphens."""
    return {name: file_id for item in ids for name in (item, item.replace("-", ""))}


def _through(seen: Callable[[bytes], None], pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        seen(piece)
        yield piece
