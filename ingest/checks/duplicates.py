"""Duplicates on three levels: the same bytes, the same signed revision inside a longer file, the same identity."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from archive.finding import Finding, finding
from archive.identity import identity_key
from archive.paths import RelPath
from ingest.report import CheckReport
from ingest.subject import DocumentEntry, Subject


@dataclass(frozen=True, slots=True)
class Held:
    """Where a like document is held: its hồ sơ, its package, its exact path; all empty when it is another agency's."""

    file_code: str
    aip_id: str
    path: str

    @classmethod
    def of_another(cls) -> Held:
        """Held, but where and by whom is not for the one who asks."""
        return cls("", "", "")

    @property
    def elsewhere(self) -> bool:
        return not self.aip_id


class Holdings(Protocol):
    """What the archive holds already, asked in bulk and answered from indexes."""

    def seen_by(self, owner: str) -> Holdings:
        """The same for an agency: what others hold is told without names. "" is the archive itself."""
        ...

    def with_bytes(self, sha256s: Iterable[str]) -> Mapping[str, Held]: ...

    def with_revision(self, sha256s: Iterable[str]) -> Mapping[str, Held]: ...

    def with_identity(self, keys: Iterable[str]) -> Mapping[str, Held]: ...


def check(
    subject: Subject,
    entries: Mapping[RelPath, DocumentEntry],
    revisions: Mapping[RelPath, Iterable[str]],
    holdings: Holdings | None,
) -> CheckReport:
    """Every likeness within the batch and with the holdings. ``revisions``: SHA-256 of each signed revision of a file.

    Without ``holdings`` (an agency checking before it submits) only the batch is compared.
    """
    begun = time.perf_counter()
    found: list[Finding] = []
    by_bytes: dict[str, RelPath] = {}
    by_revision: dict[str, RelPath] = {}
    by_identity: dict[str, RelPath] = {}
    whole = {member.digests.sha256: path for path, member in subject.documents.items()}
    for path, member in subject.documents.items():
        first = by_bytes.setdefault(member.digests.sha256, path)
        if first != path:
            found.append(finding("duplicates.same-bytes-in-batch", path, other=first))
            continue
        for revision in dict.fromkeys(revisions.get(path, ())):
            other = by_revision.setdefault(revision, path)
            if other == path:
                other = whole.get(revision, path)
            if other != path:
                found.append(finding("duplicates.same-signed-revision", path, where=f"«{other}» trong cùng hồ sơ"))
                break
        key = identity_key(entries[path].fields) if path in entries else None
        if key is not None and (twin := by_identity.setdefault(key, path)) != path:
            where = f"«{twin}» trong cùng hồ sơ"
            found.append(finding("duplicates.same-identity", path, identity=_shown(key), where=where))
    if holdings is not None:
        found += _held(subject, by_bytes, by_revision, by_identity, holdings)
    return CheckReport.of("duplicates", found, seconds=time.perf_counter() - begun)


def _held(
    subject: Subject,
    by_bytes: Mapping[str, RelPath],
    by_revision: Mapping[str, RelPath],
    by_identity: Mapping[str, RelPath],
    holdings: Holdings,
) -> list[Finding]:
    """Each document is named once, on the strongest level it matches."""
    found: list[Finding] = []
    named: set[RelPath] = set()

    def name(code: str, path: RelPath, **details: object) -> None:
        if path not in named:
            named.add(path)
            found.append(finding(code, path, **details))

    for sha256, held in holdings.with_bytes(by_bytes).items():
        details = {} if held.elsewhere else {"file_code": held.file_code, "held_path": held.path}
        name("duplicates.same-bytes-in-holdings", by_bytes[sha256], **details, **_place(held))
    # The held file is a signed revision of ours, ours is one of the held file's, or both share one.
    revisions = {**by_bytes, **by_revision}
    for sha256, held in holdings.with_revision(revisions).items():
        name("duplicates.same-signed-revision", revisions[sha256], **_place(held))
    for sha256, held in holdings.with_bytes(set(by_revision) - set(by_bytes)).items():
        name("duplicates.same-signed-revision", by_revision[sha256], **_place(held))
    for key, held in holdings.with_identity(by_identity).items():
        name("duplicates.same-identity", by_identity[key], identity=_shown(key), **_place(held))
    return found


def _place(held: Held) -> dict[str, str]:
    if held.elsewhere:
        return {"where": "một văn bản kho đang lưu, không thuộc cơ quan nộp"}
    return {"where": f"«{held.path}» của hồ sơ {held.file_code}", "aip_id": held.aip_id}


def _shown(key: str) -> str:
    return ", ".join(key.split("|"))
