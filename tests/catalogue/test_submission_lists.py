"""Lists of submissions, whose they are, and client keys of several owners."""

from __future__ import annotations

import dataclasses
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from archive.access.errors import CursorUnknownError
from archive.catalogue import Catalogue, Description
from archive.errors import RecordConflictError
from archive.events import Event
from archive.lifecycle import State

sys.path.insert(0, str(Path(__file__).parent))
from builders import ACTOR, AT, receive


def test_each_owner_has_client_keys_of_its_own(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        made = {owner: receive(tx, number, client_key="1", owner=owner) for number, owner in enumerate(("", "A", "B"))}
        assert len({item.id for item in made.values()}) == 3
        for owner, item in made.items():
            assert tx.submission_of_client("1", owner) == item
            assert receive(tx, 9, client_key="1", owner=owner, transfer_sha256=item.transfer_sha256) == item
        assert tx.submission_of_client("1", "C") is None
        assert tx.records(subject=made["A"].id)[0].data["owner"] == "A"
    with pytest.raises(RecordConflictError), catalogue.transaction() as tx:
        receive(tx, 9, client_key="1", owner="A")


def test_a_submission_belongs_to_whose_account_handed_it_in_else_to_whom_its_metadata_names(
    catalogue: Catalogue,
) -> None:
    with catalogue.transaction() as tx:
        ids = [receive(tx, number, owner=owner).id for number, owner in enumerate(("", "", "B"))]
        for submission_id in ids[1:]:
            tx.describe(submission_id, Description("A", "Sở A", "1", "x"))
        kept = [tx.submission(submission_id) for submission_id in ids]
        assert [item.owned_by for item in kept] == ["", "A", "B"]
        for item in kept:
            assert tx.submissions_listed(owned_by=item.owned_by) == (item,)
        assert tx.submissions_listed(owned_by="C") == ()


def test_lists_run_from_the_newest_page_by_page_and_lose_or_double_nothing(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        for number in range(30):
            item = receive(tx, number, entered_at=AT + timedelta(minutes=number // 4), owner="AB"[number % 2])
            if number % 3 == 0:
                tx.move(item.id, Event.SUBMISSION_CHECKS_COMPLETED, actor=ACTOR, at=AT)
        everything = sorted(tx.submissions_in(), key=lambda item: (item.entered_at, item.id), reverse=True)
    for owned_by, states in (
        (None, ()),
        (None, (State.CHECKED,)),
        (None, (State.CHECKED, State.RECEIVED)),
        ("A", ()),
        ("B", (State.CHECKED,)),
        ("A", (State.CHECKED, State.RECEIVED)),
    ):
        wanted = [
            item for item in everything if owned_by in (None, item.owned_by) and (not states or item.state in states)
        ]
        found, after = [], None
        with catalogue.read() as view:
            while page := view.submissions_listed(owned_by=owned_by, states=states, after=after, limit=4):
                found += page
                after = page[-1].cursor
        assert found == wanted


def test_what_comes_in_while_somebody_turns_pages_moves_nothing(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        first = [receive(tx, number, entered_at=AT + timedelta(seconds=number)) for number in range(4)]
        page = tx.submissions_listed(limit=2)
        receive(tx, 99, entered_at=AT + timedelta(seconds=99))
        rest = tx.submissions_listed(after=page[-1].cursor, limit=9)
    assert [*page, *rest] == [dataclasses.replace(item) for item in reversed(first)]


@pytest.mark.parametrize(
    "after",
    [
        "",
        "~",
        "x~y",
        "2026-11-21T01:30:00.123456Z",
        "2026-11-21T01:30:00.123456Z~",
        "2026-11-21T01:30:00.123456Z~a'b",
        "2026-11-21T01:30:00.123456Z~\x00",
        "a" * 9999,
    ],
)
def test_a_cursor_nobody_gave_out_is_refused(catalogue: Catalogue, after: str) -> None:
    with catalogue.read() as view, pytest.raises(CursorUnknownError):
        view.submissions_listed(after=after)
