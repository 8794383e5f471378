"""Writes one bag 1.0 for submission: a folder or a ZIP, each document read once, whole or not there at all."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from archive.bag.writing import bag_info_text, bagit_txt, manifest_name, manifest_text, payload_oxum
from archive.digest import CHUNK_BYTES, Digester, Digests
from archive.errors import LuutruError
from archive.paths import RelPath

METADATA_FILE = "metadata.json"
_ALGORITHMS = ("sha256", "sha512")
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_ZIP64_FROM_BYTES = 1 << 31


class BagExistsError(LuutruError):
    """Something has the target's name already; nothing was overwritten."""

    code = "bag.target-exists"


@dataclass(frozen=True, slots=True)
class Packed:
    """What was written: the payload includes the metadata file."""

    target: Path
    payload_bytes: int
    payload_files: int


def write_bag(
    target: Path,
    documents: Iterable[tuple[RelPath, Path]],
    metadata_json: bytes,
    bag_info: Iterable[tuple[str, str]],
    further_tags: Mapping[str, bytes] | None = None,
) -> Packed:
    """A bag holding ``documents`` (payload path, file to read) and ``data/metadata.json``, with SHA-256 and SHA-512
    manifests for payload and tag files.

    A ``target`` ending in ``.zip`` becomes an uncompressed ZIP with one top folder of the same name, anything else a
    folder. ``bag_info`` are the pairs of bag-info.txt (the day of bagging is the caller's to state); Payload-Oxum is
    added. ``further_tags`` are tag files of one's own, in the tag manifests like the others. The same input gives the
    same bytes. Atomic: written beside the target, on the disk, then renamed. Raises
    BagExistsError when the target exists and ValueError when two documents share a path.
    """
    if os.path.lexists(target):
        raise BagExistsError(
            "Đã có tệp hoặc thư mục cùng tên với gói tin cần tạo.", remedy="Chọn tên khác.", detail=str(target)
        )
    temporary = target.parent / f".{target.name}.{os.getpid()}.part"
    _removed(temporary)
    try:
        if target.suffix.lower() == ".zip":
            with zipfile.ZipFile(temporary, "x", zipfile.ZIP_STORED) as archive:
                packed = _written(
                    _ZipTarget(archive, target.stem), target, documents, metadata_json, bag_info, further_tags
                )
            _synced(temporary)
            os.link(temporary, target)  # unlike rename, never replaces what came there meanwhile
            temporary.unlink()
        else:
            packed = _written(_FolderTarget(temporary), target, documents, metadata_json, bag_info, further_tags)
            temporary.rename(target)
        _synced(target.parent)
    except BaseException:
        _removed(temporary)
        raise
    return packed


def _written(
    place: _FolderTarget | _ZipTarget,
    target: Path,
    documents: Iterable[tuple[RelPath, Path]],
    metadata_json: bytes,
    bag_info: Iterable[tuple[str, str]],
    further_tags: Mapping[str, bytes] | None,
) -> Packed:
    payload: dict[str, Digests] = {}
    for path, source in documents:
        name = f"data/{RelPath(path)}"
        if name in payload or path == METADATA_FILE:
            raise ValueError(f"two files for one path: {path}")
        with source.open("rb") as file:
            payload[name] = _copied(place, name, iter(lambda: file.read(CHUNK_BYTES), b""), source.stat().st_size)
    name = f"data/{METADATA_FILE}"
    payload[name] = _copied(place, name, iter((metadata_json,)), len(metadata_json))
    size_bytes = sum(digests.size_bytes for digests in payload.values())
    info = [*bag_info, ("Payload-Oxum", payload_oxum(size_bytes, len(payload)))]
    tags = {**(further_tags or {}), "bagit.txt": bagit_txt(), "bag-info.txt": bag_info_text(info)}
    for algorithm in _ALGORITHMS:
        entries = ((path, getattr(digests, algorithm)) for path, digests in payload.items())
        tags[manifest_name(algorithm)] = manifest_text(entries, algorithm)
    listed = {name: _copied(place, name, iter((data,)), len(data)) for name, data in tags.items()}
    for algorithm in _ALGORITHMS:
        data = manifest_text(((path, getattr(digests, algorithm)) for path, digests in listed.items()), algorithm)
        _copied(place, manifest_name(algorithm, tag=True), iter((data,)), len(data))
    return Packed(target, size_bytes, len(payload))


def _copied(place: _FolderTarget | _ZipTarget, path: str, chunks: Iterator[bytes], size_bytes: int) -> Digests:
    digester = Digester()
    with place.opened(path, size_bytes) as file:
        for chunk in chunks:
            digester.update(chunk)
            file.write(chunk)
    return digester.digests()


class _FolderTarget:
    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def opened(self, path: str, size_bytes: int) -> Iterator[IO[bytes]]:
        place = self._root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())


class _ZipTarget:
    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        self._archive = archive
        self._root = root

    @contextmanager
    def opened(self, path: str, size_bytes: int) -> Iterator[IO[bytes]]:
        entry = zipfile.ZipInfo(f"{self._root}/{path}", _ZIP_DATE)
        entry.external_attr = 0o100644 << 16
        entry.create_system = 3
        with self._archive.open(entry, "w", force_zip64=size_bytes >= _ZIP64_FROM_BYTES) as file:
            yield file


def _synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _removed(path: Path) -> None:
    with suppress(FileNotFoundError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
