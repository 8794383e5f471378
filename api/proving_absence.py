"""Looking for what a round destroyed, in everything of this installation, by another account than the one that did it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from api.absence_parts import collected, own_part
from api.bootstrap import Installation, now
from api.destruction_places import has_index, index_of, machine_name, marker_file, other_machines
from api.old_media import old_media
from archive.absence.buckets import BucketLook
from archive.absence.certificate import certify
from archive.absence.folders import FolderLook
from archive.absence.living import LivingIds
from archive.absence.looking import Look, Looked, Sought, Trace
from archive.absence.parts import merged
from archive.absence.verifying import Verifier
from archive.canonical import canonical_sha256
from archive.catalogue.absence_parts import ask_parts, forget_needles, run_under_way
from archive.catalogue.absence_proof import certified_run, proving_run
from archive.catalogue.destruction_model import AbsenceRun, AbsenceVerdict, TombstonePackage
from archive.catalogue.destruction_reading import absence_run, seals_of, store_place
from archive.catalogue.destruction_writing import begin_absence_run, end_absence_run
from archive.catalogue.policy_reading import open_moves
from archive.catalogue.round_deciding import record_verified
from archive.catalogue.round_reading import destruction_round
from archive.destruction.completing import complete, found_again
from archive.disposal.round_state import RoundState
from archive.errors import LuutruError, ObjectMissingError
from archive.keystore.errors import KeyDestroyedError, KeyMissingError
from archive.policy_standing import policy_stands
from archive.sealing.identity import Identity
from archive.sealing.trying import opened_by_any
from archive.storage.key import Key, aip_key, sealed_aip_key
from archive.storage.s3_settings import s3_settings
from archive.storage_policy import StoreKind
from archive.temporary import temporary_paths


class NotLookedError(LuutruError):
    """This place could not be looked at, so nothing is proven of it."""

    code = "destruction.place-not-looked"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a look came to. ``certificate``: issued when it proved absence."""

    run: AbsenceRun
    completed: int
    certificate: Mapping[str, Any] | None


def prove_absence(
    installation: Installation,
    round_id: str,
    *,
    verifier_id: str,
    executor_id: str,
    actor: str,
    progress: Callable[[str], None] = lambda _place: None,
) -> Proof:
    """One run; what it found is due again; what it proved is completed, certified, and its markers are removed.

    Raises OwnWorkError for who has any duty in the round, IntegrityError when verifier and executor are one,
    AlreadyCertifiedError, AbsenceUnprovenError when something changed meanwhile,
    MachineAwaitedError as long as another machine has not looked through its own: the same call goes on with that run.
    """
    with installation.catalogue.read() as view:
        marked = marker_file(installation, round_id).read(seals_of(view, round_id))
    verifier = Verifier(
        installation.catalogue,
        round_id,
        looks_of(installation),
        Opening(installation),
        now,
        in_database=frozenset({"database", "home"}),
        standing=policy_stands(installation.policy.version),
        media=media_of(installation),
        progress=progress,
    )
    run = AbsenceRun(uuid.uuid4().hex, round_id, verifier_id, executor_id, now())
    if others := other_machines(installation):
        run = _over_all(installation, verifier, run, others, actor=actor)
    else:
        run = verifier.run(run.id, marked, verifier_id=verifier_id, executor_id=executor_id, actor=actor)
    if run.verdict is not AbsenceVerdict.ABSENT:
        found_again(installation.catalogue, run, now=now)
        return Proof(run, 0, None)
    return Proof(run, *finish_proof(installation, round_id, actor=actor))


def _over_all(
    installation: Installation, verifier: Verifier, new: AbsenceRun, others: frozenset[str], *, actor: str
) -> AbsenceRun:
    """The run that waits for its parts, or ``new``; ended when all are there, or when something is found here."""
    with installation.catalogue.transaction() as tx:
        verifier.standing(tx)
        run = run_under_way(tx, new.round_id, new.verifier_id)
        if run is None:
            begin_absence_run(tx, new)
            run = absence_run(tx, new.id)
            assert run is not None
        ask_parts(tx, run.id, {machine_name(), *others})
    own_part(installation, run, verifier)
    mine = collected(installation, run, {machine_name()})[machine_name()]
    found = mine["verdict"] == AbsenceVerdict.FOUND.value
    verdict, report = merged(mine, {} if found else collected(installation, run, others))
    with installation.catalogue.transaction() as tx:
        end_absence_run(tx, run.id, verdict, report, actor=actor, at=now())
        forget_needles(tx, run.id)
        ended = absence_run(tx, run.id)
    assert ended is not None
    return ended


