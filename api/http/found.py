"""A record by its address, judged: what comes back may be done by who asks; anything else has ended the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path

from api.http.ended_records import ended
from api.http.gate import Asked
from api.http.problems import unknown
from api.http.targets import aip_target, document_target, hoso_target
from archive.access import Target
from archive.catalogue import Aip, Document, Reading, Submission
from archive.events import Event
from archive.lifecycle import State

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
EXAMPLE_AIP = "1f0c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5"

AipId = Annotated[
    str,
    Path(pattern=UUID, description="Mã gói lưu trữ (AIP). / Id of the package.", examples=[EXAMPLE_AIP]),
]
Ordinal = Annotated[
    int,
    Path(ge=1, le=10_000_000, description="Số thứ tự tài liệu trong hồ sơ. / Place in the hồ sơ.", examples=[1]),
]


@dataclass(frozen=True, slots=True)
class FoundAip:
    """A package this request may deal with, its submission, and how the rules saw it."""

    aip: Aip
    submission: Submission
    target: Target


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document this request may deal with."""

    aip: Aip
    submission: Submission
    document: Document
    target: Target


def found_hoso(reading: Reading, asked: Asked, aip_id: str) -> FoundAip:
    """Judged by the hồ sơ alone: for its metadata. Raises ProblemError."""
    aip, submission = _stored(reading, asked, aip_id)
    target = hoso_target(reading, asked, aip)
    asked.require(target, aip_id)
    return FoundAip(aip, submission, target)


def found_package(reading: Reading, asked: Asked, aip_id: str) -> FoundAip:
    """Judged by everything in it: for the package as a whole. Raises ProblemError."""
    aip, submission = _stored(reading, asked, aip_id)
    target = aip_target(reading, asked, aip)
    asked.require(target, aip_id)
    return FoundAip(aip, submission, target)


def found_document(reading: Reading, asked: Asked, aip_id: str, ordinal: int) -> FoundDocument:
    """Judged by the document. Raises ProblemError."""
    aip, submission = _stored(reading, asked, aip_id)
    document = reading.document(aip_id, ordinal)
    if document is None:
        raise refused_as_unknown(asked, aip_id)
    target = document_target(reading, asked, aip, document)
    asked.require(target, aip_id)
    return FoundDocument(aip, submission, document, target)


def refused_as_unknown(asked: Asked, subject: str) -> Exception:
    """The answer for what does not exist, recorded like a refusal: neither answer nor delay tells it from one."""
    asked.record(
        Event.RECORD_ACCESS_REFUSED, subject, {"operation": asked.operation.value, "verdict": "unknown"}
    )  # fmt: skip
    return unknown()


def _stored(reading: Reading, asked: Asked, aip_id: str) -> tuple[Aip, Submission]:
    aip, submission = reading.aip(aip_id), reading.submission_of_aip(aip_id)
    if aip is None and (gone := ended(reading, asked, aip_id)) is not None:
        raise gone
    if aip is None or submission is None or submission.state is not State.STORED:
        raise refused_as_unknown(asked, aip_id)
    return aip, submission
