"""People of a round by the names they log in with."""

from __future__ import annotations

from archive.access.errors import AccountMissingError
from archive.access.names import folded_username
from archive.catalogue import Reading


def named_account(view: Reading, username: str) -> str:
    """The id of the account. Raises AccountMissingError."""
    found = view.account_named(folded_username(username))
    if found is None:
        raise AccountMissingError(
            "Không có tài khoản mang tên đăng nhập này.", remedy="Kiểm tra lại tên đăng nhập.", detail=username
        )
    return found.id
