"""Every place of one installation a hồ sơ leaves traces in, put together: what belongs to a hồ sơ, and what to the round."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from api.backing_up import back_up
from api.bootstrap import Installation, now
from api.key_keeping import rotate_keys
from api.page_pictures import pictures_of
from api.scratch import sweep_scratch
from archive.absence.living import rows_of_living
from archive.absence.markers import MarkerFile
from archive.absence.patterns import Needle, Searcher
from archive.catalogue import Catalogue
from archive.catalogue.absence_reading import shared_digests
from archive.catalogue.backup_log import BackupKind
from archive.catalogue.destruction_model import Needles
from archive.catalogue.destruction_reading import seals_of, tombstones_of
from archive.catalogue.worker_reading import machines_known
from archive.destruction.catalogue_place import CataloguePlace
from archive.destruction.finishing import Backups, Checkpoints, Database, KeyRotation, Mentions
from archive.destruction.key_place import KeyPlace
from archive.destruction.key_place import NoKeys as NothingSealed
from archive.destruction.locked import ACTOR
from archive.destruction.moves import Moves
from archive.destruction.place import Outcome, Place, RoundPlace, Subject, each, tried
from archive.destruction.store_place import StorePlace
from archive.errors import LockedError, LuutruError, StoreError
from archive.keystore.errors import KeyDestroyedError, KeyMissingError
from archive.keystore.store import KeyStore
from archive.storage.key import Key
from archive.storage.store import Store
from archive.temporary import sweep_temporary
from ingest.destruction_places import PicturesPlace, QuarantinePlace, WorkPlace
from ingest.forgotten_work import forget_work, remembered_work
from ingest.quarantine import remove_tree

if TYPE_CHECKING:
    from search.index import SearchIndex

_NO_END = datetime.max.replace(tzinfo=UTC)


def machine_name() -> str:
    return socket.gethostname()


def other_machines(installation: Installation) -> frozenset[str]:
    """Those besides this one that have folders of their own: named in the settings, or known to the database they share.

    One that nobody names counts as well: what lies there was not looked at, and no certificate may pass over it.
    """
    settings = installation.settings
    known = frozenset(settings.destruction.machines)
    if settings.database.shared:
        with installation.catalogue.read() as view:
            known |= machines_known(view)
    return known - {machine_name(), *settings.destruction.machines_gone}


def marker_file(installation: Installation, round_id: str) -> MarkerFile:
    return MarkerFile(installation.settings.home / "destruction" / f"{round_id}.jsonl")


class KeysOfArchive:
    """The key store as destruction asks it."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys

    def destroy(self, key_id: str) -> None:
        self._keys.destroy(key_id)

    def holds(self, key_id: str) -> bool:
        try:
            self._keys.identity(key_id)
        except (KeyDestroyedError, KeyMissingError):
            return False
        return True


def places_of(installation: Installation) -> list[Place]:
    """What this machine reaches of each hồ sơ, its key first."""
    settings, catalogue, machine = installation.settings, installation.catalogue, machine_name()

    def shared(digests: Collection[str]) -> Collection[str]:
        with catalogue.read() as view:
            return shared_digests(view, digests)

    found: list[Place] = [
        KeyPlace(KeysOfArchive(installation.keys) if installation.keys is not None else NothingSealed()),
        CataloguePlace(catalogue),
        *(StorePlace(store) for store in installation.stores),
        QuarantinePlace(installation.quarantine, machine, catalogue),
        PicturesPlace(pictures_of(installation), machine, shared),
        UploadsPlace(settings.home / "uploads", machine),
    ]
    if settings.database.shared or (settings.home / "work.sqlite").exists():
        found.append(WorkPlace(partial(forget_work, settings.work_url), partial(remembered_work, settings.work_url)))
    if has_index(installation):
        from search.destruction_place import IndexPlace

        found.append(IndexPlace(partial(index_of, installation)))
    return found


def place_names(installation: Installation) -> frozenset[str]:
    """Under which work is due for each hồ sơ: also what only other machines reach, which keeps the round open."""
    own = {place.name for place in places_of(installation)}
    machine = machine_name()
    local = [name for name in own if name.endswith(f"@{machine}")]
    others = [item for item in installation.settings.destruction.machines if item != machine]
    return frozenset(own | {f"{name.partition('@')[0]}@{other}" for name in local for other in others})


