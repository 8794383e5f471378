"""Whose a token or an identity is, and the session that comes of signing in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from api.accounts import IssuedToken, new_record_id, required_digest
from archive.access import Author, Principal
from archive.access.rules import scopes_of_role
from archive.access.token_secrets import new_secret, secret_sha256
from archive.catalogue import Authenticated, Catalogue, NewToken, Reading
from archive.events import Event

SESSION_LIFE = timedelta(hours=12)


def open_session(
    catalogue: Catalogue,
    principal: Principal,
    *,
    how: str,
    at: datetime,
    life: timedelta = SESSION_LIFE,
    new_id: Callable[[], str] = new_record_id,
) -> IssuedToken:
    """A token for the hours somebody works, after signing in by ``how`` ("password", "oidc"); recorded as a session."""
    secret, session_id = new_secret(), new_id()
    scopes = scopes_of_role(principal.role)
    new = NewToken(session_id, principal.account_id, "Phiên đăng nhập", required_digest(secret), scopes, at + life)
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


def principal_of_oidc(reading: Reading, issuer: str, subject: str, at: datetime) -> Principal | None:
    """Whose identity at the OpenID provider this is; None when it is bound to no active account."""
    return reading.principal_of_identity(issuer, subject, at)
