"""A catalogue out of storage copies and the public key alone: ledger, rows and packages, each proven before it is kept.

    checkpoints ─ proven ─▶ ledger ─▶ rows ─▶ packages, read whole ─▶ rows that refer to packages ─▶ checked against each other

Every step goes on where a killed one stopped: how far it has come stands in the catalogue, in the same transaction as
what it did. Which checkpoint is rebuilt is written down before the first row.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive.aip.reader import AipReader
from archive.catalogue import Catalogue, Document, Submission
from archive.catalogue.checkpoint_reading import Timestamp, checkpoint_numbered
from archive.catalogue.checkpoint_writing import record_shipment, record_timestamp
from archive.catalogue.ledger_ends import ends
from archive.catalogue.pieces import pieces
from archive.catalogue.restoring import (
    drop_cursors,
    forget_changes,
    note_copy,
    put_carried,
    put_checkpoint,
    put_packages,
    put_records,
    stands_behind_packages,
)
from archive.catalogue.sealing_reading import is_replaced
from archive.catalogue.versions import NEWEST
from archive.checkpoints.lost_numbers import LOST, Ranges, lost_numbers
from archive.checkpoints.reading import lines_of, rows_in
from archive.checkpoints.statement import Checkpoint
from archive.durable import write_whole
from archive.errors import LuutruError
from archive.events import Event
from archive.fixity import CopyState
from archive.fsck.chain import chain_differences, receipt_differences, unknown_submissions
from archive.fsck.submissions import submission_differences
from archive.fsck.tombstones import tombstone_differences
from archive.ledger import Record, read_record, written_instant
from archive.lifecycle import State
from archive.recovery.chain import Chain, all_checkpoints, timestamps_in, whole_chain
from archive.recovery.package_rows import held_documents
from archive.recovery.packages import Found, Stated, found_package
from archive.recovery.problems import Problem, RebuildError, RebuildRefusedError, problem
from archive.sealing.opening import NO_KEYS, Keys, plain_object
from archive.storage.store import Store

PLAN = "rebuild.json"
PROBLEMS = "rebuild-problems.jsonl"
RECORDS_AT_ONCE = 5_000
ROWS_AT_ONCE = 2_000
PACKAGES_AT_ONCE = 64
DOCUMENTS_AT_ONCE = 5_000
_CURSOR = "rebuild."
_REGISTERED = re.compile(r"NL-(2\d{3})-(\d{6,7})", re.ASCII)
"""A package the ledger does not know may say anything: what no number of ours looks like is none."""

Progress = Callable[[str, int, int], None]


def _silent(_phase: str, _done: int, _total: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came back: as of which checkpoint, how much, and everything that is not as it should be.

    ``registrations``: the highest registration number by year found in packages the ledger does not know yet.
    ``checkpoints_lost``: numbers of older checkpoints that lie in none of the copies: thinned, for others replace them.
    """

    number: int
    sha256: str
    at: datetime
    ledger_last: int
    ledger_hash: str
    archive_code: str
    archive_name: str
    rows: int
    packages: int
    documents: int
    read_whole: bool
    problems: tuple[Problem, ...] = ()
    registrations: dict[int, int] = field(default_factory=dict)
    checkpoints_lost: Ranges = ()

    @property
    def red(self) -> bool:
        return any(item.red for item in self.problems)

    def as_json(self) -> dict[str, Any]:
        return {
            "checkpoint": {"number": self.number, "sha256": self.sha256, "at": written_instant(self.at)},
            "ledger": {"last": self.ledger_last, "hash": self.ledger_hash},
            "archive": {"code": self.archive_code, "name": self.archive_name},
            "rows": self.rows,
            "packages": self.packages,
            "documents": self.documents,
            "read_whole": self.read_whole,
            "registrations": {str(year): number for year, number in self.registrations.items()},
            LOST: [list(some) for some in self.checkpoints_lost],
            "problems": [item.as_json() for item in self.problems],
        }


