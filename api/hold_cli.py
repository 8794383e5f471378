"""``luutru hold``: what is held, by whom and why; placing and releasing holds."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

import typer

from api.acting import Home, Json, acting, archive_here
from api.bootstrap import now
from api.files_cli import named_file
from api.output import columns, facts, plain, print_json, say
from api.usage import Command, Group
from archive.access import Operation
from archive.catalogue import Reading
from archive.disposal.model import Hold
from archive.disposal.words import HoldKind
from archive.local_time import local_text

hold_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

KINDS = {HoldKind.CASE: "theo vụ việc", HoldKind.QUERY: "theo truy vấn", HoldKind.FILE: "theo hồ sơ"}
HoldId = Annotated[str, typer.Argument(metavar="LỆNH", help="Mã lệnh đóng băng.")]


@hold_commands.command("list", cls=Command)
def list_them(
    in_force: Annotated[bool, typer.Option("--in-force", help="Chỉ những lệnh đang có hiệu lực.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Nhiều nhất bấy nhiêu lệnh.")] = 100,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Các lệnh đóng băng, mới nhất trước."""
    from archive.catalogue.hold_reading import holds_listed

    with archive_here(home) as installation, installation.catalogue.read() as view:
        found = holds_listed(view, in_force=in_force, limit=limit)
        told = [_json(view, item) for item in found] if as_json else []
    if as_json:
        for row in told:
            print_json(row)
        return
    if not found:
        say("Không có lệnh đóng băng nào.")
        return
    rows = [
        (
            plain(item.id),
            KINDS[item.kind],
            "[red]có hiệu lực[/]" if item.in_force else "đã gỡ",
            str(item.file_count),
            local_text(item.placed_at),
            plain(item.basis),
        )
        for item in found
    ]
    columns(("Mã", "Loại", "Tình trạng", "Số hồ sơ", "Từ lúc", "Căn cứ"), rows)


@hold_commands.command("show", cls=Command)
def show(hold_id: HoldId, home: Home = None, as_json: Json = False) -> None:
    """Một lệnh đóng băng và mã các hồ sơ nó giữ."""
    from archive.catalogue.hold_reading import files_of_hold, hold

    with archive_here(home) as installation, installation.catalogue.read() as view:
        found, ids = hold(view, hold_id), files_of_hold(view, hold_id)
        told = _json(view, found)
    if as_json:
        print_json({**told, "file_ids": list(ids)})
        return
    facts(
        [
            ("Mã", found.id),
            ("Loại", KINDS[found.kind]),
            ("Vụ việc", found.case_code),
            ("Lý do", found.reason),
            ("Căn cứ", found.basis),
            ("Dự kiến đến", f"{found.until:%d/%m/%Y}" if found.until else ""),
            ("Đặt", f"{told['placed_by']}, {local_text(found.placed_at)}"),
            ("Gỡ", f"{told['released_by']}, {local_text(found.released_at)}" if found.released_at else ""),
            ("Lý do gỡ", found.release_reason),
            ("Số hồ sơ", found.file_count),
            ("Hồ sơ", ", ".join(ids)),
        ]
    )


@hold_commands.command("place", cls=Command)
def place(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="HỒSƠ", help="Mã trong sổ đăng ký, mã gói hoặc mã hồ sơ.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Lý do.")] = "",
    basis: Annotated[str, typer.Option(help="Căn cứ.")] = "",
    case: Annotated[str, typer.Option("--case", help="Vụ việc.")] = "",
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Dự kiến đến hết ngày; vẫn giữ tới khi có người gỡ.")
    ] = None,
    agency: Annotated[str, typer.Option("--agency", help="Theo truy vấn: mọi hồ sơ của cơ quan này.")] = "",
    fonds: Annotated[str, typer.Option(help="Theo truy vấn: của phông này.")] = "",
    ended_from: Annotated[int | None, typer.Option(help="Theo truy vấn: kết thúc từ năm.")] = None,
    ended_to: Annotated[int | None, typer.Option(help="Theo truy vấn: kết thúc đến năm.")] = None,
    hold_id: Annotated[
        str, typer.Option("--id", help="Mã tự chọn; chạy lại với cùng mã thì không đặt lệnh thứ hai.")
    ] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Đóng băng hồ sơ: theo vụ việc, theo hồ sơ, hoặc theo truy vấn được chốt thành danh sách."""
    from api.hold_placing import place_once
    from api.http.file_views import HoldView
    from api.http.rights_views import Names
    from api.sealing_ledger import ledger_copies
    from archive.catalogue.file_list_reading import FileQuestion, files_matching
    from archive.disposal.model import NewHold

    question = FileQuestion(agency_code=agency, fonds_code=fonds, ended_from=ended_from, ended_to=ended_to)
    if bool(files) == bool(question.as_json()):
        raise typer.BadParameter("nêu các hồ sơ, hoặc một truy vấn (--agency, --fonds, --ended-from, --ended-to)")
    kind = HoldKind.QUERY if not files else HoldKind.CASE if case else HoldKind.FILE
    new = NewHold(
        id=hold_id or uuid.uuid4().hex,
        kind=kind,
        reason=reason,
        basis=basis,
        case_code=case,
        query=question.as_json() if not files else None,
        until=until.date() if until else None,
    )
    with archive_here(home) as installation:
        by = acting(installation, Operation.HOLD_PLACE)
        with installation.catalogue.transaction() as tx:
            ids = [named_file(tx, named).id for named in files or ()]
            placed = place_once(tx, new, lambda: ids or files_matching(tx, question), by=by, at=now())
            told = HoldView.of(placed.hold, Names(tx)).model_dump(mode="json")
            end = tx.ledger_end()
        # Only now: a hold answered for is in force in a catalogue rebuilt from the stores too.
        ledger_copies(installation).ensure(end[0] if end else 0)
    if as_json:
        print_json({**told, "too_late": [late.file_id for late in placed.too_late]})
        return
    say(f"Đã đóng băng {placed.hold.file_count - len(placed.too_late)} hồ sơ. Mã lệnh: {placed.hold.id}")
    for late in placed.too_late:
        say(f"[red]Không kịp[/]: {plain(late.file_id)} đã bắt đầu được hủy từ {local_text(late.since)}.")


@hold_commands.command("release", cls=Command)
def release(
    hold_id: HoldId,
    reason: Annotated[str, typer.Option(help="Lý do gỡ.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Gỡ một lệnh đóng băng; chỉ người có thẩm quyền, từng lệnh một."""
    from archive.catalogue.hold_writing import release_hold

    with archive_here(home) as installation:
        by = acting(installation, Operation.HOLD_RELEASE)
        with installation.catalogue.transaction() as tx:
            released = release_hold(tx, hold_id, reason=reason, by=by, at=now())
            told = _json(tx, released)
    if as_json:
        print_json(told)
    else:
        say(f"Đã gỡ lệnh đóng băng {plain(released.id)}.")


def _json(view: Reading, item: Hold) -> dict[str, Any]:
    from api.http.file_views import HoldView
    from api.http.rights_views import Names

    return HoldView.of(item, Names(view)).model_dump(mode="json")
