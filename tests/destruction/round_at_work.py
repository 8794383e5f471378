"""A round that may destroy, small enough to look through: packages in stores, hồ sơ with a period, a list decided on.

The papers of a round are tested elsewhere; here the rows the database itself demands are put there directly.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select, update

from archive.absence.markers import Marked, MarkerFile, content_markers, text_needles
from archive.absence.marking import without_words_of
from archive.absence.patterns import Needle
from archive.access import Author, Role
from archive.aip.model import Party
from archive.catalogue import Catalogue, NewAccount, Transaction
from archive.catalogue.destruction_model import Approval, Needles
from archive.catalogue.disposal_tables import round_lines, round_persons, rounds
from archive.catalogue.file_reading import file
from archive.catalogue.file_writing import add_package, move_file, open_file
from archive.catalogue.remains import remains_sha256
from archive.catalogue.retention_tables import files
from archive.checkpoints.sealing import seal
from archive.checkpoints.statement import Kind
from archive.destruction.beginning import Line, Refused, begin
from archive.destruction.catalogue_place import CataloguePlace
from archive.destruction.executing import Executor, Progress
from archive.destruction.finishing import Checkpoints, Database, KeyRotation
from archive.destruction.key_place import KeyPlace
from archive.destruction.place import Place, RoundPlace
from archive.destruction.store_place import StorePlace
from archive.disposal.words import Signature
from archive.errors import LuutruError
from archive.recovery.rebuilding import Rebuilding, Rebuilt
from archive.retention.file import NewFile
from archive.retention.file_state import FileState
from archive.retention.period import Period, PeriodKind
from archive.signing import ArchiveKey
from archive.storage.directory import DirectoryStore
from archive.storage.store import Store
from samples.holdings import AGENCY, BEGUN, Held, store_packages

ARCHIVE = Party("H99.12", "Lưu trữ lịch sử tỉnh Bình Minh")
ROUND_ID = "d" * 32
LIST_SHA256 = "e" * 64
EXECUTOR, VERIFIER = "1" * 32, "2" * 32
ACTOR = "account:executor"


class HeldError(LuutruError):
    """A hold came at the last moment."""

    code = "hold.in-force"


@dataclass
class Keys:
    """A key store as destruction sees one."""

    ids: set[str] = field(default_factory=set)
    destroyed: list[str] = field(default_factory=list)
    rotated: int = 0

    def destroy(self, key_id: str) -> None:
        self.destroyed.append(key_id)
        self.ids.discard(key_id)

    def holds(self, key_id: str) -> bool:
        return key_id in self.ids

    def rotate(self) -> int:
        self.rotated += 1
        return self.rotated


@dataclass
class RoundAtWork:
    """``destroyed``: the packages of the round, each of one hồ sơ; ``kept``: one nobody destroys."""

    catalogue: Catalogue
    url: str
    stores: list[Store]
    folder: Path
    titles_stay: bool = False
    held: set[str] = field(default_factory=set)
    destroyed: list[Held] = field(default_factory=list)
    kept: list[Held] = field(default_factory=list)
    keys: Keys = field(default_factory=Keys)
    at: datetime = BEGUN + timedelta(days=365)
    places: list[Place] = field(default_factory=list)
    finishing: list[RoundPlace] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    """The hồ sơ of the list by id, where this process did not take them in itself."""
    key: ArchiveKey = field(default_factory=lambda: ArchiveKey(Ed25519PrivateKey.from_private_bytes(b"k" * 32)))

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    @property
    def markers(self) -> MarkerFile:
        return MarkerFile(self.folder / "destruction" / f"{ROUND_ID}.jsonl")

    @property
    def approval(self) -> Approval:
        return Approval(ROUND_ID, "12/QĐ-LTLS", self.at.date(), LIST_SHA256, self.titles_stay)

    def take_in(self, count: int, kept: int = 1, *, size_bytes: int = 20_000, first: int = 1) -> None:
        some = list(store_packages(self.catalogue, self.stores, count + kept, size_bytes=size_bytes, first=first))
        self.destroyed, self.kept = some[:count], some[count:]
        for number, held in enumerate(some, 1):
            self._file(number, held)
        self.keys.ids = {self.file_id(held) for held in some}
        with self.catalogue.transaction() as tx:
            for account, role in ((EXECUTOR, Role.ARCHIVIST), (VERIFIER, Role.HEAD)):
                new = NewAccount(account, f"{role.value}-{account[:4]}", "Trần Thị Lan", role, "")
                tx.create_account(new, by=Author("user:root"), at=self.at)
            self._decided(tx)

    def file_id(self, held: Held) -> str:
        return held.submission_id

    def lines(self) -> list[Line]:
        ids = self.listed or [self.file_id(held) for held in self.destroyed]
        return [Line(number, file_id, "10 năm") for number, file_id in enumerate(ids, 1)]

    def begin(self) -> list[Refused]:
        return begin(
            self.catalogue,
            self.approval,
            self.lines(),
            begin_destroying=self._begin_destroying,
            places=[place.name for place in self.places],
            by=Author(ACTOR, EXECUTOR),
            at=self.now(),
            needles=self.needles(),
        )

    def mark(self) -> None:
        """As the archive does before it begins: what would be met again if anything were left."""
        self.markers.add(self.marked(held) for held in self.destroyed)

    def needles(self) -> dict[str, Needles]:
        return {file_id: marked.seal for file_id, marked in self.markers.read().items()}

    def marked(self, held: Held) -> Marked:
        file_id, needles = self.file_id(held), []
        with self.catalogue.read() as view:
            data = io.BytesIO(b"".join(self.stores[0].read(held.key)))
            for document in view.documents(held.aip_id):
                for marker in content_markers(data, document.tar_offset, document.size_bytes):
                    needles.append(Needle(file_id, "content", marker))
                needles += text_needles(file_id, str(document.fields["subject"]))
            aip = view.aip(held.aip_id)
            assert aip is not None
            needles += text_needles(file_id, aip.title)
            held_file = file(view, file_id)
        if self.titles_stay and held_file is not None:
            needles = without_words_of(needles, held_file.title)
        return Marked(file_id, tuple(needles))

    def executor(self, **more: object) -> Executor:
        return Executor(self.catalogue, ROUND_ID, self.places, self.finishing, self.now, **more)  # type: ignore[arg-type]

    def run(self) -> Progress:
        return self.executor().run()

    def usual_places(self, *, compacting: bool = False) -> None:
        self.places = [
            KeyPlace(self.keys),
            CataloguePlace(self.catalogue),
            *(StorePlace(store) for store in self.stores),
        ]
        self.finishing = [
            *([Database(self.url)] if compacting or self.url.startswith("sqlite") else []),
            Checkpoints(self.catalogue, self.stores, self.key, ARCHIVE, self.now),
            KeyRotation(self.keys),
        ]

    def _file(self, number: int, held: Held) -> None:
        with self.catalogue.transaction() as tx:
            submission = tx.submission(held.submission_id)
            new = NewFile(
                self.file_id(held),
                AGENCY.code,
                submission.description.file_code,
                submission.description.title,
                "LLT2024-TT05",
                "1",
                ended_year=2010,
                period=Period(PeriodKind.YEARS, 10),
            )
            open_file(tx, new, actor=ACTOR, at=BEGUN)
            add_package(tx, new.id, held.aip_id, actor=ACTOR, at=BEGUN)

    def _decided(self, tx: Transaction) -> None:
        tx.rows(
            insert(rounds).values(
                id=ROUND_ID,
                code="ĐH-2026-01",
                agency_code=AGENCY.code,
                archive_kind="historical",
                submitting=True,
                profile="LLT2024-TT05",
                profile_version="1",
                state="executing",
                opened_at=self.at,
                changed_at=self.at,
            )
        )
        person = {"round_id": ROUND_ID, "account_id": EXECUTOR, "duty": "executor", "ordinal": 1}
        tx.rows(insert(round_persons).values(**person, appointed_by=VERIFIER, appointed_at=self.at))
        for line in self.lines():
            # As if it had been closed and listed long ago.
            tx.rows(update(files).where(files.c.id == line.file_id).values(state="closed"))
            tx.rows(update(files).where(files.c.id == line.file_id).values(state="in_round", round_id=ROUND_ID))
            row = tx.rows(select(files).where(files.c.id == line.file_id)).one()
            tx.rows(
                insert(round_lines).values(
                    round_id=ROUND_ID,
                    ordinal=line.number,
                    file_id=line.file_id,
                    agency_code=row.agency_code,
                    file_code=row.file_code,
                    came_from="closed",
                    reason="expired",
                    explanation="",
                    file_sha256="0" * 64,
                    period_sha256="0" * 64,
                    packages_sha256="0" * 64,
                    rights_sha256="0" * 64,
                    outcome="destroy",
                    state="listed",
                )
            )

    def _begin_destroying(self, tx: Transaction, round_id: str, file_id: str, *, by: Author, at: datetime) -> object:
        if file_id in self.held:
            raise HeldError("Hồ sơ đang bị đóng băng.")
        c = round_lines.c
        tx.rows(
            update(round_lines)
            .where(c.round_id == round_id, c.file_id == file_id)
            .values(state="destroying", settled_at=at, settled_by=by.account_id, settled_duty="executor")
        )
        data = {"remains_sha256": remains_sha256(tx, file_id)}
        return move_file(tx, file_id, FileState.DESTROYING, actor=ACTOR, at=at, round_id=round_id, data=data)


def in_folders(catalogue: Catalogue, url: str, folder: Path, names: Sequence[str] = ("kho-1", "kho-2")) -> RoundAtWork:
    stores: list[Store] = [DirectoryStore.initialise(name, folder / "stores" / name) for name in names]
    work = RoundAtWork(catalogue, url, stores, folder)
    work.usual_places()
    return work


def all_bytes(*roots: Path) -> Callable[[bytes], list[Path]]:
    """Everything below ``roots`` read once; asked which files contain something."""
    held = {path: path.read_bytes() for root in roots for path in [root, *root.rglob("*")] if path.is_file()}
    return lambda needle: [path for path, data in held.items() if needle in data]


def paper_row(object_key: str, sha256: str) -> dict[str, object]:
    """A paper of the round as it stands on record when it is attached."""
    return {
        "round_id": ROUND_ID,
        "kind": "decision",
        "ordinal": 99,
        "object_key": object_key,
        "sha256": sha256,
        "size_bytes": 1,
        "list_sha256": "",
        "signature": Signature.VALID.value,
        "signers": [],
        "attached_by": EXECUTOR,
        "attached_at": BEGUN,
    }


def lost(path: Path) -> None:
    """A medium that is away."""
    shutil.move(path, path.with_name(path.name + ".away"))


def back(path: Path) -> None:
    shutil.move(path.with_name(path.name + ".away"), path)


def rebuilt(work: RoundAtWork, catalogue: Catalogue, store: Store, folder: Path) -> Rebuilt:
    folder.mkdir()
    return Rebuilding(catalogue, [store], [work.key.private.public_key()], folder, work.now).run()


def sealed(work: RoundAtWork) -> None:
    seal(work.catalogue, work.stores, work.key, ARCHIVE, now=work.now(), kind=Kind.NEWS)
