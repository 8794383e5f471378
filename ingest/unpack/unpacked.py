"""What came of unpacking, and its index in quarantine: written last, so an index means a whole submission."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.digest import Digests
from archive.durable import sync_folder
from archive.finding import Finding, Severity
from archive.paths import RelPath
from ingest.report import CheckReport
from ingest.subject import Form, Member
from ingest.unpack.kinds import SourceKind

OBJECTS = "objects"
INDEX = "index.json"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """``members`` are complete unless ``refused``: of a refused submission none is offered, except that names which
    merely collide lose nothing. ``directories`` are those without files. ``name`` is the source's own name."""

    name: str
    kind: SourceKind
    members: Mapping[RelPath, Member]
    directories: tuple[str, ...]
    findings: tuple[Finding, ...]
    seconds: float = 0.0

    @property
    def refused(self) -> bool:
        return any(item.severity is Severity.ERROR for item in self.findings)

    @property
    def form(self) -> Form:
        """A bag when it declares itself one, a single file, or else a folder."""
        if "bagit.txt" in self.members:
            return Form.BAG
        return Form.FILE if self.kind is SourceKind.FILE else Form.FOLDER

    def report(self) -> CheckReport:
        """The findings as the report of the check ``unpack``."""
        size_bytes = sum(member.digests.size_bytes for member in self.members.values())
        facts = {"source": self.kind.value, "members": len(self.members), "size_bytes": size_bytes}
        tools = {"luutru-unpack": "1"}
        return CheckReport.of("unpack", self.findings, tools=tools, seconds=self.seconds, facts={"": facts})


def write_index(unpacked: Unpacked, quarantine: Path) -> None:
    """Puts the index in place in one step; until then the quarantine counts as unfinished."""
    value = {
        "name": unpacked.name,
        "kind": unpacked.kind.value,
        "directories": list(unpacked.directories),
        "findings": [item.as_json() for item in unpacked.findings],
        "seconds": unpacked.seconds,
        "members": [
            [path, member.blob.name, member.digests.size_bytes, member.digests.sha256, member.digests.sha512]
            for path, member in unpacked.members.items()
        ],
    }
    temporary = quarantine / f"{INDEX}.part"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, separators=(",", ":"))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(quarantine / INDEX)
    sync_folder(quarantine)


def reopened(quarantine: Path) -> Unpacked | None:
    """What an earlier ``unpack`` into this quarantine gave, or None when none came to its end."""
    try:
        text = (quarantine / INDEX).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    value: dict[str, Any] = json.loads(text)
    objects = quarantine / OBJECTS
    members = {
        RelPath(path): Member(RelPath(path), objects / blob, Digests(size, sha256, sha512))
        for path, blob, size, sha256, sha512 in value["members"]
    }
    findings = tuple(Finding.from_json(item) for item in value["findings"])
    kind, directories = SourceKind(value["kind"]), tuple(value["directories"])
    return Unpacked(value["name"], kind, members, directories, findings, value["seconds"])
