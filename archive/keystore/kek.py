"""The key-encryption key (khóa bọc khóa), and who keeps it."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from archive.keystore.errors import KekMissingError, KekWrongError, KeysDamagedError

KEK_BYTES = 32
KEY_BYTES = 32
WRAPPED_BYTES = KEY_BYTES + 8
_ID_LABEL = b"luutru key-encryption key"


class Kek:
    """AES-256 for wrapping keys (RFC 3394). ``id`` tells it from others and gives nothing of it away; nor does ``repr``."""

    __slots__ = ("__secret", "id")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEK_BYTES:
            raise ValueError("a key-encryption key has 32 bytes")
        self.__secret = secret
        self.id = hmac.digest(secret, _ID_LABEL, "sha256")[:16].hex()

    def wrap(self, key: bytes) -> bytes:
        return aes_key_wrap(self.__secret, key)

    def unwrap(self, wrapped: bytes) -> bytes:
        """Raises KeysDamagedError when ``wrapped`` was not made by this key, or was changed."""
        try:
            return aes_key_unwrap(self.__secret, wrapped)
        except InvalidUnwrap:
            raise KeysDamagedError(
                "Bản ghi khóa không mở được bằng khóa bọc khóa hiện hành.",
                remedy="Chạy «luutru keys check»; so hai bản của kho khóa.",
                detail=f"unwrap by {self.id}",
            ) from None

    def exported(self) -> bytes:
        """The secret itself: for what keeps it (``KekHolder``), and for shares."""
        return self.__secret

    def __repr__(self) -> str:
        return f"Kek({self.id})"

    def __reduce__(self) -> str:
        raise TypeError("a key-encryption key is not pickled")


def new_kek() -> Kek:
    return Kek(os.urandom(KEK_BYTES))


@dataclass(frozen=True, slots=True)
class LockedKek:
    """What a generation of the key store says of its key-encryption key: enough for the holder to find it, never it.

    ``slot``: what the holder wants kept beside the wrapped keys (a salt, the key wrapped by an HSM …).
    """

    store_id: str
    holder: str
    kek_id: str
    slot: Mapping[str, str] = field(default_factory=dict)


class KekHolder(Protocol):
    """Who keeps the key-encryption key. A holder must make an old copy of the key store worthless after a rotation."""

    @property
    def kind(self) -> str: ...

    def open(self, locked: LockedKek) -> Kek:
        """The key ``locked`` speaks of. Raises KekMissingError, KekWrongError."""
        ...

    def prepare(self, store_id: str, kek: Kek, standing: LockedKek | None) -> LockedKek:
        """``kek`` can be opened by what this returns, durably; the one of ``standing`` still can. Repeating it is fine.

        Raises KekUnchangedError when the holder would open both by the same secret.
        """
        ...

    def settle(self, standing: LockedKek) -> None:
        """Every other key-encryption key of this store that this holder has is destroyed when this returns: all, when
        ``standing`` is another holder's. Repeating it is fine. Raises KekNotDestroyedError.
        """
        ...


class ChangingHolder:
    """From one holder to another by a rotation: opens what either has, and destroys what the first had."""

    def __init__(self, first: KekHolder, then: KekHolder) -> None:
        self._first = first
        self._then = then
        self.kind = then.kind

    def open(self, locked: LockedKek) -> Kek:
        return (self._then if locked.holder == self._then.kind else self._first).open(locked)

    def prepare(self, store_id: str, kek: Kek, standing: LockedKek | None) -> LockedKek:
        return self._then.prepare(store_id, kek, standing)

    def settle(self, standing: LockedKek) -> None:
        self._then.settle(standing)
        self._first.settle(standing)


def the_one(kek: Kek, locked: LockedKek) -> Kek:
    """``kek``, if it is the one ``locked`` speaks of. Raises KekWrongError."""
    if not hmac.compare_digest(kek.id, locked.kek_id):
        raise kek_wrong(f"{kek.id}, wanted {locked.kek_id}")
    return kek


def kek_wrong(detail: str) -> KekWrongError:
    return KekWrongError(
        "Khóa bọc khóa này không phải khóa đang dùng của kho khóa.",
        remedy="Sau mỗi lần xoay khóa chỉ khóa mới mở được; kiểm tra thiết bị, mật khẩu hoặc phiếu mảnh khóa.",
        detail=detail,
    )


def kek_missing(message: str, detail: str = "") -> KekMissingError:
    return KekMissingError(
        message, remedy="Gắn thiết bị giữ khóa bọc khóa, hoặc nhập mật khẩu, rồi làm lại.", detail=detail
    )
