"""Carrying a destruction out, forward only: each place of each hồ sơ is removed, asked again, and noted.

    key ─▶ every place, side by side ─▶ asked again ─▶ (all hồ sơ done) ─▶ once for the round: what keeps old bytes

What was done is noted after it was done: killed anywhere, it is done once more, which is harmless. What cannot be reached
stays due and keeps the round open.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from archive.catalogue import Catalogue
from archive.catalogue.absence_proof import lines_to_begin
from archive.catalogue.destruction_model import SETTLED, ItemState, WorkItem
from archive.catalogue.destruction_reading import (
    items_of_files,
    tombstone,
    tombstone_documents_of,
    tombstone_packages_of,
    tombstone_submissions_of,
    unfinished_files,
    work_items,
)
from archive.catalogue.destruction_writing import Noted, note_work, plan_work, reopen_round_work, reopen_work
from archive.catalogue.pieces import pieces
from archive.catalogue.returned_reading import files_with_returned
from archive.catalogue.returned_submissions import take_in_returned
from archive.catalogue.writing import Transaction
from archive.destruction.beginning import KEY
from archive.destruction.place import Outcome, Place, RoundPlace, Subject, told
from archive.errors import LuutruError

_log = logging.getLogger(__name__)
AT_ONCE = 50
INTENT = "intent"
"""Under which it is told that required stores do not have the record of the intent yet."""
TO_BEGIN = "to-begin"
"""Under which lines that are still to be begun are told among what a round waits for."""
ROUND = ""
"""The ``file_id`` under which what is done once for a round is noted."""


class IntentNotCopiedError(LuutruError):
    """Not every required store has the record that it is to go; nothing of it may go before."""

    code = "destruction.intent-not-copied"


@dataclass(frozen=True, slots=True)
class Progress:
    """How a run ended. ``waiting``: what is not settled, by place; nothing there means that absence can be proven."""

    done: int
    waiting: Mapping[str, int]
    locked: int

    @property
    def settled(self) -> bool:
        return not self.waiting


@dataclass(frozen=True)
class Executor:
    """One round's destruction. ``places``: those this machine reaches; ``finishing``: once for the round, in this order."""

    catalogue: Catalogue
    round_id: str
    places: Sequence[Place]
    finishing: Sequence[RoundPlace]
    now: Callable[[], datetime]
    stopping: Callable[[], bool] = lambda: False
    progress: Callable[[int], None] = lambda _files: None
    copied: Callable[[int], None] = lambda _seq: None
    """Returns when every required store has the ledger up to that record, with the rows; raises LuutruError when not."""

    def run(self) -> Progress:
        """Everything that can be done now. Begun again at any time, it goes on.

        Nothing of a hồ sơ goes before the stores have its intent: a catalogue rebuilt from them would else call it kept.
        """
        done, uncopied = 0, 0
        self._take_in_returned()
        try:
            for name in ("key", "rest"):
                done += self._pass([place for place in self.places if (place.name == KEY) is (name == "key")])
        except IntentNotCopiedError as error:
            _log.warning("round %s: %s", self.round_id, error.detail)
            uncopied = 1
        else:
            self._finish()
        with self.catalogue.read() as view:
            items, to_begin = work_items(view, self.round_id), lines_to_begin(view, self.round_id)
        waiting: dict[str, int] = {TO_BEGIN: len(to_begin)} if to_begin else {}
        if uncopied:
            waiting[INTENT] = uncopied
        for item in items:
            if item.state not in SETTLED:
                waiting[item.place] = waiting.get(item.place, 0) + 1
        return Progress(done, waiting, sum(item.state is ItemState.LOCKED for item in items))

    def _take_in_returned(self) -> None:
        """What was returned since its hồ sơ was begun goes with it, and so does what the stores were told of it."""
        with self.catalogue.read() as view:
            ids = files_with_returned(view, self.round_id)
        for some in pieces(ids, AT_ONCE):
            with self.catalogue.transaction() as tx:
                grown = take_in_returned(tx, some, self.now())
                reopen_work(tx, self.round_id, grown, self.now())
                if grown:
                    reopen_round_work(tx, self.round_id, self.now())

    def _pass(self, places: Sequence[Place]) -> int:
        """Every hồ sơ with something to do in one of ``places``, some at a time. Keys go before anything else does."""
        after, done, names = "", 0, [place.name for place in places]
        while names and not self.stopping():
            with self.catalogue.read() as view:
                ids = unfinished_files(view, self.round_id, names, after=after, limit=AT_ONCE)
                if not ids:
                    break
                subjects = {item.file_id: item for item in subjects_of(self.catalogue, ids)}
                items = items_of_files(view, self.round_id, ids)
            self._require_copied(subjects.values())
            with ThreadPoolExecutor(max(1, len(places))) as pool:
                noted = list(pool.map(partial(self._in_place, subjects=subjects, items=items), places))
            with self.catalogue.transaction() as tx:
                moved = self._moved(tx, items)
                for some in noted:
                    for step in some:
                        still = [
                            said for said in step if not (_says_gone(said) and (said.file_id, said.place) in moved)
                        ]
                        note_work(tx, self.round_id, still, self.now(), beside_others=True)
            after, done = ids[-1], done + len(ids)
            self.progress(done)
        return done

    def _moved(self, tx: Transaction, items: Sequence[WorkItem]) -> set[tuple[str, str]]:
        """Those of ``items`` with which something happened since they were read: of these nobody knows that they are gone.

        Whoever writes late makes them due again, before or after a place was asked what is left.
        """
        were = {(item.file_id, item.place): item.attempts for item in items}
        now = items_of_files(tx, self.round_id, {file_id for file_id, _ in were})
        standing = {(item.file_id, item.place): item.attempts for item in now}
        return {key for key, attempts in were.items() if standing.get(key) != attempts}

    def _require_copied(self, subjects: Iterable[Subject]) -> None:
        try:
            self.copied(max(subject.tombstone.intended_seq for subject in subjects))
        except LuutruError as error:
            raise IntentNotCopiedError(error.message, remedy=error.remedy, detail=error.detail) from error

    def _in_place(self, place: Place, subjects: Mapping[str, Subject], items: Sequence[WorkItem]) -> list[list[Noted]]:
        """What is to be noted of ``place``, in order: the removals, then what was seen when it was asked again."""
        here = {item.file_id: item.state for item in items if item.place == place.name}
        due = [subjects[file_id] for file_id, state in here.items() if state in (ItemState.DUE, ItemState.UNREACHABLE)]
        outcomes = place.remove(due) if due else {}
        first = [_noted(place.name, file_id, outcome) for file_id, outcome in outcomes.items()]
        removed = [item.file_id for item in first if item.state is ItemState.REMOVED]
        removed += [file_id for file_id, state in here.items() if state is ItemState.REMOVED]
        if not removed:
            return [first]
        try:
            left = place.left([subjects[file_id] for file_id in removed])
        except (LuutruError, OSError) as error:
            return [first, [Noted(file_id, place.name, ItemState.UNREACHABLE, told(error)) for file_id in removed]]
        still = "Vẫn còn sau khi xóa."
        second = [
            Noted(file_id, place.name, ItemState.DUE, still)
            if file_id in left
            else Noted(file_id, place.name, ItemState.ABSENT)
            for file_id in removed
        ]
        return [first, second]

    def _lock_ended(self, item: WorkItem) -> bool:
        """Whether what a lock kept can be asked again; one of no known end is asked each time."""
        return item.state is ItemState.LOCKED and (item.locked_until is None or item.locked_until <= self.now())

    def _files_settled(self) -> bool:
        """Whether every place of every hồ sơ of the round is done with: also those only other machines reach, and those
        that were not begun yet, whose traces the last steps would leave where they are."""
        with self.catalogue.read() as view:
            items = work_items(view, self.round_id, whole_round=False)
            to_begin = lines_to_begin(view, self.round_id)
        return bool(items) and not to_begin and all(item.state in SETTLED for item in items)

    def _finish(self) -> None:
        if not self._files_settled():
            return
        with self.catalogue.transaction() as tx:
            plan_work(tx, self.round_id, [ROUND], [place.name for place in self.finishing], self.now())
        for place in self.finishing:
            if self.stopping():
                return
            with self.catalogue.read() as view:
                here = [item for item in items_of_files(view, self.round_id, [ROUND]) if item.place == place.name]
            if here and here[0].state in SETTLED and not self._lock_ended(here[0]):
                continue
            outcome = place.finish(self.round_id)
            with self.catalogue.transaction() as tx:
                moved = self._moved(tx, here)
                note_work(tx, self.round_id, [_noted(place.name, ROUND, outcome)], self.now(), beside_others=True)
                if outcome.state is ItemState.REMOVED and not moved:
                    absent = [Noted(ROUND, place.name, ItemState.ABSENT)]
                    note_work(tx, self.round_id, absent, self.now(), beside_others=True)
            if outcome.state is not ItemState.REMOVED or moved:
                # What follows would have to be done again anyway: free pages before the last sealing, keys at the end.
                return


def _says_gone(said: Noted) -> bool:
    return said.state is ItemState.ABSENT


def subjects_of(catalogue: Catalogue, file_ids: Sequence[str]) -> list[Subject]:
    """The hồ sơ as places are given them."""

    def digests(aip_ids: tuple[str, ...]) -> list[str]:
        with catalogue.read() as view:
            return [item.sha256 for item in tombstone_documents_of(view, aip_ids)]

    found = []
    with catalogue.read() as view:
        packages, returned = tombstone_packages_of(view, file_ids), tombstone_submissions_of(view, file_ids)
        for file_id in file_ids:
            laid = tombstone(view, file_id)
            if laid is None:
                raise ValueError("work without a tombstone")
            own = packages.get(file_id, ())
            found.append(
                Subject(laid, own, partial(digests, tuple(item.aip_id for item in own)), returned.get(file_id, ()))
            )
    return found


def _noted(place: str, file_id: str, outcome: Outcome) -> Noted:
    return Noted(file_id, place, outcome.state, outcome.problem, outcome.locked_until)
