"""Submissions and packages as the pipeline would record them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from archive.catalogue import (
    AgreementRef,
    Aip,
    Catalogue,
    Copy,
    Document,
    NewSubmission,
    Revision,
    Submission,
    Transaction,
    ValidationMaterial,
)
from archive.events import Event
from archive.fixity import CopyState
from archive.storage import aip_key

AT = datetime(2026, 11, 21, 1, 30, 0, 123456, tzinfo=UTC)
ACTOR = "luutru"


def sha(text: object) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


def new_submission(number: int = 1, **changes: Any) -> NewSubmission:
    values: dict[str, Any] = {
        "id": f"{number:032x}",
        "source_name": "Hồ sơ đê điều.zip",
        "transfer_sha256": sha(number),
        "transfer_size_bytes": 12,
        "entered_at": AT,
        "received_legal_at": AT,
        "agreement": AgreementRef("mặc định", "1", sha("agreement")),
        "trust_list_version": "2026-11",
        "aip_id": str(uuid.UUID(int=number)),
        "client_key": None,
    }
    return NewSubmission(**(values | changes))


def receive(tx: Transaction, number: int = 1, **changes: Any) -> Submission:
    return tx.receive(new_submission(number, **changes), actor=ACTOR, at=AT).submission


def accept(tx: Transaction, submission: Submission) -> None:
    tx.move(submission.id, Event.SUBMISSION_CHECKS_COMPLETED, actor=ACTOR, at=AT)
    tx.move(submission.id, Event.SUBMISSION_DECISION_ACCEPTED, actor=ACTOR, at=AT, decision={"consequence": "accept"})


def package(submission: Submission, data: bytes = b"tar", **changes: Any) -> Aip:
    values: dict[str, Any] = {
        "id": submission.aip_id,
        "submission_id": submission.id,
        "file_code": "H01.2026.07",
        "title": "Hồ sơ đê điều",
        "profile": "LLT2024-TT05",
        "profile_version": "1",
        "object_key": aip_key(submission.aip_id),
        "size_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "created_at": AT,
        "fields": {"title": "Hồ sơ đê điều"},
    }
    return Aip(**(values | changes))


def documents(aip_id: str, count: int) -> Iterator[Document]:
    for ordinal in range(1, count + 1):
        whole, signed = sha((aip_id, ordinal)), sha((aip_id, ordinal, "signed"))
        yield Document(
            aip_id,
            ordinal,
            f"Tờ trình/{ordinal}.pdf",
            1000,
            whole,
            whole * 2,
            512 * ordinal,
            "fmt/477",
            "application/pdf",
            "passed",
            f"{ordinal:03d}",
            "QĐ-UBND",
            f"{ordinal}|qđ-ubnd|{aip_id}",
            {"subject": "Về việc tu bổ đê điều"},
            (Revision(900, signed), Revision(1000, whole)),
        )


def written(tx: Transaction, submission: Submission, aip: Aip, held: Iterator[Document]) -> None:
    tx.record_aip(aip, held, [ValidationMaterial(sha("crl"), sha("crl") * 2, "crl", 7)])
    data = {
        "aip_id": aip.id,
        "sha256": aip.sha256,
        "size_bytes": aip.size_bytes,
        "layout_sha256": aip.layout_sha256,
    }
    tx.move(submission.id, Event.AIP_PACKAGE_WRITTEN, actor=ACTOR, at=AT, data=data)


def stored(tx: Transaction, submission: Submission, *stores: str) -> None:
    tx.record_copies([Copy(submission.aip_id, store, CopyState.OK, AT) for store in stores])
    tx.move(submission.id, Event.AIP_COPIES_VERIFIED, actor=ACTOR, at=AT, data={"aip_id": submission.aip_id})


def stored_package(
    catalogue: Catalogue, number: int = 1, count: int = 3, *, stores: tuple[str, ...] = ("a", "b"), **changes: Any
) -> Submission:
    """A submission taken all the way, in one transaction."""
    with catalogue.transaction() as tx:
        submission = receive(tx, number)
        accept(tx, submission)
        aip = package(submission, **changes)
        written(tx, submission, aip, documents(aip.id, count))
        stored(tx, submission, *stores)
        return tx.submission(submission.id)
