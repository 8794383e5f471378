"""What the examination of one document has to say; checks over many documents are made of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archive.finding import Answer, Finding, answer_of


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """Findings about one document, the facts they rest on (JSON values), the tools that gave them with their versions,
    and the time spent. The answer follows from the findings alone."""

    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def answer(self) -> Answer:
        return answer_of(self.findings)
