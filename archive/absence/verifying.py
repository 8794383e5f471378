"""The proof: every place is looked at by somebody who did not destroy, and what could not be looked at is not proven.

what is sought ─▶ each place ─▶ traces ─┬─▶ lawful (of a living hồ sơ)
                                        ├─▶ locked, and no key opens it
                                        └─▶ found          nothing found and everything looked at: absent
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Protocol

from archive.absence.living import LivingIds, rows_of_living
from archive.absence.looking import Look, Looked, Sought, Trace, names_of
from archive.absence.markers import Marked
from archive.absence.patterns import Needle, Searcher
from archive.absence.telling import masked, told_error, told_where
from archive.absence.verdict import NAMED, verdict_of
from archive.catalogue import Catalogue
from archive.catalogue.absence_proof import lines_to_begin
from archive.catalogue.absence_reading import packaged_ids, papers_on_record
from archive.catalogue.destruction_model import (
    SETTLED,
    AbsenceRun,
    AbsenceVerdict,
    ItemState,
    Needles,
    TombstonePackage,
    WorkItem,
)
from archive.catalogue.destruction_reading import (
    absence_run,
    steps_of_work,
    store_place,
    tombstone_documents_of,
    tombstone_packages_of,
    tombstone_submissions_of,
    tombstones_of,
    work_items,
)
from archive.catalogue.destruction_writing import begin_absence_run, end_absence_run
from archive.catalogue.pieces import pieces
from archive.catalogue.policy_reading import policy_version
from archive.catalogue.returned_reading import submissions_under_way
from archive.errors import LuutruError
from archive.ledger import written_instant
from archive.policy_standing import Standing, always

_log = logging.getLogger(__name__)
REPORT_FORMAT = "luutru-absence/1"
_FROM_ROWS = frozenset({"rows", "backup", "disposal"})
"""Folders of stores and media with what was written from rows: checkpoints, lists of sets, papers of rounds."""
_QUOTED = frozenset({"content", "text"})
"""What papers of a round lawfully show too: titles of their list, and the certificates of people who signed records."""


class Opens(Protocol):
    """Tries what a thief with every key that is left would try."""

    def opens(self, store: str, package: TombstonePackage) -> bool:
        """Whether the content of this package's object in ``store`` can be had. Raises LuutruError when that cannot be tried."""
        ...


