"""A table in rows of cells: where its heads stand, which column is which, and what is wrong, all of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archive.retention.errors import ListRefusedError
from schemas.fields import folded

_LEADING_ROWS = 60
_NUMBERING = re.compile(r"\(?\d{1,2}\)?", re.ASCII)
TOLD_FAULTS = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One row below the heads, by the names of its columns; ``number``: the row as the sender sees it, from 1."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")

    @property
    def filled(self) -> frozenset[str]:
        return frozenset(name for name, cell in self.cells.items() if cell)


def table_lines(
    rows: Sequence[Sequence[str]], columns: Mapping[str, Iterable[str]], *, required: Iterable[str]
) -> Iterator[Line]:
    """The rows below the row of heads, those without a filled cell and the one that numbers the columns left out.

    ``columns``: the heads each column may have. Raises ListRefusedError when no row has all ``required`` ones.
    """
    meant = {folded(head): name for name, heads in columns.items() for head in heads}
    wanted = frozenset(required)
    for at, row in enumerate(rows[:_LEADING_ROWS]):
        places: dict[str, int] = {}
        for place, cell in enumerate(row):
            name = meant.get(folded(cell)) if cell else None
            if name is not None:
                places.setdefault(name, place)
        if wanted <= places.keys():
            return _lines(rows, at, places)
    heads = ", ".join(f"«{next(iter(columns[name]))}»" for name in required)
    raise ListRefusedError(
        f"Không tìm thấy dòng tiêu đề cột có {heads}.",
        faults=("không có dòng tiêu đề cột",),
        remedy="Đặt tên cột theo mẫu rồi nhập lại.",
    )


def refuse_faults(faults: Sequence[str], what: str) -> None:
    """Raises ListRefusedError when there are any, with the first of them in its message."""
    if faults:
        told = "; ".join(faults[:TOLD_FAULTS])
        more = f" (và {len(faults) - TOLD_FAULTS} lỗi khác)" if len(faults) > TOLD_FAULTS else ""
        raise ListRefusedError(
            f"{what} có {len(faults)} lỗi: {told}{more}.",
            faults=tuple(faults),
            remedy="Sửa các dòng này rồi nhập lại; chưa có gì được ghi.",
        )


def _lines(rows: Sequence[Sequence[str]], head_at: int, places: Mapping[str, int]) -> Iterator[Line]:
    for number, row in enumerate(rows[head_at + 1 :], head_at + 2):
        filled = [cell for cell in row if cell]
        if not filled or (len(filled) >= 3 and all(_NUMBERING.fullmatch(cell) for cell in filled)):
            continue
        yield Line(number, {name: row[place].strip() if place < len(row) else "" for name, place in places.items()})
