"""Waiting until a ledger record lies in every required store: whoever comes while one seals shares the next checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from threading import Condition

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.checkpoint_reading import checkpoint_over, last_checkpoint, lease, ledger_at, shipments
from archive.checkpoints.errors import LedgerNotCopiedError
from archive.checkpoints.sealing import SOFTWARE, Archive, seal
from archive.checkpoints.shipping import ship
from archive.checkpoints.statement import Checkpoint
from archive.signing import ArchiveKey
from archive.storage.store import Store

POLL_SECONDS = 0.05


class LedgerCopies:
    """The ledger in the required stores. Shared by all threads of a process; processes take turns."""

    def __init__(
        self,
        catalogue: Catalogue,
        required: Callable[[], Sequence[Store]],
        key: ArchiveKey,
        archive: Archive,
        *,
        now: Callable[[], datetime],
        software: str = SOFTWARE,
        scratch: Path | None = None,
        patience_seconds: float = 120.0,
    ) -> None:
        self._catalogue = catalogue
        self._required = required
        self._key = key
        self._archive = archive
        self._now = now
        self._software = software
        self._scratch = scratch
        self._patience_seconds = patience_seconds
        self._turn = Condition()
        self._sealing = False
        self._covered = 0

    def ensure(self, seq: int) -> None:
        """Every record up to ``seq`` is sealed, and the checkpoint in every required store, when this returns.

        Raises LedgerNotCopiedError when a required store does not take it: nothing is lost, it may be tried again.
        """
        until = time.monotonic() + self._patience_seconds
        while True:
            with self._turn:
                while self._sealing and self._covered < seq:
                    self._turn.wait()
                if self._covered >= seq:
                    return
                self._sealing = True
            try:
                covered = self._seal_in_turn(seq, until)
            finally:
                with self._turn:
                    self._sealing = False
                    self._turn.notify_all()
            with self._turn:
                self._covered = max(self._covered, covered)

    def _seal_in_turn(self, seq: int, until: float) -> int:
        """How far the required stores have come after sealing, or after another process has."""
        stores = tuple(self._required())
        while (covered := self._seen(stores)) < seq:
            with self._catalogue.read() as view:
                sealed = checkpoint_over(view, seq) is not None
                sealing = lease(view)
            if not sealed:
                made = self._sealed(stores)
                if made is not None and self._seen(stores) >= seq:
                    continue
            elif sealing is None or time.monotonic() > until - self._patience_seconds / 2:
                self._ship(stores, seq)
                continue
            if time.monotonic() > until:
                raise _not_copied([store.name for store in stores], "another process seals")
            time.sleep(POLL_SECONDS)
        return covered

    def _sealed(self, stores: Sequence[Store]) -> Checkpoint | None:
        return seal(
            self._catalogue,
            stores,
            self._key,
            self._archive,
            now=self._now(),
            software=self._software,
            scratch=self._scratch,
        )

    def _ship(self, stores: Sequence[Store], seq: int) -> None:
        """What a required store lacks, also when it was away for long. Raises LedgerNotCopiedError."""
        with self._catalogue.read() as view:
            newest = last_checkpoint(view)
        behind = [item for item in ship(self._catalogue, stores, newest, at=self._now()) if item.error]
        if behind and self._seen(stores) < seq:
            raise _not_copied([item.store for item in behind], str(behind[0].error)) from behind[0].error

    def _seen(self, stores: Sequence[Store]) -> int:
        """The last record that every one of ``stores`` has, by the checkpoints shipped there."""
        with self._catalogue.read() as view:
            marks = shipments(view)
            return min((ledger_at(view, marks[s.name].number) if s.name in marks else 0 for s in stores), default=0)


def _not_copied(stores: Sequence[str], detail: str) -> LedgerNotCopiedError:
    return LedgerNotCopiedError(
        f"Nhật ký chưa ghi được vào kho bắt buộc: {', '.join(stores)}.",
        remedy="Kiểm tra kho; hệ thống sẽ thử lại, biên nhận được cấp ngay sau đó.",
        detail=detail,
    )
