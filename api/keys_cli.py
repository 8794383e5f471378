"""``luutru keys``: the key store of sealed hồ sơ, its key-encryption key, and the shares of it on paper."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.bootstrap import opened
from api.journal import logged
from api.output import line, plain, print_json, say
from api.settings import home_folder, load_settings
from api.usage import Command, Group

key_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

Home = Annotated[
    Path | None, typer.Option("--home", help="Thư mục của kho (mặc định: biến LUUTRU_HOME, rồi ./luutru-data).")
]
Json = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON, mỗi dòng một giá trị.")]


@key_commands.command("status", cls=Command)
def status(home: Home = None, as_json: Json = False) -> None:
    """Kho khóa: đời khóa, số khóa, nơi giữ, mảnh khóa đã in. Không cần khóa bọc khóa."""
    from api.key_keeping import keys_view

    with opened(load_settings(home_folder(home))) as installation:
        shown = keys_view(installation)
    if as_json:
        print_json(shown)
        return
    say(f"Đời khóa {shown['generation']}, khóa bọc khóa {shown['kek_id']} ({shown['holder']}).")
    say(f"{shown['keys']} khóa, {shown['destroyed']} đã hủy; giữ ở: {plain(', '.join(shown['places']))}.")
    shares = shown["shares"]
    say(f"Mảnh khóa: cần {shares[0]} trong {shares[1]}." if shares else "Chưa in mảnh khóa cho đời khóa này.")


@key_commands.command("check", cls=Command)
def check(
    adopt: Annotated[
        Path | None,
        typer.Option(metavar="THƯ MỤC", help="Nơi giữ khóa mới đã ghi trong cấu hình, trên phương tiện mới."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Đọc mọi byte ở mọi nơi giữ khóa, so với nhau, sửa bản hỏng từ bản đúng."""
    from api.key_keeping import checked

    with opened(load_settings(home_folder(home))) as installation:
        shown = checked(installation, adopt.absolute() if adopt else None)
    if as_json:
        print_json(shown)
    else:
        say(f"Các nơi giữ khóa giống nhau: {shown['records']} bản ghi, đã sửa {shown['healed']}.")


@key_commands.command("rotate", cls=Command)
def rotate(home: Home = None, as_json: Json = False) -> None:
    """Thay khóa bọc khóa, bọc lại mọi khóa còn dùng, rồi hủy khóa cũ: bản sao cũ của kho khóa hết giá trị."""
    from api.cli import actor
    from api.key_keeping import rotate_keys
    from api.settings_keys import HolderKind

    settings = load_settings(home_folder(home))
    following = None
    if settings.keys is not None and settings.keys.holder is HolderKind.PASSPHRASE:
        following = _secret("Mật khẩu mới: ")
        if sys.stdin.isatty() and following != _secret("Nhập lại mật khẩu mới: "):
            raise typer.BadParameter("hai lần nhập mật khẩu khác nhau")
    with logged(settings.home), opened(settings) as installation:
        shown = rotate_keys(installation, actor=actor(), following=following)
    if as_json:
        print_json(shown)
        return
    say(f"Đã xoay khóa: đời {shown['generation']}, {shown['keys']} khóa ở {shown['places']} nơi; khóa cũ đã hủy.")
    if shown["shares_void"]:
        line("[yellow]Các phiếu mảnh khóa đã in hết giá trị: thu hồi, hủy và in phiếu mới («luutru keys shares»).[/]")


@key_commands.command("shares", cls=Command)
def shares(
    folder: Annotated[Path, typer.Option("--to", metavar="THƯ MỤC", help="Nơi ghi các phiếu PDF; in xong thì xóa.")],
    needed: Annotated[int, typer.Option(min=2, max=16, help="Cần bao nhiêu mảnh để ghép lại khóa.")] = 3,
    printed: Annotated[int, typer.Option(min=2, max=16, help="In bao nhiêu mảnh, mỗi người giữ một.")] = 5,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Lập phiếu mảnh khóa (SLIP-39), mỗi người giữ một phiếu, để mất thiết bị giữ khóa cũng không mất hồ sơ."""
    from api.cli import actor
    from api.key_keeping import print_shares

    if needed > printed:
        raise typer.BadParameter("số mảnh cần không được lớn hơn số mảnh in")
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        paths = print_shares(installation, folder.absolute(), needed=needed, printed=printed, actor=actor())
    if as_json:
        print_json({"needed": needed, "printed": printed, "sheets": [str(path) for path in paths]})
    else:
        say(f"Đã lập {len(paths)} phiếu tại {plain(str(folder))}. In ra, giao từng người, rồi xóa các tệp này.")


@key_commands.command("drill", cls=Command)
def drill(home: Home = None, as_json: Json = False) -> None:
    """Diễn tập: những người giữ nhập mảnh của mình; khóa được ghép, thử mở, rồi quên đi. Kết quả ghi vào nhật ký."""
    from api.cli import actor
    from api.key_keeping import rehearse_shares

    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        shown = rehearse_shares(installation, _shares(), actor=actor())
    if as_json:
        print_json(shown)
    else:
        say(f"Đạt: {shown['shares']} mảnh ghép lại đúng khóa, mở thử được {shown['opened']} khóa.")


@key_commands.command("recover", cls=Command)
def recover(
    target: Annotated[Path, typer.Option("--to", metavar="TỆP", help="Tệp khóa bọc khóa mới; không ghi đè tệp đã có.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Ghép lại khóa bọc khóa từ đủ số mảnh, ghi vào tệp mới trên phương tiện mới."""
    from api.cli import actor
    from api.key_keeping import recover_kek

    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        shown = recover_kek(installation, _shares(), target.absolute(), actor=actor())
    if as_json:
        print_json({**shown, "file": str(target)})
    else:
        say(f"Đã ghi khóa bọc khóa vào {plain(str(target))}; đặt [keys] kek_path trỏ tới đó, rồi xoay khóa.")


def _shares() -> list[str]:
    """As many as the first one says are needed, one a line; typed ones are not shown."""
    from archive.keystore.shares import needed_shares, typed_share

    texts = [typed_share(_secret("Mảnh thứ 1: "))]
    while len(texts) < needed_shares(texts[0]):
        text = _secret(f"Mảnh thứ {len(texts) + 1}: ")
        if not text:
            break
        texts.append(typed_share(text))
    return texts


def _secret(prompt: str) -> str:
    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
