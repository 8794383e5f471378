"""The key of one hồ sơ as age knows it: an X25519 identity that opens, and a recipient that only seals."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from archive.sealing import bech32

SECRET_BYTES = 32
_RECIPIENT = "age"
_IDENTITY = "age-secret-key-"


class Recipient:
    """Who has it can seal, and not open."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def __str__(self) -> str:
        """``age1…``"""
        return bech32.encoded(_RECIPIENT, self.raw)

    def agreed_with(self, ephemeral: X25519PrivateKey) -> bytes:
        return ephemeral.exchange(X25519PublicKey.from_public_bytes(self.raw))


class Identity:
    """Opens what was sealed for its recipient. Neither ``repr`` nor ``str`` nor pickling gives the secret away."""

    __slots__ = ("__secret", "recipient")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError("an identity has 32 bytes")
        self.__secret = X25519PrivateKey.from_private_bytes(secret)
        self.recipient = Recipient(self.__secret.public_key().public_bytes_raw())

    def agreed_with(self, share: bytes) -> bytes:
        """The secret shared with whoever made ``share``. Raises ValueError for a share no honest writer makes."""
        return self.__secret.exchange(X25519PublicKey.from_public_bytes(share))

    def exported(self) -> str:
        """``AGE-SECRET-KEY-1…``: the secret itself, for the program ``age`` on the day there is no other."""
        return bech32.encoded(_IDENTITY, self.__secret.private_bytes_raw()).upper()

    def __repr__(self) -> str:
        return "Identity(…)"

    def __reduce__(self) -> str:
        raise TypeError("an identity is not pickled")


def imported(text: str) -> Identity:
    """The identity of an ``AGE-SECRET-KEY-1…``. Raises ValueError, which never quotes the text."""
    return Identity(bech32.decoded(_IDENTITY, text.strip()))
