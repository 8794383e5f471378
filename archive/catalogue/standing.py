"""What the access rules ask of records, for a whole page of them in three statements; and pages of records themselves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, Text, and_, cast, func, or_, select

from archive.access import Mode, stated_mode
from archive.catalogue import tables as t
from archive.catalogue.model import Aip, Document
from archive.catalogue.pieces import pieces
from archive.catalogue.reading import ASKED_AT_ONCE, Reading
from archive.catalogue.rights_tables import WHOLE, usage_modes
from archive.catalogue.rows import AnyRow, aip_of
from archive.lifecycle import State

PACKAGES_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """One package before the rules: whose it is, what its metadata state of use, what the archive has decided.

    ``documents``: the mode stated by each document asked for (those that do not exist are absent); ``decided``: by
    ordinal, None for the hồ sơ, of the hồ sơ and the documents asked for.
    """

    owner: str
    hoso: Mode | None
    documents: Mapping[int, Mode | None] = field(default_factory=dict)
    decided: Mapping[int | None, Mode] = field(default_factory=dict)


def standings(reading: Reading, asked: Mapping[str, Iterable[int]]) -> Mapping[str, Standing]:
    """By package id, for those packages of ``asked`` (id → ordinals of interest) that exist."""
    found: dict[str, Standing] = {}
    for ids in pieces(asked, ASKED_AT_ONCE):
        owners = _owners(reading, ids)
        wanted = {aip_id: set(asked[aip_id]) for aip_id in owners}
        documents = _documents(reading, wanted)
        decided = _decided(reading, wanted)
        for aip_id, (owner, hoso) in owners.items():
            found[aip_id] = Standing(owner, hoso, documents.get(aip_id, {}), decided.get(aip_id, {}))
    return found


def stated_counts(reading: Reading, aip_id: str) -> Mapping[Mode | None, int]:
    """How many documents of the package state each mode. It reads all of them; the answer never changes."""
    mode = _said(t.documents)
    rows = reading.rows(
        select(mode.label("mode"), func.count().label("documents")).where(t.documents.c.aip_id == aip_id).group_by(mode)
    )
    counts: Counter[Mode | None] = Counter()
    for row in rows:
        counts[_stated(row.mode)] += row.documents
    return counts


def documents_after(reading: Reading, aip_id: str, after: int, limit: int) -> list[Document]:
    """The next ``limit`` originals of the package behind the ordinal ``after``."""
    c = t.documents.c
    query = select(t.documents).where(c.aip_id == aip_id, c.ordinal > after).order_by(c.ordinal).limit(limit)
    return reading.documents_in(query)


def documents_of(reading: Reading, asked: Mapping[str, Iterable[int]]) -> Mapping[tuple[str, int], Document]:
    """By package id and ordinal, for those of ``asked`` (id → ordinals) that exist."""
    c = t.documents.c
    found: dict[tuple[str, int], Document] = {}
    for some, condition in _both(c.aip_id, c.ordinal, {aip_id: set(ordinals) for aip_id, ordinals in asked.items()}):
        query = select(t.documents).where(condition).order_by(c.aip_id, c.ordinal)
        for document in reading.documents_in(query):
            if document.ordinal in some[document.aip_id]:
                found[document.aip_id, document.ordinal] = document
    return found


def documents_with_bytes(reading: Reading, sha256: str, limit: int) -> list[Document]:
    """Originals that are exactly these bytes."""
    c = t.documents.c
    return reading.documents_in(
        select(t.documents).where(c.sha256 == sha256).order_by(c.aip_id, c.ordinal).limit(limit)
    )


def documents_with_revision(reading: Reading, sha256: str, limit: int) -> list[Document]:
    """Originals of which a signed revision is exactly these bytes."""
    d, r = t.documents.c, t.revisions.c
    joined = select(t.documents).join(t.revisions, and_(r.aip_id == d.aip_id, r.ordinal == d.ordinal))
    return reading.documents_in(joined.where(r.sha256 == sha256).order_by(d.aip_id, d.ordinal).limit(limit))


@dataclass(frozen=True, slots=True)
class Listed:
    """One package in a list: with its owner and when its submission came; ``entered_at`` and ``submission`` order it."""

    aip: Aip
    owner: str
    agency_code: str
    agency_name: str
    registration_number: str
    entered_at: datetime
    submission_id: str


def aips_named(reading: Reading, ids: Iterable[str]) -> Mapping[str, Listed]:
    """Stored packages by id, for those of ``ids`` that are."""
    found: dict[str, Listed] = {}
    for some in pieces(ids, ASKED_AT_ONCE):
        for row in reading.rows(_listing().where(t.aips.c.id.in_(some))):
            found[row.id] = _listed(row)
    return found


def aips_listed(
    reading: Reading,
    *,
    limit: int,
    before: tuple[datetime, str] | None = None,
    owner: str | None = None,
    also: Sequence[str] = (),
    agency: str | None = None,
    file_code: str | None = None,
) -> list[Listed]:
    """Stored packages, the newest submission first, from behind ``before`` on.

    ``owner``: only this agency's, and those of ``also``; ``agency`` and ``file_code``: only those that say so.
    """
    s, a = t.submissions.c, t.aips.c
    query = _listing()
    if owner is not None:
        own = s.owned_by == owner
        query = query.where(or_(own, a.id.in_(list(also))) if also else own)
    if agency is not None:
        query = query.where(s.agency_code == agency)
    if file_code is not None:
        query = query.where(a.file_code == file_code)
    if before is not None:
        at, submission_id = before
        query = query.where(or_(s.entered_at < at, and_(s.entered_at == at, s.id < submission_id)))
    rows = reading.rows(query.order_by(s.entered_at.desc(), s.id.desc()).limit(limit))
    return [_listed(row) for row in rows]


def _listing() -> Select[Any]:
    s = t.submissions.c
    columns = (s.owned_by, s.agency_code, s.agency_name, s.registration_number, s.entered_at)
    joined = select(t.aips, *columns).join(t.submissions, s.id == t.aips.c.submission_id)
    return joined.where(s.state == State.STORED.value)


def _listed(row: AnyRow) -> Listed:
    return Listed(
        aip_of(row),
        row.owned_by,
        row.agency_code,
        row.agency_name,
        row.registration_number,
        row.entered_at,
        row.submission_id,
    )


def _owners(reading: Reading, ids: Sequence[str]) -> dict[str, tuple[str, Mode | None]]:
    a, s = t.aips.c, t.submissions.c
    query = select(a.id, s.owned_by, _said(t.aips).label("mode"))
    rows = reading.rows(query.join(t.submissions, s.id == a.submission_id).where(a.id.in_(ids)))
    return {row.id: (row.owned_by, _stated(row.mode)) for row in rows}


def _documents(reading: Reading, asked: Mapping[str, set[int]]) -> dict[str, dict[int, Mode | None]]:
    c = t.documents.c
    found: dict[str, dict[int, Mode | None]] = {}
    for some, condition in _both(c.aip_id, c.ordinal, asked):
        query = select(c.aip_id, c.ordinal, _said(t.documents).label("mode")).where(condition)
        for row in reading.rows(query):
            if row.ordinal in some[row.aip_id]:
                found.setdefault(row.aip_id, {})[row.ordinal] = _stated(row.mode)
    return found


def _decided(reading: Reading, asked: Mapping[str, set[int]]) -> dict[str, dict[int | None, Mode]]:
    c = usage_modes.c
    found: dict[str, dict[int | None, Mode]] = {}
    for some, condition in _both(
        c.aip_id, c.ordinal, {aip_id: {WHOLE, *ordinals} for aip_id, ordinals in asked.items()}
    ):
        for row in reading.rows(select(c.aip_id, c.ordinal, c.mode).where(condition)):
            if row.ordinal in some[row.aip_id]:
                found.setdefault(row.aip_id, {})[None if row.ordinal == WHOLE else row.ordinal] = Mode(row.mode)
    return found


def _both(
    aip_id: ColumnElement[str], ordinal: ColumnElement[int], asked: Mapping[str, set[int]]
) -> Iterator[tuple[dict[str, set[int]], ColumnElement[bool]]]:
    """Conditions that find every pair asked for through the primary key, a few packages at a time.

    They also find the ordinals of one package in another, which the caller leaves out: a list of pairs in the statement
    would be exact, but SQLite answers it by reading the whole table.
    """
    for names in pieces((name for name, ordinals in asked.items() if ordinals), PACKAGES_AT_ONCE):
        some = {name: asked[name] for name in names}
        for ordinals in pieces(sorted(set().union(*some.values())), ASKED_AT_ONCE):
            yield some, and_(aip_id.in_(names), ordinal.in_(ordinals))


def _said(table: Table) -> ColumnElement[str]:
    """What the metadata says of the mode, as JSON text: the fields themselves stay in the database."""
    return cast(table.c.fields["mode"], Text)


def _stated(value: str | None) -> Mode | None:
    return stated_mode({"mode": json.loads(value)}) if value is not None else None
