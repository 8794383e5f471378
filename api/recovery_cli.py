"""``luutru rebuild``, ``diff``, ``backup``, ``restore-drill``, ``secrets``: for the day everything burns, and before it."""

from __future__ import annotations

import getpass
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.bootstrap import opened
from api.exits import Exit
from api.journal import logged
from api.output import line, out, plain, print_json, progress, say
from api.settings import home_folder, load_settings
from api.usage import Command, Group

secrets_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

Home = Annotated[
    Path | None, typer.Option("--home", help="Thư mục của kho (mặc định: biến LUUTRU_HOME, rồi ./luutru-data).")
]
Json = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON, mỗi dòng một giá trị.")]
_PHASES = {
    "chain": "Kiểm chứng điểm niêm phong",
    "ledger": "Nạp sổ nhật ký",
    "rows": "Nạp danh mục",
    "packages": "Đọc các gói tin",
    "rows-behind": "Nạp quyền và bản lưu",
}


def rebuild(
    sources: Annotated[
        list[str],
        typer.Option(
            "--from",
            metavar="BẢN LƯU",
            help="Thư mục của một kho, hoặc storage-policy.toml:tên-kho; nêu nhiều lần để lấy phần lành của mỗi bản.",
        ),
    ],
    secrets: Annotated[
        Path | None, typer.Option(metavar="TỆP", help="Tệp bí mật đã xuất; mật khẩu khôi phục được hỏi.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="KHÓA", help="Tệp khóa công khai, hoặc mã khóa in trên phiếu khôi phục.")
    ] = None,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole/--descriptions-only",
            help="Đọc và đối chiếu mọi byte của mọi gói (mặc định), hoặc chỉ đọc phần mô tả.",
        ),
    ] = True,
    index: Annotated[bool, typer.Option("--index/--no-index", help="Dựng luôn chỉ mục tìm kiếm (mặc định).")] = True,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Dựng lại kho trên máy mới từ bản lưu: danh mục, sổ nhật ký, quyền, chỉ mục. Dừng giữa chừng thì chạy lại."""
    from api.recovering import rebuild_home, source_named

    folder = home_folder(home)
    read = _opened_secrets(secrets) if secrets is not None else None
    named = [source_named(text) for text in sources]
    with logged(folder), progress("Dựng lại kho", 1, shown=not as_json) as bar:

        def tell(phase: str, done: int, total: int) -> None:
            bar.update(bar.task_ids[0], description=_PHASES.get(phase, phase), completed=done, total=total or None)

        view = rebuild_home(folder, named, secrets=read, key=key, read_whole=whole, progress=tell)
    view["index"] = _indexed(folder) if index else "skipped"
    if as_json:
        print_json(view)
    else:
        _show_rebuilt(view)
    raise typer.Exit(Exit.FAILED if view["red"] else Exit.INDETERMINATE if view["problems"] else Exit.OK)


def diff(
    one: Annotated[Path | None, typer.Argument(metavar="KHO-A", help="Thư mục của kho thứ nhất.")] = None,
    other: Annotated[Path | None, typer.Argument(metavar="KHO-B", help="Thư mục của kho thứ hai.")] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--with", metavar="KHO", help="So kho của --home với kho này: thư mục, hoặc địa chỉ cơ sở dữ liệu."
        ),
    ] = None,
    index: Annotated[
        bool, typer.Option("--index", help="Đối chiếu cả chỉ mục tìm kiếm của kho sau với danh mục của nó.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="In nhiều nhất từng này khác biệt; vẫn đếm hết.")] = 100,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """So hai danh mục từng bảng, từng dòng; bí mật và dữ liệu tạm của máy không so."""
    from api.comparing_homes import compared

    if (other is None) == (against is None):
        raise typer.BadParameter("nêu KHO-A và KHO-B, hoặc --with")
    left = str(one) if one is not None else str(home_folder(home))
    right = str(other) if other is not None else str(against)
    with progress("So danh mục", None, shown=not as_json) as bar:
        found = compared(
            left,
            right,
            limit=limit,
            index=index,
            progress=lambda table, rows: bar.update(bar.task_ids[0], description=f"{table}: {rows}"),
        )
    if as_json:
        print_json(found)
    else:
        _show_differences(found)
    raise typer.Exit(Exit.OK if found["equal"] else Exit.FAILED)


class _Kind(StrEnum):
    """The kinds of backup as they are typed."""

    FULL = "full"
    INCREMENTAL = "incremental"


def backup(
    kind: Annotated[
        _Kind | None,
        typer.Option(help="full: toàn bộ; incremental: phần thay đổi; bỏ trống: theo lịch.", show_choices=False),
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Chỉ xem nhật ký sao lưu.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Sao lưu theo quy định: siêu dữ liệu XML, bản kê đã ký, biên bản, trên ít nhất hai phương tiện, đọc lại từng byte."""
    from api.backing_up import back_up, backup_view, log_view
    from api.cli import actor
    from archive.catalogue.backup_log import BackupKind

    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        if log:
            rows = log_view(installation)
        else:
            with progress("Sao lưu", None, shown=not as_json) as bar:
                made = back_up(
                    installation,
                    BackupKind(kind.value) if kind else None,
                    actor=actor(),
                    progress=lambda hoso: bar.update(bar.task_ids[0], completed=hoso),
                )
            rows = [backup_view(made)]
    for row in rows:
        if as_json:
            print_json(row)
        else:
            _show_backup(row)
    raise typer.Exit(Exit.FAILED if rows and rows[0]["red"] else Exit.OK)


