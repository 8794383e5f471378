"""One rebuild at a time, on however many machines: a document of the index server that only one can hold."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from elasticsearch import BadRequestError, ConflictError, Elasticsearch, NotFoundError

from search.client import answered
from search.errors import RebuildRunningError, SearchError
from search.node.process import ProcessIdentity, identity_of

LEASE = timedelta(minutes=10)
"""Longer than the longest wait for one batch. A holder that died on this machine is known to be dead at once."""

_RENEW_AFTER = LEASE / 10
_ID = "rebuild"
_held_here: set[str] = set()
"""Tokens of the locks this process holds: of its own, which nobody else can, it knows whether they are still held."""


class RebuildLock:
    """Held from entering to leaving, if ``renew`` is called more often than every ten minutes.

    Entering raises RebuildRunningError while another holds it; a holder whose lease ran out, or whose process on this
    machine is gone, holds it no longer. ``renew`` raises RebuildRunningError when another has taken it meanwhile.
    """

    def __init__(self, client: Elasticsearch, index: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._index = index
        self._now = now
        self._token = uuid.uuid4().hex
        process = identity_of(os.getpid())
        assert process is not None, "this process runs"
        self._process = process
        self._held: tuple[int, int] | None = None
        self._renewed_at: datetime | None = None

    def __enter__(self) -> Self:
        self._make()
        found = self._read()
        if found is None:
            self._put({"op_type": "create"})
        elif self._over(found["_source"]):
            self._put({"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]})
        else:
            raise _running()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _held_here.discard(self._token)
        held, self._held = self._held, None
        if held is None:
            return
        # Given up on the server too, if it answers; else its lease runs out there, and this process no longer heeds it.
        with suppress(SearchError), answered(), suppress(ConflictError):
            self._client.options(ignore_status=404).delete(
                index=self._index, id=_ID, if_seq_no=held[0], if_primary_term=held[1]
            )

    def renew(self, *, at_once: bool = False) -> None:
        """Keeps it for another ten minutes; does nothing within the first minute unless ``at_once``."""
        if self._held is None or self._renewed_at is None:
            raise _running()
        if at_once or self._now() - self._renewed_at > _RENEW_AFTER:
            self._put({"if_seq_no": self._held[0], "if_primary_term": self._held[1]})

    def _put(self, condition: Mapping[str, Any]) -> None:
        now = self._now()
        document = {
            "token": self._token,
            "machine": _machine(),
            "process": asdict(self._process),
            "expires_at": (now + LEASE).isoformat(),
        }
        with answered():
            try:
                answer = self._client.index(index=self._index, id=_ID, document=document, **condition).body
            except ConflictError:
                answer = {}
        if not answer:
            # Another's; or our own, when the answer to the first try of this request was lost on its way.
            found = self._read()
            if found is None or found["_source"]["token"] != self._token:
                self._held = None
                _held_here.discard(self._token)
                raise _running()
            answer = found
        self._held = (answer["_seq_no"], answer["_primary_term"])
        self._renewed_at = now
        _held_here.add(self._token)

    def _read(self) -> Mapping[str, Any] | None:
        with answered():
            try:
                found: Mapping[str, Any] = self._client.get(index=self._index, id=_ID).body
            except NotFoundError:
                return None
        return found

    def _over(self, holder: Mapping[str, Any]) -> bool:
        if datetime.fromisoformat(holder["expires_at"]) <= self._now():
            return True
        if holder["machine"] != _machine():
            return False
        process = ProcessIdentity(**holder["process"])
        return holder["token"] not in _held_here if process == self._process else not process.alive()

    def _make(self) -> None:
        with answered():
            try:
                self._client.indices.create(
                    index=self._index,
                    settings={"number_of_shards": 1, "auto_expand_replicas": "0-1"},
                    mappings={"dynamic": False},
                )
            except BadRequestError as error:
                if error.message != "resource_already_exists_exception":
                    raise
            self._client.cluster.health(index=self._index, wait_for_status="yellow")


def _machine() -> str:
    """What process numbers mean something within: this machine, or this container of it."""
    try:
        numbered = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        numbered = 0
    return f"{socket.gethostname()} {numbered}"


def _running() -> RebuildRunningError:
    return RebuildRunningError(
        "Đang có một lần dựng lại chỉ mục khác.", remedy="Chờ lần đó xong; nó tự đưa chỉ mục mới vào dùng."
    )
