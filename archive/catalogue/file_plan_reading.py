"""Questions about agencies, fonds and danh mục hồ sơ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from archive.catalogue.file_reading import agency_codes
from archive.catalogue.file_rows import period_of
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.retention_tables import agencies, file_plan_lines, file_plans, fonds
from archive.catalogue.rows import AnyRow
from archive.file_plan.plan import FilePlan, PlanLine, PlanState
from archive.retention.errors import PlanMissingError

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency under the code it is listed by; ``alias_code``: its code of the other syntax."""

    code: str
    alias_code: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Fonds:
    """Phông lưu trữ of an agency."""

    code: str
    agency_code: str
    name: str
    history: str


def agency(view: LedgerReading, code: str) -> Agency | None:
    """By either of its codes."""
    row = view.rows(select(agencies).where(agencies.c.code == agency_codes(view, code)[0])).first()
    return None if row is None else Agency(row.code, row.alias_code, row.name)


def all_agencies(view: LedgerReading) -> tuple[Agency, ...]:
    rows = view.rows(select(agencies).order_by(agencies.c.code))
    return tuple(Agency(row.code, row.alias_code, row.name) for row in rows)


def fonds_coded(view: LedgerReading, code: str) -> Fonds | None:
    row = view.rows(select(fonds).where(fonds.c.code == code)).first()
    return None if row is None else Fonds(row.code, row.agency_code, row.name, row.history)


def fonds_of(view: LedgerReading, agency_code: str) -> tuple[Fonds, ...]:
    """The phông of an agency, by code."""
    c = fonds.c
    rows = view.rows(select(fonds).where(c.agency_code.in_(agency_codes(view, agency_code))).order_by(c.code))
    return tuple(Fonds(row.code, row.agency_code, row.name, row.history) for row in rows)


def fonds_listed(
    view: LedgerReading, agency_code: str = "", *, after: str = "", limit: int = PAGE
) -> tuple[Fonds, ...]:
    """Every phông ("" for those of all agencies) by code, from behind the code ``after`` on."""
    c = fonds.c
    query = select(fonds).where(c.code > after).order_by(c.code).limit(limit)
    if agency_code:
        query = query.where(c.agency_code.in_(agency_codes(view, agency_code)))
    return tuple(Fonds(row.code, row.agency_code, row.name, row.history) for row in view.rows(query))


def plan(view: LedgerReading, plan_id: str) -> FilePlan:
    """Raises PlanMissingError."""
    row = view.rows(select(file_plans).where(file_plans.c.id == plan_id)).first()
    if row is None:
        raise PlanMissingError("Không có danh mục hồ sơ này.", detail=plan_id)
    return _plan(row)


def plans_of(view: LedgerReading, agency_code: str, year: int | None = None) -> tuple[FilePlan, ...]:
    """Every version of the plans of an agency (of one year), by year and version."""
    c = file_plans.c
    query = select(file_plans).where(c.agency_code.in_(agency_codes(view, agency_code)))
    if year is not None:
        query = query.where(c.year == year)
    return tuple(map(_plan, view.rows(query.order_by(c.year, c.version, c.id))))


def plans_listed(
    view: LedgerReading, agency_code: str = "", year: int | None = None, limit: int = PAGE
) -> tuple[FilePlan, ...]:
    """Every version of every agency ("" for all), by agency, year and version."""
    c = file_plans.c
    query = select(file_plans).order_by(c.agency_code, c.year, c.version).limit(limit)
    if agency_code:
        query = query.where(c.agency_code.in_(agency_codes(view, agency_code)))
    if year is not None:
        query = query.where(c.year == year)
    return tuple(map(_plan, view.rows(query)))


def approved_plan(view: LedgerReading, agency_code: str, year: int) -> FilePlan | None:
    """The one that stands for a year."""
    return next((item for item in plans_of(view, agency_code, year) if item.state is PlanState.APPROVED), None)


def plan_lines_of(view: LedgerReading, plan_id: str) -> Iterator[PlanLine]:
    """The lines of a plan in order; flat memory."""
    return plan_lines_after(view, plan_id, 0)


def plan_lines_after(view: LedgerReading, plan_id: str, after: int) -> Iterator[PlanLine]:
    """The same from behind the line ``after`` on."""
    c = file_plan_lines.c
    query = select(file_plan_lines).where(c.plan_id == plan_id).order_by(c.ordinal).limit(PAGE)
    while page := view.rows(query.where(c.ordinal > after)).all():
        yield from map(_line, page)
        after = page[-1].ordinal


def plan_line(view: LedgerReading, plan_id: str, ordinal: int) -> PlanLine:
    """Raises PlanMissingError."""
    c = file_plan_lines.c
    row = view.rows(select(file_plan_lines).where(c.plan_id == plan_id, c.ordinal == ordinal)).first()
    if row is None:
        raise PlanMissingError("Danh mục hồ sơ không có dòng này.", detail=f"{plan_id} {ordinal}")
    return _line(row)


def planned_line(
    view: LedgerReading, agency_code: str, year: int | None, notation: str
) -> tuple[FilePlan, PlanLine] | None:
    """The line of the standing plan that a hồ sơ of this year and notation is made by."""
    standing = approved_plan(view, agency_code, year) if year is not None and notation else None
    if standing is None:
        return None
    c = file_plan_lines.c
    row = view.rows(select(file_plan_lines).where(c.plan_id == standing.id, c.notation == notation)).first()
    return None if row is None else (standing, _line(row))


def _plan(row: AnyRow) -> FilePlan:
    return FilePlan(
        id=row.id,
        agency_code=row.agency_code,
        year=row.year,
        version=row.version,
        state=PlanState(row.state),
        basis=row.basis,
        reason=row.reason,
        sha256=row.sha256,
        imported_at=row.imported_at,
        imported_by=row.imported_by,
        approved_at=row.approved_at,
        approved_by=row.approved_by,
    )


def _line(row: AnyRow) -> PlanLine:
    return PlanLine(row.ordinal, row.heading, row.notation, row.title, period_of(row), row.maker, row.note)
