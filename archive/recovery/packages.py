"""One package as a storage copy has it: every byte compared with the ledger, its rows read from itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archive.aip.layout import CATALOGUE, payload_path, tree_path
from archive.aip.model import AipUnreadableError
from archive.aip.reader import AipReader
from archive.aip.scan import unreadable
from archive.catalogue import Aip, Document, Submission, ValidationMaterial
from archive.digest import digests_of
from archive.errors import LuutruError, StoreError
from archive.fixity import CopyState, verify_copy
from archive.ledger import Record
from archive.recovery.package_rows import described_aip, held_documents, held_material
from archive.recovery.problems import Problem, problem
from archive.storage.key import aip_key
from archive.storage.store import CHUNK_BYTES, Store

HELD_AT_ONCE = 5_000
"""Documents of a package kept in memory; a package with more is read again while its rows are written."""

_CODES = {
    CopyState.MISSING: "package.object.missing",
    CopyState.MISMATCH: "package.object.damaged",
    CopyState.UNREADABLE: "package.object.unreadable",
}


@dataclass(frozen=True, slots=True)
class Stated:
    """What the ledger says of a package: its record ``aip.package.written``."""

    seq: int
    aip_id: str
    submission_id: str
    sha256: str
    size_bytes: int
    layout_sha256: str | None
    at: datetime

    @classmethod
    def of(cls, record: Record) -> Stated:
        data = record.data
        return cls(
            record.seq,
            str(data["aip_id"]),
            record.subject,
            str(data["sha256"]),
            int(data["size_bytes"]),
            data.get("layout_sha256"),
            record.at,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one package. ``documents``: its rows, None when they are too many to be kept (``source`` has them).

    ``source``: the store its description was read from, None when no store has one: then ``aip`` only keeps its place.
    ``bad``: the copies that are not right. ``whole``: whether any copy was read whole and found right.
    """

    stated: Stated
    aip: Aip
    documents: tuple[Document, ...] | None
    material: tuple[ValidationMaterial, ...]
    source: Store | None
    whole: bool
    problems: tuple[Problem, ...] = ()
    bad: tuple[tuple[str, CopyState], ...] = ()


def found_package(
    stores: Sequence[Store],
    stated: Stated,
    submission: Submission,
    *,
    read_whole: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Found:
    """The package out of the first store that has it whole; else its description from a damaged copy, when that can be
    proven by the package's own manifest; else only its place. Never raises for a bad copy.

    With ``read_whole`` false only the description is read and proven, and the content of no copy is vouched for.
    """
    problems: list[Problem] = []
    bad: list[tuple[str, CopyState]] = []
    damaged: list[Store] = []
    for store in stores:
        if read_whole:
            seen = verify_copy(
                store,
                aip_key(stated.aip_id),
                stated.sha256,
                stated.size_bytes,
                layout_sha256=stated.layout_sha256,
                progress=progress,
            )
            if not seen.ok:
                bad.append((store.name, seen.state))
                problems.append(problem(_CODES[seen.state], stated.aip_id, store.name, seen.detail))
                if seen.state is CopyState.MISMATCH:
                    damaged.append(store)
                continue
        try:
            found = _described(store, stated, submission, proven=read_whole)
        except (StoreError, AipUnreadableError) as error:
            problems.append(problem("package.object.unreadable", stated.aip_id, store.name, error.detail))
            bad.append((store.name, CopyState.UNREADABLE))
            continue
        return replace(found, whole=read_whole, problems=tuple(problems), bad=tuple(bad))
    for store in damaged:
        try:
            found = _described(store, stated, submission, proven=False)
        except LuutruError:
            continue
        return replace(found, problems=tuple(problems), bad=tuple(bad))
    problems.append(problem("package.description.lost", stated.aip_id))
    return Found(stated, _placeholder(stated, submission), (), (), None, False, tuple(problems), tuple(bad))


def documents_in(store: Store, aip_id: str, into: Callable[[AipReader], None]) -> None:
    """Opens the package in ``store`` for ``into``."""
    with store.open(aip_key(aip_id)) as file:
        into(AipReader(file))


def _described(store: Store, stated: Stated, submission: Submission, *, proven: bool) -> Found:
    with store.open(aip_key(stated.aip_id)) as file:
        reader = AipReader(file)
        if reader.aip_id != stated.aip_id:
            raise unreadable(f"says it is {reader.aip_id}")
        if not proven:
            _require_own_manifest(reader)
        package = reader.package()
        aip = described_aip(
            package,
            submission,
            size_bytes=stated.size_bytes,
            sha256=stated.sha256,
            layout_sha256=stated.layout_sha256,
            at=stated.at,
        )
        many = package.document_count > HELD_AT_ONCE
        documents = None if many else tuple(held_documents(reader))
        if documents is not None and len(documents) != package.document_count:
            raise unreadable(f"{len(documents)} documents of {package.document_count}")
        return Found(stated, aip, documents, tuple(held_material(reader)), store, False)


def _require_own_manifest(reader: AipReader) -> None:
    """The description in a package that is not proven as a whole: by both digests its manifests state of it."""
    with reader.open(f"{tree_path(reader.aip_id)}/{CATALOGUE}") as file:
        found = digests_of(iter(lambda: file.read(CHUNK_BYTES), b""))
    path = f"{payload_path(reader.aip_id)}/{CATALOGUE}"
    for algorithm, digest in (("sha256", found.sha256), ("sha512", found.sha512)):
        if (path, digest) not in reader.manifest(algorithm):
            raise unreadable(f"description is not what manifest-{algorithm} states")


def _placeholder(stated: Stated, submission: Submission) -> Aip:
    """What ledger and submission know of a package nobody can describe any more."""
    return Aip(
        id=stated.aip_id,
        submission_id=submission.id,
        file_code=submission.description.file_code,
        title=submission.description.title,
        profile="",
        profile_version="",
        object_key=aip_key(stated.aip_id),
        size_bytes=stated.size_bytes,
        sha256=stated.sha256,
        layout_sha256=stated.layout_sha256,
        created_at=stated.at,
    )
