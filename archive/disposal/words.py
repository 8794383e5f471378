"""The small vocabularies of holds and rounds, each a list the database knows too."""

from __future__ import annotations

from enum import StrEnum


class HoldKind(StrEnum):
    """Đóng băng theo vụ việc, theo truy vấn đã chốt thành danh sách, theo hồ sơ."""

    CASE = "case"
    QUERY = "query"
    FILE = "file"


class ArchiveKind(StrEnum):
    """Lưu trữ cơ quan (lưu trữ hiện hành) or Lưu trữ lịch sử."""

    CURRENT = "current"
    HISTORICAL = "historical"


class Duty(StrEnum):
    """What an account does in a round; one account has one duty.

    Người lập danh mục, Chủ tịch, Thư ký, đại diện đơn vị, người am hiểu lĩnh vực, người quyết định, người thực hiện hủy.
    """

    PROPOSER = "proposer"
    CHAIRMAN = "chairman"
    SECRETARY = "secretary"
    UNIT = "unit"
    EXPERT = "expert"
    APPROVER = "approver"
    EXECUTOR = "executor"


COUNCIL = (Duty.CHAIRMAN, Duty.SECRETARY, Duty.UNIT, Duty.EXPERT)
"""The duties of the council; each must be held by somebody."""


class ListingReason(StrEnum):
    """Hết thời hạn bảo quản, or trùng lặp (thông tin đã có ở hồ sơ khác)."""

    EXPIRED = "expired"
    DUPLICATE = "duplicate"


class Outcome(StrEnum):
    """Hủy, kéo dài thời hạn, bảo quản vĩnh viễn."""

    DESTROY = "destroy"
    EXTEND = "extend"
    PERMANENT = "permanent"


class LineState(StrEnum):
    """A line of the list: listed, and then one of the others for good.

    ``void``: the hồ sơ changed after it was listed. ``set_aside``: taken off by the head. ``kept``: its period was made
    longer, or permanent. ``destroying``: begun; there is no way back from there.
    """

    LISTED = "listed"
    VOID = "void"
    SET_ASIDE = "set_aside"
    KEPT = "kept"
    DESTROYING = "destroying"


class Verdict(StrEnum):
    """What the competent body says to the list: đồng ý, or không đồng ý (then the council meets again)."""

    AGREES = "agrees"
    OBJECTS = "objects"


class Signature(StrEnum):
    """What was found of the signatures of a paper, by whoever looked."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"
    UNSIGNED = "unsigned"
