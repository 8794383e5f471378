"""What a submission says of its hồ sơ, as the registry keeps it: whose it is, under which code, for how long."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from archive.catalogue.model import Submission
from archive.kept_text import LONGEST_FILE_CODE, kept_text
from archive.retention.file import NewFile
from archive.retention.period import UNDETERMINED, Period, longest
from archive.retention.stated_period import stated_period

LONGEST_FONDS_CODE = 64
LONGEST_PAPER_CODE = 255
STATED = "Thời hạn dài nhất mà dữ liệu đặc tả của hồ sơ và của tài liệu nêu."
NOT_STATED = "Dữ liệu đặc tả không nêu thời hạn tính được; cần xem xét."
_DATE = re.compile(r"(?:\d{1,2}/){0,2}(?P<year>\d{4})|(?P<iso>\d{4})(?:-\d{2}){1,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stated:
    """``period``: None where nothing at all was said about it. ``ended_year``: None while the work goes on."""

    period: Period | None
    ended_year: int | None
    paper_code: str
    fonds_code: str
    opened_on: date | None
    year: int | None
    notation: str


def file_key(submission: Submission) -> tuple[str, str]:
    """The agency a submission is of, and its mã hồ sơ. One without a whole code is a hồ sơ by itself.

    A code that was cut, or had letters no database keeps, is none: two hồ sơ must never be taken for one.
    """
    described = submission.description
    agency, code = submission.owner or described.agency_code, described.file_code
    cut = len(code) == LONGEST_FILE_CODE and code.endswith("…")
    return agency, submission.registration_number if not code or cut or "\ufffd" in code else code


def file_id_of(submission: Submission) -> str:
    """The id of the hồ sơ this submission opens, if it opens one: always the same, and guessed from no code."""
    return str(uuid.uuid5(uuid.UUID(submission.aip_id), "file"))


def stated(fields: Mapping[str, Any], of_documents: Iterable[object], *, received: date) -> Stated:
    """``fields`` of the hồ sơ and ``of_documents``, the periods its documents state, as they were submitted.

    A year of ending that is still to come when it is ``received`` is none.
    """
    values = [fields.get("maintenance"), *of_documents]
    periods = [stated_period(value) for value in values if value not in (None, "", [])]
    ended = year_of(fields.get("endDate"))
    code = fields.get("fileCode")
    parts = code if isinstance(code, Mapping) else {}
    begun = year_of(fields.get("startDate"))
    return Stated(
        period=longest(periods) if periods else None,
        ended_year=ended if ended is not None and ended <= received.year else None,
        paper_code=kept_text(str(fields.get("paperFileCode") or "").strip(), LONGEST_PAPER_CODE),
        fonds_code=kept_text(str(parts.get("organId") or fields.get("organId") or ""), LONGEST_FONDS_CODE),
        opened_on=None if begun is None else date(begun, 1, 1),
        year=year_of(parts.get("fileCatalog")),
        notation=str(parts.get("fileNotation") or "").strip(),
    )


def described_file(submission: Submission, said: Stated, *, profile: str, profile_version: str) -> NewFile:
    """The hồ sơ that ``submission`` opens when none stands under its code."""
    agency, code = file_key(submission)
    period = said.period or UNDETERMINED
    return NewFile(
        id=file_id_of(submission),
        agency_code=agency,
        file_code=code,
        title=submission.description.title,
        profile=profile,
        profile_version=profile_version,
        fonds_code=said.fonds_code,
        opened_on=said.opened_on,
        period=period,
        period_basis=NOT_STATED if period == UNDETERMINED else STATED,
        paper_code=said.paper_code,
    )


def year_of(value: object) -> int | None:
    """The year of a date as metadata write it (dd/mm/yyyy, mm/yyyy, yyyy or ISO); None for what is no date."""
    found = _DATE.fullmatch(str(value if value is not None else "").strip())
    year = int(found["year"] or found["iso"]) if found else 0
    return year if 1000 <= year < date.max.year else None
