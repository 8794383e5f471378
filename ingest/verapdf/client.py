"""Asking veraPDF: which worker judges which document, and what its answers mean."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ingest.verapdf.build import current
from ingest.verapdf.jdk import find_java
from ingest.workers.errors import WorkerDiedError, WorkerError, WorkerTimeoutError, WorkerUnavailableError
from ingest.workers.line_worker import LineWorker, WorkerSpec
from ingest.workers.pool import WorkerPool

HEAP_BYTES = 512 << 20
ROOMY_HEAP_BYTES = 2 << 30
MANY_PAGES = 500
_HEAP_EXHAUSTED = 3  # exit code of -XX:+ExitOnOutOfMemoryError

# All compilers: C1 alone starts a little cheaper but costs half as much again over some hundred ordinary documents, and
# twice as much on one of 1,500 pages. The serial collector, for one thread does all the work.
_ALWAYS = (
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "-XX:+DisplayVMOutputToStderr",  # else the last words of a JVM out of heap would be taken for an answer
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-Xshare:auto",
)


class Verdict(StrEnum):
    """How asking veraPDF ended. Only ``JUDGED`` carries a verdict about the document."""

    JUDGED = "judged"
    ENCRYPTED = "encrypted"
    UNPARSEABLE = "unparseable"
    OUT_OF_MEMORY = "out-of-memory"
    STACK_OVERFLOW = "stack-overflow"
    TIMEOUT = "timeout"
    DIED = "worker-died"
    UNAVAILABLE = "tool-unavailable"
    ERROR = "no-verdict"


@dataclass(frozen=True, slots=True)
class FailedRule:
    """One rule that was broken: where it stands, how often, and the first place."""

    specification: str
    clause: str
    test: int
    failed_checks: int
    description: str
    example: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "specification": self.specification,
            "clause": self.clause,
            "test": self.test,
            "failed_checks": self.failed_checks,
            "description": self.description,
            "example": self.example,
        }


@dataclass(frozen=True, slots=True)
class Judgement:
    """What veraPDF said about one document under one flavour; ``compliant`` is None unless it judged."""

    verdict: Verdict
    flavour: str
    compliant: bool | None = None
    rules: tuple[FailedRule, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    attempts: int = 1


_AGAIN = frozenset({Verdict.OUT_OF_MEMORY, Verdict.STACK_OVERFLOW, Verdict.DIED})
_STATUSES: Mapping[str, Verdict] = {
    "encrypted": Verdict.ENCRYPTED,
    "unparseable": Verdict.UNPARSEABLE,
    "out_of_memory": Verdict.OUT_OF_MEMORY,
    "stack_overflow": Verdict.STACK_OVERFLOW,
}


@dataclass(frozen=True, slots=True)
class VeraPool:
    """``quick``: warm workers for most documents. ``roomy``: one with more heap and stack, started
    for the few that need it and gone after each, so that its memory is not kept."""

    quick: WorkerPool
    roomy: WorkerPool
    _tools: dict[str, str] = field(default_factory=dict)

    def judge(self, path: Path, flavour: str, *, timeout_seconds: float, pages: int = 0) -> Judgement:
        """The verdict on ``path`` under ``flavour`` (``1b`` … ``4f``). Never raises for a worker's fate.

        Documents of many pages go to the roomy worker at once. One that ran out of heap or stack, or whose worker died,
        is asked there once more within the same ``timeout_seconds``; only then is it said.
        """
        deadline = time.monotonic() + timeout_seconds
        attempts = (self.roomy,) if pages >= MANY_PAGES else (self.quick, self.roomy)
        judgement = Judgement(Verdict.ERROR, flavour)
        for number, pool in enumerate(attempts, 1):
            left = max(deadline - time.monotonic(), 0.001)
            judgement = _asked(pool, str(path.absolute()), flavour, left, number)
            if judgement.verdict not in _AGAIN:
                break
        return judgement

    def versions(self) -> dict[str, str]:
        """``veraPDF`` and ``java`` as the workers name them; empty when they cannot be started."""
        if not self._tools:
            try:
                self._tools.update(self.quick.versions())
            except WorkerError:
                return {}
        return dict(self._tools)

    def close(self) -> None:
        self.quick.close()
        self.roomy.close()


def verapdf_pool(home: Path, size: int, java: Path | None = None) -> VeraPool:
    """``size`` quick workers and one roomy one on the build in ``home``; nothing is started, or looked for, yet."""
    quick = _spec("veraPDF", home, java, HEAP_BYTES, 16 << 20, retire_after=5_000)
    roomy = _spec("veraPDF (roomy)", home, java, ROOMY_HEAP_BYTES, 128 << 20, retire_after=1)
    return VeraPool(WorkerPool(lambda: LineWorker(quick), size), WorkerPool(lambda: LineWorker(roomy), 1))


def _spec(
    name: str,
    home: Path,
    java: Path | None,
    heap_bytes: int,
    stack_bytes: int,
    retire_after: int,
) -> WorkerSpec:
    def command() -> list[str]:
        program, generation = find_java(java), current(home)
        if program is None or generation is None:
            raise FileNotFoundError("no Java" if program is None else "veraPDF is not built")
        sizes = (f"-Xmx{heap_bytes >> 20}m", "-XX:MaxMetaspaceSize=256m", f"-Dvera.stack={stack_bytes}")
        archive = generation.class_data(program)
        fast = (f"-XX:SharedArchiveFile={archive}",) if archive.is_file() else ()
        return [str(program), *_ALWAYS, *sizes, *fast, "-cp", generation.class_path, "VeraWorker"]

    return WorkerSpec(name=name, command=command, retire_after=retire_after)


def _asked(pool: WorkerPool, path: str, flavour: str, timeout_seconds: float, attempt: int) -> Judgement:
    try:
        answer = pool.ask({"path": path, "flavour": flavour}, timeout_seconds)
    except WorkerTimeoutError:
        return Judgement(Verdict.TIMEOUT, flavour, seconds=timeout_seconds, attempts=attempt)
    except WorkerDiedError as error:
        verdict = Verdict.OUT_OF_MEMORY if error.exit_status == _HEAP_EXHAUSTED else Verdict.DIED
        return Judgement(verdict, flavour, reason=f"{error.reason} {error.exit_status}", attempts=attempt)
    except WorkerUnavailableError as error:
        return Judgement(Verdict.UNAVAILABLE, flavour, reason=error.code, attempts=attempt)
    return judgement_of(answer, path, flavour, attempt)


def judgement_of(answer: Mapping[str, Any], path: str, flavour: str, attempt: int = 1) -> Judgement:
    """A verdict only from one whole result for this very path and flavour with a normal end of job; anything else that
    claims to be one is ``ERROR``, which is no answer about the document."""
    seconds = float(answer.get("seconds") or 0.0)
    status = str(answer.get("status"))
    reason = str(answer.get("message") or status)
    if status != "ok":
        return Judgement(
            _STATUSES.get(status, Verdict.ERROR), flavour, reason=reason, seconds=seconds, attempts=attempt
        )
    results = answer.get("results")
    result = results[0] if isinstance(results, list) and len(results) == 1 else {}
    whole = answer.get("path") == path and result.get("flavour") == flavour and result.get("end") == "normal"
    compliant = result.get("compliant")
    rules = tuple(_rule(row) for row in result.get("rules") or ())
    # A verdict that contradicts its own rules is no verdict either.
    if not whole or not isinstance(compliant, bool) or compliant is bool(rules):
        return Judgement(Verdict.ERROR, flavour, reason="no whole result", seconds=seconds, attempts=attempt)
    return Judgement(Verdict.JUDGED, flavour, compliant, rules, seconds=seconds, attempts=attempt)


def _rule(row: Mapping[str, Any]) -> FailedRule:
    return FailedRule(
        str(row.get("specification") or ""),
        str(row.get("clause") or ""),
        int(row.get("test") or 0),
        int(row.get("failed_checks") or 0),
        str(row.get("description") or ""),
        str(row.get("example") or ""),
    )
