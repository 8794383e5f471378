"""One document's signatures as findings: asks a worker for the facts, and says what they mean for the document."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from archive.finding import Finding, finding
from archive.paths import RelPath
from ingest.checks.pdf_version import header_facts
from ingest.checks.signatures.versions import tool_versions
from ingest.examination_result import DocumentResult
from ingest.inspector.client import Asked, Outcome, inspection
from ingest.subject import Member

_GRACE = 0.8
_OUTCOMES = {
    Outcome.TIMEOUT: "signatures.timeout",
    Outcome.DIED: "signatures.worker-died",
    Outcome.OUT_OF_MEMORY: "signatures.worker-died",
    Outcome.STACK_OVERFLOW: "signatures.worker-died",
    Outcome.UNAVAILABLE: "signatures.tool-unavailable",
    Outcome.ERROR: "signatures.tool-failed",
}


def examine(
    document: RelPath,
    member: Member,
    *,
    inspectors: Asked,
    options: Mapping[str, Any],
    timeout_seconds: float,
) -> DocumentResult:
    """Findings and facts about every signature of one document. A worker that dies, hangs or cannot start is
    indeterminate, never a pass; so is a missing trust list. A file that is no PDF has no findings here."""
    started = time.monotonic()
    if not header_facts(member.blob)["is_pdf"]:
        named_so = (finding("signatures.not-a-pdf", document),) if document.suffix == ".pdf" else ()
        return DocumentResult(named_so, {}, {}, time.monotonic() - started)
    if not options.get("trust_list"):
        nothing = (finding("signatures.no-trust-list", document),)
        return DocumentResult(nothing, {}, tool_versions(), time.monotonic() - started)
    # The worker stops itself a little before it is stopped, so that what is known by then is not lost.
    asked = {"deadline_seconds": timeout_seconds * _GRACE, **options}
    seen = inspection(inspectors, "signatures", member.blob, asked, timeout_seconds=timeout_seconds)
    if seen.outcome is not Outcome.OK:
        found: tuple[Finding, ...] = (finding(_OUTCOMES[seen.outcome], document, reason=seen.reason),)
    else:
        found = tuple(findings_of(document, seen.facts))
    return DocumentResult(found, seen.facts, tool_versions(), time.monotonic() - started)


def findings_of(document: RelPath, facts: Mapping[str, Any]) -> list[Finding]:
    """What ``facts`` of the worker part mean for ``document``."""
    if not facts.get("applicable"):
        return []
    if "unreadable" in facts:
        return [finding("signatures.unreadable-file", document)]
    if "timed_out" in facts:
        return [finding("signatures.timeout", document, field=None, step=facts["timed_out"])]
    found = []
    if not facts.get("strict", True):
        found.append(finding("signatures.lax-reading", document))
    rows = facts["signatures"]
    signatures = [row for row in rows if row["kind"] == "signature"]
    if facts.get("unlisted"):
        found.append(finding("signatures.unlisted", document))
    elif not signatures:
        found.append(finding("signatures.none", document))
    found += [finding(fault["code"], document, **fault["details"]) for row in rows for fault in row["faults"]]
    roles = {row.get("role") for row in signatures}
    if signatures:
        found += [
            finding(f"signatures.no-{role}-signature", document) for role in ("person", "agency") if role not in roles
        ]
    return found
