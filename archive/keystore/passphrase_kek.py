"""The key-encryption key wrapped under a passphrase (scrypt, RFC 7914), beside the keys it wraps.

What people remember cannot be destroyed. After a rotation the old passphrase opens nothing that is left; it opens an old
copy of the key store as long as somebody knows it: see docs/sealing.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from archive.keystore.errors import KekUnchangedError
from archive.keystore.kek import KEK_BYTES, Kek, LockedKek, kek_missing, kek_wrong, the_one

COST = 1 << 17
"""128 MiB and about half a second for each guess."""
_LARGEST_COST = 1 << 20
_BLOCK = 8
_LANES = 1


class PassphraseKek:
    """See ``archive.keystore.kek.KekHolder``. ``following``: the passphrase a rotation is to go to."""

    kind = "passphrase"

    def __init__(self, passphrase: str, following: str | None = None, *, cost: int = COST) -> None:
        self.__passphrases = [text for text in (passphrase, following) if text]
        self.__following = following if following is not None else passphrase
        self._cost = cost

    def __repr__(self) -> str:
        return "PassphraseKek(…)"

    def __reduce__(self) -> str:
        raise TypeError("a passphrase is not pickled")

    def open(self, locked: LockedKek) -> Kek:
        if not self.__passphrases:
            raise kek_missing("Chưa nhập mật khẩu của khóa bọc khóa.")
        for passphrase in self.__passphrases:
            if (kek := _opened(locked.slot, passphrase)) is not None:
                return the_one(kek, locked)
        raise kek_wrong("passphrase")

    def prepare(self, store_id: str, kek: Kek, standing: LockedKek | None) -> LockedKek:
        if not self.__following:
            raise kek_missing("Chưa nhập mật khẩu mới của khóa bọc khóa.")
        if standing is not None and standing.holder == self.kind and _opened(standing.slot, self.__following):
            raise KekUnchangedError(
                "Mật khẩu mới trùng mật khẩu cũ: bản sao cũ của kho khóa vẫn sẽ mở được.",
                remedy="Chọn mật khẩu khác, chưa từng dùng.",
            )
        salt = os.urandom(16)
        wrapped = aes_key_wrap(_derived(self.__following, salt, self._cost, _BLOCK, _LANES), kek.exported())
        slot = {
            "salt": salt.hex(),
            "n": str(self._cost),
            "r": str(_BLOCK),
            "p": str(_LANES),
            "wrapped": wrapped.hex(),
        }
        return LockedKek(store_id, self.kind, kek.id, slot)

    def settle(self, standing: LockedKek) -> None:
        """Nothing is kept outside the key store; from now on the passphrase that stands is the only one asked."""
        if standing.holder == self.kind:
            self.__passphrases = [text for text in self.__passphrases if _opened(standing.slot, text) is not None]


def _opened(slot: Mapping[str, str], passphrase: str) -> Kek | None:
    try:
        salt, wrapped = bytes.fromhex(slot["salt"]), bytes.fromhex(slot["wrapped"])
        cost, block, lanes = int(slot["n"]), int(slot["r"]), int(slot["p"])
    except (KeyError, ValueError):
        return None
    if not (1 < cost <= _LARGEST_COST and block == _BLOCK and lanes == _LANES and len(wrapped) == KEK_BYTES + 8):
        return None
    try:
        return Kek(aes_key_unwrap(_derived(passphrase, salt, cost, block, lanes), wrapped))
    except InvalidUnwrap:
        return None


def _derived(passphrase: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return Scrypt(salt, KEK_BYTES, cost, block, lanes).derive(passphrase.encode("utf-8"))
