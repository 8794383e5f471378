"""What lies where in a tar whose copies are all damaged: headers are taken from whichever copy still has them whole."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from archive.aip import layout
from archive.aip.model import AipUnreadableError
from archive.aip.scan import BLOCK_BYTES, Header, next_header
from archive.catalogue.model import Document
from archive.repair.witness import Witness, pages

_LINE = re.compile(rb"([0-9a-f]{64})  (.+)")
_ENCODED = {b"%25": b"%", b"%0A": b"\n", b"%0D": b"\r"}
_LARGEST_MANIFEST = 256 << 20
_SEARCHED_BYTES = 16 << 20
"""How far a header is looked for, block by block, behind one that is lost in every copy."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in the tar. ``path`` from its root; of an original whose header is lost, its name as received."""

    path: str
    offset: int
    size_bytes: int
    ordinal: int | None = None

    @property
    def end(self) -> int:
        return self.offset + self.size_bytes


def members_of(
    witnesses: Sequence[Witness], aip_id: str, size_bytes: int, documents: Iterable[Document]
) -> list[Member]:
    """Every file that some copy's header, or the catalogue's list of originals, speaks of, in their order.

    A header counts only with its right checksum and a path inside this package: another package's bytes lead nowhere.
    Where no copy has a good header the walk goes on at the next one that has, or at the next known original.
    """
    known = {document.tar_offset: document for document in documents}
    waiting = sorted(known)
    found: list[Member] = []
    at = 0
    while at < size_bytes:
        header, offset = _header_at(witnesses, aip_id, at)
        if header is None:
            later = next((place for place in waiting if place >= at), None)
            further = _next_header(witnesses, aip_id, at, size_bytes if later is None else later)
            if further is not None:
                at = further
                continue
            if later is None:
                break
            document = known[later]
            found.append(Member(document.path, later, document.size_bytes, document.ordinal))
        else:
            original = known.get(offset)
            found.append(Member(header.path, offset, header.size_bytes, original.ordinal if original else None))
        if found[-1].end > size_bytes:
            found.pop()
            break
        at = found[-1].end + -found[-1].size_bytes % BLOCK_BYTES
    return found


def rest_of(members: Sequence[Member], size_bytes: int) -> list[tuple[int, int]]:
    """The ranges no file lies in: headers, padding, the end."""
    ranges, at = [], 0
    for member in members:
        if member.offset > at:
            ranges.append((at, member.offset))
        at = member.end
    if at < size_bytes:
        ranges.append((at, size_bytes))
    return ranges


def stated_digests(witnesses: Sequence[Witness], aip_id: str, members: Sequence[Member]) -> Mapping[str, set[str]]:
    """SHA-256 by path, as any copy's manifests say as far as they can be read: a damaged line fits no bytes anyway."""
    found: dict[str, set[str]] = defaultdict(set)
    manifests = {f"{aip_id}/{name}" for name in (layout.MANIFESTS[0], layout.TAG_MANIFESTS[0])}
    for member in members:
        if member.path not in manifests or member.size_bytes > _LARGEST_MANIFEST:
            continue
        for witness in witnesses:
            text = b"".join(data or b"\0" for _, data in witness.parts(pages(member.offset, member.end)))
            for line in text.split(b"\n"):
                if match := _LINE.fullmatch(line):
                    path = re.sub(b"%(25|0A|0D)", lambda code: _ENCODED[code[0]], match[2])
                    found[f"{aip_id}/{path.decode('utf-8', 'replace')}"].add(match[1].decode())
    return found


def _next_header(witnesses: Sequence[Witness], aip_id: str, at: int, before: int) -> int | None:
    """Where the next header begins in some copy, before the given place and not too far away."""
    for place in range(at + BLOCK_BYTES, min(before, at + _SEARCHED_BYTES), BLOCK_BYTES):
        if _header_at(witnesses, aip_id, place)[0] is not None:
            return place
    return None


def _header_at(witnesses: Sequence[Witness], aip_id: str, at: int) -> tuple[Header | None, int]:
    """The file whose header begins at ``at`` in some copy, and where its bytes begin."""
    for witness in witnesses:
        position = at

        def read(count: int, witness: Witness = witness) -> bytes:
            nonlocal position
            data = witness.read(position, count) or b""
            position += len(data)
            return data

        try:
            header = next_header(read)
        except AipUnreadableError:
            continue
        # Zeros look like the end of the tar: another copy may still have a header there.
        if header is not None and header.path.startswith(f"{aip_id}/"):
            return header, position
    return None, at
