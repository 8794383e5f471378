"""A package sealed while it is written: its builder writes plain bytes, the stores get an age file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from archive.sealing.identity import Identity
from archive.sealing.opening import Keys
from archive.sealing.writing import Bytes, SealingOut


class Written(Protocol):
    """What a builder tells about the bytes it has written."""

    @property
    def sha256(self) -> str: ...

    @property
    def size_bytes(self) -> int: ...


class Out(Protocol):
    """Where a builder writes."""

    def write(self, data: Bytes, /) -> int: ...


W = TypeVar("W", bound=Written)


class SealingKeys(Keys, Protocol):
    """A source of keys that also makes them; ``archive.keystore.store.KeyStore`` is one."""

    def get_or_create(self, key_id: str) -> Identity:
        """The key of this id, durable in every place of the key store when this returns. Raises KeysError."""
        ...


@dataclass(frozen=True, slots=True)
class Seal:
    """The key a package is sealed by, and its id in the key store."""

    key_id: str
    identity: Identity


@dataclass(frozen=True, slots=True)
class SealedWritten(Generic[W]):
    """The object as the stores have it; ``inside``: what the builder told of the plain bytes."""

    sha256: str
    size_bytes: int
    inside: W


def sealed_build(build: Callable[[Out], W], seal: Seal) -> Callable[[Out], SealedWritten[W]]:
    """The same builder, its bytes sealed on their way. Each run gives other bytes."""

    def sealing(out: Out) -> SealedWritten[W]:
        sealed = SealingOut(out, seal.identity.recipient, seal.key_id)
        inside = build(sealed)
        told = sealed.finish()
        return SealedWritten(told.sha256, told.size_bytes, inside)

    return sealing
