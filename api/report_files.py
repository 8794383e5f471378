"""Figures and reports written to a file of whoever asks: whole under its name, or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from api.report_tables import COLUMNS, Figures
from api.tables import csv_chunks, write_xlsx
from archive.errors import LuutruError

__all__ = ["Figures", "FileRefusedError", "table_bytes", "write_figures", "write_whole"]


class FileRefusedError(LuutruError):
    """The file cannot be written there, or its name does not say in which form."""

    code = "report.file-refused"


def table_bytes(form: str, figures: Figures, rows: Iterable[Mapping[str, Any]], *, made_at: datetime) -> bytes:
    """The figures as ``csv`` or ``xlsx``; they are by agency and year, never by hồ sơ, so they fit into memory."""
    if form == "csv":
        return b"".join(csv_chunks(rows, COLUMNS[figures]))
    out = io.BytesIO()
    write_xlsx(rows, out, COLUMNS[figures], made_at=made_at, sheet_name="Số liệu")
    return out.getvalue()


def write_figures(path: Path, figures: Figures, rows: Iterable[Mapping[str, Any]], *, made_at: datetime) -> None:
    """By the ending of the name. Raises FileRefusedError."""
    form = path.suffix.lower().removeprefix(".")
    if form not in ("csv", "xlsx"):
        raise FileRefusedError(
            f"Không ghi được bảng số liệu vào tệp có đuôi «{path.suffix}».",
            remedy="Đặt tên tệp có đuôi .csv hoặc .xlsx.",
        )
    write_whole(path, table_bytes(form, figures, rows, made_at=made_at))


def write_whole(path: Path, data: bytes) -> None:
    """Raises FileRefusedError; what was there under this name is kept then."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise FileRefusedError(
            f"Không ghi được tệp: {error.strerror}.", remedy="Chọn thư mục khác.", detail=str(path)
        ) from error
