"""Hostile archives: names that lead outside, links, devices, collisions, bombs. Each holds a good bag and one thing more."""

from __future__ import annotations

import io
import struct
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

from samples.faults.model import Fault, Kit
from samples.hoso import Hoso
from samples.packing import gzipped, tar_bytes, tar_entry, under, zip_bytes
from samples.parcel import NAME, Parcel, bag_of

BOMB_BYTES = 160 << 20
"""What the bomb becomes: above the 128 MiB from which a ratio counts."""
ENTRIES = 120_001
"""One more than a hồ sơ may have."""
_NOTHING_LEFT = ("list.absent", "metadata.file.missing")
"""Of a refused archive no file is offered to the other checks."""
_OUTSIDE = b"Khong duoc nam ngoai goi ho so.\n"


def _zip_with(name: str, content: bytes = _OUTSIDE) -> Callable[[Kit], Parcel]:
    def make(kit: Kit) -> Parcel:
        good = kit.good("zip")
        return replace(good, raw=zip_bytes([*under(NAME, good.files), (name, content)]))

    return make


def _tar_with(entry: Callable[[], tarfile.TarInfo]) -> Callable[[Kit], Parcel]:
    def make(kit: Kit) -> Parcel:
        good = kit.good("tar")
        return replace(good, raw=tar_bytes(under(NAME, good.files), [entry()]))

    return make


def _device() -> tarfile.TarInfo:
    entry = tar_entry(f"{NAME}/data/thiet-bi", kind=tarfile.CHRTYPE)
    entry.devmajor, entry.devminor = 1, 3
    return entry


def _renamed(names: Callable[[Hoso], tuple[str, str]]) -> Callable[[Kit], Parcel]:
    """A ZIP whose two documents have these names."""

    def make(kit: Kit) -> Parcel:
        hoso = kit.hoso()
        first, second = names(hoso)
        hoso = hoso.with_entry(0, replace(hoso.entries[0], path=first))
        return bag_of(hoso.with_entry(1, replace(hoso.entries[1], path=second)), "zip")

    return make


def _twice(kit: Kit) -> Parcel:
    good = kit.good("zip")
    entries = under(NAME, good.files)
    return replace(good, raw=zip_bytes([*entries, entries[0]]))


def _locked(kit: Kit) -> Parcel:
    """The flag for a password on one entry: no reader opens it without."""
    good = kit.good("zip")
    raw = bytearray(good.packed())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + flags] |= 1
    return replace(good, raw=bytes(raw))


