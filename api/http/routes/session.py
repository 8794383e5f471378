"""Signing in and out: by password, or at the organisation's OpenID Connect provider; the answer is a token for some hours."""

from __future__ import annotations

import hmac
import threading
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.accounts import revoke_token
from api.http import login_cookie
from api.http.credentials import REQUEST_BODY, Credentials, credentials
from api.http.described import told
from api.http.first_password import must_be_replaced
from api.http.gate import Asked, gate
from api.http.oidc import ATTEMPT_SECONDS, OidcRefusedError, Provider
from api.http.problems import ProblemError
from api.http.rights_views import NEVER_STORED, TokenSecretView
from api.http.sign_in import password_attempt, secret_view
from api.http.sign_in_limits import sign_in_limits
from api.http.used_attempts import first_use
from api.passwords import authenticate_password, set_password
from api.signing_in import open_session, principal_of_oidc
from archive.access import Author, Operation
from archive.access.errors import PasswordRefusedError

router = APIRouter(tags=["session"], dependencies=[NEVER_STORED])
_making = threading.Lock()


@router.post(
    "/session",
    operation_id="open_session",
    status_code=201,
    openapi_extra={"requestBody": REQUEST_BODY},
    **told(
        "Đăng nhập bằng mật khẩu",
        "Sign in with a password",
        description=(
            "Trả mã truy cập dùng trong 12 giờ. Sai nhiều lần thì phải chờ (429, `Retry-After`). Mật khẩu do người khác "
            "đặt chỉ dùng một lần, kèm `new_password`. Mật khẩu không bao giờ được nhận trên địa chỉ.",
            "Gives a token for 12 hours. Many failures bring a wait (429, `Retry-After`). A password set by another is "
            "good once, together with `new_password`. Nothing is taken from the query string.",
        ),
        problems=(401, 403, 409, 415, 429),
        public=True,
    ),
)
def open_session_by_password(
    asked: Annotated[Asked, gate(Operation.SESSION_OPEN)], given: Annotated[Credentials, Depends(credentials)]
) -> TokenSecretView:
    catalogue = asked.service.installation.catalogue
    with password_attempt(asked.at):
        principal = authenticate_password(catalogue, given.username, given.password, address=asked.address, at=asked.at)
    with catalogue.read() as reading:
        replace = must_be_replaced(reading, principal.account_id)
    if replace and given.new_password is None:
        raise ProblemError(
            403,
            "session.password-change-needed",
            "Mật khẩu này do người khác đặt nên phải được thay khi đăng nhập lần đầu.",
            remedy="Gửi lại kèm «new_password» là mật khẩu mới của riêng mình.",
        )
    if given.new_password is not None:
        _replace_password(asked, principal.username, given.password, given.new_password, Author.of(principal))
    return secret_view(open_session(catalogue, principal, how="password", at=asked.at), principal)


@router.delete(
    "/session",
    operation_id="close_session",
    status_code=204,
    **told("Đăng xuất", "Sign out: the token used for this request is revoked"),
)
def close_session(asked: Annotated[Asked, gate(Operation.OWN_ACCOUNT_USE)]) -> None:
    if asked.who.token_id is not None:
        revoke_token(asked.service.installation.catalogue, asked.who.token_id, by=Author.of(asked.who), at=asked.at)


