"""One checkpoint: what it says, the exact bytes of it, and reading those bytes without believing them.

           since (leaves nothing out)
  ┌───────────────┐ ┌───────┐
  ▼               │ ▼       │
1 full ◂ 2 ◂ 3 ◂ 4 day ◂ 5 ◂ 6 ◂ …     ◂ previous (the one right before)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive.canonical import canonical_json
from archive.checkpoints.errors import CheckpointDamagedError
from archive.errors import KeyRefusedError
from archive.ledger import GENESIS, read_instant, written_instant
from archive.signing import ArchiveKey, signature_holds
from archive.storage.key import Key

FORMAT = "luutru-checkpoint/1"


class Kind(StrEnum):
    """How far back a checkpoint goes: to the one before, to the last DAY or FULL one, or (rows: whole) to the last FULL."""

    NEWS = "news"
    DAY = "day"
    FULL = "full"


class PartKind(StrEnum):
    LEDGER = "ledger"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Part:
    """One object a checkpoint speaks of. Of LEDGER: the seqs of its first and last record; of ROWS: 0 and its lines."""

    kind: PartKind
    key: Key
    sha256: str
    size_bytes: int
    first: int
    last: int

    def as_json(self) -> dict[str, Any]:
        counted = {"first": self.first, "last": self.last} if self.kind is PartKind.LEDGER else {"lines": self.last}
        return {
            "kind": self.kind.value,
            "key": self.key,
            "sha256": self.sha256,
            "size_bytes": self.size_bytes,
        } | counted


@dataclass(frozen=True, slots=True)
class Link:
    """Another checkpoint by its number, the SHA-256 of its bytes, and the end of the ledger it speaks of."""

    number: int = 0
    sha256: str = GENESIS
    ledger_last: int = 0
    ledger_hash: str = GENESIS

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "sha256": self.sha256,
            "ledger_last": self.ledger_last,
            "ledger_hash": self.ledger_hash,
        }


ORIGIN = Link()
"""Before the first checkpoint."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is signed. Its parts hold every record behind ``since`` up to ``ledger_last``, and every row changed since.

    Of a FULL one the rows are all there are. Changes of rows are counted by the catalogue that wrote it.
    """

    number: int
    kind: Kind
    previous: Link
    since: Link
    at: datetime
    archive_code: str
    archive_name: str
    ledger_last: int
    ledger_hash: str
    first_change: int
    last_change: int
    parts: tuple[Part, ...]
    catalogue_version: str
    software: str

    def as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "number": self.number,
            "kind": self.kind.value,
            "previous": self.previous.as_json(),
            "since": self.since.as_json(),
            "at": written_instant(self.at),
            "archive": {"code": self.archive_code, "name": self.archive_name},
            "ledger": {"first": self.since.ledger_last + 1, "last": self.ledger_last, "hash": self.ledger_hash},
            "rows": {"first_change": self.first_change, "last_change": self.last_change},
            "objects": [part.as_json() for part in self.parts],
            "catalogue_version": self.catalogue_version,
            "software": self.software,
        }


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint with its bytes as they are, or were found. ``signed_by``: the id of the key it says signed it."""

    content: Content
    document: bytes
    sha256: str
    signed_by: str

    @property
    def number(self) -> int:
        return self.content.number

    @property
    def key(self) -> Key:
        return checkpoint_key(self.number)

    @property
    def link(self) -> Link:
        return Link(self.number, self.sha256, self.content.ledger_last, self.content.ledger_hash)

    @property
    def segments(self) -> tuple[Part, ...]:
        return tuple(part for part in self.content.parts if part.kind is PartKind.LEDGER)

    @property
    def rows(self) -> tuple[Part, ...]:
        return tuple(part for part in self.content.parts if part.kind is PartKind.ROWS)


def checkpoint_key(number: int) -> Key:
    return Key(f"checkpoint/{number:010d}.json")


def timestamp_key(number: int) -> Key:
    return Key(f"checkpoint/{number:010d}.tsr")


def segment_key(first: int, last: int) -> Key:
    return Key(f"ledger/{first:012d}-{last:012d}.jsonl")


def rows_key(number: int, kind: Kind, sha256: str) -> Key:
    """With the beginning of its digest: two attempts at one number never meet under one name."""
    full = "-full" if kind is Kind.FULL else ""
    return Key(f"rows/{number:010d}{full}-{sha256[:16]}.jsonl")


