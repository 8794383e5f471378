"""Rows of holds and rounds to values."""

from __future__ import annotations

from collections.abc import Iterable

from archive.catalogue.rows import AnyRow
from archive.disposal.model import (
    Choice,
    Decision,
    Hold,
    Line,
    Opinion,
    Paper,
    Person,
    Round,
    Session,
    Vote,
)
from archive.disposal.round_state import RoundState
from archive.disposal.snapshot import Snapshot
from archive.disposal.words import (
    ArchiveKind,
    Duty,
    HoldKind,
    LineState,
    ListingReason,
    Outcome,
    Signature,
    Verdict,
)
from archive.retention.file_state import FileState


def hold_of(row: AnyRow) -> Hold:
    values = dict(row._mapping)
    return Hold(**{**values, "kind": HoldKind(values["kind"])})


def person_of(row: AnyRow) -> Person:
    return Person(row.account_id, Duty(row.duty), row.ordinal, row.appointed_by, row.appointed_at)


def round_of(row: AnyRow, persons: Iterable[AnyRow]) -> Round:
    values = dict(row._mapping)
    values["archive_kind"] = ArchiveKind(values["archive_kind"])
    values["state"] = RoundState(values["state"])
    return Round(**values, persons=tuple(map(person_of, persons)))


def line_of(row: AnyRow) -> Line:
    return Line(
        round_id=row.round_id,
        ordinal=row.ordinal,
        file_id=row.file_id,
        agency_code=row.agency_code,
        file_code=row.file_code,
        came_from=FileState(row.came_from),
        reason=ListingReason(row.reason),
        explanation=row.explanation,
        duplicate_of=row.duplicate_of,
        snapshot=Snapshot(row.file_sha256, row.period_sha256, row.packages_sha256, row.rights_sha256),
        choice=None if row.outcome is None else Choice(Outcome(row.outcome), row.extend_years),
        line_sha256=row.line_sha256,
        state=LineState(row.state),
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        settled_reason=row.settled_reason,
    )


def vote_of(row: AnyRow) -> Vote:
    choice = Choice(Outcome(row.outcome), row.extend_years)
    return Vote(row.session, row.line, row.account_id, Duty(row.duty), choice, row.opinion, row.cast_at)


def session_of(row: AnyRow) -> Session:
    return Session(row.number, row.held_on, row.opened_by, row.opened_at)


def opinion_of(row: AnyRow) -> Opinion:
    return Opinion(row.body, row.number, row.given_on, Verdict(row.verdict), row.note)


def decision_of(row: AnyRow) -> Decision:
    return Decision(
        row.ordinal,
        row.number,
        row.decided_on,
        row.list_sha256,
        row.titles_stay,
        row.decided_by,
        row.recorded_at,
    )


def paper_of(row: AnyRow) -> Paper:
    return Paper(
        row.kind,
        row.ordinal,
        row.object_key,
        row.sha256,
        row.size_bytes,
        row.list_sha256,
        row.decision_ordinal,
        Signature(row.signature),
        tuple(row.signers),
        row.attached_by,
        row.attached_at,
    )
