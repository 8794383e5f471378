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
from archive.catalogue.destroying import begin_destroying
from archive.catalogue.hold_writing import place_hold
from archive.disposal.model import NewHold
from archive.disposal.refusals import DisposalRefusedError
from archive.disposal.words import HoldKind
from archive.events import Event
from tests.disposal.many_rounds import executing_round
from tests.disposal.world import AT, World

INTERLEAVINGS = 10_000
ROUNDS = 10
MOST_AT_ONCE = 40
SEED = 20261121
TURN_SECONDS = 0.1
"""How long one waits for the other between two statements: long enough to end, were it let."""


def begin(world: World, catalogue: Catalogue, round_id: str, file_ids: Sequence[str]) -> set[str]:
    """In one transaction; the codes of what was refused."""
    codes = set()
    with catalogue.transaction() as tx:
        for file_id in file_ids:
            try:
                begin_destroying(tx, round_id, file_id, by=world.by("executor"), at=AT)
            except DisposalRefusedError as refused:
                codes.add(refused.code)
    return codes


def hold(world: World, catalogue: Catalogue, hold_id: str, file_ids: Sequence[str]) -> None:
    new = NewHold(hold_id, HoldKind.CASE, "Điều tra", "CV 15", case_code="12/2026")
    # All of them too late: refused, and no hold is placed.
    with suppress(DisposalRefusedError), catalogue.transaction() as tx:
        place_hold(tx, new, file_ids, by=world.by("head"), at=AT)


def chunks(chance: random.Random, ids: Sequence[str]) -> list[list[str]]:
    left, found = chance.sample(list(ids), len(ids)), []
    while left:
        size = chance.randint(1, MOST_AT_ONCE)
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


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_T3_ten_thousand_races_of_hold_and_destruction_have_no_wrong_outcome(world: World, url: str) -> None:
    chance = random.Random(SEED)
    rounds = [executing_round(world, INTERLEAVINGS // ROUNDS) for _ in range(ROUNDS)]
    every = {file_id for _, ids in rounds for file_id in ids}
    destroying = [(round_id, some) for round_id, ids in rounds for some in chunks(chance, ids)]
    holding = [
        (f"hold-{number}-{n}", some)
        for number, (_, ids) in enumerate(rounds)
        for n, some in enumerate(chunks(chance, ids))
    ]
    refused: set[str] = set()
    with ExitStack() as stack:
        # Each has a catalogue of its own, as if it were another process: nothing but the database stands between them.
        held_by, destroyed_by = (stack.enter_context(Catalogue.open(url)) for _ in range(2))

        def destroy_all() -> None:
            for round_id, some in destroying:
                refused.update(begin(world, destroyed_by, round_id, some))

        def hold_all() -> None:
            for hold_id, some in holding:
                hold(world, held_by, hold_id, some)

        together(destroy_all, hold_all)
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
