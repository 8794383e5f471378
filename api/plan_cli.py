"""``luutru plan``: danh mục hồ sơ of agencies, from the sheet to the hồ sơ it foresees; and the agencies themselves."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from api.acting import Home, Json, acting, archive_here
from api.bootstrap import now
from api.files_cli import file_json
from api.listed_rows import rows_of_file
from api.output import columns, facts, plain, print_json, say
from api.usage import Command, Group
from archive.access import Operation
from archive.file_plan.plan import FilePlan, PlanState
from archive.local_time import VIETNAM, local_text
from archive.retention.stated_period import period_text

plan_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

STATES = {PlanState.DRAFT: "dự thảo", PlanState.APPROVED: "đã phê duyệt", PlanState.SUPERSEDED: "đã được thay"}
PlanId = Annotated[str, typer.Argument(metavar="DANHMỤC", help="Mã của danh mục.")]
Basis = Annotated[str, typer.Option(help="Số, ngày quyết định ban hành.")]


@plan_commands.command("list", cls=Command)
def list_them(
    agency: Annotated[str, typer.Option("--agency", help="Chỉ của cơ quan này.")] = "",
    year: Annotated[int | None, typer.Option(help="Chỉ của năm này.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Các danh mục hồ sơ và mọi phiên bản."""
    from archive.catalogue.file_plan_reading import plans_listed

    with archive_here(home) as installation, installation.catalogue.read() as view:
        found = plans_listed(view, agency, year)
    if as_json:
        for plan in found:
            print_json(_plan_json(plan))
        return
    if not found:
        say("Không có danh mục nào.")
        return
    rows = [
        (plain(item.agency_code), str(item.year), str(item.version), STATES[item.state], plain(item.id))
        for item in found
    ]
    columns(("Cơ quan", "Năm", "Phiên bản", "Tình trạng", "Mã"), rows)


@plan_commands.command("show", cls=Command)
def show(plan_id: PlanId, home: Home = None, as_json: Json = False) -> None:
    """Một danh mục hồ sơ và các dòng của nó."""
    from api.http.file_views import PlanLineView
    from archive.catalogue.file_plan_reading import plan, plan_lines_of

    with archive_here(home) as installation, installation.catalogue.read() as view:
        found, lines = plan(view, plan_id), list(plan_lines_of(view, plan_id))
    if as_json:
        print_json(_plan_json(found))
        for line in lines:
            print_json(PlanLineView.of(line).model_dump(mode="json"))
        return
    _facts(found)
    rows = [
        (str(line.ordinal), plain(line.notation), plain(period_text(line.period)), plain(line.title)) for line in lines
    ]
    columns(("Số", "Ký hiệu", "Thời hạn", "Tiêu đề"), rows)


