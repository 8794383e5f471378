"""Bodies within bounds: too large a body, and one that stops arriving, end the request with a problem of its own name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import ProblemError, response_of

LARGEST_BODY = 1 << 20
IDLE_SECONDS = 60.0
"""A sender that gives no byte for this long is not waited for."""


_ANSWERS_ITSELF = frozenset({408, 413})
"""A route that takes its body in itself knows better what became of it."""


class BodyTooLargeError(Exception):
    """More bytes came than this route takes."""


class BodyLimits:
    """Bounds every body; ``streams`` says of which requests the route itself takes care of the size (uploads)."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        streams: Callable[[str, str], bool],
        largest_body: int = LARGEST_BODY,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._app = app
        self._streams = streams
        self._largest = largest_body
        self._idle = idle_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        streams = self._streams(scope["method"], scope["path"])
        if not streams and _stated_length(scope) > self._largest:
            await self._refuse(scope, receive, send)
            return
        seen, started, withheld, finished, failure = 0, False, False, False, ""

        async def bounded() -> Message:
            nonlocal seen, finished, failure
            if finished:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self._idle)
            except TimeoutError:
                failure = "slow"
                return {"type": "http.disconnect"}
            if message["type"] == "http.disconnect":
                failure = "gone"
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                finished = not message.get("more_body", False)
                if not streams and seen > self._largest:
                    failure = "large"
                    raise BodyTooLargeError
            return message

        async def noticed(message: Message) -> None:
            nonlocal started, withheld
            if message["type"] == "http.response.start" and not started:
                # What the framework makes of a body that was cut short is a guess; the reason is known here.
                withheld = bool(failure) and message["status"] not in _ANSWERS_ITSELF
                started = not withheld
            if not withheld:
                await send(message)

        try:
            await self._app(scope, bounded, noticed)
        except Exception as error:
            if not failure or started or (failure == "gone" and not isinstance(error, ClientDisconnect)):
                raise
            withheld = True
        if withheld and failure != "gone":
            await self._refuse(scope, receive, send, slow=failure == "slow")

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, *, slow: bool = False) -> None:
        if slow:
            problem = ProblemError(
                408,
                "request.too-slow",
                "Nội dung yêu cầu không tới tiếp.",
                remedy="Gửi lại; gói lớn dùng tus để gửi tiếp.",
            )
        else:
            problem = ProblemError(
                413,
                "request.too-large",
                f"Nội dung yêu cầu lớn hơn {self._largest >> 10} KiB.",
                remedy="Gửi ít hơn trong một yêu cầu; gói nộp lưu gửi tới /api/v1/submissions hoặc qua tus.",
            )
        problem.headers["Connection"] = "close"
        await response_of(problem, scope.get("request_id"))(scope, receive, send)


def _stated_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
