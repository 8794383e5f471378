"""Connections that never say what they want are closed: uvicorn bounds the wait between requests, not within a header."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol


class PatientProtocol(H11Protocol):
    """HTTP/1.1 whose every request must have said its whole header within ``header_seconds`` of the connection, or of
    the answer before it. Bodies are bounded elsewhere (``api.http.limits``)."""

    header_seconds: ClassVar[float] = 30.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_the_next()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait_for_the_next()

    def _wait_for_the_next(self) -> None:
        self.loop.call_later(self.header_seconds, self._close_if_still, self.cycle)

    def _close_if_still(self, last: object) -> None:
        """Nothing has been asked since: ``cycle`` is made anew when a header is whole."""
        if self.cycle is last and not self.transport.is_closing():
            self.transport.close()
