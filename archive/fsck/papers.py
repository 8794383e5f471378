"""Papers of destruction rounds and certificates on sheets: what their rows say against what every store has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from archive.catalogue.held_papers import HeldPaper, held_papers
from archive.catalogue.reading import Reading
from archive.errors import ObjectMissingError, StoreError
from archive.fsck.differences import Difference, difference
from archive.storage.key import Key
from archive.storage.store import Store


def paper_differences(view: Reading, stores: Sequence[Store], whole: bool) -> Iterator[Difference]:
    """Papers a store lacks, or has otherwise than they were attached: by every byte when ``whole``, else by their size."""
    for paper in held_papers(view):
        for store in stores:
            try:
                wrong = not (_whole(store, paper) if whole else store.size(Key(paper.object_key)) == paper.size_bytes)
            except ObjectMissingError:
                yield _difference("paper.object.missing", paper, store)
                continue
            except StoreError:
                yield _difference("paper.object.unreadable", paper, store)
                continue
            if wrong:
                yield _difference("paper.object.damaged", paper, store)


def _whole(store: Store, paper: HeldPaper) -> bool:
    digest, size = hashlib.sha256(), 0
    for block in store.read(Key(paper.object_key)):
        digest.update(block)
        size += len(block)
    return (digest.hexdigest(), size) == (paper.sha256, paper.size_bytes)


def _difference(code: str, paper: HeldPaper, store: Store) -> Difference:
    return difference(code, paper.object_key, f"store:{store.name}", store=store.name)
