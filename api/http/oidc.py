"""Logging in at an organisation's OpenID Connect provider: code flow with PKCE; only a fully validated ID token counts.

```
browser → /session/oidc/login ──── Provider.begin ──→ provider's page (state, nonce, S256 challenge)
browser ← /session/oidc/callback ← code, state ────── Provider.finish: code + verifier → ID token → Identity
```
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from archive.errors import LuutruError

ALGORITHMS = ("RS256", "PS256", "ES256", "ES384")
"""What an ID token may be signed with: public keys only, never ``none`` and never a shared secret."""
SCOPE = "openid"
LEEWAY_SECONDS = 60
ATTEMPT_SECONDS = 600
"""How long somebody may take to log in at the provider."""
DEADLINE_SECONDS = 15.0
"""One question to the provider, from the first byte to the last: a thread is held for no longer."""
_LONGEST_ANSWER = 1 << 20
_KEPT_SECONDS = 3600.0
_KEYS_ASKED_AGAIN_SECONDS = 30.0
_TIMEOUT = httpx.Timeout(10.0)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class OidcRefusedError(LuutruError):
    """The provider's word does not prove who this is; nobody was logged in."""

    code = "session.oidc-refused"
    http_status = 403


class OidcUnavailableError(LuutruError):
    """The provider, or this side's settings for it, cannot be used now."""

    code = "session.oidc-unavailable"
    http_status = 503


