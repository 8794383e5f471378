"""What a field of the query language asks of the index.

Values match as they do elsewhere: without diacritics, in either place of the tone mark, abbreviations as their phrases; a
value of several words as a phrase. ``*`` at the end of a value stands for any ending. A value that cannot be one of its
field is refused with what could be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

from schemas.fields import code_list
from schemas.formats import kind_claimed
from schemas.index import abbreviations
from search import notation
from search.errors import QueryRefusedError
from search.field_names import FIELD_NAMES, FieldName, StoredField, closest, meaning
from search.language import Field
from search.spoken_dates import date_meant
from search.visibility import Visible, of_hoso

Clause = dict[str, Any]
_LARGEST_NUMBER = 2**63 - 1


def clause_of(field: Field, visible: Visible) -> Clause:
    """The clause for one field of a query. Raises QueryRefusedError for a name or a value that cannot be."""
    meant = meaning(field.name)
    if meant is None:
        raise _unknown(field)
    if re.search(r"\w", field.value) is None:
        raise _refused(field, f"Trường «{field.name}» chưa có giá trị.")
    if not isinstance(meant, FieldName):
        return _any(_stored(field, item) for item in meant)
    clause = _CLAUSES[meant.name](field)
    return of_hoso(clause, visible) if meant.name == "ho-so" else clause


def highlight_of(field: Field) -> list[Clause]:
    """What to mark in the text shown, for fields that ask for words of it."""
    meant = meaning(field.name)
    names = _SHOWN.get(meant.name, ()) if isinstance(meant, FieldName) else ()
    value = field.value.rstrip("*")
    return [{"match_phrase": {form: value}} for name in names for form in (name, f"{name}.folded")]


# -- by the type of the value --------------------------------------------------------------------------------------


def _words(field: Field, *paths: str) -> Clause:
    """The phrase in any of the paths; as typed, with its diacritics, it counts for more."""
    value = field.value.rstrip("*").strip()
    kind = "match_phrase_prefix" if field.value.endswith("*") else "match_phrase"
    queries: list[Clause] = [{kind: {f"{path}.folded": {"query": value}}} for path in paths]
    if notation.folded(value) != value.casefold():
        queries += [{kind: {path: {"query": value, "boost": 3}}} for path in paths]
    return _any(queries)


def _keys(field: Field, *paths: str) -> Clause:
    """The value as a whole in any of the paths."""
    if field.value.endswith("*"):
        return _fixed(_any({"prefix": {path: field.value.rstrip("*").strip()}} for path in paths))
    return _fixed(_any({"term": {path: field.value}} for path in paths))


def _name_in(field: Field, path: str) -> Clause:
    """The value as whole words of a key such as a person's name."""
    value = re.sub(r"([\\*?])", r"\\\1", field.value.rstrip("*").strip())
    patterns = (value, f"{value} *", f"* {value}", f"* {value} *")
    return _fixed(_any({"wildcard": {path: pattern}} for pattern in patterns))


def _numbered(field: Field) -> Clause:
    """All parts of a number and notation; one that has no more parts than these ranks higher."""
    parts = [item for item in dict.fromkeys(notation.tokens(field.value)) if item != "so"]
    if not parts:
        raise _refused(field, f"«{field.value}» không phải số, ký hiệu.", "Ví dụ: so:15/2017, so:15/2017/QĐ-UBND.")
    filters = [{"term": {"number_tokens": item}} for item in parts]
    whole = {"constant_score": {"filter": {"term": {"number_keys": notation.key(field.value)}}, "boost": 4}}
    return {"bool": {"must": [{"constant_score": {"filter": {"bool": {"filter": filters}}}}], "should": [whole]}}


def _days(field: Field, path: str) -> Clause:
    first, last = _span(field)
    return _range(path, first, last)


def _span(field: Field) -> tuple[date | None, date | None]:
    value = field.value
    if ".." not in value:
        meant = date_meant(value)
        if meant is None:
            raise _not_a_day(field, value)
        return meant.first, meant.last
    ends = [end.strip() for end in value.split("..", 1)]
    met = [date_meant(end) if end else None for end in ends]
    for end, meant in zip(ends, met, strict=True):
        if end and meant is None:
            raise _not_a_day(field, end)
    first, last = met[0].first if met[0] else None, met[1].last if met[1] else None
    if first is not None and last is not None and first > last:
        raise _refused(field, f"Khoảng ngày «{value}» ngược: ngày đầu sau ngày cuối.")
    return first, last


def _from(field: Field) -> Clause:
    return _range("issued_on", _one_day(field)[0], None)


def _until(field: Field) -> Clause:
    return _range("issued_on", None, _one_day(field)[1])


