"""One subprocess that answers one JSON line a request, and never longer than it may."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.workers.child import AnswerTooLongError, Child, ChildEndedError, DeadlineError
from ingest.workers.errors import WorkerDiedError, WorkerTimeoutError, WorkerUnavailableError


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """How to start one kind of worker. ``command`` is asked at each start, so a rebuilt tool is taken up.

    After ``retire_after`` requests the process is replaced, so that what a library leaks has an end. An answer line
    longer than ``answer_bytes`` is refused unread.
    """

    name: str
    command: Callable[[], Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    start_seconds: float = 60.0
    retire_after: int = 5_000
    answer_bytes: int = 64 << 20


class LineWorker:
    """Asks a child process that is started when first needed, and replaced after death, deadline or nonsense.

    For one thread at a time. After any ``WorkerError`` no process of the old worker's group is left, and the next
    ``ask`` starts a new one.

        parent                         child (own session)
          |  ---- starts ------------->  |
          |  <--- {"ready":true, …} ---  |   greeting with versions
          |  ---- {"id":7, …} -------->  |
          |  <--- {"id":7, …} ---------  |   "last":true = do not ask this process again
    """

    def __init__(self, spec: WorkerSpec) -> None:
        self.spec = spec
        self._child: Child | None = None
        self._asked = 0
        self._versions: dict[str, str] = {}

    def ask(self, request: Mapping[str, Any], timeout_seconds: float) -> dict[str, Any]:
        """The answer to ``request``, which must have no ``id`` of its own. ``timeout_seconds`` counts from its sending.

        Raises ``WorkerUnavailableError``, ``WorkerDiedError`` or ``WorkerTimeoutError``.
        """
        child = self._running()
        self._asked += 1
        number = self._asked
        try:
            line = child.exchange(json.dumps({"id": number, **request}).encode() + b"\n", timeout_seconds)
            answer = _json_object(line)
        except DeadlineError:
            status, stderr = self._end()
            raise WorkerTimeoutError(self.spec.name, timeout_seconds, status, stderr=stderr) from None
        except ChildEndedError:
            raise self._died("ended") from None
        except AnswerTooLongError:
            raise self._died("answer-too-long") from None
        except BaseException:  # an interrupted exchange leaves an answer nobody will read: never reuse that process
            self._end()
            raise
        if answer is None or answer.get("id") != number:
            raise self._died("out-of-step")
        if answer.get("last") is True or self._asked >= self.spec.retire_after:
            self.close()
        return answer

    def versions(self) -> dict[str, str]:
        """Tools and versions as the worker itself named them; starts it if need be."""
        if not self._versions:
            self._running()
        return dict(self._versions)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def close(self) -> None:
        """End the process, gently if it follows; harmless when there is none."""
        if self._child is not None:
            child, self._child = self._child, None
            child.dismiss()

    def _running(self) -> Child:
        if self._child is not None and self._child.has_ended():
            self._end()  # it died while idle: no document is to blame, so nobody is told
        if self._child is None:
            self._child = self._started()
            self._asked = 0
        return self._child

    def _started(self) -> Child:
        name = self.spec.name
        try:
            child = Child(self.spec.command(), self.spec.environment, self.spec.answer_bytes)
        except OSError as error:
            raise _unavailable(name, f"cannot start: {error}") from error
        hello = None
        with contextlib.suppress(DeadlineError, ChildEndedError, AnswerTooLongError):
            hello = _json_object(child.exchange(b"", self.spec.start_seconds))
        if hello is None or hello.get("ready") is not True:
            status, stderr = child.kill()
            raise _unavailable(name, f"no greeting, exit status {status}\n{stderr}")
        self._versions = {str(key): str(value) for key, value in dict(hello.get("versions") or {}).items()}
        return child

    def _end(self) -> tuple[int, str]:
        child, self._child = self._child, None
        return child.kill() if child is not None else (0, "")

    def _died(self, reason: str) -> WorkerDiedError:
        status, stderr = self._end()
        return WorkerDiedError(self.spec.name, status, reason=reason, stderr=stderr)


def _json_object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _unavailable(name: str, detail: str) -> WorkerUnavailableError:
    return WorkerUnavailableError(
        f"Không khởi động được công cụ kiểm tra «{name}».",
        remedy="Chạy «luutru doctor» để biết công cụ nào còn thiếu.",
        detail=f"{name}: {detail}",
    )
