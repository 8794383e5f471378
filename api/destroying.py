"""Destroying the hồ sơ of one round on this machine, and going on with what could not be reached before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import BinaryIO

from api.bootstrap import Installation, now
from api.destruction_places import finishing_of, marker_file, place_names, places_of
from api.sealing_ledger import ledger_copies
from archive.absence.markers import Marked
from archive.absence.marking import marked_file
from archive.absence.patterns import searchable
from archive.access import Author
from archive.aip.layout import REP2, tree_path
from archive.aip.profile import numbered
from archive.aip.reader import AipReader
from archive.alerts import Severity, raise_alert, resolve_alert
from archive.catalogue import Aip, Reading
from archive.catalogue.absence_proof import lines_to_begin
from archive.catalogue.destroying import begin_destroying
from archive.catalogue.destruction_model import SETTLED, Approval, Needles
from archive.catalogue.destruction_reading import counted_items, tombstone, tombstones_of, work_items
from archive.catalogue.destruction_writing import plan_work, reopen_round_work
from archive.catalogue.pieces import pieces
from archive.catalogue.round_reading import decisions, destruction_round, lines
from archive.destruction.beginning import AT_ONCE, Line, Refused, begin
from archive.destruction.executing import TO_BEGIN, Executor, Progress
from archive.disposal.model import Line as ListedLine
from archive.disposal.words import LineState, Outcome
from archive.errors import LuutruError, StoreError
from archive.policy_standing import policy_stands
from archive.sealing.bech32 import decoded

OPEN_ROUND = "destruction.open"
"""The alert that stands as long as a round waits for a place."""
_PLANNED_AT_ONCE = 500
_DECIDED_MEANWHILE = 3
"""So often what a hồ sơ is known by is taken again when a decision comes in between."""
_TEXT_BYTES = 1 << 16
_PREFIX = "age-secret-key-"


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What one call came to. ``refused``: lines that may not be destroyed now; nothing of those was touched."""

    refused: tuple[Refused, ...]
    progress: Progress


def destroy_round(
    installation: Installation,
    round_id: str,
    *,
    by: Author,
    stopping: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda _files: None,
) -> Destroyed:
    """Begins every line that may be destroyed, by the round's executor, and carries out what this machine can.

    Markers of each hồ sơ are durable before it is begun. Interrupted anywhere, the same call, or ``go_on``, goes on.
    """
    refused: list[Refused] = []
    names = place_names(installation)
    with installation.catalogue.read() as view:
        waiting = [item for item in lines(view, round_id) if _to_begin(item) and tombstone(view, item.file_id) is None]
    for some in pieces(waiting, AT_ONCE):
        if stopping():
            break
        for _ in range(_DECIDED_MEANWHILE):
            outcome = _begin_by_last_decision(installation, round_id, some, names, by)
            if not any(isinstance(item.error, DecisionReplacedError) for item in outcome):
                break
        refused += outcome
    return Destroyed(tuple(refused), go_on(installation, round_id, stopping=stopping, progress=progress))


class DecisionReplacedError(LuutruError):
    """Another decision was made since what a hồ sơ is known by was taken."""

    code = "destruction.decision-replaced"


def _begin_by_last_decision(
    installation: Installation, round_id: str, some: Sequence[ListedLine], names: frozenset[str], by: Author
) -> list[Refused]:
    """Needles, tombstone and title of each follow one decision: that of the transaction it is begun in."""
    with installation.catalogue.read() as view:
        approval = approval_of(view, round_id)
    if approval is None:
        return []

    def standing(view: Reading) -> None:
        policy_stands(installation.policy.version)(view)
        if approval_of(view, round_id) != approval:
            raise DecisionReplacedError(
                "Vừa có quyết định hủy khác cho đợt này.", remedy="Yêu cầu hủy lại.", detail=approval.decision_number
            )

    return begin(
        installation.catalogue,
        approval,
        [Line(item.ordinal, item.file_id) for item in some],
        begin_destroying=begin_destroying,
        places=names,
        by=by,
        at=now(),
        needles=_mark(installation, round_id, [item.file_id for item in some], approval.titles_stay),
        standing=standing,
    )


def approval_of(view: Reading, round_id: str) -> Approval | None:
    """By the last decision of the round; None before there is one."""
    made = decisions(view, round_id)
    if not made:
        return None
    last, list_sha256 = made[-1], destruction_round(view, round_id).list_sha256 or ""
    return Approval(round_id, last.number, last.decided_on, list_sha256, last.titles_stay)


