"""Asking the index in a test: as the archive itself, or as one of the roles."""

from __future__ import annotations

from typing import Any

from search.index import SearchIndex
from search.query import Filters, Hits, search
from search.visibility import EVERYTHING, Visible

ALL_MODES = EVERYTHING.modes
ARCHIVIST = Visible(frozenset({"open", "conditional"}))
PUBLIC = Visible(frozenset({"open"}))
NOBODY = Visible(frozenset())


def agency(code: str) -> Visible:
    return Visible(ALL_MODES, owner=code)


def ask(index: SearchIndex, text: str, filters: Filters | None = None, **options: Any) -> Hits:
    return search(index, text, options.pop("visible", EVERYTHING), filters, **options)


def found(hits: Hits) -> list[str]:
    """Document ids, AIP ids for hồ sơ."""
    return [hit.document_id or hit.aip_id for hit in hits.hits]
