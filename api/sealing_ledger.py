"""Sealing the ledger of one installation: what is new, the day, everything; shipping it; and asking for the time."""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from api.bootstrap import Installation, now
from api.scratch import scratch_of
from archive.catalogue.checkpoint_reading import last_checkpoint, shipments
from archive.checkpoints.ledger_copies import LedgerCopies
from archive.checkpoints.sealing import seal
from archive.checkpoints.shipping import Shipped, ship
from archive.checkpoints.statement import Checkpoint, Kind
from archive.checkpoints.timestamps import TimestampError, stamp
from archive.errors import LuutruError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one sealing did: the new checkpoint (None: nothing was new), how far each store is, what went wrong."""

    checkpoint: Checkpoint | None
    stores: tuple[Shipped, ...]
    timestamped: int = 0
    trouble: LuutruError | None = None


def software() -> str:
    """Name and version as checkpoints name them."""
    try:
        return f"luutru {importlib.metadata.version('luutru')}"
    except importlib.metadata.PackageNotFoundError:
        return "luutru"


def ledger_copies(installation: Installation) -> LedgerCopies:
    """What waits until a record lies in every required store."""
    return LedgerCopies(
        installation.catalogue,
        lambda: installation.required_stores,
        installation.key,
        installation.archive,
        now=now,
        software=software(),
        scratch=scratch_of(installation.settings.home),
    )


def seal_now(installation: Installation, kind: Kind = Kind.NEWS) -> Sealed:
    """Seals, brings every store what it lacks, and has the newest checkpoint time-stamped when that is due.

    Stores that are away, and an authority that is, delay only their own part. Raises LedgerBrokenError,
    CheckpointConflictError, and StoreError when no store takes anything.
    """
    made = seal(
        installation.catalogue,
        installation.stores,
        installation.key,
        installation.archive,
        now=now(),
        kind=kind,
        software=software(),
        scratch=scratch_of(installation.settings.home),
    )
    timestamped, trouble = _stamped(installation)
    return Sealed(made, bring_level(installation), timestamped, trouble)


def bring_level(installation: Installation) -> tuple[Shipped, ...]:
    """Every store gets what it lacks, required ones first."""
    required = installation.required_stores
    names = {store.name for store in required}
    others = [store for store in installation.stores if store.name not in names]
    with installation.catalogue.read() as view:
        newest = last_checkpoint(view)
    done: list[Shipped] = []
    for stores in (required, others):
        done += ship(installation.catalogue, stores, newest, at=now(), sources=installation.stores)
    for item in done:
        if item.error is not None:
            _log.warning("ledger: store %s stays at %d: %s", item.store, item.number, item.error.detail)
    return tuple(done)


def full_is_due(installation: Installation) -> bool:
    """Whether the last whole checkpoint is older than the settings want."""
    with installation.catalogue.read() as view:
        last = last_checkpoint(view, Kind.FULL)
    return last is not None and now() - last.content.at > timedelta(days=installation.settings.ledger.full_days)


def behind(installation: Installation) -> Sequence[str]:
    """The stores that do not have the newest checkpoint."""
    with installation.catalogue.read() as view:
        newest, marks = last_checkpoint(view), shipments(view)
    if newest is None:
        return ()
    return [
        store.name
        for store in installation.stores
        if store.name not in marks or marks[store.name].number < newest.number
    ]


def _stamped(installation: Installation) -> tuple[int, LuutruError | None]:
    from api.time_stamping import asking, roots_in

    settings = installation.settings.ledger
    if not settings.timestamp_url:
        return 0, None
    try:
        made = stamp(
            installation.catalogue,
            asking(settings.timestamp_url),
            roots_in(settings.timestamp_ca),
            now=now(),
            least=timedelta(seconds=settings.timestamp_seconds),
        )
    except TimestampError as error:
        _log.warning("ledger: no time-stamp: %s", error.detail)
        return 0, error
    return (made.number if made else 0), None
