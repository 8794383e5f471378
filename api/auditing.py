"""Audits as the installation is set: which store is due, several side by side, their reports into every store."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api.audit_report import audit_pdf
from api.bootstrap import Installation, now
from api.scratch import scratch_of
from archive.audit import AuditRun, Depth, Means, Place, RunState, Scope, audit_store, hand_over
from archive.audit.beginning import cycle_due
from archive.audit.report import coverage_json, keep_file, overdue_json, waiting
from archive.catalogue.audit_reading import coverage, due_share, last_runs, overdue, red_copies, run, running
from archive.catalogue.catalogue import Catalogue
from archive.errors import LuutruError, StoreError
from archive.ledger import written_instant
from archive.storage.key import Key
from archive.storage.store import Store
from archive.storage_policy import AuditPolicy, StorePolicy

RED_AGAIN = timedelta(days=1)
"""How long a copy that is not right is left before it is read again outside of its cycle."""

_log = logging.getLogger(__name__)


class RunMissingError(LuutruError):
    """No audit has this id, or its report is in no store that answers."""

    code = "audit.missing"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be audited and how."""

    scope: Scope = Scope.ALL
    depth: Depth = Depth.FULL
    anew: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Audited:
    """What became of one store: the run as it stands, or what kept it from being."""

    store: str
    run: AuditRun | None
    error: LuutruError | None = None


def folder_of(installation: Installation) -> Path:
    """Where reports wait for the stores, and the reading of large packages is noted."""
    return installation.settings.home / "audit"


def terms_of(installation: Installation, store: str) -> AuditPolicy:
    known = installation.policy.store(store)
    return known.audit if known is not None else AuditPolicy()


def audit_all(
    installation: Installation,
    asked: Sequence[tuple[Store, Asked]],
    *,
    actor: str,
    stopping: Callable[[Store], bool],
    progress: Callable[[int], None] | None = None,
) -> Iterator[Audited]:
    """Each store audited as asked; stores on different devices side by side, those on one after another.

    Yields each as it ends; reports have gone to the stores that answer by then.
    """
    ended = threading.Event()

    def stops(store: Store) -> Callable[[], bool]:
        return lambda: ended.is_set() or stopping(store)

    def one_after_another(some: Sequence[tuple[Store, Asked]]) -> list[Audited]:
        return [_audited(installation, store, how, actor, stops(store), progress) for store, how in some]

    groups = _by_device(asked)
    with ThreadPoolExecutor(max(1, len(groups)), thread_name_prefix="audit") as pool:
        try:
            for done in as_completed([pool.submit(one_after_another, group) for group in groups]):
                yield from done.result()
        finally:
            ended.set()
    try:
        file_reports(installation)
    except (LuutruError, OSError) as error:
        # They wait at home and go with the next time; what was found is told all the same.
        _log.warning("audit reports wait: %s", error)


def due_now(installation: Installation, at: datetime) -> list[tuple[Store, Asked]]:
    """Which stores are to be audited at ``at``, inside their windows: unfinished runs, cycles the interval asks for,
    and copies that are not right and were not looked at for a day.
    """
    found = []
    for store in installation.stores:
        terms = terms_of(installation, store.name)
        if terms.window is not None and not terms.window.contains(at):
            continue
        how = _due(installation.catalogue, store.name, terms, at)
        if how is not None:
            found.append((store, how))
    return found


def outside_window(installation: Installation, store: Store) -> bool:
    window = terms_of(installation, store.name).window
    return window is not None and not window.contains(now())


def file_reports(installation: Installation) -> None:
    """The reports of completed runs, as JSON and as a page, into every store; those that are away get theirs later."""
    folder = folder_of(installation)
    for path in waiting(folder, installation.catalogue):
        page = path.with_suffix(".pdf")
        try:
            if not page.exists():
                keep_file(page, audit_pdf(installation.settings.archive_name, json.loads(path.read_bytes())))
        except FileNotFoundError:
            continue  # another process has handed it over meanwhile
        refusing = hand_over(folder, path.stem, installation.stores)
        if refusing:
            _log.warning("audit report %s waits for %s", path.stem, ", ".join(refusing))


def report_of(installation: Installation, run_id: str, suffix: str) -> bytes:
    """The report as it lies at home or in the first store that has it. Raises RunMissingError."""
    with installation.catalogue.read() as view:
        known = run(view, run_id)
    if known is not None:
        with suppress(FileNotFoundError):
            return (folder_of(installation) / f"{known.id}{suffix}").read_bytes()
        for store in installation.stores:
            with suppress(StoreError):
                return b"".join(store.read(Key(f"audit/{known.id}{suffix}")))
    raise RunMissingError(
        "Không có biên bản của đợt kiểm tra mang mã này.",
        remedy="Xem mã các đợt: «luutru audit --status»; đợt chưa xong thì chưa có biên bản.",
        detail=run_id,
    )


