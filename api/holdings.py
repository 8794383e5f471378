"""The catalogue as the duplicates check asks it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archive.catalogue import Catalogue, Place
from archive.catalogue.places import Likeness, places_seen_by
from ingest.checks.duplicates import Held


class CatalogueHoldings:
    """Answers from the catalogue's indexes, each question in a view of its own.

    What an unfinished repetition of the same submission left (``except_aip``) does not count as a likeness.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def seen_by(self, owner: str) -> CatalogueHoldings | AgencyHoldings:
        return AgencyHoldings(self._catalogue, owner) if owner else self

    def with_bytes(self, sha256s: Iterable[str]) -> Mapping[str, Held]:
        with self._catalogue.read() as reading:
            return _held(reading.with_bytes(sha256s))

    def with_revision(self, sha256s: Iterable[str]) -> Mapping[str, Held]:
        with self._catalogue.read() as reading:
            return _held(reading.with_revision(sha256s))

    def with_identity(self, keys: Iterable[str]) -> Mapping[str, Held]:
        with self._catalogue.read() as reading:
            return _held(reading.with_identity(keys))


class AgencyHoldings:
    """The same for what one agency hands in: its own holdings by name; that others hold the same, and no more of it."""

    def __init__(self, catalogue: Catalogue, owner: str) -> None:
        self._catalogue = catalogue
        self._owner = owner

    def seen_by(self, owner: str) -> CatalogueHoldings | AgencyHoldings:
        return CatalogueHoldings(self._catalogue).seen_by(owner)

    def with_bytes(self, sha256s: Iterable[str]) -> Mapping[str, Held]:
        return self._asked(Likeness.BYTES, sha256s)

    def with_revision(self, sha256s: Iterable[str]) -> Mapping[str, Held]:
        return self._asked(Likeness.REVISION, sha256s)

    def with_identity(self, keys: Iterable[str]) -> Mapping[str, Held]:
        """Only its own: number and date of another's document can be guessed, and must not be found out by trying."""
        found = self._asked(Likeness.IDENTITY, keys)
        return {key: held for key, held in found.items() if not held.elsewhere}

    def _asked(self, likeness: Likeness, values: Iterable[str]) -> Mapping[str, Held]:
        with self._catalogue.read() as reading:
            return _held(places_seen_by(reading, self._owner, likeness, values))


def _held(places: Mapping[str, Place] | Mapping[str, Place | None]) -> dict[str, Held]:
    return {
        value: Held(place.file_code, place.aip_id, place.path) if place else Held.of_another()
        for value, place in places.items()
    }
