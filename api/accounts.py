"""Accounts, tokens and signing in, as the command line and the service use them: each change one transaction."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from archive.access import Author, Principal, Role, Scope
from archive.access.attempts import ACCOUNT, ADDRESS, account_key, address_key
from archive.access.errors import (
    AccountMissingError,
    AttemptsBlockedError,
    CredentialsRefusedError,
    TokenMissingError,
    TokenRefusedError,
)
from archive.access.names import folded_username, is_username
from archive.access.passwords import Passwords, chosen_password
from archive.access.rules import scopes_of_role
from archive.access.token_secrets import new_secret, secret_sha256
from archive.catalogue import Account, Authenticated, Catalogue, NewAccount, NewToken, Reading, Token
from archive.catalogue.account_writing import LONGEST_TOKEN_LIFE
from archive.events import Event
from archive.ledger import written_instant
from archive.local_time import VIETNAM

TOKEN_DAYS = 90
SESSION_LIFE = timedelta(hours=12)
_PASSWORDS = Passwords()


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token and, this once, its secret. The secret is in no repr, no log and no database."""

    token: Token
    secret: str

    def __repr__(self) -> str:
        return f"IssuedToken({self.token!r})"


def _new_id() -> str:
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
    new_id: Callable[[], str] = _new_id,
    passwords: Passwords = _PASSWORDS,
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


def set_password(
    catalogue: Catalogue,
    who: str,
    password: str,
    *,
    by: Author,
    at: datetime,
    current: str | None = None,
    address: str = "",
    passwords: Passwords = _PASSWORDS,
) -> None:
    """The account opens by ``password`` from now on. Who changes his own proves the ``current`` one, if there is one.

    Raises PasswordRefusedError, and as ``authenticate_password`` does for a wrong ``current``.
    """
    with catalogue.read() as reading:
        account = find_account(reading, who)
    if by.account_id == account.id and account.has_password:
        authenticate_password(catalogue, account.username, current or "", address=address, at=at, passwords=passwords)
    kept = passwords.hashed(chosen_password(password, account.username))
    with catalogue.transaction() as tx:
        tx.set_password(account.id, kept, by=by, at=at)
        tx.forget_attempts(account_key(account.username))


