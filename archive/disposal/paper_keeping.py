"""The papers of a round lie in every store, write-once, under their digests: no lost machine and no lost store takes them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import BinaryIO

from archive.catalogue import Catalogue
from archive.catalogue.held_papers import held_papers
from archive.catalogue.round_deciding import paper_key
from archive.disposal.model import NewPaper
from archive.disposal.words import Signature
from archive.errors import CopyDamagedError, ObjectMissingError, StoreError
from archive.storage.key import Key
from archive.storage.store import CHUNK_BYTES, Bytes, Store

LONGEST_BYTES = 200 << 20


def keep_paper(
    stores: Iterable[Store],
    round_id: str,
    kind: str,
    data: Bytes,
    *,
    list_sha256: str,
    signature: Signature,
    signers: Iterable[str] = (),
) -> NewPaper:
    """The paper as ``attach_paper`` takes it, once its bytes were written into every one of ``stores`` and read back.

    Harmless to repeat. Raises StoreError when one of them does not take it: then it is not said to be there.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    key = paper_key(round_id, kind, sha256)
    keep_bytes(stores, key, data)
    return NewPaper(kind, key, sha256, len(data), list_sha256, signature, tuple(signers))


def keep_bytes(stores: Iterable[Store], object_key: str, data: Bytes) -> None:
    """Written into every one of ``stores`` and read back. Harmless to repeat. Raises StoreError."""
    for store in stores:
        _put(store, Key(object_key), (data,), hashlib.sha256(data).hexdigest())


def keep_file(stores: Iterable[Store], object_key: str, file: BinaryIO, sha256: str) -> None:
    """As ``keep_bytes``, with all that is in ``file``; flat memory."""
    for store in stores:
        file.seek(0)
        _put(store, Key(object_key), iter(lambda: file.read(CHUNK_BYTES), b""), sha256)


def remove_bytes(stores: Iterable[Store], object_key: str) -> bool:
    """From every one of ``stores``; whether none of them has them any more, or may have."""
    gone = True
    for store in stores:
        try:
            store.remove(Key(object_key))
        except StoreError:  # away, or write-once
            gone = False
    return gone


def read_paper(stores: Iterable[Store], object_key: str, sha256: str) -> bytes:
    """The bytes of a paper, from the first store that has them right. Raises CopyDamagedError when none does."""
    for store in stores:
        with suppress(StoreError):
            data = b"".join(store.read(Key(object_key)))
            if hashlib.sha256(data).hexdigest() == sha256:
                return data
    raise CopyDamagedError(
        "Không kho nào còn đúng bản của giấy tờ này.", remedy="Kiểm tra các kho lưu trữ.", detail=object_key
    )


def spread_papers(
    catalogue: Catalogue,
    round_id: str,
    stores: Iterable[Store],
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Papers of the round (of every round: "") that a store lacks, a new one or one that lost them, are put there, the
    certificates on sheets among them; tells how many.

    What a store holds damaged is left as it is: bytes are never written over, and fsck names it.
    """
    held, put = tuple(stores), 0
    with catalogue.read() as view:
        kept = list(held_papers(view, round_id))
    for paper in kept:
        if stopping():
            break
        for store in held:
            try:
                store.size(Key(paper.object_key))
            except ObjectMissingError:
                with suppress(StoreError, CopyDamagedError):
                    keep_bytes([store], paper.object_key, read_paper(held, paper.object_key, paper.sha256))
                    put += 1
            except StoreError:
                continue
    return put


def _put(store: Store, key: Key, blocks: Iterable[Bytes], sha256: str) -> None:
    with store.create(key) as writer:
        for block in blocks:
            writer.write(block)
        writer.commit()
    found = hashlib.sha256()
    for block in store.read(key):
        found.update(block)
    if found.hexdigest() != sha256:
        raise StoreError(
            "Kho không trả lại đúng giấy tờ vừa ghi.", remedy="Kiểm tra kho.", detail=f"{store.name} {key}"
        )
