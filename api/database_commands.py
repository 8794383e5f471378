"""``luutru database move|status``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api import output
from api.bootstrap import now
from api.journal import logged
from api.output import line, plain, print_json, say
from api.settings import home_folder, load_settings
from api.usage import Command, Group

database_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

Home = Annotated[
    Path | None, typer.Option("--home", help="Thư mục của kho (mặc định: biến LUUTRU_HOME, rồi ./luutru-data).")
]
Json = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON, mỗi dòng một giá trị.")]


@database_commands.command("status", cls=Command)
def status(home: Home = None, as_json: Json = False) -> None:
    """Kho đang dùng cơ sở dữ liệu nào, nhật ký tới đâu, những tiến trình nào đang làm việc."""
    from api.moving_database import database_status

    settings = load_settings(home_folder(home))
    with logged(settings.home):
        found = database_status(settings)
    if as_json:
        print_json(found)
        return
    line(f"{plain(found['kind'])}: {plain(found['url'])}")
    line(f"Nhật ký: {found['ledger_end']} bản ghi. Tiến trình xử lý: {len(found['workers'])}.")


@database_commands.command("move", cls=Command)
def move(
    to: Annotated[str, typer.Option("--to", help="postgresql://tên@máy/cơ-sở-dữ-liệu; «sqlite»: về thư mục kho.")],
    password_file: Annotated[Path | None, typer.Option(help="Tệp mật khẩu (quyền 0600).")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Chuyển danh mục và nhật ký sang cơ sở dữ liệu khác, đối chiếu từng dòng; bản cũ được giữ. Dừng dịch vụ trước."""
    from api.cli import actor
    from api.moving_database import move_database

    settings = load_settings(home_folder(home))
    with logged(settings.home), output.progress("Chuyển", None, shown=not as_json) as bar:
        proofs = move_database(
            settings,
            "" if to == "sqlite" else to,
            password_file,
            actor=actor(),
            at=now(),
            progress=lambda name, _rows: bar.update(bar.task_ids[0], description=f"Chuyển {name}"),
        )
    if as_json:
        print_json({"rows": {proof.table: proof.rows for proof in proofs}})
    else:
        rows = sum(proof.rows for proof in proofs)
        say(f"Đã chuyển {rows} dòng của {len(proofs)} bảng, từng dòng đã đối chiếu. Cơ sở dữ liệu cũ được giữ lại.")
