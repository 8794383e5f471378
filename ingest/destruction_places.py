"""Where taking-in leaves traces of a hồ sơ on one machine: quarantine, pictures of pages, the engine's own notes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from archive.catalogue import Catalogue
from archive.catalogue.destruction_model import ItemState
from archive.catalogue.shared_uploads import made_submissions
from archive.destruction.place import Outcome, Subject, each, tried
from archive.storage.store import Store
from ingest.pictures import Pictures
from ingest.quarantine import Quarantine, remove_tree
from ingest.shared_parts import SharedParts
from ingest.shared_transfers import FOLDER, SharedQuarantine


class QuarantinePlace:
    """What of its submissions is left in quarantine, on this machine and in the place machines share.

    There also the parts of the uploads they were made of. Parts of an upload nobody knows any more may be anybody's: they
    go too, and as long as any lie there nothing is said to be gone.
    """

    def __init__(self, quarantine: Quarantine, machine: str, catalogue: Catalogue | None = None) -> None:
        self._quarantine = quarantine
        self._catalogue = catalogue
        self.name = f"quarantine@{machine}"

    def remove(self, subjects: Sequence[Subject]) -> Mapping[str, Outcome]:
        done = each(subjects, self._remove)
        uploads = tried(lambda: self._clear_uploads(_submissions(subjects)))
        if uploads.state is ItemState.REMOVED:
            return done
        return {name: uploads if of.state is ItemState.REMOVED else of for name, of in done.items()}

    def left(self, subjects: Sequence[Subject]) -> frozenset[str]:
        own = _submissions(subjects)
        # An unfinished attempt is called after its submission, with something behind a dot.
        here = {name.partition(".")[0] for name in self._quarantine.names()}
        if isinstance(self._quarantine, SharedQuarantine):
            here |= {item for item in own if _shared(self._quarantine.store, item)}
        uploads = set(self._uploads().values())
        if None in uploads:
            return frozenset(own.values())
        return frozenset(own[name] for name in here | uploads if name in own)

    def _clear_uploads(self, own: Mapping[str, str]) -> None:
        for upload_id, submission_id in self._uploads().items():
            if submission_id is None or submission_id in own:
                SharedParts(self._store).clear(upload_id)

    def _uploads(self) -> Mapping[str, str | None]:
        """Uploads of which parts lie in the shared place though nobody needs them, and what became of each.

        The store is asked first: an upload is in the catalogue before anything of it is in the store.
        """
        if self._catalogue is None or not isinstance(self._quarantine, SharedQuarantine):
            return {}
        lying = SharedParts(self._store).ids()
        if not lying:
            return {}
        with self._catalogue.read() as view:
            return made_submissions(view, lying)

    @property
    def _store(self) -> Store:
        assert isinstance(self._quarantine, SharedQuarantine)
        return self._quarantine.store

    def _remove(self, subject: Subject) -> None:
        for submission_id in subject.submissions:
            self._quarantine.remove(submission_id)
            for name in list(self._quarantine.names()):
                if name.startswith(f"{submission_id}."):
                    remove_tree(self._quarantine.folder / name)


class PicturesPlace:
    """Pictures of its pages, unless a hồ sơ that is kept has the very same document."""

    def __init__(self, pictures: Pictures, machine: str, shared: Callable[[Collection[str]], Collection[str]]) -> None:
        self._pictures = pictures
        self._shared = shared
        self.name = f"pictures@{machine}"

    def remove(self, subjects: Sequence[Subject]) -> Mapping[str, Outcome]:
        return each(subjects, self._remove)

    def left(self, subjects: Sequence[Subject]) -> frozenset[str]:
        return frozenset(
            subject.file_id for subject in subjects if any(self._pictures.holds(item) for item in self._own(subject))
        )

    def _remove(self, subject: Subject) -> None:
        for sha256 in self._own(subject):
            if self._pictures.holds(sha256):
                self._pictures.forget(sha256)

    def _own(self, subject: Subject) -> list[str]:
        digests = subject.documents()
        shared = frozenset(self._shared(digests))
        return [sha256 for sha256 in dict.fromkeys(digests) if sha256 not in shared]


class WorkPlace:
    """What the engine of the workflows remembers of its submissions: ids, states, and errors, which can quote anything."""

    name = "work"

    def __init__(self, forget: Callable[[Collection[str]], None], known: Callable[[Collection[str]], set[str]]) -> None:
        self._forget = forget
        self._known = known

    def remove(self, subjects: Sequence[Subject]) -> Mapping[str, Outcome]:
        outcome = tried(lambda: self._forget(list(_submissions(subjects))))
        return {subject.file_id: outcome for subject in subjects}

    def left(self, subjects: Sequence[Subject]) -> frozenset[str]:
        own = _submissions(subjects)
        return frozenset(own[item] for item in self._known(list(own)))


def _submissions(subjects: Sequence[Subject]) -> dict[str, str]:
    return {item: subject.file_id for subject in subjects for item in subject.submissions}


def _shared(store: Store, submission_id: str) -> bool:
    """Raises StoreError when the shared place cannot be asked."""
    return next(iter(store.keys(f"{FOLDER}/{submission_id}")), None) is not None
