"""Changes that destroy: tombstones laid with the intent, the state of each place, and completion after the proof."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from archive.access import Mode
from archive.access.modes import strictest
from archive.canonical import canonical_sha256
from archive.catalogue import tables as t
from archive.catalogue.destruction_model import (
    ITEM_MOVES,
    AbsenceRun,
    AbsenceVerdict,
    Approval,
    ItemState,
    Needles,
    Tombstone,
)
from archive.catalogue.destruction_reading import absence_run, tombstone
from archive.catalogue.destruction_tables import (
    absence_runs,
    destruction_certificates,
    destruction_work,
    tombstone_documents,
    tombstone_packages,
    tombstones,
)
from archive.catalogue.disposal_tables import round_lines, round_persons
from archive.catalogue.file_reading import aips_of, require_file
from archive.catalogue.pieces import pieces
from archive.catalogue.remains import tombstone_remains_sha256
from archive.catalogue.standing import standings
from archive.catalogue.writing import Transaction
from archive.disposal.words import Duty
from archive.errors import IllegalMoveError, LuutruError
from archive.events import Event
from archive.ledger import Record
from archive.retention.file import File

_AT_ONCE = 500


def lay_tombstone(
    tx: Transaction,
    approval: Approval,
    file_id: str,
    line: int,
    intent: Record,
    *,
    period_text: str = "",
    needles: Needles | None = None,
) -> Tombstone:
    """What remains of the hồ sơ, written down while the catalogue still knows it. Laid already, it stands as it was."""
    standing = tombstone(tx, file_id)
    if standing is not None:
        return standing
    held = require_file(tx, file_id)
    aip_ids = aips_of(tx, file_id)
    packages, documents, size = _lay_packages(tx, held, aip_ids)
    if intent.data.get("remains_sha256", remains := tombstone_remains_sha256(tx, file_id)) != remains:
        raise RuntimeError("what remains is not what the intent says")
    tx.rows(
        insert(tombstones).values(
            file_id=file_id,
            round_id=approval.round_id,
            line=line,
            agency_code=held.agency_code,
            file_code=held.file_code,
            title=held.title if approval.titles_stay else None,
            decision_number=approval.decision_number,
            decided_on=approval.decided_on,
            list_sha256=approval.list_sha256,
            ended_year=held.ended_year,
            period_text=period_text,
            packages=packages,
            documents=documents,
            size_bytes=size,
            intended_at=intent.at,
            intended_seq=intent.seq,
            needles=needles.count if needles else 0,
            needles_sha256=needles.sha256 if needles else None,
            mode=_strictest_mode(tx, aip_ids).value,
        )
    )
    laid = tombstone(tx, file_id)
    assert laid is not None
    return laid


def _strictest_mode(tx: Transaction, aip_ids: Sequence[str]) -> Mode:
    """Of the packages as a whole, by what was decided or else stated of each."""
    found = standings(tx, {aip_id: () for aip_id in aip_ids}).values()
    return strictest([item.decided.get(None) or item.hoso or Mode.CONDITIONAL for item in found])


def _lay_packages(tx: Transaction, held: File, aip_ids: Sequence[str]) -> tuple[int, int, int]:
    """How many packages and originals, and of how many bytes, were written down."""
    a, s, d = t.aips.c, t.submissions.c, t.documents.c
    told = (a.id.label("aip_id"), a.submission_id, s.registration_number, a.object_key, a.size_bytes, a.sha256)
    joined = select(*told, s.transfer_sha256).join(t.submissions, s.id == a.submission_id)
    found = tx.rows(joined.where(a.id.in_(aip_ids)).order_by(a.id)).all()
    documents = 0
    for row in found:
        tx.rows(insert(tombstone_packages).values(file_id=held.id, **row._mapping))
        digests = select(d.aip_id, d.ordinal, d.size_bytes, d.sha256, d.sha512).where(d.aip_id == row.aip_id)
        names = [column.name for column in tombstone_documents.columns]
        tx.rows(insert(tombstone_documents).from_select(names, digests))
        counted = select(func.count()).where(tombstone_documents.c.aip_id == row.aip_id)
        documents += tx.rows(counted.select_from(tombstone_documents)).scalar_one()
    return len(found), documents, sum(row.size_bytes for row in found)


def plan_work(tx: Transaction, round_id: str, file_ids: Iterable[str], places: Collection[str], at: datetime) -> None:
    """Every one of ``places`` is due for each hồ sơ (or, for an empty id, for the round); what is noted already stays."""
    c = destruction_work.c
    for some in pieces(file_ids, _AT_ONCE):
        query = select(c.file_id, c.place).where(c.round_id == round_id, c.file_id.in_(some))
        known = {(row.file_id, row.place) for row in tx.rows(query)}
        rows = [
            {
                "round_id": round_id,
                "file_id": file_id,
                "place": place,
                "state": ItemState.DUE.value,
                "attempts": 0,
                "problem": "",
                "changed_at": at,
            }
            for file_id in some
            for place in sorted(places)
            if (file_id, place) not in known
        ]
        if rows:
            tx.rows(insert(destruction_work), rows)


def reopen_work(
    tx: Transaction, round_id: str, file_ids: Iterable[str], at: datetime, *, places: Collection[str] = ()
) -> None:
    """Where these hồ sơ were gone already (in all places, or in these) they are due again: more has come to light."""
    c = destruction_work.c
    for some in pieces(file_ids, _AT_ONCE):
        change = update(destruction_work).where(
            c.round_id == round_id, c.file_id.in_(some), c.state == ItemState.ABSENT.value
        )
        if places:
            change = change.where(c.place.in_(sorted(places)))
        tx.rows(change.values(state=ItemState.DUE.value, problem="", changed_at=at))


def reopen_round_work(tx: Transaction, round_id: str, at: datetime) -> None:
    """What is done once for the round is due again, whatever came of it: a further hồ sơ of it is begun in ``tx``."""
    c = destruction_work.c
    change = update(destruction_work).where(c.round_id == round_id, c.file_id == "", c.state != ItemState.DUE.value)
    tx.rows(change.values(state=ItemState.DUE.value, problem="", locked_until=None, changed_at=at))


class OwnWorkError(LuutruError):
    """Whoever destroyed does not say that nothing is left."""

    code = "destruction.own-work"


class AlreadyCertifiedError(LuutruError):
    """A round is looked at until it is certified."""

    code = "destruction.already-certified"


@dataclass(frozen=True, slots=True)
class Noted:
    """What was done, or seen, of one hồ sơ in one place."""

    file_id: str
    place: str
    state: ItemState
    problem: str = ""
    locked_until: datetime | None = None


def note_work(
    tx: Transaction, round_id: str, noted: Iterable[Noted], at: datetime, *, beside_others: bool = False
) -> None:
    """The state of each item, by the table of moves. Raises IllegalMoveError, and nothing is written.

    ``beside_others``: other processes may have come further with an item; what can no longer be said of it is passed over,
    and all the rest is noted.
    """
    items, legal, c = list(noted), list[Noted](), destruction_work.c
    standing: dict[tuple[str, str], ItemState] = {}
    for some in pieces(sorted({item.file_id for item in items}), _AT_ONCE):
        query = select(c.file_id, c.place, c.state).where(c.round_id == round_id, c.file_id.in_(some))
        standing |= {(row.file_id, row.place): ItemState(row.state) for row in tx.rows(query)}
    for item in items:
        was = standing.get((item.file_id, item.place))
        if was is None:
            raise IllegalMoveError("Việc hủy này chưa được lập.", detail=f"{item.file_id} {item.place}")
        if item.state is not was and item.state not in ITEM_MOVES[was]:
            if beside_others:
                continue
            raise IllegalMoveError(
                "Việc hủy chỉ đi tới, không quay lại.", detail=f"{item.file_id} {item.place}: {was} → {item.state}"
            )
        standing[item.file_id, item.place] = item.state
        legal.append(item)
    here = (c.round_id == round_id, c.file_id == bindparam("of"), c.place == bindparam("there"))
    change = update(destruction_work).where(*here).values(
        state=bindparam("to"),
        problem=bindparam("said"),
        locked_until=bindparam("until"),
        attempts=c.attempts + 1,
        changed_at=at,
    )  # fmt: skip
    rows = [
        {
            "of": item.file_id,
            "there": item.place,
            "to": item.state.value,
            "said": item.problem[:2000],
            "until": item.locked_until,
        }
        for item in legal
    ]
    if rows:
        tx.rows(change, rows)


def begin_absence_run(tx: Transaction, run: AbsenceRun) -> None:
    """It looks now. The database itself refuses one who would prove his own work by what he says of himself.

    Raises OwnWorkError for one who began a line of the round, or has or ever had a duty in it, whoever has it now;
    AlreadyCertifiedError for a round whose certificate stands: what it is known by is gone then.
    """
    c = destruction_certificates.c
    if tx.rows(select(c.round_id).where(c.round_id == run.round_id)).first() is not None:
        raise AlreadyCertifiedError(
            "Đợt hủy đã có giấy chứng nhận; dấu hiệu nhận biết đã xóa, không kiểm chứng lại được.",
            remedy="Xem giấy chứng nhận của đợt.",
            detail=run.round_id,
        )
    end = tx.ledger_end()
    tx.rows(
        insert(absence_runs).values(
            id=run.id,
            round_id=run.round_id,
            verifier_id=run.verifier_id,
            executor_id=run.executor_id,
            begun_at=run.begun_at,
            begun_seq=end[0] if end else 0,
        )
    )
    li, p, executor = round_lines.c, round_persons.c, Duty.EXECUTOR.value
    began = select(li.file_id).where(
        li.round_id == run.round_id, li.settled_by == run.verifier_id, li.settled_duty == executor
    )
    appointed = select(p.account_id).where(p.round_id == run.round_id, p.account_id == run.verifier_id)
    if any(tx.rows(query.limit(1)).first() is not None for query in (began, appointed)):
        raise OwnWorkError(
            "Người có nhiệm vụ trong đợt hủy không được kiểm chứng việc hủy của đợt đó.",
            remedy="Giao việc kiểm chứng cho người không có nhiệm vụ nào trong đợt.",
            detail=run.verifier_id,
        )


def end_absence_run(
    tx: Transaction, run_id: str, verdict: AbsenceVerdict, report: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    """Its verdict with the report, and the ledger record; ended already, nothing is written."""
    run = absence_run(tx, run_id)
    if run is None:
        raise ValueError("a run that never began")
    if run.verdict is not None:
        return
    sha256 = canonical_sha256(dict(report))
    tx.rows(
        update(absence_runs)
        .where(absence_runs.c.id == run_id)
        .values(ended_at=at, verdict=verdict.value, report=dict(report), report_sha256=sha256)
    )
    data = {"run_id": run_id, "verdict": verdict.value, "report_sha256": sha256}
    tx.append(Event.ROUND_ABSENCE_VERIFIED, run.round_id, actor=actor, at=at, data=data)


def mark_destroyed(tx: Transaction, file_id: str, record: Record) -> None:
    """The tombstone says destroyed, and by which record; said already, it stands as it was."""
    c = tombstones.c
    changed = update(tombstones).where(c.file_id == file_id, c.destroyed_at.is_(None))
    tx.rows(changed.values(destroyed_at=record.at, destroyed_seq=record.seq))


def issue_certificate(
    tx: Transaction, round_id: str, run_id: str, document: Mapping[str, Any], *, files: int, actor: str, at: datetime
) -> None:
    """The certificate of the round, once. Raises ValueError unless its run proved absence."""
    run = absence_run(tx, run_id)
    if run is None or run.round_id != round_id or run.verdict is not AbsenceVerdict.ABSENT:
        raise ValueError("a certificate needs a run that looked everywhere and found nothing")
    c = destruction_certificates.c
    if tx.rows(select(c.round_id).where(c.round_id == round_id)).first() is not None:
        return
    sha256 = canonical_sha256(dict(document))
    tx.rows(
        insert(destruction_certificates).values(
            round_id=round_id, run_id=run_id, issued_at=at, sha256=sha256, document=dict(document)
        )
    )
    data = {"run_id": run_id, "sha256": sha256, "files": files}
    tx.append(Event.ROUND_CERTIFICATE_ISSUED, round_id, actor=actor, at=at, data=data)
