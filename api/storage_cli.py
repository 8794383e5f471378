"""``luutru storage``: the stores and how far each is behind; adopting a policy; adding, retiring and moving stores."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from api import output
from api.bootstrap import Installation, now, opened
from api.exits import INTERRUPTED, Exit
from api.journal import logged
from api.output import columns, out, plain, print_json, say, table
from api.settings import home_folder, load_settings
from api.usage import Command, Group
from archive.catalogue.policy_model import MediumMove
from archive.local_time import local_text

storage_commands = typer.Typer(cls=Group, invoke_without_command=True, rich_markup_mode=None)

Home = Annotated[
    Path | None, typer.Option("--home", help="Thư mục của kho (mặc định: biến LUUTRU_HOME, rồi ./luutru-data).")
]
Json = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON, mỗi dòng một giá trị.")]
Name = Annotated[str, typer.Argument(metavar="KHO", help="Tên kho trong chính sách lưu trữ.")]
Pdf = Annotated[Path | None, typer.Option(help="Ghi biên bản (PDF) vào tệp này.")]
Data = Annotated[Path | None, typer.Option(help="Ghi biên bản dạng dữ liệu đã ký (JSON) vào tệp này.")]
_RESTART = "Khởi động lại «luutru work» và «luutru serve» đang chạy để chúng theo chính sách này."


@contextmanager
def _installed(home: Path | None) -> Iterator[Installation]:
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        yield installation


@storage_commands.callback()
def storage(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """Các kho: nơi đặt, còn thiếu bao nhiêu bản, đọc lại lần cuối, chỗ trống."""
    if context.invoked_subcommand is not None:
        return
    from api.storage_status import policy_state, store_statuses

    with _installed(home) as installation:
        state, statuses = policy_state(installation), list(store_statuses(installation))
    if as_json:
        print_json(state)
        for status in statuses:
            print_json(status.as_json())
        return
    _say_policy(state)
    at = now()
    hours = installation.policy.lag_alert_hours
    rows = []
    for item in statuses:
        late = item.late(at, hours)
        awaited = f"{item.awaited} từ {local_text(item.awaited_since)}" if item.awaited_since else "0"
        rows.append(
            (
                plain(item.policy.name),
                "bắt buộc" if item.policy.required else "được chậm",
                plain(" · ".join(filter(None, (item.policy.location, item.policy.medium)))),
                f"[red]{plain(item.trouble)}[/]" if item.trouble else "[green]có mặt[/]",
                f"{item.free_bytes / (1 << 30):.1f} GiB" if item.free_bytes is not None else "—",
                f"[red]{awaited}[/]" if late else awaited,
                f"[red]{item.bad}[/]" if item.bad else "0",
                local_text(item.oldest_read) if item.oldest_read else "—",
            )
        )
    heads = ("Kho", "Vai trò", "Nơi đặt", "Tình trạng", "Còn trống", "Chờ sao", "Bản hỏng", "Đọc cũ nhất")
    out.print(table(heads, rows))


@storage_commands.command("policy", cls=Command)
def policy(home: Home = None, as_json: Json = False) -> None:
    """In chính sách lưu trữ đang áp dụng, đúng từng chữ."""
    from archive.catalogue.policy_reading import adopted_policy

    with _installed(home) as installation, installation.catalogue.read() as view:
        standing = adopted_policy(view)
        text = standing.text if standing else installation.policy.text
    if as_json:
        print_json({"version": standing.version if standing else None, "adopted": standing is not None, "text": text})
    else:
        sys.stdout.write(text)


@storage_commands.command("adopt", cls=Command)
def adopt(home: Home = None, as_json: Json = False) -> None:
    """Áp dụng phiên bản mới của chính sách lưu trữ; kho mới được lập và chờ sao."""
    from api.cli import actor
    from api.storage_adopting import adopt_policy, write_policy

    with _installed(home) as installation:
        adopted = adopt_policy(installation, actor=actor())
        if installation.settings.policy_from_old_stores:
            write_policy(installation, installation.policy)
        version = installation.policy.version
    if as_json:
        print_json({"adopted": adopted, "version": version})
    elif adopted:
        say(f"Đã áp dụng chính sách lưu trữ version = {version}. {_RESTART}")
    else:
        say(f"Chính sách lưu trữ version = {version} đang được áp dụng; không thay đổi gì.")


@storage_commands.command("add", cls=Command)
def add(
    name: Name,
    path: Annotated[Path, typer.Option(help="Thư mục của kho mới, trống, trên phương tiện độc lập.")],
    location: Annotated[str, typer.Option(help="Địa điểm.")] = "",
    medium: Annotated[str, typer.Option(help="Phương tiện.")] = "",
    may_lag: Annotated[bool, typer.Option("--may-lag", help="Kho được chậm: không bắt buộc khi lưu hồ sơ.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Thêm một kho vào chính sách và áp dụng; mọi gói đã lưu được sao sang dần."""
    from api.cli import actor
    from api.storage_moving import add_store

    with _installed(home) as installation:
        made = add_store(
            installation,
            name=name,
            path=str(path.absolute()),
            location=location,
            medium=medium,
            required=not may_lag,
            actor=actor(),
        )
    if as_json:
        print_json({"store": name, "version": made.version})
    else:
        say(f"Đã thêm kho {plain(name)} (chính sách version = {made.version}). {_RESTART}")


