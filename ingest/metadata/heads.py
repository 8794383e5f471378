"""Column heads of a list of documents → fields: what each column of a sender's table means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from schemas.fields import Field, code_list, fields_by_label, fields_by_name, folded

Role = Literal["path", "kind", "number-and-notation", "type-and-subject", "field"]

_WORDINGS: tuple[tuple[Role, tuple[str, ...]], ...] = (
    ("path", ("Tên tệp", "Tên tệp tin", "Tệp tin", "Tệp", "Tên file", "File", "Đường dẫn", "Đường dẫn tệp", "path")),
    ("kind", ("Loại danh mục", "Văn bản đi/đến", "Đi/đến", "Phân loại", "kind")),
    (
        "number-and-notation",
        (
            "Số, ký hiệu",
            "Số và ký hiệu",
            "Số/ký hiệu",
            "Số ký hiệu",
            "Số KH",
            "Số, ký hiệu văn bản",
            "Số và ký hiệu văn bản",
            "Số ký hiệu văn bản",
        ),
    ),
    (
        "type-and-subject",
        (
            "Tên loại, trích yếu",
            "Tên loại và trích yếu",
            "Tên loại và trích yếu nội dung",
            "Tên loại và trích yếu nội dung văn bản",
            "Tên loại, trích yếu nội dung văn bản",
        ),
    ),
)
_SPECIAL: Mapping[str, Role] = {folded(head): role for role, heads in _WORDINGS for head in heads}


@dataclass(frozen=True, slots=True)
class Column:
    """What the cells of one column hold: a special role, or a field, or one part of a composite field."""

    role: Role
    field: Field | None = None
    part: Field | None = None

    @property
    def target(self) -> str:
        if self.field is None:
            return self.role
        return f"{self.field.name}.{self.part.name}" if self.part else self.field.name


def column_of(head: str) -> Column | None:
    """The meaning of a head under its label, another usual wording, or its canonical name; None if it has none."""
    key = folded(head)
    if role := _SPECIAL.get(key):
        return Column(role)
    if found := fields_by_label("document").get(key):
        return Column("field", *found)
    return None


def is_head_row(cells: Sequence[str]) -> bool:
    """Whether a row is the heads of a list: it names the file and at least two other columns we know."""
    columns = [column for cell in cells if cell and (column := column_of(cell))]
    return any(column.role == "path" for column in columns) and len(columns) >= 3


def cell_values(column: Column, cell: str) -> dict[str, object]:
    """Field values of one cell; a combined column gives two."""
    if column.role == "number-and-notation":
        number, slash, notation = cell.partition("/")
        return {"codeNumber": number.strip(), "codeNotation": notation.strip()} if slash else {"codeNumber": cell}
    if column.role == "type-and-subject":
        return _type_and_subject(cell)
    item = column.field
    if item is None:
        return {}
    if column.part is not None:
        return {item.name: [{column.part.name: cell}] if item.many else {column.part.name: cell}}
    if item.type == "composite" and item.many:
        names = [name.strip(" -") for line in cell.splitlines() for name in line.split(";")]
        return {item.name: [{"organName": name} for name in names if name]}
    if item.type == "composite":
        return {item.name: {item.parts[-1].name: cell}}
    return {item.name: plain_value(item, cell)}


def plain_value(item: Field, cell: str) -> object:
    """A cell's text; yes and no of a boolean column become the 1 and 0 of the rule."""
    if item.type == "boolean":
        return {"có": "1", "x": "1", "không": "0"}.get(folded(cell), cell)
    return cell


def _type_and_subject(cell: str) -> dict[str, object]:
    """Quyết định về việc … → kind and subject; without a known kind at its head the whole is the subject."""
    known = code_list(fields_by_name("document")["typeName"].codes or "")
    names = sorted(known.names.values(), key=len, reverse=True)
    for name in names:
        rest = cell[len(name) :]
        if folded(cell[: len(name)]) == folded(name) and (not rest or not rest[0].isalnum()):
            return {"typeName": name, "subject": rest.strip(" ,.:;-–") or cell}
    return {"subject": cell}
