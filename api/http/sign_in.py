"""What every way of signing in shares: how many at once, what is answered to a failure, the token as it is handed over."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from api.accounts import IssuedToken
from api.http.problems import ProblemError
from api.http.rights_views import TokenSecretView
from archive.access import Principal
from archive.access.errors import AttemptsBlockedError, CredentialsRefusedError

MOST_AT_ONCE = 8
_places = threading.BoundedSemaphore(MOST_AT_ONCE)


@contextmanager
def password_attempt(at: datetime, *, refused_status: int = 401) -> Iterator[None]:
    """Around looking at a password: refusals become problems, one for all reasons (401; 429 with when to come back).

    Comparing passwords is slow by design; who sends very many is answered 503 at once, so that threads are left for
    everybody else.
    """
    if not _places.acquire(blocking=False):
        raise ProblemError(
            503,
            "session.busy",
            "Đang có quá nhiều lượt đăng nhập cùng lúc.",
            remedy="Thử lại sau vài giây.",
            headers={"Retry-After": "2"},
        )
    try:
        yield
    except AttemptsBlockedError as error:
        seconds = max(1, math.ceil((error.retry_at - at).total_seconds()))
        raise ProblemError(
            429, error.code, error.message, remedy=error.remedy, headers={"Retry-After": str(seconds)}
        ) from error
    except CredentialsRefusedError as error:
        headers = {"WWW-Authenticate": 'Bearer realm="luutru"'} if refused_status == 401 else {}
        raise ProblemError(
            refused_status, error.code, error.message, remedy=error.remedy or None, headers=headers
        ) from error
    finally:
        _places.release()


def secret_view(issued: IssuedToken, principal: Principal) -> TokenSecretView:
    """The token with its secret, for the one answer that shows it."""
    return TokenSecretView(
        token=issued.secret,
        token_id=issued.token.id,
        expires_at=issued.token.expires_at,
        scopes=sorted(issued.token.scopes),
        username=principal.username,
        role=principal.role,
    )
