"""Hits of a search on their way out: each judged once more at the catalogue, all of a page in a few statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from api.http.gate import Asked
from api.http.targets import Judge, to_know
from archive.access import Mode
from archive.catalogue import Reading
from search.hits import SearchHit
from search.visibility import Place


def shown_hits(reading: Reading, asked: Asked, hits: Iterable[SearchHit]) -> tuple[list[dict[str, Any]], list[Place]]:
    """The hits who asks may know of, as JSON values; and the records found that they may not, to be counted nowhere."""
    hits = tuple(hits)
    judge = Judge.of(reading, to_know(asked), _records(hits))
    shown = [value for hit in hits if (value := _shown(hit, judge)) is not None]
    found = ((one.aip_id, ordinal_of(one)) for hit in hits for one in (hit, *hit.siblings))
    return shown, [place for place in found if not judge.known(*place)]


def _records(hits: Iterable[SearchHit]) -> Iterator[tuple[str, int | None]]:
    for hit in hits:
        yield hit.aip_id, None
        yield hit.aip_id, ordinal_of(hit)
        yield from _records(hit.siblings)


def ordinal_of(hit: SearchHit) -> int | None:
    """Its place in the hồ sơ; None for a hồ sơ itself."""
    return int(hit.document_id) if hit.document_id is not None else None


def _shown(hit: SearchHit, judge: Judge) -> dict[str, Any] | None:
    ordinal = ordinal_of(hit)
    target = judge.target(hit.aip_id, ordinal)
    if target is None or not judge.known(hit.aip_id, ordinal):
        return None
    siblings = [value for item in hit.siblings if (value := _shown(item, judge)) is not None]
    hoso = hit.hoso if hit.hoso is not None and judge.known(hit.aip_id, None) else None
    # What the index had of its text before it was restricted is content; its title is not.
    marked = {"title"} if target.mode is Mode.RESTRICTED else hit.highlights.keys()
    address = f"/api/v1/records/{hit.aip_id}"
    return {
        "kind": hit.kind,
        "aip_id": hit.aip_id,
        "ordinal": ordinal,
        "path": hit.path,
        "title": hit.title,
        "number": hit.number,
        "issued_on": hit.issued_on,
        "agency": hit.agency,
        "issuer": hit.issuer,
        "mode": target.mode.value,
        "kind_of_document": hit.kind_of_document,
        "verdict": hit.verdict,
        "signature_verdict": hit.signature_verdict,
        "pdfa_verdict": hit.pdfa_verdict,
        "score": hit.score,
        "hoso": {"aip_id": hoso.aip_id, "file_code": hoso.number, "title": hoso.title} if hoso else None,
        "highlights": {name: list(texts) for name, texts in hit.highlights.items() if name in marked},
        "in_hoso": hit.in_hoso,
        "siblings": siblings,
        "link": address if ordinal is None else f"{address}/documents/{ordinal}",
    }
