"""The key-encryption key wrapped by a key that never leaves an HSM or smart card (PKCS#11).

Each generation has a key of its own in the token, named after it; once another generation stands it is destroyed there,
and what it wrapped, in whatever old copy, is noise.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import pkcs11

from archive.keystore.errors import KekNotDestroyedError
from archive.keystore.kek import Kek, LockedKek, kek_missing, kek_wrong, the_one

_IV_BYTES = 12
_TAG_BITS = 128
_AAD = b"luutru-kek/1"
_session_lock = Lock()
"""PKCS#11 logs in a process, not a session: one at a time, so that nobody's ending logs another out."""


class Pkcs11Kek:
    """See ``archive.keystore.kek.KekHolder``. ``pin`` is asked for each time the token is opened."""

    kind = "pkcs11"

    def __init__(self, module: Path, token_label: str, pin: Callable[[], str]) -> None:
        self._module = module
        self._token_label = token_label
        self._pin = pin

    def __repr__(self) -> str:
        return f"Pkcs11Kek({self._token_label})"

    def open(self, locked: LockedKek) -> Kek:
        try:
            iv, wrapped = bytes.fromhex(locked.slot["iv"]), bytes.fromhex(locked.slot["wrapped"])
        except (KeyError, ValueError) as error:
            raise kek_wrong("pkcs11 slot") from error
        with self._session() as session:
            keys = _keys(session, _label(locked.store_id, locked.kek_id))
            if not keys:
                raise kek_missing("Thiết bị PKCS#11 không có khóa của kho khóa này.", f"no key {locked.kek_id}")
            try:
                secret = keys[0].decrypt(wrapped, mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=_gcm(iv))
            except pkcs11.PKCS11Error as error:
                raise kek_wrong(f"pkcs11: {type(error).__name__}") from None
        return the_one(Kek(secret), locked)

    def prepare(self, store_id: str, kek: Kek, standing: LockedKek | None) -> LockedKek:
        iv = os.urandom(_IV_BYTES)
        label = _label(store_id, kek.id)
        with self._session(writing=True) as session:
            for key in _keys(session, label):
                key.destroy()
            key = session.generate_key(
                pkcs11.KeyType.AES,
                256,
                label=label,
                store=True,
                template={
                    pkcs11.Attribute.SENSITIVE: True,
                    pkcs11.Attribute.EXTRACTABLE: False,
                    pkcs11.Attribute.ENCRYPT: True,
                    pkcs11.Attribute.DECRYPT: True,
                },
            )
            wrapped = key.encrypt(kek.exported(), mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=_gcm(iv))
        return LockedKek(store_id, self.kind, kek.id, {"iv": iv.hex(), "wrapped": wrapped.hex()})

    def settle(self, standing: LockedKek) -> None:
        kept = _label(standing.store_id, standing.kek_id)
        with self._session(writing=True) as session:
            if standing.holder == self.kind and not _keys(session, kept):
                raise kek_missing("Thiết bị PKCS#11 không có khóa đang dùng.", f"no key {standing.kek_id}")
            try:
                for key in _keys(session):
                    if key.label.startswith(_label(standing.store_id, "")) and key.label != kept:
                        key.destroy()
            except pkcs11.PKCS11Error as error:
                raise KekNotDestroyedError(
                    "Thiết bị PKCS#11 không hủy khóa cũ.",
                    remedy="Kiểm tra quyền của người dùng trên thiết bị rồi xoay khóa lại.",
                    detail=type(error).__name__,
                ) from error

    @contextmanager
    def _session(self, *, writing: bool = False) -> Iterator[Any]:
        with _session_lock:
            try:
                token = pkcs11.lib(str(self._module)).get_token(token_label=self._token_label)
                session = token.open(rw=writing, user_pin=self._pin())
            except (pkcs11.PKCS11Error, OSError, RuntimeError) as error:
                raise kek_missing(
                    "Không mở được thiết bị PKCS#11: chưa gắn, sai nhãn hoặc sai mã PIN.", type(error).__name__
                ) from None
            try:
                yield session
            except pkcs11.PKCS11Error as error:
                raise kek_missing("Thiết bị PKCS#11 không làm được việc này.", type(error).__name__) from None
            finally:
                session.close()


def _label(store_id: str, kek_id: str) -> str:
    return f"luutru-{store_id}-{kek_id}"


def _keys(session: Any, label: str | None = None) -> list[Any]:
    wanted: dict[Any, Any] = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY}
    if label is not None:
        wanted[pkcs11.Attribute.LABEL] = label
    return list(session.get_objects(wanted))


def _gcm(iv: bytes) -> Any:
    return pkcs11.GCMParams(iv, _AAD, _TAG_BITS)
