"""What is asked for, what is given, and what became of it: values only; every id and time is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from archive.aip.model import Party
from archive.aip.reader import StoredDocument
from archive.catalogue.model import Document
from archive.errors import CopyDamagedError, LuutruError
from archive.paths import RelPath
from archive.storage.key import Key
from archive.storage.store import Store


class Purpose(StrEnum):
    """Mục đích sử dụng of TT 05/2025 PL V: cá nhân, công vụ, công vụ đặc biệt."""

    PERSONAL = "01"
    OFFICIAL = "02"
    SPECIAL_OFFICIAL = "03"


class PackageFormat(StrEnum):
    """How the files of one export are held together; neither compresses anything."""

    ZIP = "zip"
    TAR = "tar"

    @property
    def media_type(self) -> str:
        return {"zip": "application/zip", "tar": "application/x-tar"}[self.value]


@dataclass(frozen=True, slots=True)
class GivenDocument:
    """One document that may go out: its exact name, its bytes in the stored package (``offset``), their digests."""

    ordinal: int
    path: RelPath
    offset: int
    size_bytes: int
    sha256: str
    sha512: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    pronom: str = ""
    format_name: str = ""
    format_version: str = ""
    media_type: str = "application/octet-stream"

    @classmethod
    def of(cls, document: Document | StoredDocument) -> Self:
        """The same document as the catalogue or the package itself knows it."""
        stored = document if isinstance(document, StoredDocument) else None
        return cls(
            ordinal=document.ordinal,
            path=RelPath(document.path),
            offset=document.offset if isinstance(document, StoredDocument) else document.tar_offset,
            size_bytes=document.size_bytes,
            sha256=document.sha256,
            sha512=document.sha512,
            fields=document.fields,
            pronom=document.pronom,
            format_name=stored.format_name if stored else "",
            format_version=stored.format_version if stored else "",
            media_type=document.media_type or "application/octet-stream",
        )


@dataclass(frozen=True, slots=True)
class GivenFrom:
    """The stored package the documents lie in: the object ``key`` in each of ``stores``, preferred first.

    ``file_code`` and ``title``: mã và tiêu đề hồ sơ. Nothing here speaks of documents: their number, names and digests
    come from the chosen ones alone. Leave ``title`` empty for somebody who may know a document but not its hồ sơ.
    """

    aip_id: str
    key: Key
    stores: Sequence[Store]
    file_code: str
    title: str
    archive: Party
    agency: Party
    fonds_code: str = ""


@dataclass(frozen=True, slots=True)
class DipRequest:
    """The request a DIP answers; the first seven values after the id are its EAD.xml (TT 05/2025 PL V).

    ``dip_id`` is a lower-case UUID, ``made_at`` aware: the same request for the same documents gives the same bytes.
    ``fee_object_type``: đối tượng thu phí, 01–10. ``recipient``: who is given it, as PREMIS names the agent.
    """

    dip_id: str
    request_id: str
    requested_on: date
    purpose: Purpose
    made_at: datetime
    purpose_content: str = ""
    fee_object_type: str = ""
    research_topic: str = ""
    description: str = ""
    recipient: str = ""
    software: str = "luutru"
    software_version: str = ""

    def fields(self) -> Mapping[str, str]:
        """By canonical name of the table ``request`` of ``schemas/fields.toml``."""
        return {
            "requestID": self.request_id,
            "requestDate": self.requested_on.isoformat(),
            "purpose": self.purpose.value,
            "purposeContent": self.purpose_content,
            "feeObjectType": self.fee_object_type,
            "researchTopic": self.research_topic,
            "description": self.description,
        }


@dataclass(frozen=True, slots=True)
class Damage:
    """A copy that did not give the recorded bytes of a document while another was looked for."""

    store: str
    ordinal: int
    unreadable: bool


@dataclass(frozen=True, slots=True)
class DipWritten:
    """What was sent, whole. ``stores``: which gave bytes. ``damaged``: copies that did not prove right on the way."""

    size_bytes: int
    sha256: str
    document_count: int
    stores: tuple[str, ...]
    damaged: tuple[Damage, ...]


class DipRefusedError(LuutruError):
    """The request contradicts itself or asks for nothing; nothing was written."""

    code = "dip.refused"


class DocumentDamagedError(CopyDamagedError):
    """Of this document; what was sent so far is no whole package."""

    def __init__(self, document: GivenDocument) -> None:
        super().__init__(
            f"Không bản lưu nào còn đọc được đúng mã băm của tài liệu số {document.ordinal}; gói tin bị dừng.",
            remedy="Báo người quản trị kiểm tra các bản lưu.",
            detail=f"document {document.ordinal}: no store gives {document.sha256}",
        )
        self.ordinal = document.ordinal
