"""``luutru alerts``: what is wrong now, who has taken it on, and whether anybody would be told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from api.alerting.channel import Message
from api.alerting.channels import channels_of
from api.alerting.sending import attempted
from api.alerting.texts import SEVERITIES, title_of
from api.alerting.undelivered import silent_channels
from api.bootstrap import Installation, now, opened
from api.exits import Exit
from api.journal import logged
from api.output import columns, facts, plain, print_json, say
from api.settings import home_folder, load_settings
from api.usage import Command, Group
from archive.alerts import Alert, Severity, acknowledge_alert
from archive.catalogue.alert_reading import alerts_listed, open_alerts
from archive.ledger import written_instant
from archive.local_time import local_text
from schemas.alerts import alert_kinds

alert_commands = typer.Typer(cls=Group, rich_markup_mode=None)

Home = Annotated[
    Path | None, typer.Option("--home", help="Thư mục của kho (mặc định: biến LUUTRU_HOME, rồi ./luutru-data).")
]
Json = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON, mỗi dòng một giá trị.")]
_COLOURS = {Severity.RED: "red", Severity.YELLOW: "yellow", Severity.INFO: "dim"}
_SHOWN = 100


@alert_commands.callback(invoke_without_command=True)
def alerts(
    ctx: typer.Context,
    only_open: Annotated[bool, typer.Option("--open", help="Chỉ những cảnh báo còn mở.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Các cảnh báo, mới nhất trước. Mã thoát 1 khi còn cảnh báo đỏ hoặc có kênh không gửi được."""
    if ctx.invoked_subcommand is not None:
        return
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        with installation.catalogue.read() as view:
            found = open_alerts(view)[::-1] if only_open else alerts_listed(view, limit=_SHOWN)
            red = any(alert.severity is Severity.RED for alert in open_alerts(view))
        silent = _silent(installation)
        no_channel = not channels_of(settings.alerts, now)
    if as_json:
        for alert in found:
            print_json(alert_json(alert))
    else:
        _show(found)
        _tell_of_channels(silent, no_channel)
    if red or silent:
        raise typer.Exit(Exit.FAILED)


@alert_commands.command("acknowledge", cls=Command)
def acknowledge(
    number: Annotated[int, typer.Argument(metavar="SỐ", help="Số của cảnh báo.")],
    note: Annotated[str, typer.Option(help="Đang xử lý thế nào.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Nhận xử lý một cảnh báo; nó vẫn mở cho tới khi chuyện đã hết."""
    from api.cli import actor

    if not note.strip():
        raise typer.BadParameter("phải nêu đang xử lý thế nào", param_hint="--note")
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation, installation.catalogue.transaction() as tx:
        alert = acknowledge_alert(tx, number, by=actor(), note=note, at=now())
    if as_json:
        print_json(alert_json(alert))
    else:
        say(f"Đã ghi nhận {plain(alert.acknowledged_by)} đang xử lý cảnh báo {alert.number}.")


@alert_commands.command("test", cls=Command)
def test(home: Home = None, as_json: Json = False) -> None:
    """Gửi thử một thư qua từng kênh và nói kênh nào nhận. Mã thoát 4 khi có kênh không gửi được."""
    settings = load_settings(home_folder(home))
    at = now()
    message = Message(f"test-{at:%Y%m%dT%H%M%S%f}", settings.archive_code, settings.archive_name, at)
    channels = channels_of(settings.alerts, now)
    with logged(settings.home):
        results = [(channel, attempted(channel, message)) for channel in channels]
    for channel, error in results:
        if as_json:
            print_json({"channel": channel.name, "delivered": error is None, "error": error.message if error else None})
        else:
            answer = "[green]đã nhận[/]" if error is None else f"[red]không gửi được[/]: {plain(error.message)}"
            say(f"{plain(channel.label)}: {answer}")
            if error is not None and error.remedy:
                say(f"→ {plain(error.remedy)}", indent=2)
    if not channels and not as_json:
        _tell_of_channels({}, True)
    if not channels or any(error for _, error in results):
        raise typer.Exit(Exit.NOT_READY)


def alert_json(alert: Alert) -> dict[str, Any]:
    """One alert as scripts read it."""
    kind = alert_kinds().get(alert.code)
    return {
        "number": alert.number,
        "code": alert.code,
        "subject": alert.subject,
        "severity": alert.severity.value,
        "open": alert.open,
        "text": alert.text,
        "data": dict(alert.data),
        "count": alert.count,
        "opened_at": written_instant(alert.opened_at),
        "last_at": written_instant(alert.last_at),
        "resolved_at": written_instant(alert.resolved_at) if alert.resolved_at else None,
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_at": written_instant(alert.acknowledged_at) if alert.acknowledged_at else None,
        "note": alert.note,
        "remedy": kind.remedy if kind else "",
    }


def _silent(installation: Installation) -> dict[str, str]:
    """Label → since when, of channels that have not delivered for too long, also when no worker looks after them."""
    settings = installation.settings.alerts
    channels = {channel.name: channel.label for channel in channels_of(settings, now)}
    patience = timedelta(minutes=settings.undeliverable_minutes)
    with installation.catalogue.read() as view:
        found = silent_channels(view, channels, patience, now())
    return {channels[name]: local_text(since) for name, since in found.items()}


def _show(found: list[Alert]) -> None:
    if not found:
        say("Không có cảnh báo nào.")
        return
    rows = []
    for alert in found:
        colour = _COLOURS[alert.severity]
        state = f"[{colour}]{SEVERITIES[alert.severity]}[/]" if alert.open else "[green]đã hết[/]"
        taken = plain(alert.acknowledged_by or "")
        rows.append((str(alert.number), state, local_text(alert.opened_at), plain(alert.code), taken))
    columns(("Số", "Mức", "Từ lúc", "Mã", "Người xử lý"), rows)
    for alert in found:
        if alert.open:
            say("")
            kind = alert_kinds().get(alert.code)
            pairs = [
                (f"{alert.number}", title_of(alert.code)),
                ("Về", alert.subject),
                ("Điều thấy được", alert.text),
                ("Cần làm", kind.remedy if kind else ""),
                ("Ghi chú", alert.note or ""),
            ]
            facts(pairs)


def _tell_of_channels(silent: dict[str, str], no_channel: bool) -> None:
    for label, since in silent.items():
        say(f"[red]Kênh {plain(label)} không gửi được cảnh báo từ {since}.[/]")
    if no_channel:
        say(
            "[yellow]Chưa có kênh cảnh báo nào: không ai được báo tin.[/] Khai báo mục [bold]\\[alerts][/] của luutru.toml."
        )
