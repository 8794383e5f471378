"""Files → a folder, a ZIP, a TAR or a TAR.GZ, the same bytes every time; also what no honest tool would write."""

from __future__ import annotations

import gzip
import io
import tarfile
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

_DATE = (2025, 6, 10, 8, 0, 0)
_MTIME = 1749546000


def write_folder(files: Mapping[str, bytes], folder: Path) -> Path:
    """``folder`` with exactly these files; names are kept as they are."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder


def zip_bytes(entries: Iterable[tuple[str, bytes]], *, compress: bool = True) -> bytes:
    """A ZIP with these entries under exactly these names, whatever they are."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")  # two entries of one name are among the faults
        for name, content in entries:
            info = zipfile.ZipInfo("x", _DATE)
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            info.external_attr = 0o100644 << 16
            info.create_system = 3
            archive.writestr(info, content)
    return out.getvalue()


def tar_bytes(entries: Iterable[tuple[str, bytes]], special: Iterable[tarfile.TarInfo] = ()) -> bytes:
    """A pax TAR with these files, then ``special`` entries (links, devices)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in entries:
            archive.addfile(tar_entry(name, len(content)), io.BytesIO(content))
        for entry in special:
            archive.addfile(entry)
    return out.getvalue()


def tar_entry(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.type, entry.linkname = size, kind, link
    entry.mtime, entry.mode = _MTIME, 0o644
    return entry


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)


def under(top: str, files: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    """The files inside one wrapping folder, as archives of bags have it."""
    return [(f"{top}/{path}", content) for path, content in files.items()]
