"""From an accepted submission to its hồ sơ: opened, or the one that stands, kept as long as anything in it asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from archive.catalogue.file_plan_reading import planned_line
from archive.catalogue.file_reading import file_of_code
from archive.catalogue.file_writing import close_file, lengthen, link_paper, open_file, require_living, work_went_on
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.model import Submission
from archive.catalogue.schedule_writing import open_review_of
from archive.catalogue.writing import Transaction
from archive.local_time import VIETNAM
from archive.retention.described_file import STATED, Stated, described_file, file_key, stated
from archive.retention.file import File, NewFile
from archive.retention.file_state import FileState
from archive.retention.period import longer

_ENDED = "Cơ quan đã kết thúc hồ sơ trước khi nộp lưu; năm kết thúc theo dữ liệu đặc tả."


def file_of_submission(view: LedgerReading, submission: Submission) -> File | None:
    """The hồ sơ a submission is of, by its agency and code; None before one stands."""
    return file_of_code(view, *file_key(submission))


def require_growing(view: LedgerReading, submission: Submission) -> None:
    """The hồ sơ of this submission may still be added to. Raises FileEndedError when it is being, or was, destroyed."""
    held = file_of_submission(view, submission)
    if held is not None:
        require_living(held)


def take_in(
    tx: Transaction,
    submission: Submission,
    fields: Mapping[str, Any],
    of_documents: Iterable[object],
    *,
    profile: str,
    profile_version: str,
    actor: str,
    at: datetime,
    received_at: datetime | None = None,
) -> File:
    """The hồ sơ of ``submission``, which stands afterwards and has a period; harmless to repeat.

    ``fields`` as submitted, ``of_documents``: the periods its documents state. What was not said shortens nothing, what
    was said and cannot be counted makes the period undetermined. With a year of ending the hồ sơ is ended: an agency
    hands in what it has closed (NĐ 30/2020 Điều 29, 30). ``received_at``: when it came, if that was not now.
    Raises FileEndedError.
    """
    said = stated(fields, of_documents, received=(received_at or at).astimezone(VIETNAM).date())
    held = file_of_submission(tx, submission)
    if held is None:
        new = described_file(submission, said, profile=profile, profile_version=profile_version)
        held = open_file(tx, _as_planned(tx, new, said), actor=actor, at=at)
    else:
        require_living(held)
        if said.period is not None:
            held = lengthen(tx, held.id, said.period, basis=STATED, actor=actor, at=at)
        if said.paper_code and not held.paper_code:
            held = link_paper(tx, held.id, said.paper_code, permanent=False, reason="", actor=actor, at=at)
    open_review_of(tx, held, at=at)
    if said.ended_year is None:
        return held
    if held.state is FileState.OPEN:
        return close_file(tx, held.id, ended_year=said.ended_year, actor=actor, at=at, basis=_ENDED)
    return work_went_on(tx, held.id, said.ended_year, actor=actor, at=at)


def _as_planned(view: LedgerReading, new: NewFile, said: Stated) -> NewFile:
    """The same, kept at least as long as the agency's danh mục hồ sơ foresees, when it foresees it."""
    found = planned_line(view, new.agency_code, said.year, said.notation)
    if found is None:
        return new
    plan, line = found
    period = line.period if said.period is None else longer(line.period, said.period)
    basis = f"Danh mục hồ sơ năm {plan.year}, số {line.notation}; dữ liệu đặc tả khi dài hơn."
    return replace(new, period=period, period_basis=basis, plan_id=plan.id, plan_ordinal=line.ordinal)
