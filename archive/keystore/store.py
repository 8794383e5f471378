"""The key store: one key for each sealed hồ sơ, made once, in every place before it is used, and destroyed for ever."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import RLock

from archive.keystore import record as records
from archive.keystore.aligning import Aligned, Reached, align
from archive.keystore.errors import KeyDestroyedError, KeyMissingError, KeyPlaceError, KeysDamagedError
from archive.keystore.generation import GenerationFile, put_records, write_generation
from archive.keystore.kek import KEY_BYTES, WRAPPED_BYTES, Kek, KekHolder, LockedKek, new_kek
from archive.keystore.no_dump import forbid_dumps
from archive.keystore.places import WAIT_SECONDS, Place, locked, place_failed, require_all
from archive.keystore.record import Kind, Record, require_key_id
from archive.keystore.rotation import Rotation, rotate
from archive.sealing.identity import Identity

LEAST_PLACES = 2
_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class KeyStoreState:
    """What may be told of a key store. ``shares``: how many are needed of how many, printed of the key that stands."""

    store_id: str
    generation: int
    kek_id: str
    holder: str
    keys: int
    destroyed: int
    places: tuple[Path, ...]
    shares: tuple[int, int] | None


class KeyStore:
    """Keys by id. Reading needs one place, changing needs all; any number of processes and machines may share them.

    Usable by several threads. The process leaves no core dump once the key-encryption key is in it.
    """

    def __init__(
        self,
        places: Sequence[Path],
        holder: KekHolder,
        *,
        random: Callable[[int], bytes] = os.urandom,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        if len({path.absolute() for path in places}) < LEAST_PLACES:
            raise ValueError("keys lie in at least two places")
        self._places = [Place(path) for path in places]
        self._holder = holder
        self._random = random
        self._wait_seconds = wait_seconds
        self._guard = RLock()
        self._kek: Kek | None = None
        self._file: GenerationFile | None = None
        self._read = 0
        self._late: dict[str, Record] = {}
        self._shares: tuple[int, int] | None = None
        self._synced = (0, 0)
        self._looked_through = 0

    def __repr__(self) -> str:
        return f"KeyStore({len(self._places)} places)"

    @classmethod
    def create(cls, places: Sequence[Path], holder: KekHolder) -> KeyStore:
        """A new key store with a new key-encryption key. Where one of the places has a store already, KeyPlaceError."""
        store = cls(places, holder)
        forbid_dumps()
        for place in store._places:
            if place.store_id() is not None or (place.path.exists() and place.generations()):
                raise KeyPlaceError(f"Thư mục «{place.path.name}» đã có kho khóa.", detail=str(place.path))
        store_id = secrets.token_hex(16)
        kek = new_kek()
        standing = holder.prepare(store_id, kek, None)
        for place in store._places:
            try:
                place.make()
                part, _ = write_generation(place.path, 1, standing, ())
                place.stand(part)
                place.mark(store_id)
            except OSError as error:
                raise place_failed(place, error) from error
        return store

    def add_place(self, path: Path) -> None:
        """One of the configured places, new or replaced, becomes a place of this store: the next change fills it."""
        others = [place for place in self._places if place.path != path]
        with self._guard, locked(others, wait_seconds=self._wait_seconds):
            store_id = require_all(others)
            place = next((place for place in self._places if place.path == path), None)
            if place is None:
                raise KeyPlaceError(
                    f"«{path.name}» không có trong [keys] places.", remedy="Sửa cấu hình trước.", detail=str(path)
                )
            try:
                place.make()
                if place.store_id() not in (None, store_id) or (place.store_id() is None and place.generations()):
                    raise KeyPlaceError(f"Thư mục «{path.name}» đã có kho khóa khác.", detail=str(path))
                place.mark(store_id)
            except OSError as error:
                raise place_failed(place, error) from error
        self.check()

    # reading

    def identity(self, key_id: str) -> Identity:
        """The key of this id. Raises KeyMissingError, KeyDestroyedError, KeysDamagedError, KekMissingError, KekWrongError."""
        with self._guard:
            record = self._found(key_id)
            if record is None:
                raise KeyMissingError("Kho khóa không có khóa của hồ sơ này.", detail=key_id)
            return self._opened_record(record)

    def key_ids(self) -> Iterator[str]:
        """The ids of the keys there are; no order is promised."""
        return (record.key_id for record in self._last_words() if record.kind is Kind.KEY)

    def destroyed_ids(self) -> Iterator[str]:
        return (record.key_id for record in self._last_words() if record.kind is Kind.DESTROYED)

    def state(self) -> KeyStoreState:
        """As one place has it. Counts what came since the last rotation one by one, the rest as its head says."""
        with self._guard:
            file = self._current()
            head = file.head
            keys, destroyed = head.base_keys, head.base_records - head.base_keys
            for record in self._late.values():
                known = self._in_base(file, record.key_id)
                if record.kind is Kind.DESTROYED:
                    destroyed += known is None or known.kind is not Kind.DESTROYED
                    keys -= known is not None and known.kind is Kind.KEY
                else:
                    keys += known is None
            locked_kek = head.locked
            return KeyStoreState(
                locked_kek.store_id,
                head.generation,
                locked_kek.kek_id,
                locked_kek.holder,
                keys,
                destroyed,
                tuple(place.path for place in self._places),
                self._shares,
            )

    @property
    def locked(self) -> LockedKek:
        """What the generation that stands says of its key-encryption key."""
        with self._guard:
            return self._current().head.locked

    def opened_by(self, kek: Kek) -> int:
        """How many of the keys (a hundred at most) ``kek`` opens: all that are looked at, or KeysDamagedError is raised."""
        opened = 0
        for record in islice((record for record in self._last_words() if record.kind is Kind.KEY), _LOOKED_AT):
            kek.unwrap(record.wrapped)
            opened += 1
        return opened

    @property
    def kek(self) -> Kek:
        """The key-encryption key that stands, from its holder. From here on this process leaves no core dump."""
        with self._guard:
            standing = self._current().head.locked
            if self._kek is None or self._kek.id != standing.kek_id:
                forbid_dumps()
                self._kek = None
                self._kek = self._holder.open(standing)
            return self._kek

    # changing

    def get_or_create(self, key_id: str) -> Identity:
        """The key of this id, made now if there is none; it lies in every place, durably, when this returns.

        Raises KeyDestroyedError: what was destroyed is never made again. Raises KeyPlaceError when a place is not there.
        """
        require_key_id(key_id)
        with self._changing():
            record = self._found(key_id)
            if record is None:
                record = Record(Kind.KEY, key_id, self.kek.wrap(self._random(KEY_BYTES)))
                self._append(record)
            return self._opened_record(record)

    def destroy(self, key_id: str) -> None:
        """The key is never given out again, in no place and after no healing. Its wrapped bytes go with the next rotation.

        Repeating it is fine, also for an id that never had a key: none will ever be made.
        """
        require_key_id(key_id)
        with self._changing():
            record = self._found(key_id)
            if record is None or record.kind is not Kind.DESTROYED:
                self._append(Record(Kind.DESTROYED, key_id))

    def check(self) -> Aligned:
        """Every byte of every place read and compared; what is not whole in one is put right from another."""
        with self._changing(whole=True) as aligned:
            return aligned

    def rotate(self, *, reached: Reached = lambda _step: None) -> Rotation:
        """A new key-encryption key, every remaining key wrapped by it in every place and proven; then the old one is
        destroyed, and what it wrapped is removed.

        Interrupted at any point, the next change or rotation goes forward from there. When it returns, no older copy of
        the key store opens by what is left. Raises KekUnchangedError and whatever else the holder or a place refuses;
        then either the old key stands or the new one, and nothing is lost.
        """
        with self._changing(whole=True, reached=reached):
            try:
                return rotate(self._places, self._current(), self._late, self.kek, self._holder, reached)
            finally:
                self._drop()
                self._kek = None
                self._synced = (0, 0)

    def record_shares(self, needed: int, printed: int) -> None:
        """Shares of the key that stands were printed: so many, of which ``needed`` give it. A rotation ends this."""
        with self._changing():
            self._append(Record(Kind.SHARES, "shares", bytes([needed, printed]).ljust(WRAPPED_BYTES, b"\0")))

    def close(self) -> None:
        """Forgets what was opened."""
        with self._guard:
            self._drop()
            self._kek = None

    # one change

    @contextmanager
    def _changing(self, *, whole: bool = False, reached: Reached = lambda _step: None) -> Iterator[Aligned]:
        """All places locked, brought to the same, and read up to their end."""
        with self._guard:
            store_id = require_all(self._places)
            with locked(self._places, wait_seconds=self._wait_seconds):
                whole = whole or self._looked_through == 0
                aligned = align(self._places, self._holder, synced=self._synced, whole=whole, reached=reached)
                if aligned.head.locked.store_id != store_id:
                    raise KeysDamagedError("Kho khóa không thuộc nơi đang giữ nó.", detail=store_id)
                self._looked_through = aligned.head.generation
                self._synced = (aligned.head.generation, aligned.records)
                self._current()
                yield aligned

    def _append(self, record: Record) -> None:
        number = self._synced[1]
        head = self._current().head
        data = records.written(record, head.binding, number)
        for place in self._places:
            try:
                put_records(place.generation(head.generation), number, data, end=False)
            except OSError as error:
                raise place_failed(place, error) from error
        self._synced = (head.generation, number + 1)
        self._current()

    # one look

    def _found(self, key_id: str) -> Record | None:
        file = self._current()
        late = self._late.get(key_id)
        return late if late is not None else self._in_base(file, key_id)

    def _in_base(self, file: GenerationFile, key_id: str) -> Record | None:
        number = file.in_base(key_id)
        if number is None:
            return None
        if (record := file.record(number)) is not None:
            return record
        for place in self._places:
            other = _opened(place, file.head.generation)
            if other is not None:
                try:
                    if other.head == file.head and (record := other.record(number)) is not None:
                        return record
                finally:
                    other.close()
        raise KeysDamagedError("Bản ghi khóa hỏng ở tất cả các nơi đang có mặt.", detail=f"record {number}")

    def _opened_record(self, record: Record) -> Identity:
        if record.kind is Kind.DESTROYED:
            raise KeyDestroyedError("Khóa của hồ sơ này đã hủy; nội dung không còn mở được.", detail=record.key_id)
        return Identity(self.kek.unwrap(record.wrapped))

    def _last_words(self) -> Iterator[Record]:
        """The last record on each id."""
        with self._guard:
            file, late = self._current(), dict(self._late)
            for number, record in enumerate(file.records(0, file.head.base_records)):
                if record is None:
                    raise KeysDamagedError("Bản ghi khóa hỏng.", remedy="Chạy «luutru keys check».", detail=f"{number}")
                if record.key_id not in late:
                    yield record
            yield from late.values()

    def _current(self) -> GenerationFile:
        """The newest generation of a place that is there, read up to its end."""
        if self._file is None or not self._file.current:
            self._drop()
            self._file = self._newest()
            self._read = self._file.head.base_records
        count = self._file.count
        for record in self._file.records(self._read, count):
            if record is None:
                break  # being written at this moment, or to be put right by the next change
            self._read += 1
            if record.kind is Kind.SHARES:
                self._shares = (record.wrapped[0], record.wrapped[1])
            elif (known := self._late.get(record.key_id)) is None or known.kind is not Kind.DESTROYED:
                self._late[record.key_id] = record
        return self._file

    def _newest(self) -> GenerationFile:
        found: list[GenerationFile] = []
        for place in self._places:
            if place.store_id() is None:
                continue
            try:
                numbers = sorted(place.generations(), reverse=True)
            except OSError:
                continue
            for number in numbers[:1]:
                if (file := _opened(place, number)) is not None:
                    found.append(file)
        if not found:
            raise KeyPlaceError(
                "Không nơi giữ khóa nào có mặt.",
                remedy="Gắn phương tiện giữ khóa rồi làm lại.",
                detail=", ".join(str(place.path) for place in self._places),
            )
        best = max(found, key=lambda file: (file.head.generation, file.count))
        for file in found:
            if file is not best:
                file.close()
        return best

    def _drop(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file, self._read, self._late, self._shares = None, 0, {}, None


def _opened(place: Place, number: int) -> GenerationFile | None:
    try:
        return GenerationFile.open(place.generation(number))
    except OSError:
        return None