def restore_drill(
    store: Annotated[
        str | None, typer.Option(help="Kho dùng để diễn tập; bỏ trống: kho lâu chưa diễn tập nhất.")
    ] = None,
    sample: Annotated[int | None, typer.Option(min=0, help="Số gói mở ra kiểm tra từng tệp.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Diễn tập phục hồi: dựng lại từ một kho bên cạnh hệ thống đang chạy, so từng dòng, lập biên bản, rồi dọn sạch."""
    from api.cli import actor
    from api.drilling import run_drill

    settings = load_settings(home_folder(home))
    with (
        logged(settings.home),
        opened(settings) as installation,
        progress("Diễn tập phục hồi", None, shown=not as_json) as bar,
    ):
        report = run_drill(
            installation,
            store,
            sample=sample,
            actor=actor(),
            progress=lambda phase, _done, _total: bar.update(bar.task_ids[0], description=_PHASES.get(phase, phase)),
        )
    if as_json:
        print_json(report)
    else:
        _show_drill(report)
    raise typer.Exit(Exit.OK if report["passed"] else Exit.FAILED)


@secrets_commands.command("export", cls=Command)
def export(
    file: Annotated[Path, typer.Argument(metavar="TỆP", help="Tệp mới, sẽ được mã hóa (định dạng age).")],
    sheet: Annotated[
        Path | None, typer.Option(metavar="PDF", help="Ghi phiếu khôi phục để in; có mật khẩu, in xong thì xóa.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Xuất khóa ký, mã băm mật khẩu và mã truy cập, các tệp bí mật vào một tệp mã hóa; hiện mật khẩu một lần này."""
    from api.cli import actor
    from api.keeping_secrets import export_secrets

    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        done = export_secrets(installation, file, sheet=sheet, actor=actor())
    if as_json:
        print_json(done.as_json())
        return
    say(f"Đã xuất {plain(file.name)}: {done.accounts} tài khoản, {done.tokens} mã truy cập, {len(done.files)} tệp.")
    line(f"SHA-256: {done.sha256}")
    say("Mật khẩu khôi phục (chỉ hiện lần này; chép ra giấy, cất xa tệp):")
    sys.stdout.write(f"{done.passphrase}\n")


@secrets_commands.command("restore", cls=Command)
def restore(
    file: Annotated[Path, typer.Argument(metavar="TỆP", help="Tệp bí mật đã xuất.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Đặt lại bí mật vào kho đã dựng lại; mật khẩu khôi phục được hỏi, hoặc đọc một dòng từ đầu vào."""
    from api.keeping_secrets import put_back

    read = _opened_secrets(file)
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        done = put_back(installation, read)
    if as_json:
        print_json(done)
        return
    say(f"Đã đặt lại khóa ký, {done['passwords']} mật khẩu, {done['tokens']} mã truy cập, {len(done['files'])} tệp.")
    _show_elsewhere(done)


def _opened_secrets(path: Path) -> Any:
    from api.keeping_secrets import read_secrets
    from archive.recovery.passphrase import typed_passphrase

    typed = getpass.getpass("Mật khẩu khôi phục: ") if sys.stdin.isatty() else sys.stdin.readline()
    return read_secrets(path, typed_passphrase(typed))


def _indexed(home: Path) -> str:
    """The archive does not need the index: when it is down it catches up with the next work."""
    from search.errors import SearchError

    with opened(load_settings(home)) as installation:
        try:
            done = installation.follower(installation.search_index()).rebuild()
        except SearchError as error:
            return error.message
    return f"{done.aips}/{done.documents}"


def _show_rebuilt(view: dict[str, Any]) -> None:
    at = view["checkpoint"]["at"]
    say(
        f"Đã dựng lại tới điểm niêm phong số {view['checkpoint']['number']} ({plain(at)}): {view['ledger']['last']} bản ghi "
        f"nhật ký, {view['packages']} gói, {view['documents']} văn bản."
    )
    if not view["read_whole"]:
        say("[yellow]Chưa đọc toàn bộ nội dung các gói[/]: chạy «luutru audit» trước khi tin là nguyên vẹn.")
    if view["secrets"]:
        say(f"Đã đặt lại {view['secrets']['passwords']} mật khẩu, {view['secrets']['tokens']} mã truy cập.")
        _show_elsewhere(view["secrets"])
    else:
        say("Bí mật không có trong bản lưu: mọi mật khẩu và mã truy cập mất hiệu lực («luutru secrets restore»).")
    for item in view["problems"]:
        mark = "[red]✗[/]" if item["red"] else "[yellow]![/]"
        line(f"{mark} {plain(item['code'])}  {plain(item['subject'])}")
        say(plain(item["message"]), 4)
    if not view["problems"]:
        out.print("[green]Mọi thứ trong bản lưu đã trở lại và khớp nhau.[/]")


def _show_backup(row: dict[str, Any]) -> None:
    mark = {"completed": "[green]xong[/]", "failed": "[red]không đạt[/]", "running": "[yellow]đang chạy[/]"}
    gone = ", đã hủy khi hết hạn giữ" if row["removed_at"] else ""
    line(f"{mark[row['state']]}  {plain(row['name'])}  {row['hoso']} hồ sơ, {row['documents']} văn bản{gone}")
    for medium in row["media"]:
        result = "nguyên vẹn" if medium["ok"] else f"[red]{plain(medium['error'])}[/]"
        say(f"{plain(medium['name'])} {plain(medium['place'])}: {result}", 4)
    if row["error"]:
        say(f"[red]{plain(row['error'])}[/]", 4)


def _show_drill(report: dict[str, Any]) -> None:
    say(
        f"Kho {plain(report['store'])}, điểm niêm phong số {report['checkpoint']}: {report['packages']} gói, "
        f"{report['documents']} văn bản; mở {report['sampled']} gói; {report['differences']} khác biệt."
    )
    for item in report["problems"]:
        line(f"[red]✗[/] {plain(item['code'])}  {plain(item['subject'])}")
        say(plain(item["message"]), 4)
    for row in report["rows"]:
        line(f"[red]✗[/] {plain(row['table'])}  {plain(row['key'])}  {plain(row['side'])}")
    out.print("[green]Đạt: kho này đủ để dựng lại hệ thống.[/]" if report["passed"] else "[red]Không đạt.[/]")


def _show_elsewhere(done: dict[str, Any]) -> None:
    for path in done["elsewhere"]:
        say(f"[yellow]Tệp nằm ngoài thư mục kho[/]: {plain(path)}; đã để trong keys/restored, đặt lại bằng tay.")


def _show_differences(found: dict[str, Any]) -> None:
    words = {"left": "chỉ có ở kho thứ nhất", "right": "chỉ có ở kho thứ hai", "both": "khác"}
    for item in found["differences"]:
        columns = f": {', '.join(item['columns'])}" if item["columns"] else ""
        line(f"[red]{plain(item['table'])}[/]  {plain(item['key'])}  {words[item['side']]}{plain(columns)}")
    if found["count"] > len(found["differences"]):
        say(f"… và {found['count'] - len(found['differences'])} khác biệt nữa.")
    if found["index"] is not None and not found["index"]["level"]:
        say("[red]Chỉ mục tìm kiếm khác danh mục[/]: chạy «luutru reindex».")
    if found["equal"]:
        out.print("[green]Hai kho giống nhau.[/]")
