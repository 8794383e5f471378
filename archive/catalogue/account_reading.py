"""Questions about accounts and what opens them; the one on every request is one indexed statement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select

from archive.access import Grant, Principal, Role, Scope
from archive.access.attempts import Attempts
from archive.access.errors import AccountMissingError, SavedSearchMissingError, TokenMissingError
from archive.access.rules import scopes_of_role
from archive.catalogue import rights_tables as t
from archive.catalogue.columns import Instant
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.rights_model import Account, Authenticated, SavedSearch, Token
from archive.catalogue.rights_rows import account_of, saved_search_of, token_of


def _authenticated() -> Select[Any]:
    k, a, g, at = t.tokens.c, t.accounts.c, t.grants.c, bindparam("at", type_=Instant)
    live = and_(g.account_id == a.id, g.valid_until > at, g.valid_from <= at, g.withdrawn_at.is_(None))
    return (
        select(
            *(k.id.label("token_id"), k.scopes, k.last_used_on, a.id, a.username, a.role, a.agency_code),
            *(g.aip_id, g.ordinal, g.valid_from, g.valid_until),
        )
        .select_from(t.tokens.join(t.accounts, a.id == k.account_id).outerjoin(t.grants, live))
        .where(
            k.secret_sha256 == bindparam("digest"), k.revoked_at.is_(None), k.expires_at > at, a.disabled_at.is_(None)
        )
    )


_AUTHENTICATED = _authenticated()
"""Made once: putting a statement together costs more than this one takes."""


class AccountReading(LedgerReading):
    """Accounts, tokens and saved searches through one connection."""

    def account(self, account_id: str) -> Account:
        """Raises AccountMissingError."""
        found = self._account(t.accounts.c.id == account_id)
        if found is None:
            raise AccountMissingError("Không có tài khoản mang mã này.", detail=account_id)
        return found

    def account_named(self, username: str) -> Account | None:
        """By its normalised user name."""
        return self._account(t.accounts.c.username == username)

    def account_of_identity(self, issuer: str, subject: str) -> Account | None:
        """The account bound to this identity of an OpenID provider."""
        c = t.accounts.c
        return self._account(and_(c.oidc_issuer == issuer, c.oidc_subject == subject))

    def accounts(self, *, after: str = "", limit: int = 1000) -> tuple[Account, ...]:
        """At most ``limit`` accounts by user name, from behind the user name ``after`` on."""
        c = t.accounts.c
        query = select(t.accounts).where(c.username > after).order_by(c.username).limit(limit)
        return tuple(map(account_of, self._connection.execute(query)))

    def active_accounts(self, role: Role) -> frozenset[str]:
        """Ids of the accounts in this role that are not disabled."""
        c = t.accounts.c
        query = select(c.id).where(c.role == role.value, c.disabled_at.is_(None))
        return frozenset(self._connection.execute(query).scalars())

    def password_hash(self, username: str) -> tuple[Account, str] | None:
        """The active account of this name with its password's hash; None when it is not there or has no password."""
        c = t.accounts.c
        query = select(t.accounts).where(c.username == username, c.disabled_at.is_(None), c.password_hash.is_not(None))
        row = self._connection.execute(query).first()
        return None if row is None else (account_of(row), row.password_hash)

    def principal(self, account_id: str, at: datetime) -> Principal | None:
        """The active account with its live grants and every scope of its role."""
        return self._principal(t.accounts.c.id == account_id, at)

    def principal_of_identity(self, issuer: str, subject: str, at: datetime) -> Principal | None:
        """The same, by an identity of an OpenID provider."""
        c = t.accounts.c
        return self._principal(and_(c.oidc_issuer == issuer, c.oidc_subject == subject), at)

    def authenticated(self, secret_sha256: str, at: datetime) -> Authenticated | None:
        """Whose token this is, with its live grants: None unless token and account are live at ``at``.

        One statement over unique indexes, and nothing remembered between two: a revocation holds from the next on.
        """
        rows = self._connection.execute(_AUTHENTICATED, {"digest": secret_sha256, "at": at}).all()
        if not rows:
            return None
        first, role = rows[0], Role(rows[0].role)
        grants = tuple(
            Grant(row.aip_id, row.ordinal, row.valid_from, row.valid_until) for row in rows if row.aip_id is not None
        )
        # The role may have become smaller since the token was issued.
        scopes = frozenset(map(Scope, first.scopes)) & scopes_of_role(role)
        principal = Principal(first.id, first.username, role, first.agency_code, scopes, first.token_id, grants)
        return Authenticated(principal, first.last_used_on)

    def token(self, token_id: str) -> Token:
        """Raises TokenMissingError."""
        row = self._connection.execute(select(t.tokens).where(t.tokens.c.id == token_id)).first()
        if row is None:
            raise TokenMissingError("Không có mã truy cập này.", detail=token_id)
        return token_of(row)

    def tokens(self, account_id: str) -> tuple[Token, ...]:
        """Every token of the account that was ever issued, the newest first."""
        c = t.tokens.c
        query = select(t.tokens).where(c.account_id == account_id).order_by(c.created_at.desc(), c.id.desc())
        return tuple(map(token_of, self._connection.execute(query)))

    def attempts(self, key: str) -> Attempts | None:
        """What is counted under this key."""
        c = t.failed_attempts.c
        query = select(c["count"].label("tried"), c.first_at, c.blocked_until).where(c.key == key)
        row = self._connection.execute(query).first()
        return None if row is None else Attempts(row.tried, row.first_at, row.blocked_until)

    def blocked_until(self, keys: Iterable[str], at: datetime) -> datetime | None:
        """When an attempt under all of these keys may be made again; None when it may be made now."""
        found = [known for key in keys if (known := self.attempts(key)) is not None and known.blocked(at)]
        return max((known.blocked_until for known in found if known.blocked_until is not None), default=None)

    def saved_searches(self, account_id: str) -> tuple[SavedSearch, ...]:
        """The account's own, by name."""
        c = t.saved_searches.c
        query = select(t.saved_searches).where(c.account_id == account_id).order_by(c.name)
        return tuple(map(saved_search_of, self._connection.execute(query)))

    def saved_search(self, account_id: str, search_id: str) -> SavedSearch:
        """Raises SavedSearchMissingError, for another account's too."""
        c = t.saved_searches.c
        query = select(t.saved_searches).where(c.id == search_id, c.account_id == account_id)
        row = self._connection.execute(query).first()
        if row is None:
            raise SavedSearchMissingError("Không có tìm kiếm đã lưu này.", detail=search_id)
        return saved_search_of(row)

    def _account(self, condition: ColumnElement[bool]) -> Account | None:
        row = self._connection.execute(select(t.accounts).where(condition)).first()
        return None if row is None else account_of(row)

    def _principal(self, condition: ColumnElement[bool], at: datetime) -> Principal | None:
        account = self._account(condition)
        if account is None or not account.active:
            return None
        g = t.grants.c
        live = select(g.aip_id, g.ordinal, g.valid_from, g.valid_until).where(
            g.account_id == account.id, g.valid_until > at, g.valid_from <= at, g.withdrawn_at.is_(None)
        )
        grants = tuple(Grant(*row) for row in self._connection.execute(live))
        scopes = scopes_of_role(account.role)
        return Principal(account.id, account.username, account.role, account.agency_code, scopes, None, grants)

    def _saved_count(self, account_id: str) -> int:
        c = t.saved_searches.c
        query = select(func.count()).select_from(t.saved_searches).where(c.account_id == account_id)
        return int(self._connection.execute(query).scalar_one())
