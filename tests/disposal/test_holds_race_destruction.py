"""T2, T3: a hold and the beginning of a destruction meet in every order there is, and one of them is told that it came late."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from sqlalchemy import event, text

from archive.catalogue import Catalogue
from archive.catalogue.destroying import begin_destroying_some
from archive.catalogue.hold_writing import place_hold
from archive.disposal.model import NewHold
from archive.disposal.refusals import DisposalRefusedError
from archive.disposal.words import HoldKind
from archive.events import Event
from tests.disposal.many_rounds import executing_round
from tests.disposal.world import AT, World

INTERLEAVINGS = 10_000
ROUNDS = 5
MOST_AT_ONCE = 60
SEED = 20261121
TURN_SECONDS = 0.1
"""How long one waits for the other between two statements: long enough to end, were it let."""


def begin(
    world: World, catalogue: Catalogue, round_id: str, file_ids: Sequence[str], begun: threading.Event | None = None
) -> set[str]:
    """In one transaction, ``begun`` once it is under way; the codes of what was refused."""
    with catalogue.transaction() as tx:
        if begun is not None:
            begun.set()
        outcomes = begin_destroying_some(tx, round_id, file_ids, by=world.by("executor"), at=AT)
    return {outcome.code for outcome in outcomes.values() if isinstance(outcome, DisposalRefusedError)}


def hold(
    world: World, catalogue: Catalogue, hold_id: str, file_ids: Sequence[str], begun: threading.Event | None = None
) -> None:
    new = NewHold(hold_id, HoldKind.CASE, "Điều tra", "CV 15", case_code="12/2026")
    # All of them too late: refused, and no hold is placed.
    with suppress(DisposalRefusedError), catalogue.transaction() as tx:
        if begun is not None:
            begun.set()
        place_hold(tx, new, file_ids, by=world.by("head"), at=AT)


def chunks(chance: random.Random, ids: Sequence[str], least: int, most: int) -> list[list[str]]:
    left, found = chance.sample(list(ids), len(ids)), []
    while left:
        size = chance.randint(least, most)
        found.append(left[:size])
        left = left[size:]
    return found


def together(*tasks: Callable[[], None]) -> None:
    """At the same time; what goes wrong in a thread goes wrong here."""
    wrong: list[BaseException] = []

    def carried(task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=carried, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]


def outcomes(world: World) -> tuple[set[str], set[str], list[str]]:
    """Which hồ sơ are begun, which are held, and those the order of the ledger contradicts."""
    begun_seq, held, wrong = {}, set(), []
    with world.read() as view:
        records = {
            record.subject: record.seq for record in view.records(0, 10_000_000, event=Event.FILE_DESTRUCTION_BEGUN)
        }
        begun_seq.update(records)
        placed = {record.subject: record.seq for record in view.records(0, 10_000_000, event=Event.HOLD_ORDER_PLACED)}
        begun = set(view.rows(text("SELECT id FROM files WHERE state = 'destroying'")).scalars())
        for row in view.rows(text("SELECT hold_id, file_id, too_late_since FROM hold_files")):
            if row.too_late_since is None:
                held.add(row.file_id)
                wrong += [row.file_id] if row.file_id in begun_seq else []
            elif not begun_seq.get(row.file_id, placed[row.hold_id]) < placed[row.hold_id]:
                wrong.append(row.file_id)
    assert set(begun_seq) == begun
    return begun, held, wrong


def _race(
    world: World,
    holding: Catalogue,
    destroying: Catalogue,
    round_id: str,
    ids: Sequence[str],
    chance: random.Random,
    refused: set[str],
) -> None:
    """Holds on all of ``ids`` against destruction of all of them, each in transactions of its own sizes and order.

    From which of the destroyer's transactions on the holder may run is drawn: from then on they contend. So each comes
    first often, whichever of the two the machine favours.
    """
    destructions = chunks(chance, ids, 1, MOST_AT_ONCE)
    holds = [(world.next_id(), some) for some in chunks(chance, ids, 1, MOST_AT_ONCE)]
    since = chance.randint(0, len(destructions))
    free, first = threading.Event(), threading.Event()

    def destroy_all() -> None:
        if since == 0:
            first.wait()
        try:
            for number, some in enumerate(destructions, 1):
                refused.update(begin(world, destroying, round_id, some, free if number == since else None))
        finally:
            free.set()

    def hold_all() -> None:
        if since:
            free.wait()
        try:
            for hold_id, some in holds:
                hold(world, holding, hold_id, some, first)
        finally:
            first.set()

    together(destroy_all, hold_all)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_T3_ten_thousand_races_of_hold_and_destruction_have_no_wrong_outcome(world: World, url: str) -> None:
    chance = random.Random(SEED)
    rounds = [executing_round(world, INTERLEAVINGS // ROUNDS) for _ in range(ROUNDS)]
    every = {file_id for _, ids in rounds for file_id in ids}
    refused: set[str] = set()
    with ExitStack() as stack:
        # Each has a catalogue of its own, as if it were another process: nothing but the database stands between them.
        holding, destroying = (stack.enter_context(Catalogue.open(url)) for _ in range(2))
        for round_id, ids in rounds:
            for some in chunks(chance, ids, 100, 300):
                _race(world, holding, destroying, round_id, some, chance, refused)
    begun, held, wrong = outcomes(world)
    assert not wrong and not begun & held
    assert begun | held == every and len(every) == INTERLEAVINGS
    assert refused == {"hold.in-force"}
    # Both came first often enough for the test to have seen both.
    assert min(len(begun), len(held)) > INTERLEAVINGS // 100, (len(begun), len(held))


class Turns:
    """Stands in ``catalogue`` before the statement number ``at`` and lets ``other`` try, for as long as it may."""

    def __init__(self, catalogue: Catalogue, at: int, other: Callable[[], None]) -> None:
        self.at, self.other, self.seen = at, other, 0
        self.thread = threading.Thread(target=self._try)
        self.wrong: list[BaseException] = []
        event.listen(catalogue._engine, "before_cursor_execute", self._before)
        self.remove = lambda: event.remove(catalogue._engine, "before_cursor_execute", self._before)

    def _try(self) -> None:
        try:
            self.other()
        except BaseException as error:
            self.wrong.append(error)

    def _before(self, *_: Any) -> None:
        self.seen += 1
        if self.seen == self.at:
            self.thread.start()
            self.thread.join(TURN_SECONDS)

    def end(self) -> None:
        self.remove()
        if self.seen >= self.at:
            self.thread.join()
        if self.wrong:
            raise self.wrong[0]


@pytest.mark.parametrize("first", ["destruction", "hold"])
def test_T3_the_other_between_every_two_statements_never_leads_to_both(world: World, url: str, first: str) -> None:
    round_id, ids = executing_round(world, 120)
    with Catalogue.open(url) as one, Catalogue.open(url) as other:
        statements, number = 10_000, 0
        while number <= statements:
            file_id, number = ids[number], number + 1
            destroy = lambda c, f=file_id: begin(world, c, round_id, [f])  # noqa: E731
            place = lambda c, f=file_id, n=number: hold(world, c, f"hold-{n}", [f])  # noqa: E731
            inside, beside = (destroy, place) if first == "destruction" else (place, destroy)
            turns = Turns(one, number, lambda beside=beside: beside(other))  # type: ignore[misc]
            inside(one)
            statements = turns.seen
            turns.end()
            if turns.seen < number:
                beside(other)
    begun, held, wrong = outcomes(world)
    assert not wrong and not begun & held and begun | held == set(ids[:number])
    assert begun and number > 10
