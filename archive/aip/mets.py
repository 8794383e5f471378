"""METS.xml of the package and of each representation (TT 05/2025 PL I, E-ARK CSIP 2): written file by file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Protocol

from lxml import etree

from archive.aip import profile
from archive.aip.model import Entry, Party
from archive.aip.xmltext import XSI, Builder, document, href_of, text_of, time_of

METS = "http://www.loc.gov/METS/"
XLINK = "http://www.w3.org/1999/xlink"
CSIP = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
_build = Builder(METS, {"xlink": XLINK, "csip": CSIP})


class PackageHead(Protocol):
    """What every METS says of its package, whatever its type; the content of an AIP is one."""

    @property
    def created_at(self) -> datetime: ...

    @property
    def software(self) -> str: ...

    @property
    def software_version(self) -> str: ...

    @property
    def agency(self) -> Party: ...

    @property
    def archive(self) -> Party: ...

    @property
    def fonds_code(self) -> str: ...

    @property
    def submission_agreement(self) -> str: ...

    @property
    def record_status(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Listed:
    """A file a METS speaks of: its path from the folder of that METS, its entry in the tar, and what it is."""

    path: str
    entry: Entry
    media_type: str
    id: str
    md_type: str = ""
    """For metadata: METS ``MDTYPE``; another word than METS knows is written as OTHER with that word."""
    md_id: str = ""
    """For a file: the ID of the metadata section that describes it."""
    label: str = ""


class Listing(Protocol):
    """Files that can be gone through more than once."""

    def __iter__(self) -> Iterator[Listed]: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Group:
    """A file group and the div that points to it: ``Data``, ``Schemas``, ``Documentation``, ``Representations/rep1``.

    ``mets`` is the METS.xml of a representation, which the div then points to. ``divided``: a div for each file.
    """

    use: str
    id: str
    files: Listing
    mets: Listed | None = None
    divided: bool = False


@dataclass(frozen=True, slots=True)
class MetsContent:
    """One METS.xml, its files as listings. ``schemas``: reference from its folder to that of the XSDs."""

    object_id: str
    label: str
    descriptive: Listing
    preservation: Listing
    groups: Sequence[Group]
    schemas: str
    package_type: str = profile.OAIS_PACKAGE_TYPE


def write_mets(file: IO[bytes], content: PackageHead, mets: MetsContent) -> None:
    """One METS.xml; memory does not grow with the number of files."""
    created = time_of(content.created_at)
    attributes = {
        "OBJID": mets.object_id,
        "LABEL": text_of(mets.label),
        "TYPE": profile.METS_TYPE,
        "PROFILE": profile.METS_PROFILE,
        f"{{{CSIP}}}CONTENTINFORMATIONTYPE": profile.CONTENT_INFORMATION_TYPE,
        f"{{{XSI}}}schemaLocation": f"{METS} {mets.schemas}METS.xsd {CSIP} {mets.schemas}DILCISExtensionMETS.xsd",
    }
    namespaces: dict[str | None, str] = {None: METS, "xlink": XLINK, "csip": CSIP, "xsi": XSI}
    with document(file, f"{{{METS}}}mets", namespaces, attributes) as xml:
        _write(xml, _header(content, created, mets.package_type))
        for item in mets.descriptive:
            _write(xml, _build("dmdSec", _section(item, created), _reference(item, created)))
        if mets.preservation:
            with _element(xml, "amdSec", {}):
                for item in mets.preservation:
                    _write(xml, _build("digiprovMD", _section(item, created), _reference(item, created)))
        with _element(xml, "fileSec", {"ID": "fileSec"}):
            for group in mets.groups:
                _write_group(xml, group, created)
        _write_structure(xml, mets)


def _write(xml: Any, element: etree._Element) -> None:
    xml.write(element)
    xml.write("\n")


def _element(xml: Any, name: str, attributes: dict[str, str]) -> Any:
    return xml.element(f"{{{METS}}}{name}", attributes)


def _header(content: PackageHead, created: str, package_type: str) -> etree._Element:
    software_note = _build("note", {f"{{{CSIP}}}NOTETYPE": "SOFTWARE VERSION"}, content.software_version or "0")
    other = {"ROLE": "CREATOR", "TYPE": "OTHER", "OTHERTYPE": "SOFTWARE"}
    agreement = content.submission_agreement
    return _build(
        "metsHdr",
        {
            "CREATEDATE": created,
            "LASTMODDATE": created,
            "RECORDSTATUS": content.record_status,
            f"{{{CSIP}}}OAISPACKAGETYPE": package_type,
        },
        _build("agent", other, _build("name", content.software), software_note),
        _organisation("ARCHIVIST", content.agency.name, content.fonds_code or content.agency.code),
        _organisation("CREATOR", content.agency.name, content.agency.code),
        _organisation("PRESERVATION", content.archive.name, content.archive.code),
        _build("altRecordID", {"TYPE": "SUBMISSIONAGREEMENT"}, agreement) if agreement else None,
    )


def _organisation(role: str, name: str, code: str) -> etree._Element:
    note = _build("note", {f"{{{CSIP}}}NOTETYPE": "IDENTIFICATIONCODE"}, code) if code else None
    return _build("agent", {"ROLE": role, "TYPE": "ORGANIZATION"}, _build("name", name), note)


def _section(item: Listed, created: str) -> dict[str, str]:
    return {"ID": item.id, "CREATED": created, "STATUS": "CURRENT"}


def _reference(item: Listed, created: str) -> etree._Element:
    known = item.md_type in ("EAD", "PREMIS", "DC")
    kind = {"MDTYPE": item.md_type} if known else {"MDTYPE": "OTHER", "OTHERMDTYPE": item.md_type}
    return _build("mdRef", _link(item.path), kind, _facts(item, created))


def _link(path: str) -> dict[str, str]:
    return {"LOCTYPE": "URL", f"{{{XLINK}}}type": "simple", f"{{{XLINK}}}href": href_of(path)}


def _facts(item: Listed, created: str) -> dict[str, str]:
    return {
        "MIMETYPE": item.media_type,
        "SIZE": str(item.entry.size_bytes),
        "CREATED": created,
        "CHECKSUM": item.entry.sha256 or "",
        "CHECKSUMTYPE": profile.CHECKSUM_TYPE,
    }


def _write_group(xml: Any, group: Group, created: str) -> None:
    attributes = {"ID": group.id, "USE": group.use}
    if group.mets is not None:
        attributes[f"{{{CSIP}}}CONTENTINFORMATIONTYPE"] = profile.CONTENT_INFORMATION_TYPE
    with _element(xml, "fileGrp", attributes):
        for item in group.files:
            described = {"DMDID": item.md_id} if item.md_id else None
            _write(
                xml,
                _build("file", {"ID": item.id}, _facts(item, created), described, _build("FLocat", _link(item.path))),
            )


def _write_structure(xml: Any, mets: MetsContent) -> None:
    kind = {"ID": "structMap", "TYPE": profile.STRUCT_MAP_TYPE, "LABEL": profile.STRUCT_MAP_LABEL}
    with _element(xml, "structMap", kind), _element(xml, "div", {"ID": "div-package", "LABEL": mets.object_id}):
        _write(xml, _build("div", {"ID": "div-metadata", "LABEL": "Metadata"}, _described(mets)))
        for group in mets.groups:
            with _element(xml, "div", {"ID": f"div-{group.id}", "LABEL": group.use}):
                if group.mets is not None:
                    title = {f"{{{XLINK}}}title": group.id}
                    _write(xml, _build("mptr", _link(group.mets.path), title))
                else:
                    _write(xml, _build("fptr", {"FILEID": group.id}))
                for item in group.files if group.divided else ():
                    own = {"ID": f"div-{item.id}", "LABEL": item.label}
                    described = {"DMDID": item.md_id} if item.md_id else None
                    _write(xml, _build("div", own, described, _build("fptr", {"FILEID": item.id})))


def _described(mets: MetsContent) -> dict[str, str]:
    references = {"DMDID": _ids(mets.descriptive), "ADMID": _ids(mets.preservation)}
    return {name: value for name, value in references.items() if value}


def _ids(items: Listing) -> str:
    return " ".join(item.id for item in items)
