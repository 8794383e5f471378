"""Bulk requests: every entry durable or refused by name, and what was read later is never overwritten by what was read earlier."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch

from search.client import answered
from search.errors import IndexBusyError, IndexMissingError, IndexUnavailableError

_BULK_TIMEOUT_SECONDS = 120.0
_TEMPORARY = frozenset({429, 502, 503, 504})
_CONFLICT = 409
_NO_ROOM = 429
_RETRIED_BELOW = (502, 503, 504)
"""What the client itself tries again; too much at once would only be too much again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One index document as JSON. ``version``: the last ledger record there was when what it says was read."""

    id: str
    version: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """One entry after the server's answer; ``refused`` is its reason, None when this or something newer is durable."""

    id: str
    refused: str | None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    reason: str | None


class BulkRequests:
    """Writes and deletes in bulk through ``client``."""

    def __init__(self, client: Elasticsearch, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._sleep = sleep

    def write(self, target: str, entries: Sequence[Entry], *, attempts: int = 5) -> list[Written]:
        """Every entry indexed under its id, returned once what was accepted is durable. ``target`` must be an alias.

        An entry read earlier than what the index already has is passed over: of two writers at once, a record just
        restricted keeps restricted. What the server is too busy for is tried again ``attempts`` times in all; then
        IndexBusyError when it said it has no room, else IndexUnavailableError, and any part may be there. Repeating
        the call is harmless.
        """
        waiting = list(entries)
        written: list[Written] = []
        answers: list[_Answer] = []
        for attempt in range(attempts):
            if attempt:
                self._sleep(0.5 * 2**attempt)
            answers = self._sent(target, [_by_version(item) for item in waiting], waiting)
            answers = self._without_conflicts(target, waiting, answers)
            for item, answer in zip(waiting, answers, strict=True):
                if answer.status not in _TEMPORARY:
                    written.append(Written(item.id, answer.reason))
            waiting, answers = _again(waiting, answers)
            if not waiting:
                return written
        if all(answer.status == _NO_ROOM for answer in answers):
            raise IndexBusyError("Chỉ mục tìm kiếm đang quá tải.", detail=str(answers[0].reason))
        raise IndexUnavailableError("Chỉ mục tìm kiếm đang quá tải hoặc hết chỗ.", detail=str(answers[0].reason))

    def delete(self, target: str, ids: Sequence[str]) -> None:
        """What is not there is passed over. Raises IndexUnavailableError when anything could not be deleted."""
        lines = [_json({"delete": {"_id": identity}}) for identity in ids]
        with answered():
            answer = self._client.options(request_timeout=_BULK_TIMEOUT_SECONDS).bulk(
                index=target,
                operations=lines,  # type: ignore[arg-type]
                require_alias=True,
            )
        for item in answer["items"]:
            if int(item["delete"]["status"]) not in (200, 404):
                raise IndexUnavailableError(
                    "Chưa xóa được khỏi chỉ mục tìm kiếm.", detail=str(item["delete"].get("error"))
                )

    def _sent(self, target: str, heads: Sequence[bytes], entries: Sequence[Entry]) -> list[_Answer]:
        lines = [line for head, item in zip(heads, entries, strict=True) for line in (head, item.body)]
        try:
            with answered():
                # the client passes bytes through as they are; its type only knows mappings
                answer = self._client.options(
                    request_timeout=_BULK_TIMEOUT_SECONDS, retry_on_status=_RETRIED_BELOW
                ).bulk(
                    index=target,
                    operations=lines,  # type: ignore[arg-type]
                    require_alias=True,
                    filter_path="items.*.status,items.*.error",
                )
        except IndexBusyError as error:
            return [_Answer(_NO_ROOM, error.detail)] * len(entries)
        return [_answer(item) for item in answer["items"]]

    def _without_conflicts(self, target: str, entries: Sequence[Entry], answers: list[_Answer]) -> list[_Answer]:
        """Conflicts looked at one by one: something newer stands there, or only its version number is ahead of us."""
        behind = [number for number, answer in enumerate(answers) if answer.status == _CONFLICT]
        if not behind:
            return answers
        found = self._standing(target, [entries[number].id for number in behind])
        settled = list(answers)
        again: list[tuple[int, bytes]] = []
        for number in behind:
            seq, head = found[entries[number].id]
            if seq > entries[number].version:
                settled[number] = _Answer(200, None)
            else:
                again.append((number, head))
        if again:
            second = self._sent(target, [head for _, head in again], [entries[number] for number, _ in again])
            for (number, _), answer in zip(again, second, strict=True):
                # changed again meanwhile: looked at anew in the next attempt
                settled[number] = _Answer(503, answer.reason) if answer.status == _CONFLICT else answer
        return settled

    def _standing(self, target: str, ids: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        """By id: as of which ledger record it is, and how to overwrite exactly that."""
        with answered():
            answer = self._client.mget(index=target, ids=list(ids), source_includes=["ledger_seq"])
        found: dict[str, tuple[int, bytes]] = {}
        for item in answer["docs"]:
            head: dict[str, Any] = {"_id": item["_id"]}
            seq = -1
            if item.get("found"):
                head |= {"if_seq_no": item["_seq_no"], "if_primary_term": item["_primary_term"]}
                seq = int(item["_source"].get("ledger_seq") or 0)
            found[item["_id"]] = (seq, _json({"index": head}))
        return found


def _again(waiting: Sequence[Entry], answers: Sequence[_Answer]) -> tuple[list[Entry], list[_Answer]]:
    pairs = [pair for pair in zip(waiting, answers, strict=True) if pair[1].status in _TEMPORARY]
    return [item for item, _ in pairs], [answer for _, answer in pairs]


def _by_version(item: Entry) -> bytes:
    return b'{"index":{"_id":%s,"version":%d,"version_type":"external_gte"}}' % (_json(item.id), item.version)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _answer(item: Mapping[str, Any]) -> _Answer:
    result = item["index"]
    error = result.get("error")
    if error and error.get("type") == "index_not_found_exception":
        raise IndexMissingError("Chỉ mục tìm kiếm đã được thay thế trong khi ghi.", detail=str(error))
    return _Answer(int(result["status"]), _reason(error) if error else None)


def _reason(error: Mapping[str, Any]) -> str:
    cause = error.get("caused_by")
    inner = f" ({cause.get('reason')})" if isinstance(cause, dict) else ""
    return f"{error.get('type')}: {error.get('reason')}{inner}"
