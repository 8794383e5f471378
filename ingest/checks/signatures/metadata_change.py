"""Whether an update of the XMP packet changed anything but the dates and tools that every writer stamps."""

from __future__ import annotations

from typing import Any

from lxml import etree
from pyhanko.pdf_utils.reader import PdfFileReader

from ingest.checks.signatures.reading import MALFORMED

_STAMPS = frozenset({"ModifyDate", "MetadataDate", "Producer"})
_RDF, _XML = "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://www.w3.org/XML/1998/namespace"


def only_stamps_changed(reader: PdfFileReader, revision: int) -> bool:
    """Whether the metadata say the same now as in ``revision``, stamps apart; False when either cannot be read."""
    try:
        before = _statements(reader.get_historical_root(revision)["/Metadata"].data)
        after = _statements(reader.root["/Metadata"].data)
    except MALFORMED:
        return False
    return before == after


def _statements(packet: bytes) -> set[tuple[str, str]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    if b"<!DOCTYPE" in packet:
        raise ValueError("DOCTYPE in metadata")
    root = etree.fromstring(packet, parser)
    found: set[tuple[str, str]] = set()
    for element in root.iter("{*}*"):
        if len(element) == 0 and (element.text or "").strip():
            _state(found, _owner(element), element.text)
        for name, value in element.attrib.items():
            if etree.QName(name).namespace not in (_RDF, _XML, None):
                _state(found, name, value)
    return found


def _owner(element: Any) -> str:
    """The property an array item belongs to, else the element itself."""
    while etree.QName(element).namespace == _RDF and element.getparent() is not None:
        element = element.getparent()
    return str(element.tag)


def _state(found: set[tuple[str, str]], name: Any, text: Any) -> None:
    if etree.QName(name).localname not in _STAMPS and not str(name).startswith("{adobe:ns:meta/}"):
        found.add((str(name), str(text).strip()))
