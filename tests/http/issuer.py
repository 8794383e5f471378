"""An OpenID Connect provider that can be told to lie: its own keys, its own claims, and PKCE really checked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey


@cache
def rsa_key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@dataclass
class Issuer:
    """What it will say next. ``claims`` go over the right ones; None takes a claim away."""

    address: str = ""
    subject: str = "248289761001"
    signing: Any = field(default_factory=lambda: rsa_key("one"))
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})
    published: list[RSAKey] = field(default_factory=lambda: [rsa_key("one")])
    claims: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    by_hand: Callable[[dict[str, Any]], str] | None = None
    status: int = 200
    redeemed: list[dict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, address: str) -> tuple[str, str]:
        """Somebody logs in at ``address``, which the service sent the browser to: the code and the state."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["code_challenge_method"] == "S256" and query["response_type"] == "code"
        code = f"code-{len(self._codes)}"
        self._codes[code] = query
        return code, query["state"]

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            **self.discovery,
        }

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.redeemed.append(form)
        query = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = _text(digest)
        if query is None or query["code_challenge"] != challenge or query["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        moment = int(time.time())
        right = {
            "iss": self.address,
            "sub": self.subject,
            "aud": query["client_id"],
            "nonce": query["nonce"],
            "iat": moment,
            "exp": moment + 300,
        }
        claims = {name: value for name, value in (right | self.claims).items() if value is not None}
        return self.status, {"access_token": "x", "token_type": "Bearer", "id_token": self._signed(claims)}

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.by_hand:
            return self.by_hand(claims)
        return jwt.encode(self.header, claims, self.signing, [self.header["alg"]])


def unsigned(claims: dict[str, Any]) -> str:
    """A token that says it needs no signature."""
    return _parts({"alg": "none", "typ": "JWT"}, claims) + "."


def signed_with_the_public_key(claims: dict[str, Any]) -> str:
    """The published key's own bytes taken for a shared secret: the oldest trick there is."""
    parts = _parts({"alg": "HS256", "kid": "one", "typ": "JWT"}, claims)
    return f"{parts}." + _text(hmac.digest(rsa_key("one").as_pem(private=False), parts.encode(), "sha256"))


def _parts(*parts: dict[str, Any]) -> str:
    return ".".join(_text(json.dumps(part).encode()) for part in parts)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            if self.path == "/.well-known/openid-configuration":
                self._say(200, issuer.metadata())
            elif self.path == "/jwks":
                self._say(200, KeySet(list(issuer.published)).as_dict(private=False))
            else:
                self._say(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._say(*issuer.token({**form, "authorization": self.headers.get("Authorization", "")}))

        def _say(self, status: int, value: Any) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
