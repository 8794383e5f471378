"""A proxy on loopback between a client and an S3 server that fails, lies and dawdles as a plan says; seeded, repeatable.

    with FaultProxy(bucket.server.port, seeded(7, share=0.05)) as proxy:
        store = S3Store("a", bucket.settings(endpoint=proxy.url))
        ...
        proxy.injected                     # how often each fault was injected

A plan is asked once for each request and is any ``Callable[[Request], Fault | None]``; ``proxy.plan`` may be changed at
any time. Faults of one seed do not depend on how threads interleave: what happens to the n-th request of one kind for
one name is settled by the seed, the kind, the name and n alone.
"""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_BLOCK = 64 << 10
_REMEMBERED_BYTES = 1 << 20


class Fault(StrEnum):
    """What can happen to one request. "Done": the server carries it out, but the client does not get to know that."""

    ERROR_500 = "500"
    BUSY_503 = "503"
    BUSY_429 = "429"
    DONE_BUT_500 = "done-500"
    REFUSED = "connection-closed"
    DONE_BUT_CLOSED = "done-closed"
    RESET = "connection-reset"
    HANG = "timeout"
    DONE_BUT_HANG = "done-timeout"
    CUT = "cut-body"
    CUT_HEAD = "cut-head"
    SLOW = "slow"
    TWICE = "duplicate"
    STALE = "stale"
    FLIP = "flipped-bit"
    UPLOAD_FLIP = "flipped-bit-sent"
    UPLOAD_CUT = "cut-upload"
    GARBAGE = "garbage"
    EMPTY_XML = "empty-answer"
    LIE = "lie"


HICCUPS = frozenset(Fault) - {Fault.FLIP, Fault.LIE, Fault.STALE, Fault.TWICE}
"""Faults after which a reader that got bytes without an error got the right ones."""


@dataclass(frozen=True)
class Request:
    """``number`` counts the requests of the proxy from 1, ``nth`` those of this method, path and query."""

    number: int
    nth: int
    method: str
    path: str
    query: dict[str, list[str]]
    size_bytes: int

    @property
    def operation(self) -> str:
        """A word for what is asked: ``put``, ``get``, ``head``, ``delete``, ``list``, ``begin``, ``part``, ``complete``,
        ``versions``, ``tag``, ``other``.
        """
        names, inside = set(self.query), self.path.count("/") > 1 and not self.path.endswith("/")
        if "uploads" in names:
            return "begin" if self.method == "POST" else "other"
        if "uploadId" in names:
            return {"PUT": "part", "POST": "complete"}.get(self.method, "other")
        if "tagging" in names:
            return "tag"
        if "versions" in names:
            return "versions"
        if not inside:
            return "list" if "list-type" in names else "other"
        return self.method.lower() if self.method in ("PUT", "GET", "HEAD", "DELETE") else "other"


Plan = Callable[[Request], Fault | None]


def nothing(request: Request) -> Fault | None:
    return None


def seeded(seed: int, share: float, faults: Collection[Fault] = tuple(Fault), operations: Collection[str] = ()) -> Plan:
    """A fault for ``share`` of the requests (of these operations, or of all)."""
    choices = sorted(faults)

    def plan(request: Request) -> Fault | None:
        if operations and request.operation not in operations:
            return None
        name = request.path.lstrip("/").partition("/")[2]  # without the bucket, whose name is another in every run
        chance = random.Random(f"{seed} {request.method} {name} {sorted(request.query)} {request.nth}")
        return chance.choice(choices) if chance.random() < share else None

    return plan


def always(fault: Fault, *operations: str, times: int = 1 << 30, skip: int = 0) -> Plan:
    """``fault`` for the first ``times`` requests of these operations (none given: of all), after ``skip`` of them."""
    lock, seen = threading.Lock(), [0]

    def plan(request: Request) -> Fault | None:
        if operations and request.operation not in operations:
            return None
        with lock:
            seen[0] += 1
            return fault if skip < seen[0] <= skip + times else None

    return plan


