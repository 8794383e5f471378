"""The service on loopback within this process: quick to start, for tests that kill nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from api.bootstrap import Installation
from api.http.app import create_app
from api.serving import configured, listening


@contextmanager
def answering(installation: Installation) -> Iterator[str]:
    """The root of the API of a service over ``installation``; it has ended when the block has."""
    with listening("127.0.0.1", 0) as bound:
        server = uvicorn.Server(configured(create_app(installation), installation.settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}/api/v1"
        finally:
            server.should_exit = True
            thread.join()