@cache
def _bomb() -> bytes:
    """A ZIP of one file of zeros."""
    out = io.BytesIO()
    block = bytes(1 << 20)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        info = zipfile.ZipInfo("so-khong.bin", (2025, 6, 10, 8, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w") as entry:
            for _ in range(BOMB_BYTES // len(block)):
                entry.write(block)
    return out.getvalue()


def _ratio_bomb(kit: Kit) -> Parcel:
    good = kit.good("zip")
    block = bytes(1 << 20)
    out = io.BytesIO(good.packed())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(f"{NAME}/data/so-khong.bin", (2025, 6, 10, 8, 0, 0))
        info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o100644 << 16, 3
        with archive.open(info, "w") as entry:
            for _ in range(BOMB_BYTES // len(block)):
                entry.write(block)
    return replace(good, raw=out.getvalue())


def _nested_bomb(kit: Kit) -> Parcel:
    good = kit.good("zip")
    raw = zip_bytes([*under(NAME, good.files), (f"{NAME}/data/phu-luc.zip", zip_bytes([("bom.zip", _bomb())]))])
    return replace(good, raw=raw)


def _nested_deep(kit: Kit) -> Parcel:
    content = b"Tang trong cung.\n"
    for level in range(6):
        content = zip_bytes([(f"tang-{level}.zip" if level else "tang.txt", content)])
    good = kit.good("zip")
    return replace(good, raw=zip_bytes([*under(NAME, good.files), (f"{NAME}/data/phu-luc.zip", content)]))


def _too_many(kit: Kit) -> Parcel:
    good = kit.good("tar.gz")
    entries = tar_bytes(under(NAME, good.files))
    end = entries.rstrip(b"\0")
    whole = end + bytes(-len(end) % 512)
    return replace(good, raw=gzipped(whole + b"".join(_empty_entries()) + bytes(1024)))


def _empty_entries() -> Iterator[bytes]:
    """Headers of empty files, made from one: a header differs from it by its number and its checksum only."""
    zeros = "0000000"
    first = tar_entry(f"{NAME}/data/rong/{zeros}.txt").tobuf(tarfile.USTAR_FORMAT)
    place = first.index(zeros.encode())
    total = sum(first[:148]) + 8 * 32 + sum(first[156:])
    for number in range(ENTRIES):
        digits = b"%07d" % number
        checksum = total + sum(digits) - 7 * 48
        header = bytearray(first)
        header[place : place + 7] = digits
        struct.pack_into("8s", header, 148, b"%06o\0 " % checksum)
        yield bytes(header)


ARCHIVE_FAULTS: tuple[Fault, ...] = (
    Fault(
        "zip-traversal",
        "Tệp ZIP có đường dẫn đi ra ngoài gói (..)",
        ("unpack.name.traversal",),
        "returned",
        _zip_with(f"{NAME}/../../../thoat-ra.txt"),
        also=_NOTHING_LEFT,
    ),
    Fault(
        "zip-absolute-path",
        "Tệp ZIP có đường dẫn tuyệt đối",
        ("unpack.name.absolute",),
        "returned",
        _zip_with("/tmp/thoat-ra.txt"),
        also=_NOTHING_LEFT,
    ),
    Fault(
        "zip-windows-path",
        "Tệp ZIP có đường dẫn kiểu Windows",
        ("unpack.name.windows",),
        "returned",
        _zip_with("C:\\Windows\\thoat-ra.txt"),
        also=_NOTHING_LEFT,
    ),
    Fault(
        "zip-duplicate-name",
        "Tệp ZIP có hai mục cùng tên",
        ("unpack.name.duplicate",),
        "returned",
        _twice,
        also=_NOTHING_LEFT,
    ),
    Fault(
        "zip-encrypted",
        "Tệp ZIP đặt mật khẩu",
        ("unpack.zip.encrypted",),
        "returned",
        _locked,
        also=_NOTHING_LEFT,
    ),
    Fault(
        "tar-symlink",
        "Tệp TAR có liên kết trỏ ra ngoài",
        ("unpack.entry.link",),
        "returned",
        _tar_with(lambda: tar_entry(f"{NAME}/data/mat-khau.txt", kind=tarfile.SYMTYPE, link="/etc/passwd")),
        also=_NOTHING_LEFT,
    ),
    Fault(
        "tar-device",
        "Tệp TAR có tệp thiết bị",
        ("unpack.entry.special",),
        "returned",
        _tar_with(_device),
        also=_NOTHING_LEFT,
    ),
    Fault(
        "case-colliding-names",
        "Hai tên tệp chỉ khác nhau chữ hoa, chữ thường",
        ("unpack.name.case-collision",),
        "returned",
        _renamed(lambda hoso: ("van-ban.pdf", "Van-Ban.pdf")),
        also=("bag.name.case-collision",),
    ),
    Fault(
        "unicode-colliding-names",
        "Hai tên tệp chỉ khác nhau dạng Unicode (NFC, NFD)",
        ("unpack.name.unicode-collision",),
        "returned",
        _renamed(lambda hoso: ("Tờ trình.pdf", unicodedata.normalize("NFD", "Tờ trình.pdf"))),
        also=("bag.name.unicode-collision",),
    ),
    Fault(
        "zip-bomb",
        "Một mục bung ra gấp hơn 250 lần",
        ("unpack.limit.ratio",),
        "returned",
        _ratio_bomb,
        also=_NOTHING_LEFT,
    ),
    Fault(
        "nested-zip-bomb",
        "Bom nén nằm trong một tệp ZIP bên trong",
        ("unpack.nested.bomb",),
        "returned",
        _nested_bomb,
        also=_NOTHING_LEFT,
    ),
    Fault(
        "nested-too-deep",
        "Sáu tầng tệp ZIP lồng nhau",
        ("unpack.nested.depth",),
        "returned",
        _nested_deep,
        also=_NOTHING_LEFT,
    ),
    Fault(
        "too-many-files",
        f"{ENTRIES} tệp rỗng trong một hồ sơ",
        ("unpack.limit.members",),
        "returned",
        _too_many,
        also=_NOTHING_LEFT,
    ),
)
