"""Every document of a submission examined by the parts that look into files, several documents side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from archive.paths import RelPath
from ingest.checks import format as format_check
from ingest.checks import pdfa, signatures
from ingest.examination_result import DocumentResult
from ingest.inspector.client import Asked, Outcome, inspection
from ingest.subject import Member

PARTS = ("format", "pdfa", "signatures")


@dataclass(frozen=True)
class Examiner:
    """The workers and settings that all examinations of one process share."""

    inspectors: Asked
    verapdf: pdfa.Judge
    signature_options: Mapping[str, Any] = field(default_factory=dict)
    further_formats: frozenset[str] = frozenset()
    side_by_side: int = 2
    signature_seconds: float = 60.0
    text_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Text:
    """What could be read of a document: its first page's head (for marks), and where its whole text lies, if asked for.

    ``problem`` says why a document that has text gave none: a rule of the reader (bomb, doctype, encrypted, malformed,
    too-many-pages), timeout, worker-died, or out-of-memory. Empty for pictures and kinds without text.
    """

    head: str = ""
    file: Path | None = None
    characters: int = 0
    tool: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """One document's results by part, and its text."""

    path: RelPath
    results: Mapping[str, DocumentResult]
    text: Text


def examine(
    documents: Mapping[RelPath, Member],
    examiner: Examiner,
    *,
    parts: Collection[str],
    at: str,
    claims: Mapping[RelPath, str] | None = None,
    folder: Path | None = None,
    with_text: bool = False,
    beside: tuple[Path, ...] = (),
) -> Iterator[Examined]:
    """Every document through every part of ``parts`` (format, pdfa, signatures), in order; a worker that dies costs one
    finding. Memory does not grow with the number of documents.

    ``at`` is the ISO time of validation. With ``folder``, signature material and reports go to ``folder/material`` and
    texts to ``folder/text/<number>.txt``; with ``with_text`` alone only the heads are read.
    """
    material = folder / "material" if folder else None
    text_folder = folder / "text" if folder else None
    for created in (material, text_folder):
        if created is not None:
            created.mkdir(parents=True, exist_ok=True)
    options = {**examiner.signature_options, "at": at, "beside": [str(path) for path in beside]}
    if material is not None:
        options["material_dir"] = str(material)

    def one(number: int, path: RelPath, member: Member) -> Examined:
        results: dict[str, DocumentResult] = {}
        if "format" in parts:
            results["format"] = format_check.examine(
                path, member, inspectors=examiner.inspectors, further=examiner.further_formats
            )
        if "pdfa" in parts:
            results["pdfa"] = pdfa.examine(path, member, inspectors=examiner.inspectors, verapdf=examiner.verapdf)
        if "signatures" in parts:
            results["signatures"] = signatures.examine(
                path,
                member,
                inspectors=examiner.inspectors,
                options=options,
                timeout_seconds=examiner.signature_seconds,
            )
        text = Text()
        if with_text:
            text = _text(member, examiner, text_folder / f"{number:06}.txt" if text_folder else None)
        return Examined(path, results, text)

    return _side_by_side(one, documents, examiner.side_by_side)


def _side_by_side(
    work: Callable[[int, RelPath, Member], Examined], documents: Mapping[RelPath, Member], width: int
) -> Iterator[Examined]:
    """Results in order of the documents, with a bounded number under way: 100,000 documents stay flat in memory."""
    if len(documents) <= 1 or width <= 1:
        for number, (path, member) in enumerate(documents.items(), 1):
            yield work(number, path, member)
        return
    queued = enumerate(documents.items(), 1)
    with ThreadPoolExecutor(width, thread_name_prefix="examine") as threads:
        under_way: deque[Future[Examined]] = deque()
        for number, (path, member) in islice(queued, 4 * width):
            under_way.append(threads.submit(work, number, path, member))
        while under_way:
            yield under_way.popleft().result()
            for number, (path, member) in islice(queued, 1):
                under_way.append(threads.submit(work, number, path, member))


def _text(member: Member, examiner: Examiner, file: Path | None) -> Text:
    """The text, or none: a reader that fails on a file costs its searchability, and what it may say of secrecy is open."""
    seen = inspection(
        examiner.inspectors,
        "text",
        member.blob,
        {"text_out": str(file)} if file else {},
        timeout_seconds=examiner.text_seconds,
    )
    if seen.outcome is not Outcome.OK:
        return Text(problem=seen.outcome.value)
    facts = seen.facts
    tool = " ".join(f"{name} {version}" for name, version in (facts.get("tool") or {}).items())
    written = file if file is not None and file.is_file() and file.stat().st_size > 0 else None
    return Text(facts.get("head") or "", written, int(facts.get("characters") or 0), tool, facts.get("error") or "")