def _one_day(field: Field) -> tuple[date, date]:
    meant = date_meant(field.value)
    if meant is None:
        raise _not_a_day(field, field.value)
    return meant.first, meant.last


def _range(path: str, first: date | None, last: date | None) -> Clause:
    limits = {"gte": first, "lte": last}
    given = {name: value.isoformat() for name, value in limits.items() if value is not None}
    return _fixed({"range": {path: given}})


def _whole_number(field: Field, path: str) -> Clause:
    ends = [end.strip() for end in field.value.split("..", 1)] if ".." in field.value else [field.value] * 2
    numbers = [int(end) if re.fullmatch(r"-?[0-9]{1,19}", end) else None for end in ends]
    for end, number in zip(ends, numbers, strict=True):
        if end and (number is None or abs(number) > _LARGEST_NUMBER):
            raise _refused(
                field,
                f"«{end}» không phải một số.",
                f"Ví dụ: {field.name}:2017, {field.name}:2015..2017, {field.name}:2015...",
            )
    given = {name: number for name, number in zip(("gte", "lte"), numbers, strict=True) if number is not None}
    return _fixed({"range": {path: given}})


def _year(field: Field) -> Clause:
    meant = None if ".." in field.value else date_meant(field.value)
    for end in [] if meant else filter(None, field.value.split("..", 1)):
        if re.fullmatch(r"[0-9]{4}", end.strip()) is None:
            raise _refused(field, f"«{end}» không phải một năm.", "Ví dụ: nam:2017, nam:2015..2017.")
    if meant is not None and meant.first.year == meant.last.year:
        return _fixed({"term": {"year": meant.first.year}})
    return _whole_number(field, "year")


def _coded(field: Field, codes: str, path: str, *raw: str) -> Clause:
    """A code, its name or an alias; what the list does not have, as it stands in the metadata."""
    code = _codes(codes).get(_loose(field.value))
    if code is not None:
        return _fixed({"term": {path: code}})
    return _keys(field, path, *raw)


@cache
def _codes(name: str) -> Mapping[str, str]:
    """Codes by code, name and alias, and by the abbreviation of a name, all without diacritics."""
    table = code_list(name)
    found = {_loose(spelling): code for spelling, code in table.lookup.items()}
    found.update({_loose(code): code for code in table.names})
    found.update({_loose(label): code for code, label in table.names.items()})
    for short, phrases in abbreviations().one_way.items():
        for phrase in phrases:
            if (code := found.get(_loose(phrase))) is not None:
                found.setdefault(_loose(short), code)
    return found


def _one_of(field: Field, words: Mapping[str, str], path: str) -> Clause:
    """One of a closed list of answers; anything else is refused with the list."""
    code = words.get(_loose(field.value)) or (field.value if field.value in words.values() else None)
    if code is None:
        listed = tuple(dict.fromkeys(_LISTED[code] for code in words.values()))
        raise QueryRefusedError(
            f"Trường «{field.name}» không có giá trị «{field.value}». (Vị trí {field.value_start + 1}.)",
            remedy=f"Các giá trị: {', '.join(listed)}.",
            position=field.value_start,
            names=listed,
        )
    return _fixed({"term": {path: code}})


def _loose(text: str) -> str:
    return re.sub(r"[\s\-_]+", "", notation.folded(text))


def _format(field: Field) -> Clause:
    kind = kind_claimed(field.value)
    media = sorted(claim for claim in kind.claims if "/" in claim[1:] and "*" not in claim) if kind else []
    if kind is not None and kind.name == "pdfa":
        media = ["application/pdf"]
    if media:
        return _fixed({"terms": {"format": media}})
    return _keys(field, "format")


def _kind(field: Field) -> Clause:
    return _one_of(field, {"hoso": "hoso", "file": "hoso", "vanban": "document", "tailieu": "document"}, "kind")


_ANSWERS = {
    "hople": "passed",
    "dat": "passed",
    "khonghople": "failed",
    "khongdat": "failed",
    "chuaxacdinh": "indeterminate",
    "chuaro": "indeterminate",
    "khongco": "none",
}
_MODES = {
    "congkhai": "open",
    "codieukien": "conditional",
    "sudungcodieukien": "conditional",
    "hanche": "restricted",
    "hanchesudung": "restricted",
}
_LISTED = {
    "passed": "hop-le",
    "failed": "khong-hop-le",
    "indeterminate": "chua-xac-dinh",
    "none": "khong-co",
    "open": "cong-khai",
    "conditional": "co-dieu-kien",
    "restricted": "han-che",
    "hoso": "ho-so",
    "document": "van-ban",
    "true": "co",
    "false": "khong",
}


