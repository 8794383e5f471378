"""Copying one object from a store into the place of another's: nothing is put there that was not proven on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from archive.copying import put_proven
from archive.errors import ObjectMissingError, StoreError
from archive.fixity import CopyState
from archive.repair.proof import Proof
from archive.repair.terms import Terms
from archive.steady_reading import SteadyReader
from archive.storage.store import CHUNK_BYTES, Bytes, ObjectWriter, Store


class SourceUnprovenError(Exception):
    """What was read from the source is not the right object: nothing of it was put anywhere."""

    def __init__(self, state: CopyState, detail: str) -> None:
        super().__init__(detail)
        self.state = state
        self.detail = detail


def writer_for(store: Store, proof: Proof, was: CopyState) -> ObjectWriter:
    """Into the place of a damaged object, which is kept aside; where nothing is, nobody's later object is replaced."""
    if was is CopyState.MISSING:
        return store.create(proof.key)
    return store.replacing(proof.key, keep=True)


def copy_proven(source: Store, target: Store, proof: Proof, was: CopyState, terms: Terms) -> None:
    """The source's object is the target's, whole and durable, when this returns.

    The check of the source and the copying are one reading: every byte is hashed before it is written, and the target
    is committed only when number and SHA-256 of all of them are those of ``proof``. So a source that changes between two
    looks is caught. Raises SourceUnprovenError, with the target untouched; StoreError of the target.
    """
    size, sha256 = _put(_source_bytes(source, proof, terms), target, proof, was)
    if (size, sha256) != (proof.size_bytes, proof.sha256):
        raise SourceUnprovenError(CopyState.MISMATCH, f"{source.name}: {size} {sha256}")


def write_proven(pieces: Iterator[Bytes], target: Store, proof: Proof, was: CopyState) -> bool:
    """Whether ``pieces`` were the right object; only then it is the target's."""
    return _put(pieces, target, proof, was) == (proof.size_bytes, proof.sha256)


def _put(pieces: Iterator[Bytes], target: Store, proof: Proof, was: CopyState) -> tuple[int, str]:
    return put_proven(pieces, writer_for(target, proof, was), proof.sha256, proof.size_bytes)


def is_there(store: Store) -> bool:
    """Whether the store answers at all; one that does not is away, and nothing in it is missing."""
    with suppress(StoreError):
        store.device()
        next(iter(store.keys("aip/00")), None)
        return True
    return False


def _source_bytes(source: Store, proof: Proof, terms: Terms) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(CHUNK_BYTES))
    with SteadyReader(source, proof.key, cold=True, pauses_seconds=terms.pauses_seconds) as reader:
        while count := _read(reader.readinto, buffer):
            terms.went_on(count)
            yield buffer[:count]


def _read(readinto: Callable[[memoryview], int], buffer: memoryview) -> int:
    try:
        return readinto(buffer)
    except ObjectMissingError as error:
        raise SourceUnprovenError(CopyState.MISSING, error.detail) from error
    except StoreError as error:
        raise SourceUnprovenError(CopyState.UNREADABLE, error.detail or error.message) from error
