"""A package of which no copy is whole: what is still good in which copy, and whether good parts make up the right object.

Nothing is believed for being likely. A file is good when its bytes have the digest catalogue or manifests state; headers,
padding and manifests are settled by the layout digest over all of them (docs/format.md, 2.1); and what comes of it is put
anywhere only when size and SHA-256 of the whole object are those of the ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from archive.aip.layout_digest import file_line
from archive.catalogue.model import Document
from archive.repair.choosing import Budget, Reading, Taken, all_readings, combinations, reading_with, whole_in
from archive.repair.proof import Proof
from archive.repair.spans import Span, readings, spans_of
from archive.repair.tar_map import Member, members_of, rest_of, stated_digests
from archive.repair.terms import Terms
from archive.repair.witness import PIECE_BYTES, Witness
from archive.storage.store import Store

_SHOWN = 1000
_MOST_TRIED = 4096
_MOST_VERSIONS = 64
_BUDGET_BYTES = 4 << 30
"""Bytes read for trying besides the reading itself: some seconds' worth."""


@dataclass(frozen=True, slots=True)
class MemberState:
    """One file: in which copies it is whole, and whether its bytes can be had at all. ``proven``: some digest speaks of it."""

    member: Member
    good_in: tuple[str, ...]
    had: bool
    proven: bool


@dataclass(frozen=True, slots=True)
class Examination:
    """What the copies still hold together. ``plan``: where to take every byte from; None when no way was found."""

    members: tuple[MemberState, ...]
    plan: tuple[Taken, ...] | None
    stores: tuple[str, ...]
    sizes: Mapping[str, int]

    @property
    def sources(self) -> tuple[str, ...]:
        """The stores the plan takes bytes from."""
        used = {part.copy for part in self.plan or ()}
        return tuple(store for number, store in enumerate(self.stores) if number in used)

    def as_json(self) -> dict[str, Any]:
        """For the report of the incident: the files that are not whole in every copy, those lost first."""
        partial = [item for item in self.members if len(item.good_in) < len(self.stores)]
        partial.sort(key=lambda item: (item.had, item.member.offset))
        return {
            "sizes": dict(self.sizes),
            "files": len(self.members),
            "files_good": sum(1 for item in self.members if item.had),
            "files_lost": sum(1 for item in self.members if not item.had),
            "structure_good": self.plan is not None,
            "members": [
                {
                    "path": item.member.path,
                    "ordinal": item.member.ordinal,
                    "size_bytes": item.member.size_bytes,
                    "good_in": list(item.good_in),
                    "had": item.had,
                    "proven": item.proven,
                }
                for item in islice(partial, _SHOWN)
            ],
            "members_more": max(0, len(partial) - _SHOWN),
        }


