"""PDFs with one thing wrong that is done before signing, or to a file that is not signed at all."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import pikepdf
from lxml import etree

_CLAIM = "http://www.aiim.org/pdfa/ns/id/"


def without_claim(pdf: bytes) -> bytes:
    """A PDF that does not say it is PDF/A; nothing else is changed."""

    def change(document: pikepdf.Pdf) -> None:
        packet = etree.fromstring(document.Root.Metadata.read_bytes())
        claimed = 0
        for element in packet.iter(tag=etree.Element):
            for name in [name for name in element.attrib if _CLAIM in str(name)]:
                del element.attrib[name]
                claimed += 1
        assert claimed, "there is a claim to take away"
        etree.cleanup_namespaces(packet)
        document.Root.Metadata.write(etree.tostring(packet, encoding="utf-8"))

    return _saved(pdf, change)


def with_false_claim(pdf: bytes) -> bytes:
    """A PDF that says it is PDF/A-2u and gives no output intent for its colours."""

    def change(document: pikepdf.Pdf) -> None:
        del document.Root.OutputIntents

    return _saved(pdf, change)


def with_javascript(pdf: bytes) -> bytes:
    """A PDF that runs a script when it is opened."""

    def change(document: pikepdf.Pdf) -> None:
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('Xin chào');")
        document.Root.OpenAction = document.make_indirect(script)

    return _saved(pdf, change)


def with_embedded_file(pdf: bytes) -> bytes:
    """A PDF with a spreadsheet inside."""

    def change(document: pikepdf.Pdf) -> None:
        attached = pikepdf.AttachedFileSpec(
            document,
            b"TT;So luong\n1;1284\n",
            description="Số liệu",
            filename="so-lieu.csv",
            mime_type="text/csv",
            creation_date="D:20250101080000Z",
            mod_date="D:20250101080000Z",
        )
        document.attachments["so-lieu.csv"] = attached

    return _saved(pdf, change)


def with_late_metadata(pdf: bytes) -> bytes:
    """A right PDF/A whose XMP lies beyond the first 64 KiB: 130 KB of comments in its first page stand before it."""

    def change(document: pikepdf.Pdf) -> None:
        lines = (hashlib.sha512(b"%d" % number).hexdigest().encode() for number in range(2000))
        document.pages[0].contents_add(b"\n".join(b"% " + line for line in lines), prepend=False)

    # A linearised file has what its first page needs before all else.
    return _saved(pdf, change, linearised=True)


def encrypted(pdf: bytes, *, user: str = "", owner: str = "chu-so-huu") -> bytes:
    """The PDF under a password to open it (``user``), or only under one to change it."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        out = io.BytesIO()
        document.save(out, encryption=pikepdf.Encryption(user=user, owner=owner, R=6))
    return out.getvalue()


def truncated(pdf: bytes) -> bytes:
    """What a broken transfer leaves: three fifths of the first revision, so that not even that is whole."""
    return pdf[: pdf.index(b"%%EOF") * 3 // 5]


def _saved(pdf: bytes, change: Callable[[pikepdf.Pdf], None], *, linearised: bool = False) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        out = io.BytesIO()
        kept = pikepdf.ObjectStreamMode.preserve
        document.save(out, deterministic_id=True, object_stream_mode=kept, linearize=linearised)
    return out.getvalue()
