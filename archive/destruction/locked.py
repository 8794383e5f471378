"""Remains under a lock of their medium: removed when the lock has ended, and only then said to be gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from archive.catalogue import Catalogue
from archive.catalogue.destruction_model import ItemState, WorkItem
from archive.catalogue.destruction_reading import locks_ended
from archive.catalogue.destruction_writing import Noted, note_work
from archive.destruction.executing import subjects_of
from archive.destruction.place import Outcome, Place
from archive.errors import LuutruError
from archive.events import Event

ACTOR = "luutru"
AT_ONCE = 100


def follow_up(
    catalogue: Catalogue,
    places: Sequence[Place],
    *,
    now: Callable[[], datetime],
    stopping: Callable[[], bool] = lambda: False,
    actor: str = ACTOR,
) -> int:
    """How many remains are gone now whose lock had ended. Those still locked, or away, are asked again next time."""
    known = {place.name: place for place in places}
    with catalogue.read() as view:
        due = locks_ended(view, now(), AT_ONCE * 100)
    gone = 0
    for item in due:
        if stopping():
            break
        if item.place in known:
            gone += _followed(catalogue, known[item.place], item, actor, now())
    return gone


def _followed(catalogue: Catalogue, place: Place, item: WorkItem, actor: str, at: datetime) -> bool:
    (subject,) = subjects_of(catalogue, [item.file_id])
    outcome = place.remove([subject])[item.file_id]
    if outcome.state is ItemState.REMOVED:
        try:
            left = bool(place.left([subject]))
        except (LuutruError, OSError) as error:
            outcome, left = Outcome(ItemState.UNREACHABLE, str(error)), True
    with catalogue.transaction() as tx:
        # What is away is still under its lock as far as anybody knows: it stays in the list that is followed up.
        if outcome.state is not ItemState.REMOVED or left:
            until = outcome.locked_until if outcome.state is ItemState.LOCKED else item.locked_until
            note_work(tx, item.round_id, [_noted(item, ItemState.LOCKED, outcome.problem, until)], at)
            return False
        note_work(tx, item.round_id, [_noted(item, ItemState.REMOVED)], at)
        note_work(tx, item.round_id, [_noted(item, ItemState.ABSENT)], at)
        data = {"round_id": item.round_id, "place": item.place}
        tx.append(Event.FILE_REMAINS_REMOVED, item.file_id, actor=actor, at=at, data=data)
    return True


def _noted(item: WorkItem, state: ItemState, problem: str = "", until: datetime | None = None) -> Noted:
    return Noted(item.file_id, item.place, state, problem, until)
