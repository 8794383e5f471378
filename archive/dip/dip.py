"""A DIP of TT 05/2025 PL V in a BagIt bag: the request, the documents chosen, and not a word about any other.

<dip id>/bagit.txt, bag-info.txt, manifest-sha256.txt, tagmanifest-sha256.txt
<dip id>/data/urn_uuid_<dip id>/METS.xml, metadata/…, representations/rep1/…, schemas/…
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import IO

from archive.aip import layout, profile
from archive.aip.ead import is_empty, written_record
from archive.aip.entries import EntryPart
from archive.aip.mets import Group, Listed, MetsContent, write_mets
from archive.aip.model import Entry, Party, SupportsWrite
from archive.aip.writer import Again
from archive.aip.xmltext import VIETNAM
from archive.bag.writing import bag_info_text, bagit_txt, manifest_text, payload_oxum
from archive.dip.export import Container, Export, Files, refuse_contradictions
from archive.dip.model import DipRefusedError, DipRequest, DipWritten, GivenDocument, GivenFrom, PackageFormat
from archive.dip.places import Places
from archive.dip.premis import write_dip_premis, write_documents_premis
from archive.dip.proving import ProvenCopies
from archive.dip.tarstream import TarBlocks
from archive.dip.zipstream import ZipStream
from schemas.fields import fields_of

PACKAGE_TYPE = "DIP"
SCHEMA_FILES = ("DILCISExtensionMETS.xsd", "EAD_dip.xsd", "EAD_doc_dip.xsd", "METS.xsd", "PREMIS.xsd", "xlink.xsd")
FEE_OBJECT_TYPES = tuple(f"{number:02d}" for number in range(1, 11))
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BATCH = 5_000


def dip(
    source: GivenFrom,
    request: DipRequest,
    documents: Sequence[GivenDocument],
    *,
    format: PackageFormat = PackageFormat.ZIP,
    scratch: Path | None = None,
) -> Export:
    """The DIP that answers ``request`` with exactly these ``documents``, to be sent once.

    ``documents`` is gone through several times and never copied. Raises ``DipRefusedError`` for a request that
    contradicts itself; sending raises ``DocumentDamagedError``. SHA-256 everywhere; memory does not grow with sizes, by about 1 KB a file.
    """
    refuse_contradictions(documents)
    refuse_request(request)
    copies = ProvenCopies(source.key, source.stores)
    container: Container = ZipStream(request.made_at) if format is PackageFormat.ZIP else TarBlocks(request.made_at)
    package = _Package(source, request, documents)
    name = f"DIP-{request.dip_id}.{format.value}"
    return Export(copies, documents, container, package.parts, file_name=name, scratch=scratch)


def write_dip(
    source: GivenFrom,
    request: DipRequest,
    documents: Sequence[GivenDocument],
    out: SupportsWrite,
    *,
    format: PackageFormat = PackageFormat.ZIP,
    scratch: Path | None = None,
) -> DipWritten:
    """Write the DIP to ``out``; on an error what was written is no package and must be thrown away."""
    return dip(source, request, documents, format=format, scratch=scratch).write(out)


def refuse_request(request: DipRequest) -> None:
    """``DipRefusedError`` when the request lacks what PL V asks, or says more than its fields may hold."""
    if not _UUID.fullmatch(request.dip_id):
        raise DipRefusedError("Mã gói tin không hợp lệ.", detail=f"not a lower-case UUID: {request.dip_id!r}")
    if request.made_at.tzinfo is None:
        raise DipRefusedError("Thời điểm tạo gói tin không có múi giờ.", detail="made_at is naive")
    if not request.request_id.strip():
        raise DipRefusedError("Yêu cầu sử dụng chưa có mã yêu cầu.")
    if request.fee_object_type and request.fee_object_type not in FEE_OBJECT_TYPES:
        raise DipRefusedError("Đối tượng thu phí phải là mã từ 01 đến 10.")
    values = request.fields()
    if any(not _is_text(value) for value in (*values.values(), request.recipient)):
        raise DipRefusedError("Yêu cầu sử dụng có ký tự không hợp lệ.", detail="lone surrogate")
    for item in fields_of("request"):
        most = item.rules["tt05"].length
        if item.type != "date" and most is not None and len(str(values[item.name])) > most:
            raise DipRefusedError(f"«{item.label}» dài quá {most} ký tự.")


def _is_text(value: str) -> bool:
    """Whether it is Unicode text: JSON from outside may hold halves of characters, which no file can."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Head:
    """What the METS of a DIP say of it."""

    created_at: datetime
    software: str
    software_version: str
    agency: Party
    archive: Party
    fonds_code: str
    submission_agreement: str = ""
    record_status: str = "NEW"


