"""Rows to values and back: the only place where a column's name meets a field's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from archive.catalogue.model import (
    AgreementRef,
    Aip,
    Copy,
    Description,
    Document,
    NewSubmission,
    Receipt,
    Revision,
    Submission,
)
from archive.catalogue.symbols import symbol_key
from archive.fixity import CopyState
from archive.lifecycle import State
from archive.storage.key import Key

AnyRow = Row[Any]


def submission_of(row: AnyRow) -> Submission:
    return Submission(
        id=row.id,
        registration_number=row.registration_number,
        state=State(row.state),
        source_name=row.source_name,
        transfer_sha256=row.transfer_sha256,
        transfer_size_bytes=row.transfer_size_bytes,
        entered_at=row.entered_at,
        received_legal_at=row.received_legal_at,
        agreement=AgreementRef(row.agreement_name, row.agreement_version, row.agreement_sha256),
        trust_list_version=row.trust_list_version,
        aip_id=row.aip_id,
        client_key=row.client_key,
        description=Description(row.agency_code, row.agency_name, row.file_code, row.title),
        decision=row.decision,
        content_removed_at=row.content_removed_at,
        remove_after=row.remove_after,
        last_seq=row.last_seq,
        owner=row.owner,
    )


def submission_row(new: NewSubmission) -> dict[str, Any]:
    return {
        "id": new.id,
        "source_name": new.source_name,
        "transfer_sha256": new.transfer_sha256,
        "transfer_size_bytes": new.transfer_size_bytes,
        "entered_at": new.entered_at,
        "received_legal_at": new.received_legal_at,
        "agreement_name": new.agreement.name,
        "agreement_version": new.agreement.version,
        "agreement_sha256": new.agreement.sha256,
        "trust_list_version": new.trust_list_version,
        "aip_id": new.aip_id,
        "client_key": new.client_key,
        "owner": new.owner,
        **description_row(Description()),
    }


def description_row(description: Description) -> dict[str, Any]:
    return {
        "agency_code": description.agency_code,
        "agency_name": description.agency_name,
        "file_code": description.file_code,
        "title": description.title,
    }


def aip_of(row: AnyRow) -> Aip:
    return Aip(
        id=row.id,
        submission_id=row.submission_id,
        file_code=row.file_code,
        title=row.title,
        profile=row.profile,
        profile_version=row.profile_version,
        object_key=Key(row.object_key),
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        created_at=row.created_at,
        fields=row.fields,
        document_count=row.document_count,
        layout_sha256=row.layout_sha256,
    )


def aip_row(aip: Aip) -> dict[str, Any]:
    return {
        "id": aip.id,
        "submission_id": aip.submission_id,
        "file_code": aip.file_code,
        "title": aip.title,
        "profile": aip.profile,
        "profile_version": aip.profile_version,
        "object_key": str(aip.object_key),
        "size_bytes": aip.size_bytes,
        "sha256": aip.sha256,
        "layout_sha256": aip.layout_sha256,
        "created_at": aip.created_at,
        "fields": dict(aip.fields),
    }


def document_of(row: AnyRow, revisions: tuple[Revision, ...]) -> Document:
    return Document(
        aip_id=row.aip_id,
        ordinal=row.ordinal,
        path=row.path,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        sha512=row.sha512,
        tar_offset=row.tar_offset,
        pronom=row.pronom,
        media_type=row.media_type,
        verdict=row.verdict,
        number=row.number,
        notation=row.notation,
        identity_key=row.identity_key,
        fields=row.fields,
        revisions=revisions,
    )


def document_row(document: Document) -> dict[str, Any]:
    return {
        "aip_id": document.aip_id,
        "ordinal": document.ordinal,
        "path": document.path,
        "size_bytes": document.size_bytes,
        "sha256": document.sha256,
        "sha512": document.sha512,
        "tar_offset": document.tar_offset,
        "pronom": document.pronom,
        "media_type": document.media_type,
        "verdict": document.verdict,
        "number": document.number,
        "notation": document.notation,
        "symbol_key": symbol_key(document.number, document.notation),
        "identity_key": document.identity_key,
        "fields": dict(document.fields),
    }


def copy_of(row: AnyRow) -> Copy:
    return Copy(row.aip_id, row.store, CopyState(row.state), row.verified_at)


def receipt_of(row: AnyRow) -> Receipt:
    return Receipt(row.submission_id, row.ledger_seq, row.ledger_hash, row.issued_at, row.document)
