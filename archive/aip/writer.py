"""``write_aip``: the package in one pass over its originals, with flat memory, the same bytes for the same input."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Generic, TypeVar

from archive.aip import layout, profile
from archive.aip.bagtags import bag_info
from archive.aip.catalogue import write_catalogue, write_evidence_groups
from archive.aip.ead import document_ead, file_ead
from archive.aip.entries import EntryTable
from archive.aip.mets import Group, Listed, MetsContent, write_mets
from archive.aip.model import (
    AipContent,
    AipContentError,
    Derivative,
    Entry,
    OriginalChangedError,
    Source,
    SupportsWrite,
    WrittenAip,
)
from archive.aip.premis import write_derivatives_premis, write_originals_premis, write_package_premis
from archive.aip.tarstream import TarStream, ToAdd
from archive.bag.writing import bagit_txt, manifest_text, payload_oxum
from archive.paths import RelPath

_SPOOL_BYTES = 4 << 20
_BATCH = 5_000
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
T = TypeVar("T", covariant=True)


def write_aip(content: AipContent, out: SupportsWrite, *, scratch: Path | None = None) -> WrittenAip:
    """Write the AIP of ``content`` to ``out`` and tell its SHA-256, size and the offset of every file in it.

    Each original is read once; its SHA-256 is compared with the one taken at receipt (``OriginalChangedError``: throw
    away what was written). The same content gives the same bytes. Memory does not grow with the size of originals, by
    some 500 bytes with each file. Generated lists longer than 4 MiB are spooled in ``scratch`` (default: the
    temporary folder of the system). Errors of ``out`` and of reading pass through. TT 05/2025 PL I, RFC 8493.
    """
    refuse_contradictions(content)
    with TarStream(out, mtime=int(content.created_at.timestamp())) as tar:
        return _Package(content, tar, scratch).write()


def refuse_contradictions(content: AipContent) -> None:
    """``AipContentError`` when ids, ordinals or references in ``content`` cannot make one package."""
    if not _UUID.fullmatch(content.aip_id):
        raise AipContentError("Mã gói tin không hợp lệ.", detail=f"not a lower-case UUID: {content.aip_id!r}")
    if content.created_at.tzinfo is None:
        raise AipContentError("Thời điểm tạo gói tin không có múi giờ.", detail="created_at is naive")
    if not content.originals:
        raise AipContentError("Hồ sơ không có tài liệu nào để đóng gói.", detail="no originals")
    ordinals: set[int] = set()
    kept = {item.sha256 for item in content.validation}
    for original in content.originals:
        if original.ordinal < 1 or original.ordinal in ordinals:
            raise AipContentError("Số thứ tự tài liệu bị trùng.", detail=f"ordinal {original.ordinal}")
        ordinals.add(original.ordinal)
        if missing := set(original.validation) - kept:
            raise AipContentError("Thiếu dữ liệu xác minh chữ ký số.", detail=f"not given: {sorted(missing)}")


class _Package:
    """One package being written: the order of its parts, and the entries so far."""

    def __init__(self, content: AipContent, tar: TarStream, scratch: Path | None) -> None:
        self._content = content
        self._tar = tar
        self._scratch = scratch
        self._tree = layout.tree_path(content.aip_id)
        self._entries = EntryTable()

    def write(self) -> WrittenAip:
        content = self._content
        self._add(f"{content.aip_id}/bagit.txt", bagit_txt())
        first_payload = len(self._entries)
        schemas = [self._listed(f"schemas/{name}", _schema(name), "xsd") for name in profile.SCHEMA_FILES]
        documentation = self._documentation()
        originals = self._originals()
        rep1 = self._rep1(originals)
        derived = self._derivatives()
        groups = [Group("Documentation", "grp-documentation", documentation), Group("Schemas", "grp-schemas", schemas)]
        groups.append(Group("Representations/rep1", "grp-rep1", [rep1], mets=rep1))
        if derived:
            rep2 = self._rep2(derived)
            groups.append(Group("Representations/rep2", "grp-rep2", [rep2], mets=rep2))
        self._package_metadata(originals, groups)
        self._bag(first_payload)
        end = self._tar.finish()
        return WrittenAip(
            content.aip_id, end.sha256, end.size_bytes, end.layout_sha256, self._entries.part(0), originals
        )

    def _add(self, name: str, source: Source | IO[bytes]) -> Entry:
        entry = self._tar.add(name, source)
        self._entries.append(entry)
        return entry

    def _generated(self, name: str, write: Callable[[IO[bytes]], None]) -> Entry:
        with SpooledTemporaryFile(_SPOOL_BYTES, dir=str(self._scratch) if self._scratch else None) as spool:
            write(spool)
            return self._add(name, spool)

    def _listed(self, path: str, source: Source, kind: str, *, below: str = "", md_type: str = "") -> Listed:
        entry = self._add(f"{self._tree}/{below}{path}", source)
        return Listed(path, entry, layout.media_type_of(path), f"{kind}-{len(self._entries):07d}", md_type)

    def _documentation(self) -> list[Listed]:
        made = resources.files("archive.aip").joinpath("bagit-profile.json").read_bytes()
        listed = [self._listed(layout.BAGIT_PROFILE, made, "documentation")]
        for item in self._content.submission:
            listed.append(self._listed(f"{layout.SUBMISSION}/{item.path}", item.source, "documentation"))
        return listed

    def _originals(self) -> Sequence[Entry]:
        folder = f"{self._tree}/{layout.ORIGINALS}/"
        files = (
            ToAdd(f"{folder}{original.path}", original.blob, original.digests) for original in self._content.originals
        )
        first = len(self._entries)
        try:
            for entry in self._tar.add_many(files):
                self._entries.append(entry)
        except OriginalChangedError as error:
            path = error.path.removeprefix(folder)
            raise OriginalChangedError(error.message, path=path, detail=error.detail) from error
        return self._entries.part(first)

    def _rep1(self, originals: Sequence[Entry]) -> Listed:
        content, folder = self._content, f"{self._tree}/{layout.REP1}"
        first = len(self._entries)
        for original in content.originals:
            path = f"metadata/descriptive/EAD_doc_{profile.numbered(original.ordinal)}.xml"
            self._add(f"{folder}/{path}", document_ead(content.record, original))
        described = self._entries.part(first)
        premis = self._generated(
            f"{folder}/{layout.REP1_PREMIS}", lambda file: write_originals_premis(file, content, originals)
        )
        below = len(folder) + 1

        def descriptive() -> Iterator[Listed]:
            for original, entry in zip(content.originals, described, strict=True):
                identifier = f"dmd-{profile.numbered(original.ordinal)}"
                yield Listed(entry.path[below:], entry, "application/xml", identifier, profile.EAD_MDTYPE)

        def data() -> Iterator[Listed]:
            for original, entry in zip(content.originals, originals, strict=True):
                number = profile.numbered(original.ordinal)
                path = entry.path[below:]
                yield Listed(
                    path, entry, original.media_type, f"file-{number}", md_id=f"dmd-{number}", label=original.path.name
                )

        mets = MetsContent(
            "rep1",
            "Tài liệu gốc như khi tiếp nhận",
            Again(descriptive, len(originals)),
            [Listed(layout.REP1_PREMIS, premis, "application/xml", "premis-rep1", "PREMIS")],
            [Group("Data", "grp-data", Again(data, len(originals)), divided=True)],
            "../../schemas/",
        )
        entry = self._generated(f"{folder}/METS.xml", lambda file: write_mets(file, content, mets))
        return Listed(f"{layout.REP1}/METS.xml", entry, "application/xml", "mets-rep1")

    def _derivatives(self) -> Again[tuple[Derivative, str, Entry]]:
        ordinals = {original.path: original.ordinal for original in self._content.originals}
        first = len(self._entries)
        for item in self._content.derivatives:
            if item.of not in ordinals:
                raise AipContentError("Bản phái sinh không thuộc tài liệu nào.", detail=f"derivative of {item.of!r}")
            path = RelPath(f"{layout.REP2}/data/{profile.numbered(ordinals[item.of])}{item.suffix}")
            self._add(f"{self._tree}/{path}", item.source)
        entries, below = self._entries.part(first), len(self._tree) + 1

        def written() -> Iterator[tuple[Derivative, str, Entry]]:
            for item, entry in zip(self._content.derivatives, entries, strict=True):
                yield item, entry.path[below:], entry

        return Again(written, len(entries))

    def _rep2(self, derived: Again[tuple[Derivative, str, Entry]]) -> Listed:
        content, folder = self._content, f"{self._tree}/{layout.REP2}"
        premis = self._generated(
            f"{folder}/{layout.REP2_PREMIS}", lambda file: write_derivatives_premis(file, content, derived)
        )

        def data() -> Iterator[Listed]:
            for number, (item, path, entry) in enumerate(derived, 1):
                inner = path.removeprefix(f"{layout.REP2}/")
                label = f"derivative: {item.of.name}"
                yield Listed(inner, entry, item.media_type, f"file-{number:07d}", label=label)

        mets = MetsContent(
            "rep2",
            "Bản phái sinh do lưu trữ tạo, không phải bản gốc",
            [],
            [Listed(layout.REP2_PREMIS, premis, "application/xml", "premis-rep2", "PREMIS")],
            [Group("Data", "grp-data", Again(data, len(derived)), divided=True)],
            "../../schemas/",
        )
        entry = self._generated(f"{folder}/METS.xml", lambda file: write_mets(file, content, mets))
        return Listed(f"{layout.REP2}/METS.xml", entry, "application/xml", "mets-rep2")

    def _package_metadata(self, originals: Sequence[Entry], groups: Sequence[Group]) -> None:
        content, tree = self._content, self._tree
        ead = self._listed(layout.EAD, file_ead(content.record), "dmd", md_type=profile.EAD_MDTYPE)
        names = [group.use.removeprefix("Representations/") for group in groups if group.mets is not None]
        premis = self._generated(f"{tree}/{layout.PREMIS}", lambda file: write_package_premis(file, content, names))
        preserved = [Listed(layout.PREMIS, premis, "application/xml", "premis-package", "PREMIS")]
        for path, write in (
            (layout.CATALOGUE, lambda file: write_catalogue(file, content, originals)),
            (layout.EVIDENCE_GROUPS, lambda file: write_evidence_groups(file, content, originals)),
        ):
            entry = self._generated(f"{tree}/{path}", write)
            preserved.append(Listed(path, entry, layout.media_type_of(path), f"other-{len(preserved)}", "LUUTRU"))
        for report in content.reports:
            path = f"{layout.REPORTS}/{RelPath(report.name)}"
            preserved.append(self._listed(path, report.source, "report", md_type="CHECK REPORT"))
        for datum in content.validation:
            path = f"{layout.VALIDATION}/{datum.sha256}.{datum.kind}"
            listed = self._listed(path, datum.source, "validation", md_type="VALIDATION DATA")
            if (listed.entry.sha256, listed.entry.sha512) != (datum.sha256, datum.sha512):
                raise AipContentError("Dữ liệu xác minh không khớp mã băm.", detail=f"validation {datum.sha256}")
            preserved.append(listed)
        title = str(content.record.get("title") or content.aip_id)
        mets = MetsContent(profile.object_id(content.aip_id), title, [ead], preserved, groups, "schemas/")
        self._generated(f"{tree}/{layout.METS}", lambda file: write_mets(file, content, mets))

    def _bag(self, first_payload: int) -> None:
        """The tag files; everything from ``first_payload`` on so far is payload."""
        content, top = self._content, f"{self._content.aip_id}/"
        end_payload = len(self._entries)
        payload = self._entries.part(first_payload)
        oxum = payload_oxum(self._entries.size_bytes(first_payload, end_payload), len(payload))
        self._add(f"{top}bag-info.txt", bag_info(content, oxum))
        ordered: Sequence[Entry] = payload.by_path(common=len(self._tree))
        for name, algorithm in zip(layout.MANIFESTS, ("sha256", "sha512"), strict=True):
            self._manifest(top, name, algorithm, ordered)
        tags = [*self._entries.part(0, first_payload), *self._entries.part(end_payload)]
        for name, algorithm in zip(layout.TAG_MANIFESTS, ("sha256", "sha512"), strict=True):
            self._manifest(top, name, algorithm, sorted(tags, key=lambda entry: entry.path))

    def _manifest(self, top: str, name: str, algorithm: str, ordered: Sequence[Entry]) -> None:
        def write(file: IO[bytes]) -> None:
            pairs = ((entry.path[len(top) :], getattr(entry, algorithm)) for entry in ordered)
            while batch := list(islice(pairs, _BATCH)):
                file.write(manifest_text(batch, algorithm))

        self._generated(f"{top}{name}", write)


class Again(Generic[T]):
    """A listing that is made anew each time it is gone through, so that it never lies in memory as a whole."""

    def __init__(self, make: Callable[[], Iterator[T]], length: int) -> None:
        self._make = make
        self._length = length

    def __iter__(self) -> Iterator[T]:
        return self._make()

    def __len__(self) -> int:
        return self._length


def _schema(name: str) -> bytes:
    return resources.files("schemas").joinpath("xsd", name).read_bytes()