class OidcSettings(Protocol):
    """Where the organisation's provider is, and who this archive is there."""

    @property
    def issuer(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def client_secret_file(self) -> Path | None: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login under way. It is known to the browser that began it and to nobody else; good for one use."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody as the provider proved them: ``subject`` is theirs for ever within ``issuer``."""

    issuer: str
    subject: str


@dataclass(slots=True)
class _Kept:
    value: Any = None
    until: float = 0.0


@dataclass
class Provider:
    """The configured provider, its published settings and keys kept for an hour. Shared by all threads."""

    settings: OidcSettings
    monotonic: Callable[[], float] = time.monotonic
    _metadata: _Kept = field(default_factory=_Kept)
    _keys: _Kept = field(default_factory=_Kept)
    _keys_asked_at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, redirect_uri: str) -> tuple[str, Attempt]:
        """The provider's address to send the browser to, and what must be remembered until it comes back."""
        attempt = Attempt(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), redirect_uri)
        address = prepare_grant_uri(
            self._endpoint("authorization_endpoint"),
            self.settings.client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=SCOPE,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return str(address), attempt

    def finish(
        self,
        attempt: Attempt,
        code: str,
        at: datetime,
        issuer: str | None = None,
        *,
        first_use: Callable[[Attempt], bool],
    ) -> Identity:
        """Who logged in. Raises OidcRefusedError when anything at all is not as it must be; an attempt counts once.

        ``issuer``: as the answer named it (RFC 9207), where the provider does. ``first_use``: whether the attempt was
        never used before, on whichever machine; asking uses it. It is asked before the provider is.
        """
        if issuer is not None and issuer != self.settings.issuer:
            raise _refused("answer of another issuer")
        if not first_use(attempt):
            raise _refused("attempt used before")
        granted = self._redeem(attempt, code)
        return self._identity(granted, attempt, at)

    def _redeem(self, attempt: Attempt, code: str) -> Mapping[str, Any]:
        secret, more, auth = self._secret(), {}, None
        methods = self._published().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if not secret:
            more = {"client_id": self.settings.client_id}
        elif "client_secret_basic" in methods or "client_secret_post" not in methods:
            auth = httpx.BasicAuth(quote(self.settings.client_id, safe=""), quote(secret, safe=""))
        else:
            more = {"client_id": self.settings.client_id, "client_secret": secret}
        body = prepare_token_request(
            "authorization_code",
            code=code,
            redirect_uri=attempt.redirect_uri,
            code_verifier=attempt.verifier,
            **more,
        )
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        status, answer = _asked("POST", self._endpoint("token_endpoint"), content=body, headers=form, auth=auth)
        if status != 200 or not isinstance(answer.get("id_token"), str):
            raise _refused(f"token endpoint: {status} {str(answer.get('error'))[:200]}")
        return answer

    def _identity(self, granted: Mapping[str, Any], attempt: Attempt, at: datetime) -> Identity:
        token = self._verified(granted["id_token"])
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": self.settings.issuer},
                "aud": {"essential": True, "value": self.settings.client_id},
                "sub": {"essential": True},
            },
            params={
                "nonce": attempt.nonce,
                "client_id": self.settings.client_id,
                "access_token": granted.get("access_token"),
            },
        )
        try:
            claims.validate(now=int(at.timestamp()), leeway=LEEWAY_SECONDS)
        except JoseError as error:
            raise _refused(f"ID token: {error}") from error
        subject = token.claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise _refused("ID token: subject")
        return Identity(self.settings.issuer, subject)

    def _verified(self, id_token: str) -> jwt.Token:
        """Signed by a key the provider publishes now; an unknown key is looked for once more, as keys are changed."""
        published = self._published().get("id_token_signing_alg_values_supported") or ["RS256"]
        algorithms = [name for name in ALGORITHMS if name in published]
        keys = self._key_set()
        try:
            return jwt.decode(id_token, keys, algorithms)
        except (JoseError, ValueError) as first:
            again = self._key_set(again=True)
            if again is keys:
                raise _refused(f"ID token: {first}") from first
        try:
            return jwt.decode(id_token, again, algorithms)
        except (JoseError, ValueError) as error:
            raise _refused(f"ID token: {error}") from error

    def _published(self) -> Mapping[str, Any]:
        with self._lock:
            if self._metadata.until > self.monotonic():
                return dict(self._metadata.value)
        issuer = self.settings.issuer
        _require_secure(issuer)
        status, found = _asked("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
        if status != 200 or found.get("issuer") != issuer:
            raise _unavailable(f"discovery: {status}, issuer {str(found.get('issuer'))[:200]}")
        with self._lock:
            self._metadata = _Kept(found, self.monotonic() + _KEPT_SECONDS)
        return found

    def _endpoint(self, name: str) -> str:
        address = self._published().get(name)
        if not isinstance(address, str):
            raise _unavailable(f"discovery: no {name}")
        _require_secure(address)
        return address

    def _key_set(self, *, again: bool = False) -> KeySet:
        """The published keys; ``again`` asks anew, but not more often than every half minute."""
        with self._lock:
            moment, kept = self.monotonic(), self._keys.value
            fresh = kept is not None and self._keys.until > moment
            if fresh and not (again and moment - self._keys_asked_at >= _KEYS_ASKED_AGAIN_SECONDS):
                return kept  # type: ignore[no-any-return]
            self._keys_asked_at = moment
        status, found = _asked("GET", self._endpoint("jwks_uri"))
        try:
            keys = KeySet.import_key_set(found)  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise _unavailable(f"keys: {status} {error}") from error
        with self._lock:
            self._keys = _Kept(keys, self.monotonic() + _KEPT_SECONDS)
        return keys

    def _secret(self) -> str:
        if self.settings.client_secret_file is None:
            return ""
        try:
            return self.settings.client_secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as error:
            raise _unavailable(f"client secret: {error}") from error


def _asked(method: str, address: str, **options: Any) -> tuple[int, Mapping[str, Any]]:
    """Status and JSON object (empty when it is none) of one answer; redirects are not followed, size is bounded."""
    try:
        status, body = asyncio.run(asyncio.wait_for(_answered(method, address, options), DEADLINE_SECONDS))
    except TimeoutError as error:
        raise _unavailable(f"{urlsplit(address).path}: no whole answer in {DEADLINE_SECONDS:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _unavailable(f"{urlsplit(address).path}: {error}") from error
    try:
        found = json.loads(body)
    except ValueError:
        found = {}
    return status, found if isinstance(found, dict) else {}


async def _answered(method: str, address: str, options: Mapping[str, Any]) -> tuple[int, bytes]:
    """Asynchronous, as only then the whole can be broken off: a timeout of a read begins anew with every byte."""
    async with (
        httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False) as client,
        client.stream(method, address, **options) as answer,
    ):
        body = bytearray()
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > _LONGEST_ANSWER:
                raise _unavailable(f"{urlsplit(address).path}: answer too long")
        return answer.status_code, bytes(body)


def _require_secure(address: str) -> None:
    """What is fetched in the clear could be anyone's; only this machine itself may be asked so."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise _unavailable(f"not https: {parts.scheme}://{parts.hostname}")


def _refused(detail: str) -> OidcRefusedError:
    return OidcRefusedError(
        "Không xác nhận được danh tính từ hệ thống định danh của cơ quan.",
        remedy="Đăng nhập lại từ đầu; nếu vẫn không được, báo người quản trị kèm mã yêu cầu.",
        detail=detail,
    )


def _unavailable(detail: str) -> OidcUnavailableError:
    return OidcUnavailableError(
        "Hệ thống định danh của cơ quan chưa dùng được.",
        remedy="Thử lại sau ít phút, hoặc đăng nhập bằng mật khẩu nếu được cấp.",
        detail=detail,
    )