@storage_commands.command("catch-up", cls=Command)
def catch_up(home: Home = None, as_json: Json = False) -> None:
    """Sao ngay những bản đang chờ, thay vì để «luutru work» làm dần."""
    from api.storage_moving import catch_up_now

    with _installed(home) as installation, _stopping() as stopped:
        added = catch_up_now(installation, stopped.is_set)
    if as_json:
        print_json({"added": added})
    else:
        say(f"Đã sao và đọc lại {added} bản.")


@storage_commands.command("retire", cls=Command)
def retire(name: Name, pdf: Pdf = None, data: Data = None, home: Home = None, as_json: Json = False) -> None:
    """Đọc toàn bộ các kho còn lại và đối chiếu; đủ bản đúng thì kho này được bỏ khỏi chính sách."""
    from api.cli import actor
    from api.storage_moving import retire_store

    with _installed(home) as installation, _stopping() as stopped:
        with output.progress(f"Đọc các kho ngoài {name}", None, shown=not as_json) as bar:
            done = retire_store(
                installation,
                name,
                actor=actor(),
                progress=lambda count: bar.advance(bar.task_ids[0], count),
                stopping=stopped.is_set,
            )
        _told(installation, done, pdf, data, as_json)
    if not as_json:
        say(f"Kho {plain(name)} được phép ngừng dùng: bỏ nó khỏi tệp chính sách, tăng version, rồi áp dụng.")


@storage_commands.command("move", cls=Command)
def move(
    name: Name,
    to: Annotated[Path | None, typer.Option(help="Thư mục mới, trống, trên phương tiện mới.")] = None,
    location: Annotated[str | None, typer.Option(help="Địa điểm mới (cùng với --to).")] = None,
    medium: Annotated[str | None, typer.Option(help="Phương tiện mới (cùng với --to).")] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Bản chính sách mới (version cao hơn) đặt kho này ở nơi mới, kể cả S3.")
    ] = None,
    pdf: Pdf = None,
    data: Data = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Chuyển một kho sang phương tiện mới: sao, đọc lại từng gói, lập biên bản, rồi mới đổi chính sách."""
    from api.cli import actor
    from api.storage_moving import move_store

    if (to is None) == (policy is None):
        raise typer.BadParameter("nêu một trong hai: --to hoặc --policy")
    with _installed(home) as installation, _stopping() as stopped:
        with output.progress(f"Chuyển kho {name}", None, shown=not as_json) as bar:
            done = move_store(
                installation,
                name,
                to=str(to.absolute()) if to else None,
                location=location,
                medium=medium,
                draft=policy,
                actor=actor(),
                progress=lambda count: bar.advance(bar.task_ids[0], count),
                stopping=stopped.is_set,
            )
        _told(installation, done, pdf, data, as_json)
    if not as_json:
        say(f"Kho {plain(name)} nay ở nơi mới; phương tiện cũ giữ nguyên nội dung. {_RESTART}")


@storage_commands.command("reports", cls=Command)
def reports(
    id: Annotated[str | None, typer.Argument(metavar="MÃ", help="Mã biên bản; bỏ trống: liệt kê.")] = None,
    pdf: Pdf = None,
    data: Data = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Biên bản chuyển đổi phương tiện và ngừng dùng kho."""
    from archive.catalogue.policy_reading import move as move_with
    from archive.catalogue.policy_reading import moves

    with _installed(home) as installation:
        if id is not None:
            with installation.catalogue.read() as view:
                found = move_with(view, id)
            if found is None or found.ended_at is None or "given_up" in (found.report or {}):
                say(f"Không có biên bản mang mã {plain(id)}.")
                raise typer.Exit(Exit.NOT_FOUND)
            _told(installation, found, pdf, data, as_json)
            return
        with installation.catalogue.read() as view:
            listed = moves(view)
    if as_json:
        for item in listed:
            print_json(_row(item))
        return
    rows = [
        (
            item.id,
            "chuyển phương tiện" if item.kind.value == "medium" else "ngừng dùng",
            plain(item.store),
            local_text(item.began_at),
            "đang làm dở"
            if item.ended_at is None
            else "đạt"
            if (item.report or {}).get("passed")
            else "[red]không đạt[/]",
            str(item.objects),
        )
        for item in listed
    ]
    columns(("Mã", "Việc", "Kho", "Bắt đầu", "Kết quả", "Số gói"), rows)


