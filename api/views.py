"""What the commands show of submissions and packages: plain values, the same for people and for ``--json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from api.bootstrap import Installation, now
from archive.aip.reader import AipReader
from archive.catalogue import Aip, Submission
from archive.durable import write_whole
from archive.errors import LuutruError, SubmissionMissingError
from archive.events import Event
from archive.finding import Severity
from archive.lifecycle import State
from archive.local_time import local_text
from ingest.description import summary
from ingest.recorded import receipt_letter, recorded_reports, return_letter


class AmbiguousIdError(LuutruError):
    """Several packages bear this mã hồ sơ; the message names them."""

    code = "id.ambiguous"


class LetterMissingError(LuutruError):
    """There is no receipt and no return reason (yet)."""

    code = "letter.missing"


def find_submissions(installation: Installation, text: str) -> tuple[Submission, ...]:
    """By registration number, submission id, package id or mã hồ sơ. Raises SubmissionMissingError when there is none."""
    with installation.catalogue.read() as reading:
        found = reading.submissions_found(text.strip())
    if not found:
        raise SubmissionMissingError(
            f"Không có hồ sơ nào mang mã «{text}».", remedy="Kiểm tra mã, hoặc tìm bằng «luutru search»."
        )
    return found


def one_submission(installation: Installation, text: str) -> Submission:
    found = find_submissions(installation, text)
    if len(found) > 1:
        raise AmbiguousIdError(
            f"Mã «{text}» ứng với {len(found)} lần nộp: {', '.join(item.registration_number for item in found[:10])}.",
            remedy="Dùng mã đăng ký nộp.",
        )
    return found[0]


def find_aips(installation: Installation, text: str) -> tuple[Aip, ...]:
    """Every stored package ``text`` means: one for an exact id, all of a hồ sơ for its code."""
    submissions = [item for item in find_submissions(installation, text) if item.state is State.STORED]
    with installation.catalogue.read() as reading:
        found = [aip for item in submissions if (aip := reading.aip(item.aip_id)) is not None]
    if not found:
        raise SubmissionMissingError(f"Hồ sơ «{text}» chưa được lưu.", remedy="Xem «luutru status».")
    return tuple(found)


def submission_view(installation: Installation, submission_id: str) -> dict[str, Any]:
    with installation.catalogue.read() as reading:
        submission = reading.submission(submission_id)
        reports = recorded_reports(reading, submission_id)
    findings = [item for report in reports for item in report.findings]
    weighty = [item for item in findings if item.severity is not Severity.INFO]
    decision = submission.decision or {}
    return {
        **summary(submission),
        "state": submission.state.value,
        "aip_id": submission.aip_id,
        "answers": {report.check: report.answer.value for report in reports},
        "codes": list(dict.fromkeys(item.code for item in weighty))
        or (["encoding.secrecy-mark"] if submission.state is State.REFUSED else []),
        "findings": [item.as_json() for item in findings],
        "tools": {name: version for report in reports for name, version in report.tools.items()},
        "reasons": [item["code"] for item in decision.get("reasons", ())],
        "remove_after": local_text(submission.remove_after) if submission.remove_after else None,
        "content_removed_at": local_text(submission.content_removed_at) if submission.content_removed_at else None,
    }


def aip_view(installation: Installation, aip: Aip) -> dict[str, Any]:
    signers = _signers(installation, aip)
    with installation.catalogue.read() as reading:
        submission = reading.submission(aip.submission_id)
        documents = [
            {
                "ordinal": item.ordinal,
                "path": item.path,
                "number": "/".join(filter(None, (item.number, item.notation))),
                "title": str(item.fields.get("subject") or ""),
                "size_bytes": item.size_bytes,
                "sha256": item.sha256,
                "sha512": item.sha512,
                "pronom": item.pronom,
                "verdict": item.verdict,
                "signers": signers.get(item.ordinal, []),
                "fields": dict(item.fields),
            }
            for item in reading.documents(aip.id)
        ]
        copies = [
            {
                "store": copy.store,
                "state": copy.state.value,
                "verified_at": local_text(copy.verified_at),
            }
            for copy in reading.copies(aip.id)
        ]
        records = reading.records(subject=submission.id, limit=1000) + reading.records(subject=aip.id, limit=1000)
    return {
        "aip_id": aip.id,
        "registration": submission.registration_number,
        "submission": submission.id,
        "file_code": aip.file_code,
        "title": aip.title,
        "agency": {"code": submission.description.agency_code, "name": submission.description.agency_name},
        "profile": f"{aip.profile} {aip.profile_version}",
        "object": str(aip.object_key),
        "size_bytes": aip.size_bytes,
        "sha256": aip.sha256,
        "copies": copies,
        "fields": dict(aip.fields),
        "documents": documents,
        "history": [
            {
                "seq": record.seq,
                "at": local_text(record.at),
                "event": record.event,
                "actor": record.actor,
                "hash": record.hash,
            }
            for record in sorted(records, key=lambda item: item.seq)
        ],
    }


def _signers(installation: Installation, aip: Aip) -> dict[int, list[str]]:
    """Who signed each document, from the first copy that can be read; none when no copy can."""
    for store in installation.reading_stores:
        try:
            with store.open(aip.object_key) as file:
                return {item.ordinal: list(item.facts.get("signers") or ()) for item in AipReader(file).documents()}
        except LuutruError:
            continue
    return {}


def record_shown(installation: Installation, aip: Aip, actor: str) -> None:
    with installation.catalogue.transaction() as tx:
        tx.append(Event.RECORD_DESCRIPTION_SHOWN, aip.id, actor=actor, at=now())


def write_letters(installation: Installation, submission_id: str, *, letter: Path | None, data: Path | None) -> None:
    """The receipt, or the return with its reasons, as PDF and as data. Raises LetterMissingError when there is neither."""
    if letter is None and data is None:
        return
    with installation.catalogue.read() as reading:
        submission = reading.submission(submission_id)
        receipt = reading.receipt(submission_id)
    if receipt is not None:
        document = receipt.document
    elif submission.decision is not None and submission.state is State.RETURNED:
        document = submission.decision
    else:
        raise LetterMissingError("Lần nộp này chưa có biên nhận hay thông báo trả lại.", remedy="Xem «luutru status».")
    if data is not None:
        write_whole(data.absolute(), json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8"))
    if letter is not None:
        write_whole(letter.absolute(), receipt_letter(receipt) if receipt else return_letter(document))
