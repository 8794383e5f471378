"""The bag check: RFC 8493 to the letter, on the digests taken while the bytes came in."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping

from archive.bag.files import hashed, whole
from archive.bag.judge import judged
from archive.finding import finding
from archive.paths import RelPath
from ingest.report import CheckReport
from ingest.subject import Form, Member, Subject

CHECK = "bag"
_MANIFEST = re.compile(r"(?:tag)?manifest-[a-z0-9-]+\.txt", re.IGNORECASE)
_TAKEN_ON_ARRIVAL = frozenset({"sha256", "sha512"})


class MemberFiles:
    """The members of a submission as the judge sees a bag; SHA-256 and SHA-512 are those of arrival, not read again."""

    def __init__(self, members: Mapping[RelPath, Member], directories: Collection[str] = ()) -> None:
        self._members: Mapping[str, Member] = {str(path): member for path, member in members.items()}
        self._directories = directories

    def sizes(self) -> Mapping[str, int]:
        return {path: member.digests.size_bytes for path, member in self._members.items()}

    def directories(self) -> Collection[str]:
        return self._directories

    def irregular(self) -> Mapping[str, str]:
        return {}

    def content(self, path: str) -> bytes:
        return whole(self._members[path].blob)

    def digests(self, path: str, algorithms: frozenset[str]) -> Mapping[str, str]:
        member = self._members[path]
        known = {"sha256": member.digests.sha256, "sha512": member.digests.sha512}
        others = algorithms - _TAKEN_ON_ARRIVAL
        return {**known, **hashed(member.blob, others)} if others else known


def check(subject: Subject, *, asked: bool = False) -> CheckReport:
    """Whether a submission in form of a bag is complete and valid; other forms pass with a fact saying so, unless it
    was ``asked`` whether this is a bag: then it is none.

    With a bag's manifests but no ``bagit.txt`` it is a bag that lost its declaration, and fails. Links and special
    files are refused when unpacking, so none reach this check.
    """
    started = time.perf_counter()
    if subject.form is not Form.BAG:
        if asked or any(_MANIFEST.fullmatch(path) for path in subject.members):
            return CheckReport.of(CHECK, (finding("bag.declaration.missing"),), facts={"": {"applies": True}})
        return CheckReport.of(CHECK, (), facts={"": {"applies": False}})
    judgement = judged(MemberFiles(subject.members, subject.extra.get("directories", ())))
    facts = {
        "applies": True,
        "version": judgement.version,
        "encoding": judgement.encoding,
        "algorithms": list(judgement.algorithms),
        "payload_bytes": judgement.payload_bytes,
        "payload_files": judgement.payload_files,
        "info": [list(pair) for pair in judgement.info],
    }
    seconds = time.perf_counter() - started
    return CheckReport.of(CHECK, judgement.findings, tools={"luutru-bag": "1"}, seconds=seconds, facts={"": facts})
