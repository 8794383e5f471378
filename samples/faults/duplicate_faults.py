"""Duplicates on three levels, within one submission and against what is held already."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from samples.faults.model import Fault, Kit
from samples.hoso import Entry, Hoso
from samples.parcel import Parcel, bag_of
from samples.signing import add_revocation_data, sign_pdf
from samples.workshop import signing_time


def _same_bytes(kit: Kit) -> Parcel:
    hoso = kit.hoso()
    twin = replace(hoso.entries[0], path=f"Bản sao {hoso.entries[0].path}")
    return bag_of(replace(hoso, entries=(*hoso.entries, twin)))


def _same_identity(kit: Kit) -> Parcel:
    """Another text under the number, notation, agency and date of the first."""
    hoso = kit.hoso()
    first = kit.documents[0]
    other = replace(first, page=replace(first.page, subject="nhắc lại thời điểm gửi, nhận văn bản điện tử"))
    entry = Entry.of(other, kit.workshop.signed_as(other.printed(), ("person", "agency"), at=signing_time(other)))
    return bag_of(replace(hoso, entries=(*hoso.entries, replace(entry, path=f"Thay thế {first.name}"))))


def _held_in_another(kit: Kit) -> Parcel:
    """Another hồ sơ that holds the first document too."""
    hoso, third = kit.hoso(), kit.third_document()
    entries = (hoso.entries[0], Entry.of(third, kit.workshop.signed(third)))
    return bag_of(Hoso(f"{hoso.code}B", "Hồ sơ thứ hai có cùng một văn bản", entries))


def _signed_further(kit: Kit) -> Parcel:
    """Another hồ sơ that holds the first document with one more signature: the signed revision is the same."""
    hoso, third, first = kit.hoso(), kit.third_document(), kit.documents[0]
    at = signing_time(first) + timedelta(days=1)
    longer = sign_pdf(hoso.entries[0].content, kit.workshop.pki, "person2", at=at, timestamp=True)
    longer = add_revocation_data(longer, kit.workshop.pki, ["person2", "tsa"], at + timedelta(minutes=30))
    entries = (replace(hoso.entries[0], content=longer), Entry.of(third, kit.workshop.signed(third)))
    return bag_of(Hoso(f"{hoso.code}B", "Hồ sơ thứ hai có văn bản được ký thêm", entries))


DUPLICATE_FAULTS: tuple[Fault, ...] = (
    Fault(
        "duplicate-in-batch",
        "Hai tệp giống nhau từng byte trong một hồ sơ",
        ("duplicates.same-bytes-in-batch",),
        "returned",
        _same_bytes,
    ),
    Fault(
        "same-identity",
        "Hai văn bản khác nhau cùng số, ký hiệu, cơ quan và ngày",
        ("duplicates.same-identity",),
        "in_review",
        _same_identity,
    ),
    Fault(
        "duplicate-of-holdings",
        "Văn bản đã có trong một hồ sơ đã lưu",
        ("duplicates.same-bytes-in-holdings",),
        "in_review",
        _held_in_another,
        before=Kit.good,
    ),
    Fault(
        "same-signed-revision",
        "Văn bản đã lưu, nay nộp lại với thêm một chữ ký",
        ("duplicates.same-signed-revision",),
        "in_review",
        _signed_further,
        before=Kit.good,
    ),
    Fault(
        "submitted-twice",
        "Nộp lại đúng hồ sơ đã nộp: nhận ra là một, không lưu hai lần",
        (),
        "accepted",
        Kit.good,
        before=Kit.good,
    ),
)
