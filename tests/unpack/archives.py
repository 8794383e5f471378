"""Archives made by hand, so that each can be wrong in exactly one way the ordinary libraries would not write."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class ZipEntry:
    """One entry; what the local header says can differ from what the central directory says."""

    name: bytes
    data: bytes = b"x"
    flags: int = 0x800
    method: int = 0
    mode: int = 0o100644
    extra: bytes = b""
    local_name: bytes | None = None
    size: int | None = None
    crc: int | None = None
    same_bytes_as: int | None = None
    packed: bytes | None = field(default=None)


def zip_bytes(entries: list[ZipEntry], *, comment: bytes = b"", gap: bytes = b"") -> bytes:
    out, central, offsets = bytearray(), bytearray(), list[int]()
    for entry in entries:
        packed = entry.packed if entry.packed is not None else entry.data
        if entry.method == 8 and entry.packed is None:
            deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = deflater.compress(entry.data) + deflater.flush()
        crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
        size = len(entry.data) if entry.size is None else entry.size
        offset = len(out) if entry.same_bytes_as is None else offsets[entry.same_bytes_as]
        offsets.append(offset)
        local_name = entry.name if entry.local_name is None else entry.local_name
        fields = (entry.flags, entry.method, 0, 0x21, crc, len(packed), size)
        if entry.same_bytes_as is None:
            out += struct.pack("<4s5H3L2H", b"PK\3\4", 20, *fields, len(local_name), len(entry.extra))
            out += local_name + entry.extra + packed + gap
        central += struct.pack(
            "<4s4B4H3L5H2L",
            b"PK\1\2",
            20,
            3,
            20,
            0,
            *fields,
            len(entry.name),
            len(entry.extra),
            0,
            0,
            0,
            entry.mode << 16,
            offset,
        )
        central += entry.name + entry.extra
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(entries), len(entries), len(central), len(out), len(comment))
    return bytes(out + central) + end + comment


def plain_zip(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def tar_bytes(members: list[tuple[tarfile.TarInfo, bytes]], format: int = tarfile.PAX_FORMAT, mode: str = "w") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode, format=format) as archive:  # type: ignore[call-overload]
        for info, data in members:
            info.size = len(data) if info.type == tarfile.REGTYPE else info.size
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def member(name: str, type: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = type
    info.linkname = target
    return info


def plain_tar(files: Mapping[str, bytes], format: int = tarfile.PAX_FORMAT, mode: str = "w") -> bytes:
    return tar_bytes([(member(name), data) for name, data in files.items()], format, mode)


def on_disk(folder: Path, files: Mapping[str, bytes]) -> Path:
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder
