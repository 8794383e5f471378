"""The canary: a package damaged on purpose, which an audit that works cannot but find.

It can never be taken for a record: it lies under ``canary/``, where no record lies; its id is in no catalogue of records;
its rule profile, its METS record status (TEST), its title and its only readable file say what it is.
"""

from __future__ import annotations

import hashlib
import io
import random
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.aip.model import AipContent, Original, Party, RuleProfile, WrittenAip
from archive.aip.writer import write_aip
from archive.catalogue.audit_model import Canary, Depth
from archive.errors import StoreError
from archive.layout_reading import layout_sha256
from archive.paths import RelPath
from archive.storage.key import Key
from archive.storage.store import Store
from archive.temporary import temporary_folder

FOLDER = "canary"
PROFILE = RuleProfile("CANARY", "0")
"""The rule profile of every canary, and of nothing else."""
TITLE = "GÓI THỬ – KHÔNG PHẢI HỒ SƠ (NOT A RECORD)"
WORDS = (
    "Đây là gói thử do chính hệ thống tạo ra và cố ý làm hỏng, để biết việc kiểm tra bản lưu có hoạt động hay không.\n"
    "Nội dung là số ngẫu nhiên. Đây KHÔNG PHẢI LÀ HỒ SƠ và không bao giờ được dùng như hồ sơ.\n"
    "This is a test package, damaged on purpose. It is not a record.\n"
)
_PAGE_BYTES = 4096
_MOST_BYTES = 40_000

DAMAGES = ("bit-flip", "truncated", "zeroed-page", "swapped", "missing")
"""What is done to a canary, each in its turn."""
CONTRADICTION = "contradiction"
"""For deep audits besides: its bytes are those recorded, but its manifest says others."""


@dataclass(frozen=True, slots=True)
class Made:
    """A canary and its bytes as they are to lie in the store; None: nothing is to lie there."""

    canary: Canary
    data: bytes | None


def damages(planted_before: int, depth: Depth) -> tuple[str, ...]:
    """What the canaries of the next run are to suffer."""
    turn = DAMAGES[planted_before % len(DAMAGES)]
    return (turn, CONTRADICTION) if depth is Depth.DEEP else (turn,)


def make(
    run_id: str,
    store: str,
    canary_id: str,
    damage: str,
    at: datetime,
    chance: random.Random,
    scratch: Path | None = None,
) -> Made:
    """A canary suffering ``damage``, its content and the place of the damage by ``chance``.

    ``scratch``: where its files lie while it is made, for whoever clears up after a process that was killed.
    """
    whole, written = _package(canary_id, at, chance, scratch)
    sha256, layout_sha256 = written.sha256, written.layout_sha256
    if damage == CONTRADICTION:
        whole, sha256, layout_sha256 = _contradicting(whole, written)
    key = Key(f"{FOLDER}/{canary_id}.tar")
    canary = Canary(canary_id, run_id, store, key, damage, len(whole), sha256, layout_sha256, at)
    return Made(canary, damaged(whole, damage, chance))


def damaged(whole: bytes, damage: str, chance: random.Random) -> bytes | None:
    """``whole`` after what ``damage`` names; never the same bytes, save for a contradiction, which is in them already."""
    data = bytearray(whole)
    match damage:
        case "bit-flip":
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case "truncated":
            del data[chance.randrange(len(data)) :]
        case "zeroed-page":
            pages = [at for at in range(0, len(data), _PAGE_BYTES) if any(data[at : at + _PAGE_BYTES])]
            begin = chance.choice(pages)
            data[begin : begin + _PAGE_BYTES] = bytes(len(data[begin : begin + _PAGE_BYTES]))
        case "swapped":
            one, other = _two_that_differ(data, chance)
            data[one], data[other] = data[other], data[one]
        case "missing":
            return None
    return bytes(data)


def plant(store: Store, made: Made) -> None:
    """What there is of the canary lies in the store. Repeating it is fine. Raises StoreError."""
    if made.data is None:
        store.remove(made.canary.key)
        return
    with store.create(made.canary.key) as writer:
        writer.write(made.data)
        writer.commit()


def clear(store: Store, canary: Canary) -> bool:
    """Whether none of it is left in the store; False when the store refuses, and somebody has to try again."""
    try:
        store.remove(canary.key)
    except StoreError:
        return False
    return True


class _Out:
    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: memoryview, /) -> int:
        self.data += data
        return len(data)


def _package(canary_id: str, at: datetime, chance: random.Random, scratch: Path | None) -> tuple[bytes, WrittenAip]:
    out = _Out()
    with temporary_folder("canary", scratch) as folder:
        contents = {"KHONG-PHAI-HO-SO.txt": WORDS.encode()}
        contents |= {
            f"ngau-nhien-{number}.bin": chance.randbytes(chance.randrange(1, _MOST_BYTES)) for number in range(1, 4)
        }
        for file_name, data in contents.items():
            (folder / file_name).write_bytes(data)
        originals = [
            Original(RelPath(file_name), folder / file_name, None, number, {"subject": TITLE})
            for number, file_name in enumerate(contents, 1)
        ]
        written = write_aip(
            AipContent(
                aip_id=canary_id,
                created_at=at,
                profile=PROFILE,
                archive=Party("CANARY", TITLE),
                agency=Party("CANARY", TITLE),
                record={"fileCode": "CANARY", "title": TITLE},
                originals=originals,
                record_status="TEST",
            ),
            out,
        )
    return bytes(out.data), written


def _contradicting(whole: bytes, written: WrittenAip) -> tuple[bytes, str, str]:
    """The package with one byte of an original changed, and the digests of exactly that: only its manifest objects."""
    data = bytearray(whole)
    data[written.originals[-1].offset] ^= 1

    class _Bytes:
        def read_at(self, position: int, buffer: memoryview) -> int:
            return io.BytesIO(data[position:]).readinto(buffer)

    return bytes(data), hashlib.sha256(data).hexdigest(), layout_sha256(len(data), _Bytes, threads=1)


def _two_that_differ(data: bytearray, chance: random.Random) -> tuple[int, int]:
    while True:
        one, other = chance.randrange(len(data)), chance.randrange(len(data))
        if data[one] != data[other]:
            return one, other
