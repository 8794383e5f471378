"""``luutru schedules``: retention schedules that are adopted, what they say, and adopting one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.acting import Home, Json, acting, archive_here
from api.bootstrap import now
from api.listed_rows import rows_of_file
from api.output import columns, plain, print_json, say
from api.usage import Command, Group
from archive.access import Operation
from archive.catalogue.schedule_reading import AdoptedSchedule
from archive.retention.errors import ScheduleMissingError
from archive.retention.schedule import ScheduleKind
from archive.retention.stated_period import period_text

schedule_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

KINDS = {ScheduleKind.COMMON: "chung", ScheduleKind.SECTOR: "ngành", ScheduleKind.AGENCY: "riêng"}


class _KindName(StrEnum):
    """The kinds that are imported."""

    SECTOR = "sector"
    AGENCY = "agency"


@schedule_commands.command("list", cls=Command)
def list_them(home: Home = None, as_json: Json = False) -> None:
    """Các bảng thời hạn bảo quản đã áp dụng, mọi phiên bản."""
    from archive.catalogue.schedule_reading import adopted_schedules

    with archive_here(home) as installation, installation.catalogue.read() as view:
        found = adopted_schedules(view)
    if as_json:
        for item in found:
            print_json(_json(item))
        return
    if not found:
        say("Chưa áp dụng bảng nào.")
        return
    rows = [
        (
            plain(item.schedule.id),
            plain(item.schedule.version),
            KINDS[item.schedule.kind],
            str(len(item.schedule.rows)),
            f"{item.schedule.effective_from:%d/%m/%Y}",
            plain(item.schedule.basis),
        )
        for item in found
    ]
    columns(("Bảng", "Phiên bản", "Loại", "Số dòng", "Hiệu lực", "Căn cứ"), rows)


@schedule_commands.command("show", cls=Command)
def show(
    schedule_id: Annotated[str, typer.Argument(metavar="BẢNG", help="Tên bảng thời hạn.")],
    version: Annotated[str | None, typer.Option("--version", help="Phiên bản; mặc định bảng đang áp dụng.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Các dòng của một bảng thời hạn bảo quản; dòng chưa đối chiếu với văn bản được nói rõ."""
    from api.http.file_views import ScheduleRowView
    from archive.catalogue.schedule_reading import adopted_schedule

    with archive_here(home) as installation, installation.catalogue.read() as view:
        found = adopted_schedule(view, schedule_id, version)
    if found is None:
        raise ScheduleMissingError("Không có bảng thời hạn này.", remedy="luutru schedules list")
    if as_json:
        print_json(_json(found))
        for row in found.schedule.rows:
            print_json(ScheduleRowView.of(row).model_dump(mode="json"))
        return
    rows = [
        (
            plain(row.code),
            plain(period_text(row.period)),
            "" if row.verified else "[yellow]chưa đối chiếu[/]",
            plain(row.title),
        )
        for row in found.schedule.rows
    ]
    columns(("Dòng", "Thời hạn", "", "Nhóm hồ sơ, tài liệu"), rows)


@schedule_commands.command("adopt", cls=Command)
def adopt(
    path: Annotated[Path, typer.Argument(metavar="TỆP", help="Bảng thời hạn: .xlsx hoặc .csv.")],
    schedule_id: Annotated[str, typer.Option("--id", help="Tên bảng.")],
    version: Annotated[str, typer.Option("--version", help="Phiên bản.")],
    kind: Annotated[_KindName, typer.Option(help="sector (ngành) hoặc agency (riêng).", show_choices=False)],
    title: Annotated[str, typer.Option(help="Tên đầy đủ.")],
    basis: Annotated[str, typer.Option(help="Căn cứ pháp lý.")],
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="Có hiệu lực từ ngày, YYYY-MM-DD.")],
    until: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Có hiệu lực đến hết ngày.")
    ] = None,
    agency: Annotated[str, typer.Option("--agency", help="Mã cơ quan, với bảng riêng.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Áp dụng một bảng thời hạn; hồ sơ không bị sửa, dòng đã đổi mở việc xem xét."""
    from archive.catalogue.schedule_writing import adopt_schedule
    from archive.retention.schedule_list import ScheduleHeading, listed_schedule

    heading = ScheduleHeading(
        id=schedule_id,
        version=version,
        kind=ScheduleKind(kind.value),
        title=title,
        basis=basis,
        effective_from=since.date(),
        effective_to=until.date() if until else None,
        agency_code=agency,
    )
    schedule = listed_schedule(heading, rows_of_file(path))
    with archive_here(home) as installation:
        by = acting(installation, Operation.SCHEDULE_ADOPT)
        with installation.catalogue.transaction() as tx:
            adopted = adopt_schedule(tx, schedule, by=by, at=now())
    if as_json:
        print_json(_json(adopted))
    else:
        say(f"Đã áp dụng bảng {plain(schedule.id)} phiên bản {plain(schedule.version)}: {len(schedule.rows)} dòng.")


def _json(item: AdoptedSchedule) -> dict[str, Any]:
    from api.http.file_views import ScheduleView

    return ScheduleView.of(item).model_dump(mode="json")