def go_on(
    installation: Installation,
    round_id: str,
    *,
    stopping: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda _files: None,
) -> Progress:
    """What of the round can be done now by this machine; begins nothing. Says so in an alert as long as it waits.

    Raises PolicyStaleError: whoever does not know a store would call the round settled without it.
    """
    plan_new_places(installation, round_id)
    executor = Executor(
        installation.catalogue,
        round_id,
        places_of(installation),
        finishing_of(installation, round_id),
        now,
        stopping,
        progress,
        ledger_copies(installation).ensure,
    )
    done = executor.run()
    tell(installation, round_id, now())
    return done


def plan_new_places(installation: Installation, round_id: str) -> None:
    """Places that came since a hồ sơ was begun (a store, a machine) are due for it too, and what is done once is again."""
    standing, names = policy_stands(installation.policy.version), place_names(installation)
    with installation.catalogue.read() as view:
        standing(view)
        laid = list(tombstones_of(view, round_id))
        known = counted_items(view, round_id)
    begun = [item.file_id for item in laid if not item.destroyed]
    if all(sum(known.get(name, {}).values()) >= len(laid) for name in names):
        return
    for some in pieces(begun, _PLANNED_AT_ONCE):
        with installation.catalogue.transaction() as tx:
            standing(tx)
            if plan_work(tx, round_id, some, names, now()):
                reopen_round_work(tx, round_id, now())


def tell(installation: Installation, round_id: str, at: datetime) -> None:
    """The alert about the round is open exactly as long as it waits for something."""
    with installation.catalogue.transaction() as tx:
        waiting = [item.place for item in work_items(tx, round_id) if item.state not in SETTLED]
        waiting += [TO_BEGIN for _ in lines_to_begin(tx, round_id)]
        if not waiting:
            resolve_alert(tx, OPEN_ROUND, round_id, at)
            return
        places = sorted(set(waiting))
        raise_alert(
            tx,
            severity=Severity.YELLOW,
            code=OPEN_ROUND,
            subject=round_id,
            text=f"Đợt hủy chưa xong: còn chờ {', '.join(places[:10])}.",
            at=at,
            data={"waiting": len(waiting), "places": places[:100]},
        )


def _to_begin(line: ListedLine) -> bool:
    return line.state is LineState.LISTED and line.choice is not None and line.choice.outcome is Outcome.DESTROY


def _mark(
    installation: Installation, round_id: str, file_ids: Sequence[str], titles_stay: bool
) -> Mapping[str, Needles]:
    """Taken from each and durable; what the intent of each seals of them.

    Taken anew of what was marked before and not begun: another decision may let its title stay, or not.
    """
    content = _Content(installation)

    def taken_of(file_id: str) -> Marked:
        with installation.catalogue.read() as view:
            return marked_file(
                view,
                file_id,
                opened=content.opened,
                text_of=content.text,
                key_traces=partial(key_traces, installation),
                title_stays=titles_stay,
            )

    try:
        taken = [taken_of(file_id) for file_id in file_ids]
    finally:
        content.close()
    markers = marker_file(installation, round_id)
    known = markers.read()
    markers.add([item for item in taken if known.get(item.file_id) != item])
    return {item.file_id: item.seal for item in taken}


class _Content:
    """The plain content of packages, from the first store that has it; the package last read stays open for its texts."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._reader: AipReader | None = None
        self._file: BinaryIO | None = None

    def opened(self, aip: Aip) -> BinaryIO:
        failed: StoreError | None = None
        for store in self._installation.reading_stores:
            try:
                return store.open(aip.object_key)
            except StoreError as error:
                failed = error
        raise failed or StoreError("Chưa khai báo kho nào.")

    def text(self, aip: Aip, ordinal: int) -> bytes | None:
        """The beginning of the text taken from an original; None when there is none, or it cannot be read."""
        path = f"{tree_path(aip.id)}/{REP2}/data/{numbered(ordinal)}.txt"
        try:
            with self._reader_of(aip).open(path) as text:
                return text.read(_TEXT_BYTES)
        except LuutruError:
            return None

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._reader = self._file = None

    def _reader_of(self, aip: Aip) -> AipReader:
        if self._reader is None or self._reader.aip_id != aip.id:
            self.close()
            self._file = self.opened(aip)
            self._reader = AipReader(self._file)
        return self._reader


def key_traces(installation: Installation, file_id: str) -> list[bytes]:
    """The first half of the key of a hồ sơ in the forms it could have been copied in: 126 unknown bits are left, and yet
    nothing else begins like it."""
    if installation.keys is None:
        return []
    try:
        text = installation.keys.identity(file_id).exported()
    except LuutruError:
        return []
    half = decoded(_PREFIX, text)[:16]
    told = text[: len(_PREFIX) + 1 + 26]
    return [item for item in (half, told.encode(), told.lower().encode(), half.hex().encode()) if searchable(item)]