def finishing_of(installation: Installation, round_id: str) -> list[RoundPlace]:
    """What is done once for a round, in its order."""
    settings, catalogue, stores = installation.settings, installation.catalogue, installation.stores
    mentioned = Mentioned(catalogue, marker_file(installation, round_id), round_id)
    found: list[RoundPlace] = [
        Moves(catalogue),
        Mentions(catalogue, mentioned),
        AuditReports(stores, settings.home / "audit", mentioned),
        Leftovers(settings.home, stores),
        Logs(lambda: log_files(settings.home), mentioned),
    ]
    if has_index(installation):
        from search.destruction_place import IndexFiles

        found.append(IndexFiles(partial(index_of, installation)))
    besides = () if settings.database.shared else (settings.home / "work.sqlite",)
    found += [
        Database(settings.catalogue_url, besides),
        Checkpoints(catalogue, stores, installation.key, installation.archive, now),
        Backups(catalogue, partial(_media, installation), partial(back_up, installation, BackupKind.FULL), now),
    ]
    if installation.keys is not None:
        found.append(KeyRotation(ToldRotation(installation)))
    return found


@dataclass(frozen=True)
class ToldRotation:
    """The key-encryption key replaced, and the ledger told of it."""

    installation: Installation

    def rotate(self) -> object:
        return rotate_keys(self.installation, actor=ACTOR)


def has_index(installation: Installation) -> bool:
    """Whether there ever was an index: without one no node is started to find nothing in it."""
    settings = installation.settings
    return bool(settings.search_hosts) or settings.search_data.exists()


def index_of(installation: Installation) -> SearchIndex:
    return installation.search_index()


def _media(installation: Installation) -> Sequence[Store]:
    from api.backing_up import _media as media

    return [medium.store for medium in media(installation)]


class UploadsPlace:
    """Uploads on this machine that became one of its submissions; their names are their sender's."""

    def __init__(self, folder: Path, machine: str) -> None:
        self._folder = folder
        self.name = f"uploads@{machine}"

    def remove(self, subjects: Sequence[Subject]) -> Mapping[str, Outcome]:
        found = tuple(self._found())
        return each(subjects, lambda subject: self._remove(subject, found))

    def left(self, subjects: Sequence[Subject]) -> frozenset[str]:
        here = {submission_id for _, submission_id in self._found()}
        return frozenset(subject.file_id for subject in subjects if not here.isdisjoint(subject.submissions))

    def _remove(self, subject: Subject, found: Sequence[tuple[Path, str]]) -> None:
        for folder, submission_id in found:
            if submission_id in subject.submissions:
                remove_tree(folder)

    def _found(self) -> Iterator[tuple[Path, str]]:
        """Each upload with the submission it becomes, or became."""
        if not self._folder.is_dir():
            return
        for folder in sorted(self._folder.iterdir()):
            for name in ("done.json", "upload.json"):
                try:
                    said = json.loads((folder / name).read_bytes())
                except (OSError, ValueError):
                    continue
                if isinstance(said, dict) and said.get("submission_id"):
                    yield folder, str(said["submission_id"])
                    break


class NeedlesMissingError(LuutruError):
    """What was taken from a hồ sơ to know it by is not here: nobody can say where else it is spoken of."""

    code = "destruction.needles-missing"


class Mentioned:
    """Whether a text names what a round destroyed: by what was taken from the hồ sơ that were begun, and from no other.

    Words that stand in a row of a living hồ sơ too are not theirs alone, and name nothing. Raises NeedlesMissingError.
    """

    def __init__(self, catalogue: Catalogue, markers: MarkerFile, round_id: str) -> None:
        self._catalogue = catalogue
        self._markers = markers
        self._round_id = round_id
        self._searcher: Searcher | None = None

    @property
    def searcher(self) -> Searcher:
        if self._searcher is None:
            needles = self._taken()
            with self._catalogue.read() as view:
                shared = rows_of_living(view, Searcher(item for item in needles if item.kind == "text"))
            self._searcher = Searcher(item for item in needles if item not in shared)
        return self._searcher

    def _taken(self) -> list[Needle]:
        needles = list[Needle]()
        with self._catalogue.read() as view:
            marked = self._markers.read(seals_of(view, self._round_id))
            for item in tombstones_of(view, self._round_id):
                own = marked.get(item.file_id)
                if own is None or own.seal != Needles(item.needles, item.needles_sha256 or ""):
                    raise NeedlesMissingError(
                        "Không có đủ dấu hiệu nhận biết của hồ sơ đã hủy trên máy này.",
                        remedy="Chạy trên máy đã bắt đầu đợt hủy, nơi có tệp dấu hiệu của đợt.",
                        detail=item.file_id,
                    )
                needles += own.needles
        return needles

    def __call__(self, _round_id: str, text: str) -> bool:
        return self.searcher.names(text)


