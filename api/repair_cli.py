"""``luutru repair`` and ``luutru incidents``: healing now, and what only a person can settle."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from api.bootstrap import Installation, opened
from api.exits import Exit
from api.journal import logged
from api.output import line, out, plain, print_json, say
from api.settings import home_folder, load_settings
from api.usage import Command, Group
from archive.repair import Outcome, Repaired

incident_commands = typer.Typer(cls=Group, invoke_without_command=True, rich_markup_mode=None)

Home = Annotated[
    Path | None, typer.Option("--home", help="Thư mục của kho (mặc định: biến LUUTRU_HOME, rồi ./luutru-data).")
]
Json = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON, mỗi dòng một giá trị.")]
IncidentId = Annotated[str, typer.Argument(metavar="MÃ", help="Mã sự cố: xem «luutru incidents».")]
_OUTCOMES = {
    Outcome.REPAIRED: "[green]đã phục hồi[/]",
    Outcome.REBUILT: "[green]đã ghép lại[/]",
    Outcome.WHOLE: "[green]nguyên vẹn[/]",
    Outcome.WAITING: "[yellow]chưa được[/]",
    Outcome.INCIDENT: "[red]sự cố[/]",
    Outcome.LEFT: "không thuộc việc phục hồi",
}


def repair(
    id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Mã gói hoặc hồ sơ; bỏ trống: mọi bản lưu đã thấy hỏng.")
    ] = None,
    store: Annotated[str | None, typer.Option(help="Chỉ bản lưu trong kho này (khi nêu ID).")] = None,
    replace_unreadable: Annotated[
        bool,
        typer.Option("--replace-unreadable", help="Thay cả bản lưu không đọc được (khi nêu ID); cần --reason."),
    ] = False,
    reason: Annotated[str, typer.Option(help="Lý do; được ghi vào nhật ký.")] = "",
    confirm: Annotated[
        str | None,
        typer.Option(metavar="KHO", help="Xác nhận đúng là kho này, để phục hồi dù rất nhiều bản lưu hỏng hoặc mất."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Phục hồi bản lưu hỏng từ bản lưu đã được đọc lại và đối chiếu đúng với nhật ký."""
    from api.cli import actor
    from api.repairing import confirmed

    if replace_unreadable and not (id and reason.strip()):
        raise typer.BadParameter("--replace-unreadable cần ID và --reason")
    if store and not id:
        raise typer.BadParameter("--store chỉ dùng khi nêu ID")
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        if confirm is not None:
            shown = confirmed(installation, confirm, by=actor())
            if as_json:
                print_json(shown)
            else:
                say(f"Đã xác nhận kho {plain(confirm)}; việc phục hồi tiếp tục.")
            if id is None:
                return
        if id is not None:
            made = _one(installation, id, store, replace_unreadable, reason.strip(), actor(), as_json)
            paused: list[str] = []
        else:
            made, paused = _all(installation, actor(), as_json)
    if not as_json:
        for name in paused:
            say(f"[yellow]Kho {plain(name)} tạm dừng phục hồi[/]: không có mặt, hoặc chờ «luutru repair --confirm».")
        if not made and not paused:
            say("Không có bản lưu nào cần phục hồi.")
    if any(item.outcome is Outcome.INCIDENT for item in made):
        raise typer.Exit(Exit.FAILED)
    if paused or any(item.outcome.red for item in made):
        raise typer.Exit(Exit.INDETERMINATE)


def _one(
    installation: Installation,
    id: str,
    store: str | None,
    unreadable_too: bool,
    reason: str,
    by: str,
    as_json: bool,
) -> list[Repaired]:
    from api.repairing import repair_package
    from api.views import find_aips

    made: list[Repaired] = []
    for aip in find_aips(installation, id):
        for healed in repair_package(
            installation, aip.id, store=store, actor=by, unreadable_too=unreadable_too, reason=reason
        ):
            made.append(healed)
            _tell(healed, as_json)
    return made


def _all(installation: Installation, by: str, as_json: bool) -> tuple[list[Repaired], list[str]]:
    """Rounds until one finds nothing more to do, or somebody says stop."""
    from api.repairing import repair_round

    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    made: list[Repaired] = []
    while True:
        done = repair_round(installation, actor=by, stopping=stop.is_set, told=lambda one: _tell(one, as_json))
        made += done.repaired
        if done.stopped or not any(item.outcome in (Outcome.REPAIRED, Outcome.REBUILT) for item in done.repaired):
            return made, done.paused


