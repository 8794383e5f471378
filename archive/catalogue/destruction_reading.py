"""Questions about what was destroyed: tombstones by whatever name is asked for, and how far a round has come."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select

from archive.access import Mode
from archive.catalogue.destruction_model import (
    SETTLED,
    AbsenceRun,
    AbsenceVerdict,
    ItemState,
    Needles,
    Tombstone,
    TombstoneDocument,
    TombstonePackage,
    WorkItem,
)
from archive.catalogue.destruction_tables import (
    absence_runs,
    destruction_certificates,
    destruction_work,
    tombstone_documents,
    tombstone_packages,
    tombstone_submissions,
    tombstones,
)
from archive.catalogue.ledger_reading import PAGE, LedgerReading
from archive.catalogue.pieces import pieces
from archive.catalogue.rows import AnyRow
from archive.storage.key import Key, aip_key

_AT_ONCE = 500


def tombstone(view: LedgerReading, file_id: str) -> Tombstone | None:
    row = view.rows(select(tombstones).where(tombstones.c.file_id == file_id)).first()
    return None if row is None else _tombstone(row)


def tombstones_by_id(view: LedgerReading, file_ids: Collection[str]) -> Mapping[str, Tombstone]:
    """Those of these hồ sơ (some hundred at most) that have one."""
    rows = view.rows(select(tombstones).where(tombstones.c.file_id.in_(sorted(file_ids))))
    return {row.file_id: _tombstone(row) for row in rows}


def tombstone_ids(view: LedgerReading) -> Iterator[str]:
    """The hồ sơ of every tombstone, ascending; flat memory."""
    c = tombstones.c
    after = ""
    while page := list(view.rows(select(c.file_id).where(c.file_id > after).order_by(c.file_id).limit(PAGE)).scalars()):
        yield from page
        after = page[-1]


def packages_without_tombstone(view: LedgerReading) -> list[str]:
    """Packages said to be a destroyed hồ sơ's of which there is no tombstone: no archive of its own has any."""
    p = tombstone_packages.c
    query = select(p.aip_id).where(p.file_id.not_in(select(tombstones.c.file_id))).order_by(p.aip_id)
    return list(view.rows(query).scalars())


def tombstones_named(view: LedgerReading, text: str) -> Iterator[Tombstone]:
    """By the id of the hồ sơ, of one of its packages or submissions, by a registration number; else by its code.

    Several agencies may have the same code: all that have it, the newest first. Nothing is named with a NUL, and PostgreSQL
    could not be asked for it.
    """
    if "\0" in text:
        return
    p, s = tombstone_packages.c, tombstone_submissions.c
    packaged = select(p.file_id).where(or_(p.aip_id == text, p.submission_id == text, p.registration_number == text))
    returned = select(s.file_id).where(or_(s.submission_id == text, s.registration_number == text))
    row = view.rows(packaged).first() or view.rows(returned).first()
    found = tombstone(view, row.file_id if row else text)
    if found is not None:
        yield found
    elif text:
        by_code = select(tombstones).where(tombstones.c.file_code == text).order_by(tombstones.c.intended_at.desc())
        yield from map(_tombstone, view.rows(by_code).all())


def tombstone_named(view: LedgerReading, text: str) -> Tombstone | None:
    """The first of ``tombstones_named``: for who may see every one."""
    return next(tombstones_named(view, text), None)


def tombstones_of(view: LedgerReading, round_id: str) -> Iterator[Tombstone]:
    """All of a round in the order of its list; flat memory. What the list of the destroyed is made from (T5)."""
    after = -1
    c = tombstones.c
    while True:
        query = select(tombstones).where(c.round_id == round_id, c.line > after).order_by(c.line).limit(PAGE)
        page = [_tombstone(row) for row in view.rows(query)]
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].line


def seals_of(view: LedgerReading, round_id: str) -> Mapping[str, Needles]:
    """What the intent of each hồ sơ of the round sealed of what it would be known by; none of those begun without."""
    c = tombstones.c
    query = select(c.file_id, c.needles, c.needles_sha256).where(c.round_id == round_id, c.needles_sha256.is_not(None))
    return {row.file_id: Needles(row.needles, row.needles_sha256) for row in view.rows(query)}


def tombstone_packages_of(view: LedgerReading, file_ids: Iterable[str]) -> Mapping[str, tuple[TombstonePackage, ...]]:
    """The packages of each of these hồ sơ (some hundred at most)."""
    c = tombstone_packages.c
    found: dict[str, tuple[TombstonePackage, ...]] = {}
    for some in pieces(file_ids, _AT_ONCE):
        for row in view.rows(select(tombstone_packages).where(c.file_id.in_(some)).order_by(c.file_id, c.aip_id)):
            found[row.file_id] = (*found.get(row.file_id, ()), _package(row))
    return found


