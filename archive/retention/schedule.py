"""Retention schedules (bảng thời hạn bảo quản): versioned rows with their legal basis, and what an agency's own may say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from typing import Any

from archive.canonical import canonical_sha256
from archive.retention.period import Period, PeriodKind, shorter_than
from archive.retention.stated_period import listed_period, period_text
from schemas.fields import folded
from schemas.retention_schedules import bundled_schedules


class ScheduleKind(StrEnum):
    """Chung, ngành (by a minister), riêng của một cơ quan."""

    COMMON = "common"
    SECTOR = "sector"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One nhóm hồ sơ, tài liệu. ``based_on``: the row of the common schedule it stands for, in an agency's own.

    ``verified``: False where nobody has compared the row with the published text.
    """

    code: str
    title: str
    period: Period
    group: str = ""
    verified: bool = True
    based_on: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "group": self.group,
            "title": self.title,
            "period": period_text(self.period),
            "verified": self.verified,
            "based_on": self.based_on,
        }


@dataclass(frozen=True)
class Schedule:
    """One version of one schedule. ``agency_code``: whose own it is; empty for the others."""

    id: str
    version: str
    kind: ScheduleKind
    title: str
    basis: str
    effective_from: date
    effective_to: date | None = None
    agency_code: str = ""
    rows: tuple[ScheduleRow, ...] = field(default=(), repr=False)

    @cached_property
    def by_code(self) -> Mapping[str, ScheduleRow]:
        return {row.code: row for row in self.rows}

    @cached_property
    def sha256(self) -> str:
        return canonical_sha256(self.as_json())

    def as_json(self) -> dict[str, Any]:
        """Everything it says: ``read_schedule`` gives it back."""
        return {
            "id": self.id,
            "version": self.version,
            "kind": self.kind.value,
            "title": self.title,
            "basis": self.basis,
            "effective_from": self.effective_from.isoformat(),
            "effective_to": self.effective_to.isoformat() if self.effective_to else None,
            "agency_code": self.agency_code,
            "rows": [row.as_json() for row in self.rows],
        }

    def in_force(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


@dataclass(frozen=True, slots=True)
class ShorterRow:
    """A row of an agency's own schedule that is over before the common row it stands for."""

    row: ScheduleRow
    common: ScheduleRow


def read_schedule(said: Mapping[str, Any]) -> Schedule:
    """The schedule that ``said`` states (a TOML table, or ``as_json``). Raises ValueError for what is none."""
    rows = tuple(
        ScheduleRow(
            code=str(row["code"]),
            title=str(row["title"]),
            period=listed_period(row["period"]),
            group=str(row.get("group", "")),
            verified=bool(row["verified"]),
            based_on=str(row.get("based_on", "")),
        )
        for row in said["rows"]
    )
    codes = [row.code for row in rows]
    if len(set(codes)) != len(codes):
        raise ValueError(f"{said['id']}: two rows of one code")
    until = said.get("effective_to")
    return Schedule(
        id=said["id"],
        version=said["version"],
        kind=ScheduleKind(said["kind"]),
        title=said["title"],
        basis=said["basis"],
        effective_from=date.fromisoformat(said["effective_from"]),
        effective_to=date.fromisoformat(until) if until else None,
        agency_code=said.get("agency_code", ""),
        rows=rows,
    )


@cache
def common_schedules() -> Mapping[str, Schedule]:
    """The common schedules that come with the program, by id."""
    return {name: read_schedule(said) for name, said in bundled_schedules().items()}


def common_schedule_on(day: date) -> Schedule:
    """The common schedule in force on a day; before the first one, the first."""
    known = sorted(common_schedules().values(), key=lambda item: item.effective_from)
    return next((item for item in reversed(known) if item.in_force(day)), known[0])


def changed_rows(before: Schedule, after: Schedule) -> tuple[str, ...]:
    """The codes of rows of ``before`` that ``after`` lacks, or gives another period."""
    return tuple(
        row.code for row in before.rows if row.code not in after.by_code or after.by_code[row.code].period != row.period
    )


def shorter_rows(own: Schedule, common: Iterable[Schedule]) -> tuple[ShorterRow, ...]:
    """Every row of an agency's own schedule that may be over before the common row it stands for.

    It stands for the row it names (``based_on``), or else for the one of the same name. What has no counterpart is held
    by a person against an analogous row.
    """
    schedules = tuple(common)
    named = {f"{item.id}:{row.code}": row for item in schedules for row in item.rows}
    titled = {folded(row.title): row for item in schedules for row in item.rows}
    found = []
    for row in own.rows:
        counterpart = named.get(row.based_on) or titled.get(folded(row.title))
        if counterpart is not None and shorter_than(row.period, counterpart.period):
            found.append(ShorterRow(row, counterpart))
    return tuple(found)


def undetermined_rows(schedule: Schedule) -> tuple[ScheduleRow, ...]:
    """Rows whose period cannot be counted."""
    return tuple(row for row in schedule.rows if row.period.kind is PeriodKind.UNDETERMINED)