def _tell(healed: Repaired, as_json: bool) -> None:
    if as_json:
        print_json(healed.as_json())
        return
    source = f" (từ {plain(', '.join(healed.sources))})" if healed.sources else ""
    line(f"{_OUTCOMES[healed.outcome]}  {plain(healed.aip_id)}  {plain(healed.store)}{source}")
    if healed.problem:
        say(plain(healed.problem), 4)


@incident_commands.callback()
def incidents(
    context: typer.Context,
    closed_too: Annotated[bool, typer.Option("--all", help="Cả những sự cố đã kết thúc.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Sự cố: những gì hệ thống không thể tự phục hồi bằng chứng cứ."""
    from api.repairing import incident_views

    if context.invoked_subcommand is not None:
        return
    settings = load_settings(home_folder(home))
    with opened(settings) as installation:
        rows = incident_views(installation, closed_too=closed_too)
    open_ones = [row for row in rows if row["closed_at"] is None]
    for row in rows:
        if as_json:
            print_json(row)
            continue
        mark = "[red]mở[/]" if row["closed_at"] is None else "[green]xong[/]"
        line(f"{mark}  {plain(row['id'])}  {plain(row['opened_at'])}")
        say(plain(row["text"]), 4)
    if not as_json and not rows:
        out.print("[green]Không có sự cố.[/]")
    raise typer.Exit(Exit.FAILED if open_ones else Exit.OK)


@incident_commands.command("show", cls=Command)
def show(
    id: IncidentId,
    report: Annotated[
        Path | None, typer.Option("--report", help="Ghi biên bản xử lý sự cố vào tệp này (.pdf, hoặc .json).")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Một sự cố: bản lưu nào ra sao, tệp nào còn đúng ở đâu, đã làm gì; lập biên bản."""
    from api.repairing import one_incident

    settings = load_settings(home_folder(home))
    with opened(settings) as installation:
        shown = one_incident(installation, id)
    if report is not None:
        _write_report(report, settings.archive_name, shown)
    if as_json:
        print_json(shown)
        return
    _print_incident(shown)
    if report is not None:
        say(f"Đã ghi biên bản: {plain(report)}")


@incident_commands.command("close", cls=Command)
def close(
    id: IncidentId,
    reason: Annotated[str, typer.Option(help="Lý do; được ghi vào nhật ký.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Người có thẩm quyền kết thúc một sự cố, nêu lý do."""
    from api.cli import actor
    from api.repairing import close_incident

    if not reason.strip():
        raise typer.BadParameter("--reason không được để trống")
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        shown = close_incident(installation, id, by=actor(), reason=reason)
    if as_json:
        print_json(shown)
    else:
        say(f"Đã kết thúc sự cố {plain(shown['id'])}.")


def _print_incident(shown: dict[str, Any]) -> None:
    line(f"[bold]{plain(shown['id'])}[/]  {plain(shown['opened_at'])}")
    say(plain(shown["text"]), 2)
    for copy in shown.get("copies", []):
        line(f"  {plain(copy['store'])}: {plain(copy['state'])}")
    report = shown["report"]
    if "files" in report:
        say(
            f"Tệp trong gói: {report['files']}; còn đúng hoặc ghép lại được: {report['files_good']}; "
            f"mất: {report['files_lost']}.",
            2,
        )
    for row in report.get("members", []):
        where = ", ".join(row["good_in"]) or ("ghép từ nhiều bản" if row["had"] else "[red]không ở đâu[/]")
        line(f"  {plain(row['path'])}: {where if row['good_in'] == [] else plain(where)}")
    if detail := report.get("detail"):
        say(plain(detail), 2)
    tried = Counter(item["store"] for item in shown.get("repairs", []))
    for store, count in tried.items():
        line(f"  đã phục hồi {count} lần trong kho {plain(store)}")
    if shown["closed_at"]:
        say(f"Kết thúc {plain(shown['closed_at'])} bởi {plain(shown['closed_by'])}: {plain(shown['reason'])}", 2)


def _write_report(target: Path, archive_name: str, shown: dict[str, Any]) -> None:
    import json

    if target.suffix.lower() == ".json":
        target.write_text(json.dumps(shown, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        return
    from api.incident_report import incident_pdf

    target.write_bytes(incident_pdf(archive_name, shown))
