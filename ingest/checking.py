"""All checks over one subject, each answering for itself: the same for ``luutru check`` and for taking in."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

from archive.finding import Answer, Finding, worst
from archive.paths import RelPath
from ingest.checks import bag, duplicates, encoding, listing, malware, metadata
from ingest.examiner import PARTS, Examined, Examiner, examine
from ingest.reading import entries_of
from ingest.report import CheckReport
from ingest.subject import Form, Subject

CHECKS = ("bag", "list", "malware", "format", "pdfa", "signatures", "metadata", "encoding", "duplicates")
"""What ``--only`` may name (``unpack`` always runs); the order is the order of reports."""

_FOR_ONE_FILE = frozenset({"malware", "format", "pdfa", "signatures", "encoding"})


@dataclass(frozen=True)
class Surroundings:
    """What the checks need besides the subject: workers, scanner, holdings, profile, and the time of validation.

    ``owner``: the agency whose account hands it in, "" for the archive itself.
    """

    examiner: Examiner
    at: str
    profile: str
    scanner: malware.Scanner | None = None
    holdings: duplicates.Holdings | None = None
    owner: str = ""

    def owned_by(self, owner: str, stated: str = "") -> Surroundings:
        """The same for what this agency hands in: it is not told whose the likes of its documents are.

        ``stated``: the agency its metadata name, whose it is when no agency's account handed it in.
        """
        agency = owner or stated
        holdings = self.holdings.seen_by(agency) if self.holdings is not None and agency else self.holdings
        return replace(self, owner=owner, holdings=holdings)


@dataclass(frozen=True)
class Checked:
    """Every report in order. ``facts`` says how many documents were looked into; each one's are in ``documents.jsonl``."""

    reports: tuple[CheckReport, ...]
    seconds: float
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def answer(self) -> Answer:
        return worst(report.answer for report in self.reports)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(item for report in self.reports for item in report.findings)

    @property
    def tools(self) -> dict[str, str]:
        return {name: version for report in self.reports for name, version in report.tools.items()}


def checks_for(subject: Subject, only: Collection[str] | None) -> tuple[str, ...]:
    """The checks that run: those asked for, else all that make sense for the form."""
    if only:
        return tuple(name for name in CHECKS if name in only)
    if subject.form is Form.FILE:
        return tuple(name for name in CHECKS if name in _FOR_ONE_FILE)
    return tuple(name for name in CHECKS if subject.form is Form.BAG or name != "bag")


def run_checks(
    subject: Subject,
    found_before: Iterable[Finding],
    surroundings: Surroundings,
    *,
    only: Collection[str] | None = None,
    folder: Path | None = None,
    progress: Callable[[str], None] = lambda _document: None,
) -> Checked:
    """One report for each check that runs, after one named ``unpack`` for what reading the submission already found.

    ``found_before`` are findings of unpacking and of reading the metadata. With ``folder``, each document's facts are
    written to ``folder/documents.jsonl`` in order of the documents, and texts and signature material beside it.
    """
    begun = time.perf_counter()
    wanted = checks_for(subject, only)
    before = _by_check(found_before)
    entries = entries_of(subject)
    made: dict[str, CheckReport] = {}
    heads: dict[RelPath, str] = {}
    unread: dict[RelPath, str] = {}
    revisions: dict[RelPath, list[str]] = {}

    unpacking = before.pop("unpack", [])
    made["unpack"] = CheckReport.of("unpack", unpacking)
    if not subject.members and made["unpack"].answer is Answer.FAILED:
        # Refused at the door: there is no content to judge, and no other check pretends to have looked.
        return Checked((made["unpack"],), time.perf_counter() - begun, {"documents": 0})
    if "bag" in wanted:
        made["bag"] = bag.check(subject, asked=bool(only))
    if "list" in wanted:
        made["list"] = listing.check(subject)
    if "malware" in wanted:
        made["malware"] = malware.check(subject.members.values(), surroundings.scanner)
    if "metadata" in wanted:
        made["metadata"] = metadata.check(subject, surroundings.profile, surroundings.owner)

    parts = set(wanted) & set(PARTS)
    # Duplicates compare signed revisions, marks stand in the head of a first page: both need the files opened.
    if "duplicates" in wanted and surroundings.holdings is not None:
        parts.add("signatures")
    with_text = "encoding" in wanted
    if parts or with_text:
        gathered = _Gathered(parts & set(wanted))
        with _facts_file(folder) as facts_file:
            for examined in examine(
                subject.documents,
                surroundings.examiner,
                parts=parts,
                at=surroundings.at,
                folder=folder,
                with_text=with_text,
            ):
                gathered.add(examined)
                heads[examined.path] = examined.text.head
                if examined.text.problem and not _said_unreadable(examined):
                    unread[examined.path] = examined.text.problem
                revisions[examined.path] = signed_revisions(examined)
                facts_file.write(json.dumps(_line(examined, folder), ensure_ascii=False) + "\n")
                progress(examined.path)
        made.update(gathered.reports())
    if "encoding" in wanted:
        made["encoding"] = encoding.check(subject, heads, unread)
    if "duplicates" in wanted:
        made["duplicates"] = duplicates.check(subject, entries, revisions, surroundings.holdings)

    reports = tuple(_with(made[name], before.get(name, ())) for name in ("unpack", *CHECKS) if name in made)
    return Checked(reports, time.perf_counter() - begun, {"documents": len(subject.documents)})


