"""Numbers of checkpoints a catalogue made anew never got back: in the copies it was made of thinning had let them go.

What a rebuild did not find is written down number by number, first beside the new catalogue, then in the ledger when the
archive is worked with again. Any other number missing in the catalogue was taken away by somebody.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from operator import itemgetter
from typing import Any

from archive.catalogue.checkpoint_reading import noted_checkpoints
from archive.catalogue.ledger_reading import LedgerReading
from archive.errors import LedgerBrokenError
from archive.events import Event
from archive.ledger import is_whole

Ranges = tuple[tuple[int, int], ...]
"""Numbers from the first to the last of each, ascending."""
LOST = "checkpoints_lost"
"""The field of the note and of the ledger's record that holds them."""


def lost_numbers(view: LedgerReading) -> Ranges:
    """Every number up to the newest checkpoint of this catalogue that has none."""
    there = (0, *(noted.number for noted in noted_checkpoints(view, 0)))
    return tuple((before + 1, number - 1) for before, number in pairwise(there) if number > before + 1)


def lost_by_record(view: LedgerReading) -> Ranges:
    """What the ledger says of the last rebuild; none for a record that is not whole: it proves nothing.

    A record from before numbers were written down forgives all up to the checkpoint it names.
    """
    try:
        record = view.record_of("archive", Event.ARCHIVE_CATALOGUE_REBUILT)
    except LedgerBrokenError:
        return ()
    if record is None or not is_whole(record):
        return ()
    if LOST in record.data:
        return read_ranges(record.data[LOST])
    checkpoint = record.data.get("checkpoint")
    number = checkpoint.get("number") if isinstance(checkpoint, dict) else None
    return read_ranges([[1, number]])


def read_ranges(value: Any) -> Ranges:
    """Ranges as they were written; none for what are no ranges."""
    try:
        found = tuple((first, last) for first, last in value)
    except (TypeError, ValueError):
        return ()
    whole = all(type(first) is int and type(last) is int and 0 < first <= last for first, last in found)
    return tuple(sorted(found)) if whole else ()


def joined(*some: Ranges) -> Ranges:
    """All of them as one, ascending, none within another."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(one for ranges in some for one in ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def unexplained(first: int, last: int, lost: Ranges) -> Iterator[int]:
    """The first number of each stretch of ``first`` to ``last`` that ``lost`` (``joined``) does not name."""
    # After many years there are as many ranges as gaps: each gap looks only at those beside it.
    for at in range(max(0, bisect_right(lost, first, key=itemgetter(0)) - 1), len(lost)):
        begins, ends = lost[at]
        if begins > last:
            break
        if begins > first:
            yield first
        first = max(first, ends + 1)
    if first <= last:
        yield first