def standing_proof(installation: Installation, round_id: str) -> Proof | None:
    """What a look that was proven came to, its ending gone on with where it was stopped; None: nothing is proven yet.

    Whoever takes up an order to look would else look again, and what the round was known by may be gone.
    """
    with installation.catalogue.read() as view:
        run = certified_run(view, round_id) or proving_run(view, round_id)[0]
        if run is None:
            return None
        actor = f"account:{view.account(run.verifier_id).username}"
    return Proof(run, *finish_proof(installation, round_id, actor=actor))


def finish_proof(installation: Installation, round_id: str, *, actor: str) -> tuple[int, Mapping[str, Any]]:
    """What follows a run that proved absence; goes on where it was stopped. Raises AbsenceUnprovenError.

    Until the certificate stands the markers do: should anything come back before, nobody could look for it without them.
    """
    standing, settings = policy_stands(installation.policy.version), installation.settings
    completed = complete(installation.catalogue, round_id, actor=actor, now=now, standing=standing)
    document = certify(
        installation.catalogue,
        round_id,
        key=installation.key,
        archive={"code": settings.archive_code, "name": settings.archive_name},
        actor=actor,
        now=now,
        standing=standing,
    )
    marker_file(installation, round_id).remove()
    _say_verified(installation, round_id, document, actor)
    return completed, document


def _say_verified(installation: Installation, round_id: str, document: Mapping[str, Any], actor: str) -> None:
    """The round itself is verified; said before, it stands."""
    with installation.catalogue.transaction() as tx:
        if destruction_round(tx, round_id).state is RoundState.EXECUTING:
            data = {
                "run_id": document["statement"]["run"]["id"],
                "certificate_sha256": canonical_sha256(dict(document)),
            }
            record_verified(tx, round_id, actor=actor, at=now(), data=data)


def looks_of(installation: Installation) -> list[Look]:
    """Every place there is, read as it lies there; nothing of what removed is asked."""
    settings, catalogue = installation.settings, installation.catalogue
    living = LivingIds(catalogue)
    folder_look = _folder_look(installation)

    def kept(name: str | Path) -> bool:
        """Whether it is the object of a living package: audits compare its bytes with the ledger."""
        parts = Path(name).parts
        return "aip" in parts[-3:-2] and living.living(parts[-1].partition(".")[0])

    looks: list[Look] = [folder_look("home", settings.home, leaving_out=_apart(installation))]
    for store in installation.policy.stores:
        name = store_place(store.name)
        if store.kind is StoreKind.DIRECTORY:
            assert store.path is not None
            looks.append(folder_look(name, store.path, kept=kept))
        else:
            looks.append(BucketLook(name, s3_settings(store.s3, settings.home), kept=kept))
    shared = settings.quarantine_settings.shared_s3
    if shared:
        looks.append(BucketLook("quarantine-store", s3_settings(shared, settings.home)))
    looks += [folder_look(f"backup:{medium.name}", medium.path, kept=kept) for medium in settings.backup.media]
    if settings.database.shared:
        looks.append(_database_look(installation) or Elsewhere("database"))
    if has_index(installation):
        from search.absence_look import IndexLook

        looks.append(IndexLook(partial(index_of, installation)))
    if settings.keys is not None:
        looks += [folder_look(f"keys:{number}", place) for number, place in enumerate(settings.keys.places, 1)]
    looks += [
        folder_look(f"also:{number}", path)  # a certificate names places, and no path of ours
        for number, path in enumerate(settings.destruction.also, 1)
    ]
    looks.append(TemporaryLook())
    with catalogue.read() as view:
        looks += [Elsewhere(f"move:{move.store}") for move in open_moves(view)]
    return looks


def local_looks(installation: Installation) -> list[Look]:
    """What only this machine can read, for a run that another carries; every name with the machine's."""
    settings, machine = installation.settings, machine_name()
    folder_look = _folder_look(installation)
    looks: list[Look] = [folder_look(f"home@{machine}", settings.home, leaving_out=_apart(installation))]
    looks += [folder_look(f"also@{machine}:{number}", path) for number, path in enumerate(settings.destruction.also, 1)]
    database = _database_look(installation)
    if database is not None:
        looks.append(database)
    return [*looks, TemporaryLook(f"temporary@{machine}")]


def _folder_look(installation: Installation) -> partial[FolderLook]:
    """How a folder is looked at: what its links lead to is looked at too, or the look fails."""
    return partial(FolderLook, elsewhere=partial(folders_looked_at, installation))


