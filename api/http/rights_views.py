"""Accounts, tokens, grants, decided modes and changes of rights as JSON: no secret among them but the one just made."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Response
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from archive.access import Mode, Role, Scope
from archive.access.errors import AccountMissingError
from archive.catalogue import Account, ChangeKind, DecidedMode, GivenGrant, Reading, RightsChange, Token

_PRINTED = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_SAID = rf"^{_PRINTED}*[^\x00-\x20\x7f\xa0\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]{_PRINTED}*$"
"""At least one character that can be seen, and no control character but those that end a line or a column."""

NO_NULL = r"^[^\x00]*$"
"""What is looked for in a column of text: PostgreSQL knows no NUL."""

_ID = "6f0e9d0c5a6b4f3f8e1c2d3b4a5f6071"

Line = Annotated[str, StringConstraints(pattern=_SAID, min_length=1, max_length=255)]
Reason = Annotated[str, StringConstraints(pattern=_SAID, min_length=1, max_length=2000)]
Number = Annotated[str, StringConstraints(pattern=rf"^{_PRINTED}*$", max_length=255)]
Id = Annotated[str, PathParameter(pattern=r"^[0-9A-Za-z-]{1,64}$", description="Mã. / Its id.", examples=[_ID])]
Ordinal = Annotated[int, PathParameter(ge=0, le=2**31 - 1, description="Thứ tự tài liệu. / Number of the document.")]
LARGEST_SEQ = 2**53 - 1

_ACCOUNT_ID = _ID
_AIP_ID = "0b9c2f5e-7a54-4a5e-9d4e-4b7f0f3c9a11"


class Strict(BaseModel):
    """A request's body: a field nobody knows is a mistake of the sender, not something to pass over."""

    model_config = ConfigDict(extra="forbid")


