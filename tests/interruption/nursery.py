"""A fork server for the interruption tests: each child is the real program, and dies by SIGKILL where it is told to.

Started by exec, so that no thread exists when it forks; everything slow is imported once. One JSON order a line on stdin,
one answer a line on stdout:

    {"do": "submit", "home": …, "paths": [[path, client key or null], …], "acks": file}   hand in, then carry
    {"do": "receive", …}                                                                  hand in only
    {"do": "work", "home": …}                                                             ``luutru work --once``
    {"do": "accept", "home": …, "ids": [id, …]}                                           a person accepts
    {"do": "orphans"}                                   waits until no process of dead children is left, names what is

``kill_after``: seconds until the child's process group gets SIGKILL. ``kill_at``: ``module:Object.attribute:when`` makes
the child kill itself ``before`` or ``after`` that function runs (``:2`` for its second call). ``deadline``: a child that
runs longer hangs.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.interruption.deadly import deadly

PR_SET_CHILD_SUBREAPER = 36
_SLOW = (
    "dbos", "api.bootstrap", "api.submitting", "api.working", "api.verifying", "search.client", "search.index",
    "search.indexer", "api.index_source", "jsonschema", "openpyxl", "ingest.checks.signatures", "dbos._sys_db_sqlite",
    "sqlalchemy.dialects.sqlite",
)  # fmt: skip


def main() -> None:
    for name in _SLOW:
        importlib.import_module(name)
    assert threading.active_count() == 1 and len(os.listdir("/proc/self/task")) == 1, (
        "a thread would not survive a fork"
    )
    assert "pygfried" not in sys.modules, "its runtime does not survive a fork"
    # What a dead child leaves becomes ours, and so can be counted.
    assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    # What is there now is shared with every child, and not copied because a collector looks at it.
    gc.collect()
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        answer = {"orphans": orphans(order["deadline"])} if order["do"] == "orphans" else lived(order)
        print(json.dumps(answer), file=answers, flush=True)


def lived(order: dict[str, Any]) -> dict[str, Any]:
    """How a child fared that did what ``order`` says."""
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        child(order)
        sys.exit(0)  # as any program ends: threads are joined, exit handlers run
    kill_at = began + order["kill_after"] if order.get("kill_after") is not None else None
    hung = False
    while True:
        reaped, status = os.waitpid(pid, os.WNOHANG)
        if reaped:
            return {"status": os.waitstatus_to_exitcode(status), "hung": hung, "seconds": time.monotonic() - began}
        now = time.monotonic()
        hung = now > began + order["deadline"]
        if hung or (kill_at is not None and now >= kill_at):
            with contextlib.suppress(ProcessLookupError):  # it may not lead a group of its own yet
                os.killpg(pid, signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            return {"status": os.waitstatus_to_exitcode(status), "hung": hung, "seconds": time.monotonic() - began}
        time.sleep(0.001 if kill_at is None else max(0.0, min(0.005, kill_at - now)))


def orphans(deadline_seconds: float) -> list[str]:
    """Command lines of what dead children left running and what did not end within the time."""
    deadline = time.monotonic() + deadline_seconds
    while True:
        try:
            reaped, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if not reaped:
            if time.monotonic() > deadline:
                mine = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
                return [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in mine]
            time.sleep(0.01)


def child(order: dict[str, Any]) -> None:
    from api.bootstrap import now, opened
    from api.settings import load_settings
    from api.submitting import carry, hand_in
    from api.working import work_until

    if order.get("kill_at"):
        deadly(*order["kill_at"].split(":"))
    with opened(load_settings(Path(order["home"]))) as installation:
        assert now().tzinfo is not None
        match order["do"]:
            case "work":
                work_until(installation, threading.Event(), once=True)
            case "accept":
                steps = installation.steps()
                for submission_id in order["ids"]:
                    steps.accept(submission_id, actor="cán bộ", reason="đã đối chiếu")
                carry(installation, order["ids"])
            case _:
                ids = []
                for path, client_key in order["paths"]:
                    (handed,) = hand_in(installation, [Path(path)], client_key=client_key, received=lambda: None)
                    if handed.error is not None:
                        acknowledge(order["acks"], {"path": path, "error": handed.error.code})
                    if handed.submission is not None:
                        acknowledge(order["acks"], {"path": path, "id": handed.submission.id, "again": handed.again})
                        ids.append(handed.submission.id)
                if order["do"] == "submit":
                    problems = carry(installation, ids)
                    for submission_id, error in problems.items():
                        acknowledge(order["acks"], {"problem": submission_id, "error": error.code})


def acknowledge(file: str, what: dict[str, Any]) -> None:
    """Told to the world once receiving has returned; durable before anything else happens."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, json.dumps(what).encode() + b"\n")
    os.fsync(descriptor)
    os.close(descriptor)


if __name__ == "__main__":
    main()
