"""One id, one log line and one measurement for each request: what was done and how it went, never what was in it."""

from __future__ import annotations

import re
import time
import uuid

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.metrics import Metrics

_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_log = structlog.get_logger("luutru.http")

_PREFIX = "/api/v1"
_HARDENING = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Observed:
    """The outermost layer. The log names the route's template, not the path: a path holds ids, a query holds words."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope["request_id"] = _request_id(scope)
        began, status, sent = time.perf_counter(), 0, 0

        async def noticed(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                present = {name.lower() for name, _ in headers}
                headers.append((b"x-request-id", request_id.encode("ascii")))
                headers += [pair for pair in _HARDENING if pair[0] not in present]
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
            await send(message)

        with self._metrics.under_way():
            try:
                await self._app(scope, receive, noticed)
            finally:
                seconds = time.perf_counter() - began
                route = _template(scope)
                self._metrics.observe(scope["method"], route, status or 499, seconds)
                _log.info(
                    "request",
                    request_id=request_id,
                    method=scope["method"],
                    route=route,
                    status=status or 499,
                    seconds=round(seconds, 4),
                    bytes=sent,
                    account=scope.get("account"),
                )


def _request_id(scope: Scope) -> str:
    """The caller's own id when it is harmless, so that both sides' logs can be laid side by side; else a fresh one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN_ID.fullmatch(value):
            return str(value.decode("ascii"))
    return uuid.uuid4().hex


def _template(scope: Scope) -> str:
    """The route's template with its prefix; a path without a route is none of ours to repeat."""
    path = getattr(scope.get("route"), "path", "")
    return path if path.startswith(_PREFIX) else f"{_PREFIX}{path}" if path else "(none)"
