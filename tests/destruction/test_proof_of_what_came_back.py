"""A look proves nothing of work that was done again since it read what there was; nobody's late note undoes a reopening."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from archive.absence.folders import FolderLook
from archive.absence.verifying import Verifier
from archive.catalogue import Description, NewSubmission
from archive.catalogue.absence_proof import proving_run
from archive.catalogue.destruction_model import AbsenceRun, AbsenceVerdict, ItemState, TombstonePackage
from archive.catalogue.destruction_reading import work_items
from archive.catalogue.destruction_writing import Noted, note_work, reopen_work
from archive.destruction.completing import complete
from archive.destruction.place import REMOVED, Outcome, Subject
from samples.holdings import AGENCY
from tests.destruction.round_at_work import EXECUTOR, ROUND_ID, VERIFIER, RoundAtWork

SENT = "f" * 8 + "-ffff-4fff-8fff-" + "f" * 12


class NothingOpens:
    def opens(self, store: str, package: TombstonePackage) -> bool:
        return False


class Asked:
    """A place that is empty; ``meanwhile`` happens while it is asked what is left."""

    name = "asked"

    def __init__(self) -> None:
        self.meanwhile: Callable[[], None] = lambda: None

    def remove(self, subjects: Sequence[Subject]) -> Mapping[str, Outcome]:
        return {subject.file_id: REMOVED for subject in subjects}

    def left(self, subjects: Sequence[Subject]) -> frozenset[str]:
        self.meanwhile()
        return frozenset()


@pytest.fixture
def gone(work: RoundAtWork) -> RoundAtWork:
    """Everything of one hồ sơ was destroyed, and nobody looked yet."""
    work.take_in(1)
    work.mark()
    assert work.begin() == [] and work.run().settled
    return work


def looked(work: RoundAtWork, number: int, folder: Path) -> AbsenceRun:
    folder.mkdir(exist_ok=True)
    verifier = Verifier(work.catalogue, ROUND_ID, [FolderLook("also", folder)], NothingOpens(), work.now)
    marked = work.markers.read()
    return verifier.run(f"{number:032x}", marked, verifier_id=VERIFIER, executor_id=EXECUTOR, actor="account:v")


def completed(work: RoundAtWork) -> int:
    return complete(work.catalogue, ROUND_ID, actor="account:v", now=work.now)


def test_work_that_came_back_and_was_done_again_voids_the_run_before(gone: RoundAtWork, tmp_path: Path) -> None:
    assert looked(gone, 1, tmp_path / "also").verdict is AbsenceVerdict.ABSENT
    with gone.catalogue.transaction() as tx:
        reopen_work(tx, ROUND_ID, [gone.lines()[0].file_id], gone.now(), places=["store:kho-1"])
    assert gone.run().settled
    assert completed(gone) == 0
    with gone.catalogue.read() as view:
        assert proving_run(view, ROUND_ID)[0] is None
    assert looked(gone, 2, tmp_path / "also").verdict is AbsenceVerdict.ABSENT
    assert completed(gone) == 1


def test_that_something_settled_is_as_it_was_voids_nothing(gone: RoundAtWork, tmp_path: Path) -> None:
    looked(gone, 1, tmp_path / "also")
    with gone.catalogue.transaction() as tx:
        note_work(tx, ROUND_ID, [Noted(gone.lines()[0].file_id, "store:kho-1", ItemState.ABSENT)], gone.now())
    assert completed(gone) == 1


def test_whoever_asked_before_something_came_back_does_not_say_that_it_is_gone(work: RoundAtWork) -> None:
    place = Asked()
    work.places.append(place)
    work.take_in(1)
    file_id = work.file_id(work.destroyed[0])

    def comes_back() -> None:
        place.meanwhile = lambda: None
        with work.catalogue.transaction() as tx:
            reopen_work(tx, ROUND_ID, [file_id], work.now(), places=["asked"])

    place.meanwhile = comes_back
    work.begin()
    assert not work.run().settled
    with work.catalogue.read() as view:
        (item,) = [item for item in work_items(view, ROUND_ID) if item.place == "asked"]
    assert item.state is ItemState.REMOVED, "asked again in the next turn"
    assert work.run().settled


def test_while_a_submission_of_the_same_code_is_under_way_nothing_is_proven(gone: RoundAtWork, tmp_path: Path) -> None:
    at = gone.now()
    with gone.catalogue.transaction() as tx:
        of = tx.submission(gone.destroyed[0].submission_id)
        new = NewSubmission(
            id=SENT,
            source_name="bản khác.zip",
            transfer_sha256="9" * 64,
            transfer_size_bytes=1000,
            entered_at=at,
            received_legal_at=at,
            agreement=of.agreement,
            trust_list_version="",
            aip_id=SENT.replace("f", "e"),
            owner=AGENCY.code,
        )
        tx.receive(new, actor="luutru", at=at)
        tx.describe(SENT, Description(AGENCY.code, AGENCY.name, of.description.file_code, "Bản khác"))
    run = looked(gone, 1, tmp_path / "also")
    assert run.verdict is AbsenceVerdict.NOT_PROVEN and run.report is not None
    assert run.report["under_way"] == {"count": 1, "submissions": [SENT]}
