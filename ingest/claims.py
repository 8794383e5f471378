"""Which of several workers carries a submission: claimed before its first step, fenced in every transaction of each.

The number of the attempt is the token: it only grows, and with a later one given out, whoever holds an earlier one (a
worker that was paused, or cut off from the database) can change nothing any more.
"""

from __future__ import annotations

import hashlib
import os
import socket
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from archive.catalogue import Catalogue, Reading, Transaction
from archive.catalogue.fence import fenced
from archive.catalogue.worker_model import Claim
from archive.catalogue.worker_reading import claims_of, database_now, heartbeats
from archive.catalogue.worker_writing import release_claim, require_claim, take_claim
from archive.errors import LuutruError


def new_worker_id() -> str:
    """A name no other process has or will have, that says where it runs: host, machine, process, chance."""
    host = "".join(letter for letter in socket.gethostname().lower() if letter.isalnum() or letter in ".")[:24]
    return f"{host or 'localhost'}-{_machine()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


@cache
def _machine() -> str:
    """The same for processes that see each other's numbers, and no others: this boot, this space of process numbers."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return hashlib.sha256(f"{boot} {os.stat('/proc/self/ns/pid').st_ino}".encode()).hexdigest()[:8]
    except OSError:
        return uuid.uuid4().hex[:8]


def _has_ended(worker: str) -> bool:
    """Whether it is sure that this worker has ended: a process of this machine that is not there any more."""
    _, machine, pid, _ = (*worker.rsplit("-", 3), "", "", "")[:4]
    if machine != _machine() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of one worker."""

    catalogue: Catalogue
    worker: str

    @contextmanager
    def held(self, submission_id: str, attempt: int) -> Iterator[None]:
        """Inside the block the submission is this worker's, and every transaction of this thread makes sure of it.

        Raises StaleClaimError when a later attempt has it: at the beginning, or from any transaction inside. Given back
        at the end, as far as the database can be reached: else it is taken over by the next attempt all the same.
        """
        claim = Claim(submission_id, self.worker, attempt)

        def require(transaction: Transaction) -> None:
            require_claim(transaction, claim)

        with self.catalogue.transaction() as tx:
            take_claim(tx, claim)
        try:
            with fenced(require):
                yield
        finally:
            with suppress(LuutruError), self.catalogue.transaction() as tx:
                release_claim(tx, claim)

    def lost(self, submission_id: str, attempt: int) -> bool:
        """Whether another has taken it over: then whatever went wrong here since says nothing of the submission."""
        try:
            with self.catalogue.read() as reading:
                return claims_of(reading, [submission_id]).get(submission_id) != Claim(
                    submission_id, self.worker, attempt
                )
        except LuutruError:
            return False

    def attempts(self, submission_ids: Collection[str]) -> Mapping[str, int]:
        """The attempt that last claimed each of these."""
        with self.catalogue.read() as reading:
            return {key: claim.attempt for key, claim in claims_of(reading, submission_ids).items()}

    def alive(self) -> frozenset[str]:
        """The workers that gave a sign of life lately, this one among them."""
        with self.catalogue.read() as reading:
            return frozenset(self._living(reading)) | {self.worker}

    def leads(self) -> bool:
        """Whether this worker is the one that hands in what others received: the longest alive. Two may think so for a
        moment, which is harmless; without any sign of its own life it does not."""
        with self.catalogue.read() as reading:
            living = self._living(reading)
        return bool(living) and living[0] == self.worker

    def _living(self, reading: Reading) -> list[str]:
        now = database_now(reading)
        return [beat.id for beat in heartbeats(reading) if beat.alive(now) and not _has_ended(beat.id)]