@dataclass
class Rebuilding:
    """One rebuild into an empty ``catalogue``; ``folder`` keeps its plan, and is where rows wait. ``run`` may be repeated
    after any interruption with the same arguments.

    ``read_whole``: every byte of every package is compared with the ledger; else only descriptions are read.
    ``keys``: what sealed packages are opened with; without them what their content alone says stays behind, and is told.
    """

    catalogue: Catalogue
    stores: Sequence[Store]
    public_keys: Sequence[Ed25519PublicKey]
    folder: Path
    now: Callable[[], datetime]
    read_whole: bool = True
    threads: int = field(default_factory=lambda: min(8, max(2, len(os.sched_getaffinity(0)))))
    progress: Progress = _silent
    keys: Keys = NO_KEYS

    def run(self) -> Rebuilt:
        """The catalogue as it was at the newest whole checkpoint. Raises RebuildError, RebuildRefusedError."""
        chain = self._planned()
        self._load_ledger(chain)
        rows = self._load_rows(chain, "rows", behind=False)
        found = self._load_packages(chain)
        rows += self._load_rows(chain, "rows-behind", behind=True)
        self._load_checkpoints(chain)
        with self.catalogue.transaction() as tx:
            forget_changes(tx, chain.newest.content.last_change)
            for name in chain.held_by:
                record_shipment(tx, name, chain.newest.number, self.now())
        self._note_bad_copies(found)
        problems, registrations = self._unclaimed()
        with self.catalogue.read() as view:
            lost = lost_numbers(view)
        content = chain.newest.content
        return Rebuilt(
            number=chain.newest.number,
            sha256=chain.newest.sha256,
            at=content.at,
            ledger_last=content.ledger_last,
            ledger_hash=content.ledger_hash,
            archive_code=content.archive_code,
            archive_name=content.archive_name,
            rows=rows,
            packages=self._counted("packages-done"),
            documents=self._counted("documents-done"),
            read_whole=self.read_whole,
            problems=(*chain.problems, *found, *problems, *self._contradictions()),
            registrations=registrations,
            checkpoints_lost=lost,
        )

    def finish(self) -> None:
        """The plan is done with: called when whatever else belongs to the new machine stands."""
        (self.folder / PLAN).unlink(missing_ok=True)
        (self.folder / PROBLEMS).unlink(missing_ok=True)
        with self.catalogue.transaction() as tx:
            drop_cursors(tx, _CURSOR)

    # what is rebuilt

    def _planned(self) -> Chain:
        plan = self.folder / PLAN
        if plan.exists():
            said = json.loads(plan.read_bytes())
            chain = whole_chain(self.stores, self.public_keys, newest=int(said["number"]))
            if chain.newest.sha256 != said["sha256"]:
                raise RebuildRefusedError(
                    "Thư mục đang dựng dở từ một điểm niêm phong khác.",
                    remedy="Chọn thư mục mới, hoặc xóa thư mục này.",
                )
            kept = [Problem.of_json(row) for row in said["problems"]]
            return replace(chain, problems=tuple(kept))
        with self.catalogue.read() as view:
            if view.ledger_end() is not None:
                raise RebuildRefusedError(
                    "Danh mục ở thư mục này đã có dữ liệu; không dựng đè lên.",
                    remedy="Chọn thư mục mới cho --home, hoặc cơ sở dữ liệu trống.",
                )
        self.progress("chain", 0, 0)
        chain = whole_chain(self.stores, self.public_keys)
        if chain.newest.content.catalogue_version > NEWEST:
            raise RebuildRefusedError(
                "Bản lưu do phiên bản mới hơn của phần mềm ghi.",
                remedy="Cài phiên bản mới của phần mềm rồi chạy lại.",
                detail=f"{chain.newest.content.catalogue_version} > {NEWEST}",
            )
        value = {
            "number": chain.newest.number,
            "sha256": chain.newest.sha256,
            "problems": [item.as_json() for item in chain.problems],
        }
        write_whole(plan, json.dumps(value, ensure_ascii=False).encode("utf-8"))
        return chain

    def _load_ledger(self, chain: Chain) -> None:
        total = chain.newest.content.ledger_last
        with self.catalogue.read() as view:
            last = (view.ledger_end() or (0, ""))[0]
        for some in pieces(_records(chain, last), RECORDS_AT_ONCE):
            with self.catalogue.transaction() as tx:
                put_records(tx, some)
            self.progress("ledger", some[-1].seq, total)
        with self.catalogue.read() as view:
            end = view.ledger_end() or (0, "")
        content = chain.newest.content
        if total and end != (content.ledger_last, content.ledger_hash):
            raise RebuildError(
                "Sổ nhật ký vừa nạp không dẫn tới điểm niêm phong đã ký.",
                remedy="Đọc lại từ đầu vào một thư mục mới.",
                detail=f"{end}",
            )

    def _load_rows(self, chain: Chain, name: str, *, behind: bool) -> int:
        """Rows of tables that refer to packages (``behind``), or all others; counted in their fixed order."""
        done = self._counted(name)
        (self.folder / "rows.sqlite").unlink(missing_ok=True)  # of a run that was killed
        total = sum(part.last for checkpoint in chain.checkpoints for part in checkpoint.rows)
        wanted = (
            row
            for row in rows_in(chain.store, chain.checkpoints, scratch=self.folder)
            if stands_behind_packages(row.table) is behind
        )
        for some in pieces(islice(wanted, done, None), ROWS_AT_ONCE):
            with self.catalogue.transaction() as tx:
                put_carried(tx, some)
                done += len(some)
                tx.set_cursor(_CURSOR + name, done)
            self.progress(name, done, total)
        return done

    def _load_checkpoints(self, chain: Chain) -> None:
        for some in pieces(all_checkpoints(self.stores, self.public_keys, chain.newest), ROWS_AT_ONCE):
            with self.catalogue.transaction() as tx:
                for checkpoint in some:
                    put_checkpoint(tx, checkpoint)
        for number, token in timestamps_in(self.stores, chain.newest):
            with self.catalogue.transaction() as tx:
                sealed = checkpoint_numbered(tx, number)
                if sealed is not None:
                    # The token itself says when it was given; the column only orders them.
                    record_timestamp(tx, Timestamp(number, sealed.content.at, token))

    # packages

    def _load_packages(self, chain: Chain) -> list[Problem]:
        """Every package the ledger knows of, in its order; what was wrong with each, also in runs that were killed."""
        after = self._counted("packages")
        packages, documents = self._counted("packages-done"), self._counted("documents-done")
        batch: list[Found] = []
        for found in self._found(after):
            batch.append(found)
            if len(batch) >= PACKAGES_AT_ONCE or sum(item.aip.document_count for item in batch) >= DOCUMENTS_AT_ONCE:
                packages, documents = self._keep(batch, packages, documents)
                batch = []
                self.progress("packages", packages, 0)
        if batch:
            packages, documents = self._keep(batch, packages, documents)
            self.progress("packages", packages, 0)
        return self._kept_problems()

    def _found(self, after: int) -> Iterator[Found]:
        """Packages in the order of the ledger, some of them being read ahead side by side."""
        waiting: deque[Future[Found]] = deque()
        with ThreadPoolExecutor(self.threads, thread_name_prefix="rebuild") as pool:
            try:
                for stated, submission in self._stated(after):
                    waiting.append(pool.submit(self._read, stated, submission))
                    if len(waiting) >= 2 * self.threads:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _stated(self, after: int) -> Iterator[tuple[Stated, Submission]]:
        while True:
            with self.catalogue.read() as view:
                page = view.records(after=after, event=Event.AIP_PACKAGE_WRITTEN)
                stated = [
                    Stated.of(record, view.record_of(str(record.data["aip_id"]), Event.AIP_PACKAGE_REWRITTEN))
                    for record in page
                ]
                # What was destroyed, or was on its way there, does not come back, whatever of it lies somewhere.
                found = [
                    (item, view.submission(item.submission_id)) for item in stated if item.aip_id not in self._ended
                ]
            if not page:
                return
            yield from found
            after = page[-1].seq

    @cached_property
    def _ended(self) -> frozenset[str]:
        """Packages the ledger ends. A row that says so and no record is told of, and keeps nothing from coming back."""
        with self.catalogue.read() as view:
            return frozenset(aip_id for end in ends(view) for aip_id in end.aip_ids)

    def _read(self, stated: Stated, submission: Submission) -> Found:
        return found_package(self.stores, stated, submission, read_whole=self.read_whole, keys=self.keys)

    def _keep(self, batch: Sequence[Found], packages: int, documents: int) -> tuple[int, int]:
        self._remember([item for found in batch for item in found.problems])
        with ExitStack() as opened, self.catalogue.transaction() as tx:
            documents += put_packages(
                tx,
                ((found.aip, _documents(found, opened, self.keys), found.material) for found in batch),
            )
            packages += len(batch)
            tx.set_cursor(_CURSOR + "packages", batch[-1].stated.seq)
            tx.set_cursor(_CURSOR + "packages-done", packages)
            tx.set_cursor(_CURSOR + "documents-done", documents)
        return packages, documents

    def _remember(self, problems: Sequence[Problem]) -> None:
        """Durable before the packages count as read: a later run tells of them too."""
        if problems:
            with (self.folder / PROBLEMS).open("a", encoding="utf-8") as file:
                for item in problems:
                    file.write(json.dumps(item.as_json(), ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def _kept_problems(self) -> list[Problem]:
        found: dict[tuple[str, str, str], Problem] = {}
        with suppress(FileNotFoundError), (self.folder / PROBLEMS).open(encoding="utf-8") as lines:
            for line in lines:
                with suppress(ValueError):  # a line that a kill cut off is written again
                    item = Problem.of_json(json.loads(line))
                    found[item.code, item.subject, item.store] = item
        return list(found.values())

    def _note_bad_copies(self, problems: Sequence[Problem]) -> None:
        """The catalogue says of a copy that is not right what was seen now, not what was seen before the loss."""
        states = {
            "package.object.missing": CopyState.MISSING,
            "package.object.damaged": CopyState.MISMATCH,
            "package.object.unreadable": CopyState.UNREADABLE,
        }
        seen = [(item, states[item.code]) for item in problems if item.code in states]
        for some in pieces(seen, ROWS_AT_ONCE):
            with self.catalogue.transaction() as tx:
                for item, state in some:
                    note_copy(tx, item.subject, item.store, state, self.now())

    # what must agree, and what is left over

    def _unclaimed(self) -> tuple[list[Problem], dict[int, int]]:
        found: list[Problem] = []
        registrations: dict[int, int] = {}
        for store in self.stores:
            for key in store.keys("aip"):
                aip_id = key.segments[-1].partition(".")[0]
                with self.catalogue.read() as view:
                    if view.aip_at(key) is not None or aip_id in self._ended or is_replaced(view, key):
                        continue
                found.append(problem("package.object.unclaimed", aip_id, store.name, key))
                with suppress(LuutruError, ValueError), plain_object(store, key, self.keys) as file:
                    named = _REGISTERED.fullmatch(AipReader(file).package().submission_agreement)
                    if named is not None:
                        year, number = map(int, named.groups())
                        registrations[year] = max(registrations.get(year, 0), number)
        return found, registrations

    def _contradictions(self) -> Iterator[Problem]:
        with self.catalogue.read() as view:
            for item in (
                *chain_differences(view),
                *receipt_differences(view),
                *unknown_submissions(view),
                *submission_differences(view),
                *tombstone_differences(view),
            ):
                yield problem("catalogue.contradiction.found", item.subject, detail=f"{item.code}: {item.message}")
            waiting = view.submissions_in(State.RECEIVED, State.CHECKED, State.IN_REVIEW, State.ACCEPTED)
            for submission in waiting:
                yield problem("submission.content.lost", submission.registration_number)

    def _counted(self, name: str) -> int:
        with self.catalogue.read() as view:
            return view.cursor(_CURSOR + name)


def _documents(found: Found, opened: ExitStack, keys: Keys) -> Iterable[Document]:
    """The rows of its documents: those kept, or, when they are many, read again from where they were found."""
    if found.documents is not None:
        return found.documents
    assert found.source is not None, "documents that are not kept have a source"
    file = opened.enter_context(plain_object(found.source, found.aip.object_key, keys))
    return held_documents(AipReader(file))


def _records(chain: Chain, after: int) -> Iterator[Record]:
    """The records behind ``after``; that they follow one another was proven with the chain, the bytes are again."""
    for checkpoint in chain.checkpoints:
        yield from _records_of(chain, checkpoint, after)


def _records_of(chain: Chain, checkpoint: Checkpoint, after: int) -> Iterator[Record]:
    for part in checkpoint.segments:
        if part.last > after:
            for line in lines_of(chain.store, part):
                record = read_record(line, hashlib.sha256(line).hexdigest())
                if record.seq > after:
                    yield record
