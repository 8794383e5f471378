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
from archive.sealing.errors import SealedKeyDestroyedError, SealedKeyMissingError
from archive.sealing.opening import NO_KEYS, Keys, plain_object
from archive.storage.key import Key, aip_key, sealed_aip_key
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
    key: Key

    @classmethod
    def of(cls, record: Record, rewritten: Record | None = None) -> Stated:
        """``rewritten``: of a package that was stored in its other form since, the last record that says so."""
        seq, at, submission_id = record.seq, record.at, record.subject
        data = record.data if rewritten is None else rewritten.data
        aip_id = str(data["aip_id"])
        return cls(
            seq,
            aip_id,
            submission_id,
            str(data["sha256"]),
            int(data["size_bytes"]),
            data.get("layout_sha256"),
            at,
            aip_key(aip_id) if data.get("sealed") is None else sealed_aip_key(aip_id),
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
    keys: Keys = NO_KEYS,
) -> Found:
    """The package out of the first store that has it whole; else its description from a damaged copy, when that can be
    proven by the package's own manifest; else only its place. Never raises for a bad copy.

    With ``read_whole`` false only the description is read and proven, and the content of no copy is vouched for.
    ``keys``: what sealed packages are opened with. Of one whose key is not there the bytes are proven all the same, and
    only what its content alone says stays behind.
    """
    problems: list[Problem] = []
    bad: list[tuple[str, CopyState]] = []
    damaged: list[Store] = []
    for store in stores:
        if read_whole:
            seen = verify_copy(
                store,
                stated.key,
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
            found = _described(store, stated, submission, keys, proven=read_whole)
        except (SealedKeyMissingError, SealedKeyDestroyedError) as error:
            return _closed(stated, submission, read_whole, problems, bad, f"{error.code}: {error.detail}")
        except (StoreError, AipUnreadableError) as error:
            problems.append(problem("package.object.unreadable", stated.aip_id, store.name, error.detail))
            bad.append((store.name, CopyState.UNREADABLE))
            continue
        return replace(found, whole=read_whole, problems=tuple(problems), bad=tuple(bad))
    for store in damaged:
        try:
            found = _described(store, stated, submission, keys, proven=False)
        except LuutruError:
            continue
        return replace(found, problems=tuple(problems), bad=tuple(bad))
    problems.append(problem("package.description.lost", stated.aip_id))
    return Found(stated, _placeholder(stated, submission), (), (), None, False, tuple(problems), tuple(bad))


def _closed(
    stated: Stated,
    submission: Submission,
    whole: bool,
    problems: list[Problem],
    bad: list[tuple[str, CopyState]],
    detail: str,
) -> Found:
    """A sealed package nobody can look into here: its place and its bytes are known, its documents are not."""
    problems.append(problem("package.content.sealed", stated.aip_id, detail=detail))
    return Found(stated, _placeholder(stated, submission), (), (), None, whole, tuple(problems), tuple(bad))


def _described(store: Store, stated: Stated, submission: Submission, keys: Keys, *, proven: bool) -> Found:
    with plain_object(store, stated.key, keys) as file:
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
            key=stated.key,
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
        object_key=stated.key,
        size_bytes=stated.size_bytes,
        sha256=stated.sha256,
        layout_sha256=stated.layout_sha256,
        created_at=stated.at,
    )
