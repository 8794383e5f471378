"""The rows of a run's parts, in both databases: needles only for whom they were sealed, and only as long as they are needed."""

from __future__ import annotations

from archive.catalogue.absence_parts import (
    ask_parts,
    end_part,
    hand_needles,
    offer_recipient,
    open_parts,
    parts_of,
    run_under_way,
)
from archive.catalogue.destruction_model import AbsenceRun, AbsenceVerdict
from archive.catalogue.destruction_writing import begin_absence_run, end_absence_run
from tests.destruction.round_at_work import EXECUTOR, ROUND_ID, VERIFIER, RoundAtWork

FIRST, SECOND = "a" * 32, "b" * 32


def begun(work: RoundAtWork, run_id: str) -> None:
    with work.catalogue.transaction() as tx:
        begin_absence_run(tx, AbsenceRun(run_id, ROUND_ID, VERIFIER, EXECUTOR, work.now()))
        ask_parts(tx, run_id, {"may-1", "may-2"})


def test_a_part_goes_from_asked_to_ended_and_keeps_no_needles(work: RoundAtWork) -> None:
    begun(work, FIRST)
    with work.catalogue.transaction() as tx:
        ask_parts(tx, FIRST, {"may-2", "may-3"})
        assert [part.machine for part in parts_of(tx, FIRST)] == ["may-1", "may-2", "may-3"]
        (found,) = open_parts(tx, "may-2")
        assert found[0] == ROUND_ID
        offer_recipient(tx, FIRST, "may-2", "age1first")
        ((_, part),) = open_parts(tx, "may-2")
        offer_recipient(tx, FIRST, "may-2", "age1second")
        hand_needles(tx, part, "for the first")
        ((_, part),) = open_parts(tx, "may-2")
        assert (part.recipient, part.needles) == ("age1second", ""), "sealed for a key that is gone"
        hand_needles(tx, part, "for the second")
        ((_, part),) = open_parts(tx, "may-2")
        assert part.needles == "for the second"
        end_part(tx, FIRST, "may-2", {"verdict": "absent"}, work.now(), work.now())
        end_part(tx, FIRST, "may-2", {"verdict": "found"}, work.now(), work.now())
        hand_needles(tx, part, "too late")
        assert open_parts(tx, "may-2") == []
        ended = next(part for part in parts_of(tx, FIRST) if part.machine == "may-2")
    assert (ended.report, ended.needles) == ({"verdict": "absent"}, "") and ended.ended_at is not None


def test_only_the_last_run_that_has_not_ended_waits_for_parts(work: RoundAtWork) -> None:
    begun(work, FIRST)
    with work.catalogue.read() as view:
        run = run_under_way(view, ROUND_ID, VERIFIER)
        assert run is not None and run.id == FIRST
        assert run_under_way(view, ROUND_ID, "9" * 32) is None, "another account begins its own"
    with work.catalogue.transaction() as tx:
        end_absence_run(tx, FIRST, AbsenceVerdict.NOT_PROVEN, {}, actor="account:verifier", at=work.now())
        assert run_under_way(tx, ROUND_ID, VERIFIER) is None and open_parts(tx, "may-2") == []
    begun(work, SECOND)
    with work.catalogue.read() as view:
        assert [part.run_id for _, part in open_parts(view, "may-2")] == [SECOND]


def test_what_is_begun_meanwhile_needs_a_run_of_its_own(work: RoundAtWork) -> None:
    work.take_in(1)
    begun(work, FIRST)
    work.begin()
    with work.catalogue.read() as view:
        assert run_under_way(view, ROUND_ID, VERIFIER) is None
