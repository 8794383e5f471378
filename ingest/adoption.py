"""A package that an earlier attempt left whole in some store is the package: it is proven and completed, never replaced.

Between the attempts the software may have become another version, and would build other bytes under the same key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import BufferedReader
from itertools import zip_longest
from typing import Any

from archive.aip.model import AipUnreadableError
from archive.aip.reader import AipReader, StoredDocument
from archive.aip.verification import Verification, verify_stream
from archive.catalogue.model import Submission
from archive.catalogue.sealing_model import Sealing
from archive.copies import Out, write_everywhere
from archive.copying import copy_proven
from archive.digest import digests_of
from archive.errors import ObjectExistsError, ObjectMissingError, StoreError
from archive.finding import Answer
from archive.lagging import LaggingStore
from archive.layout_reading import layout_sha256
from archive.sealing.errors import SealedDamagedError, SealedKeyWrongError
from archive.sealing.packing import Seal
from archive.sealing.reading import opened as opened_sealed
from archive.steady_reading import PAUSES_SECONDS, SteadyReader
from archive.storage.key import Key, aip_key, sealed_aip_key
from archive.storage.store import CHUNK_BYTES, Store
from ingest.packaging import Checking, Document

ASKED_SECONDS = 5.0
"""How long a store that may lag is asked whether it holds the package."""


@dataclass(frozen=True, slots=True)
class Packaged:
    """A package that stands in every store: what catalogue and ledger say of it.

    ``offsets``: where each original begins in the tar, in the order of the documents. ``fields``: those of the hồ sơ.
    ``sealing``: what lies inside, when ``key`` is that of a sealed object; it has no layout digest then.
    """

    key: Key
    sha256: str
    size_bytes: int
    layout_sha256: str | None
    offsets: tuple[int, ...]
    fields: Mapping[str, Any]
    sealing: Sealing | None = None


def package_key(aip_id: str, seal: Seal | None) -> Key:
    """Where a package lies: open, or sealed."""
    return aip_key(aip_id) if seal is None else sealed_aip_key(aip_id)


def adopted(
    stores: Sequence[Store],
    submission: Submission,
    checking: Checking,
    *,
    lagging: Sequence[LaggingStore] = (),
    seal: Seal | None = None,
    unrecorded: Callable[[], None] = lambda: None,
) -> Packaged | None:
    """The package of ``submission`` that some store already holds, now in every store; None when none is found.

    ``lagging``: looked into after the others, and completed like them, as far as they answer.

    It is taken only when every digest it states about itself holds, it says it is made from this submission, and its
    originals are these documents by name, size and both digests. One that is not leads to building, and there to
    ObjectExistsError. Raises StoreError when a store fails: the step is repeated.

    ``seal``: the package is sealed by it. Two attempts at the same time may have left two seals of the same content in two
    stores; one of them is then put everywhere, after ``unrecorded``, which raises when it is no longer ours to do.
    """
    key = package_key(submission.aip_id, seal)
    for store in stores:
        try:
            store.size(key)
        except ObjectMissingError:
            continue
        found = _proven(store, key, submission, checking, seal)
        if found is not None:
            others = [other for other in stores if other is not store]
            try:
                _complete(others, store, key, found, lagging)
            except ObjectExistsError:
                if seal is None:
                    raise
                unrecorded()
                _replace(others, store, found)
            return found
    for late in lagging:
        # Under an earlier policy it may have been a required one, and have got the package then.
        with suppress(StoreError):
            if late.worth_asking() and late.asked(lambda store: store.size(key), ASKED_SECONDS):
                found = _proven(late.store, key, submission, checking, seal)
                if found is not None:
                    _complete(stores, late.store, key, found, [other for other in lagging if other is not late])
                    return found
    return None


def _proven(store: Store, key: Key, submission: Submission, checking: Checking, seal: Seal | None) -> Packaged | None:
    try:
        with _plain(store, key, seal) as file:
            seen = verify_stream(iter(lambda: file.read(CHUNK_BYTES), b""))
        if seen.answer is not Answer.PASSED:
            return None
        with _plain(store, key, seal) as file:
            reader = AipReader(file)
            package = reader.package()
            if (package.aip_id, package.submission_id) != (submission.aip_id, submission.id):
                return None
            offsets = []
            for held, ours in zip_longest(reader.documents(), checking.documents()):
                if held is None or ours is None or not _same(held, ours):
                    return None
                offsets.append(held.offset)
        if seal is None:
            layout = _layout(store, key, seen)
            return Packaged(key, seen.sha256, seen.size_bytes, layout, tuple(offsets), package.record)
    except (AipUnreadableError, SealedDamagedError, SealedKeyWrongError):
        return None
    sealing = Sealing(seal.key_id, seen.sha256, seen.size_bytes)
    whole = digests_of(store.read(key))
    return Packaged(key, whole.sha256, whole.size_bytes, None, tuple(offsets), package.record, sealing)


def _plain(store: Store, key: Key, seal: Seal | None) -> BufferedReader:
    file = store.open(key)
    return file if seal is None else opened_sealed(file, seal.identity)


def _same(held: StoredDocument, ours: Document) -> bool:
    digests = ours.digests
    return (held.path, held.ordinal, held.size_bytes, held.sha256, held.sha512) == (
        ours.path,
        ours.ordinal,
        digests.size_bytes,
        digests.sha256,
        digests.sha512,
    )


def _layout(store: Store, key: Key, seen: Verification) -> str:
    with ExitStack() as stack:

        def opened() -> SteadyReader:
            return stack.enter_context(SteadyReader(store, key, cold=False, pauses_seconds=PAUSES_SECONDS))

        return layout_sha256(seen.size_bytes, opened)


@dataclass(frozen=True, slots=True)
class _Copied:
    sha256: str
    size_bytes: int


def _complete(
    others: Sequence[Store], store: Store, key: Key, package: Packaged, lagging: Sequence[LaggingStore]
) -> None:
    """The same bytes in all other stores; where they stand already they are compared."""

    def copy(out: Out) -> _Copied:
        digest, size_bytes = hashlib.sha256(), 0
        for chunk in store.read(key):
            digest.update(chunk)
            size_bytes += out.write(chunk)
        if (digest.hexdigest(), size_bytes) != (package.sha256, package.size_bytes):
            raise StoreError(
                f"Kho «{store.name}» trả về nội dung khác nhau ở hai lần đọc.",
                remedy="Kiểm tra ổ đĩa của kho; hệ thống sẽ thử lại.",
                detail=str(key),
            )
        return _Copied(package.sha256, package.size_bytes)

    if others:
        write_everywhere(others, key, copy, lagging=lagging)


def _replace(others: Sequence[Store], store: Store, package: Packaged) -> None:
    """Other seals of the same content, which no record knows of, give way to this one."""
    for other in others:
        try:
            copy_proven(store, other, package.key, package.sha256, package.size_bytes)
        except ObjectExistsError:
            copy_proven(store, other, package.key, package.sha256, package.size_bytes, replacing=True, keep=False)
