"""``python -m ingest.inspector``: looks into one file a line, on stdin and stdout, until stdin ends.

In: ``{"id": 1, "part": "structure", "path": "/absolute/file", "options": {}}``. Out, one line in the same order:
``{"id": 1, "status": "ok", "facts": {…}, "seconds": 0.01}``, or status ``error`` with a message, ``out_of_memory`` or
``stack_overflow``; ``"last": true`` says that this process should not be asked again.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from ingest.inspector.lifeline import Lifeline
from ingest.inspector.parts import part

_TOOLS = ("pikepdf", "pillow", "pygfried", "pyhanko", "pypdfium2")
_MESSAGE_LIMIT = 400


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m ingest.inspector")
    arguments.add_argument("--memory-bytes", type=int, default=0, help="most bytes of data this process may hold")
    limit_memory(arguments.parse_args().memory_bytes)
    faulthandler.enable()
    requests, answers = channels()
    lifeline = Lifeline(requests.fileno())
    send(answers, {"ready": True, "pid": os.getpid(), "versions": versions()})
    for line in requests:
        with lifeline:
            answer = answered(json.loads(line))
        send(answers, answer)


def channels() -> tuple[IO[bytes], IO[bytes]]:
    """The protocol's own descriptors. What a library prints goes to stderr, and what it reads is empty."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return requests, answers


def limit_memory(limit_bytes: int) -> None:
    """Data (heap, private mappings), not address space: the Go runtime reserves far more of that than it ever uses."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limit_bytes:
        resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))


def answered(request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer line to one request; a failing part is an answer, not the end."""
    answer: dict[str, Any] = {"id": request.get("id")}
    started = time.perf_counter()
    try:
        facts = part(request["part"])(Path(request["path"]), request.get("options") or {})
        answer |= {"status": "ok", "facts": dict(facts)}
        encoded(answer)
    except MemoryError:
        answer = {"id": request.get("id"), "status": "out_of_memory", "last": True}
    except RecursionError:
        answer = {"id": request.get("id"), "status": "stack_overflow", "last": True}
    except Exception as error:  # whatever a hostile file makes a library raise is said about that file alone
        traceback.print_exc(limit=-8)
        message = f"{type(error).__name__}: {error}"[:_MESSAGE_LIMIT]
        answer = {"id": request.get("id"), "status": "error", "message": message}
    answer["seconds"] = time.perf_counter() - started
    return answer


def encoded(answer: Mapping[str, Any]) -> bytes:
    """One line of UTF-8. Lone surrogates, which no JSON reader agrees on, become question marks."""
    return json.dumps(answer, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n"


def send(answers: IO[bytes], answer: Mapping[str, Any]) -> None:
    answers.write(encoded(answer))
    answers.flush()


def versions() -> dict[str, str]:
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in _TOOLS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    main()
