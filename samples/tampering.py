"""Breaks a signed PDF in exactly one way: flipped bytes, shadow-style updates, tails, byte ranges past the end."""

# pyHanko leaves these constructors without annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import io
import re

from asn1crypto import cms, core
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

_CONTENTS = re.compile(rb"/Contents\s*<([0-9a-fA-F]{2000,})>")
_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


def tamper_after_signing(pdf: bytes, marker: bytes = b"/MediaBox") -> bytes:
    """``pdf`` with one covered byte changed: a digit after the first ``marker``, so that it still parses."""
    start = pdf.index(marker)
    found = re.search(rb"[1-9]", pdf[start:])
    assert found is not None
    place = start + found.start()
    digit = b"1" if pdf[place : place + 1] != b"1" else b"2"
    return pdf[:place] + digit + pdf[place + 1 :]


def break_signature_value(pdf: bytes, number: int = 0) -> bytes:
    """``pdf`` with one bit of the signature value of signature ``number`` turned; everything else verifies."""
    found = list(_CONTENTS.finditer(pdf))[number]
    der = bytes.fromhex(found.group(1).decode())
    info = cms.ContentInfo.load(der)
    value = bytes(info["content"]["signer_infos"][0]["signature"].native)
    changed = value[:-1] + bytes([value[-1] ^ 1])
    place = der.index(value)
    der = der[:place] + changed + der[place + len(value) :]
    return pdf[: found.start(1)] + der.hex().encode() + pdf[found.end(1) :]


def strip_certificates(pdf: bytes, number: int = 0) -> bytes:
    """``pdf`` whose signature ``number`` comes without any certificate; its value is untouched."""
    found = list(_CONTENTS.finditer(pdf))[number]
    info = cms.ContentInfo.load(bytes.fromhex(found.group(1).decode()))
    content = info["content"]
    kept = {key: content[key] for key in content if key != "certificates"}
    bare = cms.SignedData({key: value for key, value in kept.items() if not isinstance(value, core.Void)})
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": bare}).dump(force=True)
    return pdf[: found.start(1)] + der.hex().encode().ljust(len(found.group(1)), b"0") + pdf[found.end(1) :]


def garble_signature(pdf: bytes, number: int = 0) -> bytes:
    """``pdf`` whose signature ``number`` holds bytes that are no CMS at all."""
    found = list(_CONTENTS.finditer(pdf))[number]
    return pdf[: found.start(1)] + b"ab" * (len(found.group(1)) // 2) + pdf[found.end(1) :]


def byte_range_past_end(pdf: bytes, number: int = -1) -> bytes:
    """``pdf`` re-saved as some gazettes are: the byte range of signature ``number`` says more bytes than there are."""
    found = list(_BYTE_RANGE.finditer(pdf))[number]
    start, length = (b"9" * len(found.group(number)) for number in (3, 4))
    assert int(start) + int(length) > len(pdf), "as many digits as there are do not reach past the end"
    pdf = pdf[: found.start(4)] + length + pdf[found.end(4) :]
    return pdf[: found.start(3)] + start + pdf[found.end(3) :]


def append_tail(pdf: bytes, tail: bytes = b"\n% phan duoi khong duoc ky\n1 0 obj\n<<>>\nendobj\n") -> bytes:
    """``pdf`` with bytes after its last ``%%EOF`` that no cross-reference table knows."""
    return pdf + tail


def shadow_change(pdf: bytes, family: str = "replace") -> bytes:
    """``pdf`` with an incremental update that changes what a reader sees after signing.

    ``replace``: new page content; ``hide``: a page drawn over by an added content stream; ``hide-and-replace``: the
    page list points to another page; ``annotation``: a free-text note over the page (EAA); ``signature-annotation``:
    a second look for the signature widget (SSA); ``field``: a form field with a value; ``metadata``: the catalogue
    gets an action; ``page-added``: one page more.
    """
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    _CHANGES[family](writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _first_page(writer: IncrementalPdfFileWriter) -> generic.IndirectObject:
    page: generic.IndirectObject = writer.find_page_for_modification(0)[0]
    return page


def _stream(text: bytes) -> generic.StreamObject:
    return generic.StreamObject(stream_data=text)


_BLACKOUT = b"q 1 1 1 rg 0 0 2000 2000 re f Q q 0 0 0 rg 100 100 200 50 re f Q"


def _replace(writer: IncrementalPdfFileWriter) -> None:
    page = _first_page(writer)
    page.get_object()["/Contents"] = writer.add_object(_stream(_BLACKOUT))
    writer.mark_update(page)


def _hide(writer: IncrementalPdfFileWriter) -> None:
    page = _first_page(writer)
    contents = page.get_object().raw_get("/Contents") if "/Contents" in page.get_object() else None
    streams = list(contents.get_object()) if isinstance(contents, generic.ArrayObject) else [contents]
    cover = writer.add_object(_stream(_BLACKOUT))
    page.get_object()["/Contents"] = generic.ArrayObject([*(item for item in streams if item is not None), cover])
    writer.mark_update(page)


def _hide_and_replace(writer: IncrementalPdfFileWriter) -> None:
    page = _first_page(writer).get_object()
    pages = writer.root["/Pages"]
    twin = generic.DictionaryObject({key: page.raw_get(key) for key in page})
    twin[pdf_name("/Contents")] = writer.add_object(_stream(_BLACKOUT))
    kids = pages["/Kids"]
    kids[0] = writer.add_object(twin)
    writer.update_container(kids)


def _annotation(writer: IncrementalPdfFileWriter) -> None:
    page = _first_page(writer)
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(item) for item in (50, 50, 400, 700)]),
            pdf_name("/Contents"): generic.TextStringObject("Số tiền: 900.000.000 đồng"),
            pdf_name("/DA"): generic.TextStringObject("/Helv 12 Tf 0 g"),
        }
    )
    target = page.get_object()
    old = list(target["/Annots"]) if "/Annots" in target else []
    target["/Annots"] = generic.ArrayObject([*old, writer.add_object(note)])
    writer.mark_update(page)


