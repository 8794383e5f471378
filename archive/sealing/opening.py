"""Packages as they are meant to be read, sealed or not: an object tells by its first bytes, and which key it needs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Protocol

from archive.keystore.errors import KeyDestroyedError, KeysError
from archive.sealing.errors import SealedKeyDestroyedError, SealedKeyMissingError, key_missing
from archive.sealing.header import VERSION_LINE, read_header
from archive.sealing.identity import Identity
from archive.sealing.reading import opened
from archive.storage.key import Key, is_sealed
from archive.storage.store import Aside, ObjectWriter, Store, chunks


class Keys(Protocol):
    """Where the keys of hồ sơ come from; ``archive.keystore.store.KeyStore`` is one."""

    def identity(self, key_id: str) -> Identity:
        """Raises KeysError."""
        ...


class NoKeys:
    """Of an archive without a key store, or of a reader who was given none."""

    def identity(self, key_id: str) -> Identity:
        raise key_missing(f"key {key_id}: no key store")


NO_KEYS = NoKeys()


def plain_file(file: io.BufferedReader, keys: Keys) -> io.BufferedReader:
    """The plain bytes of an object: ``file`` itself when it is not sealed. Closing it closes ``file``.

    Raises SealedKeyMissingError, SealedKeyDestroyedError, SealedKeyWrongError, SealedDamagedError; ``file`` is closed then.
    """
    try:
        begins = file.read(len(VERSION_LINE))
        file.seek(0)
        if begins != VERSION_LINE:
            return file
        header = read_header(file)
        return opened(file, _identity(keys, header.key_id), header)
    except BaseException:
        file.close()
        raise


def plain_object(store: Store, key: Key, keys: Keys, *, cold: bool = False) -> io.BufferedReader:
    """As ``store.open``, but of what was sealed. Raises StoreError."""
    file = store.open(key, cold=cold)
    return plain_file(file, keys) if is_sealed(key) else file


def _identity(keys: Keys, key_id: str) -> Identity:
    try:
        return keys.identity(key_id)
    except KeyDestroyedError as error:
        raise SealedKeyDestroyedError(error.message, remedy=error.remedy, detail=key_id) from error
    except KeysError as error:
        # Of the copy nothing is said: with the key it may well be whole.
        raise SealedKeyMissingError(
            error.message, remedy=error.remedy, detail=f"{error.code} {error.detail}"
        ) from error


class OpeningStore:
    """A store whose sealed packages are read plain; all else, writing above all, is the store's own. For all threads."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store = store
        self._keys = keys

    @property
    def name(self) -> str:
        return self._store.name

    @property
    def one_stream(self) -> bool:
        return bool(getattr(self._store, "one_stream", False))

    def open(self, key: Key, *, cold: bool = False) -> io.BufferedReader:
        return plain_object(self._store, key, self._keys, cold=cold)

    def read(self, key: Key, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        if not is_sealed(key):
            return self._store.read(key, offset, length)
        return self._read(key, offset, length)

    def _read(self, key: Key, offset: int, length: int | None) -> Iterator[bytes]:
        yield from chunks(self.open(key), self.name, offset, length)

    def size(self, key: Key) -> int:
        if not is_sealed(key):
            return self._store.size(key)
        with self.open(key) as file:
            return file.seek(0, io.SEEK_END)

    def create(self, key: Key) -> ObjectWriter:
        return self._store.create(key)

    def keys(self, folder: str = "") -> Iterator[Key]:
        return self._store.keys(folder)

    def replacing(self, key: Key, *, keep: bool = True) -> ObjectWriter:
        return self._store.replacing(key, keep=keep)

    def aside(self, key: Key | None = None) -> Iterator[Aside]:
        return self._store.aside(key)

    def read_aside(self, aside: Aside) -> Iterator[bytes]:
        return self._store.read_aside(aside)

    def drop_aside(self, aside: Aside) -> None:
        self._store.drop_aside(aside)

    def remove(self, key: Key) -> None:
        self._store.remove(key)

    def foreign(self) -> Iterator[str]:
        return self._store.foreign()

    def sweep(self) -> int:
        return self._store.sweep()

    def free_bytes(self) -> int:
        return self._store.free_bytes()

    def device(self) -> str:
        return self._store.device()
