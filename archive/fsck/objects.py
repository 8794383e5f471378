"""What lies in the stores and should not: objects no package or unfinished submission claims, and foreign files."""

from __future__ import annotations

from collections.abc import Iterator

from archive.catalogue.catalogue import Catalogue
from archive.fsck.differences import Difference, difference
from archive.lifecycle import is_final
from archive.storage.key import Key
from archive.storage.store import Store


def object_differences(catalogue: Catalogue, store: Store) -> Iterator[Difference]:
    """Each object is looked up after it was seen, so that one written meanwhile is known by then."""
    for key in store.keys(""):
        with catalogue.read() as view:
            if view.aip_at(key) is not None:
                continue
            owner = view.submission_of_aip(_stem(key))
        if owner is None or is_final(owner.state):
            yield difference("store.object.extra", key, f"store:{store.name}", store=store.name)
    for name in store.foreign():
        yield difference("store.file.foreign", name, f"store:{store.name}", store=store.name)


def _stem(key: Key) -> str:
    """The id of the package whose object this is, or will be: the name without its extension."""
    return key.segments[-1].partition(".")[0]
