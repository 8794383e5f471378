"""Who decides at the command line: the account whose token stands in LUUTRU_TOKEN, with the rights it has in the service.

Reading at the machine's own command line needs no account. A decision of the law does: the ledger names a person for it,
and one person cannot stand for another by standing at the machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from api.bootstrap import Installation, now, opened
from api.journal import logged
from api.settings import home_folder, load_settings
from archive.access import Author, Operation, Verdict, decide
from archive.errors import LuutruError

TOKEN = "LUUTRU_TOKEN"

Home = Annotated[
    Path | None, typer.Option("--home", help="Thư mục của kho (mặc định: biến LUUTRU_HOME, rồi ./luutru-data).")
]
Json = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON, mỗi dòng một giá trị.")]


class AccountNeededError(LuutruError):
    """Nobody is known to decide this: no token is given, or one that is nobody's (any more)."""

    code = "access.unauthenticated"


class AccessForbiddenError(LuutruError):
    """The account may not do this."""

    code = "access.forbidden"


def acting(installation: Installation, operation: Operation) -> Author:
    """The account that acts. Raises AccountNeededError, AccessForbiddenError."""
    from api.signing_in import authenticate_token

    secret = os.environ.get(TOKEN, "").strip()
    with installation.catalogue.read() as view:
        principal = authenticate_token(view, secret, now()) if secret else None
    if principal is None:
        raise AccountNeededError(
            "Việc này phải do một tài khoản có thẩm quyền làm.",
            remedy=f"Đặt mã truy cập của tài khoản đó vào biến {TOKEN} (luutru token issue).",
        )
    if decide(principal, operation) is not Verdict.ALLOWED:
        raise AccessForbiddenError(
            "Tài khoản này không được phép thực hiện việc này.",
            remedy="Dùng tài khoản có thẩm quyền.",
            detail=f"{principal.actor} {operation}",
        )
    return Author.of(principal)


@contextmanager
def archive_here(home: Path | None) -> Iterator[Installation]:
    """The archive of a command."""
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        yield installation
