"""Every package in every store, read whole; and what its tar holds against the catalogue's documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BufferedReader
from itertools import islice
from typing import Protocol

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.model import Aip, Copy, Document
from archive.catalogue.reading import Reading
from archive.errors import LuutruError, StoreError
from archive.fixity import CopyResult, CopyState, DeepCheck, verify_copy
from archive.fsck.differences import Difference, difference
from archive.lifecycle import State
from archive.sealing.errors import SealedKeyDestroyedError, SealedKeyMissingError
from archive.storage.store import Store

_AT_ONCE = 100
_CODES = {
    CopyState.MISSING: "copy.object.missing",
    CopyState.MISMATCH: "copy.object.damaged",
    CopyState.UNREADABLE: "copy.object.unreadable",
}


class StoredOriginal(Protocol):
    """One original as its package describes it; ``archive.aip.reader.StoredDocument`` is one."""

    @property
    def path(self) -> str: ...
    @property
    def ordinal(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def sha512(self) -> str: ...


OriginalsOf = Callable[[BufferedReader], Iterable[StoredOriginal]]


def package_differences(
    catalogue: Catalogue,
    stores: Sequence[Store],
    originals: OriginalsOf,
    deep: DeepCheck | None,
    progress: Callable[[int], None] | None,
) -> Iterator[Difference]:
    """Reads every byte of every copy, the stores side by side. The catalogue is held only between packages."""
    after = ""
    with ThreadPoolExecutor(max(1, len(stores))) as pool:
        while page := _page(catalogue, after):
            for aip, state, copies in page:
                results = list(
                    pool.map(
                        lambda store, aip=aip: verify_copy(
                            store,
                            aip.object_key,
                            aip.sha256,
                            aip.size_bytes,
                            layout_sha256=aip.layout_sha256,
                            deep=deep,
                            progress=progress,
                        ),
                        stores,
                    )
                )
                if any(result.ok for result in results):
                    # Asked again after the reading: a copy may have been healed or caught up with meanwhile.
                    with catalogue.read() as view:
                        copies = view.copies(aip.id)
                yield from _copies(aip, state, copies, results)
                for store, result in zip(stores, results, strict=True):
                    if result.ok:
                        with catalogue.read() as view:
                            yield from _contents(view, store, aip, originals)
                        break
            after = page[-1][0].id


def _page(catalogue: Catalogue, after: str) -> list[tuple[Aip, State, tuple[Copy, ...]]]:
    with catalogue.read() as view:
        aips = list(islice(view.aips(after), _AT_ONCE))
        return [(aip, view.submission(aip.submission_id).state, view.copies(aip.id)) for aip in aips]


def _copies(aip: Aip, state: State, copies: Sequence[Copy], results: Sequence[CopyResult]) -> Iterator[Difference]:
    recorded = {copy.store: copy.state for copy in copies}
    for result in results:
        if recorded.get(result.store) is CopyState.AWAITED and result.state is not CopyState.MISMATCH:
            # The policy lets this store lag: it is caught up with, and then the row says so.
            continue
        if result.state is CopyState.NOT_RUN:
            yield difference("copy.content.sealed", aip.id, f"store:{result.store}", store=result.store)
        elif not result.ok:
            # Until the copies are verified, a missing one is work not yet done, which the next run takes up.
            if state is State.STORED or result.state is not CopyState.MISSING:
                yield difference(_CODES[result.state], aip.id, f"store:{result.store}", store=result.store)
        elif state is State.STORED and recorded.get(result.store) is not CopyState.OK:
            yield difference("copy.row.behind", aip.id, "catalogue", store=result.store)


def _contents(view: Reading, store: Store, aip: Aip, originals: OriginalsOf) -> Iterator[Difference]:
    """Catalogue and package side by side, both in the order of their ordinals."""
    try:
        with store.open(aip.object_key) as file:
            held = {item.path: item for item in originals(file)}
    except (SealedKeyMissingError, SealedKeyDestroyedError):
        yield difference("package.content.sealed", aip.id, f"store:{store.name}")
        return
    except StoreError as error:
        yield difference("store.place.unreachable", store.name, f"store:{store.name}", reason=error.message)
        return
    except LuutruError:
        yield difference("package.content.unreadable", aip.id, f"store:{store.name}")
        return
    for document in view.documents(aip.id):
        item = held.pop(document.path, None)
        if item is None:
            yield difference("document.row.extra", aip.id, "catalogue", path=document.path)
        elif changed := _changed(document, item):
            yield difference("document.row.changed", aip.id, "catalogue", path=document.path, fields=", ".join(changed))
    for path in held:
        yield difference("document.row.missing", aip.id, "catalogue", path=path)


def _changed(document: Document, item: StoredOriginal) -> list[str]:
    pairs = {
        "ordinal": (document.ordinal, item.ordinal),
        "tar_offset": (document.tar_offset, item.offset),
        "size_bytes": (document.size_bytes, item.size_bytes),
        "sha256": (document.sha256, item.sha256),
        "sha512": (document.sha512, item.sha512),
    }
    return [name for name, (ours, theirs) in pairs.items() if ours != theirs]
