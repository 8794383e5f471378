"""What the index is given of an AIP, and the index documents made of it.

A restricted document is indexed by its metadata alone: its text is not even asked for, so that no search of anyone can
probe it. The mode of a document is never freer than that of its hồ sơ, whatever is given.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schemas.fields import Field, code_list, fields_by_name
from search import facets, notation
from search.errors import TextUnavailableError
from search.mapping import check_known

TEXT_LIMIT = 2_000_000
"""Characters of one document that are indexed (some thousand pages); ``text_state`` says when there were more."""

RESTRICTED = "restricted"
_STRICTER = ("open", "conditional", RESTRICTED)
_LONGEST_ID_BYTES = 480
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T.*)?")
_VIETNAMESE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(frozen=True, slots=True)
class IndexableDocument:
    """One document of an AIP; ``fields`` under the canonical names of ``schemas.fields``.

    ``text`` is called once, when the document is written; it may raise TextUnavailableError: then the document is found
    by its metadata alone. ``mode``: the mode of use that holds, ``archive.access.Mode`` as a word. The verdicts are
    ``passed``, ``failed``, ``indeterminate``, or ``none`` where there was nothing to judge.
    """

    document_id: str
    path: str
    fields: Mapping[str, Any]
    sha256: str
    size_bytes: int
    text: Callable[[], str]
    pronom: str | None = None
    verdict: str | None = None
    signers: tuple[str, ...] = ()
    media_type: str | None = None
    signature_verdict: str | None = None
    pdfa_verdict: str | None = None
    mode: str = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class IndexableAip:
    """One AIP; ``documents`` is read once and may be a stream, so that a hồ sơ of any size takes little memory.

    ``owner``: the agency that handed it in. ``mode``: the mode of use of the hồ sơ as a whole. ``as_of``: the last ledger
    record there was when this was read; of two writers the one that read later wins.
    """

    aip_id: str
    fields: Mapping[str, Any]
    agency: str
    documents: Iterable[IndexableDocument]
    agency_name: str = ""
    verdict: str | None = None
    owner: str = field(kw_only=True)
    mode: str = field(kw_only=True)
    as_of: int = field(default=0, kw_only=True)


@dataclass(slots=True)
class _Values:
    """Metadata in the making: typed values, words for the search over all, names whose value had no such type."""

    typed: dict[str, Any] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    unparsed: list[str] = field(default_factory=list)


def index_id(aip_id: str, document_id: str | None = None) -> str:
    """The id in the index: the AIP's own, or ``AIP/document``; one too long for the server ends in its SHA-256."""
    whole = aip_id if document_id is None else f"{aip_id}/{document_id}"
    if len(whole.encode("utf-8", "replace")) <= _LONGEST_ID_BYTES:
        return whole
    return f"{aip_id}/sha256:{hashlib.sha256(whole.encode('utf-8', 'replace')).hexdigest()}"


def mode_of(aip: IndexableAip, document: IndexableDocument) -> str:
    """The mode that holds for the document: the stricter of its own and that of its hồ sơ; a word nobody knows: restricted."""
    given = {aip.mode, document.mode}
    return max(given, key=_STRICTER.index) if given <= set(_STRICTER) else RESTRICTED


def hoso_source(aip: IndexableAip, documents: int, seq: int) -> dict[str, Any]:
    """The index document of the hồ sơ. Raises UnknownFieldError for a field the table does not have."""
    values = _values("hoso", aip.fields)
    number = _first(aip.fields, "fileNotation")
    return _checked(
        {
            **_shared(aip, seq),
            "id": index_id(aip.aip_id),
            "kind": "hoso",
            "title": _clean(_first(aip.fields, "title")),
            "number": _clean(number),
            "number_order": notation.in_order(_clean(number)),
            "number_keys": [notation.key(number)] if number else [],
            "number_tokens": sorted(set(notation.tokens(number))),
            "started_on": values.typed.get("startDate"),
            "ended_on": values.typed.get("endDate"),
            "year": facets.years_of_hoso(values.typed),
            "language": facets.languages(aip.fields),
            "retention": facets.retention(aip.fields),
            "suggest": _suggested(_first(aip.fields, "title"), number),
            "verdict": aip.verdict,
            "documents": documents,
            "hoso": values.typed,
            "all": [*values.words, aip.aip_id, aip.agency, aip.agency_name],
            "unparsed": values.unparsed,
        }
    )


def document_metadata(aip: IndexableAip, document: IndexableDocument, seq: int) -> dict[str, Any]:
    """The index document of one document but for its text, which is not asked for. Raises UnknownFieldError as above."""
    values = _values("document", document.fields)
    number, sign = _first(document.fields, "codeNumber"), _first(document.fields, "codeNotation")
    issued = values.typed.get("issuedDate")
    year = int(issued[:4]) if isinstance(issued, str) else None
    made = _checked(
        {
            **_of_document(aip, document, seq),
            "title": _clean(_first(document.fields, "subject")),
            "number": _clean("/".join(filter(None, (number, sign)))),
            "number_order": notation.in_order(_clean("/".join(filter(None, (number, sign))))),
            "number_keys": list(notation.keys_of(number, sign, year)) if number or sign else [],
            "number_tokens": sorted({*notation.tokens(f"{number}/{sign}"), *([str(year)] if year and number else [])}),
            "issued_on": issued,
            "year": year,
            "issuer": _clean(_first(document.fields, "organName")),
            "language": facets.languages(document.fields) or facets.languages(aip.fields),
            "retention": facets.retention(document.fields) or facets.retention(aip.fields),
            "kind_of_document": facets.kind_of_document(document.fields),
            "suggest": _suggested(
                _first(document.fields, "subject"),
                "/".join(filter(None, (number, sign))),
                _first(document.fields, "organName"),
                *document.signers,
            ),
            "document": values.typed,
            "all": [*values.words, *map(_clean, document.signers), document.document_id],
            "unparsed": values.unparsed,
        }
    )
    return made


