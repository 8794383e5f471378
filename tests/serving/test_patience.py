"""Senders that stall: within a header, within a body; and bodies larger than a route takes. Against the real server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from api.http.limits import BodyLimits
from api.http.patience import PatientProtocol
from api.serving import listening


class Impatient(PatientProtocol):
    header_seconds = 0.5


async def _counting(scope: dict[str, Any], receive: Any, send: Any) -> None:
    size, more = 0, scope["type"] == "http"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the sender is gone")
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    text = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    app = BodyLimits(_counting, streams=lambda _method, path: path == "/stream", largest_body=1000, idle_seconds=0.5)  # type: ignore[arg-type]
    with listening("127.0.0.1", 0) as bound:
        server = uvicorn.Server(
            uvicorn.Config(app, http=Impatient, log_config=None, lifespan="off", timeout_keep_alive=30)  # type: ignore[arg-type]
        )
        runner = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        runner.start()
        yield bound.getsockname()
        server.should_exit = True
        runner.join()


def _said(address: tuple[str, int], *pieces: bytes) -> bytes:
    """Everything the server says until it closes the connection, or until its answer is whole."""
    with socket.create_connection(address, timeout=30) as connection:
        for piece in pieces:
            connection.sendall(piece)
        said = b""
        while chunk := connection.recv(65536):
            said += chunk
        return said


def test_a_header_that_does_not_end_is_not_waited_for(address: tuple[str, int]) -> None:
    assert _said(address, b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ") == b""
    assert _said(address) == b""


def test_a_second_header_on_the_same_connection_is_not_waited_for_either(address: tuple[str, int]) -> None:
    said = _said(address, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHo")
    assert said.startswith(b"HTTP/1.1 200") and said.count(b"HTTP/1.1") == 1


def test_a_body_that_stops_arriving_ends_in_a_problem(address: tuple[str, int]) -> None:
    said = _said(address, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc")
    assert said.startswith(b"HTTP/1.1 408") and b"request.too-slow" in said


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_larger_than_the_route_takes_is_refused_whether_it_says_its_size_or_not(
    address: tuple[str, int], chunked: bool
) -> None:
    body = b"x" * 2000
    if chunked:
        head, body = b"Transfer-Encoding: chunked", b"7d0\r\n" + body + b"\r\n0\r\n\r\n"
    else:
        head = b"Content-Length: 2000"
    said = _said(address, b"POST / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n" + body)
    assert said.startswith(b"HTTP/1.1 413") and b"request.too-large" in said


def test_a_route_that_streams_bounds_its_body_itself(address: tuple[str, int]) -> None:
    said = _said(
        address,
        b"POST /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000,
    )
    assert said.endswith(b"2000")