def _apart(installation: Installation) -> Callable[[Path], bool]:
    """Folders that may lie in the home and are no part of it: stores are places of their own, and what is sought by
    lies where the needles are kept.
    """
    settings = installation.settings
    return frozenset((*(store.path for store in settings.stores), settings.home / "destruction")).__contains__


def _database_look(installation: Installation) -> Look | None:
    """The files of a database server, where this machine can read them."""
    folder = installation.settings.destruction.database_folder
    if folder is None:
        return None
    return _folder_look(installation)("database", folder)


def folders_looked_at(installation: Installation) -> list[Path]:
    """The folders this machine looks through: what a link leads to lies in one of them, or was looked at by nobody."""
    settings = installation.settings
    found = [settings.home, *settings.destruction.also, *(medium.path for medium in settings.backup.media)]
    found += [store.path for store in installation.policy.stores if store.path is not None]
    found += settings.keys.places if settings.keys is not None else ()
    return [*found, *filter(None, (settings.destruction.database_folder,))]


class Elsewhere:
    """A place this machine cannot look at: it is named, and keeps absence from being proven."""

    def __init__(self, name: str) -> None:
        self.name = name

    def look(self, sought: Sought, looked: Looked) -> Iterator[Trace]:
        raise NotLookedError(
            f"Máy này không xem được «{self.name}».",
            remedy="Khai báo [destruction] database_folder hoặc also, hoặc kiểm chứng trên máy đọc được nơi đó.",
        )


class TemporaryLook:
    """What is ours in the system's place for temporary files."""

    def __init__(self, name: str = "temporary") -> None:
        self.name = name

    def look(self, sought: Sought, looked: Looked) -> Iterator[Trace]:
        for path in temporary_paths():
            yield from FolderLook(self.name, path, may_be_missing=True).look(sought, looked)


class Opening:
    """Tries to read what lies on under a lock with every key the archive still has: that of the package's own hồ sơ is
    gone, and what lies there may have been sealed by another."""

    def __init__(self, installation: Installation) -> None:
        self._stores = {store.name: store for store in installation.stores}
        self._keys = installation.keys

    def opens(self, store: str, package: TombstonePackage) -> bool:
        return any(map(partial(self._opens, store), _keys(package)))

    def _opens(self, store: str, key: Key) -> bool:
        if store not in self._stores:  # retired since, or no store at all: a place with a lock of its own
            raise NotLookedError(
                f"Không thử mở được nội dung còn khóa ở «{store}».",
                remedy="Đợi hết hạn khóa: hệ thống xóa rồi kiểm chứng lại.",
                detail=str(key),
            )
        try:
            with self._stores[store].open(key) as file:
                return opened_by_any(file, self._identities())
        except ObjectMissingError:
            return False

    def _identities(self) -> Iterator[Identity]:
        """Raises KeysError for a key that cannot be tried: then nothing is proven."""
        if self._keys is None:
            return
        for key_id in list(self._keys.key_ids()):
            try:
                yield self._keys.identity(key_id)
            except (KeyDestroyedError, KeyMissingError):
                continue  # ended meanwhile


def _keys(package: TombstonePackage) -> tuple[Key, ...]:
    return tuple(dict.fromkeys((package.object_key, aip_key(package.aip_id), sealed_aip_key(package.aip_id))))


def media_of(installation: Installation) -> list[dict[str, str]]:
    """What was and was not done on media that keep old blocks: no claim without an act."""
    settings = installation.settings
    found = [
        {
            "medium": f"{store.name} ({store.medium or store.kind.value}, {store.location or '—'})",
            "done": "Mọi phiên bản của đối tượng đã xóa và đã tìm lại.",
            "not_done": "Không ghi đè các khối cũ của phương tiện; hồ sơ được niêm phong thì khối cũ chỉ là bản mã không còn khóa."
            if settings.keys is not None
            else "Không ghi đè các khối cũ của phương tiện.",
        }
        for store in installation.policy.stores
    ]
    found.append(
        {
            "medium": "cơ sở dữ liệu",
            "done": "Đã ghi lại toàn bộ bảng (VACUUM) và thay hết nhật ký ghi trước (WAL); đã đọc lại từng byte.",
            "not_done": "Không ghi đè các khối đã trả về cho hệ tệp.",
        }
    )
    found += old_media(installation)
    found += [
        {"medium": f"máy {item}", "done": "", "not_done": "Máy đã thôi dùng: không xóa, không kiểm chứng."}
        for item in settings.destruction.machines_gone
    ]
    found += [
        {"medium": item, "done": "", "not_done": "Ngoài tầm của hệ thống: không xóa, không kiểm chứng."}
        for item in settings.destruction.outside
    ]
    return found
