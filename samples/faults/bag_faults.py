"""Faults of the bag and of the list: what the package says of itself is not so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

from samples.bagging import Files, with_tag_manifests
from samples.faults.model import Fault, Kit, hoso_fault
from samples.hoso import Entry, Hoso
from samples.parcel import Parcel, bag_of


def _files(change: Callable[[Kit, Files], Files]) -> Callable[[Kit], Parcel]:
    """A builder that changes the files of the finished bag; tag manifests are made right again."""

    def make(kit: Kit) -> Parcel:
        return Parcel(with_tag_manifests(change(kit, dict(kit.good().files))))

    return make


def _payload(change: Callable[[Kit, dict[str, bytes]], dict[str, bytes]]) -> Callable[[Kit], Parcel]:
    """A builder that changes what lies in the payload; manifests follow, the list does not."""

    def make(kit: Kit) -> Parcel:
        hoso = kit.hoso()
        return bag_of(hoso, payload=change(kit, hoso.payload()))

    return make


def _second(kit: Kit) -> str:
    return kit.documents[1].name


def _wrong_digest(kit: Kit, files: Files) -> Files:
    name = f"data/{_second(kit)}"
    for algorithm in ("sha256", "sha512"):
        manifest = f"manifest-{algorithm}.txt"
        right = hashlib.new(algorithm, files[name]).hexdigest().encode()
        wrong = hashlib.new(algorithm, b"").hexdigest().encode()
        files[manifest] = files[manifest].replace(right, wrong)
    return files


def _unlisted(kit: Kit, files: Files) -> Files:
    for manifest in ("manifest-sha256.txt", "manifest-sha512.txt"):
        lines = files[manifest].decode().splitlines(keepends=True)
        files[manifest] = "".join(line for line in lines if _second(kit) not in line).encode()
    return files


def _to_fetch(kit: Kit, files: Files) -> Files:
    content = files.pop(f"data/{_second(kit)}")
    line = f"https://luutru.vidu.invalid/van-ban {len(content)} data/{_second(kit)}\n"
    files["fetch.txt"] = line.encode()
    return files


def _oxum(_kit: Kit, files: Files) -> Files:
    lines = files["bag-info.txt"].decode().splitlines()
    wrong = ["Payload-Oxum: 1.1" if line.startswith("Payload-Oxum:") else line for line in lines]
    files["bag-info.txt"] = ("\n".join(wrong) + "\n").encode()
    return files


def _changed_tag(kit: Kit) -> Parcel:
    files = dict(kit.good().files)
    files["bag-info.txt"] = files["bag-info.txt"].replace(b"2025-06-10", b"2025-06-11")
    return Parcel(files)


def _without_declaration(kit: Kit) -> Parcel:
    files = dict(kit.good().files)
    del files["bagit.txt"]
    return Parcel(with_tag_manifests(files))


def _with_extra(kit: Kit, payload: dict[str, bytes]) -> dict[str, bytes]:
    extra = kit.third_document()
    return payload | {extra.name: kit.workshop.signed(extra)}


def _without_second(kit: Kit, payload: dict[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in payload.items() if path != _second(kit)}


def _bare_line(kit: Kit, hoso: Hoso) -> Hoso:
    second = hoso.entries[1]
    return hoso.with_entry(1, Entry(second.path, second.content, {}, second.kind))


def _twice(_kit: Kit, hoso: Hoso) -> Hoso:
    again = hoso.entries[1].with_fields(codeNumber="9999")
    return replace(hoso, entries=(*hoso.entries, again), about={"totalDoc": 2})


BAG_FAULTS: tuple[Fault, ...] = (
    Fault(
        "missing-document",
        "Danh mục có hai văn bản, gói chỉ có một",
        ("list.document.missing",),
        "returned",
        _payload(_without_second),
        also=("list.total.differs",),
    ),
    Fault(
        "extra-document",
        "Gói có văn bản không có trong danh mục",
        ("list.document.extra",),
        "returned",
        _payload(_with_extra),
        also=("list.total.differs",),
    ),
    Fault(
        "wrong-total",
        "Tổng số tài liệu ghi 3, thực có 2",
        ("list.total.differs",),
        "returned",
        hoso_fault(lambda _kit, hoso: replace(hoso, about={"totalDoc": 3})),
    ),
    Fault(
        "listed-twice",
        "Một tệp được ghi hai dòng trong danh mục",
        ("list.document.linked-twice",),
        "returned",
        hoso_fault(_twice),
        also=("list.total.differs",),
    ),
    Fault(
        "document-without-metadata",
        "Văn bản có trong danh mục nhưng không có dữ liệu đặc tả",
        ("metadata.field.missing",),
        "returned",
        hoso_fault(_bare_line),
        also=("metadata.field.expected",),
    ),
    Fault(
        "bad-checksum",
        "Giá trị băm trong bảng kê không khớp tệp",
        ("bag.payload.changed",),
        "returned",
        _files(_wrong_digest),
    ),
    Fault(
        "missing-manifest-entry",
        "Tệp trong data/ không có trong bảng kê",
        ("bag.payload.unlisted",),
        "returned",
        _files(_unlisted),
    ),
    Fault(
        "no-bagit-txt",
        "Gói không có tệp khai báo bagit.txt",
        ("list.absent",),
        "returned",
        _without_declaration,
        also=(
            "bag.declaration.missing",
            "metadata.file.missing",
            "format.not-allowed",
            "format.unknown",
            "format.extension-mismatch",
        ),
    ),
    Fault(
        "fetch-txt",
        "Văn bản phải tải từ nơi khác theo fetch.txt",
        ("bag.fetch.refused",),
        "returned",
        _files(_to_fetch),
        also=("bag.payload.missing", "bag.info.oxum-mismatch", "list.document.missing", "list.total.differs"),
    ),
    Fault(
        "payload-oxum-wrong",
        "Payload-Oxum không khớp nội dung",
        ("bag.info.oxum-mismatch",),
        "returned",
        _files(_oxum),
    ),
    Fault(
        "tag-file-changed",
        "Tệp bag-info.txt bị đổi sau khi đóng gói",
        ("bag.tagfile.changed",),
        "returned",
        _changed_tag,
    ),
)
