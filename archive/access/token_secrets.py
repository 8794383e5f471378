"""Secrets of tokens: 256 random bits, shown once; only their SHA-256 is ever kept."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable

PREFIX = "luutru_"
_FORM = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")


def new_secret(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A secret nobody has had before: ``luutru_`` and 43 characters of base64url."""
    return PREFIX + base64.urlsafe_b64encode(random_bytes(32)).rstrip(b"=").decode("ascii")


def secret_sha256(secret: str) -> str | None:
    """The digest it is looked up by; None for what cannot be a secret of ours.

    Looking up a digest tells by its time nothing that helps to guess: who could choose digests by their beginning could
    invert SHA-256. So no stored secret is ever compared with a given one.
    """
    return hashlib.sha256(secret.encode("ascii")).hexdigest() if _FORM.fullmatch(secret) else None
