"""The index of records: a fixed mapping made from the table of fields; nothing outside it is ever indexed (T35).

One index document for each document and one for each hồ sơ, told apart by ``kind``. Not nested: a hồ sơ holds up to
100,000 documents, more than a nested object may, and one of them could not be written without all. Documents carry
what of their hồ sơ is needed to filter, count and group them (``aip_id``, ``hoso_id``, ``agency``, ``fonds``), so that
facets need no join and a result grouped by hồ sơ is a ``collapse`` on a key. Both kinds carry whose they are (``owner``)
and the mode of use that holds (``mode``): what every query is filtered by.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from schemas.fields import Field, fields_of
from search.analysis import analysis
from search.errors import UnknownFieldError

FIELD_LIMIT = 500
"""More than the table of fields can need; the server refuses an index beyond it, and no record can add to it."""

_KEY_CHARACTERS = 1024
"""Longer values are kept and shown but not matched as keys: a term has a hard limit of 32,766 bytes."""

_PREFIX_CHARACTERS = 12
"""Beginnings of words are indexed up to this length; few Vietnamese syllables are longer than seven letters."""

_SHOWN: dict[str, Any] = {"type": "keyword", "index": False, "doc_values": False}


def _keyword() -> dict[str, Any]:
    return {
        "type": "keyword",
        "ignore_above": _KEY_CHARACTERS,
        "fields": {"key": {"type": "keyword", "normalizer": "vi_key", "ignore_above": _KEY_CHARACTERS}},
    }


def _text(options: str = "positions", *, pairs: bool = True) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "folded": {
            "type": "text",
            "analyzer": "vi_folded",
            "search_analyzer": "vi_folded_search",
            "index_options": options,
        },
    }
    if pairs:
        fields["pairs"] = {"type": "text", "analyzer": "vi_exact_pairs", "index_options": "freqs"}
        fields["folded_pairs"] = {"type": "text", "analyzer": "vi_folded_pairs", "index_options": "freqs"}
    return {
        "type": "text",
        "analyzer": "vi_exact",
        "search_analyzer": "vi_exact_search",
        "index_options": options,
        "fields": fields,
    }


def _suggest() -> dict[str, Any]:
    """Folded words, each also by its beginnings: what ``match_bool_prefix`` asks for while somebody types."""
    return {
        "type": "text",
        "analyzer": "vi_folded",
        "norms": False,
        "index_prefixes": {"min_chars": 1, "max_chars": _PREFIX_CHARACTERS},
    }


def _title() -> dict[str, Any]:
    """Marked, ordered and likened by; what a question asks is weighed inside ``all``, which holds its words too."""
    title = _text("offsets")
    del title["fields"]["folded_pairs"]
    key = {"type": "keyword", "normalizer": "vi_key", "ignore_above": _KEY_CHARACTERS}
    return {**title, "fields": {**title["fields"], "key": key}}


def _of_table(item: Field) -> dict[str, Any]:
    if item.parts:
        return {"dynamic": "strict", "properties": {part.name: _of_table(part) for part in item.parts}}
    if item.index == "text":
        return _text(pairs=False)
    if item.index == "date":
        return {"type": "date", "format": "strict_date"}
    if item.index == "integer":
        return {"type": "long"}
    if item.index == "keyword":
        return _keyword()
    raise ValueError(f"{item.table}.{item.name}: no index type is named {item.index}")


def _table(name: str) -> dict[str, Any]:
    return {"dynamic": "strict", "properties": {item.name: _of_table(item) for item in fields_of(name)}}


@cache
def properties() -> Mapping[str, Any]:
    """Every field of the index."""
    return MappingProxyType(
        {
            "id": {"type": "keyword"},
            "kind": {"type": "keyword"},
            "aip_id": {"type": "keyword"},
            "document_id": {"type": "keyword"},
            "hoso_id": _keyword(),
            "hoso_title": _SHOWN,
            "owner": {"type": "keyword"},
            "mode": {"type": "keyword"},
            "fonds": _keyword(),
            "agency": _keyword(),
            "agency_name": _text(pairs=False),
            "issuer": _keyword(),
            "path": {**_keyword(), "fields": {**_keyword()["fields"], "words": _text(pairs=False)["fields"]["folded"]}},
            "title": _title(),
            "number": _keyword(),
            "number_order": {"type": "keyword", "ignore_above": _KEY_CHARACTERS},
            "number_keys": {"type": "keyword", "ignore_above": _KEY_CHARACTERS},
            "number_tokens": {"type": "keyword", "ignore_above": _KEY_CHARACTERS},
            "issued_on": {"type": "date", "format": "strict_date"},
            "started_on": {"type": "date", "format": "strict_date"},
            "ended_on": {"type": "date", "format": "strict_date"},
            "year": {"type": "integer"},
            "language": {"type": "keyword"},
            "retention": {"type": "keyword", "ignore_above": _KEY_CHARACTERS},
            "kind_of_document": {"type": "keyword", "ignore_above": _KEY_CHARACTERS},
            "format": {"type": "keyword"},
            "verdict": {"type": "keyword"},
            "signature_verdict": {"type": "keyword"},
            "pdfa_verdict": {"type": "keyword"},
            "signers": _keyword(),
            "suggest": _suggest(),
            "pronom": {"type": "keyword"},
            "sha256": {"type": "keyword"},
            "size_bytes": {"type": "long"},
            "documents": {"type": "long"},
            "text": _text("offsets"),
            "text_state": {"type": "keyword"},
            "all": _text("offsets"),
            "unparsed": {"type": "keyword", "ignore_above": _KEY_CHARACTERS},
            "fault": {"type": "keyword", "ignore_above": _KEY_CHARACTERS},
            "ledger_seq": {"type": "long"},
            "hoso": _table("hoso"),
            "document": _table("document"),
        }
    )


def mappings() -> dict[str, Any]:
    return {
        "dynamic": "strict",
        "date_detection": False,
        "_meta": {"mapping_sha256": mapping_sha256()},
        "properties": dict(properties()),
    }


def settings() -> dict[str, Any]:
    return {
        "number_of_shards": 1,
        "auto_expand_replicas": "0-1",
        "codec": "best_compression",
        "refresh_interval": "1s",
        "mapping": {"total_fields": {"limit": FIELD_LIMIT}},
        "analysis": analysis(),
    }


@cache
def mapping_sha256() -> str:
    """Changes whenever an index made from the present sources would differ: then a rebuild is due."""
    value = json.dumps([dict(properties()), settings()], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(value.encode()).hexdigest()


def field_count() -> int:
    """The number of fields as the server counts them against its limit, sub-fields and objects included."""

    def count(spec: Mapping[str, Any]) -> int:
        inner = (*spec.get("properties", {}).values(), *spec.get("fields", {}).values())
        return 1 + sum(count(item) for item in inner)

    return sum(count(item) for item in properties().values())


def check_known(source: Mapping[str, Any]) -> None:
    """Returns only if every field of ``source`` is in the mapping; else UnknownFieldError naming all that are not."""
    unknown = tuple(_unknown(source, properties(), ""))
    if unknown:
        raise UnknownFieldError(f"Chỉ mục không có trường: {', '.join(unknown)}.", fields=unknown)


def _unknown(source: Mapping[str, Any], known: Mapping[str, Any], prefix: str) -> list[str]:
    found: list[str] = []
    for name, value in source.items():
        spec = known.get(name)
        below = None if spec is None else spec.get("properties")
        if spec is None or "." in name:
            found.append(prefix + name)
        elif below is not None:
            for item in value if isinstance(value, list | tuple) else [value]:
                if isinstance(item, Mapping):
                    found += _unknown(item, below, f"{prefix}{name}.")
    return sorted(set(found))


def filterable(name: str) -> bool:
    """Whether the index has a field of this dotted name that holds exact values."""
    known: Mapping[str, Any] = properties()
    spec: Mapping[str, Any] | None = None
    for part in name.split("."):
        spec = known.get(part)
        if spec is None:
            return False
        known = {**spec.get("properties", {}), **spec.get("fields", {})}
    return (
        spec is not None
        and spec.get("type") in {"keyword", "long", "integer", "date"}
        and spec.get("index", True) is not False
    )