def issue_token(
    catalogue: Catalogue,
    who: str,
    *,
    label: str,
    scopes: Iterable[Scope] | None = None,
    days: int = TOKEN_DAYS,
    by: Author,
    at: datetime,
    new_id: Callable[[], str] = _new_id,
) -> IssuedToken:
    """A token of the account with these scopes (None: all of its role's) for so many days; its secret is shown now.

    Raises TokenRefusedError, AccountDisabledError, AuthorityMissingError for another's account.
    """
    if not 1 <= days <= LONGEST_TOKEN_LIFE.days:
        raise TokenRefusedError("Thời hạn của mã truy cập không hợp lệ.", remedy="Chọn thời hạn từ 1 đến 366 ngày.")
    secret = new_secret()
    with catalogue.transaction() as tx:
        account = find_account(tx, who)
        chosen = scopes_of_role(account.role) if scopes is None else frozenset(scopes)
        token = tx.issue_token(
            NewToken(new_id(), account.id, label, _digest(secret), chosen, at + timedelta(days=days)), by=by, at=at
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


def open_session(
    catalogue: Catalogue,
    principal: Principal,
    *,
    how: str,
    at: datetime,
    life: timedelta = SESSION_LIFE,
    new_id: Callable[[], str] = _new_id,
) -> IssuedToken:
    """A token for the hours somebody works, after signing in by ``how`` ("password", "oidc"); recorded as a session."""
    secret, session_id = new_secret(), new_id()
    scopes = scopes_of_role(principal.role)
    new = NewToken(session_id, principal.account_id, "Phiên đăng nhập", _digest(secret), scopes, at + life)
    with catalogue.transaction() as tx:
        token = tx.issue_token(new, by=Author.of(principal), at=at)
        tx.append(
            Event.ACCOUNT_SESSION_OPENED,
            principal.account_id,
            actor=principal.actor,
            at=at,
            data={"token_id": session_id, "how": how},
        )
    return IssuedToken(token, secret)


def authenticate(reading: Reading, secret: str, at: datetime) -> Authenticated | None:
    """Whose token this secret is, its live grants with it; None when it is nobody's, over, revoked or disabled.

    One indexed statement, nothing remembered: a revocation holds from the next request on.
    """
    digest = secret_sha256(secret)
    return None if digest is None else reading.authenticated(digest, at)


def authenticate_token(reading: Reading, secret: str, at: datetime) -> Principal | None:
    """The same, for who needs only the principal."""
    found = authenticate(reading, secret, at)
    return None if found is None else found.principal


def authenticate_password(
    catalogue: Catalogue,
    username: str,
    password: str,
    *,
    address: str,
    at: datetime,
    passwords: Passwords = _PASSWORDS,
) -> Principal:
    """Whose user name and password these are.

    Raises CredentialsRefusedError, and after too many failures of this name or address AttemptsBlockedError, which says
    when to come back; both in the same words, and after the same work, for names nobody has. The attempt is counted
    before the password is looked at, so that no number of attempts at once gets around the limit.
    """
    name = folded_username(username)
    keys = account_key(name), address_key(address)
    with catalogue.read() as reading:
        # Who is blocked costs no writing transaction: insisting holds nobody else up.
        _refuse_blocked(reading.blocked_until(keys, at))
    with catalogue.transaction() as tx:
        known = tx.password_hash(name) if is_username(name) else None
        retry_at, blocks = tx.attempt({keys[0]: ACCOUNT, keys[1]: ADDRESS}, at)
        if blocks:
            subject = known[0].id if known else keys[0]
            tx.append(Event.ACCOUNT_SESSION_REFUSED, subject, actor="anonymous", at=at, data={"address": address})
    _refuse_blocked(retry_at)
    kept = known[1] if known else None
    if not passwords.matches(kept, password) or known is None or kept is None:
        raise CredentialsRefusedError(
            "Tên đăng nhập hoặc mật khẩu không đúng.", remedy="Kiểm tra lại, hoặc đề nghị người quản trị cấp lại."
        )
    renewed = passwords.hashed(password) if passwords.outdated(kept) else None
    with catalogue.transaction() as tx:
        principal = tx.principal(known[0].id, at)
        if principal is None:
            raise CredentialsRefusedError("Tên đăng nhập hoặc mật khẩu không đúng.")
        tx.attempt_succeeded(*keys)
        if renewed is not None and tx.password_hash(name) == known:
            tx.renew_password_hash(principal.account_id, renewed)
    return principal


def _refuse_blocked(retry_at: datetime | None) -> None:
    if retry_at is not None:
        raise AttemptsBlockedError(
            "Đăng nhập sai quá nhiều lần nên tạm thời bị khóa.",
            retry_at=retry_at,
            remedy=f"Thử lại sau {retry_at.astimezone(VIETNAM):%H:%M:%S ngày %d/%m/%Y}.",
            detail=written_instant(retry_at),
        )


def principal_of_oidc(reading: Reading, issuer: str, subject: str, at: datetime) -> Principal | None:
    """Whose identity at the OpenID provider this is; None when it is bound to no active account."""
    return reading.principal_of_identity(issuer, subject, at)


class TokenUses:
    """The day each token was last used, kept in memory and written now and then: never one write a request."""

    def __init__(self) -> None:
        self._days: dict[str, date] = {}
        self._lock = threading.Lock()

    def seen(self, authenticated: Authenticated, at: datetime) -> None:
        """Remembers a first use on this day (in Vietnam)."""
        on, token_id = at.astimezone(VIETNAM).date(), authenticated.principal.token_id
        if token_id is not None and (authenticated.last_used_on is None or authenticated.last_used_on < on):
            with self._lock:
                self._days[token_id] = on

    def write(self, catalogue: Catalogue) -> int:
        """Writes what is not yet written, in one transaction; how many tokens that were."""
        with self._lock:
            days, self._days = self._days, {}
        if days:
            with catalogue.transaction() as tx:
                for token_id, on in days.items():
                    tx.note_token_use(token_id, on)
        return len(days)


def _digest(secret: str) -> str:
    digest = secret_sha256(secret)
    assert digest is not None
    return digest
