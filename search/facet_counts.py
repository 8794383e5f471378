"""How many of the records found have each value: counted behind the rights of the asker, like the records themselves.

A value chosen in one facet narrows the records shown and every other facet, but not its own: the other values stay there to
be chosen as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from schemas.fields import code_list
from search.errors import QueryRefusedError
from search.visibility import Visible, of_hoso, visible_filter

MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class Facet:
    """``path``: exact values in the index; ``codes``: the list that names them, or ``words`` for a closed one."""

    name: str
    label: str
    path: str
    codes: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)


_ANSWERS = MappingProxyType(
    {
        "passed": "Hợp lệ",
        "failed": "Không hợp lệ",
        "indeterminate": "Chưa xác định",
        "none": "Không có",
    }
)
_MODES = MappingProxyType({"open": "Công khai", "conditional": "Có điều kiện", "restricted": "Hạn chế"})
_ALL = (
    Facet("agency", "Cơ quan nộp", "agency"),
    Facet("issuer", "Cơ quan ban hành", "issuer"),
    Facet("fonds", "Phông", "fonds"),
    Facet("hoso", "Hồ sơ", "hoso_id"),
    Facet("kind_of_document", "Loại văn bản", "kind_of_document", "typeName"),
    Facet("year", "Năm", "year"),
    Facet("signer", "Người ký", "signers"),
    Facet("signature", "Chữ ký số", "signature_verdict", None, _ANSWERS),
    Facet("pdfa", "PDF/A", "pdfa_verdict", None, _ANSWERS),
    Facet("retention", "Thời hạn lưu trữ", "retention", "maintenance"),
    Facet("language", "Ngôn ngữ", "language", "language"),
    Facet("format", "Định dạng", "format"),
    Facet("mode", "Chế độ sử dụng", "mode", None, _MODES),
    Facet("kind", "Cấp mô tả", "kind", None, MappingProxyType({"hoso": "Hồ sơ", "document": "Văn bản"})),
)
FACETS: Mapping[str, Facet] = MappingProxyType({item.name: item for item in _ALL})


@dataclass(frozen=True, slots=True)
class FacetValue:
    """``value`` as a filter takes it, ``label`` as a person reads it, ``count`` of the records found."""

    value: str
    label: str
    count: int


def condition(name: str, values: Sequence[str], visible: Visible) -> dict[str, Any]:
    """The filter for a choice in a facet: any of the values. Raises QueryRefusedError for what is no facet or no year."""
    facet = _facet(name)
    if name == "year" and not all(value.isascii() and value.isdigit() and len(value) <= 4 for value in values):
        raise QueryRefusedError("Năm phải là một số, ví dụ 2017.", names=("year",))
    clause = {"terms": {facet.path: list(values)}}
    return of_hoso(clause, visible) if name == "hoso" else clause


def aggregations(
    names: Sequence[str], chosen: Mapping[str, Sequence[str]], visible: Visible, size: int = 20
) -> dict[str, Any]:
    """The aggregations that count ``names`` within one search whose choices of these facets stand in its post filter."""
    made: dict[str, Any] = {}
    for name in dict.fromkeys(names):
        counted = _counted(_facet(name), min(size, MOST_VALUES))
        others = [
            condition(other, values, visible) for other, values in chosen.items() if other != name and other in names
        ]
        if name == "hoso" and visible.single_documents:
            # a document opened by itself must not name the hồ sơ it lies in
            others.append(visible_filter(visible, whole_hoso=True))
        made[_key(name)] = {"filter": {"bool": {"filter": others}}, "aggs": {"values": counted}} if others else counted
    return made


def counts(names: Sequence[str], answer: Mapping[str, Any]) -> dict[str, tuple[FacetValue, ...]]:
    """What the index counted, by facet, the most frequent value first."""
    found = {}
    for name in dict.fromkeys(names):
        told = answer[_key(name)]
        buckets = (told.get("values") or told)["buckets"]
        found[name] = tuple(
            FacetValue(str(bucket["key"]), _label(_facet(name), bucket), bucket["doc_count"]) for bucket in buckets
        )
    return found


def _counted(facet: Facet, size: int) -> dict[str, Any]:
    terms: dict[str, Any] = {"terms": {"field": facet.path, "size": size}}
    if facet.name == "hoso":
        title = {"top_hits": {"size": 1, "_source": ["hoso_title"], "sort": ["_doc"]}}
        # titles are looked up for the values that are told, not for all there are
        return {"terms": {**terms["terms"], "collect_mode": "breadth_first"}, "aggs": {"title": title}}
    return terms


def _label(facet: Facet, bucket: Mapping[str, Any]) -> str:
    value = str(bucket["key"])
    if facet.codes is not None:
        return code_list(facet.codes).names.get(value, value)
    if "title" in bucket:
        hits = bucket["title"]["hits"]["hits"]
        return str(hits[0]["_source"].get("hoso_title") or value) if hits else value
    return facet.words.get(value, value)


def _facet(name: str) -> Facet:
    facet = FACETS.get(name)
    if facet is None:
        raise QueryRefusedError(
            f"Không đếm và không lọc được theo «{name}».",
            remedy=f"Có thể dùng: {', '.join(FACETS)}.",
            names=tuple(FACETS),
        )
    return facet


def _key(name: str) -> str:
    return f"facet_{name}"
