"""``luutru account`` and ``luutru token``: who may come in, from the machine's own command line."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.bootstrap import now, opened
from api.journal import logged
from api.output import out, plain, print_json, say, table
from api.settings import home_folder, load_settings
from api.usage import Command, Group
from archive.access import Role, Scope
from archive.access.author import Author
from archive.catalogue.rights_model import Account, Token
from archive.local_time import local_text

ROLES = {
    Role.AGENCY: "cơ quan nộp",
    Role.ARCHIVIST: "văn thư lưu trữ",
    Role.HEAD: "người có thẩm quyền",
    Role.AUDITOR: "kiểm toán",
    Role.ADMINISTRATOR: "quản trị hệ thống",
}

account_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
token_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

Home = Annotated[
    Path | None, typer.Option("--home", help="Thư mục của kho (mặc định: biến LUUTRU_HOME, rồi ./luutru-data).")
]
Json = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON, mỗi dòng một giá trị.")]
Username = Annotated[str, typer.Argument(metavar="TÊN", help="Tên đăng nhập.")]


class _RoleName(StrEnum):
    """The roles as they are typed."""

    AGENCY = "agency"
    ARCHIVIST = "archivist"
    HEAD = "head"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


def _author() -> Author:
    from api.cli import actor

    return Author(actor())


@account_commands.command("add", cls=Command)
def add(
    username: Username,
    role: Annotated[
        _RoleName,
        typer.Option(help="Vai trò: agency, archivist, head, auditor hoặc administrator.", show_choices=False),
    ],
    name: Annotated[str, typer.Option(help="Họ tên, hoặc tên cơ quan.")] = "",
    agency: Annotated[str, typer.Option(help="Mã cơ quan nộp (với vai trò agency).")] = "",
    password: Annotated[bool, typer.Option("--password", help="Hỏi và đặt mật khẩu.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Tạo tài khoản; việc này hiện trong danh sách thay đổi quyền cho tới khi được xác nhận."""
    from api.accounts import create_account

    chosen = _asked_password() if password else None
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        account = create_account(
            installation.catalogue,
            username=username,
            name=name or username,
            role=Role(role.value),
            agency_code=agency,
            password=chosen,
            by=_author(),
            at=now(),
        )
    if as_json:
        print_json(_account_json(account))
    else:
        say(f"Đã tạo tài khoản {plain(account.username)} ({ROLES[account.role]}).")


@account_commands.command("list", cls=Command)
def list_accounts(home: Home = None, as_json: Json = False) -> None:
    """Các tài khoản, vai trò và tình trạng."""
    settings = load_settings(home_folder(home))
    with opened(settings) as installation, installation.catalogue.read() as reading:
        accounts = reading.accounts()
    if as_json:
        for account in accounts:
            print_json(_account_json(account))
        return
    rows = [
        (
            plain(item.username),
            plain(item.name),
            ROLES[item.role],
            plain(item.agency_code),
            "" if item.active else "đã khóa",
        )
        for item in accounts
    ]
    out.print(table(("Tên", "Họ tên", "Vai trò", "Cơ quan", ""), rows))


@account_commands.command("disable", cls=Command)
def disable(username: Username, home: Home = None) -> None:
    """Khóa tài khoản; mọi mã truy cập của nó mất hiệu lực ngay."""
    from api.accounts import disable_account

    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        account = disable_account(installation.catalogue, username, by=_author(), at=now())
    say(f"Đã khóa tài khoản {plain(account.username)}.")


@account_commands.command("enable", cls=Command)
def enable(username: Username, home: Home = None) -> None:
    """Mở lại tài khoản đã khóa."""
    from api.accounts import enable_account

    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        account = enable_account(installation.catalogue, username, by=_author(), at=now())
    say(f"Đã mở lại tài khoản {plain(account.username)}; cần cấp mã truy cập mới.")


@account_commands.command("password", cls=Command)
def password(username: Username, home: Home = None) -> None:
    """Đặt mật khẩu mới (hỏi trên màn hình, hoặc đọc một dòng từ đầu vào)."""
    from api.passwords import set_password

    chosen = _asked_password()
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        set_password(installation.catalogue, username, chosen, by=_author(), at=now())
    say(f"Đã đặt mật khẩu cho {plain(username)}.")


@token_commands.command("issue", cls=Command)
def issue(
    username: Username,
    label: Annotated[str, typer.Option(help="Mã này dùng để làm gì.")] = "dòng lệnh",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="Giới hạn phạm vi: submit, read, review, decide, administer; nêu nhiều lần."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Hiệu lực bao nhiêu ngày.")] = 90,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Cấp mã truy cập; mã chỉ được hiện một lần này."""
    from api.accounts import issue_token

    unknown = sorted(set(scope or ()) - set(Scope))
    if unknown:
        raise typer.BadParameter(f"không có phạm vi {', '.join(unknown)}; có: {', '.join(Scope)}")
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        issued = issue_token(
            installation.catalogue,
            username,
            label=label,
            scopes=[Scope(item) for item in scope] if scope else None,
            days=days,
            by=_author(),
            at=now(),
        )
    if as_json:
        print_json({**_token_json(issued.token), "secret": issued.secret})
    else:
        say(f"Mã truy cập của {plain(username)}, hiệu lực tới {local_text(issued.token.expires_at)}:")
        sys.stdout.write(f"{issued.secret}\n")


@token_commands.command("list", cls=Command)
def list_tokens(username: Username, home: Home = None, as_json: Json = False) -> None:
    """Các mã truy cập của một tài khoản (không hiện mã)."""
    from api.accounts import find_account

    settings = load_settings(home_folder(home))
    with opened(settings) as installation, installation.catalogue.read() as reading:
        tokens: Sequence[Token] = reading.tokens(find_account(reading, username).id)
    if as_json:
        for token in tokens:
            print_json(_token_json(token))
        return
    at = now()
    rows = [
        (
            item.id,
            plain(item.label),
            ", ".join(sorted(item.scopes)),
            local_text(item.expires_at),
            "còn hiệu lực" if item.live(at) else "hết hiệu lực",
        )
        for item in tokens
    ]
    out.print(table(("Số", "Dùng cho", "Phạm vi", "Tới", ""), rows))


@token_commands.command("revoke", cls=Command)
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="SỐ", help="Số của mã truy cập (xem «luutru token list»).")],
    home: Home = None,
) -> None:
    """Thu hồi một mã truy cập; có hiệu lực từ yêu cầu kế tiếp."""
    from api.accounts import revoke_token

    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        revoke_token(installation.catalogue, token_id, by=_author(), at=now())
    say("Đã thu hồi mã truy cập.")


def _asked_password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Mật khẩu: ")
    return sys.stdin.readline().rstrip("\n")


def _account_json(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "username": account.username,
        "name": account.name,
        "role": account.role.value,
        "agency_code": account.agency_code,
        "active": account.active,
    }


def _token_json(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "label": token.label,
        "scopes": sorted(token.scopes),
        "expires_at": token.expires_at.isoformat(),
        "revoked": token.revoked_at is not None,
    }