def document_source(aip: IndexableAip, document: IndexableDocument, seq: int) -> dict[str, Any]:
    """The index document of one document, its text included unless restricted. Raises UnknownFieldError as above."""
    made = document_metadata(aip, document, seq)
    text, state = ("", "restricted") if made["mode"] == RESTRICTED else _text_of(document)
    return {**made, **({"text": text} if text else {}), "text_state": state}


def fallback_source(aip: IndexableAip, document: IndexableDocument | None, seq: int, fault: str) -> dict[str, Any]:
    """What is indexed of something that was refused: enough to find it by id, path and digest, and the reason."""
    if document is None:
        made = {**_shared(aip, seq), "id": index_id(aip.aip_id), "kind": "hoso", "all": [aip.aip_id]}
    else:
        made = {**_of_document(aip, document, seq), "text_state": "refused", "all": [document.document_id]}
    return {**made, "fault": fault[:1000]}


def _shared(aip: IndexableAip, seq: int) -> dict[str, Any]:
    return {
        "aip_id": aip.aip_id,
        "hoso_id": _clean(_first(aip.fields, "fileCode")) or aip.aip_id,
        "hoso_title": _clean(_first(aip.fields, "title")),
        "owner": _clean(aip.owner),
        "mode": aip.mode,
        "fonds": _clean(facets.fonds(aip.fields) or aip.agency),
        "agency": _clean(aip.agency),
        "agency_name": _clean(aip.agency_name),
        "ledger_seq": seq,
    }


def _of_document(aip: IndexableAip, document: IndexableDocument, seq: int) -> dict[str, Any]:
    return {
        **_shared(aip, seq),
        "id": index_id(aip.aip_id, document.document_id),
        "kind": "document",
        "mode": mode_of(aip, document),
        "document_id": document.document_id,
        "path": _clean(document.path),
        "sha256": document.sha256,
        "size_bytes": document.size_bytes,
        "pronom": document.pronom,
        "format": document.media_type,
        "verdict": document.verdict,
        "signature_verdict": document.signature_verdict,
        "pdfa_verdict": document.pdfa_verdict,
        "signers": [_clean(name) for name in document.signers],
    }


def _suggested(*texts: str) -> list[str]:
    return list(dict.fromkeys(_clean(text) for text in texts if text))


def _checked(source: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in source.items() if value not in (None, "", [], {}, ())}
    check_known(kept)
    return kept


def _text_of(document: IndexableDocument) -> tuple[str, str]:
    try:
        text = _clean(document.text())
    except TextUnavailableError:
        return "", "unavailable"
    if len(text) > TEXT_LIMIT:
        return text[:TEXT_LIMIT], "truncated"
    return text, "whole" if text else "none"


def _values(table: str, given: Mapping[str, Any]) -> _Values:
    known = fields_by_name(table)
    made = _Values()
    for name, value in given.items():
        item = known.get(name)
        if item is None:
            made.typed[name] = value  # refused by name together with all its fellows in check_known
            continue
        many = value if isinstance(value, list | tuple) else [value]
        kept = [one for one in (_value(item, part, made) for part in many) if one is not None]
        if kept:
            made.typed[name] = kept if isinstance(value, list | tuple) else kept[0]
    return made


def _value(item: Field, value: Any, made: _Values) -> Any:
    """``value`` in the type the index has for the field; what cannot be is searched as words and named."""
    if value is None or value == "":
        return None
    if item.parts:
        return _parts(item, value, made)
    text = ("true" if value else "false") if isinstance(value, bool) else _clean(str(value)).strip()
    if item.index == "date":
        return _typed(item, _iso_date(text), text, made)
    if item.index == "integer":
        return _typed(item, int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None, text, made)
    if item.codes is not None:
        codes = code_list(item.codes)
        code = codes.code_of(text)
        made.words.append(codes.names[code] if code is not None else text)
        return code if code is not None else text
    if not isinstance(value, bool):
        made.words.append(text)
    return text


def _parts(item: Field, value: Any, made: _Values) -> Any:
    if not isinstance(value, Mapping):
        return _typed(item, None, _clean(str(value)), made)
    by_name = {part.name: part for part in item.parts}
    return {
        name: _value(by_name[name], one, made) if name in by_name else one
        for name, one in value.items()
        if one not in (None, "")
    }


def _typed(item: Field, value: Any, text: str, made: _Values) -> Any:
    if value is None:
        made.words.append(text)
        made.unparsed.append(item.name)
    return value


def _iso_date(text: str) -> str | None:
    """ISO or dd/mm/yyyy as an ISO date; None for what is no day of the calendar."""
    if found := _ISO.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _VIETNAMESE.fullmatch(text):
        day, month, year = map(int, found.groups())
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _first(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return "" if value is None else str(value).strip()


def _clean(text: str) -> str:
    """Without NUL and half surrogate pairs, which no JSON reader accepts; all else exactly as it was."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
