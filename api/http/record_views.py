"""Records as the service shows them: fields with their Vietnamese names, times in Vietnam's, digests as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from archive.access import Mode
from archive.catalogue import Aip, Document, Submission
from archive.local_time import VIETNAM
from schemas.fields import code_list, fields_by_name

_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_LINKS = {"self": "/api/v1/records/1f0c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5"}


class FieldView(BaseModel):
    """One metadata field as received."""

    name: str = Field(description="Tên trường (TT 05/2025, NĐ 30/2020). / Canonical name.", examples=["title"])
    label: str = Field(description="Tên tiếng Việt. / Vietnamese name.", examples=["Tiêu đề hồ sơ"])
    value: Any = Field(description="Giá trị đúng như nhận. / The value as received.", examples=["Hồ sơ nâng lương"])
    text: str = Field(
        description="Giá trị để đọc: mã được viết thành chữ. / To be read: codes written out.",
        examples=["Hồ sơ nâng lương năm 2025"],
    )


class AgencyView(BaseModel):
    """An agency by code and name."""

    code: str = Field(description="Mã định danh. / Code.", examples=["H99.12"])
    name: str = Field(description="Tên. / Name.", examples=["Sở Nội vụ tỉnh Bình Minh"])


class RecordView(BaseModel):
    """One hồ sơ as stored: one package."""

    aip_id: str = Field(description="Mã gói lưu trữ. / Id of the package.", examples=[_LINKS["self"][-36:]])
    file_code: str = Field(description="Mã hồ sơ. / Code of the hồ sơ.", examples=["H99.12.2025.15.TCCB"])
    title: str = Field(description="Tiêu đề hồ sơ. / Title.", examples=["Hồ sơ nâng lương năm 2025"])
    registration_number: str = Field(description="Mã đăng ký nộp. / Registration.", examples=["2026-000001"])
    agency: AgencyView = Field(description="Cơ quan nộp theo siêu dữ liệu. / The agency the metadata name.")
    mode: Mode = Field(description="Chế độ sử dụng đang có hiệu lực. / Mode of use in force.")
    received_at: datetime = Field(description="Thời điểm tiếp nhận. / When it was received.")
    documents: int = Field(
        description="Số tài liệu người hỏi được biết. / Documents the asker may know of.", examples=[12], ge=0
    )
    links: dict[str, str] = Field(description="Địa chỉ liên quan. / Related addresses.", examples=[_LINKS])


class CopyView(BaseModel):
    """One stored copy as last seen."""

    store: str = Field(description="Kho. / The store.", examples=["kho-1"])
    state: str = Field(description="Trạng thái lần đọc cuối. / As last read.", examples=["ok"])
    verified_at: datetime = Field(description="Thời điểm đọc. / When it was read.")


class PackageView(BaseModel):
    """The package as stored."""

    size_bytes: int = Field(description="Kích thước. / Size.", examples=[1048576])
    sha256: str = Field(description="SHA-256 của cả gói. / Of the whole package.", examples=[_SHA256])
    profile: str = Field(description="Bộ quy tắc áp dụng. / Rules applied.", examples=["LLT2024-TT05 1"])
    created_at: datetime = Field(description="Thời điểm tạo gói. / When it was made.")


class RecordDetail(RecordView):
    """A hồ sơ with all its metadata."""

    fields: list[FieldView] = Field(description="Siêu dữ liệu hồ sơ. / Metadata of the hồ sơ.")
    package: PackageView | None = Field(
        default=None, description="Gói lưu trữ; chỉ cho người của kho. / The package; for staff only."
    )
    copies: list[CopyView] | None = Field(
        default=None, description="Các bản lưu; chỉ cho người của kho. / Stored copies; for staff only."
    )


class RecordPage(BaseModel):
    """A page of hồ sơ, newest first."""

    items: list[RecordView] = Field(description="Các hồ sơ. / The hồ sơ.")
    after: str | None = Field(
        default=None,
        description="Để hỏi trang sau; không có thì đã hết. / For the next page; none when this was the last.",
    )


class DocumentView(BaseModel):
    """One document of a hồ sơ."""

    aip_id: str = Field(description="Mã gói lưu trữ. / Package.", examples=[_LINKS["self"][-36:]])
    ordinal: int = Field(description="Số thứ tự. / Place in the hồ sơ.", examples=[1])
    path: str = Field(description="Tên đúng như nhận. / Exact name as received.", examples=["Quyết định 15.pdf"])
    title: str = Field(description="Trích yếu. / Subject.", examples=["Về việc nâng bậc lương"])
    number: str = Field(description="Số, ký hiệu. / Number and notation.", examples=["15/QĐ-UBND"])
    mode: Mode = Field(description="Chế độ sử dụng đang có hiệu lực. / Mode of use in force.")
    verdict: str | None = Field(
        description="Kết quả xác minh chữ ký số: passed, failed, indeterminate; không có nếu không ký. / "
        "Verdict on its signatures.",
        examples=["passed"],
    )
    media_type: str = Field(description="Loại nội dung đã nhận diện. / Recognised type.", examples=["application/pdf"])
    pronom: str | None = Field(description="Mã định dạng PRONOM. / PRONOM id.", examples=["fmt/477"])
    size_bytes: int = Field(description="Kích thước. / Size.", examples=[114037])
    sha256: str = Field(description="SHA-256.", examples=[_SHA256])
    links: dict[str, str] = Field(description="Địa chỉ liên quan. / Related addresses.", examples=[_LINKS])


class RevisionView(BaseModel):
    """One signed revision: the first bytes of the file, as a signature covers them."""

    length_bytes: int = Field(description="Độ dài. / Length.", examples=[98304])
    sha256: str = Field(description="SHA-256.", examples=[_SHA256])


class DocumentDetail(DocumentView):
    """A document with all its metadata."""

    sha512: str = Field(description="SHA-512.", examples=[_SHA256 * 2])
    fields: list[FieldView] = Field(description="Siêu dữ liệu tài liệu. / Metadata of the document.")
    signers: list[str] | None = Field(
        description="Người, cơ quan ký theo chứng thư; null khi chưa đọc được gói. / Signers by their certificates; "
        "null while no copy can be read.",
        examples=[["Nguyễn Văn An", "Sở Nội vụ tỉnh Bình Minh"]],
    )
    revisions: list[RevisionView] = Field(description="Các phần đã ký. / Signed revisions.")


class DocumentPage(BaseModel):
    """A page of documents in the order of the hồ sơ."""

    items: list[DocumentView] = Field(description="Các tài liệu. / The documents.")
    after: int | None = Field(default=None, description="Để hỏi trang sau. / For the next page.", examples=[50])


def record_values(
    aip: Aip, agency: tuple[str, str], registration: str, entered_at: datetime, mode: Mode, documents: int
) -> dict[str, Any]:
    """The values of ``RecordView``."""
    address = f"/api/v1/records/{aip.id}"
    return {
        "aip_id": aip.id,
        "file_code": aip.file_code,
        "title": aip.title,
        "registration_number": registration,
        "agency": AgencyView(code=agency[0], name=agency[1]),
        "mode": mode,
        "received_at": entered_at.astimezone(VIETNAM),
        "documents": documents,
        "links": {"self": address, "documents": f"{address}/documents", "history": f"{address}/history"},
    }


def record_of(submission: Submission, aip: Aip, mode: Mode, documents: int) -> dict[str, Any]:
    described = submission.description
    agency = (described.agency_code, described.agency_name)
    return record_values(aip, agency, submission.registration_number, submission.entered_at, mode, documents)


def document_values(document: Document, mode: Mode) -> dict[str, Any]:
    """The values of ``DocumentView``."""
    address = f"/api/v1/records/{document.aip_id}/documents/{document.ordinal}"
    return {
        "aip_id": document.aip_id,
        "ordinal": document.ordinal,
        "path": document.path,
        "title": title_of(document),
        "number": number_of(document),
        "mode": mode,
        "verdict": document.verdict or None,
        "media_type": document.media_type or "application/octet-stream",
        "pronom": document.pronom or None,
        "size_bytes": document.size_bytes,
        "sha256": document.sha256,
        "links": {name: f"{address}{part}" for name, part in _PARTS.items()},
    }


_PARTS: Mapping[str, str] = {
    "self": "",
    "content": "/content",
    "text": "/text",
    "thumbnail": "/thumbnail",
    "verdicts": "/verdicts",
    "signature_report": "/signature-report",
}


def title_of(document: Document) -> str:
    value = document.fields.get("subject")
    return value if isinstance(value, str) else ""


def number_of(document: Document) -> str:
    return "/".join(filter(None, (document.number, document.notation)))


def fields_shown(table: str, fields: Mapping[str, Any]) -> list[FieldView]:
    """Every field in the order of the table of fields, then what the table does not know."""
    known = fields_by_name(table)
    ordered = [*(name for name in known if name in fields), *(name for name in fields if name not in known)]
    return [
        FieldView(
            name=name,
            label=known[name].label if name in known else name,
            value=fields[name],
            text=_read(known[name].codes if name in known else None, fields[name]),
        )
        for name in ordered
    ]


def _read(codes: str | None, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(_read(codes, one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_read(None, one)}" for name, one in value.items() if one not in (None, ""))
    if isinstance(value, bool):
        return "có" if value else "không"
    if codes is None:
        return str(value)
    listed = code_list(codes)
    found = listed.codes_of(value)
    return ", ".join(listed.names[code] for code in found) if found else str(value)
