"""Findings about content: values with a stable code; three answers, never two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from schemas.findings import finding_kinds


class Severity(StrEnum):
    """How a finding weighs: an error fails its check, indeterminate leaves it unanswered, the others do neither."""

    ERROR = "error"
    INDETERMINATE = "indeterminate"
    WARNING = "warning"
    INFO = "info"


class Answer(StrEnum):
    """The three answers of every check (ETSI EN 319 102-1 names them TOTAL-PASSED, TOTAL-FAILED, INDETERMINATE)."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check saw. ``document`` is the path it concerns, exactly as received, or None for the whole."""

    code: str
    severity: Severity
    message: str
    document: str | None = None
    clause: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def check(self) -> str:
        return self.code.split(".", 1)[0]

    def as_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "document": self.document,
            "clause": self.clause or None,
            "details": dict(self.details),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Finding:
        return cls(
            value["code"],
            Severity(value["severity"]),
            value["message"],
            value.get("document"),
            value.get("clause") or "",
            dict(value.get("details") or {}),
        )


class _Blanks(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def finding(code: str, document: str | None = None, **details: Any) -> Finding:
    """A finding with severity, clause and Vietnamese text looked up in the table of codes.

    ``details`` (JSON values) fill the placeholders of the text; ``{document}`` is always there. An unknown code is a
    defect of ours and raises KeyError.
    """
    kind = finding_kinds()[code]
    text = kind.message.format_map(_Blanks(details, document=document if document is not None else "?"))
    return Finding(code, Severity(kind.severity), text, document, kind.clause, details)


def answer_of(findings: Iterable[Finding]) -> Answer:
    """Failed when anything is an error, else indeterminate when anything is, else passed."""
    severities = {item.severity for item in findings}
    if Severity.ERROR in severities:
        return Answer.FAILED
    if Severity.INDETERMINATE in severities:
        return Answer.INDETERMINATE
    return Answer.PASSED


def worst(answers: Iterable[Answer]) -> Answer:
    """The answer for the whole: failed before indeterminate before passed."""
    seen = set(answers)
    for answer in (Answer.FAILED, Answer.INDETERMINATE):
        if answer in seen:
            return answer
    return Answer.PASSED