def needed(way: Iterable[Checkpoint]) -> Iterator[tuple[Checkpoint, tuple[Part, ...]]]:
    """Each checkpoint of a way back with those of its parts that are still needed: rows older than the last FULL are not."""
    checkpoints = tuple(way)
    whole = max((item.number for item in checkpoints if item.content.kind is Kind.FULL), default=0)
    for item in checkpoints:
        yield item, item.content.parts if item.number >= whole else item.segments


def signed_checkpoint(content: Content, key: ArchiveKey) -> Checkpoint:
    document = canonical_json(key.signed(content.as_json()))
    return Checkpoint(content, document, hashlib.sha256(document).hexdigest(), key.key_id)


def read_checkpoint(document: bytes) -> Checkpoint:
    """What these bytes state; nothing of it is proven. Raises CheckpointDamagedError when they state no checkpoint."""
    try:
        value = json.loads(document)
        content = _content(value["statement"])
        signed_by = value["signature"]["key_id"]
        if canonical_json(value) != document or not isinstance(signed_by, str):
            raise ValueError("not the canonical form")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, KeyRefusedError) as error:
        raise damaged("?", f"{type(error).__name__}: {error}") from error
    return Checkpoint(content, document, hashlib.sha256(document).hexdigest(), signed_by)


def is_signed(checkpoint: Checkpoint, public_keys: Sequence[Ed25519PublicKey]) -> bool:
    """Whether one of these keys signed exactly these bytes."""
    value = json.loads(checkpoint.document)
    return any(signature_holds(value, public) for public in public_keys)


def damaged(number: object, detail: str) -> CheckpointDamagedError:
    return CheckpointDamagedError(
        f"Điểm niêm phong số {number} không còn nguyên vẹn hoặc không do kho này ký.",
        remedy="Lấy bản còn nguyên từ một kho khác.",
        detail=detail,
    )


def _content(value: Mapping[str, Any]) -> Content:
    if value["format"] != FORMAT:
        raise ValueError(f"unknown format {value['format']!r}")
    content = Content(
        number=_whole(value["number"], least=1),
        kind=Kind(value["kind"]),
        previous=_link(value["previous"]),
        since=_link(value["since"]),
        at=read_instant(value["at"]),
        archive_code=_text(value["archive"]["code"]),
        archive_name=_text(value["archive"]["name"]),
        ledger_last=_whole(value["ledger"]["last"]),
        ledger_hash=_text(value["ledger"]["hash"]),
        first_change=_whole(value["rows"]["first_change"]),
        last_change=_whole(value["rows"]["last_change"]),
        parts=tuple(map(_part, value["objects"])),
        catalogue_version=_text(value["catalogue_version"]),
        software=_text(value["software"]),
    )
    if content.as_json() != value:
        raise ValueError("other fields than the format has")
    if content.previous.number != content.number - 1 or content.since.number > content.previous.number:
        raise ValueError("links that do not lead back")
    _require_gapless(content)
    return content


def _require_gapless(content: Content) -> None:
    """Its segments hold the records from behind ``since`` to its end, each once."""
    last = content.since.ledger_last
    for part in content.parts:
        if part.kind is PartKind.LEDGER:
            if part.first != last + 1 or part.last < part.first:
                raise ValueError("segments with a gap")
            last = part.last
    if last != content.ledger_last or (last == content.since.ledger_last) != (
        content.ledger_hash == content.since.ledger_hash
    ):
        raise ValueError("segments that end elsewhere than the ledger")


def _part(value: Mapping[str, Any]) -> Part:
    kind = PartKind(value["kind"])
    first, last = (value["first"], value["last"]) if kind is PartKind.LEDGER else (0, value["lines"])
    key, sha256, size_bytes = Key(_text(value["key"])), _text(value["sha256"]), _whole(value["size_bytes"])
    if not key.startswith(f"{kind.value}/"):
        raise ValueError(f"a key out of place: {key}")
    return Part(kind, key, sha256, size_bytes, _whole(first), _whole(last))


def _link(value: Mapping[str, Any]) -> Link:
    return Link(
        _whole(value["number"]), _text(value["sha256"]), _whole(value["ledger_last"]), _text(value["ledger_hash"])
    )


def _whole(value: Any, least: int = 0) -> int:
    if type(value) is not int or value < least:
        raise ValueError(f"not a number: {value!r}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"not a text: {value!r}")
    return value
