"""What the checks said of a submission, as it may be told: a likeness names another record, which not everyone may know of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from api.document_findings import unnamed
from api.http.gate import Asked
from api.http.targets import aip_target
from archive.access import Operation, Target, Verdict, decide
from archive.catalogue import Aip, Reading
from archive.finding import Finding
from ingest.recorded import recorded_reports
from ingest.report import CheckReport


def knows_all_of(reading: Reading, asked: Asked, aip: Aip) -> bool:
    """Whether who asks may know of the hồ sơ and of every document in it; with a token that reads no records, of none."""
    whole = aip_target(reading, asked, aip)
    strict = Target(whole.owner, whole.mode, granted=whole.granted)
    return decide(asked.who, Operation.RECORD_READ, strict) is Verdict.ALLOWED


def told_reports(reading: Reading, asked: Asked, submission_id: str) -> tuple[CheckReport, ...]:
    """The reports of the checks; of a likeness to what who asks may not know of, only that there is one."""
    reports = recorded_reports(reading, submission_id)
    hidden = _hidden(reading, asked, reports)
    if not hidden:
        return reports
    return tuple(
        replace(report, findings=tuple(unnamed(item) if _named(item) in hidden else item for item in report.findings))
        for report in reports
    )


def all_told(reading: Reading, asked: Asked, submission_id: str) -> bool:
    """Whether nothing has to be left out of the findings: a letter, once written and signed, can only be given whole."""
    return not _hidden(reading, asked, recorded_reports(reading, submission_id))


def _hidden(reading: Reading, asked: Asked, reports: Iterable[CheckReport]) -> frozenset[str]:
    """The packages findings name that who asks may not know all of."""
    named = {name for report in reports for item in report.findings if (name := _named(item))}
    return frozenset(
        name for name in named if (aip := reading.aip(name)) is None or not knows_all_of(reading, asked, aip)
    )


def _named(item: Finding) -> str:
    return str(item.details.get("aip_id") or "")
