"""One's own account: what one may do, the tokens one has issued, one's password."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.accounts import TOKEN_DAYS, issue_token, revoke_token
from api.http.credentials import LONGEST_PASSWORD
from api.http.described import told
from api.http.first_password import must_be_replaced
from api.http.gate import Asked, gate
from api.http.json_values import ONLY_AN_INTEGER, Boolean
from api.http.problems import ProblemError
from api.http.rights_views import (
    NEVER_STORED,
    AccountView,
    GrantView,
    Id,
    Line,
    Names,
    Strict,
    TokenSecretView,
    TokenView,
)
from api.http.routes.rights_changes import unconfirmed_seen
from api.http.sign_in import password_attempt, secret_view
from api.passwords import authenticate_password, set_password
from archive.access import Author, Operation, Scope, Verdict, decide
from archive.access.errors import PasswordRefusedError, TokenRefusedError
from archive.catalogue import Transaction

router = APIRouter(tags=["account"], dependencies=[NEVER_STORED])


class OwnAccount(BaseModel):
    """Who this token belongs to and what it may be used for."""

    account: AccountView = Field(description="Tài khoản. / The account.")
    scopes: list[Scope] = Field(description="Phạm vi của mã truy cập này. / Scopes of this token.")
    operations: list[Operation] = Field(description="Việc được phép làm. / What may be done with it.")
    token_id: str | None = Field(description="Mã của mã truy cập này. / Id of this token.")
    grants: list[GrantView] = Field(description="Hồ sơ hạn chế đang được phép sử dụng. / Live grants.")
    unconfirmed_rights_changes: int | None = Field(
        description="Số thay đổi quyền chờ xác nhận; trống với vai trò không được xem. / "
        "Changes of rights waiting to be confirmed; null for roles that do not see them.",
        examples=[0],
    )


class NewOwnToken(Strict):
    label: Line = Field(description="Dùng để làm gì. / What it is for.", examples=["Hệ thống quản lý văn bản"])
    scopes: list[Scope] | None = Field(
        default=None,
        min_length=1,
        description="Phạm vi; bỏ trống: như mã đang dùng. / Scopes; null: those of the token in use.",
        examples=[["read"]],
    )
    days: Annotated[int, Field(ge=1, le=366), ONLY_AN_INTEGER] | None = Field(
        default=None,
        description="Số ngày hiệu lực; bỏ trống: 90 ngày, không quá hạn của mã đang dùng. / How many days; null: 90, and "
        "no longer than the token in use.",
        examples=[30],
    )
    password: str | None = Field(
        default=None,
        min_length=1,
        max_length=LONGEST_PASSWORD,
        description="Mật khẩu, khi mã mới phải dùng được lâu hơn mã đang dùng. / The password, for a token that shall "
        "outlive the one in use.",
        examples=["mật khẩu dài dễ nhớ"],
    )


class TokenList(BaseModel):
    items: list[TokenView] = Field(description="Mới trước. / The newest first.")


class PasswordChange(Strict):
    old_password: str = Field(
        min_length=1,
        max_length=LONGEST_PASSWORD,
        description="Mật khẩu cũ. / The old one.",
        examples=["mật khẩu cũ dài dễ nhớ"],
    )
    new_password: str = Field(
        min_length=1,
        max_length=LONGEST_PASSWORD,
        description="Mật khẩu mới. / The new one.",
        examples=["mật khẩu mới dài dễ nhớ"],
    )
    revoke_other_tokens: Boolean = Field(
        default=True,
        description="Thu hồi mọi mã truy cập khác của tài khoản. / Revoke every other token of the account.",
    )


@router.get("/me", operation_id="read_own_account", **told("Tài khoản của tôi", "My account"))
def read_own_account(asked: Annotated[Asked, gate(Operation.OWN_ACCOUNT_USE)]) -> OwnAccount:
    who = asked.who
    sees_changes = decide(who, Operation.RIGHTS_CHANGE_READ) is Verdict.ALLOWED
    with asked.service.installation.catalogue.read() as reading:
        names = Names(reading)
        grants = reading.grants(account_id=who.account_id, live_at=asked.at)
        return OwnAccount(
            account=AccountView.of(reading.account(who.account_id)),
            scopes=sorted(who.scopes),
            operations=[operation for operation in Operation if decide(who, operation) is Verdict.ALLOWED],
            token_id=who.token_id,
            grants=[GrantView.of(given, names, asked.at) for given in grants],
            unconfirmed_rights_changes=unconfirmed_seen(reading, who.role) if sees_changes else None,
        )


@router.get("/me/tokens", operation_id="list_own_tokens", **told("Mã truy cập của tôi", "My tokens"))
def list_own_tokens(asked: Annotated[Asked, gate(Operation.OWN_ACCOUNT_USE)]) -> TokenList:
    with asked.service.installation.catalogue.read() as reading:
        found = reading.tokens(asked.who.account_id)
    return TokenList(items=[TokenView.of(token, asked.at) for token in found])


@router.post(
    "/me/tokens",
    operation_id="issue_own_token",
    status_code=201,
    **told(
        "Cấp một mã truy cập cho mình",
        "Issue a token for oneself",
        description=(
            "Mã chỉ hiện một lần. Phạm vi không vượt quá mã đang dùng; không kèm mật khẩu thì hạn cũng không vượt quá, và "
            "thu hồi mã đang dùng là thu hồi cả mã mới. Mật khẩu sai nhiều lần thì phải chờ.",
            "Its secret is shown once. Its scopes are never wider than those of the token in use; without the password it "
            "ends with that one at the latest, and is revoked with it. Many wrong passwords bring a wait.",
        ),
        problems=(400, 409, 429),
    ),
)
def issue_own_token(wanted: NewOwnToken, asked: Annotated[Asked, gate(Operation.OWN_ACCOUNT_USE)]) -> TokenSecretView:
    who = asked.who
    scopes = who.scopes if wanted.scopes is None else frozenset(wanted.scopes)
    if not scopes <= who.scopes:
        raise TokenRefusedError(
            "Mã mới không được có phạm vi rộng hơn mã đang dùng.",
            remedy="Chọn trong: " + ", ".join(sorted(who.scopes)) + ".",
        )
    by = Author.of(who)
    if wanted.password is not None:
        by = _proven(asked, wanted.password)
    issued = issue_token(
        asked.service.installation.catalogue,
        who.username,
        label=wanted.label,
        scopes=scopes,
        days=TOKEN_DAYS if wanted.days is None else wanted.days,
        not_beyond=_end_of(asked, by.token_id) if wanted.days is None else None,
        by=by,
        at=asked.at,
    )
    return secret_view(issued, who)


def _proven(asked: Asked, password: str) -> Author:
    """Who asks, by more than the token: what he hands on to himself need not end with it."""
    catalogue, who = asked.service.installation.catalogue, asked.who
    with password_attempt(asked.at, refused_status=403):
        authenticate_password(catalogue, who.username, password, address=asked.address, at=asked.at)
    with catalogue.read() as reading:
        known_to_another = must_be_replaced(reading, who.account_id)
    if known_to_another:
        raise ProblemError(
            403,
            "session.password-change-needed",
            "Mật khẩu này do người khác đặt nên chưa chứng minh được danh tính.",
            remedy="Đổi mật khẩu trước: POST /api/v1/me/password.",
        )
    return replace(Author.of(who), token_id=None)


def _end_of(asked: Asked, token_id: str | None) -> datetime | None:
    if token_id is None:
        return None
    with asked.service.installation.catalogue.read() as reading:
        return reading.token(token_id).expires_at


@router.delete(
    "/me/tokens/{token_id}",
    operation_id="revoke_own_token",
    status_code=204,
    **told(
        "Thu hồi một mã truy cập của mình",
        "Revoke a token of one's own",
        description=("Vô hiệu từ yêu cầu kế tiếp.", "Worth nothing from the next request on."),
        problems=(404,),
    ),
)
def revoke_own_token(token_id: Id, asked: Annotated[Asked, gate(Operation.OWN_ACCOUNT_USE)]) -> None:
    revoke_token(
        asked.service.installation.catalogue,
        token_id,
        by=Author.of(asked.who),
        at=asked.at,
        of_account=asked.who.account_id,
    )


@router.post(
    "/me/password",
    operation_id="change_own_password",
    status_code=204,
    **told(
        "Đổi mật khẩu của mình",
        "Change one's own password",
        description=(
            "Cần mật khẩu cũ; sai nhiều lần thì phải chờ. Tài khoản chưa có mật khẩu phải nhờ người quản trị đặt.",
            "Needs the old one; many failures bring a wait. An account without a password gets its first one from an "
            "administrator.",
        ),
        problems=(400, 409, 429),
    ),
)
def change_own_password(change: PasswordChange, asked: Annotated[Asked, gate(Operation.OWN_ACCOUNT_USE)]) -> None:
    catalogue, who = asked.service.installation.catalogue, asked.who
    with catalogue.read() as reading:
        account = reading.account(who.account_id)
    # A token alone must not be enough to give the account a second, lasting way in.
    if not account.has_password:
        raise PasswordRefusedError(
            "Tài khoản này chưa có mật khẩu.", remedy="Đề nghị người quản trị đặt mật khẩu lần đầu."
        )
    if change.new_password == change.old_password:
        raise PasswordRefusedError("Mật khẩu mới phải khác mật khẩu cũ.", remedy="Chọn mật khẩu khác.")
    by = Author.of(who)

    def revoke_others(tx: Transaction) -> None:
        if change.revoke_other_tokens:
            tx.revoke_tokens_of(who.account_id, by=by, at=asked.at, but=who.token_id)

    with password_attempt(asked.at, refused_status=403):
        set_password(
            catalogue,
            account.username,
            change.new_password,
            current=change.old_password,
            address=asked.address,
            by=by,
            at=asked.at,
            with_it=revoke_others,
        )
