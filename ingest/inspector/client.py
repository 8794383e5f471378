"""How the rest of the program asks inspectors: a pool of processes, and what their answers mean."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from ingest.workers.errors import WorkerDiedError, WorkerTimeoutError, WorkerUnavailableError
from ingest.workers.line_worker import LineWorker, WorkerSpec
from ingest.workers.pool import WorkerPool

DEFAULT_MEMORY_BYTES = 1 << 30
_ROOT = Path(__file__).resolve().parents[2]


def inspector_pool(
    size: int,
    memory_budget_bytes: int = DEFAULT_MEMORY_BYTES,
    *,
    retire_after: int = 2_000,
    start_seconds: float = 60.0,
) -> WorkerPool:
    """``size`` inspectors, each allowed ``memory_budget_bytes`` of data; none is started before it is needed."""
    command = (sys.executable, "-m", "ingest.inspector", "--memory-bytes", str(memory_budget_bytes))
    spec = WorkerSpec(
        name="inspector",
        command=lambda: command,
        # The child must find our packages wherever it is started from, and its answers must not depend on a locale.
        environment={"PYTHONPATH": _python_path(), "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "2"},
        start_seconds=start_seconds,
        retire_after=retire_after,
    )
    return WorkerPool(lambda: LineWorker(spec), size)


class Outcome(StrEnum):
    """How asking for one part ended. Only ``OK`` says anything about the document's content."""

    OK = "ok"
    ERROR = "error"
    OUT_OF_MEMORY = "out-of-memory"
    STACK_OVERFLOW = "stack-overflow"
    TIMEOUT = "timeout"
    DIED = "worker-died"
    UNAVAILABLE = "tool-unavailable"


@dataclass(frozen=True, slots=True)
class Inspection:
    """The facts of one part about one file, or why there are none (``reason`` is for the log and for details)."""

    outcome: Outcome
    facts: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    seconds: float = 0.0


class Asked(Protocol):
    """Anything that answers requests as a worker pool does."""

    def ask(self, request: Mapping[str, Any], timeout_seconds: float) -> dict[str, Any]: ...


_STATUSES = {
    "ok": Outcome.OK,
    "out_of_memory": Outcome.OUT_OF_MEMORY,
    "stack_overflow": Outcome.STACK_OVERFLOW,
}


def inspection(
    inspectors: Asked, part: str, path: Path, options: Mapping[str, Any] | None = None, *, timeout_seconds: float
) -> Inspection:
    """What ``part`` sees in the file. Never raises for a worker's fate: that is an outcome, and the batch goes on.

    A worker that died is given one more try within the same time, for it may have been killed for another's sake.
    """
    started = time.monotonic()
    first = _asked(inspectors, part, path, options, timeout_seconds)
    left = timeout_seconds - (time.monotonic() - started)
    if first.outcome is not Outcome.DIED or left <= 0:
        return first
    return _asked(inspectors, part, path, options, left)


def _asked(
    inspectors: Asked, part: str, path: Path, options: Mapping[str, Any] | None, timeout_seconds: float
) -> Inspection:
    request = {"part": part, "path": str(path.absolute()), "options": dict(options or {})}
    try:
        answer = inspectors.ask(request, timeout_seconds)
    except WorkerTimeoutError:
        return Inspection(Outcome.TIMEOUT, reason=f"{part}: {timeout_seconds:g} s", seconds=timeout_seconds)
    except WorkerDiedError as error:
        # A runtime that cannot report its own lack of memory (Go) says so with its last words.
        outcome = Outcome.OUT_OF_MEMORY if "out of memory" in error.stderr else Outcome.DIED
        return Inspection(outcome, reason=f"{part}: {error.reason}, {error.exit_status}")
    except WorkerUnavailableError:
        return Inspection(Outcome.UNAVAILABLE, reason=part)
    outcome = _STATUSES.get(str(answer.get("status")), Outcome.ERROR)
    facts = answer.get("facts")
    if outcome is Outcome.OK and not isinstance(facts, dict):
        outcome = Outcome.ERROR
    reason = "" if outcome is Outcome.OK else f"{part}: {answer.get('message') or answer.get('status')}"
    return Inspection(outcome, facts if isinstance(facts, dict) else {}, reason, float(answer.get("seconds") or 0.0))


def _python_path() -> str:
    before = os.environ.get("PYTHONPATH", "")
    return os.pathsep.join([str(_ROOT), *([before] if before else [])])
