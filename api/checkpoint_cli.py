"""``luutru ledger``: sealing the ledger, what is sealed where, and whether it still stands as it was sealed."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.bootstrap import Installation, now, opened
from api.exits import Exit
from api.journal import logged
from api.output import columns, facts, line, out, plain, print_json, progress, say
from api.settings import home_folder, load_settings
from api.usage import Command, Group
from archive.local_time import local_text

ledger_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

Home = Annotated[
    Path | None, typer.Option("--home", help="Thư mục của kho (mặc định: biến LUUTRU_HOME, rồi ./luutru-data).")
]
Json = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON, mỗi dòng một giá trị.")]


class _Span(StrEnum):
    """How far back a checkpoint goes, as it is typed."""

    NEWS = "news"
    DAY = "day"
    FULL = "full"


@ledger_commands.command("seal", cls=Command)
def seal(
    span: Annotated[
        _Span,
        typer.Option(
            "--span", help="Phần mới (news), gộp từ lần gộp trước (day), hoặc toàn bộ (full).", show_choices=False
        ),
    ] = _Span.NEWS,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Niêm phong phần sổ nhật ký và danh mục chưa niêm phong, chép tới mọi kho."""
    from api.sealing_ledger import seal_now
    from archive.checkpoints.statement import Kind

    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation, progress("Niêm phong", None, shown=not as_json):
        done = seal_now(installation, Kind(span.value))
    made = done.checkpoint
    if as_json:
        print_json(
            {
                "checkpoint": None if made is None else {**made.content.as_json(), "sha256": made.sha256},
                "timestamped": done.timestamped or None,
                "stores": [
                    {"store": item.store, "number": item.number, "error": item.error.code if item.error else None}
                    for item in done.stores
                ],
            }
        )
    else:
        if made is None:
            out.print("Không có gì mới để niêm phong.")
        else:
            line(f"Điểm niêm phong số {made.number}: sổ nhật ký đến bản ghi số {made.content.ledger_last}.")
            line(f"  SHA-256 {made.sha256}")
        for item in done.stores:
            if item.error is not None:
                say(f"[yellow]{plain(item.store)}[/]: mới đến số {item.number}. {plain(item.error.message)}", 2)
        if done.trouble is not None:
            say(f"[yellow]Dấu thời gian[/]: {plain(done.trouble.message)}", 2)
    behind = any(item.error for item in done.stores)
    raise typer.Exit(Exit.INDETERMINATE if behind or done.trouble else Exit.OK)


@ledger_commands.command("status", cls=Command)
def status(home: Home = None, as_json: Json = False) -> None:
    """Đã niêm phong đến đâu, kho nào đã có, dấu thời gian gần nhất."""
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        found = _status(installation)
    if as_json:
        print_json(found)
    else:
        facts(
            [
                ("Sổ nhật ký đến bản ghi", found["ledger_last"]),
                ("Đã niêm phong đến bản ghi", found["sealed_last"]),
                ("Điểm niêm phong mới nhất", found["number"]),
                ("Niêm phong lúc", found["at"]),
                ("SHA-256", found["sha256"]),
                ("Dấu thời gian cho điểm số", found["timestamped"]),
            ]
        )
        rows = [
            (plain(item["store"]), str(item["number"]), str(item["verified_number"]), item["verified_at"] or "")
            for item in found["stores"]
        ]
        columns(("Kho", "Có đến số", "Đã đọc lại đến số", "Lúc"), rows)
    raise typer.Exit(Exit.OK if found["level"] else Exit.INDETERMINATE)


def _status(installation: Installation) -> dict[str, Any]:
    from archive.catalogue.checkpoint_reading import last_checkpoint, last_timestamp, shipments

    with installation.catalogue.read() as view:
        newest, marks, stamped = last_checkpoint(view), shipments(view), last_timestamp(view)
        end = view.ledger_end()
    number = newest.number if newest else 0
    stores = [
        {
            "store": store.name,
            "number": mark.number if mark else 0,
            "verified_number": mark.verified_number if mark else 0,
            "verified_at": local_text(mark.verified_at) if mark and mark.verified_at else None,
        }
        for store in installation.stores
        for mark in [marks.get(store.name)]
    ]
    return {
        "number": number,
        "at": local_text(newest.content.at) if newest else None,
        "sha256": newest.sha256 if newest else None,
        "ledger_last": end[0] if end else 0,
        "sealed_last": newest.content.ledger_last if newest else 0,
        "timestamped": stamped.number if stamped else None,
        "stores": stores,
        "level": all(item["number"] == number for item in stores),
    }


@ledger_commands.command("verify", cls=Command)
def verify(
    full: Annotated[bool, typer.Option("--full", help="Đọc lại tất cả, không chỉ phần mới từ lần trước.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Đặt lại đối tượng niêm phong hỏng hoặc thiếu từ nơi còn nguyên.")
    ] = False,
    store: Annotated[list[str] | None, typer.Option("--store", help="Chỉ kho này (nêu được nhiều lần).")] = None,
    from_folder: Annotated[
        Path | None, typer.Option("--from", help="Kiểm tra một thư mục kho, không cần danh mục.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="Khóa công khai của kho lưu trữ (PEM), dùng với --from.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Sổ nhật ký và các kho có còn đúng như khi niêm phong không; nêu từng chỗ sai và bản ghi sai đầu tiên."""
    if from_folder is not None:
        from api.verifying_ledger import differences_in_folder

        code = _told(differences_in_folder(from_folder, key, home_folder(home)), as_json=as_json)
    else:
        from api.cli import actor
        from api.verifying_ledger import GRACE, ledger_differences

        settings = load_settings(home_folder(home))
        with logged(settings.home), opened(settings) as installation:
            found = ledger_differences(
                installation,
                full=full,
                names=store or (),
                now=now(),
                grace=GRACE,
                repair_as=actor() if repair else "",
            )
            with progress("Kiểm tra niêm phong", None, shown=not as_json):
                code = _told(found, as_json=as_json)
    raise typer.Exit(code)


def _told(found: Iterator[dict[str, Any]], *, as_json: bool) -> Exit:
    """Each difference as it is found; what could not be read is no proof of damage, and none of wholeness."""
    wrong = unread = repaired = 0
    for item in found:
        if item.get("repaired"):
            repaired += 1
        elif item["code"].endswith((".unreachable", ".unread", ".unreadable")):
            unread += 1
        else:
            wrong += 1
        if as_json:
            print_json(item)
        else:
            line(f"[red]{plain(item['code'])}[/]  {plain(item['subject'])}")
            say(plain(item["message"]), 4)
            if "repaired" in item:
                done = "[green]Đã đặt lại nguyên vẹn.[/]"
                say(done if item["repaired"] else f"[red]Chưa phục hồi được[/]: {plain(item['reason'])}", 4)
    if not as_json:
        if repaired:
            out.print(f"[green]Đã phục hồi {repaired} đối tượng.[/]")
        out.print(f"[red]{wrong + unread} khác biệt.[/]" if wrong + unread else "[green]Đúng như khi niêm phong.[/]")
    return Exit.FAILED if wrong else Exit.INDETERMINATE if unread else Exit.OK
