"""The log of backups (nhật ký sao lưu) and of drills: begun, ended, and for how long each is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, insert, select, update

from archive.catalogue.checkpoint_tables import backups, drills
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.writing import Transaction


class BackupKind(StrEnum):
    FULL = "full"
    INCREMENTAL = "incremental"


class RunState(StrEnum):
    """How a backup or a drill stands. A killed one stays RUNNING until the next begins, which calls it FAILED."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Backup:
    """One set. ``media``: for each medium its name, where it lies, and what came of it there."""

    name: str
    kind: BackupKind
    state: RunState
    begun_at: datetime
    ended_at: datetime | None = None
    removed_at: datetime | None = None
    after_seq: int = 0
    to_seq: int = 0
    checkpoint: int = 0
    hoso: int = 0
    documents: int = 0
    size_bytes: int = 0
    manifest_sha256: str | None = None
    media: Sequence[Mapping[str, Any]] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Drill:
    """One rehearsal of recovery from one store, and its report."""

    id: str
    store: str
    state: RunState
    begun_at: datetime
    ended_at: datetime | None = None
    checkpoint: int = 0
    packages: int = 0
    differences: int = 0
    report: Mapping[str, Any] | None = None


def backups_logged(view: LedgerReading, limit: int = 100) -> tuple[Backup, ...]:
    """The newest first."""
    return _backups(view, select(backups).order_by(backups.c.begun_at.desc(), backups.c.name.desc()).limit(limit))


def backups_kept(view: LedgerReading) -> tuple[Backup, ...]:
    """Those whose objects may still lie on media, the oldest first."""
    query = select(backups).where(backups.c.removed_at.is_(None))
    return _backups(view, query.order_by(backups.c.begun_at, backups.c.name))


def last_backup(view: LedgerReading, kind: BackupKind | None = None) -> Backup | None:
    """The newest completed one, of this kind when given."""
    query = select(backups).where(backups.c.state == RunState.COMPLETED.value)
    if kind is not None:
        query = query.where(backups.c.kind == kind.value)
    found = _backups(view, query.order_by(backups.c.begun_at.desc()).limit(1))
    return found[0] if found else None


def backup_named(view: LedgerReading, name: str) -> Backup | None:
    found = _backups(view, select(backups).where(backups.c.name == name))
    return found[0] if found else None


def medium_was_used(view: LedgerReading, name: str) -> bool:
    """Whether any set was ever whole on the medium of this name."""
    rows = view.rows(select(backups.c.media).where(backups.c.state == RunState.COMPLETED.value))
    return any(item.get("name") == name and item.get("ok") for (media,) in rows for item in media)


def begin_backup(tx: Transaction, backup: Backup) -> None:
    """It runs; whatever was running before was interrupted."""
    running = update(backups).where(backups.c.state == RunState.RUNNING.value)
    tx.rows(running.values(state=RunState.FAILED.value, ended_at=backup.begun_at, error="Bị ngắt giữa chừng."))
    tx.rows(insert(backups).values(_backup_row(backup)))


def end_backup(tx: Transaction, backup: Backup) -> None:
    row = _backup_row(backup)
    tx.rows(update(backups).where(backups.c.name == row.pop("name")).values(row))


def drills_logged(view: LedgerReading, limit: int = 100) -> tuple[Drill, ...]:
    """The newest first."""
    return _drills(view, select(drills).order_by(drills.c.begun_at.desc(), drills.c.id).limit(limit))


def last_drill_of(view: LedgerReading, store: str) -> Drill | None:
    query = select(drills).where(drills.c.store == store).order_by(drills.c.begun_at.desc()).limit(1)
    found = _drills(view, query)
    return found[0] if found else None


def begin_drill(tx: Transaction, drill: Drill) -> None:
    running = update(drills).where(drills.c.state == RunState.RUNNING.value)
    tx.rows(running.values(state=RunState.FAILED.value, ended_at=drill.begun_at))
    tx.rows(insert(drills).values(_drill_row(drill)))


def end_drill(tx: Transaction, drill: Drill) -> None:
    row = _drill_row(drill)
    tx.rows(update(drills).where(drills.c.id == row.pop("id")).values(row))


def _backups(view: LedgerReading, query: Select[Any]) -> tuple[Backup, ...]:
    return tuple(
        Backup(**{**row._mapping, "kind": BackupKind(row.kind), "state": RunState(row.state)})
        for row in view.rows(query)
    )


def _drills(view: LedgerReading, query: Select[Any]) -> tuple[Drill, ...]:
    return tuple(Drill(**{**row._mapping, "state": RunState(row.state)}) for row in view.rows(query))


def _backup_row(backup: Backup) -> dict[str, Any]:
    row = {name: getattr(backup, name) for name in Backup.__slots__}
    media = [dict(item) for item in backup.media]
    return row | {"kind": backup.kind.value, "state": backup.state.value, "media": media}


def _drill_row(drill: Drill) -> dict[str, Any]:
    row = {name: getattr(drill, name) for name in Drill.__slots__}
    return row | {"state": drill.state.value, "report": dict(drill.report or {})}
