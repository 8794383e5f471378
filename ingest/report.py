"""What one check has to say: its answer, every finding, the tools that gave it, and the time it took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from archive.finding import Answer, Finding, answer_of


@dataclass(frozen=True, slots=True)
class CheckReport:
    """``facts`` are JSON values per document path (or ``""`` for the whole): what was seen, for reports and PREMIS."""

    check: str
    answer: Answer
    findings: tuple[Finding, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        check: str,
        findings: Iterable[Finding],
        *,
        tools: Mapping[str, str] | None = None,
        seconds: float = 0.0,
        facts: Mapping[str, Any] | None = None,
    ) -> CheckReport:
        """A report whose answer follows from its findings."""
        kept = tuple(findings)
        return cls(check, answer_of(kept), kept, dict(tools or {}), seconds, dict(facts or {}))

    def as_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "answer": self.answer.value,
            "findings": [item.as_json() for item in self.findings],
            "tools": dict(self.tools),
            "seconds": round(self.seconds, 6),
            "facts": dict(self.facts),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CheckReport:
        return cls(
            value["check"],
            Answer(value["answer"]),
            tuple(Finding.from_json(item) for item in value["findings"]),
            dict(value["tools"]),
            float(value["seconds"]),
            dict(value["facts"]),
        )
