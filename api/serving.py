"""``luutru serve``: the HTTP service, and the worker process it keeps alive beside it."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from api.bootstrap import Installation
from api.http.app import create_app
from api.http.logs import log_structured
from api.http.patience import PatientProtocol
from api.running import recorded
from api.settings import Settings
from archive.errors import LuutruError

_log = logging.getLogger("luutru.serve")
_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_GRACE_SECONDS = 30.0
MOST_CONNECTIONS = 512


class AddressTakenError(LuutruError):
    """Nobody can listen at this address: taken, not ours, or not allowed."""

    code = "serve.address-unusable"


class WorkerKeeper:
    """Keeps one ``luutru work`` running beside the service; it ends with the service, however the service ends.

    The worker reads our end of a pipe: when this process is gone, the pipe closes and it finishes its step and ends.
    """

    def __init__(self, home: Path) -> None:
        self._command = [sys.executable, "-m", "api.cli", "work", "--attached", "--home", str(home)]
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="worker-keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the worker after its step and returns when it has ended."""
        self._stop.set()
        self._thread.join()

    def _keep(self) -> None:
        pause = _SHORTEST_PAUSE
        while not self._stop.is_set():
            # The worker inherits our stderr; what it says stands in the same log.
            process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            assert process.stdin is not None
            while process.poll() is None and not self._stop.wait(0.5):
                pass
            process.stdin.close()
            if self._stop.is_set():
                _ended(process)
                return
            _log.warning("worker ended with %s; started again in %.0f s", process.returncode, pause)
            self._stop.wait(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)


def _ended(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
        if process.poll() is None:
            process.kill()
            process.wait()


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket; port 0 takes a free one. Raises AddressTakenError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, else asyncio leaves out TCP_NODELAY, and every answer waits 40 ms for an acknowledgement.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
            bound.listen(1024)
        except OSError as error:
            raise AddressTakenError(
                f"Không mở được địa chỉ {host}:{port}.",
                remedy="Chọn cổng khác bằng --port, hoặc dừng chương trình đang dùng cổng này.",
                detail=str(error),
            ) from error
        yield bound


def configured(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How the server deals with connections: who is believed, what is waited for, how much a header may be."""
    tls = settings.http_tls_certificate is not None
    return uvicorn.Config(
        app,
        http=PatientProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=20,
        h11_max_incomplete_event_size=64 << 10,
        proxy_headers=bool(settings.http_trusted_proxies),
        forwarded_allow_ips=settings.http_trusted_proxies or None,
        ssl_certfile=str(settings.http_tls_certificate) if tls else None,
        ssl_keyfile=str(settings.http_tls_key) if settings.http_tls_key else None,
    )


def serve(
    installation: Installation,
    *,
    host: str,
    port: int,
    work: bool = True,
    ready: Callable[[str], None] = lambda _address: None,
) -> None:
    """Serves until SIGINT or SIGTERM: no new requests, those under way are answered, then the worker ends its step."""
    settings = installation.settings
    with listening(host, port) as bound:
        log_structured()
        app = create_app(installation)
        server = uvicorn.Server(configured(app, settings))
        keeper = WorkerKeeper(settings.home) if work else None
        if keeper is not None:
            keeper.start()
        shown = f"[{host}]" if ":" in host else host
        address = f"{'https' if settings.http_tls_certificate else 'http'}://{shown}:{bound.getsockname()[1]}"
        for number in (signal.SIGINT, signal.SIGTERM):
            # uvicorn raises the signal that ended it once more, when it has put back what was there before: this.
            signal.signal(number, lambda *_: None)
        try:
            with recorded(settings.home, address):
                ready(address)
                server.run(sockets=[bound])
        finally:
            if keeper is not None:
                keeper.stop()
