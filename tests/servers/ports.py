"""Ports of this machine nobody listens on."""

from __future__ import annotations

import socket


def free_port() -> int:
    """One that was free a moment ago; nothing holds it for who asked."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
