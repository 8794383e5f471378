"""PDF structure and PDF/A: what a PDF is by pikepdf, and whether it keeps its own claim by veraPDF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from archive.finding import Finding, finding
from archive.paths import RelPath
from ingest.checks.pdf_findings import structure_findings
from ingest.examination_result import DocumentResult
from ingest.inspector.client import Asked, Outcome, inspection
from ingest.subject import Member
from ingest.verapdf.client import FailedRule, Judgement, Verdict
from ingest.workers.budget import Budget

DEFAULT_BUDGET = Budget()
_CLAUSES_NAMED = 3
_RULES_KEPT = 200


class Judge(Protocol):
    """Anything that judges PDF/A as ``VeraPool`` does."""

    def judge(self, path: Path, flavour: str, *, timeout_seconds: float, pages: int = 0) -> Judgement: ...

    def versions(self) -> dict[str, str]: ...


def examine(
    document: RelPath, member: Member, *, inspectors: Asked, verapdf: Judge, budget: Budget = DEFAULT_BUDGET
) -> DocumentResult:
    """Findings and facts about one document, within ``budget``; nothing when its content is no PDF, unless its
    name says so.

    The verdict is veraPDF's, under the flavour the document itself claims; without a claim it is not asked. Never
    raises for anything in the document or for the fate of a worker: those are findings.
    """
    watch = budget.begin()
    seen = inspection(inspectors, "structure", member.blob, timeout_seconds=watch.left())
    if seen.outcome is not Outcome.OK:
        unanswered = _no_answer(document, _code(seen.outcome.value), "pikepdf", seen.reason)
        return DocumentResult((unanswered,), {}, {}, watch.spent())
    if not seen.facts.get("is_pdf"):
        named_so = (finding("pdfa.not-a-pdf", document),) if document.suffix == ".pdf" else ()
        return DocumentResult(named_so, seconds=watch.spent())
    facts = dict(seen.facts)
    tools = dict(facts.pop("tools", {}))
    findings = list(structure_findings(document, facts))
    claim = facts.get("claim") or {}
    if claim.get("status") == "claimed" and facts["opens"]:
        judgement = verapdf.judge(
            member.blob, claim["flavour"], timeout_seconds=watch.left(), pages=int(facts.get("pages") or 0)
        )
        findings += judgement_findings(document, judgement, facts)
        facts["pdfa"] = _judgement_facts(judgement)
        if judgement.verdict is not Verdict.UNAVAILABLE:
            tools |= verapdf.versions()
    return DocumentResult(_once(findings), facts, tools, watch.spent())


def judgement_findings(document: RelPath, judgement: Judgement, structure: Mapping[str, Any]) -> Iterator[Finding]:
    """What follows from veraPDF's answer. Only a whole verdict passes or fails a document."""
    match judgement.verdict:
        case Verdict.JUDGED if judgement.compliant:
            return
        case Verdict.JUDGED:
            if _only_disputed(judgement.rules, structure):
                yield finding("pdfa.disputed-signature-range", document, flavour=judgement.flavour)
            else:
                yield _not_compliant(document, judgement)
        case Verdict.ENCRYPTED:
            yield finding("pdfa.encrypted", document, protection="veraPDF")
        case Verdict.UNPARSEABLE:
            yield finding("pdfa.damaged", document, troubles=[judgement.reason], tool="veraPDF")
        case _:
            yield _no_answer(document, _code(judgement.verdict.value), "veraPDF", judgement.reason)


def _only_disputed(rules: tuple[FailedRule, ...], structure: Mapping[str, Any]) -> bool:
    """Rule 6.4.3 of PDF/A-2 and -3 alone failed, though every signature covers all of its own revision byte for byte.

    veraPDF 1.30.2 judges several signatures in incremental updates rightly (it once did not, veraPDF-library#1493), but
    still fails a last signature that leaves out the optional end of line behind %%EOF (veraPDF-validation#166).
    """
    covered = structure.get("ranges_cover_revisions") or []
    return all(rule.clause == "6.4.3" and rule.test == 1 for rule in rules) and bool(covered) and all(covered)


def _not_compliant(document: RelPath, judgement: Judgement) -> Finding:
    clauses = list(dict.fromkeys(rule.clause for rule in judgement.rules))
    named = ", ".join(clauses[:_CLAUSES_NAMED]) + (", …" if len(clauses) > _CLAUSES_NAMED else "")
    return finding(
        "pdfa.not-compliant",
        document,
        flavour=judgement.flavour,
        rule_count=len(judgement.rules),
        rules=named,
        failed_rules=[rule.as_json() for rule in judgement.rules[:_RULES_KEPT]],
    )


def _judgement_facts(judgement: Judgement) -> dict[str, Any]:
    return {
        "flavour": judgement.flavour,
        "verdict": judgement.verdict.value,
        "compliant": judgement.compliant,
        "attempts": judgement.attempts,
        "failed_rules": [rule.as_json() for rule in judgement.rules[:_RULES_KEPT]],
    }


def _code(outcome: str) -> str:
    return "pdfa.no-verdict" if outcome == "error" else f"pdfa.{outcome}"


def _no_answer(document: RelPath, code: str, tool: str, reason: str) -> Finding:
    return finding(code, document, tool=tool, reason=reason)


def _once(findings: list[Finding]) -> tuple[Finding, ...]:
    """The first of each code: both tools may have seen the same fault."""
    return tuple({item.code: item for item in reversed(findings)}.values())[::-1]
