"""Changes to accounts and tokens: each in one transaction with its ledger record and, until confirmed, in sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from archive.access import Author, Role, Scope
from archive.access.errors import (
    AccountDisabledError,
    AccountExistsError,
    AuthorityMissingError,
    LastOfRoleError,
    OwnRightsError,
    ScopeExceededError,
    TokenRefusedError,
)
from archive.access.names import agency_code_of, username_of
from archive.access.rules import scopes_of_role
from archive.catalogue import rights_tables as t
from archive.catalogue.ledger_writing import LedgerWriting
from archive.catalogue.minted_tokens import LONGEST_CHAIN, MOST_LIVE, generation_of, with_descendants
from archive.catalogue.pieces import pieces
from archive.catalogue.rights_model import Account, ChangeKind, NewAccount, NewToken, Token
from archive.events import Event
from archive.ledger import Record, written_instant

LONGEST_TOKEN_LIFE = timedelta(days=366)
_AT_ONCE = 500
_KEPT_ROLES = (Role.HEAD, Role.ADMINISTRATOR)
"""Roles that must not run empty: nobody could decide, or nobody could open an account."""


class AccountWriting(LedgerWriting):
    """What a transaction can change about accounts. Nobody changes his own rights, whatever his role."""

    def create_account(self, new: NewAccount, *, by: Author, at: datetime) -> Account:
        """The new account. Raises AccountExistsError, AccountRefusedError."""
        username, agency_code = username_of(new.username), agency_code_of(new.role, new.agency_code)
        if self.account_named(username) is not None:
            raise AccountExistsError("Tên đăng nhập này đã có người dùng.", remedy="Chọn tên khác.", detail=username)
        self._refuse_taken(new.oidc_issuer, new.oidc_subject)
        after = {"username": username, "role": new.role.value, "agency_code": agency_code}
        if new.oidc_issuer is not None:
            after["oidc_issuer"] = new.oidc_issuer
        self._connection.execute(
            insert(t.accounts).values(
                id=new.id,
                username=username,
                name=" ".join(new.name.split()) or username,
                role=new.role.value,
                agency_code=agency_code,
                oidc_issuer=new.oidc_issuer,
                oidc_subject=new.oidc_subject,
                created_at=at,
            )
        )
        record = self._append(Event.ACCOUNT_RECORD_CREATED, new.id, by.actor, at, {"account_id": new.id, **after})
        self._changed(record, ChangeKind.ACCOUNT_CREATED, new.id, new.id, {}, after)
        return self.account(new.id)

    def change_role(self, account_id: str, role: Role, *, agency_code: str = "", by: Author, at: datetime) -> Account:
        """The account in its new role. Raises OwnRightsError, LastOfRoleError, AccountRefusedError."""
        account, code = self.account(account_id), agency_code_of(role, agency_code)
        if (account.role, account.agency_code) == (role, code):
            return account
        self._refuse_own(by, account_id)
        if account.role is not role:
            self._refuse_last(account)
        before, after = _rights(account.role, account.agency_code), _rights(role, code)
        self._change_account(account, ChangeKind.ROLE_CHANGED, before, after, by, at, after)
        return self.account(account_id)

    def disable_account(self, account_id: str, *, by: Author, at: datetime) -> Account:
        """The account, which opens nothing from now on; its tokens are revoked. Raises OwnRightsError, LastOfRoleError."""
        account = self.account(account_id)
        if not account.active:
            return account
        self._refuse_own(by, account_id)
        self._refuse_last(account)
        self._change_account(
            account, ChangeKind.ACCOUNT_DISABLED, {"active": True}, {"active": False}, by, at, {"disabled_at": at}
        )
        self.revoke_tokens_of(account_id, by=by, at=at)
        return self.account(account_id)

    def enable_account(self, account_id: str, *, by: Author, at: datetime) -> Account:
        """The account, open again in its role; its old tokens stay revoked. Raises OwnRightsError."""
        account = self.account(account_id)
        if account.active:
            return account
        self._refuse_own(by, account_id)
        self._change_account(
            account, ChangeKind.ACCOUNT_ENABLED, {"active": False}, {"active": True}, by, at, {"disabled_at": None}
        )
        return self.account(account_id)

    def link_identity(self, account_id: str, issuer: str, subject: str, *, by: Author, at: datetime) -> Account:
        """The account, opened by this identity of an OpenID provider and no other. Raises AccountExistsError."""
        account = self.account(account_id)
        if (account.oidc_issuer, account.oidc_subject) == (issuer, subject):
            return account
        self._refuse_own(by, account_id)
        self._refuse_taken(issuer, subject)
        self._change_account(
            account,
            ChangeKind.SIGN_IN_LINKED,
            {"oidc_issuer": account.oidc_issuer},
            {"oidc_issuer": issuer},
            by,
            at,
            {"oidc_issuer": issuer, "oidc_subject": subject},
        )
        return self.account(account_id)

    def set_password(self, account_id: str, password_hash: str, *, by: Author, at: datetime) -> None:
        """The account opens by this password. Set by another it is a change of rights: he could enter in its place.

        Raises ScopeExceededError when a limited token would give itself the whole role this way.
        """
        account = self.account(account_id)
        by_other = by.account_id != account_id
        if not by_other:
            self._require_scopes(by, scopes_of_role(account.role))
        record = self._append(
            Event.ACCOUNT_PASSWORD_CHANGED, account_id, by.actor, at, {"account_id": account_id, "by_other": by_other}
        )
        if by_other:
            before = {"has_password": account.has_password}
            self._changed(
                record, ChangeKind.PASSWORD_SET_BY_OTHER, account_id, account_id, before, {"has_password": True}
            )
        self.renew_password_hash(account_id, password_hash)

    def renew_password_hash(self, account_id: str, password_hash: str) -> None:
        """The same password under stronger parameters: nothing anyone's rights depend on."""
        self._connection.execute(
            update(t.accounts).where(t.accounts.c.id == account_id).values(password_hash=password_hash)
        )

    def issue_token(self, new: NewToken, *, by: Author, at: datetime) -> Token:
        """The token, good from now until it expires. Only for oneself; at the command line for anyone.

        Raises TokenRefusedError for scopes beyond the role, none at all, a life beyond LONGEST_TOKEN_LIFE or beyond the
        token it is asked with, which it ends with, and too many tokens minted with tokens; ScopeExceededError for scopes that one does not have.
        """
        account = self.account(new.account_id)
        if by.account_id not in (None, new.account_id):
            raise AuthorityMissingError(
                "Mã truy cập chỉ được cấp cho chính tài khoản của mình.", remedy="Đăng nhập bằng tài khoản cần cấp."
            )
        if not account.active:
            raise AccountDisabledError("Tài khoản đã bị khóa.", detail=account.username)
        allowed = scopes_of_role(account.role)
        if not new.scopes or not new.scopes <= allowed:
            raise TokenRefusedError(
                "Phạm vi của mã truy cập phải nằm trong quyền của vai trò.",
                remedy="Chọn trong: " + ", ".join(sorted(allowed)) + ".",
            )
        self._require_scopes(by, new.scopes)
        if not at < new.expires_at <= at + LONGEST_TOKEN_LIFE:
            raise TokenRefusedError("Thời hạn của mã truy cập không hợp lệ.", remedy="Chọn thời hạn từ 1 đến 366 ngày.")
        self._require_within(by.token_id, new.expires_at, at)
        self._require_few(by.token_id, new.account_id, at)
        scopes = sorted(new.scopes)
        label = " ".join(new.label.split())[:255]
        self._connection.execute(
            insert(t.tokens).values(
                id=new.id,
                account_id=new.account_id,
                label=label,
                secret_sha256=new.secret_sha256,
                scopes=scopes,
                created_at=at,
                expires_at=new.expires_at,
                minted_by=by.token_id,
            )
        )
        data = {"token_id": new.id, "scopes": scopes, "expires_at": written_instant(new.expires_at)}
        self._append(Event.ACCOUNT_TOKEN_ISSUED, new.account_id, by.actor, at, data)
        return self.token(new.id)

    def revoke_token(self, token_id: str, *, by: Author, at: datetime) -> Token:
        """The token, worth nothing from the next request on; nor are those that were minted with it."""
        token = self.token(token_id)
        self._revoke([token_id], token.account_id, by, at)
        return self.token(token_id)

    def revoke_tokens_of(self, account_id: str, *, by: Author, at: datetime, but: str | None = None) -> int:
        """Every live token of the account, worth nothing from now on; how many there were.

        ``but``: one that stays, unless it was minted with one that does not.
        """
        live = [token.id for token in self.tokens(account_id) if token.live(at) and token.id != but]
        self._revoke(live, account_id, by, at)
        return len(live)

    def _revoke(self, token_ids: Sequence[str], account_id: str, by: Author, at: datetime) -> None:
        """These and what was minted with them: one record for each that was not revoked before."""
        c = t.tokens.c
        rows = self._connection.execute(
            select(c.id, c.minted_by, c.revoked_at).where(c.account_id == account_id).order_by(c.id)
        ).all()
        standing = {row.id for row in rows if row.revoked_at is None}
        minted_by = {row.id: row.minted_by for row in rows}
        ending = [item for item in with_descendants(token_ids, minted_by) if item in standing]
        for some in pieces(ending, _AT_ONCE):
            self._connection.execute(update(t.tokens).where(c.id.in_(some)).values(revoked_at=at))
        for item in ending:
            self._append(Event.ACCOUNT_TOKEN_REVOKED, account_id, by.actor, at, {"token_id": item})

    def note_token_use(self, token_id: str, on: date) -> None:
        """The day it was last used."""
        self._connection.execute(update(t.tokens).where(t.tokens.c.id == token_id).values(last_used_on=on))

    def _change_account(
        self,
        account: Account,
        kind: ChangeKind,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        by: Author,
        at: datetime,
        values: Mapping[str, Any],
    ) -> None:
        self._connection.execute(update(t.accounts).where(t.accounts.c.id == account.id).values(dict(values)))
        record = self._append(
            Event.ACCOUNT_RIGHTS_CHANGED,
            account.id,
            by.actor,
            at,
            {"account_id": account.id, "change": kind.value, "before": dict(before), "after": dict(after)},
        )
        self._changed(record, kind, account.id, account.id, before, after)

    def _changed(
        self,
        record: Record,
        kind: ChangeKind,
        subject: str,
        account_id: str | None,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
    ) -> None:
        """Into sight until confirmed (NĐ 30/2020, Phụ lục VI, III.3)."""
        self._connection.execute(
            insert(t.rights_changes).values(
                ledger_seq=record.seq,
                at=record.at,
                kind=kind.value,
                subject=subject,
                account_id=account_id,
                actor=record.actor,
                before=dict(before),
                after=dict(after),
                self_confirmed=False,
            )
        )

    def _require_within(self, token_id: str | None, expires_at: datetime, at: datetime) -> None:
        """What is minted with a token has no longer life than it."""
        if token_id is None:
            return
        parent = self.token(token_id)
        if not parent.live(at) or expires_at > parent.expires_at:
            raise TokenRefusedError(
                "Mã mới không được có hạn dài hơn mã đang dùng.",
                remedy="Chọn hạn ngắn hơn, hoặc gửi kèm mật khẩu («password») để chứng minh lại danh tính.",
            )

    def _require_few(self, token_id: str | None, account_id: str, at: datetime) -> None:
        """Who holds one token makes no endless chain of it, and no endless number: all must be ended with it."""
        if token_id is None:
            return
        c = t.tokens.c
        minted = select(c.id, c.minted_by, c.revoked_at, c.expires_at)
        rows = self._connection.execute(minted.where(c.account_id == account_id, c.minted_by.is_not(None))).all()
        if generation_of(token_id, {row.id: row.minted_by for row in rows}) >= LONGEST_CHAIN:
            raise TokenRefusedError(
                "Chuỗi mã truy cập được cấp bằng mã truy cập đã quá dài.",
                remedy="Gửi kèm mật khẩu («password»), hoặc dùng mã truy cập đầu chuỗi.",
            )
        if sum(row.revoked_at is None and row.expires_at > at for row in rows) >= MOST_LIVE:
            raise TokenRefusedError(
                f"Tài khoản đã có {MOST_LIVE} mã truy cập còn hiệu lực được cấp bằng mã truy cập.",
                remedy="Thu hồi những mã không dùng nữa, hoặc gửi kèm mật khẩu («password»).",
            )

    def _require_scopes(self, by: Author, scopes: frozenset[Scope]) -> None:
        if not scopes <= by.scopes:
            raise ScopeExceededError(
                "Mã truy cập đang dùng bị giới hạn phạm vi nên không làm được việc này.",
                remedy="Đăng nhập, hoặc dùng mã truy cập có đủ phạm vi.",
            )

    def _refuse_own(self, by: Author, account_id: str) -> None:
        if by.account_id == account_id:
            raise OwnRightsError(
                "Không ai được tự thay đổi quyền của chính mình.", remedy="Đề nghị một người quản trị khác thực hiện."
            )

    def _refuse_last(self, account: Account) -> None:
        if account.active and account.role in _KEPT_ROLES and self.active_accounts(account.role) == {account.id}:
            raise LastOfRoleError(
                "Đây là tài khoản cuối cùng còn hoạt động của vai trò này nên phải được giữ lại.",
                remedy="Tạo một tài khoản khác cùng vai trò trước.",
                detail=account.username,
            )

    def _refuse_taken(self, issuer: str | None, subject: str | None) -> None:
        if (issuer is None) != (subject is None):
            raise ValueError("an identity is an issuer and a subject")
        if issuer is not None and subject is not None and self.account_of_identity(issuer, subject) is not None:
            raise AccountExistsError("Danh tính này đã gắn với một tài khoản khác.", detail=f"{issuer} {subject}")


def _rights(role: Role, agency_code: str) -> dict[str, str]:
    return {"role": role.value, "agency_code": agency_code}
