"""The time one document may take, shared by all that is asked about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

_LEAST_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Budget:
    """``document_seconds`` for one document and one check, worker start-up not counted."""

    document_seconds: float = 120.0

    def begin(self, clock: Callable[[], float] = time.monotonic) -> Stopwatch:
        return Stopwatch(self.document_seconds, clock(), clock)


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """Running time of one document."""

    limit_seconds: float
    started: float
    clock: Callable[[], float]

    def spent(self) -> float:
        return self.clock() - self.started

    def left(self) -> float:
        """What is left of the budget, never nothing: a call with no time at all would say nothing about the tool."""
        return max(self.limit_seconds - self.spent(), _LEAST_SECONDS)