# -- by name -------------------------------------------------------------------------------------------------------

_CLAUSES: Mapping[str, Callable[[Field], Clause]] = {
    "so": _numbered,
    "ky-hieu": _numbered,
    "nam": _year,
    "ngay": lambda field: _days(field, "issued_on"),
    "tu": _from,
    "den": _until,
    "co-quan": lambda field: _any(
        (_words(field, "document.organName", "agency_name"), _keys(field, "agency.key", "issuer.key"))
    ),
    "phong": lambda field: _keys(field, "fonds.key"),
    "ho-so": lambda field: _any((_keys(field, "hoso_id.key", "aip_id"), _words(field, "hoso.title"))),
    "loai": lambda field: _coded(field, "typeName", "kind_of_document", "document.typeName.key"),
    "nguoi-ky": lambda field: _any((_name_in(field, "signers.key"), _words(field, "document.signerInfo.fullName"))),
    "trich-yeu": lambda field: _words(field, "document.subject"),
    "tieu-de": lambda field: _words(field, "title"),
    "noi-dung": lambda field: _words(field, "text"),
    "tu-khoa": lambda field: _words(field, "document.keyword", "hoso.keyword"),
    "thoi-han": lambda field: _coded(field, "maintenance", "retention"),
    "ngon-ngu": lambda field: _coded(field, "language", "language"),
    "dinh-dang": _format,
    "chu-ky": lambda field: _one_of(field, _ANSWERS, "signature_verdict"),
    "pdfa": lambda field: _one_of(field, _ANSWERS, "pdfa_verdict"),
    "che-do": lambda field: _one_of(field, _MODES, "mode"),
    "ma": lambda field: _keys(
        field,
        "id",
        "aip_id",
        "hoso.fileCode.key",
        "hoso.paperFileCode.key",
        "document.docId.key",
        "document.docCode.key",
    ),
    "ma-bam": lambda field: _fixed({"term": {"sha256": field.value.lower()}}),
    "tep": lambda field: _any((_keys(field, "path.key"), {"match_phrase": {"path.words": field.value.rstrip("*")}})),
    "kieu": _kind,
}
_SHOWN = {
    "trich-yeu": ("title",),
    "tieu-de": ("title",),
    "noi-dung": ("text",),
    "co-quan": ("all",),
    "nguoi-ky": ("all",),
    "tu-khoa": ("all",),
}


def _stored(field: Field, item: StoredField) -> Clause:
    """A field of the metadata by its type in the table."""
    if item.field.index == "text":
        return _words(field, item.path)
    if item.field.index == "date":
        return _days(field, item.path)
    if item.field.type == "boolean":
        return _one_of(field, {"co": "true", "dung": "true", "khong": "false", "sai": "false"}, item.path)
    if item.field.index == "integer":
        code = _codes(item.field.codes).get(_loose(field.value)) if item.field.codes else None
        return _fixed({"term": {item.path: int(code)}}) if code else _whole_number(field, item.path)
    if item.field.codes is not None:
        return _coded(field, item.field.codes, item.path, f"{item.path}.key")
    return _keys(field, f"{item.path}.key")


def _any(clauses: Iterable[Clause]) -> Clause:
    each = list(clauses)
    return each[0] if len(each) == 1 else {"dis_max": {"queries": each}}


def _fixed(clause: Clause) -> Clause:
    return {"constant_score": {"filter": clause}}


def _unknown(field: Field) -> QueryRefusedError:
    near = closest(field.name)
    hint = f" Có phải «{'», «'.join(near)}»?" if near else ""
    return QueryRefusedError(
        f"Không có trường «{field.name}». (Vị trí {field.start + 1}.){hint}",
        remedy="Các trường: "
        + ", ".join(item.name for item in FIELD_NAMES)
        + ". Nếu «:» chỉ là dấu câu, hãy để một dấu cách sau nó hoặc đặt trong dấu ngoặc kép.",
        position=field.start,
        names=near or tuple(item.name for item in FIELD_NAMES),
    )


def _refused(field: Field, message: str, remedy: str = "") -> QueryRefusedError:
    return QueryRefusedError(
        f"{message} (Vị trí {field.value_start + 1}.)",
        remedy=remedy or "Nếu «:» chỉ là dấu câu, hãy để một dấu cách sau nó.",
        position=field.value_start,
    )


def _not_a_day(field: Field, text: str) -> QueryRefusedError:
    return _refused(
        field,
        f"«{text}» không phải một ngày.",
        f'Ví dụ: {field.name}:05/6/2013, {field.name}:6/2013, {field.name}:"ngày 5 tháng 6 năm 2013".',
    )
