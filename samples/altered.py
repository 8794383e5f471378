"""PDFs with one thing wrong that is done before signing, or to a file that is not signed at all."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import pikepdf

_CLAIM = b"pdfaid:"


def without_claim(pdf: bytes) -> bytes:
    """A PDF that does not say it is PDF/A; nothing else is changed."""

    def change(document: pikepdf.Pdf) -> None:
        xmp = document.Root.Metadata.read_bytes()
        assert _CLAIM in xmp
        document.Root.Metadata.write(xmp.replace(_CLAIM, b"mauthu:").replace(b"xmlns:pdfaid=", b"xmlns:mauthu="))

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
    """A right PDF/A whose XMP lies beyond the first 64 KiB: 160 KB of comments stand in its page content before it."""

    def change(document: pikepdf.Pdf) -> None:
        lines = (hashlib.sha512(b"%d" % number).hexdigest().encode() for number in range(2000))
        page = document.pages[0]
        page.contents_add(b"\n".join(b"% " + line for line in lines), prepend=False)
        xmp = document.Root.Metadata.read_bytes()
        moved = document.make_stream(xmp)
        moved.Type, moved.Subtype = pikepdf.Name.Metadata, pikepdf.Name.XML
        document.Root.Metadata = moved

    return _saved(pdf, change)


def encrypted(pdf: bytes, *, user: str = "", owner: str = "chu-so-huu") -> bytes:
    """The PDF under a password to open it (``user``), or only under one to change it."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        out = io.BytesIO()
        document.save(out, encryption=pikepdf.Encryption(user=user, owner=owner, R=6))
    return out.getvalue()


def truncated(pdf: bytes) -> bytes:
    """The first three fifths, as a broken transfer leaves them."""
    return pdf[: len(pdf) * 3 // 5]


def _saved(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        out = io.BytesIO()
        document.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.preserve)
    return out.getvalue()
