"""All places brought to the same, under the lock: the newest whole generation everywhere, and every record of it.

The newest generation always wins: a rotation that came as far as one name in one place is finished, never undone. Within
it a record that is whole in any place stands in all of them. So what says that a key is destroyed is never lost to an
older copy; and two whole records in one place are a contradiction that is told, not solved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from archive.keystore import record as records
from archive.keystore.errors import KeysDamagedError, KeysDivergedError
from archive.keystore.generation import PART, GenerationFile, copy_generation, file_name, put_records
from archive.keystore.head import Head
from archive.keystore.kek import KekHolder
from archive.keystore.places import Place, place_failed
from archive.keystore.record import RECORD_BYTES
from archive.keystore.wiping import wiped

_PIECE_RECORDS = 4096

Reached = Callable[[str], None]
"""Told the name of each step after it was done."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """What stands in every place now. ``records``: so many, the same everywhere; ``healed``: so many were put right."""

    head: Head
    records: int
    healed: int


def align(
    places: Sequence[Place],
    holder: KekHolder,
    *,
    synced: tuple[int, int] = (0, 0),
    whole: bool = False,
    reached: Reached = lambda _step: None,
) -> Aligned:
    """Under the lock. ``synced``: generation and number of records known to be the same everywhere. ``whole``: look at
    every byte, the sorted part included.

    Raises KeysDamagedError, KeysDivergedError, KeyPlaceError, and what the holder raises when a rotation is finished.
    """
    head, copied = _same_generation(places, reached)
    forget_others(places, holder, head, reached)
    known = synced[1] if synced[0] == head.generation else 0
    count, healed = _same_records(places, head, 0 if whole else max(known, head.base_records))
    return Aligned(head, count, copied + healed)


def _same_generation(places: Sequence[Place], reached: Reached) -> tuple[Head, int]:
    names = {number for place in places for number in _listed(place)}
    number = max(names, default=0)
    with ExitStack() as opened:
        files = [_opened(place, number, opened) for place in places]
        good = [file for file in files if file is not None]
        if not good:
            # Nothing comes to its name before all its parts were proven.
            parts = (_opened(place, number, opened, PART) for place in places)
            good = [file for file in parts if number and file is not None and file.base_whole]
        if not good:
            raise KeysDamagedError(
                "Không nơi nào còn bản nguyên vẹn của kho khóa.",
                remedy="Gắn phương tiện có bản sao của kho khóa rồi làm lại.",
                detail=f"generations named: {sorted(names)}",
            )
        if any(file.head != good[0].head for file in good):
            raise _diverged(f"generation {number}, heads")
        lacking = [place for place, file in zip(places, files, strict=True) if file is None]
        source = good[0]
        if lacking:
            source = max(good, key=lambda file: (file.base_whole, file.count))
        for place in lacking:
            try:
                own = source.path.parent == place.path
                place.stand(source.path if own else copy_generation(source.path, place.path, file_name(number)))
            except OSError as error:
                raise place_failed(place, error) from error
            reached(f"copied the generation to {place.path.name}")
        return source.head, len(lacking)


def forget_others(places: Sequence[Place], holder: KekHolder, head: Head, reached: Reached) -> None:
    """Only the generation of ``head`` and its key-encryption key are left: older ones end, and what is unfinished."""
    others = [path for place in places for number, path in _listed(place).items() if number != head.generation]
    parts = [path for place in places for path in place.parts()]
    if others:
        holder.settle(head.locked)
        reached("old key-encryption key destroyed")
    for path in (*others, *parts):
        try:
            wiped(path)
        except OSError as error:
            raise place_failed(Place(path.parent), error) from error
        reached(f"removed {path.parent.name}/{path.name}")


def _same_records(places: Sequence[Place], head: Head, known: int) -> tuple[int, int]:
    """How many records stand in every place, and how many were put right."""
    with ExitStack() as opened:
        files = [_opened(place, head.generation, opened) for place in places]
        present = [file for file in files if file is not None]
        assert len(present) == len(places), "every place has the generation by now"
        end = max(file.count for file in present)
        lost: list[int] = []
        healed, number = 0, known
        while number < end:
            count = min(_PIECE_RECORDS, end - number)
            pieces = [file.raw(number, count) for file in present]
            if all(piece == pieces[0] for piece in pieces) and _all_whole(pieces[0], count, head, number):
                number += count
                continue
            for place in range(count):
                at = number + place
                found = [piece[place * RECORD_BYTES : (place + 1) * RECORD_BYTES] for piece in pieces]
                good = {data for data in found if records.read(data, head.binding, at) is not None}
                if len(good) > 1:
                    raise _diverged(f"generation {head.generation}, record {at}")
                if not good:
                    lost.append(at)
                    continue
                (data,) = good
                for file, seen in zip(present, found, strict=True):
                    if seen != data:
                        _put(file, at, data)
                        healed += 1
            number += count
        begun = [file for file in present if file.count == end]
        if lost == [end - 1] and len(begun) == 1 and end > head.base_records:
            # The last record of one place alone: it was being written when all stopped, and nothing was sealed by it.
            end, lost = lost.pop(), []
            _put(begun[0], end, b"", end=True)
            healed += 1
        if lost:
            raise KeysDamagedError(
                f"Có {len(lost)} bản ghi khóa hỏng ở tất cả các nơi.",
                remedy="Gắn phương tiện có bản sao của kho khóa; không xoay khóa trước khi khôi phục.",
                detail=f"generation {head.generation}, records {lost[:20]}",
            )
        return end, healed


def _all_whole(data: bytes, count: int, head: Head, number: int) -> bool:
    return len(data) == count * RECORD_BYTES and all(
        records.read(data[place * RECORD_BYTES : (place + 1) * RECORD_BYTES], head.binding, number + place) is not None
        for place in range(count)
    )


def _diverged(detail: str) -> KeysDivergedError:
    return KeysDivergedError(
        "Hai nơi giữ khóa có hai bản ghi khác nhau ở cùng một chỗ.",
        remedy="Không xóa gì; hỏi người phụ trách kỹ thuật, so với bản sao lưu của kho khóa.",
        detail=detail,
    )


def _put(file: GenerationFile, number: int, data: bytes, *, end: bool = False) -> None:
    try:
        put_records(file.path, number, data, end=end)
    except OSError as error:
        raise place_failed(Place(file.path.parent), error) from error


def _listed(place: Place) -> dict[int, Path]:
    try:
        return place.generations()
    except OSError as error:
        raise place_failed(place, error) from error


def _opened(place: Place, number: int, opened: ExitStack, suffix: str = "") -> GenerationFile | None:
    try:
        file = GenerationFile.open(place.path / (file_name(number) + suffix))
    except OSError as error:
        raise place_failed(place, error) from error
    if file is not None:
        opened.callback(file.close)
    return file
