"""The certificate of destruction: what a run proved, for which list, signed by the archive; nothing is claimed beyond it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from archive.canonical import canonical_json
from archive.catalogue import Catalogue
from archive.catalogue.absence_proof import proving_run
from archive.catalogue.destruction_model import AbsenceVerdict, Tombstone
from archive.catalogue.destruction_reading import begun_by_decision, certificate, tombstones_of, undone_tombstones
from archive.catalogue.destruction_writing import issue_certificate
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.remains import tombstone_remains_sha256
from archive.catalogue.round_reading import decisions
from archive.errors import LuutruError
from archive.events import Event
from archive.ledger import written_instant
from archive.policy_standing import Standing, always
from archive.signing import ArchiveKey

FORMAT = "luutru-destruction-certificate/1"


class AbsenceUnprovenError(LuutruError):
    """Nobody has looked everywhere and found nothing; no certificate says otherwise."""

    code = "destruction.absence-unproven"


def certify(
    catalogue: Catalogue,
    round_id: str,
    *,
    key: ArchiveKey,
    archive: Mapping[str, str],
    actor: str,
    now: Callable[[], datetime],
    standing: Standing = always,
) -> Mapping[str, Any]:
    """The certificate of the round, issued now or before. Raises AbsenceUnprovenError, or what ``standing`` raises in the
    transaction that issues it, and nothing is issued.

    Its last run proved absence, and every hồ sơ of it is recorded as destroyed.
    """
    with catalogue.read() as view:
        issued = certificate(view, round_id)
        if issued is not None:
            return issued
        statement = _statement(view, round_id, archive, now())
    with catalogue.transaction() as tx:
        standing(tx)
        run, why = proving_run(tx, round_id)
        if run is None or run.id != statement["run"]["id"]:
            raise _unproven(why or "another run has begun")
        # Decisions may be added as long as the round is at work: those of this moment are the ones certified.
        document = key.signed(statement | {"decisions": decisions_of(tx, round_id)})
        issue_certificate(tx, round_id, run.id, document, files=statement["files"], actor=actor, at=now())
    return document


def _statement(view: LedgerReading, round_id: str, archive: Mapping[str, str], at: datetime) -> dict[str, Any]:
    run, why = proving_run(view, round_id)
    if run is None or run.report is None:
        raise _unproven(why)
    if undone_tombstones(view, round_id, 1):
        raise _unproven("not every hồ sơ is recorded as destroyed")
    lines, files, documents, size = hashlib.sha256(), 0, 0, 0
    first: Tombstone | None = None
    for item in tombstones_of(view, round_id):
        first = first or item
        lines.update(canonical_json(line_of(view, item)) + b"\n")
        files, documents, size = files + 1, documents + item.documents, size + item.size_bytes
    if first is None:
        raise _unproven("nothing was destroyed")
    record = view.record_of(round_id, Event.ROUND_ABSENCE_VERIFIED)
    report = run.report
    return {
        "format": FORMAT,
        "archive": dict(archive),
        "round_id": round_id,
        "decision": {
            "number": first.decision_number,
            "decided_on": first.decided_on.isoformat() if first.decided_on else None,
            "list_sha256": first.list_sha256,
        },
        "files": files,
        "documents": documents,
        "size_bytes": size,
        "lines_sha256": lines.hexdigest(),
        "run": {
            "id": run.id,
            "verdict": AbsenceVerdict.ABSENT.value,
            "verifier_id": run.verifier_id,
            "executor_id": run.executor_id,
            "begun_at": written_instant(run.begun_at),
            "ended_at": written_instant(run.ended_at) if run.ended_at else None,
            "report_sha256": run.report_sha256,
        },
        "looked_at": [
            {name: item[name] for name in ("place", "objects", "size_bytes", "of_living_hoso")}
            for item in report["places"]
        ],
        "sought": report["sought"],
        "unmarked": report["unmarked"]["count"],
        "unread_originals": report["unread_originals"],
        "locked": report["locked"],
        "media": report["media"],
        "ledger": {"seq": record.seq, "hash": record.hash} if record else None,
        "issued_at": written_instant(at),
    }


def decisions_of(view: LedgerReading, round_id: str) -> list[dict[str, Any]]:
    """Every decision of the round in the order they were made, each with how many hồ sơ were begun under it."""
    begun = begun_by_decision(view, round_id)
    return [
        {
            "ordinal": item.ordinal,
            "number": item.number,
            "decided_on": item.decided_on.isoformat(),
            "list_sha256": item.list_sha256,
            "titles_stay": item.titles_stay,
            "decided_by": item.decided_by,
            "files": begun.get((item.number, item.decided_on), 0),
        }
        for item in decisions(view, round_id)
    ]


def line_of(view: LedgerReading, item: Tombstone) -> dict[str, Any]:
    """One line of what was destroyed, as digests and reports are made of it; with the digest the intent has of it all."""
    return {
        "line": item.line,
        "file_id": item.file_id,
        "agency_code": item.agency_code,
        "file_code": item.file_code,
        "title": item.title,
        "packages": item.packages,
        "documents": item.documents,
        "size_bytes": item.size_bytes,
        "destroyed_at": written_instant(item.destroyed_at) if item.destroyed_at else None,
        "ledger_seq": item.destroyed_seq,
        "remains_sha256": tombstone_remains_sha256(view, item.file_id),
    }


def _unproven(detail: str) -> AbsenceUnprovenError:
    return AbsenceUnprovenError(
        "Chưa chứng minh được là không còn gì; chưa cấp giấy chứng nhận hủy.",
        remedy="Xem kết quả kiểm chứng của đợt hủy, xử lý nơi chưa sạch hoặc chưa xem được, rồi kiểm chứng lại.",
        detail=detail,
    )
