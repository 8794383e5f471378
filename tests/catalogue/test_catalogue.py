"""The catalogue's promises, in SQLite and PostgreSQL alike."""

from __future__ import annotations

import dataclasses
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.catalogue import (
    Catalogue,
    Copy,
    Description,
    Document,
    Moved,
    Place,
    Receipt,
    Revision,
    ValidationMaterial,
    symbol_key,
)
from archive.errors import (
    CopiesUnprovenError,
    IllegalMoveError,
    RecordConflictError,
    SubmissionMissingError,
)
from archive.events import REQUIRED_DATA, Event
from archive.fixity import CopyState
from archive.ledger import verify_chain
from archive.lifecycle import State

sys.path.insert(0, str(Path(__file__).parent))
from builders import (
    ACTOR,
    AT,
    accept,
    documents,
    new_submission,
    package,
    receive,
    sha,
    stored,
    stored_package,
    written,
)


def ledger_events(catalogue: Catalogue) -> list[str]:
    with catalogue.read() as view:
        records = view.records()
        assert verify_chain(records) is None
        return [record.event for record in records]


def test_a_submission_is_received_with_its_number_and_its_record(catalogue: Catalogue) -> None:
    new = new_submission(client_key="lần 1")
    with catalogue.transaction() as tx:
        received = tx.receive(new, actor="cơ quan", at=AT)
    assert not received.again
    with catalogue.read() as view:
        kept = view.submission(new.id)
        (record,) = view.records()
    assert kept == received.submission
    assert (kept.registration_number, kept.state, kept.last_seq) == ("NL-2026-000001", State.RECEIVED, 1)
    assert (kept.entered_at, kept.received_legal_at, kept.agreement) == (AT, AT, new.agreement)
    assert (record.event, record.subject, record.actor) == ("submission.content.received", new.id, "cơ quan")
    assert record.data["registration_number"] == "NL-2026-000001"


def test_numbers_count_by_the_year_in_vietnam(catalogue: Catalogue) -> None:
    new_year = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    with catalogue.transaction() as tx:
        numbers = [
            receive(tx, 1, entered_at=new_year - timedelta(seconds=1)).registration_number,
            receive(tx, 2, entered_at=new_year).registration_number,
            receive(tx, 3, entered_at=new_year - timedelta(days=1)).registration_number,
        ]
    assert numbers == ["NL-2026-000001", "NL-2027-000001", "NL-2026-000002"]


