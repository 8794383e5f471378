"""What is lawfully kept, asked by those who look for what is not: living ids, digests still held, rows about living hồ sơ."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from sqlalchemy import Select, Table, select

from archive.catalogue import tables as t
from archive.catalogue.destruction_tables import tombstone_packages, tombstone_submissions
from archive.catalogue.disposal_tables import round_papers
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.pieces import pieces
from archive.catalogue.retention_tables import file_plan_lines, files
from archive.retention.file_state import FileState

_AT_ONCE = 500
_PAGE = 1000
_ENDED = (FileState.DESTROYING.value, FileState.DESTROYED.value)


def living_ids(view: LedgerReading, ids: Collection[str]) -> set[str]:
    """Those of ``ids`` that are packages, or submissions, of hồ sơ nobody has begun to destroy."""
    found: set[str] = set()
    p, s, a, r = tombstone_packages.c, t.submissions.c, t.aips.c, tombstone_submissions.c
    for some in pieces(sorted(ids), _AT_ONCE):
        known = set(view.rows(select(a.id).where(a.id.in_(some))).scalars())
        known |= set(view.rows(select(s.id).where(s.id.in_(some))).scalars())
        known |= set(view.rows(select(s.aip_id).where(s.aip_id.in_(some))).scalars())
        known -= set(view.rows(select(p.aip_id).where(p.aip_id.in_(some))).scalars())
        for column in (p.submission_id, r.submission_id):
            known -= set(view.rows(select(column).where(column.in_(some))).scalars())
        found |= known
    return found


def papers_on_record(view: LedgerReading, object_keys: Collection[str]) -> set[tuple[str, str]]:
    """Of these objects those that are papers of a round, attached and on record, each with the digest of its bytes.

    They are kept, whatever the round destroys: the same people sign papers who signed records, and their certificates, and
    what proves those, stand in both. Other bytes in the same place are no paper.
    """
    found: set[tuple[str, str]] = set()
    c = round_papers.c
    for some in pieces(sorted(object_keys), _AT_ONCE):
        rows = view.rows(select(c.object_key, c.sha256).where(c.object_key.in_(some)))
        found |= {(row.object_key, row.sha256) for row in rows}
    return found


def packaged_ids(view: LedgerReading, ids: Collection[str]) -> set[str]:
    """Those of ``ids`` that are living packages, or submissions of such: what alone may lawfully have somebody's content."""
    found: set[str] = set()
    a, p = t.aips.c, tombstone_packages.c
    for some in pieces(sorted(ids), _AT_ONCE):
        for column in (a.id, a.submission_id):
            query = select(column).where(column.in_(some), a.id.not_in(select(p.aip_id)))
            found |= set(view.rows(query).scalars())
    return found


def shared_digests(view: LedgerReading, digests: Collection[str]) -> set[str]:
    """Those of these digests that an original, or a signed revision, of a living hồ sơ has."""
    found: set[str] = set()
    for some in pieces(sorted(set(digests)), _AT_ONCE):
        for table in (t.documents, t.revisions):
            found |= set(view.rows(select(table.c.sha256).where(table.c.sha256.in_(some))).scalars())
    return found


def living_rows(view: LedgerReading) -> Iterator[bytes]:
    """Every row that describes a living hồ sơ, as text; flat memory.

    Packages, documents, reports and receipts are all of living ones; of submissions and hồ sơ the ended ones are left out.
    The lists agencies approved themselves are records of their own.
    """
    ended = select(tombstone_packages.c.submission_id).union_all(select(tombstone_submissions.c.submission_id))
    for table in (t.aips, t.documents, t.reports, t.receipts):
        yield from _rows(view, table, select(table))
    yield from _rows(view, file_plan_lines, select(file_plan_lines))
    yield from _rows(view, t.submissions, select(t.submissions).where(t.submissions.c.id.not_in(ended)))
    yield from _rows(view, files, select(files).where(files.c.state.not_in(_ENDED)))


def _rows(view: LedgerReading, table: Table, query: Select[*tuple[object, ...]]) -> Iterator[bytes]:
    with view.rows(query.execution_options(yield_per=_PAGE)) as rows:
        for row in rows:
            for value in row:
                if isinstance(value, str):
                    yield value.encode("utf-8", "surrogatepass")
                elif isinstance(value, (dict, list)):
                    yield json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")


def held_elsewhere(view: LedgerReading, digests: Collection[str], aip_id: str) -> set[str]:
    """Those of these digests that an original, or a signed revision, of another package than ``aip_id`` has too."""
    found: set[str] = set()
    for some in pieces(sorted(set(digests)), _AT_ONCE):
        for table in (t.documents, t.revisions):
            query = select(table.c.sha256).where(table.c.sha256.in_(some), table.c.aip_id != aip_id)
            found |= set(view.rows(query).scalars())
    return found
