"""What the checks said of one document, read once for a submission; what names other records is told only to who may know."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from archive.access import Mode, Role, visible_modes
from archive.catalogue import Reading
from archive.finding import Answer, Finding, answer_of
from ingest.recorded import recorded_reports
from ingest.report import CheckReport

KEPT_FINDINGS = 100_000
_LIKENESS = "duplicates"
_UNNAMED = "Tài liệu trùng hoặc tương tự một tài liệu khác."


@dataclass(frozen=True, slots=True)
class DocumentAnswers:
    """One check's answer for one document, and every finding about it."""

    check: str
    answer: Answer
    tools: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def named(self) -> tuple[str, ...]:
        """The packages of other records that findings name."""
        return tuple(str(item.details["aip_id"]) for item in self.findings if item.details.get("aip_id"))

    def told_to(self, role: Role, known: Callable[[str], bool]) -> tuple[Finding, ...]:
        """The findings with nothing in them about a record this role, or this person, may not know of.

        A likeness names the other document. Who may not know of restricted ones is told that there is one, no more.
        """
        if self.check != _LIKENESS:
            return self.findings
        all_modes = Mode.RESTRICTED in visible_modes(role)

        def names_nothing(item: Finding) -> bool:
            elsewhere = item.details.get("aip_id")
            return all_modes and (elsewhere is None or known(str(elsewhere)))

        return tuple(item if names_nothing(item) else unnamed(item) for item in self.findings)


def unnamed(item: Finding) -> Finding:
    """The same finding of a likeness, without a word on what it is like."""
    return replace(item, message=_UNNAMED, details={})


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The reports of one submission; its findings by check and document."""

    reports: tuple[CheckReport, ...]
    by_document: Mapping[tuple[str, str], Sequence[Finding]]
    count: int


_kept: OrderedDict[str, _Sorted] = OrderedDict()
_lock = Lock()


def document_answers(reading: Reading, submission_id: str, path: str) -> tuple[DocumentAnswers, ...]:
    """In the order of the checks. The submission is a stored one: what was said of it no longer changes."""
    known = _sorted(reading, submission_id)
    found = []
    for report in known.reports:
        findings = tuple(known.by_document.get((report.check, path), ()))
        found.append(DocumentAnswers(report.check, answer_of(findings), report.tools, findings))
    return tuple(found)


def _sorted(reading: Reading, submission_id: str) -> _Sorted:
    with _lock:
        if (kept := _kept.get(submission_id)) is not None:
            _kept.move_to_end(submission_id)
            return kept
    reports = recorded_reports(reading, submission_id)
    by_document: dict[tuple[str, str], list[Finding]] = {}
    count = 0
    for report in reports:
        for item in report.findings:
            if item.document is not None:
                by_document.setdefault((report.check, item.document), []).append(item)
                count += 1
    made = _Sorted(tuple(replace(report, findings=(), facts={}) for report in reports), by_document, count)
    with _lock:
        _kept[submission_id] = made
        while len(_kept) > 1 and sum(item.count for item in _kept.values()) > KEPT_FINDINGS:
            _kept.popitem(last=False)
    return made
