"""``luutru diff``: two archives opened as they lie, never brought to another version, and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.bootstrap import opened
from api.drifting import index_drift
from api.settings import SettingsError, load_settings
from archive.catalogue import Catalogue
from archive.catalogue.comparing import Progress
from archive.recovery.diff import differences


def compared(left: str, right: str, *, limit: int, index: bool, progress: Progress) -> dict[str, Any]:
    """What differs between two archives, each a home folder or the address of a database. ``index``: whether the search
    index of ``right`` (a home) is level with its catalogue is looked at too. Raises SettingsError, CatalogueError.
    """
    shown: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    with _catalogue(left) as one, _catalogue(right) as other:
        for item in differences(one, other, progress):
            counts[item.table] += 1
            if len(shown) < limit:
                shown.append(
                    {
                        "table": item.table,
                        "key": [str(part) for part in item.key],
                        "side": item.side.value,
                        "columns": list(item.columns),
                    }
                )
    found = _index_of(right) if index else None
    return {
        "equal": not counts and (found is None or bool(found["level"])),
        "count": sum(counts.values()),
        "tables": dict(counts),
        "differences": shown,
        "index": found,
    }


@contextmanager
def _catalogue(text: str) -> Iterator[Catalogue]:
    if "://" in text:
        _require_file(text)
        address = text
    else:
        address = load_settings(Path(text)).catalogue_url
        _require_file(address)
    with Catalogue.open_as_it_is(address) as catalogue:
        yield catalogue


def _require_file(address: str) -> None:
    """SQLite would make the file it does not find, and an empty catalogue be compared."""
    head = "sqlite:///"
    if address.startswith(head) and not Path(address.removeprefix(head)).is_file():
        raise SettingsError("Không có danh mục ở nơi đã nêu.", remedy="Kiểm tra thư mục của kho.")


def _index_of(home: str) -> dict[str, Any]:
    if "://" in home:
        raise SettingsError("--index cần thư mục của kho, không phải địa chỉ.", remedy="Nêu thư mục của kho.")
    with opened(load_settings(Path(home))) as installation:
        return index_drift(installation, mend=False)
