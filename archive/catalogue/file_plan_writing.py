"""Changes to agencies, fonds and danh mục hồ sơ: each with its ledger record; an approved danh mục is only amended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update

from archive.access import Author
from archive.agency_code import agency_code_syntax
from archive.catalogue import file_writing
from archive.catalogue.file_plan_reading import (
    Agency,
    Fonds,
    agency,
    approved_plan,
    fonds_coded,
    plan,
    plan_line,
    plan_lines_of,
    plans_of,
)
from archive.catalogue.file_reading import agency_codes
from archive.catalogue.file_rows import period_row
from archive.catalogue.pieces import pieces
from archive.catalogue.retention_authority import require_head, require_keeper, require_plan_author
from archive.catalogue.retention_tables import agencies, file_plan_lines, file_plans, fonds
from archive.catalogue.writing import Transaction
from archive.events import Event
from archive.file_plan.plan import FilePlan, PlanLine, PlanState, lines_sha256, planned_file_code
from archive.kept_text import LONGEST_FILE_CODE
from archive.local_time import VIETNAM
from archive.retention.errors import AgencyRefusedError, PlanRefusedError
from archive.retention.file import File, NewFile
from schemas.rule_profiles import profile_named

LONGEST_FONDS_CODE = 64
YEARS = range(1900, 2200)
_LINES_AT_ONCE = 500


def record_agency(
    tx: Transaction, code: str, *, name: str, alias_code: str | None = None, by: Author, at: datetime
) -> Agency:
    """The agency under ``code``, with its code of the other syntax; the same again writes nothing.

    Raises AuthorityMissingError, AgencyRefusedError for what is no code, for two of one syntax, and for one that is
    another agency's.
    """
    require_keeper(tx, by)
    syntaxes = {agency_code_syntax(item) for item in (code, alias_code) if item is not None}
    if None in syntaxes or len(syntaxes) != (1 if alias_code is None else 2) or not name.strip():
        raise AgencyRefusedError(
            "Mã cơ quan không hợp lệ, hai mã cùng một cú pháp, hoặc thiếu tên.",
            remedy="Mã 13 ký tự dạng 000.00.01.H54 và mã dạng H49.64.33 là hai mã của cùng một cơ quan.",
            detail=f"{code} {alias_code}",
        )
    c = agencies.c
    asked = [item for item in (code, alias_code) if item is not None]
    others = tx.rows(select(c.code).where(or_(c.code.in_(asked), c.alias_code.in_(asked)), c.code != code)).first()
    if others is not None:
        raise AgencyRefusedError("Mã này đã thuộc một cơ quan khác.", detail=f"{asked}: {others.code}")
    wanted = Agency(code, alias_code, " ".join(name.split()))
    if agency(tx, code) == wanted:
        return wanted
    tx._put(agencies, {"code": code}, {"alias_code": alias_code, "name": wanted.name, "changed_at": at})
    tx.append(Event.AGENCY_RECORD_CHANGED, f"agency:{code}", actor=by.actor, at=at, data={"alias_code": alias_code})
    return wanted


def record_fonds(
    tx: Transaction, code: str, *, agency_code: str, name: str, history: str = "", by: Author, at: datetime
) -> Fonds:
    """The phông under ``code``; the same again writes nothing. Raises AuthorityMissingError, AgencyRefusedError."""
    require_keeper(tx, by)
    if not 0 < len(code) <= LONGEST_FONDS_CODE or "\0" in code + name + history or not name.strip():
        raise AgencyRefusedError(
            "Mã phông hoặc tên phông không hợp lệ.", remedy="Ghi mã và tên phông.", detail=code[:80]
        )
    owner = agency(tx, agency_code)
    standing = fonds_coded(tx, code)
    if owner is None or (standing is not None and standing.agency_code != owner.code):
        raise AgencyRefusedError(
            "Chưa có cơ quan này, hoặc phông thuộc cơ quan khác.", remedy="Ghi cơ quan trước.", detail=agency_code
        )
    wanted = Fonds(code, owner.code, " ".join(name.split()), history.strip())
    if standing == wanted:
        return wanted
    values = {"agency_code": owner.code, "name": wanted.name, "history": wanted.history, "changed_at": at}
    tx._put(fonds, {"code": code}, values)
    tx.append(Event.FONDS_RECORD_CHANGED, f"fonds:{code}", actor=by.actor, at=at, data={"agency_code": owner.code})
    return wanted


def import_plan(
    tx: Transaction,
    plan_id: str,
    *,
    agency_code: str,
    year: int,
    lines: Sequence[PlanLine],
    basis: str = "",
    reason: str = "",
    by: Author,
    at: datetime,
) -> FilePlan:
    """A draft of the agency's plan for the year; the draft there was is replaced, the approved one is not touched.

    Where a plan is approved already this amends it: ``reason`` says why, and it gets the next version. Raises
    AuthorityMissingError, PlanRefusedError.
    """
    author = require_plan_author(tx, by, agency_codes(tx, agency_code))
    if not lines or agency_code_syntax(agency_code) is None or year not in YEARS:
        raise PlanRefusedError(
            "Danh mục hồ sơ phải có cơ quan, năm và ít nhất một hồ sơ.", detail=f"{agency_code} {year}"
        )
    versions = plans_of(tx, agency_code, year)
    words = " ".join(reason.split())
    if any(item.state is PlanState.APPROVED for item in versions) and not words:
        raise PlanRefusedError(
            f"Danh mục hồ sơ năm {year} đã được phê duyệt; chỉ được sửa đổi kèm lý do.", remedy="Nêu lý do sửa đổi."
        )
    for draft in (item for item in versions if item.state is PlanState.DRAFT):
        tx.rows(delete(file_plan_lines).where(file_plan_lines.c.plan_id == draft.id))
        tx.rows(delete(file_plans).where(file_plans.c.id == draft.id))
    version = 1 + max((item.version for item in versions if item.state is not PlanState.DRAFT), default=0)
    digest = lines_sha256(lines)
    tx.rows(
        insert(file_plans).values(
            id=plan_id,
            agency_code=agency_code,
            year=year,
            version=version,
            state=PlanState.DRAFT.value,
            basis=basis.strip(),
            reason=words,
            sha256=digest,
            imported_at=at,
            imported_by=author,
        )
    )
    for some in pieces(lines, _LINES_AT_ONCE):
        tx.rows(insert(file_plan_lines), [_line_row(plan_id, line) for line in some])
    data = {"agency_code": agency_code, "year": year, "version": version, "lines": len(lines), "sha256": digest}
    tx.append(Event.FILE_PLAN_IMPORTED, plan_id, actor=by.actor, at=at, data=data)
    return plan(tx, plan_id)


def approve_plan(tx: Transaction, plan_id: str, *, basis: str = "", by: Author, at: datetime) -> FilePlan:
    """The plan stands from now on in place of the version before; approved already, nothing is written.

    ``basis``: the decision it is issued by. Raises AuthorityMissingError, PlanMissingError, PlanRefusedError for a
    version that was superseded, and for lines that are not those that were imported.
    """
    head = require_head(tx, by)
    draft = plan(tx, plan_id)
    if draft.state is PlanState.APPROVED:
        return draft
    if draft.state is PlanState.SUPERSEDED or lines_sha256(tuple(plan_lines_of(tx, plan_id))) != draft.sha256:
        raise PlanRefusedError(
            "Phiên bản danh mục này không phê duyệt được.", remedy="Nhập lại danh mục.", detail=plan_id
        )
    before = approved_plan(tx, draft.agency_code, draft.year)
    c = file_plans.c
    if before is not None:
        tx.rows(update(file_plans).where(c.id == before.id).values(state=PlanState.SUPERSEDED.value))
    change = {"state": PlanState.APPROVED.value, "approved_at": at, "approved_by": head}
    tx.rows(update(file_plans).where(c.id == plan_id).values(**change, basis=basis.strip() or draft.basis))
    data = {"version": draft.version, "sha256": draft.sha256, "supersedes": before.id if before else None}
    tx.append(Event.FILE_PLAN_APPROVED, plan_id, actor=by.actor, at=at, data=data)
    return plan(tx, plan_id)


def open_planned(
    tx: Transaction,
    plan_id: str,
    ordinal: int,
    *,
    file_id: str,
    profile: str,
    file_code: str = "",
    fonds_code: str = "",
    by: Author,
    at: datetime,
) -> File:
    """The hồ sơ that a line of an approved plan foresees; the one that stands under its code when there is one.

    ``file_code``: as the agency will hand it in; else as NĐ 30/2020 composes it. Raises AuthorityMissingError,
    PlanMissingError, PlanRefusedError for a plan that is not approved.
    """
    require_keeper(tx, by)
    standing, line = plan(tx, plan_id), plan_line(tx, plan_id, ordinal)
    if standing.state is not PlanState.APPROVED:
        raise PlanRefusedError("Danh mục hồ sơ chưa được phê duyệt.", remedy="Trình người có thẩm quyền phê duyệt.")
    code = file_code or planned_file_code(standing.agency_code, standing.year, line.notation)
    if len(code) > LONGEST_FILE_CODE:
        raise PlanRefusedError(f"Mã hồ sơ dài hơn {LONGEST_FILE_CODE} ký tự.", detail=f"{plan_id} {ordinal}")
    new = NewFile(
        id=file_id,
        agency_code=standing.agency_code,
        file_code=code,
        title=line.title,
        profile=profile,
        profile_version=profile_named(profile).version,
        fonds_code=fonds_code,
        opened_on=at.astimezone(VIETNAM).date(),
        period=line.period,
        period_basis=f"Danh mục hồ sơ năm {standing.year}, số {line.notation}",
        plan_id=plan_id,
        plan_ordinal=ordinal,
    )
    return file_writing.open_file(tx, new, actor=by.actor, at=at)


def _line_row(plan_id: str, line: PlanLine) -> dict[str, object]:
    return {
        "plan_id": plan_id,
        "ordinal": line.ordinal,
        "heading": line.heading,
        "notation": line.notation,
        "title": line.title,
        **period_row(line.period),
        "maker": line.maker,
        "note": line.note,
    }