@dataclass(frozen=True)
class Verifier:
    """One look for everything a round destroyed. ``looks``: every place there is; ``in_database``: those of them whose
    bytes are the catalogue's own. ``standing``: asked when it begins. ``media``: what was and was not done on media that
    keep old blocks, in words."""

    catalogue: Catalogue
    round_id: str
    looks: Sequence[Look]
    opening: Opens
    now: Callable[[], datetime]
    in_database: frozenset[str] = frozenset()
    standing: Standing = always
    media: Sequence[Mapping[str, Any]] = ()
    progress: Callable[[str], None] = lambda _place: None

    def run(
        self, run_id: str, marked: Mapping[str, Marked], *, verifier_id: str, executor_id: str, actor: str
    ) -> AbsenceRun:
        """The run with its verdict and report, recorded. Raises IntegrityError for one who would prove his own work."""
        run = AbsenceRun(run_id, self.round_id, verifier_id, executor_id, self.now())
        with self.catalogue.transaction() as tx:
            self.standing(tx)
            begin_absence_run(tx, run)
        verdict, report = self.looked(run, marked)
        with self.catalogue.transaction() as tx:
            end_absence_run(tx, run_id, verdict, report, actor=actor, at=self.now())
        with self.catalogue.read() as view:
            ended = absence_run(view, run_id)
        assert ended is not None
        return ended

    def looked(self, run: AbsenceRun, marked: Mapping[str, Marked]) -> tuple[AbsenceVerdict, dict[str, Any]]:
        """What was seen in all of ``looks`` by these needles; nothing is recorded."""
        report = self._seen(marked).report(run, self)
        verdict = verdict_of(report)
        return verdict, {**report, "verdict": verdict.value}

    def _seen(self, marked: Mapping[str, Marked]) -> _Seen:
        seen = _Seen()
        with self.catalogue.read() as view:
            items, to_begin = work_items(view, self.round_id), lines_to_begin(view, self.round_id)
            seen.policy = policy_version(view)
            seen.steps, seen.under_way = steps_of_work(view, self.round_id), submissions_under_way(view, self.round_id)
            sealed = {
                item.file_id: Needles(item.needles, item.needles_sha256 or "")
                for item in tombstones_of(view, self.round_id)
            }
            files = list(sealed)
            names: dict[str, str] = {}
            packages: dict[str, TombstonePackage] = {}
            for some in pieces(files, 500):
                for file_id, own in tombstone_packages_of(view, some).items():
                    ids = [file_id, *(item.aip_id for item in own), *(item.submission_id for item in own)]
                    names |= names_of(file_id, ids)
                    packages |= {item.aip_id: item for item in own}
                    digests = [item.sha256 for item in tombstone_documents_of(view, [item.aip_id for item in own])]
                    names |= names_of(file_id, LivingIds(self.catalogue).unshared(digests))
                for file_id, returned in tombstone_submissions_of(view, some).items():
                    names |= names_of(file_id, returned)
        seen.files, seen.packages = len(files), packages
        seen.to_begin = to_begin
        seen.unsettled = [item for item in items if item.state not in SETTLED] + ([] if items else [_NOTHING])
        needles = [needle for file_id in files if file_id in marked for needle in marked[file_id].needles]
        seen.needles = Counter(needle.kind for needle in needles)
        seen.unmarked = [file_id for file_id in files if not (file_id in marked and marked[file_id].needles)]
        seen.needleless = [item for item, seal in sealed.items() if item not in marked or marked[item].seal != seal]
        seen.unread = sum(marked[item].unread for item in files if item in marked)
        sought = Sought(Searcher(needles), names, LivingIds(self.catalogue).living)
        traces: list[Trace] = []
        for look in self.looks:
            self.progress(look.name)
            looked = Looked()
            seen.looked[look.name] = looked
            try:
                traces += look.look(sought, looked)
            except (LuutruError, OSError) as error:
                seen.failed[look.name] = told_error(error)
                _log.warning("%s was not looked at: %s", look.name, masked(str(error), sought.searcher))
        seen.searcher = sought.searcher
        self._judge(traces, items, seen)
        for trace in seen.found[:NAMED]:
            _log.warning("met in %s: %s, %s", trace.place, masked(trace.where, sought.searcher), trace.what)
        return seen

    def _judge(self, traces: Sequence[Trace], items: Sequence[WorkItem], seen: _Seen) -> None:
        locked = {(item.place, item.file_id): item for item in items if item.state is ItemState.LOCKED}
        lawful = self._lawful(trace.needle for trace in traces if self._tells_rows(trace))
        owners = {trace.subject for trace in traces if trace.subject and trace.what == "content"}
        with self.catalogue.read() as view:
            packaged = packaged_ids(view, owners)
            papers = papers_on_record(view, {_object_key(trace) for trace in traces if trace.what in _QUOTED})
        for trace in traces:
            if (trace.place, trace.file_id) in locked and trace.what in ("name", "sealed"):
                seen.locked_traces += 1
                continue
            owned = bool(trace.subject) and (trace.what != "content" or trace.subject in packaged)
            told = trace.needle in lawful and self._tells_rows(trace)
            told = told or (trace.what in _QUOTED and (_object_key(trace), trace.sha256) in papers)
            if owned or told:
                seen.lawful.append(trace)
            else:
                seen.found += _of_each(trace, seen.searcher)
        for (place, file_id), item in locked.items():
            store = place.removeprefix(store_place(""))
            for package in (item for item in seen.packages.values() if item.file_id == file_id):
                try:
                    if self.opening.opens(store, package):
                        seen.found.append(Trace(place, str(package.object_key), "readable", file_id))
                except (LuutruError, OSError) as error:
                    seen.failed[place] = told_error(error)
                    _log.warning("%s was not tried: %s", place, masked(str(error), seen.searcher))
            seen.locked.append(item)

    def _tells_rows(self, trace: Trace) -> bool:
        """Whether it stands in bytes of the catalogue: its own, or, for words, what is written from its rows elsewhere."""
        if trace.place in self.in_database:
            return True
        return trace.what == "text" and not _FROM_ROWS.isdisjoint(PurePosixPath(trace.where).parts[:-1])

    def _lawful(self, needles: Iterable[Needle | None]) -> set[Needle]:
        """Those that stand in a row of a living hồ sơ too: asked only when any was met in the database's bytes."""
        wanted = [needle for needle in dict.fromkeys(needles) if needle is not None]
        if not wanted:
            return set()
        with self.catalogue.read() as view:
            return rows_of_living(view, Searcher(wanted))


