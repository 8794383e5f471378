"""What is asked of the workers about papers: once for the same, in the order it was asked, kept until it is carried out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from archive.catalogue.paper_orders import (
    MOST_WAITING,
    PaperOrder,
    end_order,
    last_dossier_order,
    last_orders,
    note_cleared,
    note_kept,
    note_late,
    note_object,
    note_problem,
    note_progress,
    note_uncleared,
    order_dossier,
    order_judgement,
    order_print,
    orders_of,
    paper_order,
    uncleared_orders,
    waiting_orders,
    waiting_papers,
)
from archive.catalogue.paper_particulars import Particulars, extents_of, keep_particulars, particulars_of
from archive.catalogue.round_deciding import attach_paper
from archive.catalogue.round_reading import papers
from archive.disposal.model import NewPaper
from archive.disposal.refusals import DisposalRefusedError
from archive.disposal.round_state import RoundState as S
from archive.disposal.words import Signature
from archive.papers.filling import paper_of
from archive.papers.given import Given, given_json, given_of
from archive.papers.paper import SignatureBlock, paper_bytes
from archive.papers.paper_states import PaperState, round_papers
from schemas.disposal_rules import disposal_rules
from tests.disposal.world import AT, LLT, ND01, World

PARTICULARS: dict[str, Any] = {"organ": "Sở Nội vụ", "number": "12", "notation": "DM", "issued": date(2026, 11, 21)}


def asked(world: World, round_id: str, kind: str = "list", given: Any = None, *, minutes: int = 0) -> PaperOrder:
    with world.transaction() as tx:
        at = AT + timedelta(minutes=minutes)
        return order_print(tx, world.next_id(), round_id, kind, given or {}, by=world.by("proposer"), at=at)


def test_the_same_order_that_waits_is_the_one_that_counts_and_another_takes_its_place(world: World) -> None:
    round_id = world.round([world.file()], S.DECIDED)
    first = asked(world, round_id)
    assert asked(world, round_id, minutes=1).id == first.id
    with world.transaction() as tx:
        assert [order.id for order in waiting_orders(tx)] == [first.id]
        note_problem(tx, first.id, "store.failed: Kho không mở được.", AT)
        note_object(tx, first.id, "disposal/x/list-0.pdf")
    other = asked(world, round_id, given={"place": "Bình Minh"}, minutes=2)
    assert other.id != first.id
    with world.transaction() as tx:
        ended = paper_order(tx, round_id, first.id)
        assert ended is not None and (ended.outcome, ended.problem, ended.waits) == (
            {"replaced_by": other.id},
            "",
            False,
        )
        assert waiting_papers(tx, ["disposal/x/list-0.pdf", "disposal/y.pdf"]) == {"disposal/x/list-0.pdf"}
        assert [order.id for order in uncleared_orders(tx, AT)] == [first.id]
        assert uncleared_orders(tx, AT - timedelta(seconds=1)) == [], "tried a moment ago"
        note_cleared(tx, first.id)
        assert uncleared_orders(tx, AT) == [] and waiting_papers(tx, ["disposal/x/list-0.pdf"]) == set()
        end_order(tx, first.id, {"ordinal": 2}, AT)
        note_progress(tx, first.id, "too late")
        ended = paper_order(tx, round_id, first.id)
        assert ended is not None and (ended.outcome, ended.problem) == ({"replaced_by": other.id}, "")
        assert ended.tried_at == AT and paper_order(tx, "other", first.id) is None
        assert [order.id for order in waiting_orders(tx)] == [other.id]
        assert [order.id for order in orders_of(tx, round_id)] == [other.id, first.id]
        assert {kind: order.id for kind, order in last_orders(tx, round_id).items()} == {"list": other.id}
        end_order(tx, other.id, {"ordinal": 1}, AT)
    assert asked(world, round_id, minutes=3).id not in (first.id, other.id)


def test_orders_that_wait_out_a_pause_keep_no_other_back_however_many_there_are(world: World) -> None:
    round_id = world.round([world.file()], S.DECIDED)
    kinds = [rule.kind for rule in disposal_rules(LLT).papers]
    made = [asked(world, round_id, kind, minutes=number) for number, kind in enumerate(kinds)]
    with world.transaction() as tx:
        for order in made[:-1]:
            note_problem(tx, order.id, "store.failed", AT + timedelta(minutes=30))
        earlier = AT + timedelta(minutes=29)
        assert [order.id for order in waiting_orders(tx, 1, untried_since=earlier)] == [made[-1].id]
        found, after = [], None
        while page := waiting_orders(tx, 2, after=after):
            found += [order.id for order in page]
            after = page[-1]
    assert found == [order.id for order in made]


def test_bytes_that_come_are_claimed_from_the_order_on_and_judged_when_they_are_there(world: World) -> None:
    round_id = world.round([world.file()], S.DECIDED)
    with world.transaction() as tx:
        order = order_judgement(
            tx, world.next_id(), round_id, "list", {}, sha256="a" * 64, by=world.by("proposer"), at=AT
        )
        assert order.object_key == order.incoming_key and order.size_bytes == 0
        assert waiting_papers(tx, [order.incoming_key]) == {order.incoming_key}
        assert note_kept(tx, order, 7).size_bytes == 7
        note_object(tx, order.id, "disposal/x/list-0.pdf")
        both = [order.incoming_key, "disposal/x/list-0.pdf"]
        assert waiting_papers(tx, [*both, order.incoming_key.replace("list-", "opinion-")]) == set(both)
        end_order(tx, order.id, {}, AT)
        note_cleared(tx, order.id)
        assert waiting_papers(tx, both) == set()
        with pytest.raises(DisposalRefusedError) as refused:
            note_kept(tx, order, 7)
        assert refused.value.code == "paper.not-received"
        note_late(tx, order)
        assert [item.id for item in uncleared_orders(tx, AT)] == [order.id]
        note_uncleared(tx, order.id, AT + timedelta(minutes=1))
        assert uncleared_orders(tx, AT) == []


def test_only_so_many_papers_of_a_round_wait_to_be_judged(world: World) -> None:
    round_id = world.round([world.file()], S.DECIDED)

    def sent(number: int) -> PaperOrder:
        with world.transaction() as tx:
            return order_judgement(
                tx, world.next_id(), round_id, "list", {}, sha256=f"{number:064x}", by=world.by("proposer"), at=AT
            )

    made = [sent(number) for number in range(MOST_WAITING)]
    with pytest.raises(DisposalRefusedError) as refused:
        sent(MOST_WAITING)
    assert refused.value.code == "paper.too-many-waiting"
    assert sent(0).id == made[0].id, "what waits already is told again"
    with world.transaction() as tx:
        end_order(tx, made[0].id, {}, AT)
    assert sent(MOST_WAITING).waits


def test_bytes_once_proven_are_not_unproven_by_asking_again(world: World) -> None:
    round_id = world.round([world.file()], S.DECIDED)
    world.paper(round_id, "list")
    with world.transaction() as tx:
        (paper,) = papers(tx, round_id)
        new = NewPaper(
            "list", paper.object_key, paper.sha256, paper.size_bytes, paper.list_sha256, Signature.INDETERMINATE
        )
        assert attach_paper(tx, round_id, new, by=world.by("proposer"), at=AT) == paper
        assert papers(tx, round_id) == (paper,)


@pytest.mark.parametrize(
    ("who", "kind", "state", "code"),
    [
        ("auditor", "list", S.DECIDED, "round.authority-missing"),
        ("admin", "list", S.DECIDED, "round.administrator"),
        ("proposer", "photograph", S.DECIDED, "paper.unknown"),
        ("proposer", "list", S.ABANDONED, "round.state"),
    ],
)
def test_who_may_not_attach_a_paper_asks_for_none(world: World, who: str, kind: str, state: S, code: str) -> None:
    round_id = world.round([world.file()], S.DECIDED)
    if state is S.ABANDONED:
        world.sql("UPDATE rounds SET state = 'abandoned' WHERE id = :id", id=round_id)
    with world.transaction() as tx:
        with pytest.raises(DisposalRefusedError) as refused:
            order_print(tx, world.next_id(), round_id, kind, {}, by=world.by(who), at=AT)
        assert refused.value.code == code
        with pytest.raises(DisposalRefusedError) as refused:
            order_judgement(
                tx,
                world.next_id(),
                round_id,
                kind,
                {},
                sha256="0" * 64,
                by=world.by(who),
                at=AT,
            )
        assert refused.value.code == code


def test_a_dossier_is_asked_for_once_and_only_when_the_minutes_are_made(world: World) -> None:
    round_id = world.round([world.file()], S.DECIDED)
    with world.transaction() as tx, pytest.raises(DisposalRefusedError) as refused:
        order_dossier(tx, world.next_id(), round_id, {}, by=world.by("executor"), at=AT)
    assert refused.value.code == "round.state"
    world.sql("UPDATE rounds SET state = 'minutes_made' WHERE id = :id", id=round_id)
    with world.transaction() as tx:
        first = order_dossier(tx, world.next_id(), round_id, {}, by=world.by("executor"), at=AT)
        again = order_dossier(tx, world.next_id(), round_id, {"place": "X"}, by=world.by("proposer"), at=AT)
        assert again.id == first.id
        for who in ("chairman", "auditor"):
            with pytest.raises(DisposalRefusedError):
                order_dossier(tx, world.next_id(), round_id, {}, by=world.by(who), at=AT)
        found = last_dossier_order(tx, round_id)
    assert found is not None and found.id == first.id


def test_a_validly_signed_paper_is_not_replaced_by_an_unsigned_one_unawares(world: World) -> None:
    round_id = world.round([world.file()], S.DECIDED)
    world.paper(round_id, "list")
    with pytest.raises(DisposalRefusedError) as refused:
        asked(world, round_id)
    assert refused.value.code == "paper.signed-stands"
    with world.transaction() as tx:
        by = world.by("proposer")
        assert order_print(tx, world.next_id(), round_id, "list", {}, by=by, at=AT, anew=True).waits


def test_particulars_are_written_once_and_states_are_those_of_the_last_of_a_kind(world: World) -> None:
    round_id = world.round([world.file()], S.DECIDED)
    world.paper(round_id, "list")
    new = Particulars(round_id, "list", 1, 3, judgement={"signature": "valid"}, **PARTICULARS)
    with world.transaction() as tx:
        keep_particulars(tx, new)
        keep_particulars(tx, Particulars(round_id, "list", 1, 9, **PARTICULARS))
        assert particulars_of(tx, round_id) == {("list", 1): new}
        found = {item.rule.kind: item for item in round_papers(tx, world.get(round_id))}
    assert found["list"].state is PaperState.GOOD and found["list"].particulars == new
    assert found["explanation"].state is PaperState.MISSING
    assert found["retained-list"].state is PaperState.NOT_NEEDED and not found["retained-list"].needed
    with world.read() as view:
        assert extents_of(view, ["nobody"]) == {}


@pytest.mark.parametrize("profile", [LLT, ND01])
def test_every_paper_before_the_hand_over_is_filled_and_twice_the_same(world: World, profile: str) -> None:
    round_id = world.round([world.file(), world.file()], S.HANDED_OVER, profile=profile)
    given = Given(place="Bình Minh", signatures=(SignatureBlock("Giám đốc", "Nguyễn Văn An", ("KT. GIÁM ĐỐC",)),))
    with world.read() as view:
        for rule in disposal_rules(profile).papers:
            if rule.stage == "minutes":
                with pytest.raises(DisposalRefusedError):
                    paper_of(view, round_id, rule.kind, given, archive_name="Kho")
                continue
            made = paper_of(view, round_id, rule.kind, given, archive_name="Kho")
            assert made.bound_to is not None and made.bound_to.lines == 2
            assert made.bound_to.sha256 == world.get(round_id).list_sha256
            assert made.head.signatures == given.signatures
            again = paper_of(view, round_id, rule.kind, given_of(given_json(given)), archive_name="Kho")
            assert paper_bytes(again) == paper_bytes(made)
