"""By which rules a round goes is held against its hồ sơ, and is part of what is decided on (fewer papers by a wrong word)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from archive.access import Author
from archive.catalogue.file_list_reading import files_listed
from archive.catalogue.file_transferring import Handover
from archive.catalogue.file_writing import move_file
from archive.catalogue.round_candidates import DueQuestion, candidates, list_reasons
from archive.catalogue.round_deciding import freeze_list
from archive.catalogue.round_readiness import list_is_whole, not_ready
from archive.catalogue.round_reading import abandoned_with_lines, destruction_round, line_counts, lines
from archive.catalogue.round_writing import abandon_round, send_lines_back, set_aside
from archive.disposal.frozen_list import line_content, list_sha256
from archive.disposal.model import NewLine
from archive.disposal.refusals import DisposalRefusedError
from archive.disposal.round_state import RoundState
from archive.disposal.words import ArchiveKind, LineState, ListingReason
from archive.retention.file_state import FileState
from tests.disposal.world import AT, LLT, ND01, TODAY, World


def transferred(world: World, file_id: str) -> str:
    """The hồ sơ, taken by a historical archive since."""
    said = Handover("H01.00", "Lưu trữ lịch sử tỉnh", "05/BBGN", TODAY)
    with world.transaction() as tx:
        move_file(tx, file_id, FileState.TRANSFERRED, actor="luutru", at=AT, data={"minutes": said.minutes_number})
    return file_id


@pytest.mark.parametrize(
    ("changes", "of_file", "code"),
    [
        ({"profile": ND01}, {"profile": LLT}, "line.other-profile"),
        ({"agency_code": "H99.34"}, {}, "line.other-agency"),
    ],
)
def test_a_round_takes_no_file_of_another_agency_or_a_later_law(
    world: World, changes: dict[str, str], of_file: dict[str, str], code: str
) -> None:
    file_id = world.file(**of_file)
    assert world.add(world.opened(**changes), [file_id]) == {file_id: [code]}
    assert world.add(world.opened(), [file_id]) == {}


def test_what_a_historical_archive_took_goes_by_the_papers_of_one(world: World) -> None:
    file_id, sibling = transferred(world, world.file()), world.file()
    assert world.add(world.opened(), [file_id]) == {file_id: ["line.other-archive"]}
    refused = world.add(world.opened(submitting=False), [file_id, sibling])
    assert refused == {file_id: ["line.other-archive"], sibling: ["line.agency-hands-in"]}
    assert world.add(world.opened(archive_kind=ArchiveKind.HISTORICAL), [file_id, sibling]) == {}


def test_an_agency_hands_in_also_when_all_it_handed_in_stands_in_a_round(world: World) -> None:
    taken, sibling = transferred(world, world.file()), world.file()
    assert world.add(world.opened(archive_kind=ArchiveKind.HISTORICAL), [taken]) == {}
    assert world.add(world.opened(submitting=False), [sibling]) == {sibling: ["line.agency-hands-in"]}


def test_what_became_known_since_the_listing_stops_the_freezing(world: World) -> None:
    listed = world.file()
    round_id = world.round([listed], RoundState.CONCLUDED, submitting=False)
    world.opinion(round_id)
    transferred(world, world.file())
    with pytest.raises(DisposalRefusedError) as refused, world.transaction() as tx:
        freeze_list(tx, round_id, by=world.by("proposer"), at=AT)
    assert refused.value.code == "line.agency-hands-in"
    assert world.get(round_id).state is RoundState.APPRAISED


def test_the_hash_of_the_list_is_another_for_other_rules(world: World) -> None:
    round_id = world.round([world.file()], RoundState.DECIDED)
    of = world.get(round_id)
    digests = ["0" * 64]
    said = {
        list_sha256(one, digests)
        for one in (
            of,
            replace(of, archive_kind=ArchiveKind.HISTORICAL),
            replace(of, submitting=False),
            replace(of, profile=ND01),
            replace(of, profile_version="2"),
        )
    }
    assert len(said) == 5
    for column, value in (("archive_kind", "historical"), ("submitting", False)):
        with world.undone() as tx:
            world.sql(f"UPDATE rounds SET {column} = :value WHERE id = :id", value=value, id=round_id)
            assert not list_is_whole(tx, destruction_round(tx, round_id))
            assert "round.list-changed" in {item.code for item in not_ready(tx, round_id, at=AT)}


def test_where_a_file_came_from_is_part_of_its_line(world: World) -> None:
    round_id = world.round([world.file()], RoundState.FROZEN)
    with world.read() as view:
        assert [line_content(line)["came_from"] for line in lines(view, round_id)] == ["closed"]


def test_candidates_are_all_that_is_due_and_each_left_out_says_why(world: World) -> None:
    free, held, young = world.file(), world.file(), world.file(ended_year=2024)
    paper = world.file(paper_code="HS-12")
    world.sql("UPDATE files SET paper_permanent = :yes WHERE id = :id", yes=True, id=paper)
    world.hold(held)
    of = world.get(world.opened())
    with world.read() as view:
        found, after = [], None
        while True:
            page = candidates(view, of, DueQuestion(), at=AT, after=after, limit=1)
            found += [item.id for item in page.files]
            after = page.after
            if after is None:
                break
        new = [NewLine(one, ListingReason.EXPIRED, "") for one in found]
        wrong = {one: [item.code for item in why] for one, why in list_reasons(view, of, new, at=AT).items()}
        none = candidates(view, of, DueQuestion(ended_from=2011), at=AT)
    assert wrong == {free: [], held: ["hold.in-force"], paper: ["line.paper-permanent"]} and young not in wrong
    assert (none.files, none.after) == ((), None)


def test_a_line_under_a_long_hold_is_set_aside_while_the_round_executes(world: World) -> None:
    """Else one hồ sơ held for years keeps the whole round open; its hash and papers stand all the same."""
    held, goes = world.files(2)
    round_id = world.round([held, goes])
    world.hold(held)
    assert world.get(round_id).state is RoundState.EXECUTING
    for _ in range(2):
        with world.transaction() as tx:
            at = AT + timedelta(hours=1)
            line = set_aside(tx, round_id, held, reason="Vụ án kéo dài", by=world.by("head"), at=at)
        assert line.state is LineState.SET_ASIDE and line.settled_at == AT + timedelta(hours=1)
    with world.read() as view:
        of = destruction_round(view, round_id)
        assert list_is_whole(view, of) and not_ready(view, round_id, at=AT) == ()
        assert line_counts(view, round_id) == {LineState.LISTED: 1, LineState.SET_ASIDE: 1}


def test_a_long_list_of_an_abandoned_round_goes_back_in_pieces_and_is_found_until_it_has(world: World) -> None:
    round_id = world.round(world.files(201), RoundState.SUBMITTED)
    with world.transaction() as tx:
        abandon_round(tx, round_id, reason="Lập lại", by=world.by("proposer"), at=AT)
    with world.read() as view:
        assert abandoned_with_lines(view) == (round_id,)
        assert line_counts(view, round_id) == {LineState.SET_ASIDE: 200, LineState.LISTED: 1}
    with world.transaction() as tx:
        assert send_lines_back(tx, round_id, by=Author("luutru"), at=AT) == 0
    with world.read() as view:
        assert abandoned_with_lines(view) == ()
        found = files_listed(view, states=[FileState.IN_ROUND])
    assert found == ()