def test_receiving_again_writes_nothing(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        first = receive(tx, 1, client_key="lần 1")
    with catalogue.transaction() as tx:
        same = tx.receive(new_submission(1, client_key="lần 1"), actor=ACTOR, at=AT)
        same_key = tx.receive(
            new_submission(2, client_key="lần 1", transfer_sha256=first.transfer_sha256), actor=ACTOR, at=AT
        )
    assert (same.again, same_key.again) == (True, True)
    assert same.submission == same_key.submission == first
    assert ledger_events(catalogue) == ["submission.content.received"]


def test_a_client_key_is_not_taken_over_by_other_bytes(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        receive(tx, 1, client_key="lần 1")
    with pytest.raises(RecordConflictError), catalogue.transaction() as tx:
        receive(tx, 2, client_key="lần 1")
    assert ledger_events(catalogue) == ["submission.content.received"]


def test_a_whole_life_is_recorded_step_by_step(catalogue: Catalogue) -> None:
    submission = stored_package(catalogue)
    assert submission.state is State.STORED
    assert submission.decision == {"consequence": "accept"}
    assert ledger_events(catalogue) == [
        "submission.content.received",
        "submission.checks.completed",
        "submission.decision.accepted",
        "aip.package.written",
        "aip.copies.verified",
    ]


def test_a_move_made_before_is_reported_and_not_recorded_twice(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        submission = receive(tx)
    moves: list[Moved] = []
    for minutes in range(3):
        with catalogue.transaction() as tx:
            at = AT + timedelta(minutes=minutes)
            moves.append(tx.move(submission.id, Event.SUBMISSION_CHECKS_COMPLETED, actor=ACTOR, at=at))
    assert [move.again for move in moves] == [False, True, True]
    assert moves[0].record == moves[1].record == moves[2].record
    assert ledger_events(catalogue) == ["submission.content.received", "submission.checks.completed"]


def test_an_illegal_move_writes_nothing(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        submission = receive(tx)
    with pytest.raises(IllegalMoveError), catalogue.transaction() as tx:
        tx.move(submission.id, Event.SUBMISSION_DECISION_ACCEPTED, actor=ACTOR, at=AT)
    with pytest.raises(SubmissionMissingError), catalogue.transaction() as tx:
        tx.move("f" * 32, Event.SUBMISSION_CHECKS_COMPLETED, actor=ACTOR, at=AT)
    with catalogue.read() as view:
        assert view.submission(submission.id).state is State.RECEIVED
    assert ledger_events(catalogue) == ["submission.content.received"]


@pytest.mark.parametrize("event", list(Event))
def test_no_event_is_recorded_without_its_change(catalogue: Catalogue, event: Event) -> None:
    """A free record is refused for every event that moves a state or belongs to a change of its own."""
    owned = {
        *(event for event in Event if event.value.startswith("submission.")),
        Event.AIP_PACKAGE_WRITTEN,
        Event.AIP_COPIES_VERIFIED,
        Event.RECORD_MODE_DECIDED,
        Event.RECORD_GRANT_GIVEN,
        Event.RECORD_GRANT_WITHDRAWN,
        *(event for event in Event if event.value.startswith("account.")),
        Event.RIGHTS_CHANGE_CONFIRMED,
    } - {Event.SUBMISSION_DESCRIPTION_SHOWN, Event.ACCOUNT_SESSION_OPENED, Event.ACCOUNT_SESSION_REFUSED}
    data = {"n": 1, **dict.fromkeys(REQUIRED_DATA.get(event, ()), "x")}
    with catalogue.transaction() as tx:
        if event in owned:
            with pytest.raises(ValueError, match="recorded by the change"):
                tx.append(event, "x", actor=ACTOR, at=AT, data=data)
        else:
            assert tx.append(event, "x", actor=ACTOR, at=AT, data=data).event == event


def test_what_fails_inside_a_transaction_leaves_nothing(catalogue: Catalogue) -> None:
    with pytest.raises(ZeroDivisionError), catalogue.transaction() as tx:
        submission = receive(tx)
        accept(tx, submission)
        _ = 1 / 0
    assert ledger_events(catalogue) == []
    with catalogue.read() as view:
        assert list(view.submissions_in()) == []
        assert view.ledger_end() is None
    with catalogue.transaction() as tx:
        assert receive(tx).registration_number == "NL-2026-000001"


def test_T25_nothing_is_called_stored_that_was_not_read_back(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        submission = receive(tx)
        accept(tx, submission)
        written(tx, submission, package(submission), documents(submission.aip_id, 1))
    for copies in (
        [],
        [Copy(submission.aip_id, "a", CopyState.OK, AT), Copy(submission.aip_id, "b", CopyState.UNREADABLE, AT)],
        [Copy(submission.aip_id, "b", CopyState.MISMATCH, AT)],
    ):
        with pytest.raises(CopiesUnprovenError), catalogue.transaction() as tx:
            tx.record_copies(copies)
            tx.move(submission.id, Event.AIP_COPIES_VERIFIED, actor=ACTOR, at=AT, data={"aip_id": submission.aip_id})
    with catalogue.transaction() as tx:
        stored(tx, submission, "a", "b")


def test_no_package_is_called_written_that_is_not_recorded(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        submission = receive(tx)
        accept(tx, submission)
    aip = package(submission)
    data = {"aip_id": aip.id, "sha256": aip.sha256, "size_bytes": aip.size_bytes, "layout_sha256": None}
    with pytest.raises(ValueError), catalogue.transaction() as tx:
        tx.move(submission.id, Event.AIP_PACKAGE_WRITTEN, actor=ACTOR, at=AT, data=data)
    with pytest.raises(ValueError), catalogue.transaction() as tx:
        tx.record_aip(aip, [])
        tx.move(submission.id, Event.AIP_PACKAGE_WRITTEN, actor=ACTOR, at=AT, data=data | {"aip_id": "other"})


def test_a_package_comes_back_as_it_was_recorded(catalogue: Catalogue) -> None:
    submission = stored_package(catalogue, count=2500)
    with catalogue.read() as view:
        aip = view.aip(submission.aip_id)
        assert aip == dataclasses.replace(package(submission), document_count=2500)
        assert view.aip_at(aip.object_key) == aip
        assert view.aips_of_file("H01.2026.07") == (aip,)
        assert list(view.aips()) == [aip]
        assert list(view.documents(aip.id)) == list(documents(aip.id, 2500))
        assert view.document(aip.id, 7) == view.document_named(aip.id, "Tờ trình/7.pdf")
        assert view.document(aip.id, 7) == list(documents(aip.id, 7))[6]
        assert (view.document(aip.id, 0), view.document_named(aip.id, "Tờ trình/")) == (None, None)
        assert [copy.store for copy in view.copies(aip.id)] == ["a", "b"]
        assert view.validation_of(aip.id) == (ValidationMaterial(sha("crl"), sha("crl") * 2, "crl", 7),)


def test_recording_a_package_again_writes_nothing_and_another_is_refused(catalogue: Catalogue) -> None:
    submission = stored_package(catalogue)
    with catalogue.transaction() as tx:
        assert tx.record_aip(package(submission), documents(submission.aip_id, 99)) is False
        with pytest.raises(RecordConflictError):
            tx.record_aip(package(submission, b"other"), [])
        other = receive(tx, 2)
        with pytest.raises(RecordConflictError):
            tx.record_aip(package(other, id="elsewhere"), [])
    with catalogue.read() as view:
        assert len(list(view.documents(submission.aip_id))) == 3


def test_validation_material_is_shared_by_its_hash(catalogue: Catalogue) -> None:
    first, second = stored_package(catalogue, 1), stored_package(catalogue, 2)
    with catalogue.read() as view:
        assert view.validation_of(first.aip_id) == view.validation_of(second.aip_id)


@pytest.mark.parametrize(
    "typed",
    [("2", "QĐ-UBND"), ("002/QĐ-UBND", ""), (" 2 / qđ-ubnd ", ""), ("2", "QĐ-UBND")],
)
def test_a_document_is_found_by_its_number_however_typed(catalogue: Catalogue, typed: tuple[str, str]) -> None:
    submission = stored_package(catalogue)
    with catalogue.read() as view:
        (found,) = view.documents_numbered(*typed)
        assert (found.aip_id, found.ordinal) == (submission.aip_id, 2)
        assert found.revisions == (Revision(900, sha((found.aip_id, 2, "signed"))), Revision(1000, found.sha256))
        assert view.documents_numbered("") == view.documents_numbered("22/QĐ-UBND") == ()


def test_a_symbol_is_folded_to_its_number_and_notation() -> None:
    assert symbol_key("012", "QĐ-UBND") == symbol_key("12/QĐ-UBND") == "12/qđ-ubnd"
    assert symbol_key("123/2025/NĐ-CP") == symbol_key("123", "2025/NĐ-CP")
    assert (symbol_key("000"), symbol_key(""), symbol_key("  ")) == ("0", None, None)


def test_likes_of_a_document_are_found_in_bulk_on_three_levels(catalogue: Catalogue) -> None:
    submission = stored_package(catalogue, count=1200)
    place = Place("H01.2026.07", submission.aip_id, "Tờ trình/5.pdf")
    whole, signed = sha((submission.aip_id, 5)), sha((submission.aip_id, 5, "signed"))
    with catalogue.read() as view:
        assert view.with_bytes([whole, signed, sha("none")]) == {whole: place}
        assert view.with_revision([whole, signed, sha("none")]) == {whole: place, signed: place}
        assert view.with_identity([f"5|qđ-ubnd|{submission.aip_id}", "none"]) == {
            f"5|qđ-ubnd|{submission.aip_id}": place
        }
        everything = [document.sha256 for document in view.documents(submission.aip_id)]
        assert len(view.with_bytes(everything)) == 1200
        assert view.with_bytes([]) == {}


def test_submissions_are_found_by_each_of_their_names(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        submission = receive(tx, 1, client_key="lần 1")
        receive(tx, 2)
        tx.describe(submission.id, Description("000.00.12.H26", "Sở Nội vụ", "H01.2026.07", "Hồ sơ đê điều"))
    with catalogue.read() as view:
        kept = view.submission(submission.id)
        assert kept.description.agency_name == "Sở Nội vụ"
        for text in (kept.id, kept.registration_number, kept.aip_id, "H01.2026.07"):
            assert view.submissions_found(text) == (kept,)
        assert view.submissions_found("") == view.submissions_found("H01") == ()
        assert view.submission_numbered("NL-2026-000001") == view.submission_of_client("lần 1") == kept
        assert view.submission_of_aip(kept.aip_id) == kept
        assert view.submissions_with_transfer(kept.transfer_sha256) == (kept,)
        assert [item.id for item in view.submissions_in(State.RECEIVED)] == [f"{1:032x}", f"{2:032x}"]
        assert list(view.submissions_in(State.STORED)) == []
        assert view.known_submissions([kept.id, "none"]) == {kept.id}


def test_reports_stay_when_content_is_removed(catalogue: Catalogue) -> None:
    due = AT + timedelta(days=30)
    with catalogue.transaction() as tx:
        submission = receive(tx)
        tx.record_report(submission.id, "bag", {"answer": "indeterminate"})
        tx.record_report(submission.id, "bag", {"answer": "failed", "findings": ["thiếu tệp"]})
        tx.record_report(submission.id, "list", {"answer": "passed"})
        tx.move(submission.id, Event.SUBMISSION_DECISION_RETURNED, actor=ACTOR, at=AT, remove_after=due)
    with catalogue.read() as view:
        assert view.removal_due(due - timedelta(seconds=1)) == ()
        assert [item.id for item in view.removal_due(due)] == [submission.id]
    for _ in range(2):
        with catalogue.transaction() as tx:
            record = tx.record_removal(submission.id, actor=ACTOR, at=due)
    with catalogue.read() as view:
        assert view.removal_due(due) == ()
        assert view.submission(submission.id).content_removed_at == due
        assert view.reports(submission.id) == {
            "bag": {"answer": "failed", "findings": ["thiếu tệp"]},
            "list": {"answer": "passed"},
        }
        assert view.record_of(submission.id, Event.SUBMISSION_CONTENT_REMOVED) == record
    assert ledger_events(catalogue).count("submission.content.removed") == 1


def test_a_receipt_is_issued_once(catalogue: Catalogue) -> None:
    submission = stored_package(catalogue)
    with catalogue.transaction() as tx:
        seq, digest = tx.ledger_end() or (0, "")
        first = Receipt(submission.id, seq, digest, AT, {"statement": {"số": 1}})
        assert tx.issue_receipt(first, actor=ACTOR) == first
    with catalogue.transaction() as tx:
        assert tx.issue_receipt(dataclasses.replace(first, document={"other": 2}), actor=ACTOR) == first
    with catalogue.read() as view:
        assert view.receipt(submission.id) == first
        assert list(view.receipts()) == [first]
        assert view.submission(submission.id).last_seq == 6
    assert ledger_events(catalogue).count("submission.receipt.issued") == 1


def test_a_follower_reads_on_from_its_cursor(catalogue: Catalogue) -> None:
    stored_package(catalogue)
    with catalogue.read() as view:
        assert view.cursor("index") == 0
        head = view.records(0, 3)
    with catalogue.transaction() as tx:
        tx.set_cursor("index", head[-1].seq)
    with catalogue.read() as view:
        rest = view.records(view.cursor("index"))
        assert [record.seq for record in head + rest] == [1, 2, 3, 4, 5]
        assert [record.seq for record in view.records(event=Event.AIP_PACKAGE_WRITTEN)] == [4]
        assert len(view.records(subject=f"{1:032x}", after=2)) == 3
        assert view.records(5) == []


def test_a_reader_sees_one_moment_while_a_writer_writes(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        submission = receive(tx)
    with catalogue.read() as view:
        before = view.submission(submission.id)
        with catalogue.transaction() as tx:
            accept(tx, submission)
        assert view.submission(submission.id) == before
        assert len(view.records()) == 1
    with catalogue.read() as view:
        assert view.submission(submission.id).state is State.ACCEPTED


def test_writers_from_many_threads_make_one_chain(catalogue: Catalogue, url: str) -> None:
    with Catalogue.open(url) as other:

        def work(target: Catalogue, first: int) -> None:
            for number in range(first, first + 10):
                with target.transaction() as tx:
                    submission = receive(tx, number)
                with target.transaction() as tx:
                    accept(tx, submission)

        threads = [
            threading.Thread(target=work, args=(target, 100 * index))
            for index, target in enumerate([catalogue, other, catalogue, other], 1)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(ledger_events(catalogue)) == 120
    with catalogue.read() as view:
        numbers = sorted(item.registration_number for item in view.submissions_in(State.ACCEPTED))
    assert numbers == [f"NL-2026-{number:06d}" for number in range(1, 41)]


def test_a_transaction_inside_another_is_a_defect_not_a_wait(catalogue: Catalogue) -> None:
    with catalogue.transaction(), pytest.raises(RuntimeError), catalogue.transaction():
        pass


def test_a_document_of_another_package_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError), catalogue.transaction() as tx:
        submission = receive(tx)
        tx.record_aip(package(submission), documents("other", 1))
    with catalogue.read() as view:
        assert view.aip(submission.aip_id) is None


def test_fields_are_plain_json_that_comes_back(catalogue: Catalogue) -> None:
    fields = {"đ": ["ê", 1, 2.5, None, True], "sâu": {"hơn": {}}}
    with catalogue.transaction() as tx:
        submission = receive(tx)
        document = Document(submission.aip_id, 1, "a\u0301/á.pdf", 0, sha(1), sha(1) * 2, 0, fields=fields)
        tx.record_aip(package(submission, fields=fields), [document])
    with catalogue.read() as view:
        assert list(view.documents(submission.aip_id)) == [document]
