"""``luutru search``: the index; when it is down, ids and số/ký hiệu from the catalogue."""

from __future__ import annotations

import hashlib
import html
import re
from typing import Any

from api.bootstrap import Installation, now
from archive.catalogue import Aip, Document, Reading
from archive.events import Event
from archive.lifecycle import State
from search.errors import IndexUnavailableError, NodeError
from search.hits import SearchHit
from search.query import search
from search.visibility import EVERYTHING

_MARKUP = re.compile(r"</?mark>")


def search_view(installation: Installation, query: str, *, size: int, after: str | None, actor: str) -> dict[str, Any]:
    """One page of hits; ``from`` says whether the index answered or the catalogue had to. The search is recorded by
    the digest of its words, not the words: what people look for can itself be a secret."""
    try:
        found = search(installation.search_index(), query, EVERYTHING, size=size, after=after)
        result = {
            "from": "index",
            "total": found.total,
            "hits": [_hit(item) for item in found.hits],
            "after": found.after,
        }
    except (IndexUnavailableError, NodeError):
        hits = _from_catalogue(installation, query)
        result = {"from": "catalogue", "total": len(hits), "hits": hits[:size], "after": None}
    with installation.catalogue.transaction() as tx:
        tx.append(
            Event.RECORD_SEARCH_PERFORMED,
            "search",
            actor=actor,
            at=now(),
            data={"query_sha256": hashlib.sha256(query.encode()).hexdigest(), "total": result["total"]},
        )
    return result


def _hit(item: SearchHit) -> dict[str, Any]:
    snippets = [
        " ".join(html.unescape(_MARKUP.sub("", text)).split())
        for name, texts in item.highlights.items()
        if name.startswith("text")
        for text in texts
    ]
    return {
        "kind": item.kind,
        "aip_id": item.aip_id,
        "document_id": item.document_id,
        "path": item.path,
        "title": item.title,
        "number": item.number,
        "issued_on": item.issued_on,
        "agency": item.agency,
        "issuer": item.issuer,
        "verdict": item.verdict,
        "score": item.score,
        "snippets": snippets,
    }


def _from_catalogue(installation: Installation, query: str) -> list[dict[str, Any]]:
    with installation.catalogue.read() as reading:
        return [_catalogued(aip, document) for aip, document in found_in_catalogue(reading, query)]


def found_in_catalogue(reading: Reading, text: str) -> list[tuple[Aip, Document | None]]:
    """What the catalogue finds without the index: hồ sơ by any id or code of theirs, documents by số và ký hiệu."""
    found: list[tuple[Aip | None, Document | None]] = [
        (reading.aip(item.aip_id), None)
        for item in reading.submissions_found(text.strip())
        if item.state is State.STORED
    ]
    found += [(reading.aip(item.aip_id), item) for item in reading.documents_numbered(text.strip())]
    return [(aip, document) for aip, document in found if aip is not None]


def _catalogued(aip: Aip, document: Document | None) -> dict[str, Any]:
    fields = document.fields if document else {}
    return {
        "kind": "document" if document else "hoso",
        "aip_id": aip.id,
        "document_id": str(document.ordinal) if document else None,
        "path": document.path if document else None,
        "title": str(fields.get("subject") or aip.title),
        "number": "/".join(filter(None, (document.number, document.notation))) if document else "",
        "issued_on": str(fields.get("issuedDate") or ""),
        "agency": "",
        "issuer": str(fields.get("organName") or ""),
        "verdict": document.verdict if document else None,
        "score": 0.0,
        "snippets": [],
    }