def status_of(installation: Installation, store: Store, at: datetime, *, runs: int = 5) -> dict[str, Any]:
    """The coverage clock of one store, what is overdue, the last runs and the one under way."""
    terms = terms_of(installation, store.name)
    with installation.catalogue.read() as view:
        under_way = running(view, store.name)
        return {
            "store": store.name,
            "interval_days": terms.interval_days,
            "window": str(terms.window) if terms.window else None,
            "read_rate_mib": terms.read_rate_mib,
            "coverage": coverage_json(coverage(view, store.name, at)),
            "overdue": overdue_json(overdue(view, store.name, at, timedelta(days=terms.interval_days))),
            "running": run_json(under_way, _left(installation.catalogue, under_way)) if under_way else None,
            "runs": [run_json(item) for item in last_runs(view, store.name, runs) if item.state is RunState.COMPLETED],
        }


def audited_json(installation: Installation, audited: Audited, at: datetime) -> dict[str, Any]:
    """What ``luutru audit --json`` says of one store."""
    if audited.run is None:
        error = audited.error
        return {"store": audited.store, "error": error.code if error else "", "message": error.message if error else ""}
    terms = terms_of(installation, audited.store)
    with installation.catalogue.read() as view:
        covered = coverage_json(coverage(view, audited.store, at))
        late = overdue_json(overdue(view, audited.store, at, timedelta(days=terms.interval_days)))
    told = run_json(audited.run, _left(installation.catalogue, audited.run))
    return {"store": audited.store, **told, "coverage": covered, "overdue": late}


def run_json(made: AuditRun, left: int = 0) -> dict[str, Any]:
    """``left``: copies it has still to read, which are «not-run» until it has."""
    counts = dict(made.counts) | ({"not-run": left} if left else {})
    return {
        "run": made.id,
        "scope": made.scope.value,
        "depth": made.depth.value,
        "checker": made.actor,
        "state": made.state.value,
        "verdict": made.verdict.value if made.verdict else None,
        "begun_at": written_instant(made.begun_at),
        "ended_at": written_instant(made.ended_at) if made.ended_at else None,
        "counts": counts,
        "bytes_read": made.bytes_read,
        "reading_seconds": made.reading_seconds,
        "report_sha256": made.report_sha256,
        "trouble": made.trouble,
    }


def _audited(
    installation: Installation,
    store: Store,
    asked: Asked,
    actor: str,
    stopping: Callable[[], bool],
    progress: Callable[[int], None] | None,
) -> Audited:
    if stopping():
        return Audited(store.name, None)
    try:
        made = audit_store(
            installation.catalogue,
            store,
            terms_of(installation, store.name),
            Means(
                folder_of(installation),
                now,
                actor,
                scratch=scratch_of(installation.settings.home),
                keys=installation.opening_keys,
            ),
            scope=asked.scope,
            depth=asked.depth,
            anew=asked.anew,
            limit=asked.limit,
            place=_place(installation.policy.store(store.name), store),
            stopping=stopping,
            progress=progress,
        )
    except LuutruError as error:
        _log.warning("audit of %s: %s %s", store.name, error.message, error.detail)
        return Audited(store.name, None, error)
    return Audited(store.name, made)


def _due(catalogue: Catalogue, store: str, terms: AuditPolicy, at: datetime) -> Asked | None:
    with catalogue.read() as view:
        unfinished = running(view, store)
        if unfinished is not None:
            return Asked(unfinished.scope, unfinished.depth)
        if cycle_due(view, store, timedelta(days=terms.interval_days), at):
            return Asked(Scope.DUE, _depth(last_runs(view, store, 4 * max(1, terms.deep_every)), terms.deep_every))
        if any(due.seen_at < at - RED_AGAIN for due in red_copies(view, store)):
            return Asked(Scope.RED)
    return None


def _depth(before: Sequence[AuditRun], deep_every: int) -> Depth:
    """Deep when the ``deep_every`` - 1 cycles before were not."""
    cycles = [made for made in before if made.scope is not Scope.RED and made.state is RunState.COMPLETED]
    lately = cycles[: max(0, deep_every - 1)]
    enough = len(lately) == deep_every - 1
    return Depth.DEEP if deep_every and enough and all(made.depth is not Depth.DEEP for made in lately) else Depth.FULL


def _left(catalogue: Catalogue, made: AuditRun) -> int:
    if made.state is not RunState.RUNNING or made.scope is Scope.RED:
        return 0
    with catalogue.read() as view:
        return due_share(view, made.store, made.due_before).copies


def _place(known: StorePolicy | None, store: Store) -> Place:
    place = Place(known.location, known.medium) if known is not None else Place()
    with suppress(StoreError):
        place = replace(place, device=f"{socket.gethostname()}, {store.device()}")
    return place


def _by_device(asked: Sequence[tuple[Store, Asked]]) -> list[list[tuple[Store, Asked]]]:
    """One device reads no faster for two at once, and a disk that turns reads slower."""
    groups: dict[str, list[tuple[Store, Asked]]] = {}
    for store, how in asked:
        try:
            device = store.device()
        except StoreError:
            device = f"store:{store.name}"
        groups.setdefault(device, []).append((store, how))
    return list(groups.values())
