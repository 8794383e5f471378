"""The ledger's records: canonical JSON, each bound to the one before by its SHA-256, checked as a stream."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from archive.canonical import canonical_json, plain
from archive.events import REQUIRED_DATA, Event

GENESIS = "0" * 64
"""``prev`` of the first record."""

FIELDS = ("seq", "at", "event", "subject", "actor", "data", "prev")


@dataclass(frozen=True, slots=True)
class Record:
    """One fact. ``body`` is the RFC 8785 bytes of {seq, at, event, subject, actor, data, prev}, ``hash`` their SHA-256.

    A record read back keeps the bytes as they were found; the other fields are what those bytes say.
    """

    seq: int
    at: datetime
    event: str
    subject: str
    actor: str
    data: Mapping[str, Any]
    prev: str
    hash: str
    body: bytes


def written_instant(at: datetime) -> str:
    """``at`` (aware) as the ledger writes it: UTC, microseconds, ``Z``; so text order is time order."""
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def next_record(
    last: tuple[int, str] | None, event: Event, subject: str, actor: str, at: datetime, data: Mapping[str, Any]
) -> Record:
    """The record that follows ``last`` (seq, hash), or the first one.

    Raises ValueError when ``data`` lacks what ``archive.events.REQUIRED_DATA`` asks of this event, when ``subject`` or
    ``actor`` is empty, or ``at`` has no zone.
    """
    missing = REQUIRED_DATA.get(event, frozenset()) - set(data)
    if missing or not subject or not actor:
        raise ValueError(f"{event}: incomplete record: {', '.join(sorted(missing)) or 'subject or actor'}")
    seq, prev = (1, GENESIS) if last is None else (last[0] + 1, last[1])
    body = canonical_json(
        {
            "seq": seq,
            "at": written_instant(at),
            "event": event.value,
            "subject": subject,
            "actor": actor,
            "data": dict(data),
            "prev": prev,
        }
    )
    digest = hashlib.sha256(body).hexdigest()
    kept = at.astimezone(UTC)
    return Record(seq, kept, event.value, subject, actor, plain(dict(data)), prev, digest, body)


def read_record(body: bytes, stated_hash: str) -> Record:
    """The record these stored bytes state, believed as they stand. Raises ValueError when they state none."""
    value = json.loads(body)
    if not isinstance(value, dict) or set(value) != set(FIELDS) or not isinstance(value["data"], dict):
        raise ValueError("not a ledger record")
    texts = [value[name] for name in ("at", "event", "subject", "actor", "prev")]
    if not isinstance(value["seq"], int) or not all(isinstance(text, str) for text in texts):
        raise ValueError("not a ledger record")
    return Record(
        value["seq"],
        read_instant(value["at"]),
        value["event"],
        value["subject"],
        value["actor"],
        value["data"],
        value["prev"],
        stated_hash,
        body,
    )


def is_whole(record: Record) -> bool:
    """Whether its bytes are canonical and give the hash stated beside them."""
    return hashlib.sha256(record.body).hexdigest() == record.hash and canonical_json(_stated(record)) == record.body


def follows(record: Record, last: tuple[int, str]) -> bool:
    """Whether ``record`` is whole and stands right behind ``last`` (seq, hash); (0, GENESIS) for the first."""
    return (record.seq, record.prev) == (last[0] + 1, last[1]) and is_whole(record)


def verify_chain(records: Iterable[Record], last: tuple[int, str] = (0, GENESIS)) -> int | None:
    """The seq of the first place where the chain does not hold, or None. Flat memory; reads on from ``last``.

    A missing record is named by the seq it should have had.
    """
    for record in records:
        if not follows(record, last):
            return last[0] + 1
        last = (record.seq, record.hash)
    return None


def _stated(record: Record) -> dict[str, Any]:
    return {
        "seq": record.seq,
        "at": written_instant(record.at),
        "event": record.event,
        "subject": record.subject,
        "actor": record.actor,
        "data": dict(record.data),
        "prev": record.prev,
    }