def signed_revisions(examined: Examined) -> list[str]:
    """SHA-256 of the file up to the end of each signed revision, as the signatures part saw them."""
    result = examined.results.get("signatures")
    signatures = result.facts.get("signatures", ()) if result else ()
    return [item["signed_revision"]["sha256"] for item in signatures if item.get("signed_revision")]


def _said_unreadable(examined: Examined) -> bool:
    """Whether another part fails the document for the very reason its text cannot be read."""
    codes = {item.code for result in examined.results.values() for item in result.findings}
    return not codes.isdisjoint(("pdfa.encrypted", "pdfa.damaged"))


class _Gathered:
    """Findings, tools and time of each part over all documents; facts are not kept here."""

    def __init__(self, parts: Collection[str]) -> None:
        self._findings: dict[str, list[Finding]] = {part: [] for part in parts}
        self._tools: dict[str, dict[str, str]] = {part: {} for part in parts}
        self._seconds: dict[str, float] = dict.fromkeys(parts, 0.0)

    def add(self, examined: Examined) -> None:
        for part, result in examined.results.items():
            if part in self._findings:
                self._findings[part] += result.findings
                self._tools[part].update(result.tools)
                self._seconds[part] += result.seconds

    def reports(self) -> dict[str, CheckReport]:
        return {
            part: CheckReport.of(part, found, tools=self._tools[part], seconds=self._seconds[part])
            for part, found in self._findings.items()
        }


def _line(examined: Examined, folder: Path | None) -> dict[str, Any]:
    text = examined.text
    return {
        "path": examined.path,
        "facts": {part: dict(result.facts) for part, result in examined.results.items()},
        "answers": {part: result.answer.value for part, result in examined.results.items()},
        "text": {
            "file": str(text.file.relative_to(folder)) if text.file and folder else None,
            "characters": text.characters,
            "tool": text.tool,
        },
    }


class _Nowhere:
    """Takes lines and keeps none."""

    def __enter__(self) -> _Nowhere:
        return self

    def __exit__(self, *_: object) -> None: ...

    def write(self, _: str, /) -> int:
        return 0


def _facts_file(folder: Path | None) -> TextIO | _Nowhere:
    if folder is None:
        return _Nowhere()
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / "documents.jsonl").open("w", encoding="utf-8")


def _by_check(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    sorted_out: dict[str, list[Finding]] = {}
    for item in findings:
        sorted_out.setdefault(item.check, []).append(item)
    return sorted_out


def _with(report: CheckReport, earlier: Iterable[Finding]) -> CheckReport:
    added = [item for item in earlier if item not in report.findings]
    if not added:
        return report
    return CheckReport.of(
        report.check, (*added, *report.findings), tools=report.tools, seconds=report.seconds, facts=report.facts
    )
