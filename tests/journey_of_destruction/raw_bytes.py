"""Which of many stretches of 32 bytes lie anywhere in the files of a folder, whatever those files are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

MARKER_BYTES = 32
_START = b"dau"
_BLOCK = 1 << 22


def found_in(places: Iterable[Path], markers: Collection[bytes]) -> dict[bytes, set[Path]]:
    """Marker → the files it lies in; as it is, or as two bytes a letter. All markers begin with ``dau``."""
    wide = {marker.decode("ascii").encode(code): marker for marker in markers for code in ("utf-16-le", "utf-16-be")}
    named = {**wide, **{marker: marker for marker in markers}}
    found: dict[bytes, set[Path]] = {}
    for place in places:
        for file in _files(place):
            for seen in _seen(file, named):
                found.setdefault(named[seen], set()).add(file)
    return found


def _files(place: Path) -> Iterator[Path]:
    assert place.exists(), place
    yield from (file for file in sorted(place.rglob("*")) if file.is_file() and not file.is_symlink())


def _seen(file: Path, named: Collection[bytes]) -> Iterator[bytes]:
    longest = max(map(len, named))
    starts = [_START, _START.decode().encode("utf-16-le"), _START.decode().encode("utf-16-be")]
    tail = b""
    with file.open("rb") as source:
        while block := source.read(_BLOCK):
            data = tail + block
            for start in starts:
                at = data.find(start)
                while at >= 0:
                    for length in (MARKER_BYTES, 2 * MARKER_BYTES):
                        if data[at : at + length] in named:
                            yield data[at : at + length]
                    at = data.find(start, at + 1)
            tail = data[-longest:]
