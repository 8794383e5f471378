"""Whether a record of the ledger is the one that was sealed: asked before anything is healed by what it says.

Catalogue and ledger lie in one database, and who administers it can rewrite both so that they agree. What was signed they
cannot: the reference is the longest chain of checkpoints, the catalogue's or a store's, of which every link is signed.

    sealed ends   0 ────────── 120 ───── 310 ─ 311      (number and hash of a record each, signed)
    records            ▲ 57 → … → 120 ?            312 → … → the noted end ?
                       │ each holds the one before: what leads to the signed hash is what was sealed
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from threading import Lock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.checkpoint_reading import ledger_rows_between, noted_newest, shipments
from archive.catalogue.reading import Reading
from archive.checkpoints.errors import CheckpointError
from archive.checkpoints.reading import VerifiedCheckpoint, checkpoints_in, lines_of, numbers_in, proven_way
from archive.checkpoints.statement import ORIGIN, Link
from archive.errors import StoreError
from archive.ledger import follows, read_record
from archive.repair.errors import SealContradictedError
from archive.repair.proof import Proof, Stated, stated_by
from archive.storage.store import Store

_TOLD_EVERY = 1000


class SealedLedger:
    """What the signed checkpoints say of the records repair goes by; found out once for one job, by any of its threads.

    ``went_on``: told 0 now and then while records are read, and may raise. Memory grows with the records asked about,
    never with the ledger.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        stores: Sequence[Store],
        public_keys: Sequence[Ed25519PublicKey],
        went_on: Callable[[int], None] = lambda _bytes: None,
    ) -> None:
        self._catalogue = catalogue
        self._stores = stores
        self._public_keys = public_keys
        self._went_on = went_on
        self._way: tuple[VerifiedCheckpoint, ...] | None = None
        self._newest_seen = 0
        self._said: dict[int, Stated] = {}
        self._refused: dict[int, str] = {}
        self._turn = Lock()

    def require(self, proof: Proof) -> None:
        """The record ``proof`` goes by says what the sealed one says; one behind the last seal follows from it.

        Raises SealContradictedError when it is not, or when that cannot be shown: then nothing may be healed by it.
        """
        self.look([proof.seq])
        if self._public_keys and self._said.get(proof.seq) != proof.stated:
            reason = self._refused.get(proof.seq, f"record {proof.seq} says otherwise than the one that was sealed")
            raise SealContradictedError(
                "Sổ nhật ký không đúng như đã niêm phong về gói tin này; không phục hồi gì theo đó.",
                remedy="Chạy «luutru ledger verify --full» và báo người chịu trách nhiệm: có thể ai đó đã sửa cơ sở dữ liệu.",
                detail=f"{proof.aip.id}: {reason}",
            )

    def look(self, seqs: Iterable[int]) -> None:
        """Finds out about these records together: each stretch between two seals is read once, however many lie in it."""
        with self._turn:
            wanted = sorted({seq for seq in seqs if seq not in self._said and seq not in self._refused})
            if not wanted or not self._public_keys:
                return
            way = self._reference()
            # Behind the stores: whatever is sealed there, a view opened now has in its ledger.
            with self._catalogue.read() as view:
                self._judge(view, way, wanted)

    def _reference(self) -> tuple[VerifiedCheckpoint, ...]:
        """The longest chain that can be proven, of the catalogue or of a store that is further; read once."""
        if self._way is None:
            with self._catalogue.read() as view:
                marks = (mark.number for mark in shipments(view).values())
                self._newest_seen = max(noted_newest(view), *marks, 0)
                way = self._of_catalogue(view)
            for store in self._stores:
                # One that is away, or contradicts itself, is named by others; here another one speaks, or nobody does.
                with suppress(CheckpointError, StoreError):
                    newest = max(numbers_in(store), default=0)
                    self._newest_seen = max(self._newest_seen, newest)
                    if not way or newest > way[-1].number:
                        way = tuple(checkpoints_in(store, self._public_keys)) or way
            self._way = way
        return self._way

    def _of_catalogue(self, view: Reading) -> tuple[VerifiedCheckpoint, ...]:
        try:
            return proven_way(view, self._public_keys)
        except CheckpointError:
            return ()

    def _judge(self, view: Reading, way: Sequence[VerifiedCheckpoint], wanted: Sequence[int]) -> None:
        number = way[-1].number if way else 0
        if number < self._newest_seen:
            reason = f"checkpoint {self._newest_seen} was made and is proven nowhere"
            self._refused |= dict.fromkeys(wanted, reason)
            return
        ends = [checkpoint.content.ledger_last for checkpoint in way]
        by_stretch: dict[int, list[int]] = {}
        for seq in wanted:
            by_stretch.setdefault(bisect_left(ends, seq), []).append(seq)
        for place, seqs in by_stretch.items():
            if place < len(way):
                self._said |= self._sealed(view, way[place], seqs)
                reason = f"checkpoint {way[place].number} contradicts the ledger"
            else:
                self._said |= self._behind(view, way[-1].link if way else ORIGIN, seqs)
                reason = f"the ledger does not follow from checkpoint {number}"
            self._refused |= {seq: f"{reason} at record {seq}" for seq in seqs if seq not in self._said}

    def _sealed(self, view: Reading, checkpoint: VerifiedCheckpoint, seqs: Sequence[int]) -> dict[int, Stated]:
        """By the chain up to the sealed end; where that is broken, by the segments themselves, each record for itself."""
        content = checkpoint.content
        said, end = self._walked(view, seqs[0] - 1, None, content.ledger_last, seqs)
        if end == (content.ledger_last, content.ledger_hash):
            return said
        found: dict[int, Stated] = {}
        for part in checkpoint.segments:
            inside = {seq for seq in seqs if part.first <= seq <= part.last}
            for store in self._stores if inside else ():
                try:
                    found |= {
                        seq: stated_by(read_record(line, ""))
                        for seq, line in enumerate(lines_of(store, part), part.first)
                        if seq in inside
                    }
                    break
                except (CheckpointError, StoreError):
                    continue
        return found

    def _behind(self, view: Reading, link: Link, seqs: Sequence[int]) -> dict[int, Stated]:
        """From the last sealed record on every one must follow, to the noted end of the ledger."""
        said, end = self._walked(view, link.ledger_last, link.ledger_hash, None, seqs)
        return said if end == view.ledger_end() else {}

    def _walked(
        self, view: Reading, after: int, last_hash: str | None, upto: int | None, seqs: Collection[int]
    ) -> tuple[dict[int, Stated], tuple[int, str] | None]:
        """What ``seqs`` say, and how far each record follows the one before; ``last_hash`` None: believed once."""
        wanted, said, last = set(seqs), {}, (after, last_hash) if last_hash else None
        for count, row in enumerate(ledger_rows_between(view, after, upto)):
            if count % _TOLD_EVERY == 0:
                self._went_on(0)
            try:
                record = read_record(row.body.encode("utf-8"), row.hash)
            except ValueError:
                return {}, None
            if not follows(record, last or (after, record.prev)):
                return {}, None
            last = (record.seq, record.hash)
            if record.seq in wanted:
                said[record.seq] = stated_by(record)
        return said, last
