"""The archive's own Elasticsearch node: a daemon on loopback that outlives the command which started it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from search.errors import NodeError
from search.node.command import java_command, write_configuration
from search.node.jdk import Jdk, find_jdk
from search.node.process import ProcessIdentity, identity_of

_STOP_SECONDS = 30.0
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """``state``: ``stopped``, ``starting`` (runs, does not answer yet) or ``running`` (health at least yellow)."""

    state: str
    url: str | None = None
    pid: int | None = None


class LocalNode:
    """One node, its data, logs and record under ``data_dir``; any number of callers share it, only one starts it.

    ``home`` is what ``search.node.build`` made. The node answers on 127.0.0.1 only and without a password: whoever can
    log in to this machine can ask it, so machines shared with strangers should use a configured server instead.
    """

    def __init__(
        self,
        home: Path,
        data_dir: Path,
        *,
        heap: str = "512m",
        jdk: Jdk | None = None,
        settings: Mapping[str, Any] | None = None,
        java_options: tuple[str, ...] = (),
    ) -> None:
        self.home = home.absolute()
        self.folder = data_dir.absolute()
        self._heap = heap
        self._jdk = jdk
        self._settings = dict(settings or {})
        self._java_options = java_options

    def ensure_running(self, timeout_seconds: float = 180.0) -> str:
        """The address of the node, started if it was not running, once its health is at least yellow.

        Callers at the same time wait for the one that starts it. Raises NodeError with the end of the node's log.
        """
        deadline = time.monotonic() + timeout_seconds
        with self._alone(deadline):
            running = self._recorded()
            if running is None or not running[0].alive():
                running = self._start(deadline)
            process, _ = running
            url = self._await_ports(process, deadline)
            self._await_health(process, url, deadline)
            self._record(process, url)
            return url

    def stop(self) -> None:
        """Ends the node cleanly, if it is the very process on record; after 30 seconds it is killed."""
        with self._alone(time.monotonic() + _STOP_SECONDS * 3):
            running = self._recorded()
            if running is None:
                return
            process = running[0]
            process.signal(signal.SIGTERM)
            if not process.wait(_STOP_SECONDS):
                process.signal(signal.SIGKILL)
                process.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """What a power cut does to the node: gone at once, nothing flushed. For tests of recovery."""
        if (running := self._recorded()) is not None:
            running[0].signal(signal.SIGKILL)
            running[0].wait(_STOP_SECONDS)

    def status(self) -> NodeStatus:
        running = self._recorded()
        if running is None or not running[0].alive():
            return NodeStatus("stopped")
        process, url = running
        if url and _health(url) in {"yellow", "green"}:
            return NodeStatus("running", url, process.pid)
        return NodeStatus("starting", url, process.pid)

    # -- the process ---------------------------------------------------------------------------------------------

    def _start(self, deadline: float) -> tuple[ProcessIdentity, str | None]:
        if not (self.home / "launcher").is_dir():
            raise NodeError(
                "Chưa dựng Elasticsearch cục bộ.", remedy="Chạy «python -m search.node.build».", detail=str(self.home)
            )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_configuration(self.home, self.folder, self._port_to_ask_for(), self._settings)
        for ports in (self.folder / "logs").glob("*.ports"):
            ports.unlink()  # of the last run: read too early they would name a port of somebody else's
        command = java_command(self.home, self.folder, self._jdk or find_jdk(), self._heap, self._java_options)
        process = identity_of(self._spawn(command))
        if process is None:
            raise self._failure("Elasticsearch cục bộ không khởi động được.")
        self._record(process, None)
        return process, None

    def _spawn(self, command: list[str]) -> int:
        console = str(self.folder / "logs" / "console.log")
        null_in = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
        to_log = (os.POSIX_SPAWN_OPEN, 1, console, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        # A session of its own: neither Ctrl-C nor a closed terminal of the command that needed it ends the node.
        return os.posix_spawn(
            command[0],
            command,
            {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "LANG": "C.UTF-8"},
            file_actions=[null_in, to_log, (os.POSIX_SPAWN_DUP2, 1, 2)],
            setsid=True,
        )

    def _port_to_ask_for(self) -> int:
        """The port of the last run when it is free, so that clients which outlived the node find it again; else any."""
        running = self._recorded()
        port = int(running[1].rpartition(":")[2]) if running and running[1] else 0
        if port:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    return 0
        return port

    def _await_ports(self, process: ProcessIdentity, deadline: float) -> str:
        ports = self.folder / "logs" / "http.ports"
        while True:
            if ports.is_file() and (text := ports.read_text(encoding="ascii").strip()):
                return f"http://{text.splitlines()[0]}"
            self._pause(process, deadline)

    def _await_health(self, process: ProcessIdentity, url: str, deadline: float) -> None:
        while _health(url) not in {"yellow", "green"}:
            self._pause(process, deadline)

    def _pause(self, process: ProcessIdentity, deadline: float) -> None:
        if not process.alive():
            raise self._failure("Elasticsearch cục bộ dừng khi đang khởi động.")
        if time.monotonic() > deadline:
            raise self._failure("Elasticsearch cục bộ không sẵn sàng kịp thời hạn.")
        time.sleep(0.05)

    def _failure(self, message: str) -> NodeError:
        said = [_tail(self.folder / "logs" / name) for name in ("console.log", "node.log")]
        return NodeError(message, remedy="Xem nhật ký của nút tìm kiếm.", detail="\n".join(filter(None, said)))

    # -- the record ----------------------------------------------------------------------------------------------

    def _recorded(self) -> tuple[ProcessIdentity, str | None] | None:
        try:
            value = json.loads((self.folder / "node.json").read_text(encoding="utf-8"))
            return ProcessIdentity(**value["process"]), value["url"]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _record(self, process: ProcessIdentity, url: str | None) -> None:
        fresh = self.folder / "node.json.new"
        fresh.write_text(json.dumps({"process": asdict(process), "url": url}), encoding="utf-8")
        os.replace(fresh, self.folder / "node.json")

    @contextmanager
    def _alone(self, deadline: float) -> Iterator[None]:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.folder / "node.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise NodeError("Nút tìm kiếm đang được một tiến trình khác khởi động.") from None
                    time.sleep(0.05)
            yield
        finally:
            os.close(descriptor)


def _health(url: str) -> str | None:
    try:
        with _NO_PROXY.open(f"{url}/_cluster/health?wait_for_status=yellow&timeout=2s", timeout=5) as answer:
            return str(json.load(answer)["status"])
    except (OSError, ValueError, KeyError, urllib.error.URLError):
        return None


def _tail(path: Path, size: int = 3000) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[-size:]
    except OSError:
        return ""
