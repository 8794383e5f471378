"""Builders for what is given out: a stored package, its documents, a request; each may be given one fault."""

from __future__ import annotations

import hashlib
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from archive.aip.model import AipContent, Original, Party, RuleProfile
from archive.aip.reader import AipReader
from archive.aip.writer import write_aip
from archive.dip.model import DipRequest, GivenDocument, GivenFrom, Purpose
from archive.errors import StoreError
from archive.paths import RelPath
from archive.storage.key import Key
from archive.storage.memory import MemoryStore
from archive.storage.store import Store

AIP_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
DIP_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
NOW = datetime(2026, 11, 21, 3, 4, 5, tzinfo=UTC)
KEY = Key(f"aip/0f/{AIP_ID}.tar")
NFC = unicodedata.normalize("NFC", "Quyết định số 57.pdf")
NFD = unicodedata.normalize("NFD", "Quyết định số 57.pdf")
NAMES = (
    NFC,
    NFD,
    "phụ lục/bảng 100%.xlsx",
    "phụ lục/Biên bản họp.docx",
    "dòng\nmới.txt",
    "BÍ MẬT của người khác.pdf",
    "con.txt",
    "danh-muc.csv",
)
SECRET = 6
"""The ordinal of the document that may not go out."""


def content_of(number: int) -> bytes:
    return (f"nội dung {number} ".encode() * 4000)[: 9_000 * number]


@dataclass(frozen=True, repr=False)
class Holding:
    source: GivenFrom
    documents: tuple[GivenDocument, ...]
    package: bytes

    def __repr__(self) -> str:
        return f"{len(self.documents)} documents held"

    def but(self, *ordinals: int) -> tuple[GivenDocument, ...]:
        return tuple(document for document in self.documents if document.ordinal not in ordinals)

    def only(self, *ordinals: int) -> tuple[GivenDocument, ...]:
        return tuple(document for document in self.documents if document.ordinal in ordinals)

    def kept_in(self, *stores: Store) -> GivenFrom:
        return replace(self.source, stores=stores)

    def damaged_at(self, ordinal: int, name: str = "hỏng") -> MemoryStore:
        """A store whose copy has one bit of this document turned."""
        document = self.only(ordinal)[0]
        package = bytearray(self.package)
        package[document.offset + document.size_bytes // 2] ^= 1
        return filled(name, bytes(package))


class FailingStore(MemoryStore):
    """Gives some bytes of every reading and then fails."""

    def read(self, key: Key, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        whole = b"".join(super().read(key, offset, length))
        yield whole[: len(whole) // 2]
        raise StoreError("Không đọc được bản lưu.", detail="read fails")


class ForgetfulStore(MemoryStore):
    """Right at the first reading of anything; from the second on ``later`` happens to what it gives."""

    def __init__(self, name: str, later: str) -> None:
        super().__init__(name)
        self._later = later
        self._read: set[int] = set()

    def read(self, key: Key, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        whole = b"".join(super().read(key, offset, length))
        half = len(whole) // 2
        if offset in self._read and self._later == "fails":
            yield whole[:half]
            raise StoreError("Không đọc được bản lưu.", detail="read fails")
        if offset in self._read and self._later == "lies":
            whole = whole[:half] + bytes([whole[half] ^ 1]) + whole[half + 1 :]
        self._read.add(offset)
        yield whole[:half]
        yield whole[half:]


def filled(name: str, package: bytes, store: MemoryStore | None = None) -> MemoryStore:
    store = store or MemoryStore(name)
    with store.create(KEY) as writer:
        writer.write(package)
        writer.commit()
    return store


def holding(folder: Path, names: tuple[str, ...] = NAMES) -> Holding:
    originals = []
    for number, name in enumerate(names, 1):
        blob = folder / f"{number:06d}"
        blob.write_bytes(content_of(number))
        originals.append(
            Original(
                RelPath(name),
                blob,
                None,
                number,
                {
                    "typeName": "02",
                    "codeNumber": str(number),
                    "codeNotation": "QĐ-UBND",
                    "issuedDate": f"2026-03-0{number}",
                    "organName": "UBND thành phố Hà Nội",
                    "subject": f"=Trích yếu bí danh{number} <b>&\x01",
                    "docId": f"H26.2026.{number}",
                    "maintenance": "01",
                },
                pronom="fmt/477",
                format_name="PDF/A",
                format_version="2u",
                media_type="application/pdf",
            )
        )
    content = AipContent(
        aip_id=AIP_ID,
        created_at=NOW,
        profile=RuleProfile("LLT2024-TT05", "1"),
        archive=Party("H26", "Lưu trữ lịch sử thành phố Hà Nội"),
        agency=Party("000.00.01.H26", "Văn phòng UBND thành phố Hà Nội"),
        record={"fileCode": "H26.2026.VP.01", "title": "Hồ sơ <quy chế> & lưu trữ", "totalDoc": len(names)},
        originals=tuple(originals),
        fonds_code="H26.01",
    )
    written = io.BytesIO()
    write_aip(content, written)
    stored = AipReader(io.BytesIO(written.getvalue()))
    source = GivenFrom(
        AIP_ID,
        KEY,
        (filled("a", written.getvalue()), filled("b", written.getvalue())),
        "H26.2026.VP.01",
        "Hồ sơ <quy chế> & lưu trữ",
        content.archive,
        content.agency,
        content.fonds_code,
    )
    return Holding(source, tuple(map(GivenDocument.of, stored.documents())), written.getvalue())


def dip_request(**changed: object) -> DipRequest:
    request = DipRequest(
        dip_id=DIP_ID,
        request_id="YC-2026-0042",
        requested_on=date(2026, 11, 20),
        purpose=Purpose.OFFICIAL,
        made_at=NOW,
        purpose_content="Tra cứu <script>alert(1)</script> & đối chiếu",
        fee_object_type="03",
        research_topic="Văn thư, lưu trữ",
        description="Ghi chú \x02 ]]> --",
        recipient="account:lan",
        software_version="0.1.0",
    )
    return replace(request, **changed)  # type: ignore[arg-type]  # names of fields, by the callers


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
