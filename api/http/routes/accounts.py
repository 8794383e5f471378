"""Accounts, for administrators: made, given a role, disabled, linked. Nobody changes what concerns himself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.accounts import create_account, revoke_token
from api.http.described import told
from api.http.first_password import first_password
from api.http.gate import Asked, gate
from api.http.json_values import Boolean
from api.http.rights_views import NEVER_STORED, AccountView, Id, Line, Strict, TokenView
from api.http.routes.own_account import TokenList
from api.passwords import set_password
from archive.access import Author, Operation, Role
from archive.access.errors import AccountRefusedError, OwnRightsError
from archive.catalogue import Account

router = APIRouter(tags=["accounts"], dependencies=[NEVER_STORED])
_USERNAME = r"^[A-Za-z0-9]([A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?$"
_CODE = r"^[0-9A-Za-z._-]{0,64}$"

Administrator = Annotated[Asked, gate(Operation.ACCOUNT_ADMINISTER)]


class Identity(Strict):
    """Somebody at an OpenID Connect provider."""

    subject: str = Field(
        pattern=r"^[\x21-\x7e]{1,255}$", description="Mã chủ thể («sub»). / Subject.", examples=["248289761001"]
    )
    issuer: str | None = Field(
        default=None,
        pattern=r"^https?://[\x21-\x7e]{1,240}$",
        description="Bên cấp; bỏ trống: bên đã cấu hình. / Issuer; null: the configured one.",
        examples=["https://dinh-danh.example.vn"],
    )


class NewAccountBody(Strict):
    username: str = Field(pattern=_USERNAME, description="Tên đăng nhập. / User name.", examples=["nguyen.van.an"])
    name: Line = Field(description="Họ tên hoặc tên hệ thống. / Name.", examples=["Nguyễn Văn An"])
    role: Role = Field(description="Vai trò. / Role.", examples=["archivist"])
    agency_code: str = Field(
        default="", pattern=_CODE, description="Mã cơ quan, chỉ với vai trò agency. / For agencies only.", examples=[""]
    )
    with_password: Boolean = Field(
        default=False, description="Tạo mật khẩu dùng một lần. / Make a password for the first sign-in."
    )
    identity: Identity | None = Field(default=None, description="Danh tính bên ngoài. / Identity at a provider.")


class NewAccountView(BaseModel):
    account: AccountView = Field(description="Tài khoản mới. / The new account.")
    password: str | None = Field(
        description="Mật khẩu lần đầu, chỉ hiện một lần này, phải thay khi đăng nhập. / "
        "First password, shown this once, to be replaced when signing in.",
        examples=["k7m2p-9qxwe-rt5ya-b3n8c"],
    )


class FirstPasswordView(BaseModel):
    password: str = Field(
        description="Mật khẩu, chỉ hiện một lần này, phải thay khi đăng nhập. / Shown this once.",
        examples=["k7m2p-9qxwe-rt5ya-b3n8c"],
    )


class RoleChange(Strict):
    role: Role = Field(description="Vai trò mới. / The new role.", examples=["auditor"])
    agency_code: str = Field(
        default="", pattern=_CODE, description="Mã cơ quan, chỉ với vai trò agency. / For agencies only.", examples=[""]
    )


class Activity(Strict):
    active: Boolean = Field(description="Mở hay khóa. / Whether it is open.", examples=[False])


class AccountList(BaseModel):
    items: list[AccountView] = Field(description="Theo tên đăng nhập. / By user name.")
    next: str | None = Field(description="Gửi lại ở «after» để xem tiếp. / For ``after``, when there is more.")


@router.get("/accounts", operation_id="list_accounts", **told("Danh sách tài khoản", "List accounts"))
def list_accounts(
    asked: Administrator,
    after: Annotated[
        str,
        Query(pattern=r"^[\x21-\x7e]{0,64}$", description="Từ trang trước. / From before.", examples=["le.van.cuong"]),
    ] = "",
    limit: Annotated[int, Query(ge=1, le=100, description="Nhiều nhất. / At most.")] = 50,
) -> AccountList:
    with asked.service.installation.catalogue.read() as reading:
        found = reading.accounts(after=after, limit=limit + 1)
    items = [AccountView.of(account) for account in found[:limit]]
    return AccountList(items=items, next=items[-1].username if len(found) > limit else None)


@router.post(
    "/accounts",
    operation_id="create_account",
    status_code=201,
    **told(
        "Tạo tài khoản",
        "Create an account",
        description=(
            "Được hiện như một thay đổi quyền cho tới khi người có thẩm quyền xác nhận.",
            "Shown as a change of rights until a head of archive confirms it.",
        ),
        problems=(400, 409),
    ),
)
def create_new_account(wanted: NewAccountBody, asked: Administrator) -> NewAccountView:
    password = first_password() if wanted.with_password else None
    account = create_account(
        asked.service.installation.catalogue,
        username=wanted.username,
        name=wanted.name,
        role=wanted.role,
        agency_code=wanted.agency_code,
        password=password,
        identity=_identity(asked, wanted.identity) if wanted.identity else None,
        by=Author.of(asked.who),
        at=asked.at,
    )
    return NewAccountView(account=AccountView.of(account), password=password)


@router.get(
    "/accounts/{account_id}", operation_id="read_account", **told("Một tài khoản", "One account", problems=(404,))
)
def read_account(account_id: Id, asked: Administrator) -> AccountView:
    return AccountView.of(_account(asked, account_id))


@router.put(
    "/accounts/{account_id}/role",
    operation_id="change_role",
    **told(
        "Đổi vai trò của tài khoản",
        "Change the role of an account",
        description=(
            "Có hiệu lực ngay, cả với mã truy cập đã cấp. Không ai đổi vai trò của chính mình; người có thẩm quyền và "
            "người quản trị cuối cùng phải còn lại.",
            "Holds at once, for tokens issued before too. Nobody changes his own role; the last head and the last "
            "administrator stay.",
        ),
        problems=(400, 404, 409),
    ),
)
def change_role(account_id: Id, change: RoleChange, asked: Administrator) -> AccountView:
    with asked.service.installation.catalogue.transaction() as tx:
        return AccountView.of(
            tx.change_role(
                account_id, change.role, agency_code=change.agency_code, by=Author.of(asked.who), at=asked.at
            )
        )


@router.put(
    "/accounts/{account_id}/active",
    operation_id="set_account_active",
    **told(
        "Khóa hoặc mở tài khoản",
        "Disable or enable an account",
        description=(
            "Khóa thì mọi mã truy cập bị thu hồi ngay; mở lại thì phải cấp mã mới.",
            "Disabling revokes every token at once; enabled again, it needs new ones.",
        ),
        problems=(400, 404, 409),
    ),
)
def set_account_active(account_id: Id, wanted: Activity, asked: Administrator) -> AccountView:
    by = Author.of(asked.who)
    with asked.service.installation.catalogue.transaction() as tx:
        change = tx.enable_account if wanted.active else tx.disable_account
        return AccountView.of(change(account_id, by=by, at=asked.at))


@router.post(
    "/accounts/{account_id}/password",
    operation_id="set_first_password",
    **told(
        "Đặt mật khẩu dùng một lần",
        "Set a password for one sign-in",
        description=(
            "Hệ thống tạo mật khẩu; chủ tài khoản phải thay khi đăng nhập. Được hiện như một thay đổi quyền.",
            "Made by the system; its owner replaces it when signing in. Shown as a change of rights.",
        ),
        problems=(404,),
    ),
)
def set_first_password(account_id: Id, asked: Administrator) -> FirstPasswordView:
    account = _account(asked, account_id)
    if account.id == asked.who.account_id:
        raise OwnRightsError("Mật khẩu của mình được đổi bằng mật khẩu cũ.", remedy="Dùng POST /api/v1/me/password.")
    password = first_password()
    set_password(asked.service.installation.catalogue, account.username, password, by=Author.of(asked.who), at=asked.at)
    return FirstPasswordView(password=password)


@router.put(
    "/accounts/{account_id}/identity",
    operation_id="link_identity",
    **told(
        "Gắn tài khoản với danh tính bên ngoài",
        "Bind an account to an identity at a provider",
        problems=(400, 404, 409),
    ),
)
def link_account_identity(account_id: Id, wanted: Identity, asked: Administrator) -> AccountView:
    issuer, subject = _identity(asked, wanted)
    with asked.service.installation.catalogue.transaction() as tx:
        return AccountView.of(tx.link_identity(account_id, issuer, subject, by=Author.of(asked.who), at=asked.at))


@router.get(
    "/accounts/{account_id}/tokens",
    operation_id="list_account_tokens",
    **told("Mã truy cập của một tài khoản", "Tokens of an account, without their secrets", problems=(404,)),
)
def list_account_tokens(account_id: Id, asked: Administrator) -> TokenList:
    with asked.service.installation.catalogue.read() as reading:
        found = reading.tokens(reading.account(account_id).id)
    return TokenList(items=[TokenView.of(token, asked.at) for token in found])


@router.delete(
    "/accounts/{account_id}/tokens",
    operation_id="revoke_account_tokens",
    status_code=204,
    **told("Thu hồi mọi mã truy cập của một tài khoản", "Revoke every token of an account", problems=(404,)),
)
def revoke_account_tokens(account_id: Id, asked: Administrator) -> None:
    with asked.service.installation.catalogue.transaction() as tx:
        tx.revoke_tokens_of(tx.account(account_id).id, by=Author.of(asked.who), at=asked.at)


@router.delete(
    "/accounts/{account_id}/tokens/{token_id}",
    operation_id="revoke_account_token",
    status_code=204,
    **told("Thu hồi một mã truy cập", "Revoke one token of an account", problems=(404,)),
)
def revoke_account_token(account_id: Id, token_id: Id, asked: Administrator) -> None:
    revoke_token(
        asked.service.installation.catalogue, token_id, by=Author.of(asked.who), at=asked.at, of_account=account_id
    )


def _account(asked: Asked, account_id: str) -> Account:
    with asked.service.installation.catalogue.read() as reading:
        return reading.account(account_id)


def _identity(asked: Asked, wanted: Identity) -> tuple[str, str]:
    configured = asked.service.installation.settings.oidc
    issuer = wanted.issuer or (configured.issuer if configured else None)
    if issuer is None:
        raise AccountRefusedError(
            "Chưa cấu hình hệ thống định danh nên phải nêu bên cấp.", remedy="Nêu «issuer», hoặc khai báo mục [oidc]."
        )
    return issuer, wanted.subject
