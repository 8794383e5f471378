"""What every official paper has, whatever it says: its kind, its formal parts (NĐ 30/2020/NĐ-CP Phụ lục I), its list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Any, Protocol

from archive.canonical import canonical_json, canonical_sha256
from archive.local_time import local_text

PAPER_SCHEMA = "luutru-paper/1"
DATA_NAME = "giay-to.json"
"""The file inside a printed paper that holds its canonical data."""


class PaperKind(StrEnum):
    """Every kind of paper. The first twelve make up a dossier of destruction (hồ sơ hủy tài liệu)."""

    ESTABLISHMENT_DECISION = "establishment_decision"
    EXPIRED_LIST = "expired_list"
    SUBMISSION_STATEMENT = "submission_statement"
    EXPLANATION = "explanation"
    COUNCIL_MINUTES = "council_minutes"
    VERIFICATION_COUNCIL_MINUTES = "verification_council_minutes"
    APPRAISAL_REQUEST = "appraisal_request"
    APPRAISAL_OPINION = "appraisal_opinion"
    DESTRUCTION_DECISION = "destruction_decision"
    HANDOVER_MINUTES = "handover_minutes"
    DESTRUCTION_MINUTES = "destruction_minutes"
    RETAINED_LIST = "retained_list"
    CERTIFICATE = "certificate"
    FILE_PLAN = "file_plan"
    TRANSFER_INVENTORY = "transfer_inventory"
    DOCUMENT_INVENTORY = "document_inventory"
    DELIVERY_MINUTES = "delivery_minutes"
    ACTIVITY_REPORT = "activity_report"
    DOSSIER_INDEX = "dossier_index"


PAPER_NAMES: Mapping[PaperKind, str] = {
    PaperKind.ESTABLISHMENT_DECISION: "Quyết định thành lập Hội đồng",
    PaperKind.EXPIRED_LIST: "Danh mục tài liệu hết giá trị",
    PaperKind.SUBMISSION_STATEMENT: "Tờ trình về việc hủy tài liệu hết giá trị",
    PaperKind.EXPLANATION: "Bản thuyết minh tài liệu hết giá trị",
    PaperKind.COUNCIL_MINUTES: "Biên bản họp Hội đồng",
    PaperKind.VERIFICATION_COUNCIL_MINUTES: "Biên bản họp Hội đồng thẩm tra",
    PaperKind.APPRAISAL_REQUEST: "Văn bản đề nghị thẩm định, xin ý kiến",
    PaperKind.APPRAISAL_OPINION: "Văn bản thẩm định, cho ý kiến",
    PaperKind.DESTRUCTION_DECISION: "Quyết định hủy tài liệu hết giá trị",
    PaperKind.HANDOVER_MINUTES: "Biên bản bàn giao tài liệu hủy",
    PaperKind.DESTRUCTION_MINUTES: "Biên bản hủy tài liệu hết giá trị",
    PaperKind.RETAINED_LIST: "Mục lục hồ sơ giữ lại",
    PaperKind.CERTIFICATE: "Giấy chứng nhận hủy tài liệu",
    PaperKind.FILE_PLAN: "Danh mục hồ sơ",
    PaperKind.TRANSFER_INVENTORY: "Mục lục hồ sơ nộp lưu",
    PaperKind.DOCUMENT_INVENTORY: "Mục lục văn bản",
    PaperKind.DELIVERY_MINUTES: "Biên bản giao nhận hồ sơ, tài liệu",
    PaperKind.ACTIVITY_REPORT: "Báo cáo công tác lưu trữ",
    PaperKind.DOSSIER_INDEX: "Mục lục hồ sơ hủy tài liệu",
}


_WORDS: Mapping[str, PaperKind] = {
    "council-decision": PaperKind.ESTABLISHMENT_DECISION,
    "list": PaperKind.EXPIRED_LIST,
    "submission-statement": PaperKind.SUBMISSION_STATEMENT,
    "retained-list": PaperKind.RETAINED_LIST,
    "council-minutes": PaperKind.COUNCIL_MINUTES,
    "verification-minutes": PaperKind.VERIFICATION_COUNCIL_MINUTES,
    "opinion-request": PaperKind.APPRAISAL_REQUEST,
    "opinion": PaperKind.APPRAISAL_OPINION,
    "decision": PaperKind.DESTRUCTION_DECISION,
    "hand-over-minutes": PaperKind.HANDOVER_MINUTES,
    "destruction-minutes": PaperKind.DESTRUCTION_MINUTES,
}


def paper_kind(word: str) -> PaperKind:
    """The kind that ``word`` means: its own name, or the name the rules of rounds (``schemas/disposal``) have for it.
    Raises ValueError."""
    return _WORDS.get(word) or PaperKind(word)


@dataclass(frozen=True, slots=True)
class SignatureBlock:
    """Who signs below: ``authority`` such as ``TM. ỦY BAN NHÂN DÂN`` or ``KT. GIÁM ĐỐC``, the position, the full name."""

    position: str
    name: str = ""
    authority: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The formal parts: cơ quan chủ quản, cơ quan ban hành, số và ký hiệu, địa danh, ngày, nơi nhận, người ký.

    ``number`` and ``issued`` may be left open: they are then printed as dots to be filled in when the paper is issued.
    """

    agency: str
    place: str
    superior: str = ""
    number: str = ""
    notation: str = ""
    issued: date | None = None
    recipients: tuple[str, ...] = ()
    signatures: tuple[SignatureBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ListReference:
    """The list a paper is bound to: the round it belongs to, the SHA-256 over its canonical lines, how many they are.

    ``sha256`` is empty as long as the list is not frozen: the paper is then bound to the round alone.
    """

    round_code: str
    sha256: str
    lines: int

    def __post_init__(self) -> None:
        if self.sha256 and (len(self.sha256) != 64 or set(self.sha256) - set("0123456789abcdef")):
            raise ValueError("the hash of a list is 64 hexadecimal digits in lower case")


class Paper(Protocol):
    """Any paper: a frozen dataclass with these."""

    @property
    def kind(self) -> PaperKind: ...

    @property
    def profile(self) -> str: ...

    @property
    def head(self) -> Letterhead: ...

    @property
    def bound_to(self) -> ListReference | None: ...


def paper_data(paper: Paper) -> dict[str, Any]:
    """All the paper says as one JSON value; its canonical form goes into the printed paper, byte for byte."""
    bound = paper.bound_to
    values: Any = paper
    return {
        "schema": PAPER_SCHEMA,
        "kind": paper.kind.value,
        "profile": paper.profile,
        "list": None if bound is None else as_json(bound),
        "paper": {
            item.name: as_json(getattr(paper, item.name))
            for item in fields(values)
            if item.name not in ("kind", "profile", "bound_to")
        },
    }


def paper_bytes(paper: Paper) -> bytes:
    return canonical_json(paper_data(paper))


def paper_sha256(paper: Paper) -> str:
    return canonical_sha256(paper_data(paper))


def as_json(value: Any) -> Any:
    """A value of a paper as JSON: dates and times as ISO 8601, tuples as lists, nothing that JSON cannot say."""
    if value is None or isinstance(value, str | bool | int):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, datetime):
        return local_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: as_json(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    raise TypeError(f"nothing a paper can say: {type(value).__name__}")
