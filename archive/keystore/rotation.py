"""Rotation: another key-encryption key, every remaining key under it, proven; only then the old one ends.

    prepared     the holder can open the new key, and still the old
    written      the new generation under its part name in each place, durable
    proven       read back from each place, the same in all, every key unwrapped as it was
    named        the new generation under its name, place after place: from the first of these on it is the one that stands
    destroyed    the holder has destroyed every other key-encryption key of this store
    removed      older generations overwritten and removed in every place

What stops before "named" leaves the old key standing, and parts the next change removes; what stops after is finished by
the next change (``archive.keystore.aligning``).
"""

from __future__ import annotations

import hashlib
import heapq
import hmac
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from archive.keystore.aligning import Reached, forget_others
from archive.keystore.errors import KekUnchangedError, KeysDamagedError
from archive.keystore.generation import GenerationFile, copy_generation, file_name, write_generation
from archive.keystore.kek import Kek, KekHolder, new_kek
from archive.keystore.places import Place, place_failed
from archive.keystore.record import Kind, Record


@dataclass(frozen=True, slots=True)
class Rotation:
    """What was done: for the minutes. ``keys`` were wrapped anew; ``destroyed`` ids have no key any more."""

    generation: int
    old_kek_id: str
    kek_id: str
    keys: int
    destroyed: int
    places: int


def rotate(
    places: Sequence[Place],
    standing: GenerationFile,
    late: Mapping[str, Record],
    old: Kek,
    holder: KekHolder,
    reached: Reached,
) -> Rotation:
    """Under the lock, all places the same. ``standing`` with what came ``late`` is what there is, opened by ``old``."""
    before = standing.head
    kek = new_kek()
    locked = holder.prepare(before.locked.store_id, kek, before.locked)
    if locked.kek_id == before.locked.kek_id:
        raise KekUnchangedError("Khóa bọc khóa mới trùng khóa cũ.")
    reached("prepared")
    generation = before.generation + 1
    digest = hashlib.sha256()
    parts: list[Path] = []
    for place in places:
        try:
            if not parts:
                part, head = write_generation(
                    place.path, generation, locked, _rewrapped(standing, late, old, kek, digest)
                )
            else:
                part = copy_generation(parts[0], place.path, file_name(generation))
        except OSError as error:
            raise place_failed(place, error) from error
        parts.append(part)
        reached(f"written to {place.path.name}")
    # Proven with the key as its holder gives it back, not with the one that lies here in memory.
    _prove(places, parts, holder.open(locked), digest.digest())
    reached("proven")
    for place, part in zip(places, parts, strict=True):
        try:
            place.stand(part)
        except OSError as error:
            raise place_failed(place, error) from error
        reached(f"named in {place.path.name}")
    forget_others(places, holder, head, reached)
    destroyed = head.base_records - head.base_keys
    return Rotation(generation, before.locked.kek_id, locked.kek_id, head.base_keys, destroyed, len(places))


def _rewrapped(
    standing: GenerationFile, late: Mapping[str, Record], old: Kek, kek: Kek, digest: hashlib._Hash
) -> Iterator[Record]:
    """The last record on each id, sorted, its key under ``kek``. Memory is that of what came ``late``."""
    for record in _merged(standing, late):
        if record.kind is Kind.KEY:
            key = old.unwrap(record.wrapped)
            digest.update(record.key_id.encode("ascii") + b"\0" + key)
            yield Record(Kind.KEY, record.key_id, kek.wrap(key))
        else:
            yield Record(record.kind, record.key_id)


def _merged(standing: GenerationFile, late: Mapping[str, Record]) -> Iterator[Record]:
    def base() -> Iterator[Record]:
        for number, record in enumerate(standing.records(0, standing.head.base_records)):
            if record is None:
                raise KeysDamagedError("Bản ghi khóa hỏng; không xoay khóa.", detail=f"record {number}")
            if record.key_id not in late:
                yield record

    if not late:
        return base()
    return heapq.merge(
        base(), sorted(late.values(), key=lambda record: record.key_id), key=lambda record: record.key_id
    )


def _prove(places: Sequence[Place], parts: Sequence[Path], kek: Kek, digest: bytes) -> None:
    with ExitStack() as opened:
        files: list[GenerationFile] = []
        for place, part in zip(places, parts, strict=True):
            try:
                file = GenerationFile.open(part)
                if file is not None:
                    opened.callback(file.close)
                if file is None or not file.base_whole or (files and file.head != files[0].head):
                    raise KeysDamagedError(
                        f"Bản kho khóa vừa ghi ở «{place.path.name}» đọc lại không đúng; chưa thay đổi gì.",
                        remedy="Kiểm tra phương tiện rồi xoay khóa lại.",
                        detail=str(part),
                    )
            except OSError as error:
                raise place_failed(place, error) from error
            files.append(file)
        found = hashlib.sha256()
        first = files[0]  # the others have the same bytes: the same digest over all of them
        for record in first.records(0, first.head.base_records):
            if record is not None and record.kind is Kind.KEY:
                found.update(record.key_id.encode("ascii") + b"\0" + kek.unwrap(record.wrapped))
        if not hmac.compare_digest(found.digest(), digest):
            raise KeysDamagedError(
                "Khóa đọc lại sau khi bọc lại không đúng; chưa thay đổi gì.", detail="rotation proof"
            )