@router.get(
    "/session/oidc/login",
    operation_id="begin_oidc_login",
    status_code=303,
    response_class=RedirectResponse,
    **told(
        "Đăng nhập qua hệ thống định danh của cơ quan",
        "Sign in at the organisation's OpenID Connect provider",
        description=(
            "Chuyển tới trang đăng nhập của hệ thống định danh; phải quay lại trong 10 phút, trên cùng trình duyệt.",
            "Redirects to the provider's page; good for ten minutes and for this browser only.",
        ),
        problems=(404, 429),
        responses={303: {"description": "Tới hệ thống định danh. / To the provider."}},
        public=True,
    ),
)
def begin_oidc_login(request: Request, asked: Annotated[Asked, gate(Operation.SESSION_OPEN)]) -> Response:
    provider = _provider(request, asked)
    sign_in_limits(request.app).admit(asked)
    address, attempt = provider.begin(_callback_address(request, asked))
    answer = RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        login_cookie.NAME,
        login_cookie.sealed(attempt, asked.service.installation.key, asked.at),
        max_age=ATTEMPT_SECONDS,
        path=login_cookie.PATH,
        secure=attempt.redirect_uri.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get(
    "/session/oidc/callback",
    operation_id="finish_oidc_login",
    **told(
        "Trở lại từ hệ thống định danh",
        "Back from the provider",
        description=(
            "Kiểm tra `state`, đổi `code` lấy ID token, kiểm tra chữ ký, bên cấp, bên nhận, `nonce` và hạn; "
            "danh tính chưa gắn với tài khoản thì bị từ chối.",
            "Checks state, redeems the code, validates the ID token; an identity bound to no account is refused.",
        ),
        problems=(400, 403, 404, 429),
        public=True,
    ),
)
def finish_oidc_login(
    request: Request,
    response: Response,
    asked: Annotated[Asked, gate(Operation.SESSION_OPEN)],
    state: Annotated[
        str, Query(max_length=200, description="Như đã gửi đi. / As it was sent.", examples=["xyzABC123"])
    ] = "",
    code: Annotated[
        str,
        Query(
            max_length=4096,
            description="Mã đổi lấy danh tính. / Authorization code.",
            examples=["SplxlOBeZQQYbYS6WxSbIA"],
        ),
    ] = "",
    iss: Annotated[
        str | None,
        Query(max_length=255, description="Bên cấp (RFC 9207). / Issuer.", examples=["https://dinh-danh.example.vn"]),
    ] = None,
    error: Annotated[
        str | None, Query(max_length=200, description="Lý do từ chối. / Why refused.", examples=["access_denied"])
    ] = None,
    luutru_login: Annotated[str | None, Cookie(include_in_schema=False)] = None,
) -> TokenSecretView:
    provider, limits = _provider(request, asked), sign_in_limits(request.app)
    limits.admit(asked)
    installation = asked.service.installation
    attempt = login_cookie.opened(luutru_login, installation.key, asked.at)
    if attempt is None or not _same(attempt.state, state):
        raise ProblemError(
            400,
            "session.oidc-state",
            "Lượt đăng nhập này không bắt đầu từ trình duyệt này, hoặc đã quá hạn.",
            remedy="Bắt đầu lại từ /api/v1/session/oidc/login.",
        )
    if error is not None or not code:
        raise ProblemError(
            403,
            "session.oidc-denied",
            "Hệ thống định danh không cho đăng nhập.",
            remedy="Đăng nhập lại, hoặc hỏi người quản lý hệ thống định danh.",
        )
    try:
        identity = provider.finish(
            attempt, code, asked.at, iss, first_use=lambda used: first_use(installation.catalogue, used)
        )
    except OidcRefusedError:
        limits.record_refused(asked, "identity not proven")
        raise
    with installation.catalogue.read() as reading:
        principal = principal_of_oidc(reading, identity.issuer, identity.subject, asked.at)
    if principal is None:
        limits.record_refused(asked, "no account")
        raise ProblemError(
            403,
            "session.oidc-unknown",
            "Danh tính này chưa gắn với tài khoản nào đang hoạt động của kho lưu trữ.",
            detail=f"{identity.issuer} {identity.subject}",
            remedy="Gửi hai giá trị trong «detail» (bên cấp và mã chủ thể) cho người quản trị để gắn với tài khoản.",
        )
    response.delete_cookie(login_cookie.NAME, path=login_cookie.PATH, httponly=True, samesite="lax")
    return secret_view(open_session(installation.catalogue, principal, how="oidc", at=asked.at), principal)


def _replace_password(asked: Asked, username: str, current: str, new: str, by: Author) -> None:
    if new == current:
        raise PasswordRefusedError("Mật khẩu mới phải khác mật khẩu cũ.", remedy="Chọn mật khẩu khác.")
    with password_attempt(asked.at):
        set_password(
            asked.service.installation.catalogue,
            username,
            new,
            current=current,
            address=asked.address,
            by=by,
            at=asked.at,
        )


def _provider(request: Request, asked: Asked) -> Provider:
    """The one provider of this service; what it publishes is kept with it."""
    settings = asked.service.installation.settings.oidc
    if settings is None:
        raise ProblemError(
            404,
            "session.oidc-not-configured",
            "Kho lưu trữ này không dùng hệ thống định danh bên ngoài.",
            remedy="Đăng nhập bằng mật khẩu, hoặc khai báo mục [oidc] trong cấu hình.",
        )
    state = request.app.state
    with _making:
        if not hasattr(state, "oidc_provider"):
            state.oidc_provider = Provider(settings)
        provider = state.oidc_provider
    assert isinstance(provider, Provider)
    return provider


def _callback_address(request: Request, asked: Asked) -> str:
    public = asked.service.installation.settings.http_public_address
    return (public or str(request.base_url).rstrip("/")) + login_cookie.PATH + "/callback"


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "surrogatepass"))
