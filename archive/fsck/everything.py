"""All comparisons in one run, in the order of trust: ledger, catalogue, stores, packages, index, quarantine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedReader

from archive.aip.reader import AipReader
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.reading import Reading
from archive.errors import StoreError
from archive.fixity import DeepCheck
from archive.fsck.chain import chain_differences, receipt_differences, unknown_submissions
from archive.fsck.differences import Difference, difference
from archive.fsck.index import IndexView, index_differences
from archive.fsck.objects import listing_differences, object_differences
from archive.fsck.own_objects import CLAIMS, Claim
from archive.fsck.packages import OriginalsOf, StoredOriginal, package_differences
from archive.fsck.quarantine import quarantine_differences
from archive.fsck.submissions import submission_differences
from archive.fsck.tombstones import tombstone_differences
from archive.lagging import LaggingStore, StoreSlowError
from archive.storage.store import Store

PATIENCE_SECONDS = 300.0
"""A store that is only slow has gone through what its writers left by then."""


def stored_originals(file: BufferedReader) -> Iterable[StoredOriginal]:
    """What the package itself says of its originals."""
    return AipReader(file).documents()


Further = Callable[[Reading, Sequence[Store], bool], Iterator[Difference]]
"""A comparison of somebody else's: given a view, the stores, and whether to read every byte of what is its own."""


@dataclass(frozen=True)
class Holdings:
    """What besides catalogue and stores is to be compared; what is None is left out.

    ``claims``: who knows the objects of each folder of a store. ``further``: comparisons other modules make of what is
    theirs (checkpoints, segments of the ledger, backups).
    """

    index: IndexView | None = None
    quarantine: Callable[[], Iterable[str]] | None = None
    claims: Mapping[str, Claim] | None = None
    further: Sequence[Further] = ()


def fsck(
    catalogue: Catalogue,
    stores: Sequence[Store],
    holdings: Holdings = Holdings(),
    *,
    originals: OriginalsOf = stored_originals,
    deep: DeepCheck | None = None,
    progress: Callable[[int], None] | None = None,
    light: bool = False,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Iterator[Difference]:
    """Every difference between ledger, catalogue, stores, packages, index and quarantine; none means they agree.

    Every byte of every copy is read; ``light``: no byte of a copy, only whether the stores list what they are to hold.
    Nothing is changed, save that leftovers of dead writers are swept from the stores. It may run while the archive works:
    what is under way in stores and catalogue is no difference; in quarantine, a submission just arriving or just stored
    looks like a leftover. ``deep`` looks into each copy besides. ``progress`` is told the bytes read, from several threads.
    A store or index that cannot be reached is a difference, never passed over; a store that has not answered its first
    question within ``patience_seconds`` is asked nothing more.
    """
    with catalogue.read() as view:
        yield from chain_differences(view)
        yield from receipt_differences(view)
        yield from unknown_submissions(view)
        yield from submission_differences(view)
        yield from tombstone_differences(view)
    answering = []
    for store in stores:
        try:
            # One that hangs would hold up all that is compared behind it; one that fails is told, copy by copy.
            LaggingStore(store).asked(lambda one: one.sweep(), patience_seconds)
        except StoreSlowError as error:
            yield difference("store.place.unreachable", store.name, f"store:{store.name}", reason=error.message)
            continue
        except StoreError as error:
            answering.append(store)
            yield difference("store.place.unreachable", store.name, f"store:{store.name}", reason=error.message)
            continue
        answering.append(store)
        try:
            yield from object_differences(catalogue, store, holdings.claims or CLAIMS)
            if light:
                yield from listing_differences(catalogue, store)
        except StoreError as error:
            yield difference("store.place.unreachable", store.name, f"store:{store.name}", reason=error.message)
    for compare in holdings.further:
        with catalogue.read() as view:
            yield from compare(view, answering, not light)
    if not light:
        yield from package_differences(catalogue, answering, originals, deep, progress)
    if holdings.index is not None:
        yield from index_differences(catalogue, holdings.index)
    if holdings.quarantine is not None:
        yield from quarantine_differences(catalogue, holdings.quarantine)