def _of_each(trace: Trace, searcher: Searcher) -> list[Trace]:
    """What was met is of every hồ sơ that has the same needle."""
    if trace.needle is None:
        return [trace]
    return [replace(trace, file_id=needle.about, needle=needle) for needle in searcher.alike(trace.needle)]


def _object_key(trace: Trace) -> str:
    """Of an object in a store, whichever version of it; empty for what lies elsewhere."""
    return trace.where.partition("?")[0] if trace.place.startswith(store_place("")) else ""


_NOTHING = WorkItem("", "", "nothing was begun", ItemState.DUE, 0, "", None, datetime.min)


@dataclass
class _Seen:
    """What a run has gathered."""

    files: int = 0
    packages: Mapping[str, TombstonePackage] = field(default_factory=dict)
    searcher: Searcher = field(default_factory=lambda: Searcher(()))
    needles: Counter[str] = field(default_factory=Counter)
    unmarked: Sequence[str] = ()
    needleless: Sequence[str] = ()
    """Those of which other needles, or none, are known than were taken from them: they cannot be looked for."""
    unread: int = 0
    steps: int = 0
    policy: int = 0
    under_way: Sequence[str] = ()
    unsettled: Sequence[WorkItem] = ()
    to_begin: Sequence[str] = ()
    looked: dict[str, Looked] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    found: list[Trace] = field(default_factory=list)
    lawful: list[Trace] = field(default_factory=list)
    locked: list[WorkItem] = field(default_factory=list)
    locked_traces: int = 0

    def report(self, run: AbsenceRun, verifier: Verifier) -> dict[str, Any]:
        return {
            "format": REPORT_FORMAT,
            "run_id": run.id,
            "round_id": run.round_id,
            "verifier_id": run.verifier_id,
            "executor_id": run.executor_id,
            "begun_at": written_instant(run.begun_at),
            "files": self.files,
            "packages": len(self.packages),
            "sought": dict(sorted(self.needles.items())),
            "unmarked": {"count": len(self.unmarked), "files": list(self.unmarked[:NAMED])},
            "needles_missing": {"count": len(self.needleless), "files": list(self.needleless[:NAMED])},
            "unread_originals": self.unread,
            "places": [
                {
                    "place": name,
                    "objects": looked.objects,
                    "size_bytes": looked.size_bytes,
                    "of_living_hoso": looked.passed_over,
                    "notes": looked.notes,
                    "not_looked": self.failed.get(name, ""),
                }
                for name, looked in self.looked.items()
            ],
            "not_looked": dict(sorted(self.failed.items())),
            "unsettled": {"count": len(self.unsettled), "items": [_item(item) for item in self.unsettled[:NAMED]]},
            "policy_version": self.policy,
            "steps_of_work": self.steps,
            "under_way": {"count": len(self.under_way), "submissions": list(self.under_way[:NAMED])},
            "to_begin": {"count": len(self.to_begin), "files": list(self.to_begin[:NAMED])},
            "found": {
                "count": len(self.found),
                "files": sorted({item.file_id for item in self.found if item.file_id}),
                "traces": [self._told(item) for item in self.found[:NAMED]],
            },
            "lawful_elsewhere": {
                "count": len(self.lawful),
                "traces": [self._told(item) for item in self.lawful[:NAMED]],
            },
            "locked": [_item(item) for item in self.locked],
            "media": [dict(item) for item in verifier.media],
        }

    def _told(self, trace: Trace) -> dict[str, Any]:
        return {
            "place": trace.place,
            "where": told_where(trace.where, self.searcher),
            "what": trace.what,
            "file_id": trace.file_id,
            "offset": trace.offset,
            "subject": trace.subject,
        }


def _item(item: WorkItem) -> dict[str, Any]:
    until = written_instant(item.locked_until) if item.locked_until else None
    return {"file_id": item.file_id, "place": item.place, "state": item.state.value, "locked_until": until}
