"""A bag held in memory, correct unless told otherwise: tests change exactly one thing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from archive.bag.algorithms import ALGORITHMS

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def digest(data: bytes, algorithm: str = "sha512") -> str:
    return hashlib.new(ALGORITHMS[algorithm].python_name, data).hexdigest()


def manifest(files: Mapping[str, bytes], algorithm: str = "sha512") -> bytes:
    return "".join(f"{digest(data, algorithm)}  {path}\n" for path, data in files.items()).encode()


def bag(
    payload: Mapping[str, bytes] | None = None, *, version: str = "1.0", algorithms: tuple[str, ...] = ("sha512",)
) -> dict[str, bytes]:
    """A valid bag's files by path."""
    payload = {"data/a.txt": b"a", "data/b/c.txt": b"c"} if payload is None else payload
    files = dict(payload)
    files["bagit.txt"] = DECLARATION.replace(b"1.0", version.encode())
    for algorithm in algorithms:
        files[f"manifest-{algorithm}.txt"] = manifest(payload, algorithm)
    return files


def with_tagmanifest(files: dict[str, bytes], algorithm: str = "sha512", *, without: str = "") -> dict[str, bytes]:
    tags = {path: data for path, data in files.items() if not path.startswith("data/") and path != without}
    return {**files, f"tagmanifest-{algorithm}.txt": manifest(tags, algorithm)}


class MemoryFiles:
    """``BagFiles`` over a dictionary."""

    def __init__(self, files: Mapping[str, bytes], directories: tuple[str, ...] = (), links: tuple[str, ...] = ()):
        self.files = files
        self._directories = directories
        self._links = links

    def sizes(self) -> Mapping[str, int]:
        return {path: len(data) for path, data in self.files.items()}

    def directories(self) -> tuple[str, ...]:
        return self._directories

    def irregular(self) -> Mapping[str, str]:
        return dict.fromkeys(self._links, "link")

    def content(self, path: str) -> bytes:
        return self.files[path]

    def digests(self, path: str, algorithms: frozenset[str]) -> Mapping[str, str]:
        return {name: digest(self.files[path], name) for name in algorithms}


def on_disk(folder: Path, files: Mapping[str, bytes]) -> Path:
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder
