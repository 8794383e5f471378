"""Records before the access rules: owner, effective mode, grants of who asks, purpose, from one view of the catalogue."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from threading import Lock

from api.http.gate import Asked
from archive.access import Mode, Operation, Role, Target, Verdict, visible_modes
from archive.access.modes import strictest
from archive.catalogue import Aip, Document, Reading
from archive.catalogue.standing import Standing, standings, stated_counts

KEPT_COUNTS = 4096

_counts: OrderedDict[str, Mapping[Mode | None, int]] = OrderedDict()
_counts_lock = Lock()


def hoso_target(reading: Reading, asked: Asked, aip: Aip) -> Target:
    """The hồ sơ by its own mode: for its metadata, which say nothing of its documents."""
    return _hoso(_standing(reading, aip.id), asked, aip.id)


def document_target(reading: Reading, asked: Asked, aip: Aip, document: Document) -> Target:
    """One document by its effective mode."""
    return _document(_standing(reading, aip.id, document.ordinal), asked, aip.id, document.ordinal)


def aip_target(reading: Reading, asked: Asked, aip: Aip) -> Target:
    """The whole package: known by the mode of its hồ sơ, its content as strict as the strictest thing in it."""
    decided = reading.decided_modes(aip.id)
    standing = _standing(reading, aip.id, *(ordinal for ordinal in decided if ordinal is not None))
    whole = _hoso(standing, asked, aip.id)
    modes = _modes_counted(reading, aip.id, standing)
    return Target(
        owner=whole.owner,
        mode=strictest([whole.mode, *modes]),
        granted=whole.granted,
        purpose=whole.purpose,
        known_mode=whole.mode,
    )


def documents_visible(reading: Reading, asked: Asked, aip: Aip) -> int:
    """How many documents of the package this person may know of, its hồ sơ being known: without reading them one by one."""
    decided = reading.decided_modes(aip.id)
    single = {grant.ordinal for grant in asked.who.live_grants(asked.at) if grant.aip_id == aip.id}
    ordinals = {ordinal for ordinal in {*decided, *single} if ordinal is not None}
    standing = _standing(reading, aip.id, *ordinals)
    whole = _hoso(standing, asked, aip.id)
    foreign = asked.who.role is Role.AGENCY and whole.owner != asked.who.agency_code
    shown = frozenset() if foreign else visible_modes(asked.who.role)
    modes = _modes_counted(reading, aip.id, standing)
    if whole.granted:
        return sum(modes.values())
    visible = sum(count for mode, count in modes.items() if mode in shown)
    for ordinal in ordinals & set(standing.documents):
        target = _document(standing, asked, aip.id, ordinal)
        visible += target.granted and target.mode not in shown
    return visible


def to_know(asked: Asked) -> Asked:
    """The same asker, asking of each record whether they may know of it: the question behind searches and lists."""
    return replace(asked, operation=Operation.RECORD_READ)


@dataclass(frozen=True)
class Judge:
    """Answers of the rules for a whole page of records, from three statements; ordinal None is the hồ sơ."""

    asked: Asked
    standings: Mapping[str, Standing]

    @classmethod
    def of(cls, reading: Reading, asked: Asked, records: Iterable[tuple[str, int | None]]) -> Judge:
        wanted: dict[str, set[int]] = {}
        for aip_id, ordinal in records:
            some = wanted.setdefault(aip_id, set())
            if ordinal is not None:
                some.add(ordinal)
        return cls(asked, standings(reading, wanted))

    def target(self, aip_id: str, ordinal: int | None) -> Target | None:
        """None for what the catalogue does not have (any more)."""
        standing = self.standings.get(aip_id)
        if standing is None or (ordinal is not None and ordinal not in standing.documents):
            return None
        if ordinal is None:
            return _hoso(standing, self.asked, aip_id)
        return _document(standing, self.asked, aip_id, ordinal)

    def known(self, aip_id: str, ordinal: int | None) -> bool:
        """Whether who asks may do to this record what they ask for."""
        return self.verdict(aip_id, ordinal) is Verdict.ALLOWED

    def verdict(self, aip_id: str, ordinal: int | None) -> Verdict:
        """UNKNOWN for what the catalogue does not have."""
        target = self.target(aip_id, ordinal)
        return Verdict.UNKNOWN if target is None else self.asked.verdict(target)


def _standing(reading: Reading, aip_id: str, *ordinals: int) -> Standing:
    return standings(reading, {aip_id: ordinals})[aip_id]


def _hoso(standing: Standing, asked: Asked, aip_id: str) -> Target:
    return Target(
        owner=standing.owner,
        mode=_whole(standing),
        granted=asked.principal is not None and asked.principal.granted(aip_id, None, asked.at),
        purpose=bool(asked.purpose),
    )


def _document(standing: Standing, asked: Asked, aip_id: str, ordinal: int) -> Target:
    stated = standing.decided.get(ordinal) or standing.documents[ordinal]
    return Target(
        owner=standing.owner,
        mode=_stricter(_whole(standing), stated),
        granted=asked.principal is not None and asked.principal.granted(aip_id, ordinal, asked.at),
        purpose=bool(asked.purpose),
    )


def _whole(standing: Standing) -> Mode:
    """As ``archive.access.effective_mode`` has it, of modes already read."""
    return standing.decided.get(None) or standing.hoso or Mode.CONDITIONAL


def _stricter(whole: Mode, own: Mode | None) -> Mode:
    return strictest([whole, own]) if own is not None else whole


def _modes_counted(reading: Reading, aip_id: str, standing: Standing) -> Mapping[Mode, int]:
    """How many documents have each effective mode; ``standing`` holds every document a decision was made on."""
    stated = dict(_stated_counts(reading, aip_id))
    whole = _whole(standing)
    counted: dict[Mode, int] = {}
    for ordinal, mode in standing.decided.items():
        if ordinal is None or ordinal not in standing.documents:
            continue
        stated[standing.documents[ordinal]] -= 1
        effective = _stricter(whole, mode)
        counted[effective] = counted.get(effective, 0) + 1
    for own, count in stated.items():
        if count > 0:
            effective = _stricter(whole, own)
            counted[effective] = counted.get(effective, 0) + count
    return counted


def _stated_counts(reading: Reading, aip_id: str) -> Mapping[Mode | None, int]:
    """Read once while the process lives: what a stored package states never changes; only decisions do."""
    with _counts_lock:
        if (kept := _counts.get(aip_id)) is not None:
            _counts.move_to_end(aip_id)
            return kept
    counted = stated_counts(reading, aip_id)
    with _counts_lock:
        _counts[aip_id] = counted
        while len(_counts) > KEPT_COUNTS:
            _counts.popitem(last=False)
    return counted
