"""The metadata of hồ sơ and documents as one XML file (``schemas/xsd/backup.xsd``), written and checked as a stream.

TT 02/2019 Điều 10 wants the backup of metadata in XML. Memory stays flat however much there is.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import IO, Any, BinaryIO

from lxml import etree

from archive.catalogue import Document, Reading, Submission
from archive.errors import LuutruError
from archive.ledger import written_instant

NAMESPACE = "urn:luutru:backup:1"
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_Q = f"{{{NAMESPACE}}}"


class BackupXmlError(LuutruError):
    """A metadata file of a backup set does not follow its schema, or was cut short."""

    code = "backup.xml-invalid"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a file is about: ``kind`` (full, incremental), and the span of the ledger its hồ sơ were chosen by."""

    kind: str
    made_at: datetime
    archive_code: str
    archive_name: str
    after_seq: int
    to_seq: int


@dataclass(frozen=True, slots=True)
class Counts:
    hoso: int
    documents: int


def write_metadata(
    file: IO[bytes],
    view: Reading,
    submissions: Iterable[Submission],
    scope: Scope,
    progress: Callable[[int], None] = lambda _hoso: None,
) -> Counts:
    """One ``hoso`` for each submission, with its package and documents as ``view`` has them; tells how many."""
    hoso = documents = 0
    attributes = {
        "version": "1",
        "kind": scope.kind,
        "made-at": written_instant(scope.made_at),
        "after-seq": str(scope.after_seq),
        "to-seq": str(scope.to_seq),
    }
    with etree.xmlfile(file, encoding="UTF-8") as xml:
        xml.write_declaration()
        with xml.element(f"{_Q}backup", attributes, nsmap={None: NAMESPACE}):
            xml.write("\n", _element("archive", {"code": scope.archive_code, "name": scope.archive_name}), "\n")
            for submission in submissions:
                documents += _write_hoso(xml, view, submission)
                hoso += 1
                progress(hoso)
            xml.write(_element("end", {"hoso": str(hoso), "documents": str(documents)}), "\n")
    file.write(b"\n")
    return Counts(hoso, documents)


def check_metadata(file: BinaryIO) -> Counts:
    """What the file says it holds, once every element of it was validated and counted. Raises BackupXmlError."""
    hoso = documents = 0
    stated: Counts | None = None
    closed = False  # the parser is silent about a file that ends inside its very last tag
    try:
        # Entities stay unresolved and no network is asked: the file may have lain anywhere.
        events = etree.iterparse(file, events=("end",), schema=_schema(), resolve_entities=False, no_network=True)
        for _, element in events:
            if element.tag == f"{_Q}document":
                documents += 1
                _drop(element)
            elif element.tag == f"{_Q}hoso":
                hoso += 1
                _drop(element)
            elif element.tag == f"{_Q}end":
                stated = Counts(int(element.get("hoso", "-1")), int(element.get("documents", "-1")))
            elif element.tag == f"{_Q}backup":
                closed = True
    except etree.XMLSyntaxError as error:
        raise BackupXmlError(
            "Tệp siêu dữ liệu XML của bản sao lưu không đúng lược đồ hoặc bị cắt ngắn.",
            remedy="Lấy bản sao lưu trên phương tiện khác.",
            detail=str(error),
        ) from error
    if stated != Counts(hoso, documents) or not closed:
        raise BackupXmlError(
            "Tệp siêu dữ liệu XML của bản sao lưu thiếu hồ sơ hoặc văn bản.",
            remedy="Lấy bản sao lưu trên phương tiện khác.",
            detail=f"stated {stated}, found {hoso} {documents}",
        )
    return stated


