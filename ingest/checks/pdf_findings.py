"""What follows from a PDF's structure alone: pure, from facts to findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archive.finding import Finding, finding
from archive.paths import RelPath

_PROTECTIONS = {"user": "cần mật khẩu để mở", "owner": "hạn chế quyền bằng mật khẩu chủ"}
# What starts something outside the page. Links (URI, GoTo) are ordinary and only counted.
_REACHES_OUT = frozenset({
    "Launch", "SubmitForm", "ImportData", "GoToE", "Rendition", "Movie", "Sound", "RichMediaExecute", "GoTo3DView",
})  # fmt: skip


def structure_findings(document: RelPath, facts: Mapping[str, Any]) -> Iterator[Finding]:
    """Every finding that the facts of part ``structure`` give rise to."""
    yield from _condition(document, facts)
    yield from _content(document, facts)
    yield from _claim(document, facts.get("claim") or {})


def _condition(document: RelPath, facts: Mapping[str, Any]) -> Iterator[Finding]:
    if facts["encryption"]:
        yield finding("pdfa.encrypted", document, protection=_PROTECTIONS[facts["encryption"]])
    if facts["damaged"]:
        yield finding("pdfa.damaged", document, troubles=list(facts["troubles"]), tool="pikepdf")
    elif facts["troubles"]:
        yield finding(
            "pdfa.irregular", document, trouble_count=len(facts["troubles"]), troubles=list(facts["troubles"])
        )


def _content(document: RelPath, facts: Mapping[str, Any]) -> Iterator[Finding]:
    actions = facts.get("actions") or {}
    if actions.get("JavaScript"):
        yield finding("pdfa.javascript", document, count=actions["JavaScript"])
    reaching = {kind: count for kind, count in actions.items() if kind in _REACHES_OUT}
    if reaching:
        yield finding("pdfa.active-content", document, kinds=", ".join(sorted(reaching)), counts=reaching)
    if facts.get("embedded_files"):
        yield finding(
            "pdfa.embedded-files", document, count=facts["embedded_files"], names=list(facts["embedded_names"])
        )
    if facts.get("xfa"):
        yield finding("pdfa.xfa", document)
    if facts.get("complete") is False:
        yield finding("pdfa.not-looked-through", document, objects=facts["objects"])


def _claim(document: RelPath, claim: Mapping[str, Any]) -> Iterator[Finding]:
    match claim.get("status"):
        case None | "claimed":
            return
        case "none":
            yield finding("pdfa.no-claim", document)
        case status:
            yield finding("pdfa.claim-unreadable", document, status=status, claim=claim.get("claim"))
