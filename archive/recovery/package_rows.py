"""What the catalogue says of a package: the same function when it is taken in and when it is rebuilt from its tar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from archive.aip.layout import VALIDATION, payload_path, tree_path
from archive.aip.reader import AipReader, StoredPackage
from archive.aip.scan import unreadable
from archive.catalogue.model import Aip, Document, Revision, Submission, ValidationMaterial
from archive.finding import Answer, worst
from archive.identity import identity_key
from archive.kept_text import kept_text
from archive.storage.key import Key

UNKNOWN_MEDIA_TYPE = "application/octet-stream"
_KINDS = {"cer": "certificate", "tst": "timestamp"}
"""What the catalogue calls validation material, by the extension it has in the package; others go by their own."""


def catalogued_document(
    *,
    aip_id: str,
    ordinal: int,
    path: str,
    offset: int,
    size_bytes: int,
    sha256: str,
    sha512: str,
    pronom: str,
    media_type: str,
    fields: Mapping[str, Any],
    answers: Mapping[str, str],
    revisions: Iterable[Mapping[str, Any]],
) -> Document:
    """The row of one original. ``answers``: of each check; ``revisions``: ``length`` and ``sha256`` of each signed one."""
    return Document(
        aip_id=aip_id,
        ordinal=ordinal,
        path=path,
        size_bytes=size_bytes,
        sha256=sha256,
        sha512=sha512,
        tar_offset=offset,
        pronom=pronom,
        media_type=media_type or UNKNOWN_MEDIA_TYPE,
        verdict=worst(map(Answer, answers.values())).value,
        number=kept_text(str(fields.get("codeNumber") or "")),
        notation=kept_text(str(fields.get("codeNotation") or "")),
        identity_key=identity_key(fields),
        fields=fields,
        revisions=tuple(Revision(item["length"], item["sha256"]) for item in revisions),
    )


def described_aip(
    package: StoredPackage,
    submission: Submission,
    *,
    size_bytes: int,
    sha256: str,
    layout_sha256: str | None,
    at: datetime,
    key: Key,
) -> Aip:
    """The row of the package of ``submission``; size and digests are those the ledger proves, ``at`` its record's time,
    ``key`` where its object lies.

    Raises AipUnreadableError when the package says that it is another's.
    """
    if (package.aip_id, package.submission_id) != (submission.aip_id, submission.id):
        raise unreadable(f"says it is {package.aip_id} of {package.submission_id}")
    return Aip(
        id=package.aip_id,
        submission_id=submission.id,
        file_code=submission.description.file_code,
        title=submission.description.title,
        profile=package.profile.name,
        profile_version=package.profile.version,
        object_key=key,
        size_bytes=size_bytes,
        sha256=sha256,
        layout_sha256=layout_sha256,
        created_at=at,
        fields=package.record,
        document_count=package.document_count,
    )


def held_documents(reader: AipReader) -> Iterator[Document]:
    """The rows of the originals in the package, in their order; memory stays flat."""
    for item in reader.documents():
        yield catalogued_document(
            aip_id=reader.aip_id,
            ordinal=item.ordinal,
            path=item.path,
            offset=item.offset,
            size_bytes=item.size_bytes,
            sha256=item.sha256,
            sha512=item.sha512,
            pronom=item.pronom,
            media_type=item.media_type,
            fields=item.fields,
            answers=item.facts.get("answers") or {},
            revisions=item.facts.get("revisions") or (),
        )


def held_material(reader: AipReader) -> list[ValidationMaterial]:
    """The certificates, revocation data and time-stamps kept in the package, by their digests."""
    folder = f"{tree_path(reader.aip_id)}/{VALIDATION}/"
    sizes = {entry.path[len(folder) :]: entry.size_bytes for entry in reader.entries if entry.path.startswith(folder)}
    if not sizes:
        return []
    inside = f"{payload_path(reader.aip_id)}/{VALIDATION}/"
    found = []
    for path, sha512 in reader.manifest("sha512"):
        if path.startswith(inside):
            name = path[len(inside) :]
            sha256, _, kind = name.partition(".")
            found.append(ValidationMaterial(sha256, sha512, _KINDS.get(kind, kind), sizes.pop(name, -1)))
    if sizes or any(item.size_bytes < 0 for item in found):
        raise unreadable("validation material and manifest disagree")
    return found
