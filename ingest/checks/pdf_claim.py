"""Which PDF/A flavour a document claims in its XMP metadata, read within bounds wherever in the file it lies."""

from __future__ import annotations

import codecs
import zlib
from typing import Any

import pikepdf
from lxml import etree

XMP_LIMIT_BYTES = 16 << 20
FLAVOURS = frozenset({"1a", "1b", "2a", "2b", "2u", "3a", "3b", "3u", "4", "4e", "4f"})
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_PDFA = "{http://www.aiim.org/pdfa/ns/id/}"
_PDFUA = "{http://www.aiim.org/pdfua/ns/id/}"


class MetadataTooLargeError(Exception):
    """The metadata stream is longer than ``XMP_LIMIT_BYTES`` when decoded."""


def claim_facts(pdf: pikepdf.Pdf) -> dict[str, Any]:
    """``status``: ``none`` (no metadata or no claim in it), ``claimed`` (then ``flavour``, e.g. ``2u``), ``unknown`` (a
    part or level that does not exist), ``conflicting``, ``malformed`` (no XML, or with a DOCTYPE) or ``too-large``."""
    stream = pdf.Root.get("/Metadata")
    if not isinstance(stream, pikepdf.Stream):
        return {"status": "none"}
    try:
        packet = _decoded(stream)
    except MetadataTooLargeError:
        return {"status": "too-large"}
    except (pikepdf.PdfError, zlib.error):
        return {"status": "malformed"}
    return claim_in(packet)


def claim_in(packet: bytes) -> dict[str, Any]:
    """The claim in one XMP packet."""
    encoding = None
    if packet[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        packet, encoding = packet.decode("utf-16", "replace").encode(), "utf-8"
    packet = packet.strip(b"\0 \t\r\n")
    if not packet:
        return {"status": "none"}
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False, encoding=encoding
    )
    try:
        tree = etree.fromstring(packet, parser)
    except (etree.XMLSyntaxError, ValueError):
        return {"status": "malformed"}
    if tree.getroottree().docinfo.internalDTD is not None:
        return {"status": "malformed"}
    parts = _values(tree, _PDFA + "part")
    levels = _values(tree, _PDFA + "conformance")
    accessible = _values(tree, _PDFUA + "part")
    facts: dict[str, Any] = {"pdfua_part": accessible.pop()} if len(accessible) == 1 else {}
    if not parts:
        return facts | {"status": "none"}
    if len(parts) > 1 or len(levels) > 1:
        return facts | {"status": "conflicting"}
    flavour = (parts.pop() + (levels.pop() if levels else "")).lower()
    if flavour not in FLAVOURS:
        return facts | {"status": "unknown", "claim": flavour[:40]}
    return facts | {"status": "claimed", "flavour": flavour}


def _values(tree: etree._Element, name: str) -> set[str]:
    """What the property is said to be, as attribute or as element of any rdf:Description."""
    found: set[str] = set()
    for description in tree.iter(_RDF + "Description"):
        said = description.get(name)
        elements = [child.text or "" for child in description.findall(name)]
        found |= {value.strip() for value in ([said] if said is not None else []) + elements}
    return found - {""}


def _decoded(stream: pikepdf.Stream) -> bytes:
    """The stream's content; a plain or Flate stream is never inflated beyond the limit."""
    filters = stream.get("/Filter")
    plain_names = [str(filters)] if isinstance(filters, pikepdf.Name) else [str(item) for item in filters or ()]
    if not plain_names:
        packet = stream.read_raw_bytes()
    elif plain_names == ["/FlateDecode"] and "/DecodeParms" not in stream:
        packet = _inflated(stream.read_raw_bytes())
    else:
        packet = stream.read_bytes()  # rare; the worker's memory budget is the bound here
    if len(packet) > XMP_LIMIT_BYTES:
        raise MetadataTooLargeError
    return packet


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, XMP_LIMIT_BYTES + 1)
