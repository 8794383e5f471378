from __future__ import annotations

from itertools import product

import pytest

from archive.errors import IllegalMoveError
from archive.events import REQUIRED_DATA, Event
from archive.lifecycle import EVENT_OF, MOVES, STATE_AFTER, VIETNAMESE, State, is_final, move, replayed

LEGAL = {
    ("received", "checked"), ("received", "returned"), ("received", "refused"),
    ("checked", "accepted"), ("checked", "in_review"), ("checked", "returned"), ("checked", "refused"),
    ("in_review", "accepted"), ("in_review", "returned"), ("in_review", "refused"),
    ("accepted", "packaged"), ("accepted", "checked"),
    ("packaged", "stored"),
}  # fmt: skip


@pytest.mark.parametrize(("state", "to"), list(product(State, State)))
def test_every_pair_of_states_is_either_a_move_or_refused(state: State, to: State) -> None:
    if (state.value, to.value) in LEGAL:
        assert move(state, to) is to
    else:
        with pytest.raises(IllegalMoveError) as caught:
            move(state, to)
        assert VIETNAMESE[to] in caught.value.message


def test_the_tables_are_total() -> None:
    assert set(MOVES) == set(State) == set(VIETNAMESE) == set(EVENT_OF) == set(STATE_AFTER.values())
    assert len(STATE_AFTER) == len(State)
    assert {state for state in State if is_final(state)} == {State.RETURNED, State.REFUSED, State.STORED}


def test_events_are_replayed_to_the_state_they_led_to() -> None:
    path = [
        Event.SUBMISSION_CONTENT_RECEIVED,
        Event.SUBMISSION_CHECKS_COMPLETED,
        Event.SUBMISSION_DECISION_REFERRED,
        Event.SUBMISSION_DECISION_ACCEPTED,
        Event.AIP_PACKAGE_WRITTEN,
        Event.AIP_COPIES_VERIFIED,
        Event.SUBMISSION_RECEIPT_ISSUED,
    ]
    assert replayed([]) is None
    assert replayed(path) is State.STORED
    for state, length in zip(("received", "checked", "in_review", "accepted", "packaged"), range(1, 6), strict=True):
        assert replayed(path[:length]) == state


@pytest.mark.parametrize(
    "events",
    [
        [Event.SUBMISSION_CHECKS_COMPLETED],
        [Event.SUBMISSION_CONTENT_RECEIVED, Event.SUBMISSION_CONTENT_RECEIVED],
        [Event.SUBMISSION_CONTENT_RECEIVED, Event.AIP_PACKAGE_WRITTEN],
    ],
)
def test_events_against_the_table_are_not_replayed(events: list[Event]) -> None:
    with pytest.raises(IllegalMoveError):
        replayed(events)


def test_an_event_is_a_fact_of_three_words() -> None:
    assert all(len(event.value.split(".")) == 3 for event in Event)
    assert set(REQUIRED_DATA) <= set(Event)