class Puzzle:
    """All copies of one package, open for reading; for one thread. Use it in a ``with``."""

    def __init__(self, proof: Proof, stores: Sequence[Store], documents: Sequence[Document], terms: Terms) -> None:
        self._proof = proof
        self._documents = documents
        self._witnesses = [Witness(store, proof.key, terms.went_on) for store in stores]
        self._budget = Budget(_BUDGET_BYTES)
        self._open = ExitStack()

    def __enter__(self) -> Puzzle:
        for witness in self._witnesses:
            self._open.callback(witness.close)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def examined(self) -> Examination:
        """Reads every copy as far as it can be read."""
        proof, witnesses = self._proof, self._witnesses
        members = members_of(witnesses, proof.aip.id, proof.size_bytes, self._documents)
        stated = stated_digests(witnesses, proof.aip.id, members)
        originals = {document.ordinal: document.sha256 for document in self._documents}
        states: list[MemberState] = []
        versions: list[list[Reading]] = []
        for member in members:
            original = originals.get(member.ordinal) if member.ordinal is not None else None
            expected = {original} if original is not None else stated.get(member.path, set())
            good, found = self._versions(member, expected)
            names = tuple(witnesses[number].name for number in good)
            states.append(MemberState(member, names, bool(found), bool(expected)))
            versions.append(found)
        missing = {document.ordinal for document in self._documents} - {member.ordinal for member in members}
        plan = None if missing or not all(versions) else self._plan(members, versions)
        return Examination(
            tuple(states),
            plan,
            tuple(witness.name for witness in witnesses),
            {witness.name: witness.size_bytes for witness in witnesses},
        )

    def pieces(self, plan: Sequence[Taken]) -> Iterator[bytes]:
        """The object as planned; what is no longer there is left out, which its digest will show."""
        for part in plan:
            for at in range(part.begin, part.end, PIECE_BYTES):
                yield self._witnesses[part.copy].read(at, min(PIECE_BYTES, part.end - at)) or b""

    def _versions(self, member: Member, expected: set[str]) -> tuple[list[int], list[Reading]]:
        """The copies in which the file is good, and the ways to read it worth trying: one when a digest settles it.

        A file no digest speaks of (the tag manifests themselves) counts as good where all copies agree.
        """
        whole = {
            number: reading
            for number, witness in enumerate(self._witnesses)
            if (reading := whole_in(witness, number, member.offset, member.end)) is not None
        }
        if expected:
            good = [number for number, reading in whole.items() if reading.sha256 in expected]
            if good:
                return good, [whole[good[0]]]
            mixed = reading_with(self._witnesses, member.offset, member.end, expected, self._budget)
            return [], [mixed] if mixed is not None else []
        different = {reading.sha256: reading for reading in reversed(whole.values())}
        if len(different) == 1 and len(whole) == len(self._witnesses):
            return list(whole), list(different.values())
        spans = spans_of(self._witnesses, member.offset, member.end)
        for cut in readings(self._witnesses, spans or []):
            if spans and combinations(cut) <= _MOST_VERSIONS:
                for reading in all_readings(self._witnesses, cut, self._budget):
                    different.setdefault(reading.sha256, reading)
        return [], list(different.values())[:_MOST_VERSIONS]

    def _plan(self, members: Sequence[Member], versions: Sequence[Sequence[Reading]]) -> tuple[Taken, ...] | None:
        """Where to take everything from, so that the digest over all of it is right."""
        tried = 0
        for rest in self._rests(members):
            for chosen in product(*versions):
                tried += 1
                if tried > _MOST_TRIED:
                    return None
                parts = sorted(
                    (part for reading in (rest, *chosen) for part in reading.taken), key=lambda part: part.begin
                )
                if self._right(members, chosen, rest, parts):
                    return tuple(parts)
        return None

    def _rests(self, members: Sequence[Member]) -> Iterator[Reading]:
        """Ways to read all that is in no file, the likelier first."""
        coarse: list[Span] = []
        for begin, end in rest_of(members, self._proof.size_bytes):
            spans = spans_of(self._witnesses, begin, end)
            if spans is None:
                return
            coarse += spans
        seen: set[str] = set()
        for cut in readings(self._witnesses, coarse):
            if combinations(cut) > _MOST_TRIED:
                continue
            for reading in all_readings(self._witnesses, cut, self._budget):
                if reading.sha256 not in seen:
                    seen.add(reading.sha256)
                    yield reading

    def _right(
        self, members: Sequence[Member], chosen: Sequence[Reading], rest: Reading, parts: Sequence[Taken]
    ) -> bool:
        if self._proof.layout_sha256 is None:
            return self._whole(parts) == self._proof.sha256
        text = hashlib.sha256()
        for member, reading in zip(members, chosen, strict=True):
            text.update(file_line(member.offset, member.size_bytes, reading.sha256))
        rest_bytes = sum(part.end - part.begin for part in rest.taken)
        text.update(b"rest %d %s\n" % (rest_bytes, rest.sha256.encode()))
        return text.hexdigest() == self._proof.layout_sha256

    def _whole(self, parts: Sequence[Taken]) -> str:
        if not self._budget.spend(self._proof.size_bytes):
            return ""
        digest = hashlib.sha256()
        for piece in self.pieces(parts):
            digest.update(piece)
        return digest.hexdigest()
