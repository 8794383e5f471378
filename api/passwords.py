"""Passwords: whose one is, with a limit to guessing; and setting one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from api.accounts import PASSWORDS, find_account
from archive.access import Author, Principal
from archive.access.attempts import ACCOUNT, ADDRESS, account_key, address_key
from archive.access.errors import AttemptsBlockedError, CredentialsRefusedError
from archive.access.names import folded_username, is_username
from archive.access.passwords import Passwords, chosen_password
from archive.catalogue import Catalogue, Transaction
from archive.events import Event
from archive.ledger import written_instant
from archive.local_time import VIETNAM


def set_password(
    catalogue: Catalogue,
    who: str,
    password: str,
    *,
    by: Author,
    at: datetime,
    current: str | None = None,
    address: str = "",
    passwords: Passwords = PASSWORDS,
    with_it: Callable[[Transaction], object] = lambda _tx: None,
) -> None:
    """The account opens by ``password`` from now on. Who changes his own proves the ``current`` one, if there is one.

    ``with_it`` happens in the same transaction: both or neither.

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
        with_it(tx)


def authenticate_password(
    catalogue: Catalogue,
    username: str,
    password: str,
    *,
    address: str,
    at: datetime,
    passwords: Passwords = PASSWORDS,
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
