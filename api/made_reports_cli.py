"""``luutru report made|make|get|sent``: the half-yearly and yearly reports as they were made, and that they were sent."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.acting import Home, Json, acting, archive_here
from api.bootstrap import now
from api.output import columns, plain, print_json, say
from api.report_cli import Year, report_commands
from api.usage import Command
from archive.access import Operation
from archive.ledger import written_instant
from archive.local_time import local_text
from archive.retention.figures import ReportedTime
from archive.retention.made_report import MadeReport

__all__ = ["report_commands"]

Name = Annotated[str, typer.Argument(metavar="BÁOCÁO", help="Tên báo cáo, ví dụ 2026-first-half.")]


@report_commands.command("made", cls=Command)
def made(home: Home = None, as_json: Json = False) -> None:
    """Các báo cáo sáu tháng và năm đã lập, hạn gửi gần nhất trước."""
    from archive.catalogue.report_keeping import made_reports

    with archive_here(home) as installation, installation.catalogue.read() as view:
        found = made_reports(view)
    if as_json:
        for item in found:
            print_json(report_json(item))
    elif not found:
        say("Chưa lập báo cáo nào.")
    else:
        heads = ("Báo cáo", "Từ ngày", "Đến hết ngày", "Hạn gửi", "Lập lúc", "Đã gửi")
        columns(heads, [_row(item) for item in found])


@report_commands.command("make", cls=Command)
def make(
    time: Annotated[ReportedTime, typer.Argument(metavar="KỲ", help="first-half, second-half hoặc year.")],
    year: Year,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Lập ngay báo cáo của một kỳ đã kết thúc; đã lập rồi thì không lập lại."""
    from api.activity_reporting import make_report

    with archive_here(home) as installation:
        by = acting(installation, Operation.ACTIVITY_REPORT_KEEP)
        standing = make_report(installation, time, year, actor=by.actor, at=now())
    if as_json:
        print_json(report_json(standing))
    else:
        say(f"Báo cáo {plain(standing.id)} lập lúc {local_text(standing.made_at)}; hạn gửi {standing.due_on:%d/%m/%Y}.")


@report_commands.command("get", cls=Command)
def get(
    report: Name,
    out: Annotated[Path, typer.Option("--out", metavar="TỆP", help="Ghi báo cáo, PDF/A, vào tệp này.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Ghi báo cáo đã lập ra tệp, đúng từng byte như trong các kho."""
    from api.activity_reporting import report_pdf
    from api.report_files import write_whole
    from archive.catalogue.report_keeping import require_report

    with archive_here(home) as installation:
        with installation.catalogue.read() as view:
            found = require_report(view, report)
        write_whole(out, report_pdf(installation, found))
    if as_json:
        print_json({**report_json(found), "file": str(out)})
    else:
        say(f"Đã ghi {plain(out)} (SHA-256 {found.pdf_sha256}).")


@report_commands.command("sent", cls=Command)
def sent(
    report: Name,
    number: Annotated[str, typer.Option(help="Số và ký hiệu của báo cáo đã gửi.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Ngày gửi, YYYY-MM-DD.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Ghi nhận báo cáo đã được gửi; cảnh báo đến hạn kết thúc."""
    from archive.catalogue.report_keeping import record_sent

    if not 0 < len(number.strip()) <= 255 or not number.isprintable():
        raise typer.BadParameter("nêu số và ký hiệu, nhiều nhất 255 ký tự", param_hint="--number")
    with archive_here(home) as installation:
        by = acting(installation, Operation.ACTIVITY_REPORT_KEEP)
        with installation.catalogue.transaction() as tx:
            found = record_sent(tx, report, number=number, on=on.date(), by=by, at=now())
    if as_json:
        print_json(report_json(found))
    else:
        say(f"Báo cáo {plain(found.id)} đã gửi ngày {on:%d/%m/%Y}, số {plain(found.sent_number)}.")


def report_json(item: MadeReport) -> dict[str, Any]:
    """As the service tells it, without the figures."""
    return {
        "report_id": item.id,
        "period": item.period.value,
        "year": item.year,
        "since": item.span.since.isoformat(),
        "until": item.span.until.isoformat(),
        "due_on": item.due_on.isoformat(),
        "made_at": written_instant(item.made_at),
        "sha256": item.sha256,
        "pdf_sha256": item.pdf_sha256,
        "pdf_size_bytes": item.pdf_size_bytes,
        "sent_on": item.sent_on.isoformat() if item.sent_on else None,
        "sent_number": item.sent_number,
    }


def _row(item: MadeReport) -> tuple[str, ...]:
    given = f"{item.sent_on:%d/%m/%Y}, số {plain(item.sent_number)}" if item.sent_on else "chưa"
    days = (f"{day:%d/%m/%Y}" for day in (item.span.since, item.span.until, item.due_on))
    return (plain(item.id), *days, local_text(item.made_at), given)