class FaultProxy:
    """Listens while its ``with`` lasts; every connection gets a thread and a connection of its own to the server.

    ``hang_seconds``: how long an answer that does not come does not come; then the connection is closed.
    """

    def __init__(
        self, port: int, plan: Plan = nothing, *, hang_seconds: float = 3.0, slow_seconds: float = 0.02, seed: int = 0
    ) -> None:
        self.plan = plan
        self.injected: Counter[Fault] = Counter()
        self.requests: list[Request] = []
        self.hang_seconds = hang_seconds
        self.slow_seconds = slow_seconds
        self._server = ("127.0.0.1", port)
        self._seed = seed
        self._lock = threading.Lock()
        self._seen: Counter[tuple[str, str, str]] = Counter()
        self._answers: dict[str, bytes] = {}
        self._open: set[socket.socket] = set()
        self._over = threading.Event()

    def __enter__(self) -> FaultProxy:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listening.getsockname()[1])
        self._accepting = threading.Thread(target=self._accept, name="faults", daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            left = list(self._open)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._accepting.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(client)
            threading.Thread(target=self._serve, args=(client,), name="faults", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client, socket.create_connection(self._server) as server:
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                exchange = _Exchange(self, client, server)
                while exchange.once():
                    pass
        except (OSError, ValueError, EOFError):
            pass  # either side has gone, as sides do
        finally:
            with self._lock:
                self._open.discard(client)

    def planned(self, method: str, target: str, size_bytes: int) -> tuple[Request, Fault | None]:
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        at = (method, parts.path, ",".join(sorted(query)))
        with self._lock:
            self._seen[at] += 1
            request = Request(len(self.requests) + 1, self._seen[at], method, unquote(parts.path), query, size_bytes)
            self.requests.append(request)
        fault = self.plan(request)
        if fault is not None:
            with self._lock:
                self.injected[fault] += 1
        return request, fault

    def chance(self, request: Request) -> random.Random:
        return random.Random(f"{self._seed} {request.method} {request.path} {request.nth}")

    def remember(self, method: str, answer: bytes | None) -> bytes | None:
        """The last whole answer to this method, before this one."""
        with self._lock:
            before = self._answers.get(method)
            if answer is not None:
                self._answers[method] = answer
        return before

    def hang(self) -> None:
        self._over.wait(self.hang_seconds)


class _Exchange:
    """One connection of a client, and the one to the server behind it."""

    def __init__(self, proxy: FaultProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client, self._server = client, server
        self._from_client, self._from_server = client.makefile("rb"), server.makefile("rb")

    def once(self) -> bool:
        """One request and its answer; whether another may follow on this connection."""
        line, headers, head = _head(self._from_client)
        if not line:
            return False
        method, target = line.split(" ")[:2]
        length = int(headers.get("content-length", 0))
        request, fault = self._proxy.planned(method, target, length)
        if headers.get("expect", "").lower() == "100-continue":
            self._client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            head = b"\r\n".join(row for row in head.split(b"\r\n") if not row.lower().startswith(b"expect:"))
        chance = self._proxy.chance(request)
        answers: dict[Fault | None, Callable[[], bool]] = {
            Fault.ERROR_500: lambda: self._error(500, "InternalError"),
            Fault.BUSY_503: lambda: self._error(503, "SlowDown"),
            Fault.BUSY_429: lambda: self._error(429, "TooManyRequests"),
            Fault.REFUSED: lambda: False,
            Fault.RESET: self._reset,
            Fault.HANG: self._hang,
            Fault.GARBAGE: lambda: self._raw(chance.randbytes(chance.randint(1, 2000))),
            Fault.EMPTY_XML: lambda: self._raw(_answer(200, b"<?xml version='1.0'?><Nothing/>", method)),
            Fault.LIE: lambda: self._lie(method),
        }
        undone = answers.get(fault)
        if undone is not None:
            self._swallow(length)
            return undone()
        if not self._forward(head, length, fault, chance):
            return False
        return self._answered(request, fault, chance)

    def _forward(self, head: bytes, length: int, fault: Fault | None, chance: random.Random) -> bool:
        self._server.sendall(head)
        stop = chance.randrange(length) if fault is Fault.UPLOAD_CUT and length else length
        flip = chance.randrange(length) if fault is Fault.UPLOAD_FLIP and length else -1
        done = 0
        while done < length:
            block = bytearray(_exactly(self._from_client, min(_BLOCK, length - done)))
            if done <= flip < done + len(block):
                block[flip - done] ^= 1 << chance.randrange(8)
            if done + len(block) > stop:
                self._server.sendall(block[: stop - done])
                return False
            self._server.sendall(block)
            done += len(block)
        return True

    def _answered(self, request: Request, fault: Fault | None, chance: random.Random) -> bool:
        line, headers, head = _head(self._from_server)
        while line.split(" ")[1:2] == ["100"]:
            line, headers, head = _head(self._from_server)
        status = int(line.split(" ")[1])
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = _chunks(self._from_server)
            head = head[:-2] + b"Content-Length: %d\r\n\r\n" % len(body)
            head = b"\r\n".join(row for row in head.split(b"\r\n") if not row.lower().startswith(b"transfer-"))
            length, whole = len(body), body
        else:
            bodiless = request.method == "HEAD" or status in (204, 304)
            length = 0 if bodiless else int(headers.get("content-length", 0))
            whole = b""
        if fault in (Fault.DONE_BUT_500, Fault.DONE_BUT_CLOSED, Fault.DONE_BUT_HANG):
            self._from_server.read(length - len(whole))
            if fault is Fault.DONE_BUT_500:
                return self._error(500, "InternalError")
            return self._hang() if fault is Fault.DONE_BUT_HANG else False
        if length <= _REMEMBERED_BYTES:
            whole = whole or _exactly(self._from_server, length)
            before = self._proxy.remember(request.method, head + whole if status < 300 else None)
            if fault is Fault.STALE and before is not None:
                return self._raw(before)
        if fault is Fault.CUT_HEAD:
            self._client.sendall(head[: chance.randrange(1, len(head))])
            return False
        self._client.sendall(head)
        goes_on = self._body(length, whole, fault, chance)
        if fault is Fault.TWICE and goes_on and (whole or not length):
            self._client.sendall(head + whole)
        return goes_on and headers.get("connection", "").lower() != "close"

    def _body(self, length: int, whole: bytes, fault: Fault | None, chance: random.Random) -> bool:
        stop = chance.randrange(length) if fault is Fault.CUT and length else length
        flip = chance.randrange(length) if fault is Fault.FLIP and length else -1
        done = 0
        while done < length:
            size = min(_BLOCK, length - done)
            block = bytearray(whole[done : done + size] if whole else _exactly(self._from_server, size))
            if done <= flip < done + size:
                block[flip - done] ^= 1 << chance.randrange(8)
            if fault is Fault.SLOW:
                time.sleep(self._proxy.slow_seconds)
            if done + size > stop:
                self._client.sendall(block[: stop - done])
                return False
            self._client.sendall(block)
            done += size
        return fault is not Fault.CUT

    def _swallow(self, length: int) -> None:
        while length > 0:
            length -= len(_exactly(self._from_client, min(_BLOCK, length)))

    def _error(self, status: int, code: str) -> bool:
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>injected</Message></Error>".encode()
        return self._raw(_answer(status, body, ""))

    def _lie(self, method: str) -> bool:
        """Success, without anything being done."""
        return self._raw(_answer(204 if method == "DELETE" else 200, b"", method))

    def _raw(self, data: bytes) -> bool:
        self._client.sendall(data)
        return False

    def _reset(self) -> bool:
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def _hang(self) -> bool:
        self._proxy.hang()
        return False


def _answer(status: int, body: bytes, method: str) -> bytes:
    shown = b"" if method == "HEAD" or status == 204 else body
    return (
        f'HTTP/1.1 {status} Injected\r\nContent-Type: application/xml\r\nETag: "0"\r\nConnection: close\r\n'
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + shown


def _head(file: Any) -> tuple[str, dict[str, str], bytes]:
    """The first line, the headers by lower-case name, and both as they came; empty when the other side has gone."""
    rows = [file.readline(_BLOCK)]
    if not rows[0]:
        return "", {}, b""
    while rows[-1] not in (b"\r\n", b"\n"):
        if not rows[-1]:
            raise EOFError
        rows.append(file.readline(_BLOCK))
    pairs = (row.decode("latin-1").partition(":") for row in rows[1:-1])
    return rows[0].decode("latin-1").strip(), {name.lower(): value.strip() for name, _, value in pairs}, b"".join(rows)


def _exactly(file: Any, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise EOFError
    return bytes(data)


def _chunks(file: Any) -> bytes:
    body = bytearray()
    while size := int(file.readline(_BLOCK).split(b";")[0], 16):
        body += _exactly(file, size)
        file.readline(_BLOCK)
    while file.readline(_BLOCK) not in (b"\r\n", b"\n", b""):
        pass
    return bytes(body)
