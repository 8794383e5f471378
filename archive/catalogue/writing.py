"""Changes to the catalogue, each harmless to repeat; a state moves only together with its ledger record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, insert, select, update

from archive.canonical import canonical_sha256
from archive.catalogue import tables as t
from archive.catalogue.model import (
    Aip,
    Copy,
    Description,
    Document,
    Moved,
    NewSubmission,
    Receipt,
    Received,
    Submission,
    ValidationMaterial,
)
from archive.catalogue.pieces import pieces
from archive.catalogue.rows import aip_row, description_row, document_row, submission_row
from archive.catalogue.sign_in_writing import SignInWriting
from archive.errors import CopiesUnprovenError, RecordConflictError
from archive.events import Event
from archive.fixity import CopyState
from archive.ledger import Record
from archive.lifecycle import STATE_AFTER, State, move
from archive.local_time import VIETNAM

ROWS_AT_ONCE = 2000
_OWN_CHANGE = frozenset(
    {
        Event.SUBMISSION_RECEIPT_ISSUED,
        Event.SUBMISSION_CONTENT_REMOVED,
        Event.RECORD_MODE_DECIDED,
        Event.RECORD_GRANT_GIVEN,
        Event.RECORD_GRANT_WITHDRAWN,
        Event.ACCOUNT_RECORD_CREATED,
        Event.ACCOUNT_RIGHTS_CHANGED,
        Event.ACCOUNT_PASSWORD_CHANGED,
        Event.ACCOUNT_TOKEN_ISSUED,
        Event.ACCOUNT_TOKEN_REVOKED,
        Event.RIGHTS_CHANGE_CONFIRMED,
    }
)
"""Events that move no submission and yet are recorded only by the change they state."""


class Transaction(SignInWriting):
    """The one writing transaction: all of it is committed when its ``with`` ends well, none of it otherwise."""

    def receive(
        self, new: NewSubmission, *, actor: str, at: datetime, data: Mapping[str, Any] | None = None
    ) -> Received:
        """The submission, registered under the next number of its year in Vietnam, with its ledger record.

        The same id, or the same client key of the same owner, again gives what stands (``again``); with other bytes it raises RecordConflictError.
        """
        standing = self._standing(new)
        if standing is not None:
            if standing.transfer_sha256 != new.transfer_sha256:
                raise RecordConflictError(
                    "Mã yêu cầu nộp lưu này đã được dùng cho một nội dung khác.",
                    remedy="Dùng mã yêu cầu mới cho lần nộp mới.",
                    detail=f"{standing.id} {new.client_key}",
                )
            return Received(standing, True)
        number = self._next_number(new.entered_at.astimezone(VIETNAM).year)
        record = self._append(
            Event.SUBMISSION_CONTENT_RECEIVED,
            new.id,
            actor,
            at,
            {
                **(data or {}),
                "registration_number": number,
                "sha256": new.transfer_sha256,
                "size_bytes": new.transfer_size_bytes,
                "aip_id": new.aip_id,
                "owner": new.owner,
            },
        )
        row = submission_row(new) | {
            "registration_number": number,
            "state": State.RECEIVED.value,
            "last_seq": record.seq,
        }
        self._connection.execute(insert(t.submissions).values(row))
        return Received(self.submission(new.id), False)

    def move(
        self,
        submission_id: str,
        event: Event,
        *,
        actor: str,
        at: datetime,
        data: Mapping[str, Any] | None = None,
        decision: Mapping[str, Any] | None = None,
        remove_after: datetime | None = None,
    ) -> Moved:
        """The state this event leads to, and its ledger record, in this transaction.

        Already there: nothing is written (``again``). Raises IllegalMoveError by the table; CopiesUnprovenError for
        ``aip.copies.verified`` unless every recorded copy was read back whole; ValueError for an event that moves
        nothing, for ``aip.package.written`` before ``record_aip``, and for another ``aip_id`` than the submission's.
        """
        to = STATE_AFTER.get(event)
        if to is None or to is State.RECEIVED:
            raise ValueError(f"{event} moves no submission")
        submission = self.submission(submission_id)
        if submission.state is to:
            made = self.record_of(submission_id, event)
            if made is None:
                raise RecordConflictError("Trạng thái hồ sơ không có sự kiện tương ứng trong sổ nhật ký.", detail=event)
            return Moved(to, made, True)
        move(submission.state, to)
        self._require_effect(submission, event, data or {})
        record = self._append(event, submission_id, actor, at, data or {})
        change: dict[str, Any] = {"state": to.value}
        if decision is not None:
            change["decision"] = dict(decision)
        if remove_after is not None:
            change["remove_after"] = remove_after
        self._change(submission_id, change)
        return Moved(to, record, False)

    def append(
        self, event: Event, subject: str, *, actor: str, at: datetime, data: Mapping[str, Any] | None = None
    ) -> Record:
        """A fact that moves no submission. Raises ValueError for those that do, or that have a method of their own."""
        if event in STATE_AFTER or event in _OWN_CHANGE:
            raise ValueError(f"{event} is recorded by the change it states")
        return self._append(event, subject, actor, at, data or {})

    def describe(self, submission_id: str, description: Description) -> None:
        """Whose it is and what it is called, as its metadata was read; written over on repeating."""
        self._change(submission_id, description_row(description))

    def record_report(self, submission_id: str, check: str, report: Mapping[str, Any]) -> None:
        """The report of one check; a later run of the same check takes its place. Kept when content is removed."""
        self._put(t.reports, {"submission_id": submission_id, "check_name": check}, {"report": dict(report)})

    def forget_reports(self, submission_id: str) -> None:
        """The reports of a submission whose content must leave no trace: findings may quote it."""
        self._connection.execute(delete(t.reports).where(t.reports.c.submission_id == submission_id))

    def record_aip(
        self, aip: Aip, documents: Iterable[Document], validation: Iterable[ValidationMaterial] = ()
    ) -> bool:
        """The package with its documents and validation material, streamed in; False when it stood there already.

        Raises RecordConflictError when another package stands under this id, or the submission expects another id.
        """
        standing = self.aip(aip.id)
        if standing is not None:
            if (standing.sha256, standing.size_bytes, standing.object_key) != (
                aip.sha256,
                aip.size_bytes,
                aip.object_key,
            ):
                raise RecordConflictError("Gói tin đã được ghi nhận với nội dung khác.", detail=aip.id)
            return False
        if self.submission(aip.submission_id).aip_id != aip.id:
            raise RecordConflictError("Gói tin không thuộc hồ sơ nộp lưu này.", detail=f"{aip.submission_id} {aip.id}")
        self._connection.execute(insert(t.aips).values(aip_row(aip) | {"document_count": 0}))
        count = 0
        for some in pieces(documents, ROWS_AT_ONCE):
            if any(document.aip_id != aip.id for document in some):
                raise ValueError("a document of another package")
            count += len(some)
            self._insert(t.documents, [document_row(document) for document in some])
            self._insert(
                t.revisions,
                [
                    {
                        "aip_id": document.aip_id,
                        "ordinal": document.ordinal,
                        "length_bytes": revision.length_bytes,
                        "sha256": revision.sha256,
                    }
                    for document in some
                    for revision in dict.fromkeys(document.revisions)
                ],
            )
        self._connection.execute(update(t.aips).where(t.aips.c.id == aip.id).values(document_count=count))
        for few in pieces({item.sha256: item for item in validation}.values(), 500):
            self._record_validation(aip.id, few)
        return True

    def record_copies(self, copies: Iterable[Copy]) -> None:
        """What was last seen of each copy; one that is OK was read whole at that time."""
        a = t.aips.c
        for copy in copies:
            seen: dict[str, Any] = {"state": copy.state.value, "verified_at": copy.verified_at}
            if copy.state is CopyState.OK:
                seen["ok_at"] = copy.verified_at
            size = select(a.size_bytes).where(a.id == copy.aip_id).scalar_subquery()
            self._put(t.copies, {"aip_id": copy.aip_id, "store": copy.store}, {**seen, "size_bytes": size})

    def issue_receipt(self, receipt: Receipt, *, actor: str) -> Receipt:
        """The receipt that stands: this one with its ledger record, or the one issued before."""
        standing = self.receipt(receipt.submission_id)
        if standing is not None:
            return standing
        self._append(
            Event.SUBMISSION_RECEIPT_ISSUED,
            receipt.submission_id,
            actor,
            receipt.issued_at,
            {"receipt_sha256": canonical_sha256(dict(receipt.document)), "ledger_seq": receipt.ledger_seq},
        )
        self._connection.execute(
            insert(t.receipts).values(
                submission_id=receipt.submission_id,
                ledger_seq=receipt.ledger_seq,
                ledger_hash=receipt.ledger_hash,
                issued_at=receipt.issued_at,
                document=dict(receipt.document),
            )
        )
        return receipt

    def record_removal(
        self, submission_id: str, *, actor: str, at: datetime, data: Mapping[str, Any] | None = None
    ) -> Record:
        """The fact that no content of this submission is left in quarantine; the first such record on repeating."""
        made = self.record_of(submission_id, Event.SUBMISSION_CONTENT_REMOVED)
        if made is not None:
            return made
        record = self._append(Event.SUBMISSION_CONTENT_REMOVED, submission_id, actor, at, data or {})
        self._change(submission_id, {"content_removed_at": at})
        return record

    def set_cursor(self, name: str, seq: int) -> None:
        """How far the follower ``name`` has read the ledger."""
        self._put(t.cursors, {"name": name}, {"seq": seq})

    def _standing(self, new: NewSubmission) -> Submission | None:
        by_client = self.submission_of_client(new.client_key, new.owner) if new.client_key is not None else None
        return by_client or self._submission(t.submissions.c.id == new.id)

    def _next_number(self, year: int) -> str:
        c = t.registration_numbers.c
        last = self._connection.execute(select(c.last).where(c.year == year)).scalar() or 0
        self._put(t.registration_numbers, {"year": year}, {"last": last + 1})
        return f"NL-{year}-{last + 1:06d}"

    def _require_effect(self, submission: Submission, event: Event, data: Mapping[str, Any]) -> None:
        """The effect stands before its record: no package is said written, or stored, that is not known as such."""
        if event not in (Event.AIP_PACKAGE_WRITTEN, Event.AIP_COPIES_VERIFIED):
            return
        if data.get("aip_id") != submission.aip_id or self.aip(submission.aip_id) is None:
            raise ValueError(f"{event}: the package is not recorded, or is another's")
        if event is not Event.AIP_COPIES_VERIFIED:
            return
        if not _proven({copy.store: copy.state for copy in self.copies(submission.aip_id)}, data):
            raise CopiesUnprovenError(
                "Chưa có đủ bản lưu được đọc lại và đối chiếu đúng.",
                remedy="Kiểm tra các kho lưu trữ rồi chạy lại.",
                detail=submission.aip_id,
            )

    def _record_validation(self, aip_id: str, items: tuple[ValidationMaterial, ...]) -> None:
        c = t.validation_material.c
        asked = select(c.sha256).where(c.sha256.in_([item.sha256 for item in items]))
        known = set(self._connection.execute(asked).scalars())
        self._insert(
            t.validation_material,
            [
                {"sha256": item.sha256, "sha512": item.sha512, "kind": item.kind, "size_bytes": item.size_bytes}
                for item in items
                if item.sha256 not in known
            ],
        )
        self._insert(t.aip_validation, [{"aip_id": aip_id, "sha256": item.sha256} for item in items])

    def _change(self, submission_id: str, values: Mapping[str, Any]) -> None:
        changed = self._connection.execute(
            update(t.submissions).where(t.submissions.c.id == submission_id).values(dict(values))
        )
        if not changed.rowcount:
            self.submission(submission_id)

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(table), rows)


def _proven(states: Mapping[str, CopyState], data: Mapping[str, Any]) -> bool:
    """Whether every copy was read back whole, or (where ``data`` names the required stores) may still be awaited.

    Every store that ``data`` names as required, or as holding a copy, must hold a proven one; at least one does.
    """
    named = {*data.get("required", states), *data.get("copies", ())}
    settled = all(state in (CopyState.OK, CopyState.AWAITED) for state in states.values())
    return bool(named) and settled and all(states.get(name) is CopyState.OK for name in named)