@plan_commands.command("import", cls=Command)
def import_one(
    path: Annotated[
        Path, typer.Argument(metavar="TỆP", help="Danh mục theo mẫu Phụ lục V NĐ 30/2020: .xlsx hoặc .csv.")
    ],
    agency: Annotated[str, typer.Option("--agency", help="Mã cơ quan.")],
    year: Annotated[int, typer.Option(help="Năm của danh mục.")],
    basis: Basis = "",
    reason: Annotated[str, typer.Option(help="Lý do sửa đổi, khi danh mục năm ấy đã được phê duyệt.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Nhập danh mục hồ sơ thành bản dự thảo; còn lỗi thì nêu mọi dòng và không ghi gì."""
    from archive.catalogue.file_plan_writing import import_plan
    from archive.file_plan.plan_list import plan_lines

    lines = plan_lines(rows_of_file(path))
    with archive_here(home) as installation:
        by = acting(installation, Operation.PLAN_IMPORT)
        with installation.catalogue.transaction() as tx:
            made = import_plan(
                tx,
                str(uuid.uuid4()),
                agency_code=agency,
                year=year,
                lines=lines,
                basis=basis,
                reason=reason,
                by=by,
                at=now(),
            )
    if as_json:
        print_json({**_plan_json(made), "lines": len(lines)})
    else:
        say(f"Đã nhập dự thảo danh mục {plain(made.agency_code)} năm {made.year}: {len(lines)} hồ sơ. Mã: {made.id}")


@plan_commands.command("approve", cls=Command)
def approve(plan_id: PlanId, basis: Basis = "", home: Home = None, as_json: Json = False) -> None:
    """Phê duyệt danh mục đúng như đã nhập; phiên bản trước được thay."""
    from archive.catalogue.file_plan_writing import approve_plan

    with archive_here(home) as installation:
        by = acting(installation, Operation.PLAN_APPROVE)
        with installation.catalogue.transaction() as tx:
            approved = approve_plan(tx, plan_id, basis=basis, by=by, at=now())
    if as_json:
        print_json(_plan_json(approved))
    else:
        say(f"Đã phê duyệt danh mục {plain(approved.agency_code)} năm {approved.year}, phiên bản {approved.version}.")


@plan_commands.command("open", cls=Command)
def open_line(
    plan_id: PlanId,
    number: Annotated[int, typer.Argument(metavar="SỐ", help="Số thứ tự dòng.")],
    code: Annotated[str, typer.Option(help="Mã hồ sơ như cơ quan sẽ nộp; mặc định theo NĐ 30/2020.")] = "",
    fonds: Annotated[str, typer.Option(help="Mã phông.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Mở hồ sơ theo một dòng của danh mục đã phê duyệt."""
    from archive.catalogue.file_plan_writing import open_planned
    from archive.catalogue.file_reading import require_file
    from schemas.rule_profiles import profile_on

    at = now()
    with archive_here(home) as installation:
        by = acting(installation, Operation.FILE_KEEP)
        with installation.catalogue.transaction() as tx:
            opened = open_planned(
                tx,
                plan_id,
                number,
                file_id=str(uuid.uuid4()),
                profile=profile_on(at.astimezone(VIETNAM).date()).name,
                file_code=code,
                fonds_code=fonds,
                by=by,
                at=at,
            )
            held = require_file(tx, opened.id)
    if as_json:
        print_json(file_json(held))
    else:
        say(f"Đã mở hồ sơ {plain(held.file_code)}: {plain(period_text(held.period))}.")


@plan_commands.command("agency", cls=Command)
def agency_record(
    code: Annotated[str, typer.Argument(metavar="MÃ", help="Mã dùng để liệt kê cơ quan.")],
    name: Annotated[str, typer.Option(help="Tên cơ quan.")],
    alias: Annotated[str | None, typer.Option(help="Mã theo cú pháp kia.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Ghi một cơ quan với hai mã của nó."""
    from archive.catalogue.file_plan_writing import record_agency

    with archive_here(home) as installation:
        by = acting(installation, Operation.FILE_KEEP)
        with installation.catalogue.transaction() as tx:
            recorded = record_agency(tx, code, name=name, alias_code=alias, by=by, at=now())
    if as_json:
        print_json({"code": recorded.code, "alias_code": recorded.alias_code, "name": recorded.name})
    else:
        say(f"Đã ghi cơ quan {plain(recorded.name)} ({plain(recorded.code)}).")


def _plan_json(plan: FilePlan) -> dict[str, Any]:
    from api.http.file_views import PlanView

    return PlanView.of(plan).model_dump(mode="json")


def _facts(plan: FilePlan) -> None:
    facts(
        [
            ("Cơ quan", plan.agency_code),
            ("Năm", plan.year),
            ("Phiên bản", plan.version),
            ("Tình trạng", STATES[plan.state]),
            ("Quyết định", plan.basis),
            ("Lý do sửa đổi", plan.reason),
            ("SHA-256", plan.sha256),
            ("Phê duyệt lúc", local_text(plan.approved_at) if plan.approved_at else ""),
        ]
    )
