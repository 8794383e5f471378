"""Each step of a round: who may take it, what it refuses, and that taking it twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from archive.access.errors import AccountMissingError
from archive.catalogue.council_writing import (
    cast_votes,
    conclude_sessions,
    form_council,
    go_without_opinion,
    open_session,
    record_opinion,
    reopen_sessions,
)
from archive.catalogue.destroying import begin_destroying
from archive.catalogue.file_reading import require_file
from archive.catalogue.file_writing import link_paper, move_file, open_file
from archive.catalogue.round_deciding import (
    appoint_executor,
    attach_paper,
    complete_papers,
    complete_round,
    decide_round,
    freeze_list,
    hand_over,
    keep_lines,
    make_minutes,
    paper_key,
    record_dossier,
    record_verified,
    start_executing,
)
from archive.catalogue.round_reading import (
    decisions,
    destruction_round,
    line_of_file,
    lines,
    papers,
    round_coded,
    rounds_listed,
)
from archive.catalogue.round_writing import (
    abandon_round,
    add_lines,
    changed_lines,
    mark_void_lines,
    open_round,
    remove_line,
    set_aside,
    submit_round,
)
from archive.catalogue.writing import Transaction
from archive.disposal.model import Ballot, NewLine, NewPaper, NewRound, Opinion
from archive.disposal.refusals import DisposalRefusedError
from archive.disposal.round_state import RoundState
from archive.disposal.words import Duty, LineState, ListingReason, Outcome, Signature, Verdict
from archive.events import Event
from archive.retention.file import NewFile
from archive.retention.file_state import FileState
from archive.retention.period import PERMANENT as FOR_EVER
from archive.retention.period import UNDETERMINED, Period, PeriodKind
from tests.disposal.world import AT, COUNCIL, DESTROY, LLT, TODAY, Choice, World

KEEP = Choice(Outcome.EXTEND, 5)
EXPIRED = NewLine("f" * 32, ListingReason.EXPIRED, "Đã hết thời hạn")
OPINION = Opinion("Chi cục", "45", TODAY, Verdict.AGREES)

Act = Callable[[Transaction, World, str, str, Any], object]
S = RoundState
STEPS: dict[str, tuple[S, tuple[str, ...], Act]] = {
    "add": (S.DRAWN_UP, ("proposer",), lambda tx, w, r, f, by: add_lines(tx, r, [EXPIRED], by=by, at=AT)),
    "remove": (S.DRAWN_UP, ("proposer",), lambda tx, w, r, f, by: remove_line(tx, r, f, by=by, at=AT)),
    "submit": (S.DRAWN_UP, ("proposer",), lambda tx, w, r, f, by: submit_round(tx, r, by=by, at=AT)),
    "council": (
        S.SUBMITTED,
        ("head", "other_head"),
        lambda tx, w, r, f, by: form_council(
            tx, r, [(d, w.id(n)) for d, n in COUNCIL], number="1", decided_on=TODAY, by=by, at=AT
        ),
    ),
    "session": (
        S.COUNCIL_FORMED,
        ("chairman", "secretary"),
        lambda tx, w, r, f, by: open_session(tx, r, held_on=TODAY, by=by, at=AT),
    ),
    "conclude": (S.CONCLUDED, ("secretary",), lambda tx, w, r, f, by: conclude_sessions(tx, r, by=by, at=AT)),
    "reopen": (
        S.CONCLUDED,
        ("chairman", "secretary"),
        lambda tx, w, r, f, by: reopen_sessions(tx, r, reason="Xem lại", by=by, at=AT),
    ),
    "opinion": (S.CONCLUDED, ("secretary",), lambda tx, w, r, f, by: record_opinion(tx, r, OPINION, by=by, at=AT)),
    "freeze": (S.APPRAISED, ("proposer",), lambda tx, w, r, f, by: freeze_list(tx, r, by=by, at=AT)),
    "decide": (
        S.FROZEN,
        ("head", "other_head"),
        lambda tx, w, r, f, by: decide_round(
            tx, r, w.get(r).list_sha256 or "", number="9", decided_on=TODAY, by=by, at=AT
        ),
    ),
    "appoint": (
        S.DECIDED,
        ("head", "other_head"),
        lambda tx, w, r, f, by: appoint_executor(tx, r, w.id("auditor"), by=by, at=AT),
    ),
    "keep": (
        S.DECIDED,
        ("head", "proposer", "secretary"),
        lambda tx, w, r, f, by: keep_lines(tx, r, by=by, at=AT),
    ),
    "hand over": (S.PAPERS_COMPLETE, ("proposer", "secretary"), lambda tx, w, r, f, by: hand_over(tx, r, by=by, at=AT)),
    "start": (S.HANDED_OVER, ("executor",), lambda tx, w, r, f, by: start_executing(tx, r, by=by, at=AT)),
    "begin": (S.EXECUTING, ("executor",), lambda tx, w, r, f, by: begin_destroying(tx, r, f, by=by, at=AT)),
    "set aside": (
        S.EXECUTING,
        ("head", "other_head"),
        lambda tx, w, r, f, by: set_aside(tx, r, f, reason="Giữ lại", by=by, at=AT),
    ),
    "abandon": (
        S.EXECUTING,
        ("proposer", "head", "other_head"),
        lambda tx, w, r, f, by: abandon_round(tx, r, reason="Thôi", by=by, at=AT),
    ),
}
NAMES = (
    "proposer",
    "secretary",
    "chairman",
    "unit",
    "expert",
    "head",
    "other_head",
    "executor",
    "archivist",
    "auditor",
)


def code_of(act: Callable[[], object]) -> str:
    """The code it is refused with; empty when it is not."""
    try:
        act()
    except DisposalRefusedError as refused:
        return refused.code
    return ""


@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_taken_by_its_people_and_nobody_else(lasting: World, step: str) -> None:
    state, allowed, act = STEPS[step]
    with lasting.undone() as tx:
        file_id, other = lasting.files(2)
        round_id = lasting.round([file_id, other], state)
        for name in (*NAMES, "admin"):
            if name not in allowed:
                told = code_of(lambda name=name: act(tx, lasting, round_id, file_id, lasting.by(name)))  # type: ignore[misc]
                assert told in {"round.authority-missing", "round.not-the-executor", "round.administrator"}, name
        assert lasting.get(round_id).state is state
        act(tx, lasting, round_id, file_id, lasting.by(allowed[0]))


@pytest.mark.parametrize("name", sorted({name for _, names, _ in STEPS.values() for name in names}))
def test_a_disabled_account_takes_no_step(lasting: World, name: str) -> None:
    with lasting.undone() as tx:
        file_id, other = lasting.files(2)
        round_id = lasting.round([file_id, other])
        tx.disable_account(lasting.id(name), by=lasting.by("admin"), at=AT)
        for _, allowed, act in STEPS.values():
            if name in allowed:
                told = code_of(lambda act=act: act(tx, lasting, round_id, file_id, lasting.by(name)))  # type: ignore[misc]
                assert told in {"round.account-disabled", "round.state"}
        told = code_of(lambda: abandon_round(tx, round_id, reason="x", by=lasting.by(name), at=AT))
        assert told == "round.account-disabled"


def test_only_an_archivist_opens_a_round_and_opening_it_again_changes_nothing(lasting: World) -> None:
    with lasting.undone() as tx:
        new = NewRound("r" * 32, "2026/A", LLT)
        for name in ("head", "unit", "auditor"):
            told = code_of(lambda name=name: open_round(tx, new, by=lasting.by(name), at=AT))  # type: ignore[misc]
            assert told == "round.authority-missing"
        opened = open_round(tx, new, by=lasting.by("proposer"), at=AT)
        assert open_round(tx, new, by=lasting.by("proposer"), at=AT) == opened == round_coded(tx, "2026/A")
        assert round_coded(tx, "2026/B") is None
        for other, code in (
            (NewRound("s" * 32, "2026/A", LLT), "round.conflict"),
            (NewRound("r" * 32, "2026/B", LLT), "round.conflict"),
            (NewRound("s" * 32, " ", LLT), "round.conflict"),
            (NewRound("s" * 32, "2026/B", "luật khác"), "round.profile-unknown"),
        ):
            assert code_of(lambda new=other: open_round(tx, new, by=lasting.by("proposer"), at=AT)) == code  # type: ignore[misc]
        assert code_of(lambda: destruction_round(tx, "none")) == "round.missing"


def test_what_may_not_stand_on_a_list_is_refused_with_its_reasons(lasting: World) -> None:
    with lasting.undone() as tx:
        held, on_paper = lasting.file(), lasting.file()
        lasting.hold(held)
        link_paper(tx, on_paper, "GIẤY-1", permanent=True, reason="", actor="luutru", at=AT)
        event = Period(PeriodKind.EVENT, 0, "Hết hiệu lực")
        elsewhere = lasting.file()
        lasting.round([elsewhere], S.SUBMITTED)
        unwanted = {
            lasting.file(period=FOR_EVER): {"line.permanent", "line.not-due"},
            on_paper: {"line.paper-permanent"},
            lasting.file(period=UNDETERMINED): {"line.undetermined", "line.not-due"},
            lasting.file(ended_year=2016): {"line.not-due"},
            lasting.file(period=event): {"line.not-due"},
            lasting.file(closed=False): {"line.file-state", "line.not-due"},
            held: {"hold.in-force"},
            elsewhere: {"line.file-state"},
            "f" * 32: {"line.missing"},
        }
        round_id = lasting.opened()
        due = lasting.file(ended_year=2015)
        refused = lasting.add(round_id, [*unwanted, due])
        assert {file_id: set(codes) for file_id, codes in refused.items()} == unwanted
        assert [line.file_id for line in lines(tx, round_id)] == [due]
        other = lasting.file()
        assert lasting.add(round_id, [other], explanation=" ") == {other: ["line.explanation-missing"]}


def test_a_duplicate_needs_a_twin_that_is_kept(lasting: World) -> None:
    with lasting.undone():
        young, listed = lasting.file(ended_year=2025), lasting.file()
        lasting.round([listed], S.DRAWN_UP)
        round_id = lasting.opened()
        for twin in (None, young, listed, "f" * 32):
            told = lasting.add(round_id, [young], reason=ListingReason.DUPLICATE, duplicate_of=twin)
            assert told == {young: ["line.twin-missing"]}
        kept = lasting.file(ended_year=2025)
        assert lasting.add(round_id, [young], reason=ListingReason.DUPLICATE, duplicate_of=kept) == {}


def test_lines_leave_before_submitting_and_go_back_where_they_were(lasting: World) -> None:
    with lasting.undone() as tx:
        file_id, transferred = lasting.files(2)
        move_file(tx, transferred, FileState.TRANSFERRED, actor="luutru", at=AT)
        round_id = lasting.opened()
        assert code_of(lambda: submit_round(tx, round_id, by=lasting.by("proposer"), at=AT)) == "round.list-empty"
        lasting.add(round_id, [file_id, transferred])
        lasting.add(round_id, [file_id])
        for _ in range(2):
            remove_line(tx, round_id, transferred, by=lasting.by("proposer"), at=AT)
        assert require_file(tx, transferred).state is FileState.TRANSFERRED
        submit_round(tx, round_id, by=lasting.by("proposer"), at=AT)
        told = code_of(lambda: remove_line(tx, round_id, file_id, by=lasting.by("proposer"), at=AT))
        assert told == "round.state" and require_file(tx, file_id).round_id == round_id


@pytest.mark.parametrize(
    ("members", "code"),
    [
        (COUNCIL[:3], "round.council-refused"),
        ([COUNCIL[0], (Duty.SECRETARY, "unit"), *COUNCIL[2:]], "round.council-refused"),
        ([*COUNCIL, (Duty.CHAIRMAN, "archivist")], "round.council-refused"),
        ([*COUNCIL, (Duty.EXECUTOR, "archivist")], "round.council-refused"),
        ([*COUNCIL[:3], (Duty.EXPERT, "chairman")], "round.same-person"),
        ([*COUNCIL[:3], (Duty.EXPERT, "proposer")], "round.same-person"),
        ([COUNCIL[0], (Duty.SECRETARY, "proposer"), *COUNCIL[2:]], "round.same-person"),
        ([*COUNCIL[:3], (Duty.EXPERT, "admin")], "round.administrator"),
    ],
)
def test_a_council_lacking_anybody_is_refused(lasting: World, members: Any, code: str) -> None:
    with lasting.undone() as tx:
        round_id = lasting.round([lasting.file()], S.SUBMITTED)
        named = [(duty, lasting.id(name)) for duty, name in members]
        told = code_of(
            lambda: form_council(tx, round_id, named, number="1", decided_on=TODAY, by=lasting.by("head"), at=AT)
        )
        assert told == code


def test_a_council_may_have_more_experts_and_is_formed_once(lasting: World) -> None:
    with lasting.undone() as tx:
        round_id = lasting.round([lasting.file()], S.SUBMITTED)
        named = [(duty, lasting.id(name)) for duty, name in [*COUNCIL, (Duty.EXPERT, "archivist")]]
        for _ in range(2):
            of = form_council(tx, round_id, named, number="1", decided_on=TODAY, by=lasting.by("head"), at=AT)
            assert len(of.members) == 5 and of.council_number == "1"
        for number, day in (("2", TODAY), ("1", TODAY - timedelta(days=1))):
            told = code_of(
                lambda n=number, d=day: form_council(  # type: ignore[misc]
                    tx, round_id, named, number=n, decided_on=d, by=lasting.by("head"), at=AT
                )
            )
            assert told == "round.council-stands"
        for number, day in ((" ", TODAY), ("2", TODAY + timedelta(days=1))):
            other = lasting.round([lasting.file()], S.SUBMITTED)
            told = code_of(
                lambda r=other, n=number, d=day: form_council(  # type: ignore[misc]
                    tx, r, named, number=n, decided_on=d, by=lasting.by("head"), at=AT
                )
            )
            assert told == "round.council-refused"


def test_votes_are_cast_in_a_session_once_by_members_alone(lasting: World) -> None:
    with lasting.undone() as tx:
        file_id, other = lasting.files(2)
        round_id = lasting.round([file_id, other], S.COUNCIL_FORMED)
        ballots = [Ballot(1, DESTROY), Ballot(2, KEEP, "Cần giữ thêm")]

        def cast(name: str, *given: Ballot) -> int:
            return cast_votes(tx, round_id, given or ballots, by=lasting.by(name), at=AT)

        assert code_of(lambda: cast("unit")) == "round.session-missing"
        open_session(tx, round_id, held_on=TODAY, by=lasting.by("chairman"), at=AT)
        assert (cast("unit"), cast("unit")) == (2, 0)
        assert code_of(lambda: cast("unit", Ballot(1, KEEP))) == "round.ballot-refused"
        assert code_of(lambda: cast("unit", Ballot(3, KEEP))) == "round.ballot-refused"
        assert code_of(lambda: cast("expert", Ballot(1, KEEP), Ballot(1, DESTROY))) == "round.ballot-refused"
        for name in ("proposer", "head", "archivist"):
            assert code_of(lambda name=name: cast(name)) == "round.authority-missing"  # type: ignore[misc]

        def conclude() -> object:
            return conclude_sessions(tx, round_id, by=lasting.by("secretary"), at=AT)

        assert code_of(conclude) == "round.no-quorum"
        cast("secretary")
        cast("expert", Ballot(1, DESTROY), Ballot(2, Choice(Outcome.EXTEND, 6)))
        with pytest.raises(DisposalRefusedError) as refused:
            conclude()
        assert [(item.code, item.about) for item in refused.value.reasons] == [("round.no-majority", other)]
        cast("chairman", Ballot(1, KEEP, "Ý kiến khác"), Ballot(2, KEEP))
        conclude()
        assert [line.choice for line in lines(tx, round_id)] == [DESTROY, KEEP]


def test_an_objection_sends_the_council_back_and_the_last_session_counts(lasting: World) -> None:
    with lasting.undone() as tx:
        file_id = lasting.file()
        round_id = lasting.round([file_id], S.CONCLUDED)
        for bad in (
            Opinion(" ", "45", TODAY, Verdict.AGREES),
            Opinion("Chi cục", "", TODAY, Verdict.AGREES),
            Opinion("Chi cục", "45", TODAY + timedelta(days=1), Verdict.AGREES),
        ):
            told = code_of(lambda bad=bad: record_opinion(tx, round_id, bad, by=lasting.by("secretary"), at=AT))  # type: ignore[misc]
            assert told == "round.opinion-refused"
        told = code_of(lambda: go_without_opinion(tx, round_id, by=lasting.by("secretary"), at=AT))
        assert told == "round.opinion-missing"
        lasting.opinion(round_id, Verdict.OBJECTS)
        told = code_of(lambda: freeze_list(tx, round_id, by=lasting.by("proposer"), at=AT))
        assert told == "round.opinion-objects"
        told = code_of(lambda: reopen_sessions(tx, round_id, reason=" ", by=lasting.by("secretary"), at=AT))
        assert told == "round.reason-missing"
        reopen_sessions(tx, round_id, reason="Xem lại", by=lasting.by("secretary"), at=AT)
        lasting.vote(round_id, {file_id: KEEP})
        conclude_sessions(tx, round_id, by=lasting.by("secretary"), at=AT)
        lasting.opinion(round_id)
        lasting.go_on(round_id, S.DECIDED)
        line = line_of_file(tx, round_id, file_id)
        assert line is not None and line.choice == KEEP and line.state is LineState.KEPT


def test_an_agency_that_hands_in_to_nobody_may_decide_for_itself(lasting: World) -> None:
    with lasting.undone() as tx:
        round_id = lasting.round([lasting.file()], S.CONCLUDED, submitting=False)
        go_without_opinion(tx, round_id, by=lasting.by("secretary"), at=AT)
        lasting.go_on(round_id, S.EXECUTING)


def test_a_decision_is_made_on_exactly_the_frozen_list_by_another_person(lasting: World) -> None:
    with lasting.undone() as tx:
        file_id = lasting.file()
        round_id = lasting.round([file_id], S.FROZEN)
        digest = lasting.get(round_id).list_sha256 or ""

        def decide(sha256: str = digest, name: str = "head", number: str = "9", day: Any = TODAY) -> str:
            return code_of(
                lambda: decide_round(tx, round_id, sha256, number=number, decided_on=day, by=lasting.by(name), at=AT)
            )

        assert decide("0" * 64) == "round.decision-other-list"
        assert decide(number=" ") == "round.decision-refused"
        assert decide(day=TODAY + timedelta(days=1)) == "round.decision-refused"
        assert decide(day=TODAY - timedelta(days=1)) == "round.decision-refused"
        lasting.sql("UPDATE accounts SET role = 'head' WHERE id = :id", id=lasting.id("expert"))
        assert decide(name="expert") == "round.same-person"
        assert (decide(), decide()) == ("", "") and len(decisions(tx, round_id)) == 1
        told = code_of(
            lambda: decide_round(
                tx,
                round_id,
                digest,
                number="9",
                decided_on=TODAY,
                by=lasting.by("head"),
                at=AT,
                titles_stay=False,
            )
        )
        assert told == "round.decision-stands", "who corrects it is told that it was not corrected"
        for name in ("proposer", "secretary", "chairman", "unit", "expert", "head"):
            told = code_of(
                lambda name=name: appoint_executor(tx, round_id, lasting.id(name), by=lasting.by("head"), at=AT)
            )  # type: ignore[misc]
            assert told == "round.same-person"
        told = code_of(lambda: appoint_executor(tx, round_id, lasting.id("admin"), by=lasting.by("head"), at=AT))
        assert told == "round.administrator"
        with pytest.raises(AccountMissingError):
            appoint_executor(tx, round_id, "nobody", by=lasting.by("head"), at=AT)
        told = code_of(lambda: hand_over(tx, round_id, by=lasting.by("proposer"), at=AT))
        assert told == "round.state"


def test_another_executor_takes_over_by_minutes_of_his_own(lasting: World) -> None:
    with lasting.undone() as tx:
        round_id = lasting.round([lasting.file()], S.HANDED_OVER)
        later = AT + timedelta(hours=1)
        appoint_executor(tx, round_id, lasting.id("auditor"), by=lasting.by("head"), at=later)
        told = code_of(lambda: start_executing(tx, round_id, by=lasting.by("auditor"), at=later))
        assert told == "paper.earlier-executor"
        for _ in range(2):
            of = hand_over(tx, round_id, by=lasting.by("proposer"), at=later)
        assert of.state is S.HANDED_OVER
        said = tx.records(subject=round_id, event=Event.ROUND_FILES_HANDED_OVER)
        assert [item.data["executor"] for item in said] == [lasting.id("executor"), lasting.id("auditor")]
        lasting.paper(round_id, "hand-over-minutes", at=later)
        assert start_executing(tx, round_id, by=lasting.by("auditor"), at=later).state is S.EXECUTING


def test_the_last_executor_executes_and_one_may_come_back(lasting: World) -> None:
    with lasting.undone() as tx:
        file_id, other = lasting.files(2)
        round_id = lasting.round([file_id, other])
        appoint_executor(tx, round_id, lasting.id("auditor"), by=lasting.by("head"), at=AT)
        told = code_of(lambda: begin_destroying(tx, round_id, file_id, by=lasting.by("executor"), at=AT))
        assert told == "round.not-the-executor"
        begin_destroying(tx, round_id, file_id, by=lasting.by("auditor"), at=AT)
        appoint_executor(tx, round_id, lasting.id("executor"), by=lasting.by("head"), at=AT)
        begin_destroying(tx, round_id, other, by=lasting.by("executor"), at=AT)


def test_papers_are_of_the_profile_and_under_their_own_key(lasting: World) -> None:
    with lasting.undone() as tx:
        round_id = lasting.round([lasting.file()], S.DECIDED)
        good = {"object_key": paper_key(round_id, "list", "0" * 64)}
        for changes, code in (
            ({"kind": "photograph"}, "paper.unknown"),
            ({"object_key": "aip/x.tar"}, "paper.refused"),
            ({"sha256": "x"}, "paper.refused"),
            ({"list_sha256": ""}, "paper.refused"),
            ({"size_bytes": 0}, "paper.refused"),
        ):
            given: dict[str, Any] = {
                "kind": "list",
                "sha256": "0" * 64,
                "size_bytes": 1,
                "list_sha256": "0" * 64,
                **good,
                **changes,
            }
            new = NewPaper(signature=Signature.VALID, **given)
            told = code_of(lambda new=new: attach_paper(tx, round_id, new, by=lasting.by("proposer"), at=AT))  # type: ignore[misc]
            assert told == code
        new = NewPaper("list", good["object_key"], "0" * 64, 1, "0" * 64, Signature.VALID, ["An"])
        told = code_of(lambda: attach_paper(tx, round_id, new, by=lasting.by("auditor"), at=AT))
        assert told == "round.authority-missing"
        for _ in range(2):
            attach_paper(tx, round_id, new, by=lasting.by("archivist"), at=AT)
        assert [paper.kind for paper in papers(tx, round_id)] == ["list"]
        with pytest.raises(DisposalRefusedError) as refused:
            complete_papers(tx, round_id, by=lasting.by("proposer"), at=AT)
        assert {item.code for item in refused.value.reasons} == {"paper.missing", "paper.other-list"}


def test_papers_are_not_complete_while_kept_files_wait_for_their_period(lasting: World) -> None:
    with lasting.undone() as tx:
        kept, other = lasting.files(2)
        round_id = lasting.round([kept, other], S.FROZEN, choices={kept: KEEP})
        digest = lasting.get(round_id).list_sha256 or ""
        decide_round(tx, round_id, digest, number="9", decided_on=TODAY, by=lasting.by("head"), at=AT)
        told = code_of(lambda: hand_over(tx, round_id, by=lasting.by("proposer"), at=AT))
        assert told == "round.state"
        for rule in lasting.required(round_id, "papers"):
            lasting.paper(round_id, rule.kind)
        told = code_of(lambda: complete_papers(tx, round_id, by=lasting.by("proposer"), at=AT))
        assert told == "round.outcome-pending"
        assert keep_lines(tx, round_id, by=lasting.by("head"), at=AT) == 0
        complete_papers(tx, round_id, by=lasting.by("proposer"), at=AT)
        told = code_of(lambda: hand_over(tx, round_id, by=lasting.by("proposer"), at=AT))
        assert told == "round.person-missing"


def test_marking_says_what_changed_and_sends_back(lasting: World) -> None:
    with lasting.undone() as tx:
        file_id, other = lasting.files(2)
        round_id = lasting.round([file_id, other], S.SUBMITTED)
        assert not changed_lines(tx, round_id) and mark_void_lines(tx, round_id, actor="luutru", at=AT) == ()
        link_paper(tx, file_id, "GIẤY-9", permanent=False, reason="", actor="luutru", at=AT)
        assert changed_lines(tx, round_id)
        assert [line.file_id for line in mark_void_lines(tx, round_id, actor="luutru", at=AT)] == [file_id]
        assert not changed_lines(tx, round_id)
        void = line_of_file(tx, round_id, file_id)
        assert void is not None and (void.state, void.settled_reason) == (LineState.VOID, "line.file-changed")
        assert require_file(tx, file_id).state is FileState.CLOSED
        lasting.go_on(round_id, S.EXECUTING)
        again = lasting.opened()
        assert lasting.add(again, [file_id]) == {}


def test_a_round_given_up_sends_every_file_back_and_one_begun_is_not_given_up(lasting: World) -> None:
    with lasting.undone() as tx:
        file_id, other = lasting.files(2)
        round_id = lasting.round([file_id, other])
        told = code_of(lambda: abandon_round(tx, round_id, reason=" ", by=lasting.by("head"), at=AT))
        assert told == "round.reason-missing"
        for _ in range(2):
            assert abandon_round(tx, round_id, reason="Thôi", by=lasting.by("head"), at=AT).state is S.ABANDONED
        assert {require_file(tx, item).state for item in (file_id, other)} == {FileState.CLOSED}
        assert mark_void_lines(tx, round_id, actor="luutru", at=AT) == ()
        second = lasting.round([file_id, other])
        begin_destroying(tx, second, file_id, by=lasting.by("executor"), at=AT)
        assert code_of(lambda: abandon_round(tx, second, reason="x", by=lasting.by("head"), at=AT)) == "round.begun"
        told = code_of(lambda: set_aside(tx, second, file_id, reason="x", by=lasting.by("head"), at=AT))
        assert told == "line.begun"
        assert [item.id for item in rounds_listed(tx, states=[S.ABANDONED])] == [round_id]


def test_a_round_ends_when_each_file_is_destroyed_or_set_aside_and_the_dossier_is_kept(lasting: World) -> None:
    with lasting.undone() as tx:
        destroyed, held = lasting.files(2)
        round_id = lasting.round([destroyed, held])
        lasting.hold(held)

        def verify() -> str:
            return code_of(lambda: record_verified(tx, round_id, actor="luutru", at=AT))

        assert verify() == "round.lines-left"
        begin_destroying(tx, round_id, destroyed, by=lasting.by("executor"), at=AT)
        assert verify() == "round.lines-left"
        move_file(tx, destroyed, FileState.DESTROYED, actor="luutru", at=AT, round_id=round_id)
        # The held one keeps the round open until a head takes it off.
        assert verify() == "round.lines-left" and lasting.get(round_id).state is S.EXECUTING
        told = code_of(lambda: set_aside(tx, round_id, held, reason=" ", by=lasting.by("head"), at=AT))
        assert told == "round.reason-missing"
        for _ in range(2):
            set_aside(tx, round_id, held, reason="Đang điều tra", by=lasting.by("head"), at=AT)
        assert (verify(), verify()) == ("", "")
        told = code_of(lambda: make_minutes(tx, round_id, by=lasting.by("executor"), at=AT))
        assert told == "paper.missing"
        lasting.paper(round_id, "destruction-minutes", by="executor")
        make_minutes(tx, round_id, by=lasting.by("executor"), at=AT)
        told = code_of(lambda: record_dossier(tx, round_id, "no such package", actor="luutru", at=AT))
        assert told == "round.dossier-missing"


def test_nothing_destroyed_is_not_a_destruction_verified(lasting: World) -> None:
    with lasting.undone() as tx:
        file_id = lasting.file()
        round_id = lasting.round([file_id])
        set_aside(tx, round_id, file_id, reason="Giữ lại", by=lasting.by("head"), at=AT)
        told = code_of(lambda: record_verified(tx, round_id, actor="luutru", at=AT))
        assert told == "round.nothing-to-destroy"
        told = code_of(lambda: complete_round(tx, round_id, by=lasting.by("head"), at=AT))
        assert told == "round.state"
        abandon_round(tx, round_id, reason="Không còn gì", by=lasting.by("head"), at=AT)


def test_a_file_opened_by_nobody_yet_is_no_line(lasting: World) -> None:
    with lasting.undone() as tx:
        new = NewFile(lasting.next_id(), "H01.02", "H9", "Hồ sơ", LLT, "1")
        open_file(tx, new, actor="luutru", at=AT)
        round_id = lasting.opened()
        assert "line.file-state" in lasting.add(round_id, [new.id])[new.id]
