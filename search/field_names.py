"""The names under which a query asks for one field: Vietnamese without diacritics, English, and those of the metadata.

Case, diacritics, hyphens and underscores make no difference: ``cơ-quan``, ``co_quan`` and ``coquan`` are one name. Every
field of the table is there as ``hoso.<name>`` and ``document.<name>``, and by its name alone for both, unless one of
the names above means something else.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from schemas.fields import Field, fields_of
from search import notation


@dataclass(frozen=True, slots=True)
class FieldName:
    """One name to ask by: ``name`` as documented, other spellings, what it asks for, a value that shows its form."""

    name: str
    others: tuple[str, ...]
    label: str
    example: str


FIELD_NAMES = (
    FieldName("so", ("so-hieu", "so-ky-hieu", "number"), "Số, ký hiệu văn bản hoặc hồ sơ", "15/2017"),
    FieldName("ky-hieu", ("notation",), "Ký hiệu văn bản", "QĐ-UBND"),
    FieldName("nam", ("year",), "Năm ban hành văn bản, những năm của hồ sơ", "2017"),
    FieldName("ngay", ("ngay-ban-hanh", "date"), "Ngày ban hành, hoặc khoảng ngày", "01/01/2017..31/12/2017"),
    FieldName("tu", ("tu-ngay", "from"), "Ban hành từ ngày", "01/01/2017"),
    FieldName("den", ("den-ngay", "until"), "Ban hành đến hết ngày", "31/12/2017"),
    FieldName("co-quan", ("co-quan-ban-hanh", "issuer", "agency"), "Cơ quan ban hành hoặc cơ quan nộp", '"UBND tỉnh"'),
    FieldName("phong", ("ma-phong", "fonds"), "Mã phông", "H49.64"),
    FieldName("ho-so", ("ma-ho-so", "file"), "Mã hoặc tiêu đề hồ sơ", "H49.64.33.01"),
    FieldName("loai", ("loai-van-ban", "ten-loai", "type"), "Tên loại văn bản", '"quyết định"'),
    FieldName("nguoi-ky", ("signer",), "Người ký, ghi trên văn bản hoặc trong chữ ký số", '"Nguyễn Văn Đạt"'),
    FieldName("trich-yeu", (), "Trích yếu nội dung văn bản", '"thư điện tử"'),
    FieldName("tieu-de", ("title",), "Tiêu đề hồ sơ hoặc trích yếu văn bản", '"thư điện tử"'),
    FieldName("noi-dung", ("text", "content"), "Toàn văn", '"chữ ký số"'),
    FieldName("tu-khoa", ("keyword",), "Từ khóa trong siêu dữ liệu", "lưu trữ"),
    FieldName("thoi-han", ("thoi-han-luu-tru", "thoi-han-bao-quan", "retention"), "Thời hạn lưu trữ", '"vĩnh viễn"'),
    FieldName("ngon-ngu", ("language",), "Ngôn ngữ", '"tiếng Việt"'),
    FieldName("dinh-dang", ("format",), "Định dạng tệp", "pdf"),
    FieldName("chu-ky", ("chu-ky-so", "signature"), "Kết quả kiểm tra chữ ký số", "hop-le"),
    FieldName("pdfa", ("pdf-a",), "Kết quả kiểm tra PDF/A", "hop-le"),
    FieldName("che-do", ("che-do-su-dung", "mode"), "Chế độ sử dụng", "cong-khai"),
    FieldName("ma", ("ma-dinh-danh", "id"), "Mã gói, mã hồ sơ hoặc mã tài liệu", "H49.64.33.01"),
    FieldName("ma-bam", ("sha256",), "SHA-256 của tệp gốc", "e3b0c442…"),
    FieldName("tep", ("ten-tep", "duong-dan", "path"), "Tên tệp trong gói", "quyet-dinh.pdf"),
    FieldName("kieu", ("kind",), "Chỉ hồ sơ, hoặc chỉ văn bản", "ho-so"),
)


@dataclass(frozen=True, slots=True)
class StoredField:
    """A field of the metadata: its place in the index and its row in the table."""

    path: str
    field: Field


Meaning = FieldName | tuple[StoredField, ...]


def known(name: str) -> bool:
    return _plain(name) in _meanings()


def meaning(name: str) -> Meaning | None:
    """What ``name`` asks for; None for a name nobody knows."""
    return _meanings().get(_plain(name))


def closest(name: str) -> tuple[str, ...]:
    """Up to three documented names that ``name`` may have been meant for, the likeliest first."""
    spelled = {_plain(spelling): item.name for item in FIELD_NAMES for spelling in (item.name, *item.others)}
    stored = {spelling: spelling for spelling in _meanings() if "." in spelling}
    near = difflib.get_close_matches(_plain(name), [*spelled, *stored], n=6, cutoff=0.6)
    return tuple(dict.fromkeys({**stored, **spelled}[item] for item in near))[:3]


def _plain(name: str) -> str:
    return notation.folded(name).replace("-", "").replace("_", "")


@cache
def _meanings() -> Mapping[str, Meaning]:
    """A name given to something in ``FIELD_NAMES`` keeps that meaning; the table's field is reached with its table."""
    found: dict[str, Meaning] = {}
    bare: dict[str, list[StoredField]] = {}
    for table in ("hoso", "document"):
        for item in _stored(table, fields_of(table)):
            found[_plain(item.path)] = (item,)
            bare.setdefault(_plain(item.path.partition(".")[2]), []).append(item)
    found.update({name: tuple(items) for name, items in bare.items()})
    found.update({_plain(spelling): item for item in FIELD_NAMES for spelling in (item.name, *item.others)})
    return found


def _stored(prefix: str, fields: tuple[Field, ...]) -> list[StoredField]:
    found = []
    for item in fields:
        path = f"{prefix}.{item.name}"
        found += _stored(path, item.parts) if item.parts else [StoredField(path, item)]
    return found
