"""kill -9 right before and right after every step, and between any two effects of one: the next run finishes it."""

from __future__ import annotations

import signal

import pytest
from interrupted_homes import Home, Nursery, Offer, Offers, assert_whole

from archive.lifecycle import State

_STEPS = "ingest.steps:Steps."
_INTAKE = "ingest.intake:"
_TX = "archive.catalogue.writing:Transaction."

# Every point a submission that is stored passes, in order. "after" a step is before the workflow engine notes it.
RECEIVING = (
    f"{_INTAKE}Intake.receive:before",
    "ingest.quarantine:Quarantine.begin:before",
    "ingest.quarantine:Quarantine.begin:after",
    f"{_INTAKE}unpack:after",
    f"{_INTAKE}_copied:after",
    "ingest.quarantine:Quarantine.complete:before",
    "ingest.quarantine:Quarantine.complete:after",
    f"{_TX}receive:after",
    f"{_INTAKE}Intake._record:after",
    f"{_INTAKE}Intake.receive:after",
)
TO_THE_STORES = (
    f"{_STEPS}check:before",
    "ingest.steps:run_checks:after",
    "ingest.steps:make_whole:after",
    f"{_TX}move:after",
    f"{_STEPS}check:after",
    f"{_STEPS}decide:before",
    f"{_STEPS}decide:after",
    "ingest.steps:take_in:after",
    f"{_STEPS}_taken_in:after",
    "archive.aip.writer:_Package._originals:after",
    "archive.storage.file_writing:FileWriter.commit:before",
    "archive.storage.file_writing:FileWriter._sync_folders:before",
    "archive.storage.file_writing:FileWriter.commit:after",
    "archive.storage.file_writing:FileWriter.commit:after:2",
    "ingest.steps:write_everywhere:after",
    "ingest.steps:add_package:after",
    f"{_TX}record_aip:after",
    f"{_STEPS}package:after",
    "ingest.steps:read_back:after",
    f"{_TX}record_copies:after",
    f"{_STEPS}store:after",
    f"{_STEPS}finish:before",
    f"{_TX}issue_receipt:after",
    "ingest.quarantine:Quarantine.remove:after",
    f"{_TX}record_removal:after",
    f"{_STEPS}finish:after",
)


def killed(home: Home, offer: Offer, point: str) -> None:
    answer = home.run("submit", [offer.submit], kill_at=point)
    assert answer["status"] == -signal.SIGKILL, f"{point} was never reached"
    assert home.differences(settled=False) == []


def ends(home: Home, offer: Offer) -> None:
    """Where the one submission of ``offer`` stands after whoever was not answered has handed it in again."""
    assert home.run("submit", [offer.submit])["status"] == 0
    (submission,) = home.submissions()
    assert submission.state is offer.ends
    assert home.acknowledged() == {str(offer.path): submission.id}
    assert_whole(home)


@pytest.mark.parametrize("point", RECEIVING)
def test_killed_while_receiving_nothing_or_one_whole_submission_was_received(
    home: Home, offers: Offers, point: str
) -> None:
    offer = offers.good("zip" if "_copied" in point else "folder")
    killed(home, offer, point)
    # First a worker starts anew: it must clear away what was not acknowledged, and carry what was.
    assert home.run("work")["status"] == 0
    assert_whole(home)
    ends(home, offer)


@pytest.mark.parametrize("point", TO_THE_STORES)
def test_killed_on_its_way_to_the_stores_a_submission_is_stored_once(home: Home, offers: Offers, point: str) -> None:
    offer = offers.good()
    killed(home, offer, point)
    assert home.run("work")["status"] == 0
    assert [item.state for item in home.submissions()] == [State.STORED]
    assert_whole(home)


@pytest.mark.parametrize(
    "point",
    [f"{_STEPS}_refuse:before", f"{_TX}move:after", "ingest.quarantine:Quarantine.remove:before",
     "ingest.quarantine:Quarantine.remove:after", f"{_STEPS}_refuse:after", f"{_STEPS}finish:before",
     f"{_TX}record_removal:after", f"{_STEPS}finish:after"],
)  # fmt: skip
def test_killed_while_refusing_nothing_of_a_secret_stays(home: Home, offers: Offers, point: str) -> None:
    offer = offers.secret()
    killed(home, offer, point)
    assert home.run("work")["status"] == 0
    assert_whole(home)
    ends(home, offer)


@pytest.mark.parametrize("point", [f"{_STEPS}decide:before", f"{_STEPS}_return:before", f"{_STEPS}_return:after"])
def test_killed_while_returning_it_is_returned_once_with_its_reasons(home: Home, offers: Offers, point: str) -> None:
    offer = offers.damaged()
    killed(home, offer, point)
    assert home.run("work")["status"] == 0
    ends(home, offer)
    (submission,) = home.submissions()
    assert submission.decision and submission.remove_after


@pytest.mark.parametrize(
    "point", [f"{_STEPS}decide:after", f"{_STEPS}accept:before", f"{_STEPS}accept:after", f"{_STEPS}package:before"]
)
def test_killed_around_a_persons_decision_it_waits_for_the_person_or_is_stored(
    home: Home, offers: Offers, point: str
) -> None:
    known = offers.good()
    assert home.run("submit", [known.submit])["status"] == 0
    number = int(next(known.path.glob("data/*.docx")).name.split()[-1].split("-")[0])
    offer = offers.known_elsewhere(number)
    if "decide" in point:
        killed(home, offer, point)
    assert home.run("submit", [offer.submit])["status"] == 0
    (waiting,) = [item for item in home.submissions() if item.state is State.IN_REVIEW]
    assert_whole(home)
    if "decide" not in point:
        assert home.run("accept", ids=[waiting.id], kill_at=point)["status"] == -signal.SIGKILL
        assert home.run("work")["status"] == 0
        assert_whole(home)
    if point.endswith("accept:before") or "decide" in point:
        assert home.run("accept", ids=[waiting.id])["status"] == 0
    assert [item.state for item in home.submissions()] == [State.STORED, State.STORED]
    assert_whole(home)


@pytest.mark.parametrize(
    "point",
    ["ingest.examiner:_text:before", f"{_STEPS}check:after", "ingest.steps:write_everywhere:after"],
)
def test_killed_with_signed_documents_the_java_workers_die_too_and_it_is_stored(
    home: Home, offers: Offers, nursery: Nursery, point: str
) -> None:
    offer = offers.signed()
    killed(home, offer, point)
    assert nursery.orphans() == []
    assert home.run("work")["status"] == 0
    assert [item.state for item in home.submissions()] == [State.STORED]
    assert_whole(home)
