"""A submission by its address, judged; and whether who asks may know what is in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path

from api.http.ended_records import ended
from api.http.found import refused_as_unknown
from api.http.gate import Asked
from api.http.problems import forbidden
from api.http.submission_views import EXAMPLE_ID
from api.http.told_findings import all_told, knows_all_of
from archive.access import Mode, Target, Verdict, visible_modes
from archive.catalogue import Reading, Submission
from archive.errors import SubmissionMissingError
from archive.events import Event
from archive.lifecycle import State

_NUMBER = re.compile(r"NL-\d{4}-\d{6,}", re.IGNORECASE)

SubmissionId = Annotated[
    str,
    Path(
        pattern=r"^([0-9a-f]{32}|NL-[0-9]{4}-[0-9]{6,10})$",
        description="Mã lần nộp hoặc mã đăng ký nộp. / Id of the submission, or its registration number.",
        examples=[EXAMPLE_ID, "NL-2026-000042"],
    ),
]


@dataclass(frozen=True, slots=True)
class FoundSubmission:
    """A submission this request may read. ``described_too``: also its description, findings, reports and letters."""

    submission: Submission
    described_too: bool


def found_submission(reading: Reading, asked: Asked, text: str) -> FoundSubmission:
    """Raises ProblemError: the same for what does not exist and for another agency's."""
    try:
        numbered = reading.submission_numbered(text) if _NUMBER.fullmatch(text) else None
        submission = numbered or reading.submission(text)
    except SubmissionMissingError:
        raise refused_as_unknown(asked, text) from None
    asked.require(submission_target(submission), submission.id)
    if (gone := ended(reading, asked, submission.id)) is not None:
        raise gone
    return FoundSubmission(submission, may_know_content(reading, asked, submission))


def submission_target(submission: Submission) -> Target:
    """A submission before the rules: only whose it is counts."""
    return Target(submission.owned_by, Mode.CONDITIONAL)


def may_know_content(reading: Reading, asked: Asked, submission: Submission) -> bool:
    """Once it is stored, what is in it is a record: who may not know of a restricted one learns only that something came.

    Findings and letters name every document, so the strictest of them counts. Before that it is read by those who decide.
    """
    if submission.state is not State.STORED or visible_modes(asked.who.role) == frozenset(Mode):
        return True
    aip = reading.aip(submission.aip_id)
    return aip is not None and knows_all_of(reading, asked, aip)


def described_submission(reading: Reading, asked: Asked, text: str) -> Submission:
    """The same for what only makes sense with its content known. Raises ProblemError."""
    found = found_submission(reading, asked, text)
    if not found.described_too:
        raise refused_as_unknown(asked, found.submission.id)
    return found.submission


def lettered_submission(reading: Reading, asked: Asked, text: str) -> Submission:
    """The same for its letters and its receipt, which say all that was found. Raises ProblemError."""
    submission = described_submission(reading, asked, text)
    if not all_told(reading, asked, submission.id):
        asked.record(
            Event.RECORD_ACCESS_REFUSED,
            submission.id,
            {"operation": asked.operation.value, "verdict": Verdict.FORBIDDEN.value},
        )
        raise forbidden(asked.operation.value)
    return submission


def record_shown(asked: Asked, submission_id: str, part: str = "") -> None:
    """Every read of a submission is in the ledger before it is answered."""
    asked.record(Event.SUBMISSION_DESCRIPTION_SHOWN, submission_id, {"part": part} if part else {})
