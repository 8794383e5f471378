"""Faults of single files: PDF/A, encryption, formats, names that lie, malware."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace

from samples.altered import (
    encrypted,
    truncated,
    with_embedded_file,
    with_false_claim,
    with_javascript,
    with_late_metadata,
    without_claim,
)
from samples.faults.model import Fault, Kit, content_fault, hoso_fault
from samples.hoso import Entry, Hoso
from samples.originals import docx_of, fodt_of, png_of
from samples.parcel import Parcel
from samples.rendering import Rendered
from samples.workshop import PERSON_AND_AGENCY, signing_time

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless text every scanner agrees to report; written in two parts so that this file is not reported itself."""


def _before_signing(change: Callable[[bytes], bytes]) -> Callable[[Kit], Parcel]:
    """Changed first, then signed as it should be: the signatures are right."""

    def make(kit: Kit, _signed: bytes) -> bytes:
        printed: Rendered = kit.documents[0].printed()
        altered = replace(printed, pdf=change(printed.pdf))
        return kit.workshop.signed_as(altered, PERSON_AND_AGENCY, at=signing_time(kit.documents[0]))

    return content_fault(make)


def _instead(make: Callable[[Kit], tuple[bytes, str]]) -> Callable[[Kit], Parcel]:
    """The first document has other content, under the same name with another suffix."""

    def change(kit: Kit, hoso: Hoso) -> Hoso:
        content, suffix = make(kit)
        first = hoso.entries[0]
        path = first.path.removesuffix(".pdf") + suffix
        return hoso.with_entry(0, replace(first, path=path, content=content))

    return hoso_fault(change)


def _with_third(path: str, content: bytes) -> Callable[[Kit], Parcel]:
    """A third file beside the two good ones, in the list as it should be."""

    def change(kit: Kit, hoso: Hoso) -> Hoso:
        entry = Entry.of(kit.third_document(), content, path, numberOfPage=1)
        return replace(hoso, entries=(*hoso.entries, entry))

    return hoso_fault(change)


def _infected(kit: Kit) -> tuple[bytes, str]:
    """A text document with the test string as one of its parts, not compressed."""
    out = io.BytesIO(docx_of(kit.documents[0]))
    with zipfile.ZipFile(out, "a") as container:
        container.writestr(zipfile.ZipInfo("word/media/mau-thu.bin", (2025, 1, 1, 8, 0, 0)), EICAR)
    return out.getvalue(), ".docx"


def _doctype_in(kit: Kit) -> tuple[bytes, str]:
    head, _, rest = fodt_of(kit.documents[0]).partition(b"\n")
    return head + b'\n<!DOCTYPE office:document [<!ENTITY x "Khong duoc phep">]>\n' + rest, ".fodt"


FILE_FAULTS: tuple[Fault, ...] = (
    Fault(
        "not-pdfa",
        "Tệp PDF không khai là PDF/A",
        ("pdfa.no-claim",),
        "accepted-with-findings",
        _before_signing(without_claim),
    ),
    Fault(
        "pdfa-claim-false",
        "Tệp khai PDF/A-2u nhưng thiếu mô tả màu bắt buộc",
        ("pdfa.not-compliant",),
        "accepted-with-findings",
        _before_signing(with_false_claim),
    ),
    Fault(
        "javascript",
        "Tệp PDF chạy mã JavaScript khi mở",
        ("pdfa.javascript", "pdfa.not-compliant"),
        "accepted-with-findings",
        _before_signing(with_javascript),
    ),
    Fault(
        "embedded-file",
        "Tệp PDF có bảng tính nhúng bên trong",
        ("pdfa.embedded-files", "pdfa.not-compliant"),
        "accepted-with-findings",
        _before_signing(with_embedded_file),
    ),
    Fault(
        "xmp-beyond-64k",
        "Khai báo PDF/A nằm sau 64 KiB đầu tệp: vẫn đúng",
        (),
        "accepted",
        _before_signing(with_late_metadata),
    ),
    Fault(
        "encrypted-to-open",
        "Tệp PDF cần mật khẩu để mở",
        ("pdfa.encrypted",),
        "returned",
        content_fault(lambda kit, _signed: encrypted(kit.documents[0].printed().pdf, user="mat-khau")),
        also=("signatures.unreadable-file", "malware.file.encrypted"),
    ),
    Fault(
        "encrypted-to-change",
        "Tệp PDF đặt mật khẩu hạn chế sửa, in",
        ("pdfa.encrypted",),
        "returned",
        content_fault(lambda kit, _signed: encrypted(kit.documents[0].printed().pdf)),
        also=("signatures.none", "pdfa.not-compliant"),
    ),
    Fault(
        "damaged-pdf",
        "Tệp PDF bị cắt ngang khi truyền",
        ("pdfa.damaged",),
        "returned",
        content_fault(lambda _kit, signed: truncated(signed)),
        also=("signatures.unreadable-file",),
    ),
    Fault(
        "png-named-pdf",
        "Ảnh PNG mang tên .pdf",
        ("format.extension-mismatch",),
        "returned",
        content_fault(lambda kit, _signed: png_of(kit.documents[0])),
        also=("pdfa.not-a-pdf", "signatures.not-a-pdf"),
    ),
    Fault(
        "empty-file",
        "Tệp rỗng (0 byte)",
        ("format.empty-file",),
        "returned",
        content_fault(lambda _kit, _signed: b""),
        also=("pdfa.not-a-pdf", "signatures.not-a-pdf"),
    ),
    Fault(
        "format-not-allowed",
        "Định dạng ngoài danh mục (tệp chương trình)",
        ("format.not-allowed",),
        "returned",
        _with_third("tien-ich.exe", b"MZ" + bytes(58) + b"\x40\x00\x00\x00" + b"PE\x00\x00\x64\x86" + bytes(256)),
        also=("encoding.head.unread",),
    ),
    Fault(
        "doctype-in-fodt",
        "Tệp FODT có khai báo DOCTYPE và thực thể",
        ("encoding.document.doctype",),
        "returned",
        _instead(_doctype_in),
    ),
    Fault(
        "eicar",
        "Tệp DOCX chứa chuỗi thử mã độc EICAR",
        ("malware.infected",),
        "returned",
        _instead(_infected),
    ),
)
