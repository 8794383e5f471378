"""The catalogue as a place: its rows went with the intent; here that is asked again, and repeated should they be back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archive.catalogue import Catalogue
from archive.catalogue.scrubbing import described, described_submissions, forget_packages, forget_submissions
from archive.destruction.beginning import CATALOGUE
from archive.destruction.place import Outcome, Subject, tried


class CataloguePlace:
    """Rows of packages, documents, reports and receipts, and the columns that quote content."""

    name = CATALOGUE

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def remove(self, subjects: Sequence[Subject]) -> Mapping[str, Outcome]:
        outcome = tried(lambda: self._forget(subjects))
        return {subject.file_id: outcome for subject in subjects}

    def left(self, subjects: Sequence[Subject]) -> frozenset[str]:
        packages = {package.aip_id: package for subject in subjects for package in subject.packages}
        returned = {item: subject.file_id for subject in subjects for item in subject.returned}
        with self._catalogue.read() as view:
            left = {packages[aip_id].file_id for aip_id in described(view, list(packages.values()))}
            return frozenset(left | {returned[item] for item in described_submissions(view, returned)})

    def _forget(self, subjects: Sequence[Subject]) -> None:
        untitled = [subject.file_id for subject in subjects if subject.tombstone.title is None]
        packages = [package for subject in subjects for package in subject.packages]
        returned = [item for subject in subjects for item in subject.returned]
        with self._catalogue.read() as view:
            if not untitled and not described(view, packages) and not described_submissions(view, returned):
                return
        with self._catalogue.transaction() as tx:
            forget_packages(tx, packages, untitled)
            forget_submissions(tx, returned)