def tombstone_package(view: LedgerReading, aip_id: str) -> TombstonePackage | None:
    """What remains of one package; None when it has not ended."""
    row = view.rows(select(tombstone_packages).where(tombstone_packages.c.aip_id == aip_id)).first()
    return None if row is None else _package(row)


def tombstone_submissions_of(view: LedgerReading, file_ids: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The submissions of each of these hồ sơ (some hundred at most) that were returned, and are gone with it."""
    c = tombstone_submissions.c
    found: dict[str, tuple[str, ...]] = {}
    for some in pieces(file_ids, _AT_ONCE):
        query = select(c.file_id, c.submission_id).where(c.file_id.in_(some)).order_by(c.file_id, c.submission_id)
        for row in view.rows(query):
            found[row.file_id] = (*found.get(row.file_id, ()), row.submission_id)
    return found


def tombstone_documents_of(view: LedgerReading, aip_ids: Iterable[str]) -> Iterator[TombstoneDocument]:
    """The digests of every original of these packages; flat memory."""
    c = tombstone_documents.c
    for aip_id in aip_ids:
        after = -1
        while True:
            query = select(tombstone_documents).where(c.aip_id == aip_id, c.ordinal > after).order_by(c.ordinal)
            page = view.rows(query.limit(PAGE)).all()
            yield from (TombstoneDocument(*row) for row in page)
            if len(page) < PAGE:
                break
            after = page[-1].ordinal


def ended_packages(view: LedgerReading, aip_ids: Iterable[str]) -> set[str]:
    """Those of these packages that were destroyed, or are on their way there: none of them is a record any more."""
    c = tombstone_packages.c
    found: set[str] = set()
    for some in pieces(aip_ids, _AT_ONCE):
        found |= set(view.rows(select(c.aip_id).where(c.aip_id.in_(some))).scalars())
    return found


def lingering(view: LedgerReading, store: str, keys: Collection[Key]) -> set[Key]:
    """Those of ``keys`` whose end in ``store`` is known and not reached: locked there, or removed when it is back."""
    ids = {key: key.segments[-1].partition(".")[0] for key in keys if key.segments[0] == "aip"}
    p, w = tombstone_packages.c, destruction_work.c
    waiting: set[str] = set()
    for some in pieces(sorted(set(ids.values())), _AT_ONCE):
        query = (
            select(p.aip_id)
            .join(destruction_work, w.file_id == p.file_id)
            .where(p.aip_id.in_(some), w.place == store_place(store), w.state != ItemState.ABSENT.value)
        )
        waiting |= set(view.rows(query).scalars())
    return {key for key, aip_id in ids.items() if aip_id in waiting and key.startswith(aip_key(aip_id))}


def store_place(store: str) -> str:
    """What the copies in a store are called among the places of destruction."""
    return f"store:{store}"


def work_items(
    view: LedgerReading, round_id: str, *, states: Collection[ItemState] = (), whole_round: bool | None = None
) -> list[WorkItem]:
    """What is noted of the places of a round; of ``states`` only when given; of the round itself, or only of its hồ sơ."""
    c = destruction_work.c
    query = select(destruction_work).where(c.round_id == round_id).order_by(c.file_id, c.place)
    if states:
        query = query.where(c.state.in_([state.value for state in states]))
    if whole_round is not None:
        query = query.where(c.file_id == "" if whole_round else c.file_id != "")
    return [_item(row) for row in view.rows(query)]


def unfinished_files(
    view: LedgerReading, round_id: str, places: Collection[str], *, after: str = "", limit: int = 100
) -> list[str]:
    """Hồ sơ of the round, ascending from behind ``after``, with something to be done in one of ``places`` now."""
    c = destruction_work.c
    open_states = [ItemState.DUE.value, ItemState.REMOVED.value, ItemState.UNREACHABLE.value]
    query = (
        select(c.file_id)
        .where(c.round_id == round_id, c.file_id > after, c.state.in_(open_states), c.place.in_(sorted(places)))
        .distinct()
        .order_by(c.file_id)
        .limit(limit)
    )
    return list(view.rows(query).scalars())


def items_of_files(view: LedgerReading, round_id: str, file_ids: Collection[str]) -> list[WorkItem]:
    c = destruction_work.c
    query = select(destruction_work).where(c.round_id == round_id, c.file_id.in_(sorted(file_ids)))
    return [_item(row) for row in view.rows(query.order_by(c.file_id, c.place))]


def steps_of_work(view: LedgerReading, round_id: str) -> int:
    """Grows with everything that happens with any item of the round: whether it is as it was when it was read."""
    c = destruction_work.c
    query = select(func.count(), func.coalesce(func.sum(c.attempts), 0)).where(c.round_id == round_id)
    items, attempts = view.rows(query).one()
    return int(items) + int(attempts)


def counted_items(view: LedgerReading, round_id: str) -> Mapping[str, Mapping[ItemState, int]]:
    """How many hồ sơ are in which state, by place: what a round still waits for is seen at once."""
    c = destruction_work.c
    query = select(c.place, c.state, func.count()).where(c.round_id == round_id).group_by(c.place, c.state)
    found: dict[str, dict[ItemState, int]] = {}
    for place, state, count in view.rows(query.order_by(c.place)):
        found.setdefault(place, {})[ItemState(state)] = count
    return found


def locks_ended(view: LedgerReading, at: datetime, limit: int = 100) -> list[WorkItem]:
    """What a lock kept until ``at`` or earlier, the longest ago first; locks of no known end are asked again too."""
    c = destruction_work.c
    query = select(destruction_work).where(
        c.state == ItemState.LOCKED.value, or_(c.locked_until <= at, c.locked_until.is_(None))
    )
    return [_item(row) for row in view.rows(query.order_by(c.locked_until, c.file_id, c.place).limit(limit))]


def locked_items(view: LedgerReading, round_id: str) -> list[WorkItem]:
    return work_items(view, round_id, states=[ItemState.LOCKED])


def rounds_at_work(view: LedgerReading) -> list[str]:
    """Rounds that have begun to destroy and have no certificate yet, or have work that is not settled all the same.

    Of those certified also what a lock kept from the steps of the round itself: that is asked again when it ends.
    """
    w, done = destruction_work.c, destruction_certificates.c
    locked = and_(w.file_id == "", w.state == ItemState.LOCKED.value)
    settled = [state.value for state in SETTLED]
    at_work = or_(w.round_id.not_in(select(done.round_id)), w.state.not_in(settled), locked)
    query = select(w.round_id).where(at_work).distinct().order_by(w.round_id)
    return list(view.rows(query).scalars())


def work_noted_at(view: LedgerReading, round_id: str) -> datetime | None:
    """When anything was last noted of the round's places; None before."""
    c = destruction_work.c
    query = select(c.changed_at).where(c.round_id == round_id).order_by(c.changed_at.desc()).limit(1)
    return view.rows(query).scalar()


def undone_tombstones(view: LedgerReading, round_id: str, limit: int) -> list[Tombstone]:
    """Those of the round whose absence was not proven yet, in the order of the list."""
    c = tombstones.c
    query = select(tombstones).where(c.round_id == round_id, c.destroyed_at.is_(None)).order_by(c.line).limit(limit)
    return [_tombstone(row) for row in view.rows(query)]


def begun_by_decision(view: LedgerReading, round_id: str) -> Mapping[tuple[str, date | None], int]:
    """How many hồ sơ of the round were begun under the decision of this number and date."""
    c = tombstones.c
    query = select(c.decision_number, c.decided_on, func.count()).where(c.round_id == round_id)
    rows = view.rows(query.group_by(c.decision_number, c.decided_on))
    return {(number, decided_on): count for number, decided_on, count in rows}


def absence_run(view: LedgerReading, run_id: str) -> AbsenceRun | None:
    row = view.rows(select(absence_runs).where(absence_runs.c.id == run_id)).first()
    return None if row is None else _run(row)


def last_absence_run(view: LedgerReading, round_id: str) -> AbsenceRun | None:
    """By the ledger, not by clocks: each run that ended made it longer."""
    c = absence_runs.c
    newest = (c.begun_seq.desc(), c.begun_at.desc(), c.id.desc())
    query = select(absence_runs).where(c.round_id == round_id).order_by(*newest).limit(1)
    row = view.rows(query).first()
    return None if row is None else _run(row)


def certificate(view: LedgerReading, round_id: str) -> Mapping[str, object] | None:
    """The signed certificate of the round, as it was issued; None before."""
    row = view.rows(
        select(destruction_certificates.c.document).where(destruction_certificates.c.round_id == round_id)
    ).first()
    return None if row is None else row.document


def _tombstone(row: AnyRow) -> Tombstone:
    return Tombstone(**{**row._mapping, "mode": Mode(row.mode)})


def _package(row: AnyRow) -> TombstonePackage:
    return TombstonePackage(**{**row._mapping, "object_key": Key(row.object_key)})


def _item(row: AnyRow) -> WorkItem:
    return WorkItem(**{**row._mapping, "state": ItemState(row.state)})


def _run(row: AnyRow) -> AbsenceRun:
    return AbsenceRun(**{**row._mapping, "verdict": AbsenceVerdict(row.verdict) if row.verdict else None})