@dataclass(frozen=True)
class AuditReports:
    """Reports of audits that quote what they found wrong in a package; their digests stay in the ledger."""

    stores: Sequence[Store]
    folder: Path
    mentioned: Mentioned
    name: str = "audit-reports"

    def finish(self, round_id: str) -> Outcome:
        return tried(self._remove)

    def _remove(self) -> None:
        _ = self.mentioned.searcher  # without it nothing can be said of reports, also not that there are none
        locked: list[LockedError] = []
        failed: StoreError | None = None
        for store in self.stores:
            try:
                for key in list(store.keys("audit")):
                    if key.endswith(".json") and self._quotes(store.read(key)):
                        locked += _removed(store, key)
            except StoreError as error:
                failed = error
        self._remove_own()
        if failed is not None:
            raise failed
        if locked:  # asked again when the last of them ends; one of no known end is asked each time
            raise max(locked, key=lambda error: error.until or _NO_END)

    def _remove_own(self) -> None:
        if self.folder.is_dir():
            for path in sorted(self.folder.glob("*.json")):
                if self._quotes([path.read_bytes()]):
                    path.with_suffix(".pdf").unlink(missing_ok=True)
                    path.unlink(missing_ok=True)

    def _quotes(self, pieces: Iterator[bytes] | Sequence[bytes]) -> bool:
        return next(self.mentioned.searcher.search(pieces), None) is not None


def _removed(store: Store, key: Key) -> list[LockedError]:
    """A report and its sheets, or the lock that keeps them. By the other the first is found again: it goes last."""
    try:
        store.remove(Key(f"{key.removesuffix('.json')}.pdf"))
        store.remove(key)
    except LockedError as error:
        return [error]
    return []


@dataclass(frozen=True)
class Leftovers:
    """What processes that ended left behind: folders of their own, unfinished writing in stores, temporary files."""

    home: Path
    stores: Sequence[Store]
    name: str = "leftovers"

    def finish(self, round_id: str) -> Outcome:
        return tried(self._sweep)

    def _sweep(self) -> None:
        sweep_scratch(self.home)
        failed: StoreError | None = None
        for store in self.stores:
            try:
                store.sweep()
            except StoreError as error:
                failed = error
        sweep_temporary()
        if failed is not None:
            raise failed


@dataclass(frozen=True)
class Logs:
    """Lines of our own logs that quote what was destroyed: the words are written over where they stand."""

    files: Callable[[], Sequence[Path]]
    mentioned: Mentioned
    name: str = "logs"

    def finish(self, round_id: str) -> Outcome:
        return tried(self._mask)

    def _mask(self) -> None:
        searcher = self.mentioned.searcher
        for path in self.files():
            mask(path, searcher)


def mask(path: Path, searcher: Searcher) -> int:
    """Every needle in the file written over with asterisks, its length kept: whoever writes on behind is not disturbed."""
    with path.open("r+b") as file:
        hits = list(searcher.search(iter(lambda: file.read(1 << 20), b"")))
        for hit in hits:
            file.seek(hit.offset)
            file.write(b"*" * len(hit.needle.data))
    return len(hits)


def log_files(home: Path) -> list[Path]:
    """Our own logs under ``home``: of commands, of what the index refused, of the local node."""
    found = [*home.glob("*.log*"), *home.glob("*.jsonl"), *(home / "elasticsearch" / "logs").rglob("*")]
    return sorted(path for path in found if path.is_file() and not path.is_symlink())
