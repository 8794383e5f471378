"""Who exists in the test PKI: names as the state's certificates carry them, validity, and who issued whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

TEST_MARK = "THỬ NGHIỆM"
GOVERNMENT = "Ban Cơ yếu Chính phủ (THỬ NGHIỆM)"
PROVINCE = "Ủy ban nhân dân tỉnh Bình Minh"


def utc(year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class EntitySpec:
    """One certificate to issue. ``issuer`` None means self-signed; ``kind``: root, ca, person, agency, tsa or ocsp."""

    label: str
    kind: str
    issuer: str | None
    common_name: str
    not_before: datetime
    not_after: datetime
    organization: str = GOVERNMENT
    unit: str | None = None
    user_id: str | None = None
    revoked_at: datetime | None = None
    key_bits: int = 2048


_SIGNERS_FROM, _SIGNERS_UNTIL = utc(2023, 6, 1), utc(2028, 6, 1)


def _person(
    label: str,
    name: str,
    user_id: str,
    *,
    issuer: str = "agency_ca_g2",
    not_before: datetime = _SIGNERS_FROM,
    not_after: datetime = _SIGNERS_UNTIL,
    revoked_at: datetime | None = None,
    key_bits: int = 2048,
) -> EntitySpec:
    return EntitySpec(
        label, "person", issuer, name, not_before, not_after, PROVINCE, "Sở Nội vụ", user_id, revoked_at, key_bits
    )


ENTITIES: tuple[EntitySpec, ...] = (
    EntitySpec("root_g1", "root", None, f"RootCA chuyên dùng Chính phủ ({TEST_MARK})", utc(2010), utc(2030)),
    EntitySpec("root_g2", "root", None, f"RootCA chuyên dùng Chính phủ G2 ({TEST_MARK})", utc(2018), utc(2048)),
    EntitySpec("agency_ca_g1", "ca", "root_g1", f"CA phục vụ các cơ quan Nhà nước ({TEST_MARK})", utc(2010), utc(2030)),
    EntitySpec(
        "agency_ca_g2", "ca", "root_g2", f"CA phục vụ các cơ quan Nhà nước G2 ({TEST_MARK})", utc(2018), utc(2048)
    ),
    EntitySpec("public_root", "root", None, f"Vietnam National Root CA ({TEST_MARK})", utc(2018), utc(2043), "NEAC"),
    EntitySpec("public_ca", "ca", "public_root", f"CA công cộng Thử Nghiệm ({TEST_MARK})", utc(2018), utc(2043), "CA"),
    EntitySpec("unknown_root", "root", None, "CA không rõ nguồn gốc", utc(2015), utc(2045), "Công ty Không Rõ"),
    EntitySpec("tsa", "tsa", "agency_ca_g2", f"Dịch vụ cấp dấu thời gian ({TEST_MARK})", utc(2019), utc(2040)),
    EntitySpec("tsa_expired", "tsa", "agency_ca_g2", "Dịch vụ cấp dấu thời gian cũ", utc(2019), utc(2025, 6)),
    EntitySpec("unknown_tsa", "tsa", "unknown_root", "Dấu thời gian không rõ", utc(2019), utc(2040), "Công ty"),
    EntitySpec("ocsp_g2", "ocsp", "agency_ca_g2", f"OCSP CA G2 ({TEST_MARK})", utc(2019), utc(2047)),
    _person("person", "Nguyễn Văn An", "CCCD:001080000001"),
    _person("person2", "Trần Thị Bích Ngọc", "CCCD:001180000002"),
    EntitySpec(
        "agency",
        "agency",
        "agency_ca_g2",
        "Sở Nội vụ tỉnh Bình Minh",
        _SIGNERS_FROM,
        _SIGNERS_UNTIL,
        PROVINCE,
        user_id="MDD:H99.12",
    ),
    EntitySpec(
        "public_agency",
        "agency",
        "public_ca",
        "Công ty TNHH Thử Nghiệm",
        _SIGNERS_FROM,
        _SIGNERS_UNTIL,
        "Công ty TNHH Thử Nghiệm",
        user_id="MST:0100000001",
    ),
    _person("person_g1", "Lê Quang Đạo", "CCCD:001070000003", issuer="agency_ca_g1"),
    _person("expired", "Phạm Thị Hồng", "CCCD:001170000004", not_before=utc(2020, 6, 1), not_after=utc(2025, 1, 1)),
    _person("revoked_before", "Đỗ Mạnh Hùng", "CCCD:001080000005", revoked_at=utc(2024, 2, 1)),
    _person("revoked_after", "Vũ Thị Thu Hằng", "CCCD:001180000006", revoked_at=utc(2025, 9, 1)),
    _person("weak_key", "Hoàng Minh Tuấn", "CCCD:001080000007", key_bits=1024),
    _person("unknown", "Người Lạ", "CCCD:001080000008", issuer="unknown_root"),
    EntitySpec("unclear", "person", "agency_ca_g2", "ky-so-01", _SIGNERS_FROM, _SIGNERS_UNTIL, "Đơn vị thử"),
)
"""Signers are valid 2023-06-01 to 2028-06-01 unless their label says otherwise; documents are best dated 2024–2025."""