def _signature_annotation(writer: IncrementalPdfFileWriter) -> None:
    field = writer.root["/AcroForm"]["/Fields"].raw_get(0)
    widget = field.get_object()
    appearance = generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): generic.ArrayObject([generic.NumberObject(item) for item in (0, 0, 500, 700)]),
        },
        stream_data=_BLACKOUT,
    )
    widget["/AP"] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(appearance)})
    widget["/Rect"] = generic.ArrayObject([generic.NumberObject(item) for item in (0, 0, 500, 700)])
    writer.mark_update(field)


def _field(writer: IncrementalPdfFileWriter) -> None:
    field = generic.DictionaryObject(
        {
            pdf_name("/FT"): pdf_name("/Tx"),
            pdf_name("/T"): generic.TextStringObject("SoTien"),
            pdf_name("/V"): generic.TextStringObject("1.000.000.000"),
        }
    )
    form = writer.root["/AcroForm"]
    form["/Fields"].append(writer.add_object(field))
    writer.update_container(form["/Fields"])


def _metadata(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/OpenAction"] = generic.DictionaryObject(
        {
            pdf_name("/S"): pdf_name("/JavaScript"),
            pdf_name("/JS"): generic.TextStringObject("app.alert('doi')"),
        }
    )
    writer.update_root()


def _page_added(writer: IncrementalPdfFileWriter) -> None:
    page = _first_page(writer).get_object()
    pages = writer.root["/Pages"]
    twin = generic.DictionaryObject({key: page.raw_get(key) for key in page if key != "/Annots"})
    twin[pdf_name("/Contents")] = writer.add_object(_stream(_BLACKOUT))
    pages["/Kids"].append(writer.add_object(twin))
    pages["/Count"] = generic.NumberObject(int(pages["/Count"]) + 1)
    writer.update_container(pages["/Kids"])
    writer.update_container(pages)


def _unsigned(writer: IncrementalPdfFileWriter) -> None:
    del writer.root["/AcroForm"]
    writer.update_root()
    _replace(writer)


def retitle(pdf: bytes, old: bytes, new: bytes) -> bytes:
    """``pdf`` with an update of its XMP packet in which ``old`` became ``new``."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    packet = writer.root["/Metadata"]
    changed = generic.StreamObject(
        {pdf_name("/Type"): pdf_name("/Metadata"), pdf_name("/Subtype"): pdf_name("/XML")},
        stream_data=packet.data.replace(old, new),
    )
    writer.root["/Metadata"] = writer.add_object(changed)
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def remove_signatures(pdf: bytes) -> bytes:
    """``pdf`` with an update that changes its page and takes away the form that leads to its signatures."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    _unsigned(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


_CHANGES = {
    "replace": _replace,
    "hide": _hide,
    "hide-and-replace": _hide_and_replace,
    "annotation": _annotation,
    "signature-annotation": _signature_annotation,
    "field": _field,
    "metadata": _metadata,
    "page-added": _page_added,
}
SHADOW_FAMILIES = tuple(_CHANGES)
