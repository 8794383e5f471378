"""Holds: who places and releases them, what they hold, and that none is lost, however long its list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from archive.access import Author
from archive.catalogue.carried import carried_tables
from archive.catalogue.destroying import begin_destroying
from archive.catalogue.hold_reading import (
    files_of_hold,
    held_among,
    hold,
    holds_listed,
    holds_on,
    overdue_holds,
    unspread_holds,
)
from archive.catalogue.hold_writing import PIECE, place_hold, release_hold, spread_hold
from archive.catalogue.round_reading import line_of_file
from archive.disposal.model import NewHold
from archive.disposal.refusals import DisposalRefusedError
from archive.disposal.round_state import RoundState
from archive.disposal.words import HoldKind, LineState
from tests.disposal.world import AT, TODAY, World

CASE = {"kind": HoldKind.CASE, "reason": "Điều tra", "basis": "CV 15", "case_code": "12/2026"}


def release(world: World, hold_id: str, by: str = "head", reason: str = "Vụ việc kết thúc") -> None:
    with world.transaction() as tx:
        release_hold(tx, hold_id, reason=reason, by=world.by(by), at=AT)


def begin(world: World, round_id: str, file_id: str) -> None:
    with world.transaction() as tx:
        begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)


def test_holds_stack_and_each_is_released_by_itself(world: World) -> None:
    file_id = world.file()
    round_id = world.round([file_id])
    first, second = world.hold(file_id).hold, world.hold(file_id).hold
    with world.read() as view:
        assert {item.id for item in holds_on(view, file_id)} == {first.id, second.id}
    for item in (first, second):
        with pytest.raises(DisposalRefusedError) as refused:
            begin(world, round_id, file_id)
        assert refused.value.code == "hold.in-force"
        release(world, item.id)
    begin(world, round_id, file_id)
    with world.read() as view:
        assert (
            holds_on(view, file_id) == () and len(holds_listed(view)) == 2 and holds_listed(view, in_force=True) == ()
        )


@pytest.mark.parametrize(
    "state", [RoundState.DRAWN_UP, RoundState.FROZEN, RoundState.DECIDED, RoundState.HANDED_OVER, RoundState.EXECUTING]
)
def test_T3_a_hold_may_be_placed_in_every_state_of_the_round(lasting: World, state: RoundState) -> None:
    with lasting.undone() as tx:
        held, other = lasting.files(2)
        round_id = lasting.round([held, other], state)
        lasting.hold(held, by="archivist")
        lasting.go_on(round_id, RoundState.EXECUTING)
        begin(lasting, round_id, other)
        with pytest.raises(DisposalRefusedError) as refused:
            begin(lasting, round_id, held)
        assert refused.value.code == "hold.in-force"
        line = line_of_file(tx, round_id, held)
        assert (
            line is not None and line.state is LineState.LISTED and lasting.get(round_id).state is RoundState.EXECUTING
        )


def test_a_hold_too_late_is_refused_and_says_since_when(lasting: World) -> None:
    with lasting.undone():
        begun, other = lasting.files(2)
        round_id = lasting.round([begun, other])
        begin(lasting, round_id, begun)
        with pytest.raises(DisposalRefusedError) as refused:
            lasting.hold(begun, at=AT + timedelta(days=1))
        assert refused.value.code == "hold.too-late" and "2026-11-21T08:30:00+07:00" in refused.value.message
        placed = lasting.hold(begun, other)
        assert [(late.file_id, late.since) for late in placed.too_late] == [(begun, AT)]
        with lasting.read() as view:
            assert holds_on(view, begun) == () and held_among(view, [begun, other]) == {other}


def test_a_hold_past_its_date_stays_in_force_and_is_told_of(lasting: World) -> None:
    with lasting.undone() as tx:
        file_id, other = lasting.files(2)
        over = lasting.hold(file_id, until=TODAY - timedelta(days=1)).hold
        lasting.hold(other, until=TODAY)
        assert [item.id for item in overdue_holds(tx, TODAY)] == [over.id] and over.overdue(TODAY)
        assert [item.id for item in holds_on(tx, file_id)] == [over.id]
        release(lasting, over.id)
        assert overdue_holds(tx, TODAY) == ()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("admin", "round.administrator"),
        ("auditor", "round.authority-missing"),
        ("unit", "round.authority-missing"),
        ("", "round.authority-missing"),
    ],
)
def test_only_an_archivist_or_a_head_places_a_hold(lasting: World, name: str, code: str) -> None:
    with lasting.undone() as tx:
        file_id = lasting.file()
        by = lasting.by(name) if name else Author("user:root")
        with pytest.raises(DisposalRefusedError) as refused:
            place_hold(tx, NewHold(id=lasting.next_id(), **CASE), [file_id], by=by, at=AT)
        assert refused.value.code == code


@pytest.mark.parametrize("name", ["archivist", "executor", "auditor", "admin"])
def test_only_a_head_releases_a_hold(lasting: World, name: str) -> None:
    with lasting.undone() as tx:
        placed = lasting.hold(lasting.file()).hold
        with pytest.raises(DisposalRefusedError):
            release(lasting, placed.id, by=name)
        assert hold(tx, placed.id).in_force


def test_a_release_has_a_reason_and_happens_once(lasting: World) -> None:
    with lasting.undone() as tx:
        placed = lasting.hold(lasting.file()).hold
        with pytest.raises(DisposalRefusedError) as refused:
            release(lasting, placed.id, reason=" ")
        assert refused.value.code == "hold.release-reason-missing"
        release(lasting, placed.id, reason="Xong")
        release(lasting, placed.id, reason="Lại", by="other_head")
        assert hold(tx, placed.id).release_reason == "Xong"


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": " "},
        {"basis": ""},
        {"case_code": " "},
        {"kind": HoldKind.QUERY},
    ],
)
def test_a_hold_without_what_it_needs_is_refused(lasting: World, changes: dict[str, Any]) -> None:
    with lasting.undone() as tx:
        files = lasting.files(2)
        with pytest.raises(DisposalRefusedError) as refused:
            place_hold(tx, NewHold(id="h", **(CASE | changes)), files, by=lasting.by("head"), at=AT)
        assert refused.value.code == "hold.refused"
        with pytest.raises(DisposalRefusedError) as refused:
            place_hold(tx, NewHold(id="h", **CASE), [], by=lasting.by("head"), at=AT)
        assert refused.value.code == "hold.refused"
        with pytest.raises(DisposalRefusedError) as refused:
            place_hold(tx, NewHold(id="h", **CASE), [*files, "f" * 32], by=lasting.by("head"), at=AT)
        assert refused.value.code == "hold.file-missing"
        with pytest.raises(DisposalRefusedError) as refused:
            hold(tx, "h")
        assert refused.value.code == "hold.missing"


def test_T2_a_hold_by_query_holds_its_list_whatever_the_query_would_find_later(lasting: World) -> None:
    with lasting.undone() as tx:
        found, later = lasting.files(2)
        query = {"text": "đê điều", "agency": "H01.02"}
        new = NewHold("h", HoldKind.QUERY, "Điều tra", "CV 15", query=query)
        placed = place_hold(tx, new, [found], by=lasting.by("head"), at=AT)
        assert placed.hold.query == query and placed.hold.query_sha256 is not None
        assert files_of_hold(tx, "h") == (found,) and holds_on(tx, later) == ()
        assert place_hold(tx, new, [found], by=lasting.by("head"), at=AT).hold == placed.hold
        with pytest.raises(DisposalRefusedError) as refused:
            place_hold(tx, new, [found, later], by=lasting.by("head"), at=AT)
        assert refused.value.code == "hold.conflict"


@pytest.mark.slow
def test_a_large_hold_counts_for_every_file_from_its_first_commit_and_through_every_piece(world: World) -> None:
    """100,000 hồ sơ; the registry's rows are laid by one statement: how they came is not the matter here."""
    file_id, other = world.files(2)
    round_id = world.round([file_id, other])
    count = 100_000
    columns = "agency_code, fonds_code, title, state, period_kind, period_basis, profile, profile_version, paper_code"
    number = "printf('big-%06d', n)" if world.catalogue_kind == "sqlite" else "'big-' || lpad(n::text, 6, '0')"
    world.sql(
        f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count - 1}) "
        f"INSERT INTO files (id, file_code, {columns}, paper_permanent, paper_reason, changed_at) "
        f"SELECT {number}, {number}, 'H01', '', '', 'closed', 'permanent', '', 'p', '1', '', false, '', "
        "'2026-11-21T01:30:00.000000Z' FROM numbers"
    )
    ids = [file_id, *(f"big-{n:06d}" for n in range(1, count))]
    with world.transaction() as tx:
        placed = place_hold(tx, NewHold(id="h", **CASE), ids, by=world.by("head"), at=AT)
    assert placed.pieces == count // PIECE and placed.hold.file_count == count
    pieces = placed.pieces
    asked = ["big-000001", "big-050000", file_id, other]
    while pieces:
        with world.read() as view:
            assert unspread_holds(view) == ("h",)
            assert held_among(view, asked) == set(asked) - {other}
            assert [item.id for item in holds_on(view, file_id)] == ["h"] and holds_on(view, other) == ()
        with pytest.raises(DisposalRefusedError) as refused:
            begin(world, round_id, file_id)
        assert refused.value.code == "hold.in-force"
        with world.transaction() as tx:
            assert spread_hold(tx, "h") == pieces - 1
        pieces -= 1
    with world.read() as view:
        assert unspread_holds(view) == () and held_among(view, asked) == set(asked) - {other}
        counted = view.rows(text("SELECT count(*) FROM hold_files WHERE too_late_since IS NULL")).scalar()
        assert counted == count
    with world.transaction() as tx:
        assert spread_hold(tx, "h") == 0
    begin(world, round_id, other)


def test_holds_and_their_lists_go_with_the_checkpoints() -> None:
    assert {"holds", "hold_files", "hold_pieces"} <= {table.name for table in carried_tables()}
