"""The list against the content: nothing missing, nothing extra, each document linked to its metadata exactly once."""

from __future__ import annotations

import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from archive.finding import Finding, finding
from archive.paths import RelPath
from ingest.report import CheckReport
from ingest.subject import DocumentEntry, Member, Record, Subject

CHECK = "list"
_TOTALS = ("totaldoc",)
_ORDINALS = ("docordinal",)


def check(subject: Subject) -> CheckReport:
    """Compares the record's documents with the files received.

    A name in another Unicode form means the file when only one file fits (info). Without a record the answer is
    ``list.absent``: callers leave this check out where no list is due (a bare bag, a single file).
    """
    started = time.perf_counter()
    record = subject.record
    facts: dict[str, Any] = {"documents": len(subject.documents)}
    if record is None:
        findings = [_absent(subject)]
    else:
        findings = list(_findings(record, subject.documents))
        facts["listed"] = len(record.documents)
    seconds = time.perf_counter() - started
    return CheckReport.of(CHECK, findings, tools={"luutru-list": "1"}, seconds=seconds, facts={"": facts})


def _absent(subject: Subject) -> Finding:
    candidates = subject.extra.get("listing_candidates")
    if candidates:
        return finding("list.ambiguous", names=", ".join(candidates))
    return finding("list.absent")


def _findings(record: Record, documents: Mapping[RelPath, Member]) -> Iterable[Finding]:
    entries = record.documents
    if not entries:
        yield finding("list.empty")
    linked = _linked(entries, documents)
    yield from linked.findings
    for path in documents:
        if path not in linked.times:
            yield finding("list.document.extra", path)
        elif linked.times[path] > 1:
            yield finding("list.document.linked-twice", path, count=linked.times[path])
    yield from _total(record, len(documents))
    yield from _ordinals(entries)


class _Links:
    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self.findings: list[Finding] = []


def _linked(entries: Iterable[DocumentEntry], documents: Mapping[RelPath, Member]) -> _Links:
    """Which file each entry means: the one of this exact name, or the only one of the same name in NFC."""
    links = _Links()
    names: Mapping[str, Any] = {str(path): path for path in documents}
    by_form: dict[str, list[str]] | None = None
    for number, entry in enumerate(entries, 1):
        if not entry.path.strip():
            links.findings.append(finding("list.entry.no-path", line=number))
            continue
        if entry.path in names:
            links.times[entry.path] += 1
            continue
        by_form = by_form if by_form is not None else _by_form(names)
        candidates = by_form.get(unicodedata.normalize("NFC", entry.path), [])
        if len(candidates) == 1:
            links.times[candidates[0]] += 1
            links.findings.append(finding("list.name.normalised", candidates[0], listed=entry.path))
        elif candidates:
            links.findings.append(finding("list.name.ambiguous", entry.path, names=", ".join(sorted(candidates))))
        else:
            links.findings.append(finding("list.document.missing", entry.path, line=number))
    return links


def _by_form(names: Iterable[str]) -> dict[str, list[str]]:
    forms: dict[str, list[str]] = defaultdict(list)
    for name in names:
        forms[unicodedata.normalize("NFC", name)].append(name)
    return dict(forms)


def _total(record: Record, count: int) -> Iterable[Finding]:
    stated = _field(record.file, _TOTALS)
    if stated is None:
        return
    total = _integer(stated)
    if total is None:
        yield finding("list.total.not-a-number", stated=str(stated)[:80])
    elif total != len(record.documents) or total != count:
        yield finding("list.total.differs", stated=total, listed=len(record.documents), found=count)


def _ordinals(entries: Iterable[DocumentEntry]) -> Iterable[Finding]:
    """Ordinals, where given at all, are given to every document and run from 1 without gap."""
    given: dict[int, list[str]] = defaultdict(list)
    without: list[str] = []
    for entry in entries:
        stated = _field(entry.fields, _ORDINALS)
        ordinal = _integer(stated)
        if stated is None:
            without.append(entry.path)
        elif ordinal is None:
            yield finding("list.ordinal.not-a-number", entry.path, stated=str(stated)[:80])
        else:
            given[ordinal].append(entry.path)
    if not given:
        return
    for ordinal, paths in sorted(given.items()):
        if len(paths) > 1:
            yield finding("list.ordinal.repeated", paths[1], ordinal=ordinal, names=", ".join(paths))
    for path in without:
        yield finding("list.ordinal.absent", path)
    gaps = sorted(set(range(1, len(given) + 1)) - given.keys())
    if gaps:
        yield finding("list.ordinal.gap", first=gaps[0], count=len(gaps))


def _field(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """A field by its name whatever its case: NĐ 30/2020 writes ``TotalDoc``, TT 05/2025 ``totalDoc``."""
    for key, value in fields.items():
        if key.lower() in names and value not in (None, ""):
            return value
    return None


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) <= 20:
        return int(value)
    return None
