"""Rows of a danh mục or a schedule as somebody hands them in: cells of a table, or a sheet read from a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from archive.retention.errors import ListRefusedError


def rows_of_file(path: Path) -> Sequence[Sequence[str]]:
    """The cells of the first sheet with anything in it, of an .xlsx or .csv. Raises ListRefusedError."""
    from ingest.metadata.sheets import SheetRefusedError, sheets_of

    try:
        sheets = sheets_of(path.read_bytes(), path.name)
    except SheetRefusedError as error:
        raise ListRefusedError(
            f"Không đọc được danh sách: {error.reason}.", faults=(error.reason,), remedy="Nộp tệp .xlsx hoặc .csv khác."
        ) from error
    return next((sheet.rows for sheet in sheets if any(any(row) for row in sheet.rows)), ())


def trimmed(rows: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """The same cells without spaces around them, as a sheet gives them."""
    return [[" ".join(cell.split()) for cell in row] for row in rows]
