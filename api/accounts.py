"""Accounts and tokens, as the command line and the service change them: each change one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.access import Author, Role, Scope
from archive.access.errors import (
    AccountMissingError,
    TokenMissingError,
    TokenRefusedError,
)
from archive.access.names import folded_username, is_username
from archive.access.passwords import Passwords, chosen_password
from archive.access.rules import scopes_of_role
from archive.access.token_secrets import new_secret, secret_sha256
from archive.catalogue import Account, Catalogue, NewAccount, NewToken, Reading, Token
from archive.catalogue.account_writing import LONGEST_TOKEN_LIFE

TOKEN_DAYS = 90
PASSWORDS = Passwords()
"""How they are kept, unless a test says otherwise."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token and, this once, its secret. The secret is in no repr, no log and no database."""

    token: Token
    secret: str

    def __repr__(self) -> str:
        return f"IssuedToken({self.token!r})"


def new_record_id() -> str:
    return uuid.uuid4().hex


def find_account(reading: Reading, who: str) -> Account:
    """The account with this id or user name, however the name is typed. Raises AccountMissingError."""
    name = folded_username(who)
    if is_username(name):
        found = reading.account_named(name)
        if found is not None:
            return found
        with suppress(AccountMissingError):
            return reading.account(name)
    raise AccountMissingError("Không có tài khoản này.", remedy="Xem «luutru account list».", detail=repr(who[:100]))


def create_account(
    catalogue: Catalogue,
    *,
    username: str,
    name: str,
    role: Role,
    agency_code: str = "",
    password: str | None = None,
    identity: tuple[str, str] | None = None,
    by: Author,
    at: datetime,
    new_id: Callable[[], str] = new_record_id,
    passwords: Passwords = PASSWORDS,
) -> Account:
    """The new account, opened by ``password``, by ``identity`` (issuer and subject), or only by tokens.

    Raises AccountRefusedError, AccountExistsError, PasswordRefusedError.
    """
    issuer, subject = identity or (None, None)
    kept = passwords.hashed(chosen_password(password, folded_username(username))) if password is not None else None
    with catalogue.transaction() as tx:
        account = tx.create_account(
            NewAccount(new_id(), username, name, role, agency_code, issuer, subject), by=by, at=at
        )
        if kept is not None:
            # Part of the creation, which waits for confirmation as a whole.
            tx.renew_password_hash(account.id, kept)
        return tx.account(account.id)


def disable_account(catalogue: Catalogue, who: str, *, by: Author, at: datetime) -> Account:
    """The account, which opens nothing any more; its tokens are revoked. Raises OwnRightsError, LastOfRoleError."""
    with catalogue.transaction() as tx:
        return tx.disable_account(find_account(tx, who).id, by=by, at=at)


def enable_account(catalogue: Catalogue, who: str, *, by: Author, at: datetime) -> Account:
    """The account, open again; it needs new tokens. Raises OwnRightsError."""
    with catalogue.transaction() as tx:
        return tx.enable_account(find_account(tx, who).id, by=by, at=at)


def change_role(
    catalogue: Catalogue, who: str, role: Role, *, agency_code: str = "", by: Author, at: datetime
) -> Account:
    """The account in its new role, its tokens no wider than that. Raises OwnRightsError, LastOfRoleError."""
    with catalogue.transaction() as tx:
        return tx.change_role(find_account(tx, who).id, role, agency_code=agency_code, by=by, at=at)


def link_identity(catalogue: Catalogue, who: str, issuer: str, subject: str, *, by: Author, at: datetime) -> Account:
    """The account, opened by this identity of an OpenID provider. Raises OwnRightsError, AccountExistsError."""
    with catalogue.transaction() as tx:
        return tx.link_identity(find_account(tx, who).id, issuer, subject, by=by, at=at)


def issue_token(
    catalogue: Catalogue,
    who: str,
    *,
    label: str,
    scopes: Iterable[Scope] | None = None,
    days: int = TOKEN_DAYS,
    not_beyond: datetime | None = None,
    by: Author,
    at: datetime,
    new_id: Callable[[], str] = new_record_id,
) -> IssuedToken:
    """A token of the account with these scopes (None: all of its role's) for so many days; its secret is shown now.

    ``not_beyond``: it ends then at the latest. Raises TokenRefusedError, AccountDisabledError, AuthorityMissingError for another's account.
    """
    if not 1 <= days <= LONGEST_TOKEN_LIFE.days:
        raise TokenRefusedError("Thời hạn của mã truy cập không hợp lệ.", remedy="Chọn thời hạn từ 1 đến 366 ngày.")
    secret, until = new_secret(), at + timedelta(days=days)
    if not_beyond is not None:
        until = min(until, not_beyond)
    with catalogue.transaction() as tx:
        account = find_account(tx, who)
        chosen = scopes_of_role(account.role) if scopes is None else frozenset(scopes)
        token = tx.issue_token(
            NewToken(new_id(), account.id, label, required_digest(secret), chosen, until),
            by=by,
            at=at,
        )
    return IssuedToken(token, secret)


def revoke_token(
    catalogue: Catalogue, token_id: str, *, by: Author, at: datetime, of_account: str | None = None
) -> Token:
    """The token, worth nothing from the next request on.

    ``of_account``: whose it must be, else TokenMissingError, as for one that is not there at all.
    """
    with catalogue.transaction() as tx:
        if of_account is not None and tx.token(token_id).account_id != of_account:
            raise TokenMissingError("Không có mã truy cập này.", detail=token_id)
        return tx.revoke_token(token_id, by=by, at=at)


def required_digest(secret: str) -> str:
    """Of a secret just made, which always has one."""
    digest = secret_sha256(secret)
    assert digest is not None
    return digest
