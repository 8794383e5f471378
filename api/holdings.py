"""The catalogue as the duplicates check asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from archive.catalogue import Catalogue, Place, Reading
from ingest.checks.duplicates import Held


class CatalogueHoldings:
    """Answers from the catalogue's indexes, each question in a view of its own.

    What an unfinished repetition of the same submission left (``except_aip``) does not count as a likeness.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def with_bytes(self, sha256s: Iterable[str]) -> Mapping[str, Held]:
        return self._asked(lambda reading: reading.with_bytes(sha256s))

    def with_revision(self, sha256s: Iterable[str]) -> Mapping[str, Held]:
        return self._asked(lambda reading: reading.with_revision(sha256s))

    def with_identity(self, keys: Iterable[str]) -> Mapping[str, Held]:
        return self._asked(lambda reading: reading.with_identity(keys))

    def _asked(self, question: Callable[[Reading], Mapping[str, Place]]) -> dict[str, Held]:
        with self._catalogue.read() as reading:
            return {
                value: Held(place.file_code, place.aip_id, place.path) for value, place in question(reading).items()
            }
