"""``luutru rounds``: from the frozen list to the start of destruction, and what is set aside."""

from __future__ import annotations

from typing import Annotated

import typer

from api.acting import Home, Json, acting, archive_here
from api.bootstrap import now
from api.files_cli import named_file
from api.output import plain, print_json, say
from api.round_accounts import named_account
from api.round_commands import Files, Named, Why, act_on, named_round, round_commands
from api.round_council_cli import Day
from api.usage import Command
from archive.access import Operation


@round_commands.command("freeze", cls=Command)
def freeze(named: Named, home: Home = None, as_json: Json = False) -> None:
    """Chốt danh mục: một mã băm cho mọi dòng; hồ sơ đã thay đổi bị loại trước."""
    from archive.catalogue.round_deciding import freeze_list

    with act_on(named, home, as_json, "Đã chốt danh mục.") as act:
        freeze_list(act.tx, act.of.id, by=act.by, at=now())


@round_commands.command("decide", cls=Command)
def decide(
    named: Named,
    number: Annotated[str, typer.Option(help="Số quyết định hủy.")],
    on: Day,
    list_sha256: Annotated[str, typer.Option(help="Mã băm của danh mục đã chốt, như trong «rounds show».")],
    no_titles: Annotated[bool, typer.Option("--no-titles", help="Không giữ lại tiêu đề hồ sơ.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Quyết định hủy, cho đúng danh mục mang mã băm đã nêu."""
    from archive.catalogue.round_deciding import decide_round

    with act_on(named, home, as_json, "Đã ghi quyết định hủy.", Operation.ROUND_DECIDE) as act:
        decide_round(
            act.tx,
            act.of.id,
            list_sha256,
            number=number,
            decided_on=on.date(),
            titles_stay=not no_titles,
            by=act.by,
            at=now(),
        )


@round_commands.command("keep", cls=Command)
def keep(named: Named, home: Home = None, as_json: Json = False) -> None:
    """Thực hiện kết luận kéo dài, vĩnh viễn: sửa thời hạn và đưa hồ sơ ra khỏi đợt."""
    from archive.catalogue.round_deciding import keep_lines

    left = 1
    with archive_here(home) as installation:
        by = acting(installation, Operation.ROUND_ACT)
        while left:
            with installation.catalogue.transaction() as tx:
                of = named_round(tx, named)
                left = keep_lines(tx, of.id, by=by, at=now())
    if as_json:
        print_json({"round_id": of.id, "left": left})
    else:
        say(f"Đã thực hiện mọi kết luận giữ lại của đợt hủy {plain(of.code)}.")


@round_commands.command("executor", cls=Command)
def executor(
    named: Named,
    account: Annotated[str, typer.Argument(metavar="TÀIKHOẢN", help="Tên đăng nhập.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Giao người thực hiện hủy; thay cho người được giao trước."""
    from archive.catalogue.round_deciding import appoint_executor

    with act_on(named, home, as_json, "Đã giao người thực hiện.", Operation.ROUND_DECIDE) as act:
        appoint_executor(act.tx, act.of.id, named_account(act.tx, account), by=act.by, at=now())


@round_commands.command("hand-over", cls=Command)
def hand_over_files(named: Named, home: Home = None, as_json: Json = False) -> None:
    """Bàn giao hồ sơ cho người thực hiện hủy."""
    from archive.catalogue.round_deciding import hand_over

    with act_on(named, home, as_json, "Đã bàn giao.") as act:
        hand_over(act.tx, act.of.id, by=act.by, at=now())


@round_commands.command("start", cls=Command)
def start(named: Named, home: Home = None, as_json: Json = False) -> None:
    """Bắt đầu hủy; chỉ người thực hiện, khi không còn thiếu gì."""
    from archive.catalogue.round_deciding import start_executing

    with act_on(named, home, as_json, "Đã bắt đầu.") as act:
        start_executing(act.tx, act.of.id, by=act.by, at=now())


@round_commands.command("set-aside", cls=Command)
def aside(named: Named, files: Files, reason: Why, home: Home = None, as_json: Json = False) -> None:
    """Đưa hồ sơ chưa bắt đầu hủy ra khỏi đợt, cả khi đợt đang hủy; hồ sơ trở về chỗ cũ."""
    from archive.catalogue.round_writing import set_aside

    with act_on(named, home, as_json, f"Đã đưa {len(files)} hồ sơ ra.", Operation.ROUND_DECIDE) as act:
        for item in files:
            set_aside(act.tx, act.of.id, named_file(act.tx, item).id, reason=reason, by=act.by, at=now())


@round_commands.command("complete", cls=Command)
def complete(named: Named, home: Home = None, as_json: Json = False) -> None:
    """Hoàn tất đợt hủy khi hồ sơ hủy đã được lưu; người quyết định làm."""
    from archive.catalogue.round_deciding import complete_round

    with act_on(named, home, as_json, "Đã hoàn tất.") as act:
        complete_round(act.tx, act.of.id, by=act.by, at=now())
