"""What a browser keeps while somebody logs in elsewhere: sealed, so that it can be neither read, made nor prolonged."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from api.http.oidc import ATTEMPT_SECONDS, Attempt
from archive.signing import ArchiveKey

NAME = "luutru_login"
PATH = "/api/v1/session/oidc"
_PURPOSE = b"luutru: cookie of a login under way, 1"


def sealed(attempt: Attempt, key: ArchiveKey, at: datetime) -> str:
    """The cookie's value, good for ``ATTEMPT_SECONDS`` from ``at``."""
    return _box(key).encrypt_at_time(json.dumps(asdict(attempt)).encode(), int(at.timestamp())).decode("ascii")


def opened(value: str | None, key: ArchiveKey, at: datetime) -> Attempt | None:
    """The attempt inside; None when there is none, it is over, or any byte of it is not ours."""
    if not value or len(value) > 4096:
        return None
    try:
        content = _box(key).decrypt_at_time(value.encode(), ATTEMPT_SECONDS, int(at.timestamp()))
        return Attempt(**json.loads(content))
    except (InvalidToken, ValueError, TypeError):
        return None


def _box(key: ArchiveKey) -> Fernet:
    # Derived, so that all processes of one archive understand each other and a restart keeps logins under way.
    derived = HKDF(SHA256(), 32, None, _PURPOSE).derive(key.private.private_bytes_raw())
    return Fernet(base64.urlsafe_b64encode(derived))
