"""The parts of the next checkpoint as files beside the stores: what one unchanging view of the catalogue says, proven."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

from archive.canonical import canonical_json
from archive.catalogue.carried_rows import all_rows, changed_rows
from archive.catalogue.checkpoint_reading import ledger_rows_between
from archive.catalogue.ledger_reading import LedgerReading, LedgerRow
from archive.checkpoints.statement import Kind, Link, Part, PartKind, rows_key, segment_key
from archive.errors import LedgerBrokenError
from archive.ledger import GENESIS, follows, read_record

SEGMENT_RECORDS = 50_000
"""A segment is cut here: some 25 MB, so that no object of the ledger is large."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One part and the file that holds its bytes."""

    part: Part
    path: Path


class LineFile:
    """Lines into a file, their digest taken on the way; to be used in a ``with``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0
        self.size_bytes = 0
        self._digest = hashlib.sha256()
        self._file = path.open("wb")

    def add(self, line: bytes) -> None:
        whole = line + b"\n"
        self._file.write(whole)
        self._digest.update(whole)
        self.size_bytes += len(whole)
        self.lines += 1

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def draft_segments(view: LedgerReading, since: Link, previous: Link, last: Link, folder: Path) -> Iterator[Draft]:
    """The records behind ``since`` up to ``last``, each proven to follow the one before; flat memory.

    Raises LedgerBrokenError when they do not lead over ``previous`` to ``last``: a broken ledger is never signed.
    """
    rows = _proven(view, since, previous, last)
    while (first := next(rows, None)) is not None:
        seq = first.seq
        with LineFile(folder / f"segment-{first.seq}") as file:
            for row in chain((first,), rows):
                file.add(row.body.encode("utf-8"))
                seq = row.seq
                if file.lines == SEGMENT_RECORDS:
                    break
        part = Part(PartKind.LEDGER, segment_key(first.seq, seq), file.sha256, file.size_bytes, first.seq, seq)
        yield Draft(part, file.path)


def draft_rows(view: LedgerReading, number: int, kind: Kind, after: int, upto: int, folder: Path) -> Draft | None:
    """Every row (FULL), or each one changed behind ``after`` up to ``upto``; None when there is none."""
    found = all_rows(view) if kind is Kind.FULL else changed_rows(view, after, upto)
    with closing(found) as rows, LineFile(folder / "rows") as file:
        for row in rows:
            file.add(canonical_json(row.as_json()))
    if not file.lines and kind is not Kind.FULL:
        return None
    part = Part(PartKind.ROWS, rows_key(number, kind, file.sha256), file.sha256, file.size_bytes, 0, file.lines)
    return Draft(part, file.path)


def _proven(view: LedgerReading, since: Link, previous: Link, last: Link) -> Iterator[LedgerRow]:
    at = (since.ledger_last, since.ledger_hash)
    for row in ledger_rows_between(view, since.ledger_last, last.ledger_last):
        if not _stands(row, at):
            raise _broken(at[0] + 1)
        at = (row.seq, row.hash)
        if row.seq == previous.ledger_last and row.hash != previous.ledger_hash:
            raise _broken(row.seq)
        yield row
    if at != (last.ledger_last, last.ledger_hash):
        raise _broken(at[0] + 1)


def _stands(row: LedgerRow, last: tuple[int, str]) -> bool:
    try:
        record = read_record(row.body.encode("utf-8"), row.hash)
    except ValueError:
        return False
    return record.seq == row.seq and follows(record, last)


def _broken(seq: int) -> LedgerBrokenError:
    return LedgerBrokenError(
        f"Sổ nhật ký không còn liền mạch từ bản ghi số {seq}; không niêm phong.",
        remedy="Chạy «luutru ledger verify --full» và báo người quản trị.",
        detail=f"seq {seq}",
    )


def end_of(view: LedgerReading) -> Link:
    """The end of the ledger as the catalogue notes it, as a link of no checkpoint yet."""
    seq, digest = view.ledger_end() or (0, GENESIS)
    return Link(0, "", seq, digest)
