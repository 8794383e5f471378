"""One entry of a source, and the ways in which reading a source ends early."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from archive.errors import LuutruError
from archive.finding import Finding, finding


class Readable(Protocol):
    """A forward-only stream; fewer bytes than asked for mean its end."""

    def read(self, size: int, /) -> bytes: ...


class Kind(StrEnum):
    """What an entry is; everything but a file and a directory is refused."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    HARD_LINK = "hard-link"
    SPARSE = "sparse"
    DEVICE = "device"
    FIFO = "fifo"
    SOCKET = "socket"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Entry:
    """``name`` as the source has it (bytes that are no UTF-8 as lone surrogates). ``chunks`` gives the bytes once and
    in order, before the next entry is asked for; ``blob`` is where they lie on this disk already, when they do."""

    name: str
    kind: Kind
    chunks: Callable[[], Iterator[bytes]]
    blob: Path | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding in the making: its document's name may still lose the package's top folder."""

    code: str
    name: str | None
    details: dict[str, Any]

    def finding(self, root: str) -> Finding:
        name = None if self.name is None else printable(self.name.removeprefix(root))
        return finding(self.code, name, **self.details)


def problem(code: str, name: str | None = None, **details: Any) -> Problem:
    return Problem(code, name, details)


def printable(name: str) -> str:
    """A name fit for a message and for JSON: bounded, and without what UTF-8 cannot carry."""
    return name[:1024].encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\0")


class RefusedError(Exception):
    """Reading cannot go on; what was read so far does not count."""

    def __init__(self, fault: Problem) -> None:
        super().__init__(fault.code)
        self.fault = fault


class EntryUnreadableError(Exception):
    """One entry's bytes cannot be had, or changed under the reader; the others can still be looked at."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def refused(code: str, name: str | None = None, **details: Any) -> RefusedError:
    return RefusedError(problem(code, name, **details))


class SourceUnreadableError(LuutruError):
    """The path given cannot be opened at all."""

    code = "unpack.source-unreadable"


class QuarantineFullError(LuutruError):
    """No room left in quarantine: nothing of the submission was kept."""

    code = "unpack.quarantine-full"


class IntakeFailedError(LuutruError):
    """A disk failed while the submission was read or written: nothing of it was kept."""

    code = "unpack.intake-failed"


def nothing() -> Iterator[bytes]:
    return iter(())
