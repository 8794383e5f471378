"""What is lawfully kept: ids of living packages and submissions, and what the catalogue's rows about them say."""

from __future__ import annotations

from collections.abc import Collection

from archive.absence.patterns import Needle, Searcher
from archive.catalogue import Catalogue
from archive.catalogue.absence_reading import living_ids, living_rows, shared_digests
from archive.catalogue.ledger_reading import LedgerReading


class LivingIds:
    """Asks the catalogue, and remembers: the same ids come again and again in names."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[str, bool] = {}

    def living(self, word: str) -> bool:
        """Whether ``word`` is the id of a package or submission that is kept."""
        if word not in self._known:
            with self._catalogue.read() as view:
                self._known[word] = word in living_ids(view, [word])
        return self._known[word]

    def unshared(self, digests: Collection[str]) -> list[str]:
        """Those of these digests of originals that no living hồ sơ has: pictures of the others may lawfully lie there."""
        with self._catalogue.read() as view:
            shared = shared_digests(view, digests)
        return [item for item in digests if item not in shared]


def rows_of_living(view: LedgerReading, searcher: Searcher) -> set[Needle]:
    """The needles that stand in a row about a living hồ sơ: the same title, or the same name of a file, somebody else's."""
    found: set[Needle] = set()
    for row in living_rows(view):
        found |= {hit.needle for hit in searcher.search([row])}
    return {one for needle in found for one in searcher.alike(needle)}
