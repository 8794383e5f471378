"""Faults of signatures: what was done while signing, or to the file afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from samples.faults.model import Fault, Kit, content_fault
from samples.parcel import Parcel
from samples.tampering import (
    append_tail,
    break_signature_value,
    byte_range_past_end,
    garble_signature,
    shadow_change,
    tamper_after_signing,
)

_LATER = datetime(2025, 10, 1, 2, 0, tzinfo=UTC)
"""After the certificate ``revoked_after`` was revoked, while those of the other signers live."""


def _otherwise(*signers: str, **how: object) -> Callable[[Kit], Parcel]:
    return content_fault(lambda kit, _signed: kit.signed_otherwise(signers, **how))


def _after(change: Callable[[bytes], bytes]) -> Callable[[Kit], Parcel]:
    return content_fault(lambda _kit, signed: change(signed))


SIGNING_FAULTS: tuple[Fault, ...] = (
    Fault(
        "tampered-after-signing",
        "Một byte của nội dung bị đổi sau khi ký",
        ("signatures.tampered",),
        "returned",
        _after(tamper_after_signing),
        also=("signatures.changed-after-signing",),
    ),
    Fault(
        "broken-signature-value",
        "Một bit của giá trị chữ ký cuối cùng bị đổi",
        ("signatures.invalid",),
        "returned",
        _after(lambda pdf: break_signature_value(pdf, -1)),
        also=("signatures.timestamp-broken",),
    ),
    Fault(
        "garbled-signature",
        "Chữ ký cuối cùng bị thay bằng dữ liệu vô nghĩa",
        ("signatures.unreadable",),
        "returned",
        _after(lambda pdf: garble_signature(pdf, -1)),
        also=(
            "signatures.no-agency-signature",
            "signatures.changed-after-signing",
            "signatures.lax-reading",
            "pdfa.not-compliant",
        ),
    ),
    Fault(
        "shadow-replace",
        "Nội dung trang bị thay bằng bản cập nhật sau khi ký",
        ("signatures.changed-after-signing",),
        "returned",
        _after(lambda pdf: shadow_change(pdf, "replace")),
        also=("pdfa.not-compliant",),
    ),
    Fault(
        "shadow-annotation",
        "Thêm ghi chú có chữ đè lên trang sau khi ký",
        ("signatures.changed-after-signing",),
        "returned",
        _after(lambda pdf: shadow_change(pdf, "annotation")),
        also=("pdfa.not-compliant",),
    ),
    Fault(
        "bytes-after-last-signature",
        "Thêm dữ liệu vào cuối tệp sau chữ ký cuối cùng",
        ("signatures.tail-bytes",),
        "in_review",
        _after(append_tail),
        also=("pdfa.not-compliant",),
    ),
    Fault(
        "byte-range-past-end",
        "Vùng được ký vượt quá cuối tệp",
        ("signatures.byte-range-beyond-file",),
        "returned",
        _after(byte_range_past_end),
        also=("signatures.no-agency-signature", "pdfa.not-compliant"),
    ),
    Fault(
        "expired-signer",
        "Người ký ký khi chứng thư số đã hết hạn",
        ("signatures.expired-at-signing",),
        "returned",
        _otherwise("expired", "agency"),
    ),
    Fault(
        "revoked-before-signing",
        "Người ký ký khi chứng thư số đã bị thu hồi",
        ("signatures.revoked",),
        "returned",
        _otherwise("revoked_before", "agency"),
    ),
    Fault(
        "revoked-after-signing",
        "Chứng thư số bị thu hồi sau khi ký, có dấu thời gian chứng minh: vẫn hợp lệ",
        ("signatures.revoked-after",),
        "accepted",
        _otherwise("revoked_after", "agency", evidence_at=_LATER),
    ),
    Fault(
        "unknown-authority",
        "Người ký dùng chứng thư số do tổ chức không có trong danh sách tin cậy cấp",
        ("signatures.unknown-authority",),
        "in_review",
        _otherwise("unknown", "agency"),
    ),
    Fault(
        "no-agency-signature",
        "Thiếu chữ ký số của cơ quan",
        ("signatures.no-agency-signature",),
        "accepted-with-findings",
        _otherwise("person"),
    ),
    Fault(
        "no-person-signature",
        "Thiếu chữ ký số của người có thẩm quyền",
        ("signatures.no-person-signature",),
        "accepted-with-findings",
        _otherwise("agency"),
    ),
    Fault(
        "unsigned",
        "Tệp PDF không có chữ ký số nào",
        ("signatures.none",),
        "accepted-with-findings",
        content_fault(lambda kit, _signed: kit.documents[0].printed().pdf),
    ),
    Fault(
        "no-revocation-data",
        "Không kèm dữ liệu chứng minh chứng thư số chưa bị thu hồi",
        ("signatures.no-revocation-evidence",),
        "in_review",
        _otherwise("person", "agency", evidence=False),
        also=("signatures.timestamp-not-believed",),
    ),
    Fault(
        "untrusted-timestamp",
        "Dấu thời gian do tổ chức không rõ cấp",
        ("signatures.timestamp-not-believed", "signatures.no-revocation-evidence"),
        "in_review",
        _otherwise("person", "agency", tsa="unknown_tsa"),
    ),
    Fault(
        "weak-key",
        "Người ký dùng khóa RSA 1024 bit",
        ("signatures.weak-algorithm",),
        "in_review",
        _otherwise("weak_key", "agency"),
    ),
)
