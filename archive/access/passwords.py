"""Passwords: what may be one, its argon2id hash, and a comparison that takes as long for nobody as for somebody."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from archive.access.errors import PasswordRefusedError

SHORTEST, LONGEST = 12, 1024
_FEWEST_DIFFERENT = 5
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each comparison takes tens of MiB: many at once wait for each other instead of filling the memory."""


def chosen_password(text: str, username: str) -> str:
    """``text`` when it may become the password of ``username``. Raises PasswordRefusedError."""
    password = unicodedata.normalize("NFC", text)
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordRefusedError(
            f"Mật khẩu phải có từ {SHORTEST} đến {LONGEST} ký tự.", remedy="Dùng một câu dài dễ nhớ."
        )
    if len(set(password.casefold())) < _FEWEST_DIFFERENT or username in password.casefold():
        raise PasswordRefusedError(
            "Mật khẩu quá dễ đoán.", remedy="Dùng nhiều ký tự khác nhau và không chứa tên đăng nhập."
        )
    return password


class Passwords:
    """Argon2id with the library's parameters (RFC 9106), or those of ``hasher``. Shared by all threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    def hashed(self, password: str) -> str:
        """What is kept of it: hash, salt and parameters as one text."""
        with _AT_ONCE:
            return self._hasher.hash(_bytes(password))

    def matches(self, kept: str | None, password: str) -> bool:
        """Whether ``password`` is the one ``kept`` was made from; for None, No after the same work."""
        decoy = self._decoy
        if len(password) > LONGEST:
            password = ""
        try:
            with _AT_ONCE:
                return self._hasher.verify(kept or decoy, _bytes(password)) and kept is not None
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, kept: str) -> bool:
        """Whether ``kept`` was made with other parameters than ours."""
        return self._hasher.check_needs_rehash(kept)

    @cached_property
    def _decoy(self) -> str:
        return self.hashed(secrets.token_urlsafe())


def _bytes(password: str) -> bytes:
    # One text however it was typed: keyboards of one system send ế as one character, of another as three.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
