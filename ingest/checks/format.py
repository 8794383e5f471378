"""Format by PRONOM id: what the content is, and whether name, metadata and agreement say the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from archive.finding import Finding, finding
from archive.paths import RelPath
from ingest.checks.format_excerpt import excerpt
from ingest.examination_result import DocumentResult
from ingest.inspector.client import Asked, Inspection, Outcome, inspection
from ingest.subject import Member
from ingest.workers.budget import Budget
from schemas.formats import FormatKind, kind_claimed, kind_of

DEFAULT_BUDGET = Budget()
UNKNOWN = "UNKNOWN"
_BY_NAME = "match on extension only"
_MATCHES_KEPT = 10
_TEXT_LIMIT = 200


def facts(path: Path, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """PRONOM id of the content by siegfried's signatures, refined where these cannot see: part ``format``. Facts only.

    Runs in a worker process only, because the Go runtime inside pygfried does not survive a fork. The name of the file
    plays no part: ``path`` is a name of ours.
    """
    import pygfried

    if path.stat().st_size == 0:
        return {"empty": True}
    with excerpt(path) as part:
        result = pygfried.identify(str(part), detailed=True)
    file = result["files"][0]
    # What only the extension says is nothing about the content; the name is judged apart, in ``examine``.
    matches = [m for m in file["matches"] if m["id"] != UNKNOWN and _BY_NAME not in m["warning"]]
    seen: dict[str, Any] = {
        "empty": False,
        "puid": matches[0]["id"] if len(matches) == 1 else None,
        "signature_puid": matches[0]["id"] if len(matches) == 1 else None,
        "matches": [_match(match) for match in matches[:_MATCHES_KEPT]],
        "error": str(file.get("errors") or "")[:_TEXT_LIMIT],
        "refined": "",
        "tools": {
            "pygfried": metadata.version("pygfried"),
            "siegfried": result["siegfried"],
            "PRONOM": "; ".join(item["details"] for item in result["identifiers"]),
        },
    }
    _refine(path, seen)
    return seen


def _refine(path: Path, seen: dict[str, Any]) -> None:
    from ingest.checks.format_refinement import PDF_PUIDS, XML_PUID, pdf_refinement, xml_refinement

    if seen["signature_puid"] == XML_PUID:
        seen["refined"] = xml_refinement(path)
    elif seen["signature_puid"] in PDF_PUIDS or not seen["matches"]:
        pdf = pdf_refinement(path)
        if pdf is not None:
            seen["pdf"] = pdf
            seen["puid"] = pdf["puid"] or seen["signature_puid"]


def _match(match: Mapping[str, Any]) -> dict[str, str]:
    names = {
        "puid": "id",
        "name": "format",
        "version": "version",
        "mime": "mime",
        "basis": "basis",
        "warning": "warning",
    }
    return {ours: str(match.get(theirs) or "")[:_TEXT_LIMIT] for ours, theirs in names.items()}


def examine(
    document: RelPath,
    member: Member,
    *,
    inspectors: Asked,
    budget: Budget = DEFAULT_BUDGET,
    claimed: str | None = None,
    further: Collection[str] = frozenset(),
) -> DocumentResult:
    """Findings and facts about the format of one document.

    ``claimed``: what its metadata says it is (extension, media type or usual name). ``further``: PRONOM ids that the
    agreement takes beside the archive's own list. The facts hold ``puid``, ``name``, ``version``, ``mime`` and
    ``basis`` for PREMIS.
    """
    watch = budget.begin()
    if member.digests.size_bytes == 0:
        return DocumentResult((finding("format.empty-file", document),), {"empty": True}, {}, watch.spent())
    seen = inspection(inspectors, "format", member.blob, timeout_seconds=watch.left())
    if seen.outcome is not Outcome.OK:
        return DocumentResult((_no_answer(document, seen),), {}, {}, watch.spent())
    known = dict(seen.facts)
    tools = dict(known.pop("tools", {}))
    known |= _premis(known)
    found = tuple(format_findings(document, known, claimed, further))
    return DocumentResult(found, known, tools, watch.spent())


def format_findings(
    document: RelPath, seen: Mapping[str, Any], claimed: str | None, further: Collection[str]
) -> Iterator[Finding]:
    """What follows from the facts of part ``format``; pure."""
    if seen["empty"]:
        yield finding("format.empty-file", document)
        return
    if len(seen["matches"]) > 1:
        yield finding("format.ambiguous", document, puids=", ".join(match["puid"] for match in seen["matches"]))
        return
    puid = seen["puid"]
    if puid is None:
        yield finding("format.unknown", document, reason=seen["error"])
        return
    kind = kind_of(puid, seen["refined"])
    name = kind.label if kind else seen["name"]
    if seen["signature_puid"] is None:
        yield finding("format.by-header-only", document, puid=puid)
    elif seen["signature_puid"] != puid:
        yield finding("format.version-by-content", document, signature_puid=seen["signature_puid"], puid=puid)
    if not (kind and kind.allowed) and puid not in further:
        yield finding("format.not-allowed", document, name=name, puid=puid)
    yield from _name_findings(document, kind, name, puid)
    yield from _claim_findings(document, kind, name, puid, (claimed or "").strip())


def _name_findings(document: RelPath, kind: FormatKind | None, name: str, puid: str) -> Iterator[Finding]:
    extension = document.suffix.removeprefix(".")
    if not extension:
        yield finding("format.no-extension", document, name=name, puid=puid)
    elif kind and extension not in kind.extensions:
        yield finding(
            "format.extension-mismatch",
            document,
            extension=extension,
            name=name,
            puid=puid,
            expected=list(kind.extensions),
        )


def _claim_findings(
    document: RelPath, kind: FormatKind | None, name: str, puid: str, claimed: str
) -> Iterator[Finding]:
    if not claimed:
        return
    meant = kind_claimed(claimed)
    if meant is None:
        yield finding("format.claim-unknown", document, claimed=claimed, puid=puid)
    elif kind is None or not (meant.name == kind.name or meant.name in kind.includes):
        yield finding("format.claim-mismatch", document, claimed=claimed, name=name, puid=puid)


def _premis(seen: Mapping[str, Any]) -> dict[str, str]:
    """Name, version, media type and basis that belong to the id finally given."""
    puid = seen.get("puid")
    if not puid:
        return {}
    first = seen["matches"][0] if len(seen["matches"]) == 1 else {}
    pdf = seen.get("pdf")
    if pdf is None or first.get("puid") == puid:
        return {key: first.get(key, "") for key in ("name", "version", "mime", "basis")}
    by = "PDF/A identification in XMP" if pdf["flavour"] else "version of the catalogue or header"
    return {
        "name": "PDF/A - Portable Document Format" if pdf["flavour"] else "Portable Document Format",
        "version": pdf["flavour"] or pdf["version"] or "",
        "mime": "application/pdf",
        "basis": by,
    }


_CODES = {
    Outcome.TIMEOUT: "format.timeout",
    Outcome.OUT_OF_MEMORY: "format.out-of-memory",
    Outcome.DIED: "format.worker-died",
    Outcome.UNAVAILABLE: "format.tool-unavailable",
}


def _no_answer(document: RelPath, seen: Inspection) -> Finding:
    return finding(_CODES.get(seen.outcome, "format.no-answer"), document, reason=seen.reason)
