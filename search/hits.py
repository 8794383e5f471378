"""A record as it is shown among what was found; of its hồ sơ only what the asker may know of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from search.marks import meant
from search.visibility import Visible

SHOWN = (
    "id",
    "kind",
    "aip_id",
    "document_id",
    "path",
    "title",
    "number",
    "issued_on",
    "agency",
    "issuer",
    "owner",
    "mode",
    "kind_of_document",
    "verdict",
    "signature_verdict",
    "pdfa_verdict",
    "hoso_id",
    "hoso_title",
)
"""The fields of the index that a hit is made of."""

_SIBLINGS = 3


@dataclass(frozen=True, slots=True)
class HosoShown:
    """The hồ sơ a document lies in."""

    aip_id: str
    number: str
    title: str


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One record. ``highlights``: by field, HTML-escaped text in which only ``<mark>`` and ``</mark>`` are markup.

    ``hoso``: of a document, its hồ sơ; None when the asker may not know of that. When grouped, ``in_hoso`` counts the
    records of the hồ sơ that match (this one included), and ``siblings`` are the best of the others.
    """

    id: str
    kind: str
    aip_id: str
    document_id: str | None
    path: str | None
    title: str
    number: str
    issued_on: str | None
    agency: str
    issuer: str
    owner: str
    mode: str
    kind_of_document: str | None
    verdict: str | None
    signature_verdict: str | None
    pdfa_verdict: str | None
    score: float
    hoso: HosoShown | None = None
    highlights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    in_hoso: int = 1
    siblings: tuple[SearchHit, ...] = ()


def hit_of(row: Mapping[str, Any], visible: Visible) -> SearchHit:
    """The hit in one row of the index's answer, which was asked under ``visible``."""
    source = row["_source"]
    inner = row.get("inner_hits", {}).get("siblings", {}).get("hits")
    others = [] if inner is None else [item for item in inner["hits"] if item["_id"] != row["_id"]]
    return SearchHit(
        id=source["id"],
        kind=source["kind"],
        aip_id=source["aip_id"],
        document_id=source.get("document_id"),
        path=source.get("path"),
        title=source.get("title", ""),
        number=source.get("number", ""),
        issued_on=source.get("issued_on"),
        agency=source.get("agency", ""),
        issuer=source.get("issuer", ""),
        owner=source.get("owner", ""),
        mode=source.get("mode", ""),
        kind_of_document=source.get("kind_of_document"),
        verdict=source.get("verdict"),
        signature_verdict=source.get("signature_verdict"),
        pdfa_verdict=source.get("pdfa_verdict"),
        score=float(row.get("_score") or 0.0),
        hoso=_hoso(source, visible),
        highlights=meant(row.get("highlight", {})),
        in_hoso=1 if inner is None else inner["total"]["value"],
        siblings=tuple(hit_of(item, visible) for item in others[:_SIBLINGS]),
    )


def _hoso(source: Mapping[str, Any], visible: Visible) -> HosoShown | None:
    aip_id = source["aip_id"]
    if source["kind"] == "hoso" or visible.sees_hoso_of(aip_id, source.get("owner", ""), source.get("mode", "")):
        return HosoShown(aip_id, source.get("hoso_id", ""), source.get("hoso_title", ""))
    return None