def _write_hoso(xml: Any, view: Reading, submission: Submission) -> int:
    described = submission.description
    attributes = {
        "submission": submission.id,
        "registration": submission.registration_number,
        "state": submission.state.value,
        "entered-at": written_instant(submission.entered_at),
        "received-legal-at": written_instant(submission.received_legal_at),
        "transfer-sha256": submission.transfer_sha256,
        "last-seq": str(submission.last_seq),
        "file-code": _safe(described.file_code),
    }
    aip = view.aip(submission.aip_id)
    documents = 0
    with xml.element(f"{_Q}hoso", attributes):
        agency = _element("agency", {"code": _safe(described.agency_code)})
        agency.append(_text("name", described.agency_name))
        xml.write("\n", _text("source", submission.source_name), agency, _text("title", described.title))
        if aip is not None:
            for ordinal, mode in sorted(view.decided_modes(aip.id).items(), key=lambda item: item[0] or 0):
                of = {} if ordinal is None else {"ordinal": str(ordinal)}
                xml.write(_element("mode", {**of, "value": mode.value}))
            package = {
                "id": aip.id,
                "object": aip.object_key,
                "size-bytes": str(aip.size_bytes),
                "sha256": aip.sha256,
                "profile": f"{aip.profile} {aip.profile_version}".strip(),
                "created-at": written_instant(aip.created_at),
            }
            with xml.element(f"{_Q}package", package):
                for name, value in aip.fields.items():
                    xml.write(_value("field", value, name))
                for copy in view.copies(aip.id):
                    seen = {"state": copy.state.value, "verified-at": written_instant(copy.verified_at)}
                    xml.write(_element("copy", {"store": copy.store, **seen}))
                for document in view.documents(aip.id):
                    xml.write("\n", _document(document))
                    documents += 1
        xml.write("\n")
    xml.write("\n")
    return documents


def _document(document: Document) -> etree._Element:
    element = _element(
        "document",
        {
            "ordinal": str(document.ordinal),
            "size-bytes": str(document.size_bytes),
            "sha256": document.sha256,
            "sha512": document.sha512,
            "pronom": document.pronom,
            "media-type": document.media_type,
            "verdict": document.verdict,
        },
    )
    element.append(_text("path", document.path))
    for name, value in document.fields.items():
        element.append(_value("field", value, name))
    return element


def _value(tag: str, value: Any, name: str | None = None) -> etree._Element:
    element = _element(tag, {} if name is None else {"name": _safe(name)})
    if isinstance(value, Mapping):
        element.set("type", "fields")
        element.extend(_value("field", part, key) for key, part in value.items())
    elif isinstance(value, list | tuple):
        element.set("type", "items")
        element.extend(_value("item", part) for part in value)
    elif isinstance(value, str):
        _put(element, value)
    elif value is None:
        element.set("type", "null")
    else:
        element.set("type", "boolean" if isinstance(value, bool) else "number")
        element.text = json.dumps(value)
    return element


def _text(tag: str, text: str) -> etree._Element:
    element = _element(tag, {})
    _put(element, text)
    return element


def _put(element: etree._Element, text: str) -> None:
    """As it is; with characters XML cannot hold (and a carriage return, which it would change) as a JSON string."""
    if _NOT_XML.search(text):
        element.set("encoding", "json")
        text = json.dumps(text)
    element.text = text


def _safe(text: str) -> str:
    """For attributes, which hold codes: what XML cannot hold there becomes its escape in JSON."""
    return _NOT_XML.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _element(tag: str, attributes: Mapping[str, str]) -> etree._Element:
    prefixes: dict[Any, str] = {None: NAMESPACE}
    return etree.Element(f"{_Q}{tag}", dict(attributes), nsmap=prefixes)


def _drop(element: etree._Element) -> None:
    """Frees an element that was seen, and its elder siblings of the same parent."""
    element.clear()
    while (elder := element.getprevious()) is not None:
        parent = elder.getparent()
        if parent is None:
            return
        parent.remove(elder)


@cache
def _schema() -> etree.XMLSchema:
    data = resources.files("schemas").joinpath("xsd", "backup.xsd").read_bytes()
    return etree.XMLSchema(etree.parse(io.BytesIO(data)))


def checked_file(path: Path) -> Counts:
    """``check_metadata`` of a file on disk."""
    with path.open("rb") as file:
        return check_metadata(file)
