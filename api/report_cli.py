"""``luutru report``: what is due, held, in rounds, destroyed; the half-yearly and the yearly figures and reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.acting import Home, Json, archive_here
from api.bootstrap import Installation, now
from api.files_cli import show_files
from api.output import columns, plain, print_json, say
from api.report_files import Figures, write_figures, write_whole
from api.usage import Command, Group
from archive.local_time import VIETNAM
from archive.retention.figures import ReportedTime

report_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

Agency = Annotated[str, typer.Option("--agency", help="Chỉ của cơ quan này, theo một trong hai mã.")]
Year = Annotated[int, typer.Option(min=1900, max=2199, help="Năm báo cáo.")]
Table = Annotated[Path | None, typer.Option("--out", metavar="TỆP", help="Ghi bảng số liệu vào tệp này: .csv, .xlsx.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="TỆP", help="Ghi báo cáo vào tệp này: .csv, .xlsx, hoặc .pdf (PDF/A).")
]


@report_commands.command("due", cls=Command)
def due(
    agency: Agency = "",
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Vào ngày, YYYY-MM-DD; mặc định hôm nay.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Liệt kê từng hồ sơ, hết hạn lâu nhất trước.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Liệt kê nhiều nhất bấy nhiêu hồ sơ.")] = 1000,
    out: Table = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Hồ sơ đến hạn xem xét theo cơ quan và năm; hết hạn chỉ cho phép đề nghị."""
    from archive.catalogue.file_reading import files_due
    from archive.catalogue.retention_figures import due_figures

    day = on.date() if on else now().astimezone(VIETNAM).date()
    with archive_here(home) as installation, installation.catalogue.read() as view:
        if listed:
            files = files_due(view, day, agency_code=agency, limit=limit)
        else:
            figures = due_figures(view, day, agency_code=agency)
    if listed:
        show_files(files, as_json)
    else:
        _show(Figures.DUE, ("Cơ quan", "Năm", "Số hồ sơ"), [item.as_json() for item in figures], as_json, out)


@report_commands.command("held", cls=Command)
def held(agency: Agency = "", out: Table = None, home: Home = None, as_json: Json = False) -> None:
    """Hồ sơ đang bị đóng băng theo cơ quan và năm bắt đầu giữ."""
    from archive.catalogue.retention_figures import held_figures

    with archive_here(home) as installation, installation.catalogue.read() as view:
        figures = held_figures(view, agency_code=agency)
    _show(Figures.HELD, ("Cơ quan", "Năm", "Số hồ sơ"), [item.as_json() for item in figures], as_json, out)


@report_commands.command("in-round", cls=Command)
def in_round(agency: Agency = "", out: Table = None, home: Home = None, as_json: Json = False) -> None:
    """Hồ sơ đang trong các đợt hủy, theo cơ quan và đợt."""
    from archive.catalogue.retention_figures import round_figures

    with archive_here(home) as installation, installation.catalogue.read() as view:
        figures = round_figures(view, agency_code=agency)
    heads = ("Cơ quan", "Năm", "Mã đợt", "Đợt hủy", "Số hồ sơ", "Đã bắt đầu")
    _show(Figures.IN_ROUND, heads, [item.as_json() for item in figures], as_json, out)


@report_commands.command("destroyed", cls=Command)
def destroyed(
    agency: Agency = "",
    year: Annotated[int | None, typer.Option(min=1900, max=2199, help="Chỉ năm này.")] = None,
    out: Table = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Hồ sơ đã hủy (đã được chứng minh là không còn) theo cơ quan và năm."""
    from archive.catalogue.retention_figures import destroyed_figures

    with archive_here(home) as installation, installation.catalogue.read() as view:
        figures = destroyed_figures(view, agency_code=agency, year=year)
    heads = ("Cơ quan", "Năm", "Số hồ sơ", "Gói tin", "Tài liệu", "Byte")
    _show(Figures.DESTROYED, heads, [item.as_json() for item in figures], as_json, out)


@report_commands.command("half-yearly", cls=Command)
def half_yearly(
    year: Year,
    second: Annotated[bool, typer.Option("--second", help="Sáu tháng cuối năm (mặc định: đầu năm).")] = False,
    agency: Agency = "",
    out: Out = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Số liệu sáu tháng theo cơ quan; báo cáo gửi trước 05/6 và trước 05/12."""
    time = ReportedTime.SECOND_HALF if second else ReportedTime.FIRST_HALF
    with archive_here(home) as installation:
        _activity(installation, time, year, agency, as_json, out)


@report_commands.command("yearly", cls=Command)
def yearly(year: Year, agency: Agency = "", out: Out = None, home: Home = None, as_json: Json = False) -> None:
    """Số liệu cả năm theo cơ quan; báo cáo gửi trước 05/12."""
    with archive_here(home) as installation:
        _activity(installation, ReportedTime.YEAR, year, agency, as_json, out)


def _activity(
    installation: Installation, time: ReportedTime, year: int, agency: str, as_json: bool, out: Path | None
) -> None:
    from archive.catalogue.activity_figures import agency_activities

    if out is not None and out.suffix.lower() == ".pdf":
        from api.activity_reporting import activity_paper, printed_report

        with installation.catalogue.read() as view:
            paper = activity_paper(installation, view, time, year, agency_code=agency)
        write_whole(out, printed_report(paper))
        _written(out, as_json)
        return
    span = installation.settings.reports.calendar.span(time, year)
    with installation.catalogue.read() as view:
        found = agency_activities(view, span, agency_code=agency)
    heads = (
        "Cơ quan", "Tên", "Nhận", "Trả lại", "Vào kho", "Đang giữ", "Đến hạn", "Đóng băng", "Trong đợt", "Giao nộp", "Đã hủy",
    )  # fmt: skip
    _show(Figures.ACTIVITY, heads, [item.as_json() for item in found], as_json, out)


def _show(
    figures: Figures, heads: Sequence[str], rows: Sequence[dict[str, Any]], as_json: bool, out: Path | None
) -> None:
    if out is not None:
        write_figures(out, figures, rows, made_at=now())
        _written(out, as_json)
    elif as_json:
        for row in rows:
            print_json(row)
    elif not rows:
        say("Không có hồ sơ nào.")
    else:
        columns(heads, [tuple(plain(value) if value != 0 else "0" for value in row.values()) for row in rows])


def _written(out: Path, as_json: bool) -> None:
    if as_json:
        print_json({"file": str(out), "size_bytes": out.stat().st_size})
    else:
        say(f"Đã ghi {plain(out)}.")