class _Package:
    """One DIP being written: the order of its parts."""

    def __init__(self, source: GivenFrom, request: DipRequest, documents: Sequence[GivenDocument]) -> None:
        self._source = source
        self._request = request
        self._documents = documents
        self._tree = layout.tree_path(request.dip_id)
        self._head = _Head(
            request.made_at,
            request.software,
            request.software_version,
            source.agency,
            source.archive,
            source.fonds_code,
        )

    def parts(self, files: Files) -> Iterator[bytes]:
        top = f"{self._request.dip_id}/"
        yield from files.data(f"{top}bagit.txt", bagit_txt())
        first_payload = len(files.entries)
        given = yield from self._given(files)
        rep1 = yield from self._rep1(files, given)
        yield from self._metadata(files, rep1)
        yield from self._bag(files, first_payload)

    def _given(self, files: Files) -> Generator[bytes, None, EntryPart]:
        # sha256sum and some readers of bags do not decode the one character RFC 8493 encodes, so no place has it.
        places = Places(avoided="%")
        first = len(files.entries)
        for document in self._documents:
            yield from files.document(f"{self._tree}/{layout.ORIGINALS}/{places.of(document)}", document)
        return files.entries.part(first)

    def _rep1(self, files: Files, given: EntryPart) -> Generator[bytes, None, Listed]:
        folder = f"{self._tree}/{layout.REP1}"
        first = len(files.entries)
        for document in self._documents:
            path = f"metadata/descriptive/EAD_doc_{profile.numbered(document.ordinal)}.xml"
            yield from files.data(f"{folder}/{path}", self._document_ead(document))
        described = files.entries.part(first)
        urn = profile.object_id(self._request.dip_id)
        yield from files.generated(
            f"{folder}/{layout.REP1_PREMIS}",
            lambda file: write_documents_premis(file, urn, self._documents, given, len(folder) + 1),
        )
        preserved = [Listed(layout.REP1_PREMIS, files.last(), "application/xml", "premis-rep1", "PREMIS")]
        data = Group("Data", "grp-data", self._data_listing(given, len(folder) + 1), divided=True)
        mets = MetsContent(
            "rep1",
            "Tài liệu cung cấp, nguyên vẹn như khi tiếp nhận",
            self._ead_listing(described, len(folder) + 1),
            preserved,
            [data],
            "../../schemas/",
            PACKAGE_TYPE,
        )
        yield from files.generated(f"{folder}/METS.xml", lambda file: write_mets(file, self._head, mets))
        return Listed(f"{layout.REP1}/METS.xml", files.last(), "application/xml", "mets-rep1")

    def _metadata(self, files: Files, rep1: Listed) -> Iterator[bytes]:
        tree, request, source = self._tree, self._request, self._source
        schemas = []
        for number, name in enumerate(SCHEMA_FILES, 1):
            yield from files.data(f"{tree}/schemas/{name}", _schema(name))
            schemas.append(Listed(f"schemas/{name}", files.last(), "application/xml", f"xsd-{number}"))
        ead = written_record("request", PACKAGE_TYPE, request.fields(), "../../schemas/EAD_dip.xsd")
        yield from files.data(f"{tree}/{layout.EAD}", ead)
        described = [Listed(layout.EAD, files.last(), "application/xml", "dmd-request", profile.EAD_MDTYPE)]
        yield from files.generated(
            f"{tree}/{layout.PREMIS}", lambda file: write_dip_premis(file, source, request, len(self._documents))
        )
        preserved = [Listed(layout.PREMIS, files.last(), "application/xml", "premis-package", "PREMIS")]
        mets = MetsContent(
            profile.object_id(request.dip_id),
            source.title or source.file_code or request.dip_id,
            described,
            preserved,
            [Group("Schemas", "grp-schemas", schemas), Group("Representations/rep1", "grp-rep1", [rep1], mets=rep1)],
            "schemas/",
            PACKAGE_TYPE,
        )
        yield from files.generated(f"{tree}/{layout.METS}", lambda file: write_mets(file, self._head, mets))

    def _bag(self, files: Files, first_payload: int) -> Iterator[bytes]:
        top, end = f"{self._request.dip_id}/", len(files.entries)
        payload = files.entries.part(first_payload)
        oxum = payload_oxum(files.entries.size_bytes(first_payload, end), len(payload))
        yield from files.data(f"{top}bag-info.txt", self._bag_info(oxum))
        ordered = payload.by_path(common=len(self._tree))
        yield from files.generated(f"{top}{layout.MANIFESTS[0]}", _manifest(ordered, len(top)))
        tags = [*files.entries.part(0, first_payload), *files.entries.part(end)]
        tags.sort(key=lambda entry: entry.path)
        yield from files.generated(f"{top}{layout.TAG_MANIFESTS[0]}", _manifest(tags, len(top)))

    def _bag_info(self, oxum: str) -> bytes:
        source, request = self._source, self._request
        pairs = [
            ("Source-Organization", source.archive.name),
            ("External-Identifier", source.file_code),
            ("External-Description", source.title),
            ("Internal-Sender-Identifier", request.request_id),
            ("Bag-Group-Identifier", source.fonds_code),
            ("Bagging-Date", request.made_at.astimezone(VIETNAM).date().isoformat()),
            ("Bag-Software-Agent", f"{request.software} {request.software_version}".strip()),
            ("Payload-Oxum", oxum),
            ("X-DIP-Identifier", profile.object_id(request.dip_id)),
            ("X-AIP-Identifier", profile.object_id(source.aip_id)),
        ]
        return bag_info_text((label, value) for label, value in pairs if value.strip())

    def _document_ead(self, document: GivenDocument) -> bytes:
        placed = {"docCode": profile.document_code(self._source.file_code, document.ordinal)}
        stated = {name: value for name, value in document.fields.items() if not is_empty(value)}
        return written_record("document", PACKAGE_TYPE, placed | stated, "../../../../schemas/EAD_doc_dip.xsd")

    def _ead_listing(self, described: EntryPart, below: int) -> Again[Listed]:
        def listed() -> Iterator[Listed]:
            for document, entry in zip(self._documents, described, strict=True):
                identifier = f"dmd-{profile.numbered(document.ordinal)}"
                yield Listed(entry.path[below:], entry, "application/xml", identifier, profile.EAD_MDTYPE)

        return Again(listed, len(described))

    def _data_listing(self, given: EntryPart, below: int) -> Again[Listed]:
        def listed() -> Iterator[Listed]:
            for document, entry in zip(self._documents, given, strict=True):
                number, name = profile.numbered(document.ordinal), document.path.name
                yield Listed(
                    entry.path[below:],
                    entry,
                    document.media_type,
                    f"file-{number}",
                    md_id=f"dmd-{number}",
                    label=name,
                )

        return Again(listed, len(given))


def _manifest(entries: Sequence[Entry], below: int) -> Callable[[IO[bytes]], None]:
    """A writer of the SHA-256 manifest of ``entries``, which are in order; paths from ``below`` characters on."""

    def write(file: IO[bytes]) -> None:
        pairs = ((entry.path[below:], entry.sha256 or "") for entry in entries)
        while batch := list(islice(pairs, _BATCH)):
            file.write(manifest_text(batch, "sha256"))

    return write


def _schema(name: str) -> bytes:
    return resources.files("schemas").joinpath("xsd", name).read_bytes()
