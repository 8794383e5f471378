"""What signatures at the ends of a file cannot tell: the PDF of the last revision, and OpenDocument in one XML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pikepdf
from lxml import etree

from ingest.checks.pdf_access import access_mode
from ingest.checks.pdf_claim import claim_facts
from ingest.checks.pdf_version import catalogue_version, effective_version, header_facts

PDF_BY_VERSION: Mapping[str, str] = {
    "1.0": "fmt/14", "1.1": "fmt/15", "1.2": "fmt/16", "1.3": "fmt/17", "1.4": "fmt/18", "1.5": "fmt/19",
    "1.6": "fmt/20", "1.7": "fmt/276", "2.0": "fmt/1129",
}  # fmt: skip
PDF_BY_FLAVOUR: Mapping[str, str] = {
    "1a": "fmt/95", "1b": "fmt/354", "2a": "fmt/476", "2b": "fmt/477", "2u": "fmt/478", "3a": "fmt/479",
    "3b": "fmt/480", "3u": "fmt/481", "4": "fmt/1910", "4e": "fmt/1911", "4f": "fmt/1912",
}  # fmt: skip
PDF_PUIDS = frozenset(PDF_BY_VERSION.values()) | frozenset(PDF_BY_FLAVOUR.values())
XML_PUID = "fmt/101"
_ROOT = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}document"
_MIMETYPE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}mimetype"
_FLAT_TEXT = ("application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text-flat-xml")
_HEAD_BYTES = 1 << 20


def pdf_refinement(path: Path) -> dict[str, Any] | None:
    """PRONOM id by the claim in the XMP, wherever it lies, else by the effective version; None when it is no PDF.

    ``puid`` is None when the file is a PDF of a version that PRONOM does not know.
    """
    seen = header_facts(path)
    if not seen.pop("is_pdf"):
        return None
    seen |= {"catalogue_version": None, "flavour": None}
    try:
        with pikepdf.open(
            path, suppress_warnings=True, inherit_page_attributes=False, access_mode=access_mode(path)
        ) as pdf:
            seen["catalogue_version"] = catalogue_version(pdf)
            seen["flavour"] = claim_facts(pdf).get("flavour")
    except (MemoryError, RecursionError):
        raise
    except Exception:  # a damaged or locked PDF is still one; what is wrong with it is said by the PDF check
        seen["unreadable"] = True
    seen["version"] = effective_version(seen["header_version"], seen["catalogue_version"])
    seen["puid"] = PDF_BY_FLAVOUR.get(seen["flavour"] or "") or PDF_BY_VERSION.get(seen["version"] or "")
    return seen


def xml_refinement(path: Path) -> str:
    """``fodt`` when the root element is that of a flat OpenDocument text, else ``""``. Only the head is read."""
    parser = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True, load_dtd=False)
    with path.open("rb") as file:
        try:
            parser.feed(file.read(_HEAD_BYTES))
        except etree.XMLSyntaxError:
            return ""
    for _, element in parser.read_events():
        if isinstance(element, etree._Element):
            return "fodt" if element.tag == _ROOT and element.get(_MIMETYPE) in _FLAT_TEXT else ""
    return ""
