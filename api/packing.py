"""``luutru pack``: a folder or archive with a list of documents becomes a bag an agency can submit."""

from __future__ import annotations

import json
from pathlib import Path

from api.bootstrap import now
from archive.bag.pack import write_bag
from archive.finding import Answer, Finding, answer_of, finding
from archive.temporary import temporary_folder
from ingest.checks import listing
from ingest.description import file_code_text
from ingest.metadata import as_submission
from ingest.reading import read_package


def pack_folder(source: Path, target: Path) -> tuple[Finding, ...]:
    """Writes the bag and says what was found; with an error among the findings nothing is written."""
    with temporary_folder("pack") as scratch:
        package = read_package(source, scratch)
        subject = package.subject
        findings = list(package.findings)
        if subject.record is None and answer_of(findings) is Answer.PASSED:
            findings.append(finding("list.absent"))
        if subject.record is not None:
            findings += listing.check(subject).findings
        if answer_of(findings) is Answer.FAILED or subject.record is None:
            return tuple(findings)
        record = subject.record
        metadata = json.dumps(as_submission(record), ensure_ascii=False, indent=1).encode("utf-8")
        write_bag(
            target,
            [(path, member.blob) for path, member in subject.documents.items()],
            metadata,
            [
                ("Source-Organization", str(record.agency.get("name") or "")),
                ("External-Identifier", file_code_text(record.file.get("fileCode"))),
                ("Bagging-Date", now().date().isoformat()),
            ],
        )
    return tuple(findings)
