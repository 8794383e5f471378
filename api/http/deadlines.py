"""Questions that may never be answered: asked side by side, none waited for beyond the deadline, none asked twice at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Late(Generic[T]):
    """No answer within the time allowed; ``last``: the one before, if there ever was one."""

    last: T | None


@dataclass(slots=True)
class _Asked(Generic[T]):
    """One question on its way; ``done`` is set when it came back, with an answer or with an error of ours."""

    done: threading.Event = field(default_factory=threading.Event)
    given: list[T] = field(default_factory=list)
    error: BaseException | None = None


class Deadlines(Generic[T]):
    """Asks by names. A question that does not come back keeps its one thread, and is not sent out again until it does.

    Shared by all threads.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._asked: dict[str, _Asked[T]] = {}
        self._last: dict[str, T] = {}

    def answers(self, questions: Mapping[str, Callable[[], T]]) -> Mapping[str, T | Late[T]]:
        """To each question what it gave, or that it is late; all of them within ``seconds``. An error is raised here."""
        deadline = time.monotonic() + self.seconds
        asked = {name: self._begun(name, question) for name, question in questions.items()}
        return {name: self._answer(name, item, deadline) for name, item in asked.items()}

    def _begun(self, name: str, question: Callable[[], T]) -> _Asked[T]:
        with self._lock:
            standing = self._asked.get(name)
            if standing is not None and not standing.done.is_set():
                return standing
            new = self._asked[name] = _Asked[T]()
        threading.Thread(target=_ask, args=(new, question), name=f"ask {name}", daemon=True).start()
        return new

    def _answer(self, name: str, asked: _Asked[T], deadline: float) -> T | Late[T]:
        came = asked.done.wait(max(0.0, deadline - time.monotonic()))
        if came and asked.error is not None:
            raise asked.error
        with self._lock:
            if not came:
                return Late(self._last.get(name))
            self._last[name] = asked.given[0]
            return asked.given[0]


def _ask(asked: _Asked[T], question: Callable[[], T]) -> None:
    try:
        asked.given.append(question())
    except BaseException as error:  # told to whoever waits for the answer
        asked.error = error
    finally:
        asked.done.set()
