"""Every way to start a destruction without authority, paper, quorum, another person or the same list: refused, each by its code.

Each case differs by exactly one thing from a round that is proven to start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from archive.access import Author
from archive.catalogue.destroying import begin_destroying
from archive.catalogue.file_reading import require_file
from archive.catalogue.file_writing import add_package, link_paper, record_event, set_period
from archive.catalogue.round_deciding import decide_round, start_executing
from archive.catalogue.round_readiness import not_ready, require_ready
from archive.catalogue.round_writing import add_lines, mark_void_lines, set_aside
from archive.disposal.model import NewLine
from archive.disposal.refusals import DisposalRefusedError
from archive.disposal.round_state import RoundState
from archive.disposal.words import ArchiveKind, ListingReason, Signature
from archive.retention.file_state import FileState
from archive.retention.period import PERMANENT, Period, PeriodKind
from schemas.disposal_rules import PROFILES, disposal_rules
from tests.disposal.world import AT, LLT, ND01, TODAY, World

OTHER = "0" * 64
Fault = Callable[[World, str, str], None]


def sql(statement: str) -> Fault:
    return lambda world, round_id, file_id: world.sql(statement, round=round_id, file=file_id)


def without_paper(kind: str) -> Fault:
    return lambda world, round_id, _file: world.sql(
        "DELETE FROM round_papers WHERE round_id = :round AND kind = :kind", round=round_id, kind=kind
    )


def another_paper(kind: str, **changes: object) -> Fault:
    return lambda world, round_id, _file: world.paper(round_id, kind, **changes)


def new_decision_without_paper(world: World, round_id: str, _file: str) -> None:
    decide(world, round_id, "100/QĐ")


def decide(world: World, round_id: str, number: str) -> None:
    digest = world.get(round_id).list_sha256 or ""
    with world.transaction() as tx:
        decide_round(tx, round_id, digest, number=number, decided_on=TODAY, by=world.by("head"), at=AT)


def demoted(name: str) -> Fault:
    return lambda world, *_: world.sql("UPDATE accounts SET role = 'administrator' WHERE id = :id", id=world.id(name))


def held(world: World, _round: str, file_id: str) -> None:
    world.hold(file_id)


def held_past_its_until(world: World, _round: str, file_id: str) -> None:
    world.hold(file_id, until=TODAY - timedelta(days=400))


def supplemented(world: World, _round: str, file_id: str) -> None:
    with world.transaction() as tx:
        add_package(tx, file_id, f"{world.next_id()}", actor="luutru", at=AT)


def lengthened(world: World, _round: str, file_id: str) -> None:
    with world.transaction() as tx:
        longer = Period(PeriodKind.YEARS, 11)
        set_period(tx, require_file(tx, file_id), longer, basis="TT 10/2022", actor="luutru", at=AT)


def another_basis(world: World, _round: str, file_id: str) -> None:
    with world.transaction() as tx:
        standing = require_file(tx, file_id)
        set_period(tx, standing, standing.period, basis="TT 10/2022, dòng 7", actor="luutru", at=AT)


def paper_linked(world: World, _round: str, file_id: str) -> None:
    with world.transaction() as tx:
        link_paper(tx, file_id, "GIẤY-7", permanent=False, reason="", actor="luutru", at=AT)


def renamed(world: World, _round: str, file_id: str) -> None:
    world.sql("UPDATE files SET title = 'Hồ sơ khác' WHERE id = :id", id=file_id)


def marked_void(world: World, round_id: str, file_id: str) -> None:
    paper_linked(world, round_id, file_id)
    with world.transaction() as tx:
        assert [line.file_id for line in mark_void_lines(tx, round_id, actor="luutru", at=AT)] == [file_id]


def set_aside_line(world: World, round_id: str, file_id: str) -> None:
    with world.transaction() as tx:
        set_aside(tx, round_id, file_id, reason="Cần giữ lại", by=world.by("head"), at=AT)


@pytest.fixture(scope="module")
def handed_over(lasting: World) -> tuple[World, str, str]:
    """A good round of one hồ sơ, and that."""
    file_id = lasting.file()
    return lasting, lasting.round([file_id], RoundState.HANDED_OVER), file_id


@pytest.fixture(scope="module")
def executing(lasting: World) -> tuple[World, str, str]:
    """A good round of two hồ sơ, one of which is begun, and the other."""
    first, file_id = lasting.files(2)
    round_id = lasting.round([first, file_id])
    with lasting.transaction() as tx:
        begin_destroying(tx, round_id, first, by=lasting.by("executor"), at=AT)
    return lasting, round_id, file_id


@pytest.fixture
def world(lasting: World) -> Iterator[World]:
    """Whose changes never happened."""
    with lasting.undone():
        yield lasting


ROUND_FAULTS: dict[str, tuple[Fault, str]] = {
    **{f"no {paper.kind}": (without_paper(paper.kind), "paper.missing") for paper in disposal_rules(LLT).papers[:8]},
    "unsigned list": (another_paper("list", signature=Signature.UNSIGNED), "paper.unsigned"),
    "unsigned decision": (another_paper("decision", signature=Signature.UNSIGNED), "paper.unsigned"),
    "broken signature": (another_paper("decision", signature=Signature.INVALID), "paper.signature-not-valid"),
    "unproven signature": (another_paper("opinion", signature=Signature.INDETERMINATE), "paper.signature-not-valid"),
    "list paper of another list": (another_paper("list", list_sha256=OTHER), "paper.other-list"),
    "decision paper of another list": (another_paper("decision", list_sha256=OTHER), "paper.other-list"),
    "paper of the decision before": (new_decision_without_paper, "paper.earlier-decision"),
    "no votes": (sql("DELETE FROM round_votes WHERE round_id = :round"), "round.no-quorum"),
    "two members voted": (
        sql("DELETE FROM round_votes WHERE round_id = :round AND duty IN ('unit', 'expert')"),
        "round.no-quorum",
    ),
    "two against two": (
        sql("UPDATE round_votes SET outcome = 'permanent' WHERE round_id = :round AND duty IN ('unit', 'expert')"),
        "round.no-majority",
    ),
    "voted to keep, listed to destroy": (
        sql("UPDATE round_votes SET outcome = 'permanent' WHERE round_id = :round"),
        "round.outcome-not-voted",
    ),
    "no opinion": (sql("DELETE FROM round_opinions WHERE round_id = :round"), "round.opinion-missing"),
    "objecting opinion": (
        sql("UPDATE round_opinions SET verdict = 'objects' WHERE round_id = :round"),
        "round.opinion-objects",
    ),
    "no decision": (sql("DELETE FROM round_decisions WHERE round_id = :round"), "round.decision-missing"),
    "decision on another list": (
        sql(f"UPDATE round_decisions SET list_sha256 = '{OTHER}' WHERE round_id = :round"),
        "round.decision-other-list",
    ),
    "decision too old": (
        sql("UPDATE round_decisions SET decided_on = '2026-11-05' WHERE round_id = :round"),
        "round.clock-run-out",
    ),
    "explanation changed after freezing": (
        sql("UPDATE round_lines SET explanation = 'khác' WHERE round_id = :round AND file_id = :file"),
        "round.list-changed",
    ),
    "explanation and its digest changed": (
        sql(f"UPDATE round_lines SET line_sha256 = '{OTHER}' WHERE round_id = :round AND file_id = :file"),
        "round.list-changed",
    ),
    "no proposer": (
        sql("DELETE FROM round_persons WHERE round_id = :round AND duty = 'proposer'"),
        "round.person-missing",
    ),
    "executor became administrator": (demoted("executor"), "round.administrator"),
    "proposer became administrator": (demoted("proposer"), "round.administrator"),
    "head became administrator": (demoted("head"), "round.administrator"),
}
LINE_FAULTS: dict[str, tuple[Fault, str]] = {
    "held": (held, "hold.in-force"),
    "held, and the hold should be over": (held_past_its_until, "hold.in-force"),
    "supplemented": (supplemented, "line.packages-changed"),
    "period longer": (lengthened, "line.period-changed"),
    "another basis of the same period": (another_basis, "line.period-changed"),
    "paper twin linked": (paper_linked, "line.file-changed"),
    "renamed": (renamed, "line.file-changed"),
}


def codes(error: DisposalRefusedError) -> set[str]:
    return {reason.code for reason in error.reasons}


@pytest.mark.parametrize("fault", ROUND_FAULTS)
def test_T10_a_round_wrong_in_one_thing_does_not_start(handed_over: tuple[World, str, str], fault: str) -> None:
    world, round_id, file_id = handed_over
    with world.undone():
        require_not_started(world, round_id, file_id, fault)


def require_not_started(world: World, round_id: str, file_id: str, fault: str) -> None:
    wrong, code = ROUND_FAULTS[fault]
    wrong(world, round_id, file_id)
    with world.read() as view:
        assert {reason.code for reason in not_ready(view, round_id, at=AT)} == {code}
        with pytest.raises(DisposalRefusedError) as told:
            require_ready(view, round_id, at=AT)
    assert told.value.code == code and told.value.message and told.value.remedy
    with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
        start_executing(tx, round_id, by=world.by("executor"), at=AT)
    assert refused.value.code == code
    assert world.get(round_id).state is RoundState.HANDED_OVER


@pytest.mark.parametrize("fault", {**ROUND_FAULTS, **LINE_FAULTS})
def test_T10_what_goes_wrong_after_the_start_stops_the_next_file(executing: tuple[World, str, str], fault: str) -> None:
    world, round_id, file_id = executing
    with world.undone() as tx:
        wrong, code = {**ROUND_FAULTS, **LINE_FAULTS}[fault]
        wrong(world, round_id, file_id)
        with pytest.raises(DisposalRefusedError) as refused:
            begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)
        assert refused.value.code == code, refused.value.detail
        assert require_file(tx, file_id).state is FileState.IN_ROUND


@pytest.mark.parametrize("fault", LINE_FAULTS)
def test_a_round_whose_one_line_is_stopped_does_not_start_and_says_why(
    handed_over: tuple[World, str, str], fault: str
) -> None:
    world, round_id, file_id = handed_over
    wrong, code = LINE_FAULTS[fault]
    with world.undone() as tx:
        wrong(world, round_id, file_id)
        with pytest.raises(DisposalRefusedError) as refused:
            start_executing(tx, round_id, by=world.by("executor"), at=AT)
    assert refused.value.code == code


def test_the_good_rounds_do_start_and_begin(
    handed_over: tuple[World, str, str], executing: tuple[World, str, str]
) -> None:
    for world, round_id, file_id in (handed_over, executing):
        with world.undone() as tx:
            start_executing(tx, round_id, by=world.by("executor"), at=AT)
            assert not begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT).again


@pytest.mark.parametrize("fault", LINE_FAULTS)
def test_a_stopped_line_stops_alone(world: World, fault: str) -> None:
    stopped, other = world.files(2)
    round_id = world.round([stopped, other], RoundState.HANDED_OVER)
    LINE_FAULTS[fault][0](world, round_id, stopped)
    world.go_on(round_id, RoundState.EXECUTING)
    with world.transaction() as tx:
        with pytest.raises(DisposalRefusedError):
            begin_destroying(tx, round_id, stopped, by=world.by("executor"), at=AT)
        # Refused before anything was written: the same transaction goes on with the next one.
        begin_destroying(tx, round_id, other, by=world.by("executor"), at=AT)


@pytest.mark.parametrize(
    ("fault", "code"), [(marked_void, "line.void"), (set_aside_line, "line.taken-off")], ids=["void", "set aside"]
)
def test_what_fell_off_the_list_is_never_begun(world: World, fault: Fault, code: str) -> None:
    file_id, other = world.files(2)
    round_id = world.round([file_id, other])
    fault(world, round_id, file_id)
    with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
        begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)
    assert code in codes(refused.value)
    with world.read() as view:
        assert require_file(view, file_id).state is FileState.CLOSED


@pytest.mark.parametrize("state", [state for state in RoundState if state is not RoundState.EXECUTING])
def test_no_file_begins_in_another_state_of_the_round(world: World, state: RoundState) -> None:
    file_id = world.file()
    round_id = world.round([file_id])
    world.sql("UPDATE rounds SET state = :state WHERE id = :round", state=state.value, round=round_id)
    with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
        begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)
    assert refused.value.code == "round.state"


@pytest.mark.parametrize(
    "name", ["proposer", "secretary", "chairman", "unit", "expert", "head", "other_head", "archivist", "auditor"]
)
def test_T10_nobody_but_the_executor_starts_or_begins(world: World, name: str) -> None:
    file_id = world.file()
    round_id = world.round([file_id], RoundState.HANDED_OVER)
    with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
        start_executing(tx, round_id, by=world.by(name), at=AT)
    assert refused.value.code == "round.not-the-executor"
    world.go_on(round_id, RoundState.EXECUTING)
    with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
        begin_destroying(tx, round_id, file_id, by=world.by(name), at=AT)
    assert refused.value.code == "round.not-the-executor"


def test_no_administrator_nobody_at_the_command_line_and_no_disabled_account_begins(world: World) -> None:
    file_id = world.file()
    round_id = world.round([file_id])
    for by, code in ((world.by("admin"), "round.administrator"), (Author("user:root"), "round.authority-missing")):
        with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
            begin_destroying(tx, round_id, file_id, by=by, at=AT)
        assert refused.value.code == code
    with world.transaction() as tx:
        tx.disable_account(world.id("executor"), by=world.by("admin"), at=AT)
    with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
        begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)
    assert refused.value.code == "round.account-disabled"
    with world.read() as view:
        assert {reason.code for reason in not_ready(view, round_id, at=AT)} == {"round.account-disabled"}


def test_no_file_off_the_list_begins(world: World) -> None:
    listed, other = world.files(2)
    round_id = world.round([listed])
    for file_id in (other, "f" * 32):
        with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
            begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)
        assert refused.value.code == "line.missing"


def test_a_file_of_another_round_does_not_begin_in_this_one(world: World) -> None:
    one, other = world.files(2)
    round_id = world.round([one])
    world.round([other])
    with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
        begin_destroying(tx, round_id, other, by=world.by("executor"), at=AT)
    assert refused.value.code == "line.missing"


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("kind", list(ArchiveKind))
def test_every_paper_of_a_profile_is_needed_before_its_step(world: World, profile: str, kind: ArchiveKind) -> None:
    file_id = world.file()
    round_id = world.round([file_id], RoundState.HANDED_OVER, profile=profile, kind=kind)
    for paper in world.required(round_id, "execution"):
        world.sql(
            "UPDATE round_papers SET kind = 'kept aside' WHERE round_id = :round AND kind = :kind",
            round=round_id,
            kind=paper.kind,
        )
        with world.read() as view:
            (reason,) = not_ready(view, round_id, at=AT)
        assert (reason.code, reason.about) == ("paper.missing", paper.kind) and paper.title in reason.message
        world.sql("UPDATE round_papers SET kind = :kind WHERE kind = 'kept aside'", kind=paper.kind)
    with world.read() as view:
        assert not_ready(view, round_id, at=AT) == ()


def test_all_reasons_are_told_at_once(world: World) -> None:
    file_id = world.file()
    round_id = world.round([file_id], RoundState.HANDED_OVER)
    faults = ("no opinion", "unsigned list", "decision on another list", "two against two", "no hand-over-minutes")
    for fault in faults:
        ROUND_FAULTS[fault][0](world, round_id, file_id)
    held(world, round_id, file_id)
    with world.read() as view:
        found = {reason.code for reason in not_ready(view, round_id, at=AT)}
        assert found == {ROUND_FAULTS[fault][1] for fault in faults} | {"hold.in-force"}
        with pytest.raises(DisposalRefusedError) as told:
            require_ready(view, round_id, at=AT)
    assert told.value.code == "round.not-ready"


def test_the_clock_lets_begin_on_the_last_day_and_not_after_it(world: World) -> None:
    file_id, other, third = world.files(3)
    round_id = world.round([file_id, other, third])
    last = AT + timedelta(days=15)
    with world.transaction() as tx:
        begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=last)
    # In Vietnam the sixteenth day has begun while the fifteenth still lasts elsewhere.
    late = last.replace(hour=17)
    with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
        begin_destroying(tx, round_id, other, by=world.by("executor"), at=late)
    assert refused.value.code == "round.clock-run-out" and "15 ngày" in refused.value.message
    with world.transaction() as tx:
        digest = world.get(round_id).list_sha256 or ""
        again = late.date() + timedelta(days=1)
        decide_round(tx, round_id, digest, number="101/QĐ", decided_on=again, by=world.by("other_head"), at=late)
    world.paper(round_id, "decision", by="other_head", at=late)
    with world.transaction() as tx:
        begun = begin_destroying(tx, round_id, other, by=world.by("executor"), at=late)
    assert begun.decision.number == "101/QĐ"


def test_the_profile_of_2011_has_no_clock(world: World) -> None:
    file_id = world.file()
    round_id = world.round([file_id], profile=ND01)
    with world.transaction() as tx:
        begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT + timedelta(days=4000))


def test_permanent_since_it_was_listed_is_never_begun(world: World) -> None:
    file_id, other = world.files(2)
    round_id = world.round([file_id, other])
    with world.transaction() as tx:
        set_period(tx, require_file(tx, file_id), PERMANENT, basis="TT 10/2022", actor="luutru", at=AT)
    with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
        begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)
    assert codes(refused.value) == {"line.permanent", "line.period-changed"}


def test_an_original_on_paper_found_permanent_stops_the_line(world: World) -> None:
    file_id, other = world.files(2)
    round_id = world.round([file_id, other])
    with world.transaction() as tx:
        link_paper(tx, file_id, "GIẤY-7", permanent=True, reason="", actor="luutru", at=AT)
    with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
        begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)
    assert codes(refused.value) == {"line.paper-permanent", "line.file-changed"}


def test_the_event_it_waited_for_coming_later_voids_its_line(world: World) -> None:
    event = Period(PeriodKind.EVENT, 2, "Hết hiệu lực")
    file_id, other = world.file(period=event), world.file()
    with world.transaction() as tx:
        record_event(tx, file_id, 2015, basis="QĐ 7", actor="luutru", at=AT)
    round_id = world.round([file_id, other])
    with world.transaction() as tx:
        record_event(tx, file_id, 2016, basis="QĐ 8", actor="luutru", at=AT)
    with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
        begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)
    assert refused.value.code == "line.period-changed"


def test_a_duplicate_is_begun_only_while_its_twin_is_kept(world: World) -> None:
    twin = world.file(ended_year=2025)
    repeated, other = world.file(ended_year=2025), world.file()
    round_id = world.opened()
    refused = world.add(
        round_id, [repeated], reason=ListingReason.DUPLICATE, explanation="Trùng với hồ sơ khác", duplicate_of=twin
    )
    assert refused == {}
    world.add(round_id, [other])
    world.go_on(round_id, RoundState.EXECUTING)
    second = world.opened()
    late = AT.replace(year=2040)
    with world.transaction() as tx:
        wanted = [NewLine(twin, ListingReason.EXPIRED, "Đã hết thời hạn")]
        assert add_lines(tx, second, wanted, by=world.by("proposer"), at=late) == {}
    with pytest.raises(DisposalRefusedError) as error, world.transaction() as tx:
        begin_destroying(tx, round_id, repeated, by=world.by("executor"), at=AT)
    assert error.value.code == "line.twin-missing"
