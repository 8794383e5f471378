"""Which submissions of a hồ sơ became no package of it: returned, by the same agency, under its code or with its bytes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, or_, select

from archive.catalogue.destruction_tables import (
    destruction_certificates,
    tombstone_packages,
    tombstone_submissions,
    tombstones,
)
from archive.catalogue.file_reading import agency_codes
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.tables import submissions
from archive.lifecycle import State


def files_with_returned(view: LedgerReading, round_id: str) -> list[str]:
    """Hồ sơ of the round, as long as it is not certified, that may have such submissions nobody has taken in."""
    s, o, p = submissions.c, tombstones.c, tombstone_packages.c
    certified = select(destruction_certificates.c.round_id)
    going = (o.round_id == round_id, o.round_id.not_in(certified), *_returned_and_not_taken_in())
    by_code = select(o.file_id).join(submissions, s.file_code == o.file_code).where(*going)
    by_bytes = (
        select(o.file_id)
        .join(tombstone_packages, p.file_id == o.file_id)
        .join(submissions, s.transfer_sha256 == p.transfer_sha256)
        .where(*going)
    )
    return sorted({*view.rows(by_code).scalars(), *view.rows(by_bytes).scalars()})


def submissions_under_way(view: LedgerReading, round_id: str) -> list[str]:
    """Submissions of the same agency, under the code of a hồ sơ of the round or with its bytes, of which nobody knows yet
    whether they are returned: what lies of them was not taken in, and no needle is theirs."""
    s, o, p = submissions.c, tombstones.c, tombstone_packages.c
    resting = [State.STORED.value, State.RETURNED.value, State.REFUSED.value]
    lying = and_(s.state == State.REFUSED.value, s.content_removed_at.is_(None))
    open_ones = (o.round_id == round_id, or_(s.state.not_in(resting), lying, and_(*_returned_and_not_taken_in())))
    told = select(s.id, s.owned_by, o.agency_code).distinct().select_from(submissions)
    by_code = told.join(tombstones, s.file_code == o.file_code).where(*open_ones)
    by_bytes = (
        told.join(tombstone_packages, s.transfer_sha256 == p.transfer_sha256)
        .join(tombstones, o.file_id == p.file_id)
        .where(*open_ones)
    )
    found: set[str] = set()
    agencies: dict[str, frozenset[str]] = {}
    for row in [*view.rows(by_code).all(), *view.rows(by_bytes).all()]:
        if row.agency_code not in agencies:
            agencies[row.agency_code] = frozenset(agency_codes(view, row.agency_code))
        if row.owned_by in agencies[row.agency_code]:
            found.add(row.id)
    return sorted(found)


def returned_words(view: LedgerReading, agency_code: str, file_code: str) -> list[str]:
    """What those of a hồ sơ were called that may go with it."""
    s = submissions.c
    query = returned_of(view, agency_code, file_code, ()).add_columns(s.title, s.source_name)
    return [text for row in view.rows(query) for text in (row.title, row.source_name)]


def returned_of(
    view: LedgerReading, agency_code: str, file_code: str, transfer_digests: Sequence[str]
) -> Select[tuple[str]]:
    """The question for the ids of those of one hồ sơ."""
    s = submissions.c
    same = or_(s.file_code == file_code, s.transfer_sha256.in_(transfer_digests))
    return select(s.id).where(same, s.owned_by.in_(agency_codes(view, agency_code)), *_returned_and_not_taken_in())


def _returned_and_not_taken_in() -> tuple[ColumnElement[bool], ...]:
    s = submissions.c
    return s.state == State.RETURNED.value, s.id.not_in(select(tombstone_submissions.c.submission_id))
