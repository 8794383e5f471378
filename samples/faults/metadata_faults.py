"""Faults of metadata: values, fields, encodings, and marks of state secrecy."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from samples.documents import Document
from samples.faults.model import Fault, Kit, hoso_fault
from samples.hoso import METADATA, Entry, Hoso
from samples.legacy_text import tcvn3, vni
from samples.parcel import Parcel, bag_of
from samples.workshop import PERSON_AND_AGENCY, signing_time


def _second(**changed: Any) -> Callable[[Kit], Parcel]:
    return hoso_fault(lambda _kit, hoso: hoso.with_entry(1, hoso.entries[1].with_fields(**changed)))


def _written_in(scheme: Callable[[str], str]) -> Callable[[Kit], Parcel]:
    """Every Vietnamese text of the metadata as a program without Unicode exports it."""

    def change(_kit: Kit, hoso: Hoso) -> Hoso:
        entries = tuple(
            entry.with_fields(subject=scheme(entry.fields["subject"]), organName=scheme(entry.fields["organName"]))
            for entry in hoso.entries
        )
        return replace(hoso, title=scheme(hoso.title), entries=entries)

    def make(kit: Kit) -> Parcel:
        hoso = change(kit, kit.hoso())
        # The bag's own tag files stay right: only the metadata comes from the old program.
        return bag_of(kit.hoso(), payload=hoso.payload())

    return make


def _raw_bytes(kit: Kit) -> Parcel:
    hoso = kit.hoso()
    payload = hoso.payload()
    text = payload[METADATA].decode("utf-8").replace(hoso.title, tcvn3(hoso.title))
    # One title in single bytes is enough: no reader of UTF-8 gets past it.
    old = tcvn3(hoso.title).encode("latin-1")
    payload[METADATA] = text.encode("utf-8").replace(tcvn3(hoso.title).encode("utf-8"), old)
    return bag_of(hoso, payload=payload)


def _decomposed(_kit: Kit, hoso: Hoso) -> Hoso:
    return replace(
        hoso,
        entries=tuple(replace(entry, path=unicodedata.normalize("NFD", entry.path)) for entry in hoso.entries),
    )


def _marked(kit: Kit, hoso: Hoso) -> Hoso:
    first = kit.documents[0]
    marked: Document = replace(first, page=replace(first.page, secrecy_mark="TỐI MẬT"))
    return hoso.with_entry(
        0, Entry.of(marked, kit.workshop.signed_as(marked.printed(), PERSON_AND_AGENCY, at=signing_time(first)))
    )


METADATA_FAULTS: tuple[Fault, ...] = (
    Fault(
        "bad-date",
        "Ngày văn bản 31/02/2025 không có thật",
        ("metadata.date.invalid",),
        "returned",
        hoso_fault(
            lambda _kit, hoso: replace(
                hoso.with_entry(1, hoso.entries[1].with_fields(issuedDate="31/02/2025")),
                about={"startDate": "04/03/2025", "endDate": "11/03/2025"},
            )
        ),
    ),
    Fault(
        "unknown-code",
        "Tên loại văn bản «77» không có trong bảng mã",
        ("metadata.value.unknown-code",),
        "returned",
        _second(typeName="77"),
    ),
    Fault(
        "mandatory-missing",
        "Thiếu trích yếu nội dung",
        ("metadata.field.missing",),
        "returned",
        hoso_fault(lambda _kit, hoso: hoso.with_entry(1, hoso.entries[1].without("subject"))),
    ),
    Fault(
        "value-too-long",
        "Số của văn bản dài 12 ký tự",
        ("metadata.value.too-long",),
        "returned",
        _second(codeNumber="123456789012"),
    ),
    Fault(
        "wrong-agency-code",
        "Mã định danh cơ quan sai cú pháp",
        ("metadata.agency.code-invalid",),
        "returned",
        hoso_fault(lambda _kit, hoso: replace(hoso, agency={**hoso.agency, "code": "H99/12"})),
    ),
    Fault(
        "dates-out-of-order",
        "Thời gian kết thúc hồ sơ sớm hơn thời gian bắt đầu",
        ("metadata.date.out-of-order",),
        "returned",
        hoso_fault(lambda _kit, hoso: replace(hoso, about={"endDate": "01/01/2025"})),
    ),
    Fault(
        "nfd-names",
        "Tên tệp viết bằng Unicode tổ hợp (NFD): vẫn đúng",
        ("encoding.text.decomposed",),
        "accepted",
        hoso_fault(_decomposed),
    ),
    Fault(
        "tcvn3-metadata",
        "Dữ liệu đặc tả viết bằng TCVN3 (ABC)",
        ("encoding.metadata.legacy",),
        "returned",
        _written_in(tcvn3),
    ),
    Fault(
        "vni-metadata",
        "Dữ liệu đặc tả viết bằng VNI",
        ("encoding.metadata.legacy",),
        "returned",
        _written_in(vni),
    ),
    Fault(
        "metadata-not-utf8",
        "Tệp dữ liệu đặc tả có byte không phải UTF-8",
        ("metadata.file.not-unicode",),
        "returned",
        _raw_bytes,
        also=("list.absent",),
    ),
    Fault(
        "secrecy-mark-in-metadata",
        "Ký hiệu thông tin ghi «MẬT»",
        ("encoding.secrecy-mark",),
        "refused",
        _second(inforSign="MẬT"),
    ),
    Fault(
        "secrecy-mode",
        "Chế độ sử dụng «03» (Mật)",
        ("encoding.secrecy-mark",),
        "refused",
        _second(mode="03"),
    ),
    Fault(
        "secrecy-mark-on-page",
        "Dấu «TỐI MẬT» ở đầu trang thứ nhất",
        ("encoding.secrecy-mark",),
        "refused",
        hoso_fault(_marked),
    ),
)