def _kept_by_nobody(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


NEVER_STORED = Depends(_kept_by_nobody)
"""For a router: nothing it answers is kept by a browser or by anything on the way."""


class AccountView(BaseModel):
    """One account. Nothing in it opens anything."""

    id: str = Field(description="Mã tài khoản. / Its id.", examples=[_ACCOUNT_ID])
    username: str = Field(description="Tên đăng nhập. / User name.", examples=["nguyen.van.an"])
    name: str = Field(description="Họ tên hoặc tên hệ thống. / Name.", examples=["Nguyễn Văn An"])
    role: Role = Field(description="Vai trò. / Role.", examples=["archivist"])
    agency_code: str = Field(description="Mã cơ quan nộp lưu, trống với vai trò khác. / Agency.", examples=[""])
    has_password: bool = Field(description="Đăng nhập được bằng mật khẩu. / Whether a password opens it.")
    oidc_issuer: str | None = Field(description="Hệ thống định danh đã liên kết. / Linked OpenID provider.")
    active: bool = Field(description="Đang hoạt động. / Not disabled.")
    created_at: datetime = Field(description="Thời điểm tạo. / When it was made.")
    disabled_at: datetime | None = Field(description="Thời điểm khóa. / When it was disabled.")

    @classmethod
    def of(cls, account: Account) -> AccountView:
        return cls(
            id=account.id,
            username=account.username,
            name=account.name,
            role=account.role,
            agency_code=account.agency_code,
            has_password=account.has_password,
            oidc_issuer=account.oidc_issuer,
            active=account.active,
            created_at=account.created_at,
            disabled_at=account.disabled_at,
        )


class TokenView(BaseModel):
    """One token without its secret."""

    id: str = Field(description="Mã của mã truy cập. / Its id.", examples=["2f6c9a7e1b3d4c5f8a9b0c1d2e3f4a5b"])
    label: str = Field(description="Dùng để làm gì. / What it is for.", examples=["Hệ thống quản lý văn bản"])
    scopes: list[Scope] = Field(description="Phạm vi. / What it may be used for.", examples=[["read", "submit"]])
    created_at: datetime = Field(description="Thời điểm cấp. / When it was issued.")
    expires_at: datetime = Field(description="Hết hạn. / When it ends.")
    revoked_at: datetime | None = Field(description="Thời điểm thu hồi. / When it was revoked.")
    last_used_on: date | None = Field(description="Ngày dùng gần nhất. / Day of last use.")
    live: bool = Field(description="Còn hiệu lực. / Whether it is good now.")

    @classmethod
    def of(cls, token: Token, at: datetime) -> TokenView:
        return cls(
            id=token.id,
            label=token.label,
            scopes=sorted(token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
            revoked_at=token.revoked_at,
            last_used_on=token.last_used_on,
            live=token.live(at),
        )


class TokenSecretView(BaseModel):
    """A token just issued. ``token`` is shown this once: only its digest is kept."""

    token: str = Field(
        description="Mã truy cập, chỉ hiện một lần này. / The secret, shown this once.",
        examples=["luutru_V2h5IGRvIHlvdSByZWFkIHRoaXM_example"],
    )
    token_type: str = Field(default="Bearer", description="Cách gửi. / How it is sent.", examples=["Bearer"])
    token_id: str = Field(description="Mã để thu hồi. / Its id, to revoke it by.", examples=[_ID])
    expires_at: datetime = Field(description="Hết hạn. / When it ends.")
    scopes: list[Scope] = Field(description="Phạm vi. / What it may be used for.", examples=[["read", "submit"]])
    username: str = Field(description="Tên đăng nhập. / User name.", examples=["nguyen.van.an"])
    role: Role = Field(description="Vai trò. / Role.")


class GrantView(BaseModel):
    """A decision that opens a restricted hồ sơ or document to one person for a time."""

    id: str = Field(description="Mã quyết định trong hệ thống. / Its id.", examples=[_ACCOUNT_ID])
    account: str = Field(description="Người được phép (tên đăng nhập). / To whom.", examples=["tran.thi.binh"])
    account_id: str = Field(description="Mã tài khoản. / Id of the account.", examples=[_ACCOUNT_ID])
    aip_id: str = Field(description="Mã gói tin của hồ sơ. / The package.", examples=[_AIP_ID])
    ordinal: int | None = Field(description="Thứ tự tài liệu; trống: cả hồ sơ. / Document; null: all.", examples=[None])
    reason: str = Field(description="Lý do. / Why.", examples=["Phục vụ giải quyết khiếu nại"])
    decision_number: str = Field(description="Số văn bản quyết định. / Number.", examples=["12/QĐ-LTLS"])
    valid_from: datetime = Field(description="Từ. / From.")
    valid_until: datetime = Field(description="Đến trước thời điểm này. / Until, exclusive.")
    granted_by: str = Field(description="Người quyết định. / By whom.", examples=["le.van.cuong"])
    granted_at: datetime = Field(description="Thời điểm quyết định. / When.")
    withdrawn_by: str | None = Field(description="Người thu hồi. / Who withdrew it.")
    withdrawn_at: datetime | None = Field(description="Thời điểm thu hồi. / When it was withdrawn.")
    live: bool = Field(description="Đang có hiệu lực. / Whether it holds now.")

    @classmethod
    def of(cls, given: GivenGrant, names: Names, at: datetime) -> GrantView:
        return cls(
            id=given.id,
            account=names.of(given.account_id),
            account_id=given.account_id,
            aip_id=given.grant.aip_id,
            ordinal=given.grant.ordinal,
            reason=given.reason,
            decision_number=given.decision_number,
            valid_from=given.grant.valid_from,
            valid_until=given.grant.valid_until,
            granted_by=names.of(given.granted_by),
            granted_at=given.granted_at,
            withdrawn_by=names.of(given.withdrawn_by) if given.withdrawn_by else None,
            withdrawn_at=given.withdrawn_at,
            live=given.live(at),
        )


class ModeView(BaseModel):
    """The archive's decision on a mode of use that stands."""

    aip_id: str = Field(description="Mã gói tin của hồ sơ. / The package.", examples=[_AIP_ID])
    ordinal: int | None = Field(description="Thứ tự tài liệu; trống: cả hồ sơ. / Document; null: all.", examples=[None])
    mode: Mode = Field(description="Chế độ sử dụng. / Mode of use.", examples=["restricted"])
    reason: str = Field(description="Lý do. / Why.", examples=["Có thông tin về đời tư cá nhân"])
    decision_number: str = Field(description="Số văn bản quyết định. / Number.", examples=["15/QĐ-LTLS"])
    review_on: date | None = Field(description="Ngày xem xét lại. / When to look at it again.")
    decided_by: str = Field(description="Người quyết định. / By whom.", examples=["le.van.cuong"])
    decided_at: datetime = Field(description="Thời điểm quyết định. / When.")

    @classmethod
    def of(cls, decided: DecidedMode, names: Names) -> ModeView:
        return cls(
            aip_id=decided.aip_id,
            ordinal=decided.ordinal,
            mode=decided.mode,
            reason=decided.reason,
            decision_number=decided.decision_number,
            review_on=decided.review_on,
            decided_by=names.of(decided.decided_by),
            decided_at=decided.decided_at,
        )


class RightsChangeView(BaseModel):
    """One change of rights, shown until somebody with authority has confirmed it (NĐ 30/2020, PL VI, III.3)."""

    id: int = Field(
        description="Số, cũng là số bản ghi trong sổ nhật ký. / Number of its ledger record.", examples=[42]
    )
    at: datetime = Field(description="Thời điểm. / When.")
    kind: ChangeKind = Field(description="Loại thay đổi. / What kind.", examples=["role_changed"])
    subject: str = Field(description="Tài khoản hoặc gói tin. / The account or package.", examples=[_ACCOUNT_ID])
    account: str | None = Field(description="Quyền của ai. / Whose rights.", examples=["tran.thi.binh"])
    actor: str = Field(description="Ai đã thay đổi. / Who changed them.", examples=["account:quan-tri"])
    before: dict[str, Any] = Field(description="Trước. / Before.", examples=[{"role": "archivist"}])
    after: dict[str, Any] = Field(description="Sau. / After.", examples=[{"role": "head"}])
    confirmed_by: str | None = Field(description="Người xác nhận. / Who confirmed it.")
    confirmed_at: datetime | None = Field(description="Thời điểm xác nhận. / When it was confirmed.")
    self_confirmed: bool = Field(
        description="Người xác nhận cũng là người thay đổi hoặc được hưởng (không có ai khác). / "
        "Confirmed by who made it or gains by it, nobody else being there."
    )

    @classmethod
    def of(cls, change: RightsChange, names: Names) -> RightsChangeView:
        return cls(
            id=change.seq,
            at=change.at,
            kind=change.kind,
            subject=change.subject,
            account=names.of(change.account_id) if change.account_id else None,
            actor=change.actor,
            before=dict(change.before),
            after=dict(change.after),
            confirmed_by=names.of(change.confirmed_by) if change.confirmed_by else None,
            confirmed_at=change.confirmed_at,
            self_confirmed=change.self_confirmed,
        )


class Names:
    """User names by account id, each looked up once for one answer."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._known: dict[str, str] = {}

    def of(self, account_id: str) -> str:
        if account_id not in self._known:
            try:
                self._known[account_id] = self._reading.account(account_id).username
            except AccountMissingError:  # A catalogue rebuilt without its people still shows what they did.
                self._known[account_id] = account_id
        return self._known[account_id]
