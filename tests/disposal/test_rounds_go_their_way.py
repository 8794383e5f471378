"""A round good in everything goes from its list to the destruction of each hồ sơ, and to its end."""

from __future__ import annotations

from itertools import product

import pytest

from archive.catalogue.destroying import begin_destroying
from archive.catalogue.file_reading import require_file
from archive.catalogue.file_writing import move_file
from archive.catalogue.round_readiness import not_ready
from archive.catalogue.round_reading import destruction_round, line_counts, lines
from archive.disposal.refusals import DisposalRefusedError
from archive.disposal.round_state import EVENT_OF, MOVES, VIETNAMESE, RoundState, move
from archive.disposal.words import ArchiveKind, LineState, Outcome
from archive.retention.file_state import FileState
from tests.disposal.world import AT, LLT, ND01, PERMANENT, Choice, World

EXTENDED = Choice(Outcome.EXTEND, 5)


@pytest.mark.parametrize("profile", [LLT, ND01])
@pytest.mark.parametrize("kind", list(ArchiveKind))
@pytest.mark.parametrize("submitting", [True, False])
def test_a_good_round_starts_and_each_of_its_files_begins(
    world: World, profile: str, kind: ArchiveKind, submitting: bool
) -> None:
    files = world.files(3)
    round_id = world.round(files, RoundState.HANDED_OVER, profile=profile, kind=kind, submitting=submitting)
    with world.read() as view:
        assert not_ready(view, round_id, at=AT) == ()
    world.go_on(round_id, RoundState.EXECUTING)
    for file_id in files:
        with world.transaction() as tx:
            begun = begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)
            assert not begun.again and begun.line.state is LineState.DESTROYING
            assert begun.decision.number == "99/QĐ" and begun.list_sha256 == destruction_round(tx, round_id).list_sha256
            assert begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT).again
    with world.read() as view:
        assert {require_file(view, file_id).state for file_id in files} == {FileState.DESTROYING}
        assert line_counts(view, round_id) == {LineState.DESTROYING: 3}
        events = [record.event for record in view.records(subject=files[0])]
    assert events.count("file.destruction.begun") == 1


@pytest.mark.parametrize(("state", "to"), list(product(RoundState, RoundState)))
def test_every_pair_of_states_is_a_move_or_is_refused(state: RoundState, to: RoundState) -> None:
    if to in MOVES[state]:
        assert move(state, to) is to
        return
    with pytest.raises(DisposalRefusedError) as refused:
        move(state, to)
    assert refused.value.code == "round.move-illegal"


def test_the_table_of_moves_is_total_and_every_state_is_reached() -> None:
    assert set(MOVES) == set(RoundState) == set(VIETNAMESE) == set(EVENT_OF)
    reached, grown = {RoundState.DRAWN_UP}, True
    while grown:
        more = {to for state in reached for to in MOVES[state]} - reached
        reached |= more
        grown = bool(more)
    assert reached == set(RoundState)
    assert {state for state in RoundState if not MOVES[state]} == {RoundState.COMPLETED, RoundState.ABANDONED}


def test_what_the_council_keeps_gets_its_new_period_and_leaves_the_round(world: World) -> None:
    destroyed, longer, for_ever = world.files(3)
    round_id = world.round([destroyed, longer, for_ever], choices={longer: EXTENDED, for_ever: PERMANENT})
    with world.read() as view:
        kept = require_file(view, longer)
        assert kept.state is FileState.CLOSED and kept.review_on is not None and kept.review_on.year == 2026 + 5 + 1
        assert require_file(view, for_ever).period.permanent
        assert require_file(view, destroyed).state is FileState.IN_ROUND
        assert [line.state for line in lines(view, round_id)] == [LineState.LISTED, LineState.KEPT, LineState.KEPT]
    for file_id in (longer, for_ever):
        with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
            begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)
        assert "line.taken-off" in {reason.code for reason in refused.value.reasons}


def destroy(world: World, round_id: str, *file_ids: str) -> None:
    for file_id in file_ids:
        with world.transaction() as tx:
            begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)
            move_file(tx, file_id, FileState.DESTROYED, actor="luutru", at=AT, round_id=round_id)
