"""What a repair is given besides catalogue and stores: clock, ids, patience, and who asks."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive.repair.errors import RepairStoppedError
from archive.steady_reading import PAUSES_SECONDS


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Terms:
    """``keep_damaged``: how long damaged bytes are kept aside. ``unreadable_times``: after so many attempts, at least
    ``unreadable_apart`` from one to the next, an unreadable copy is replaced without a person.

    ``public_keys``: whose signatures on checkpoints count; with none, those of an archive that seals nothing. ``paced`` is
    told the bytes as they are read or written, and may wait. ``stopping``: asked between pieces.
    """

    actor: str = "luutru"
    now: Callable[[], datetime] = _now
    new_id: Callable[[], str] = _new_id
    keep_damaged: timedelta = timedelta(days=90)
    unreadable_times: int = 3
    unreadable_apart: timedelta = timedelta(days=1)
    public_keys: Sequence[Ed25519PublicKey] = ()
    pauses_seconds: Sequence[float] = PAUSES_SECONDS
    paced: Callable[[int], None] = lambda _bytes: None
    stopping: Callable[[], bool] = lambda: False

    def went_on(self, count: int) -> None:
        """For every piece read or written. Raises RepairStoppedError."""
        if self.stopping():
            raise RepairStoppedError("Việc phục hồi được dừng lại và sẽ làm tiếp.")
        self.paced(count)

    def retry_at(self, attempts: int) -> datetime:
        """When to try again what failed ``attempts`` times: a minute, then twice as long each time, a day at most."""
        return self.now() + min(timedelta(minutes=2 ** min(attempts - 1, 20)), timedelta(days=1))
