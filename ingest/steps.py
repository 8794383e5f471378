"""The steps of taking a submission in. Each is named by the state it leaves, may be repeated at will, and says the state
it led to.

    received ─check→ checked ─decide→ accepted ─package→ packaged ─store→ stored ─receipt, tidy
                                    │         └ the recorded checks are not to be had: made again → checked
                                    ├ in_review  (a person decides)
                                    ├ returned   ─letter, removal after the agreed time
                                    └ refused    ─removal at once
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from archive.aip.model import Party, WrittenAip
from archive.aip.writer import write_aip
from archive.catalogue import Catalogue, Copy, Reading
from archive.catalogue.file_taking_in import require_growing, take_in
from archive.catalogue.file_writing import add_package
from archive.catalogue.model import Aip, Description, Receipt, Submission
from archive.catalogue.policy_reading import adopted_policy
from archive.catalogue.sealing_model import Sealing
from archive.catalogue.sealing_reading import sealing_of
from archive.catalogue.sealing_writing import leave_object, record_sealing, rewrite_package
from archive.copies import Out, read_back, write_everywhere
from archive.copying import copy_proven
from archive.durable import write_whole
from archive.errors import LuutruError, ObjectMissingError, StaleClaimError
from archive.events import Event
from archive.finding import Finding, worst
from archive.fixity import CopyResult, CopyState
from archive.lagging import LaggingStore
from archive.lifecycle import State
from archive.retention.errors import FileEndedError
from archive.retention.file import File
from archive.sealing.errors import key_missing
from archive.sealing.packing import Seal, SealingKeys, sealed_build
from archive.signing import ArchiveKey
from archive.storage.key import Key, aip_key, is_sealed, sealed_aip_key
from archive.storage.store import Store
from archive.storage_policy import require_current
from ingest.adoption import Packaged, adopted, package_key
from ingest.checking import Surroundings, run_checks
from ingest.description import catalogued, described_by, material_of, summary
from ingest.packaging import PROFILE_VERSION, Checking, aip_content
from ingest.policy import Agreement, Consequence, Decision, decide
from ingest.quarantine import ChecksChangedError, Quarantine, Slot, make_whole, remove_parts, remove_tree
from ingest.reading import Package, entries_of, members_sha256, package_of
from ingest.receipt import receipt_statement, return_reason
from ingest.recorded import read_reports, recorded_reports
from ingest.report import CheckReport
from ingest.reviewing import require_undecided
from ingest.unpack import Limits, reopened, unpack
from ingest.unpack.intake import settle

_log = logging.getLogger(__name__)


class StoppedError(LuutruError):
    """This process ends its work; the step was given up before it had an effect, and is repeated by the next one."""

    code = "work.stopped"


class CopyNotVerifiedError(LuutruError):
    """A copy just written did not come back byte for byte; the submission is not stored and the step is tried again."""

    code = "ingest.copy-not-verified"


class ContentMissingError(LuutruError):
    """Quarantine has lost the content of a submission that is not finished."""

    code = "ingest.content-missing"


class ContentChangedError(LuutruError):
    """What lies in quarantine is not what was acknowledged: nothing is decided by it, and nothing made of it."""

    code = "ingest.content-changed"


@dataclass(frozen=True)
class Steps:
    """The steps with everything they need. Clock and tools are given; nothing here is global."""

    catalogue: Catalogue
    quarantine: Quarantine
    stores: Sequence[Store]
    """The stores that are required: nothing is stored before each holds a proven copy."""
    agreement: Agreement
    surroundings: Callable[[str], Surroundings]
    """The checks' surroundings for a time of validation (ISO)."""
    key: ArchiveKey
    archive: Party
    profile: str
    now: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)
    progress: Callable[[str, str], None] = lambda _submission, _document: None
    actor: str = "luutru"
    keys: SealingKeys | None = None
    """The key store: without one no package is sealed."""
    lagging: Sequence[LaggingStore] = ()
    """The stores that may lag: what they do not take at once is awaited, and caught up with later."""
    policy_version: int = 0
    """The storage policy these stores are of; 0 where there is none."""
    copied: Callable[[int], None] = lambda _seq: None
    """Returns when every ledger record up to this one lies sealed in every required store."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when this process ends its work."""

    def go_on(self) -> None:
        """Raises StoppedError when this process ends its work."""
        if self.stopping.is_set():
            raise StoppedError("Tiến trình đang kết thúc; bước này sẽ được làm lại ở lần chạy sau.")

    # received → checked | refused

    def check(self, submission_id: str) -> State:
        """Unpacks and checks; what was found is durable before the state says so."""
        submission = self._submission(submission_id)
        if submission.state is not State.RECEIVED:
            return submission.state
        return self._checked(submission)

    def _checked(self, submission: Submission, was: ChecksChangedError | None = None) -> State:
        """``was``: why checks that had been made have to be made again; then whatever was decided by them is decided anew."""
        submission_id = submission.id
        slot = self._slot(submission_id)
        package = self._unpacked(submission, slot)
        if not slot.checks.exists():
            remove_parts(slot.checks)
            make_whole(slot.checks, lambda folder: self._run(submission, package, folder))
        sha256 = self.quarantine.share_checks(submission_id)
        reports = read_reports(slot.checks)
        decision = decide(_findings(reports), self.agreement)
        if was is None and decision.consequence is Consequence.REFUSE:
            return self._refuse_by_policy(submission_id, decision)
        with self.catalogue.transaction() as tx:
            for report in reports:
                tx.record_report(submission_id, report.check, report.as_json())
            tx.describe(submission_id, described_by(package))
            moved = tx.move(
                submission_id,
                Event.SUBMISSION_CHECKS_COMPLETED,
                actor=self.actor,
                at=self.now(),
                data={
                    "answer": worst(report.answer for report in reports).value,
                    "answers": {report.check: report.answer.value for report in reports},
                    "codes": sorted({item.code for item in _findings(reports)}),
                    **({"checks_sha256": sha256} if sha256 else {}),
                    **({"repeated": was.detail} if was else {}),
                },
            )
        return moved.state

    # checked → accepted | in_review | returned

    def decide(self, submission_id: str) -> State:
        """The policy's decision, recorded with its reasons and the exact agreement it was made under."""
        submission = self._submission(submission_id)
        if submission.state is not State.CHECKED:
            return submission.state
        self._slot(submission_id)
        decision = decide(self._recorded_findings(submission_id), self.agreement)
        match decision.consequence:
            case Consequence.REFUSE:
                return self._refuse_by_policy(submission_id, decision)
            case Consequence.RETURN:
                return self._return(submission, decision, actor=self.actor)
            case Consequence.REVIEW:
                event = Event.SUBMISSION_DECISION_REFERRED
            case _:
                event = Event.SUBMISSION_DECISION_ACCEPTED
        with self.catalogue.transaction() as tx:
            told = self._decided(decision)
            try:
                require_growing(tx, submission)
            except FileEndedError as error:
                # What is handed in again of a destroyed hồ sơ is for a person to look at.
                event, told = Event.SUBMISSION_DECISION_REFERRED, told | {"reasons": [*told["reasons"], error.code]}
            moved = tx.move(submission_id, event, actor=self.actor, at=self.now(), data=told)
        return moved.state

    def accept(self, submission_id: str, *, actor: str, reason: str) -> State:
        """A person accepts what was in review; who and why go to the ledger. Raises ReviewDecidedError, FileEndedError."""
        with self.catalogue.transaction() as tx:
            if require_undecided(tx, submission_id, Event.SUBMISSION_DECISION_ACCEPTED, actor):
                return tx.submission(submission_id).state
            require_growing(tx, tx.submission(submission_id))
            moved = tx.move(
                submission_id,
                Event.SUBMISSION_DECISION_ACCEPTED,
                actor=actor,
                at=self.now(),
                data={"consequence": Consequence.ACCEPT.value, "note": reason, "agreement": self._agreement()},
            )
        return moved.state

    def send_back(self, submission_id: str, *, actor: str, reason: str) -> State:
        """A person returns what was in review, with the reason in their own words. Raises ReviewDecidedError."""
        with self.catalogue.read() as reading:
            if require_undecided(reading, submission_id, Event.SUBMISSION_DECISION_RETURNED, actor):
                return State.RETURNED
        submission = self._submission(submission_id)
        decision = decide(self._recorded_findings(submission_id), self.agreement)
        return self._return(submission, decision, actor=actor, note=reason)

    def refuse(self, submission_id: str, *, actor: str, reason: str) -> State:
        """A person saw what no machine did (a mark of secrecy in a scan): refused, and its content removed at once.

        Raises ReviewDecidedError.
        """
        state = self._refuse(submission_id, actor=actor, codes=[], note=reason)
        self.finish(submission_id)
        return state

    # accepted → packaged

    def package(self, submission_id: str) -> State:
        """The AIP, whole in every store: the one an earlier attempt left there, or else built once, straight into all.

        By the very checks that were recorded; where those are not to be had they are made again, and so is the decision.
        """
        submission = self._submission(submission_id)
        if submission.state is not State.ACCEPTED:
            return submission.state
        try:
            checking = self._checking(submission)
        except ChecksChangedError as error:
            _log.error("submission %s: %s %s", submission_id, error.code, error.detail)
            return self._checked(submission, error)
        file = self._taken_in(submission, checking)
        seal = self._seal(file)
        other, left_in = self._left_in_other_form(submission, seal)
        package = self._adopted(submission, checking, seal) or self._built(submission, checking, seal)
        at = self.now()
        with self.catalogue.transaction() as tx:
            add_package(tx, file.id, submission.aip_id, actor=self.actor, at=at)
            tx.record_aip(
                Aip(
                    id=submission.aip_id,
                    submission_id=submission_id,
                    file_code=submission.description.file_code,
                    title=submission.description.title,
                    profile=self.profile,
                    profile_version=PROFILE_VERSION,
                    object_key=package.key,
                    size_bytes=package.size_bytes,
                    sha256=package.sha256,
                    layout_sha256=package.layout_sha256,
                    created_at=at,
                    fields=package.fields,
                ),
                (
                    catalogued(submission.aip_id, offset, document)
                    for document, offset in zip(checking.documents(), package.offsets, strict=True)
                ),
                material_of(checking),
            )
            if package.sealing is not None:
                record_sealing(tx, submission.aip_id, package.sealing)
            leave_object(tx, other, left_in, aip_id=submission.aip_id, at=at)
            moved = tx.move(
                submission_id,
                Event.AIP_PACKAGE_WRITTEN,
                actor=self.actor,
                at=at,
                data={
                    "aip_id": submission.aip_id,
                    "sha256": package.sha256,
                    "size_bytes": package.size_bytes,
                    "layout_sha256": package.layout_sha256,
                    "documents": len(package.offsets),
                    "stores": [store.name for store in self.stores],
                    **({"sealed": package.sealing.as_json()} if package.sealing else {}),
                },
            )
        return moved.state

    def _taken_in(self, submission: Submission, checking: Checking) -> File:
        """The hồ sơ this is of: it stands, and has a period, before anything of it is written."""
        record = checking.subject.record
        assert record is not None, "a submission without metadata is never accepted"
        with self.catalogue.transaction() as tx:
            return take_in(
                tx,
                submission,
                record.file,
                {str(entry.fields.get("maintenance") or "") for entry in record.documents},
                profile=self.profile,
                profile_version=PROFILE_VERSION,
                actor=self.actor,
                at=self.now(),
            )

    def _seal(self, file: File) -> Seal | None:
        """What a hồ sơ is sealed by unless it is kept for ever; its key is durable before the first byte is written."""
        if self.keys is None or file.period.permanent:
            return None
        return Seal(file.id, self.keys.get_or_create(file.id))

    def _standing_seal(self, aip: Aip) -> Seal | None:
        with self.catalogue.read() as reading:
            sealing = sealing_of(reading, aip.id)
        if sealing is None:
            return None
        if self.keys is None:
            raise key_missing(f"key {sealing.key_id}: no [keys]")
        return Seal(sealing.key_id, self.keys.identity(sealing.key_id))

    def _left_in_other_form(self, submission: Submission, seal: Seal | None) -> tuple[Key, list[str]]:
        """Where an earlier attempt, when the hồ sơ had another period, left the package in the form it has no more."""
        other = aip_key(submission.aip_id) if seal is not None else sealed_aip_key(submission.aip_id)
        found = []
        for store in self.stores if self.keys is not None else ():
            with suppress(ObjectMissingError):
                store.size(other)
                found.append(store.name)
        return other, found

    def _unrecorded(self, submission_id: str) -> None:
        """Raises when this worker's turn is over, or the package is recorded by now."""
        with self.catalogue.transaction() as tx:
            if tx.submission(submission_id).state is not State.ACCEPTED:
                raise StaleClaimError("Việc này đã do tiến trình khác hoàn thành.", detail=submission_id)

    def _built(self, submission: Submission, checking: Checking, seal: Seal | None) -> Packaged:
        content = aip_content(
            submission,
            checking,
            archive=self.archive,
            profile=self.profile,
            checked_at=self._at(submission.id, Event.SUBMISSION_CHECKS_COMPLETED),
            decided_at=self._at(submission.id, Event.SUBMISSION_DECISION_ACCEPTED),
        )

        def build(out: Out) -> WrittenAip:
            return write_aip(content, out)

        key = package_key(submission.aip_id, seal)
        if seal is None:
            written = write_everywhere(self.stores, key, build, lagging=self.lagging)
            offsets = tuple(entry.offset for entry in written.originals)
            return Packaged(key, written.sha256, written.size_bytes, written.layout_sha256, offsets, content.record)
        sealed = write_everywhere(self.stores, key, sealed_build(build, seal), lagging=self.lagging)
        offsets = tuple(entry.offset for entry in sealed.inside.originals)
        sealing = Sealing(seal.key_id, sealed.inside.sha256, sealed.inside.size_bytes)
        return Packaged(key, sealed.sha256, sealed.size_bytes, None, offsets, content.record, sealing)

    # packaged → stored

    def store(self, submission_id: str) -> State:
        """Every byte of every copy read again and compared; only then catalogue and ledger say it is stored."""
        submission = self._submission(submission_id)
        if submission.state is not State.PACKAGED:
            return submission.state
        with self.catalogue.read() as reading:
            aip = reading.aip(submission.aip_id)
        assert aip is not None, "a packaged submission has its package in the catalogue"
        seen = self._read_back(aip)
        if any(copy.state is CopyState.MISSING for copy in seen) or self._sealed_otherwise(aip, seen):
            # Quarantine still holds the content: what vanished is written again from a proven copy, or built again.
            aip = self._written_again(submission, aip)
            seen = self._read_back(aip)
        if any(copy.state is CopyState.MISMATCH for copy in seen) and any(copy.ok for copy in seen):
            self._replace_unproven(aip, seen)
            seen = self._read_back(aip)
        bad = [copy for copy in seen if copy.state.red]
        if bad:
            raise CopyNotVerifiedError(
                "Bản lưu vừa ghi không đọc lại được đúng: "
                + ", ".join(f"{copy.store}: {copy.state.value}" for copy in bad),
                remedy="Kiểm tra ổ đĩa của kho; hệ thống sẽ thử lại.",
                detail="; ".join(f"{copy.store}: {copy.detail}" for copy in bad),
            )
        at = self.now()
        with self.catalogue.transaction() as tx:
            self._require_policy_stands(tx)
            tx.record_copies(Copy(aip.id, copy.store, copy.state, at) for copy in seen)
            moved = tx.move(
                submission_id,
                Event.AIP_COPIES_VERIFIED,
                actor=self.actor,
                at=at,
                data={
                    "aip_id": aip.id,
                    "sha256": aip.sha256,
                    "size_bytes": aip.size_bytes,
                    "documents": aip.document_count,
                    "copies": [copy.store for copy in seen if copy.ok],
                    "awaited": [copy.store for copy in seen if not copy.ok],
                    "required": [store.name for store in self.stores],
                    "policy": self.policy_version,
                },
                remove_after=at,
            )
        return moved.state

    def _sealed_otherwise(self, aip: Aip, seen: Sequence[CopyResult]) -> bool:
        """Whether what lies there may be a later seal of the same content, written when every copy had vanished."""
        return is_sealed(aip.object_key) and not any(copy.state is CopyState.OK for copy in seen)

    def _written_again(self, submission: Submission, aip: Aip) -> Aip:
        """The package as it stands after this. Of a sealed one no other copy can be built: the ledger says that it is new."""
        checking = self._checking(submission)
        seal = self._standing_seal(aip)
        package = self._adopted(submission, checking, seal) or self._built(submission, checking, seal)
        if seal is None or package.sha256 == aip.sha256:
            return aip
        again = replace(aip, sha256=package.sha256, size_bytes=package.size_bytes)
        with self.catalogue.transaction() as tx:
            rewrite_package(tx, aip, again, package.sealing, (), reason="copies-lost", actor=self.actor, at=self.now())
        return again

    def _adopted(self, submission: Submission, checking: Checking, seal: Seal | None) -> Packaged | None:
        return adopted(
            self.stores,
            submission,
            checking,
            lagging=self.lagging,
            seal=seal,
            unrecorded=lambda: self._unrecorded(submission.id),
        )

    def _read_back(self, aip: Aip) -> list[CopyResult]:
        return read_back(
            self.stores,
            aip.object_key,
            aip.sha256,
            aip.size_bytes,
            layout_sha256=aip.layout_sha256,
            lagging=self.lagging,
        )

    def _replace_unproven(self, aip: Aip, seen: Sequence[CopyResult]) -> None:
        """A store that took the bytes and kept others gets them again, from a copy that was just proven.

        What it kept was never anybody's copy: nothing of it is put aside.
        """
        states = {copy.store: copy.state for copy in seen}
        everywhere = [*self.stores, *(late.store for late in self.lagging)]
        source = next(store for store in everywhere if states[store.name] is CopyState.OK)
        for store in self.stores:
            if states[store.name] is CopyState.MISMATCH:
                copy_proven(source, store, aip.object_key, aip.sha256, aip.size_bytes, replacing=True, keep=False)

    def _require_policy_stands(self, reading: Reading) -> None:
        """What is stored now is stored by the policy that stands now, or not at all."""
        standing = adopted_policy(reading)
        if self.policy_version and standing is not None:
            require_current(self.policy_version, standing.version)

    # after the last state

    def finish(self, submission_id: str) -> State:
        """What follows the last state: the receipt and an empty quarantine; the letter; or nothing left of a refused one."""
        submission = self._submission(submission_id)
        if submission.state is State.STORED:
            self._issue_receipt(submission)
            self._remove_content(submission)
        elif submission.state is State.REFUSED:
            self._remove_content(submission)
        return submission.state

    def unfinished(self) -> Iterator[Submission]:
        """Every submission something is still to be done for without a person, by index."""
        with self.catalogue.read() as reading:
            yield from reading.submissions_in(State.RECEIVED, State.CHECKED, State.ACCEPTED, State.PACKAGED)
            yield from (item for item in reading.removal_due(self.now()) if item.state is not State.RETURNED)

    def sweep(self) -> None:
        """Removes the content of returned submissions whose time is over."""
        with self.catalogue.read() as reading:
            due = [item.id for item in reading.removal_due(self.now()) if item.state is State.RETURNED]
        for submission_id in due:
            self.remove_returned(submission_id)

    def remove_returned(self, submission_id: str) -> None:
        """Removes a returned submission's content once its time is over."""
        submission = self._submission(submission_id)
        due = submission.remove_after
        if submission.state is State.RETURNED and due is not None and due <= self.now():
            self._remove_content(submission)

    def _issue_receipt(self, submission: Submission) -> None:
        at = self.now()
        with self.catalogue.read() as reading:
            if reading.receipt(submission.id) is not None:
                return
            aip = reading.aip(submission.aip_id)
            stored = reading.record_of(submission.id, Event.AIP_COPIES_VERIFIED)
            assert aip is not None and stored is not None, "a stored submission has its package and its record"
            statement = receipt_statement(
                submission=summary(submission),
                archive={"code": self.archive.code, "name": self.archive.name},
                aip={
                    "id": aip.id,
                    "sha256": aip.sha256,
                    "size_bytes": aip.size_bytes,
                    "copies": list(stored.data["copies"]),
                },
                documents=(
                    {"path": item.path, "size_bytes": item.size_bytes, "sha256": item.sha256, "sha512": item.sha512}
                    for item in reading.documents(aip.id)
                ),
                findings=_findings(recorded_reports(reading, submission.id)),
                ledger={"seq": stored.seq, "hash": stored.hash},
                issued_at=at,
            )
        # What is acknowledged outlives this machine: each required store can tell it alone.
        self.copied(stored.seq)
        receipt = Receipt(submission.id, stored.seq, stored.hash, at, self.key.signed(statement))
        with self.catalogue.transaction() as tx:
            tx.issue_receipt(receipt, actor=self.actor)

    def _remove_content(self, submission: Submission) -> None:
        """Bytes first, then the record that they are gone; the intent is the state, recorded before."""
        if submission.content_removed_at is not None:
            return
        self.quarantine.remove(submission.id)
        with self.catalogue.transaction() as tx:
            tx.record_removal(submission.id, actor=self.actor, at=self.now())

    def _refuse_by_policy(self, submission_id: str, decision: Decision) -> State:
        return self._refuse(submission_id, actor=self.actor, codes=sorted({item.code for item in decision.reasons}))

    def _refuse(self, submission_id: str, *, actor: str, codes: list[str], **more: str) -> State:
        """Nothing of the content is kept or quoted: only that it bore a mark, and under which agreement it was refused."""
        with self.catalogue.transaction() as tx:
            if actor != self.actor:
                require_undecided(tx, submission_id, Event.SUBMISSION_CONTENT_REFUSED, actor)
            moved = tx.move(
                submission_id,
                Event.SUBMISSION_CONTENT_REFUSED,
                actor=actor,
                at=self.now(),
                data={"codes": codes, **more, "agreement": self._agreement()},
                remove_after=self.now(),
            )
            # Under another agreement it may have passed for harmless before, and have been described.
            tx.describe(submission_id, Description())
            tx.forget_reports(submission_id)
        self.quarantine.remove(submission_id)
        return moved.state

    def _return(self, submission: Submission, decision: Decision, *, actor: str, note: str = "") -> State:
        at = self.now()
        remove_after = at + timedelta(days=self.agreement.returned_days)
        reason = return_reason(
            submission=summary(submission),
            archive={"code": self.archive.code, "name": self.archive.name},
            decision=decision,
            findings=self._recorded_findings(submission.id),
            returned_at=at,
            remove_after=remove_after,
            note=note,
        )
        with self.catalogue.transaction() as tx:
            if actor != self.actor:
                require_undecided(tx, submission.id, Event.SUBMISSION_DECISION_RETURNED, actor)
            moved = tx.move(
                submission.id,
                Event.SUBMISSION_DECISION_RETURNED,
                actor=actor,
                at=at,
                data={**self._decided(decision), "note": note, "remove_after": remove_after.isoformat()},
                decision=reason,
                remove_after=remove_after,
            )
        return moved.state

    def _decided(self, decision: Decision) -> dict[str, Any]:
        return {
            "consequence": decision.consequence.value,
            "reasons": sorted({item.code for item in decision.reasons}),
            "agreement": self._agreement(),
        }

    def _agreement(self) -> dict[str, str]:
        return {"name": self.agreement.name, "version": self.agreement.version, "sha256": self.agreement.sha256}

    def _submission(self, submission_id: str) -> Submission:
        with self.catalogue.read() as reading:
            return reading.submission(submission_id)

    def _at(self, submission_id: str, event: Event) -> datetime:
        with self.catalogue.read() as reading:
            record = reading.record_of(submission_id, event)
        assert record is not None, "a state stands only with its record"
        return record.at

    def _slot(self, submission_id: str) -> Slot:
        slot = self.quarantine.held(submission_id)
        if not slot.exists():
            raise ContentMissingError(
                "Nội dung của lần nộp không còn trong khu cách ly.",
                remedy="Yêu cầu cơ quan nộp lại; báo quản trị viên.",
            )
        return slot

    def _unpacked(self, submission: Submission, slot: Slot) -> Package:
        """Never of other bytes than were acknowledged, wherever they lay since. Raises ContentChangedError."""
        unpacked = reopened(slot.content)
        if unpacked is None:
            _require_received(submission, _file_sha256(slot.transfer))
            remove_parts(slot.content)
            remove_tree(slot.content)
            make_whole(slot.content, lambda part: _unpack_into(part, slot, self.limits))
            unpacked = reopened(slot.content)
            assert unpacked is not None, "content appears with its index"
        elif not slot.transfer.exists():
            _require_received(submission, members_sha256(unpacked))
        return package_of(unpacked)

    def _run(self, submission: Submission, package: Package, folder: Path) -> None:
        def examined(document: str) -> None:
            self.progress(submission.id, document)
            self.go_on()

        checked = run_checks(
            package.subject,
            package.findings,
            self.surroundings(submission.entered_at.isoformat()).owned_by(
                submission.owner, described_by(package).agency_code
            ),
            folder=folder,
            progress=examined,
        )
        # Workers that were closed meanwhile could not judge: that is about us, never about a document.
        self.go_on()
        rows = [report.as_json() for report in checked.reports]
        write_whole(folder / "reports.json", json.dumps(rows, ensure_ascii=False).encode())
        # Facts, texts and signature material were written by workers; the package is made of them after a power cut too.
        settle(folder)

    def _checking(self, submission: Submission) -> Checking:
        subject = self._unpacked(submission, self._slot(submission.id)).subject
        checks = self.quarantine.recorded_checks(submission.id, self._checks_sha256(submission.id))
        return Checking(subject, read_reports(checks), checks, entries_of(subject))

    def _checks_sha256(self, submission_id: str) -> str:
        with self.catalogue.read() as reading:
            record = reading.record_of(submission_id, Event.SUBMISSION_CHECKS_COMPLETED)
        return str(record.data.get("checks_sha256", "")) if record else ""

    def _recorded_findings(self, submission_id: str) -> list[Finding]:
        """What the checks found, as it was recorded: a decision does not depend on what lies in quarantine."""
        with self.catalogue.read() as reading:
            return _findings(recorded_reports(reading, submission_id))


def _require_received(submission: Submission, sha256: str) -> None:
    if sha256 != submission.transfer_sha256:
        raise ContentChangedError(
            "Nội dung trong khu cách ly không còn đúng như lúc tiếp nhận.",
            remedy="Kiểm tra ổ đĩa và kho dùng chung của khu cách ly; yêu cầu cơ quan nộp lại; báo quản trị viên.",
            detail=f"{submission.id}: {sha256} != {submission.transfer_sha256}",
        )


def _file_sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _unpack_into(part: Path, slot: Slot, limits: Limits) -> None:
    unpack(slot.transfer, part, limits, name=slot.name)


def _findings(reports: Sequence[CheckReport]) -> list[Finding]:
    return [item for report in reports for item in report.findings]