def _row(item: MediumMove) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind.value,
        "store": item.store,
        "began_at": item.began_at.isoformat(),
        "ended_at": item.ended_at.isoformat() if item.ended_at else None,
        "passed": bool((item.report or {}).get("passed")) if item.ended_at else None,
        "packages": item.objects,
        "size_bytes": item.size_bytes,
    }


def _told(
    installation: Installation, done: MediumMove | None, pdf: Path | None, data: Path | None, as_json: bool
) -> None:
    """The report shown and written out. Ends the command when it was stopped, or did not pass."""
    from api.storage_reports import report_pdf, signed_report

    if done is None:
        output.err.print("Đã dừng giữa chừng; chạy lại lệnh này để làm tiếp.")
        raise typer.Exit(INTERRUPTED)
    signed = signed_report(installation, done)
    if data is not None:
        data.write_text(json.dumps(signed, ensure_ascii=False, indent=1), encoding="utf-8")
    if pdf is not None:
        pdf.write_bytes(report_pdf(signed))
    statement = signed["statement"]
    if as_json:
        print_json(signed)
    else:
        output.facts(
            [
                ("Biên bản", statement["id"]),
                ("Số gói", str(statement["packages"])),
                ("Dung lượng", f"{statement['size_bytes']} byte"),
                ("Kết quả", "[green]đạt[/]" if statement["passed"] else "[red]không đạt[/]"),
            ]
        )
        for missing in [*statement.get("short", ()), *statement.get("unproven", ())]:
            output.line(f"  {plain(missing)}")
    if not statement["passed"]:
        raise typer.Exit(Exit.FAILED)


def _say_policy(state: dict[str, Any]) -> None:
    adopted = state["adopted"]
    if adopted is None:
        say(f"Chính sách lưu trữ version = {state['version']}, [yellow]chưa áp dụng[/].")
    elif state["stands"]:
        say(f"Chính sách lưu trữ version = {state['version']}, áp dụng bởi {plain(adopted['adopted_by'])}.")
    else:
        say(
            f"[yellow]Tệp chính sách (version = {state['version']}) khác bản đang áp dụng "
            f"(version = {adopted['version']})[/]: chạy «luutru storage adopt»."
        )
    if state["from_old_stores"]:
        say(
            "[yellow]Kho còn khai báo \\[\\[stores]] trong luutru.toml[/]: chạy «luutru storage adopt» để chuyển sang tệp chính sách."
        )


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Set by Ctrl-C or SIGTERM: what is under way ends at the next place it can go on from."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    on_main = threading.current_thread() is threading.main_thread()
    if on_main:
        for number in before:
            signal.signal(number, lambda *_: stop.set())
    try:
        yield stop
    finally:
        if on_main:
            for number, handler in before.items():
                signal.signal(number, handler)
