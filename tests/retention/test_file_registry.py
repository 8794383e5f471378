"""The registry of hồ sơ: opened once, grown, ended, counted, moved by one table, on both databases."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest

from archive.access import Role
from archive.access.errors import AuthorityMissingError
from archive.catalogue import Catalogue, Description
from archive.catalogue import file_reading as r
from archive.catalogue import file_writing as w
from archive.catalogue.alert_reading import open_alert
from archive.catalogue.file_plan_writing import record_agency, record_fonds
from archive.catalogue.file_transferring import Handover, hand_over, holdings
from archive.errors import LuutruError
from archive.events import Event
from archive.retention.errors import (
    AgencyRefusedError,
    EventRefusedError,
    FileAwaitedError,
    FileConflictError,
    FileEndedError,
    FileInRoundError,
    FileKeptError,
    FileMoveError,
    TransferRefusedError,
)
from archive.retention.file_state import MOVES, FileState
from archive.retention.period import PERMANENT, UNDETERMINED, PeriodKind
from archive.retention.transfer_notices import tell_of_transfers
from tests.catalogue import builders

sys.path.insert(0, str(Path(__file__).resolve().parent))
from registry import ACTOR, AT, TODAY, ended, new_file, opened, person, unguarded, until, years

OLD, NEW = "000.00.02.H01", "H01.02"


def test_a_file_is_opened_once_and_its_first_record_says_so(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        held = opened(tx)
        again = w.open_file(tx, new_file(2, file_code=held.file_code, title="khác"), actor=ACTOR, at=AT)
        assert again == held == r.file(tx, held.id)
        assert (held.state, held.review_on, held.period) == (FileState.OPEN, None, years(10))
        records = tx.records(subject=held.id)
        assert [record.event for record in records] == [Event.FILE_RECORD_OPENED]
        assert "đê điều" not in records[0].body.decode()
        with pytest.raises(FileConflictError):
            w.open_file(tx, new_file(1, file_code="H01.02.2015.99"), actor=ACTOR, at=AT)


def test_a_file_grows_by_packages_and_no_package_is_in_two(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        one, other = opened(tx, 1), opened(tx, 2)
        assert [w.add_package(tx, one.id, name, actor=ACTOR, at=AT) for name in ("a", "b", "a")] == [1, 2, 1]
        assert r.aips_of(tx, one.id) == ("a", "b")
        assert r.file_of_aip(tx, "b") == r.file(tx, one.id)
        assert r.files_of_aips(tx, ["a", "b", "c"]) == {"a": one.id, "b": one.id}
        assert r.require_file(tx, one.id).received_on == TODAY
        with pytest.raises(FileConflictError):
            w.add_package(tx, other.id, "a", actor=ACTOR, at=AT)
        assert len(tx.records(subject=one.id, event=Event.FILE_PACKAGE_ADDED)) == 2


def test_an_ended_file_is_due_on_the_first_of_january_after_its_period(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        held = ended(tx, 1, 2015, period=years(10))
        assert held.review_on == date(2026, 1, 1)
        assert r.files_due(tx, date(2025, 12, 31)) == ()
        assert r.files_due(tx, date(2026, 1, 1)) == (r.require_file(tx, held.id),)
        assert w.close_file(tx, held.id, ended_year=2015, actor=ACTOR, at=AT) == r.file(tx, held.id)
        assert len(tx.records(subject=held.id, event=Event.FILE_RECORD_CLOSED)) == 1
        w.reopen_file(tx, held.id, reason="bổ sung", actor=ACTOR, at=AT)
        assert r.files_due(tx, date.max) == ()


def test_a_supplement_only_ever_lengthens(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        held = ended(tx, 1, 2015, period=years(10))
        assert w.lengthen(tx, held.id, years(5), basis="", actor=ACTOR, at=AT).period == years(10)
        assert w.lengthen(tx, held.id, years(20), basis="", actor=ACTOR, at=AT).review_on == date(2036, 1, 1)
        assert w.work_went_on(tx, held.id, 2014, actor=ACTOR, at=AT).review_on == date(2036, 1, 1)
        assert w.work_went_on(tx, held.id, 2016, actor=ACTOR, at=AT).review_on == date(2037, 1, 1)
        assert r.require_file(tx, held.id).review_on == date(2037, 1, 1)


def test_an_event_that_never_happened_is_never_due_and_listed_as_open_ended(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        later, first = ended(tx, 1, 2016, period=until()), ended(tx, 2, 1950, period=until(after=5))
        opened(tx, 3, period=until())
        ended(tx, 4, 1950, period=years(5))
        assert [item.id for item in r.files_due(tx, date.max)] == [new_file(4).id]
        assert [item.id for item in r.files_open_ended(tx)] == [first.id, later.id]
        assert [item.id for item in r.files_open_ended(tx, after=(1950, first.id))] == [later.id]
        assert r.files_open_ended(tx)[0].ended_year == 1950
        assert r.files_open_ended(tx, agency_code="H01.02") == r.files_open_ended(tx)
        assert r.files_open_ended(tx, agency_code="H99") == ()
        found = w.record_event(tx, first.id, 2010, basis="QĐ bãi bỏ", actor=ACTOR, at=AT)
        assert found.review_on == date(2016, 1, 1)
        assert [item.id for item in r.files_open_ended(tx)] == [later.id]
        for year in (2027, 9999):
            with pytest.raises(EventRefusedError):
                w.record_event(tx, later.id, year, basis="", actor=ACTOR, at=AT)
        with pytest.raises(EventRefusedError):
            w.record_event(tx, new_file(4).id, 2010, basis="", actor=ACTOR, at=AT)
        changed = w.set_period(tx, found, until("khác"), basis="", actor=ACTOR, at=AT)
        assert (changed.event_year, changed.review_on) == (None, None)


def test_what_is_due_comes_in_pages_the_longest_over_first_and_of_one_agency(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        for number in range(1, 13):
            ended(tx, number, 2000 + number % 4, agency_code="H01.02" if number % 2 else "H01.03", period=years(5))
        w.move_file(tx, new_file(1).id, FileState.TRANSFERRED, actor=ACTOR, at=AT)
        w.move_file(tx, new_file(2).id, FileState.IN_ROUND, actor=ACTOR, at=AT, round_id="r")
        whole = r.files_due(tx, TODAY)
        assert [(item.review_on, item.id) for item in whole] == sorted((item.review_on, item.id) for item in whole)
        assert len(whole) == 11
        for limit in (1, 2, 5):
            pages, after = [], None
            while page := r.files_due(tx, TODAY, after=after, limit=limit):
                pages += page
                assert page[-1].review_on is not None
                after = (page[-1].review_on, page[-1].id)
            assert tuple(pages) == whole
        mine = r.files_due(tx, TODAY, agency_code="H01.02")
        assert {item.agency_code for item in mine} == {"H01.02"} and len(mine) == 6
        assert r.due_by_year(tx, TODAY, agency_code="H01.02") == {2007: 3, 2009: 3}
        assert sum(r.due_by_year(tx, TODAY).values()) == 11
        assert r.due_by_year(tx, date(2006, 6, 1)) == {2006: 3}


def test_an_agency_has_two_codes_and_is_one_agency(catalogue: Catalogue) -> None:
    keeper = person(catalogue, Role.ARCHIVIST)
    with catalogue.transaction() as tx:
        under_old = ended(tx, 1, 2000, agency_code=OLD, period=years(5))
        under_new = ended(tx, 2, 2001, agency_code=NEW, period=years(5))
        assert len(r.files_due(tx, TODAY, agency_code=NEW)) == 1
        record_agency(tx, NEW, name="Sở Nội vụ", alias_code=OLD, by=keeper, at=AT)
        for code in (OLD, NEW):
            assert r.agency_codes(tx, code) == (NEW, OLD)
            assert [item.id for item in r.files_due(tx, TODAY, agency_code=code)] == [under_old.id, under_new.id]
            assert r.due_by_year(tx, TODAY, agency_code=code) == {2006: 1, 2007: 1}
            assert r.file_of_code(tx, code, under_old.file_code) == r.file(tx, under_old.id)
        again = w.open_file(tx, new_file(9, agency_code=NEW, file_code=under_old.file_code), actor=ACTOR, at=AT)
        assert again.id == under_old.id
        record_fonds(tx, "P.01", agency_code=OLD, name="Phông Sở Nội vụ", by=keeper, at=AT)
        refused = [(OLD, None, "khác"), ("H01.03", NEW, "hai mã mới"), ("000.00.02.H02", NEW, "mã của cơ quan khác"),
                   ("rác", None, "không phải mã"), ("H01.04", OLD, "mã của cơ quan khác"), ("H01.05", None, " ")]  # fmt: skip
        for code, alias, name in refused:
            with pytest.raises(AgencyRefusedError):
                record_agency(tx, code, name=name, alias_code=alias, by=keeper, at=AT)
        with pytest.raises(AgencyRefusedError):
            record_fonds(tx, "P.02", agency_code="H99", name="Phông", by=keeper, at=AT)


def test_codes_of_either_syntax_are_taken_and_others_refused(catalogue: Catalogue) -> None:
    keeper = person(catalogue, Role.HEAD)
    with catalogue.transaction() as tx:
        for code in (NEW, OLD, "H49.64.33", "H49" + ".A" * 16):
            assert record_agency(tx, code, name="Sở", by=keeper, at=AT).code == code
        for code in ("H49.64.33.", "H49" + ".A" * 17, "0.00.00.H01", "h01", "", "H01.02\n", "H01;DROP"):
            with pytest.raises(AgencyRefusedError):
                record_agency(tx, code, name="Sở", by=keeper, at=AT)


WAYS = {
    FileState.TRANSFERRED: (FileState.TRANSFERRED,),
    FileState.IN_ROUND: (FileState.IN_ROUND,),
    FileState.DESTROYING: (FileState.IN_ROUND, FileState.DESTROYING),
    FileState.DESTROYED: (FileState.IN_ROUND, FileState.DESTROYING, FileState.DESTROYED),
}
OF_ROUNDS = frozenset({FileState.IN_ROUND, FileState.DESTROYING, FileState.DESTROYED})


def test_every_pair_of_states_moves_by_the_table_or_not_at_all(catalogue: Catalogue) -> None:
    seen = set()
    with catalogue.transaction() as tx:
        unguarded(tx)
        for number, (before, to) in enumerate(product(FileState, FileState), 1):
            held = opened(tx, number) if before is FileState.OPEN else ended(tx, number)
            for state in WAYS.get(before, ()):
                held = w.move_file(tx, held.id, state, actor=ACTOR, at=AT, round_id="r" if state in OF_ROUNDS else None)
            assert held.state is before
            count = len(tx.records(subject=held.id))
            round_id = "r" if OF_ROUNDS & {before, to} else None
            if before is to or not _refused(before, to):
                assert w.move_file(tx, held.id, to, actor=ACTOR, at=AT, round_id=round_id).state is to
                assert r.require_file(tx, held.id).round_id == ("r" if to in OF_ROUNDS else None)
            else:
                with pytest.raises((FileMoveError, ValueError)):
                    w.move_file(tx, held.id, to, actor=ACTOR, at=AT, round_id=round_id)
            assert r.require_file(tx, held.id).state is (to if before is to or not _refused(before, to) else before)
            assert len(tx.records(subject=held.id)) == count + (before is not to and not _refused(before, to))
            seen.add((before, to))
    assert len(seen) == 36


def _refused(before: FileState, to: FileState) -> bool:
    """Closing and opening again say more than a state; out of a round a hồ sơ goes back to where it was."""
    return (
        to not in MOVES[before]
        or FileState.OPEN in (before, to)
        or (before, to) == (FileState.IN_ROUND, FileState.TRANSFERRED)
    )


def test_out_of_a_round_a_file_goes_back_to_where_it_was(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        held = ended(tx)
        w.move_file(tx, held.id, FileState.TRANSFERRED, actor=ACTOR, at=AT)
        w.move_file(tx, held.id, FileState.IN_ROUND, actor=ACTOR, at=AT, round_id="r")
        with pytest.raises(FileMoveError):
            w.move_file(tx, held.id, FileState.CLOSED, actor=ACTOR, at=AT, round_id="r")
        with pytest.raises(FileInRoundError):
            w.move_file(tx, held.id, FileState.TRANSFERRED, actor=ACTOR, at=AT, round_id="other")
        assert list(r.files_in_round(tx, "r")) == [r.require_file(tx, held.id)]
        back = w.move_file(tx, held.id, FileState.TRANSFERRED, actor=ACTOR, at=AT, round_id="r")
        assert back.state is FileState.TRANSFERRED and list(r.files_in_round(tx, "r")) == []


@pytest.mark.parametrize("period", [PERMANENT, UNDETERMINED])
def test_what_is_kept_for_ever_or_undetermined_is_never_proposed(catalogue: Catalogue, period: object) -> None:
    with catalogue.transaction() as tx:
        held = ended(tx, 1, 1900, period=period)
        assert r.files_due(tx, date.max) == ()
        with pytest.raises(FileKeptError):
            w.move_file(tx, held.id, FileState.IN_ROUND, actor=ACTOR, at=AT, round_id="r")


def test_nothing_is_changed_in_or_added_to_a_file_that_is_being_destroyed(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        unguarded(tx)
        file_id = ended(tx).id
        w.move_file(tx, file_id, FileState.IN_ROUND, actor=ACTOR, at=AT, round_id="r")
        changes: tuple[Callable[[], object], ...] = (
            lambda: w.add_package(tx, file_id, "late", actor=ACTOR, at=AT),
            lambda: w.lengthen(tx, file_id, PERMANENT, basis="", actor=ACTOR, at=AT),
            lambda: w.set_period(tx, r.require_file(tx, file_id), years(1), basis="", actor=ACTOR, at=AT),
            lambda: w.work_went_on(tx, file_id, 2020, actor=ACTOR, at=AT),
            lambda: w.record_event(tx, file_id, 2020, basis="", actor=ACTOR, at=AT),
            lambda: w.link_paper(tx, file_id, "G1", permanent=True, reason="x", actor=ACTOR, at=AT),
        )
        for state in (FileState.DESTROYING, FileState.DESTROYED):
            w.move_file(tx, file_id, state, actor=ACTOR, at=AT, round_id="r")
            for change in changes:
                with pytest.raises(FileEndedError):
                    change()
        assert w.add_package(tx, file_id, "aip-1", actor=ACTOR, at=AT) == 1


def test_destruction_does_not_begin_while_an_accepted_supplement_is_on_its_way(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        held = ended(tx)
        w.move_file(tx, held.id, FileState.IN_ROUND, actor=ACTOR, at=AT, round_id="r")
        submission = builders.receive(tx, 7)
        tx.describe(submission.id, Description(held.agency_code, "Sở", held.file_code, "Hồ sơ"))
        builders.accept(tx, submission)
        with pytest.raises(FileAwaitedError):
            w.move_file(tx, held.id, FileState.DESTROYING, actor=ACTOR, at=AT, round_id="r")
        assert r.require_file(tx, held.id).state is FileState.IN_ROUND


def test_a_permanent_paper_original_stays_so_whatever_becomes_of_the_period(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        held = ended(tx, 1, period=PERMANENT, paper_code="G-77")
        assert held.paper_permanent and "vĩnh viễn" in held.paper_reason
        shortened = w.set_period(tx, held, years(5), basis="", actor=ACTOR, at=AT)
        assert shortened.review_on is not None and r.require_file(tx, held.id).paper_permanent
        other = ended(tx, 2, paper_code="G-78")
        assert not other.paper_permanent
        w.link_paper(tx, other.id, "G-78", permanent=True, reason="Bản gốc chữ ký tay", actor=ACTOR, at=AT)
        kept = w.link_paper(tx, other.id, "G-79", permanent=False, reason="", actor=ACTOR, at=AT)
        assert (kept.paper_code, kept.paper_permanent) == ("G-79", True)
        third = ended(tx, 3, paper_code="G-80")
        w.set_period(tx, third, PERMANENT, basis="", actor=ACTOR, at=AT)
        assert r.require_file(tx, third.id).paper_permanent


@pytest.mark.parametrize(
    ("profile", "period", "received", "due"),
    [
        ("ND01-TT02", PERMANENT, True, date(2025, 12, 31)),
        ("LLT2024-TT05", PERMANENT, True, date(2031, 12, 31)),
        ("LLT2024-TT05", years(20), True, None),
        ("LLT2024-TT05", years(20), False, date(2016, 12, 31)),
        ("LLT2024-TT05", years(4), False, None),
        ("ND01-TT02", PERMANENT, False, date(2016, 12, 31)),
        ("ND01-TT02", until(), False, date(2016, 12, 31)),
    ],
)
def test_a_file_is_due_for_handing_over_by_its_profile(
    catalogue: Catalogue, profile: str, period: object, received: bool, due: date | None
) -> None:
    with catalogue.transaction() as tx:
        held = ended(tx, 1, 2015, received=received, profile=profile, period=period)
        assert held.transfer_due_on == due
        if due is not None:
            assert r.transfers_due(tx, due - timedelta(days=1)) == ()
            assert [item.id for item in r.transfers_due(tx, due)] == [held.id]
            assert r.transfers_due(tx, due, after=(due, held.id)) == ()


def test_people_are_told_30_days_before_and_until_it_is_handed_over(catalogue: Catalogue) -> None:
    keeper = person(catalogue, Role.ARCHIVIST)
    submission = builders.stored_package(catalogue)
    with catalogue.transaction() as tx:
        held = opened(tx, period=PERMANENT)
        w.add_package(tx, held.id, submission.aip_id, actor=ACTOR, at=AT)
        due = w.close_file(tx, held.id, ended_year=2020, actor=ACTOR, at=AT).transfer_due_on
        assert due == date(2031, 12, 31)
    alerts = []
    for days in (31, 30, 0, -1):
        at = AT.replace(year=due.year, month=due.month, day=due.day) - timedelta(days=days)
        tell_of_transfers(catalogue, at)
        tell_of_transfers(catalogue, at)
        with catalogue.read() as view:
            alerts.append(open_alert(view, "file.transfer-due", "H01.02"))
    assert alerts[0] is None
    assert [alert.severity.value for alert in alerts[1:] if alert] == ["info", "info", "yellow"]
    assert alerts[3] is not None and alerts[3].data["overdue"] == 1
    handover = Handover("H01.99", "Lưu trữ lịch sử tỉnh", "12/BB", date(2026, 11, 20))
    with catalogue.transaction() as tx:
        for wrong in (
            Handover("", "Lưu trữ", "1/BB", TODAY),
            Handover("H01.99", "Lưu trữ", " ", TODAY),
            Handover("H01.99", "Lưu trữ", "1/BB", TODAY + timedelta(days=1)),
        ):
            with pytest.raises(TransferRefusedError):
                hand_over(tx, held.id, wrong, by=keeper, at=AT)
        gone = hand_over(tx, held.id, handover, by=keeper, at=AT)
        assert hand_over(tx, held.id, handover, by=keeper, at=AT) == r.file(tx, held.id)
        assert gone.state is FileState.TRANSFERRED and gone.transferred_at == AT
        stands = r.require_file(tx, held.id)
        assert stands.transfer["minutes_number"] == "12/BB" and stands.transfer["documents"] == 3
        assert stands.transfer_due_on is None and holdings(tx, held.id).packages == 1
    tell_of_transfers(catalogue, AT.replace(year=2032))
    with catalogue.read() as view:
        assert open_alert(view, "file.transfer-due", "H01.02") is None


@pytest.mark.parametrize("role", [Role.AGENCY, Role.AUDITOR, Role.ADMINISTRATOR])
def test_nobody_else_keeps_the_registry(catalogue: Catalogue, role: Role) -> None:
    stranger = person(catalogue, role)
    with catalogue.transaction() as tx:
        held = ended(tx)
        for change in (
            lambda: record_agency(tx, NEW, name="Sở", by=stranger, at=AT),
            lambda: record_fonds(tx, "P", agency_code=NEW, name="Sở", by=stranger, at=AT),
            lambda: hand_over(tx, held.id, Handover("a", "b", "c", TODAY), by=stranger, at=AT),
        ):
            with pytest.raises(AuthorityMissingError):
                change()


@pytest.mark.parametrize("year", [0, 999, 10_000, -5])
def test_a_year_that_is_none_is_refused(catalogue: Catalogue, year: int) -> None:
    with catalogue.transaction() as tx:
        held = opened(tx)
        with pytest.raises(LuutruError):
            w.close_file(tx, held.id, ended_year=year, actor=ACTOR, at=AT)
        assert r.require_file(tx, held.id).period.kind is PeriodKind.YEARS
