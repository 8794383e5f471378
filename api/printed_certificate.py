"""The certificate of a round on sheets (PDF/A): what the signed one says, in words, with every hồ sơ it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from api.bootstrap import Installation, now
from archive.canonical import canonical_sha256
from archive.catalogue import Reading
from archive.catalogue.destruction_model import Tombstone
from archive.catalogue.destruction_reading import certificate, tombstone_packages_of, tombstones_of
from archive.catalogue.pieces import pieces
from archive.catalogue.printed_certificates import (
    NotedSheets,
    PrintedCertificate,
    note_sheets,
    noted_sheets,
    printed_certificate,
    record_printed,
)
from archive.catalogue.round_deciding import paper_key
from archive.catalogue.round_reading import destruction_round, line_digests
from archive.destruction.locked import ACTOR
from archive.disposal.model import Round
from archive.disposal.paper_keeping import keep_paper, read_paper, remove_bytes
from archive.disposal.words import Signature
from archive.errors import CopyDamagedError, ObjectMissingError, StaleClaimError, StoreError
from archive.events import Event
from archive.ledger import read_instant
from archive.local_time import VIETNAM
from archive.papers.execution import Certificate, DestroyedLine
from archive.papers.formal_parts import OPEN_PLACE
from archive.papers.paper import Letterhead, ListReference, SignatureBlock
from archive.papers.place_outcomes import place_outcomes
from archive.storage.key import Key, is_sealed
from ingest.papers.composing import paper_pdf

KIND = "certificate"
_AT_ONCE = 500
_LIMITS = (
    "Không chứng nhận về bản sao đã giao cho người khác, bản in và bản sao ngoài tầm của hệ thống.",
    "Không khẳng định các khối cũ của phương tiện đã bị ghi đè.",
)


def print_certificate(installation: Installation, round_id: str) -> PrintedCertificate | None:
    """The sheets in every store, printed once; None as long as there is no certificate. Long lists take minutes.

    printed ─▶ noted ─▶ in every store ─▶ recorded

    Whoever finds them noted completes them: a certificate is unique, and another printing has other bytes. Raises
    StoreError when a store does not take them: then they are not recorded, and it is tried again; StaleClaimError when
    another printed them meanwhile.
    """
    with installation.catalogue.read() as view:
        standing, document = printed_certificate(view, round_id), certificate(view, round_id)
        if standing is not None or document is None:
            return standing
        noted = noted_sheets(view, round_id)
        paper = certificate_paper(view, document, sealed=installation.keys is not None)
        of = destruction_round(view, round_id)
    for store in installation.stores:
        try:  # before the work, not behind it
            store.size(Key(f"disposal/{round_id}/{KIND}.pdf"))
        except ObjectMissingError:
            continue
    pdf = _lying(installation, noted) or _printed(installation, round_id, paper, instead_of=noted)
    list_sha256, signature = of.list_sha256 or "", Signature.UNSIGNED
    kept = keep_paper(installation.stores, round_id, KIND, pdf, list_sha256=list_sha256, signature=signature)
    printed = PrintedCertificate(round_id, kept.object_key, kept.sha256, kept.size_bytes)
    with installation.catalogue.transaction() as tx:
        record_printed(tx, printed, actor=ACTOR, at=now())
        recorded = printed_certificate(tx, round_id)
    if recorded != printed:  # another took these for lost while they were on their way
        remove_bytes(installation.stores, printed.object_key)
        raise _other(round_id)
    return recorded


def _lying(installation: Installation, noted: NotedSheets | None) -> bytes | None:
    """What an attempt before brought into any store."""
    if noted is not None:
        with suppress(CopyDamagedError):
            return read_paper(installation.stores, noted.object_key, noted.sha256)
    return None


def _printed(installation: Installation, round_id: str, paper: Certificate, *, instead_of: NotedSheets | None) -> bytes:
    """Printed and noted. What was noted before lies nowhere whole: it is taken away first, wherever it is damaged."""
    if instead_of is not None and not remove_bytes(installation.stores, instead_of.object_key):
        raise StoreError(
            "Không gỡ được bản in dở của giấy chứng nhận.",
            remedy="Kiểm tra các kho lưu trữ.",
            detail=instead_of.object_key,
        )
    pdf = paper_pdf(paper).pdf
    sha256 = hashlib.sha256(pdf).hexdigest()
    sheets = NotedSheets(paper_key(round_id, KIND, sha256), sha256)
    with installation.catalogue.transaction() as tx:
        if not note_sheets(tx, round_id, sheets, instead_of=instead_of):
            raise _other(round_id)
    return pdf


def _other(round_id: str) -> StaleClaimError:
    return StaleClaimError("Giấy chứng nhận đã được một tiến trình khác in.", detail=round_id)


def certificate_paper(view: Reading, document: Mapping[str, Any], *, sealed: bool) -> Certificate:
    """The paper of the signed certificate ``document``; nothing in it that the other does not say or the tombstones show."""
    said = document["statement"]
    of = destruction_round(view, said["round_id"])
    issued_at, decision = read_instant(said["issued_at"]), said["decision"]
    rotated = view.record_of("keys", Event.KEYS_KEK_ROTATED)
    first = next(tombstones_of(view, of.id), None)
    since = first.intended_seq if first else 0
    archive = said["archive"]["name"]
    return Certificate(
        profile=of.profile,
        head=Letterhead(
            agency=archive,
            place=OPEN_PLACE,
            issued=issued_at.astimezone(VIETNAM).date(),
            signatures=(SignatureBlock("Người phụ trách lưu trữ"),),
        ),
        bound_to=ListReference(of.code, of.list_sha256 or "", len(line_digests(view, of.id))),
        number=f"CN-{of.code}",
        decision=_decisions(said),
        decided_on=date.fromisoformat(decision["decided_on"]),
        archive_name=archive,
        verifier=view.account(said["run"]["verifier_id"]).name,
        issued_at=issued_at,
        lines=tuple(_lines(view, of)),
        places=place_outcomes(said),
        keys_destroyed=sealed_files(view, of) if sealed else 0,
        rotated_at=rotated.at if rotated is not None and rotated.seq > since else None,
        limits=(
            *_LIMITS,
            f"Bản có chữ ký số của kho là tệp JSON {said['format']}, SHA-256 {canonical_sha256(dict(document))}.",
        ),
    )


def _decisions(said: Mapping[str, Any]) -> str:
    """Every decision of the round; the one the first hồ sơ was begun under comes last, as its date follows."""
    first = said["decision"]
    others = [
        f"số {item['number']} ngày {date.fromisoformat(item['decided_on']):%d/%m/%Y}"
        for item in said.get("decisions", ())
        if (item["number"], item["decided_on"]) != (first["number"], first["decided_on"])
    ]
    return f"Quyết định hủy {'; '.join([*others, 'số ' + first['number']])}"


def _lines(view: Reading, of: Round) -> list[DestroyedLine]:
    found: list[DestroyedLine] = []
    for some in pieces(tombstones_of(view, of.id), _AT_ONCE):
        packages = tombstone_packages_of(view, [item.file_id for item in some])
        for item in some:
            own = tuple((package.aip_id, package.sha256) for package in packages.get(item.file_id, ()))
            found.append(DestroyedLine(item.line, item.file_code, item.title or "", own, _destroyed_at(item)))
    return found


def _destroyed_at(item: Tombstone) -> datetime:
    assert item.destroyed_at is not None, "certified only when destroyed"
    return item.destroyed_at


def sealed_files(view: Reading, of: Round) -> int:
    """How many hồ sơ of the round had a key: of which anything lay sealed. Others never had one to destroy."""
    found: set[str] = set()
    for some in pieces((item.file_id for item in tombstones_of(view, of.id)), _AT_ONCE):
        for file_id, packages in tombstone_packages_of(view, some).items():
            if any(is_sealed(package.object_key) for package in packages):
                found.add(file_id)
    return len(found)
