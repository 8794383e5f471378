"""Who may decide about periods, schedules and danh mục: asked again in the transaction that decides."""

from __future__ import annotations

from collections.abc import Collection

from archive.access import Author, Role
from archive.access.errors import AuthorityMissingError
from archive.catalogue.writing import Transaction


def require_role(tx: Transaction, by: Author, *roles: Role) -> str:
    """The account id of ``by``, an active account in one of ``roles``. Raises AuthorityMissingError."""
    if by.account_id is not None and any(by.account_id in tx.active_accounts(role) for role in roles):
        return by.account_id
    raise AuthorityMissingError(
        f"Việc này chỉ dành cho vai trò {', '.join(f'«{role.value}»' for role in roles)}.",
        remedy="Đăng nhập bằng tài khoản có thẩm quyền.",
        detail=by.actor,
    )


def require_keeper(tx: Transaction, by: Author) -> str:
    """An archivist or a head of archive."""
    return require_role(tx, by, Role.ARCHIVIST, Role.HEAD)


def require_head(tx: Transaction, by: Author) -> str:
    return require_role(tx, by, Role.HEAD)


def require_plan_author(tx: Transaction, by: Author, agency_codes: Collection[str]) -> str:
    """Who may lay a danh mục hồ sơ before the head: a keeper, or an account of the agency (under any of its codes)."""
    account = next((item for item in tx.active_accounts(Role.AGENCY) if item == by.account_id), None)
    if account is not None and tx.account(account).agency_code in agency_codes:
        return account
    return require_keeper(tx, by)
