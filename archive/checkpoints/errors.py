"""What is wrong with checkpoints, in words for the user; places of damage stand in ``detail``."""

from __future__ import annotations

from archive.errors import LuutruError, StoreError


class CheckpointError(LuutruError):
    """A checkpoint, or what it speaks of, is not what was signed."""

    code = "checkpoint.failed"


class CheckpointDamagedError(CheckpointError):
    """The checkpoint itself: its form, its bytes, its signature, or its place in the chain."""

    code = "checkpoint.damaged"


class CheckpointMissingError(CheckpointError):
    """A checkpoint another one names is not there."""

    code = "checkpoint.absent"


class CheckpointPartError(CheckpointError):
    """A segment of the ledger or a set of rows is absent, damaged, or not what its checkpoint says."""

    code = "checkpoint.part-damaged"


class CheckpointConflictError(CheckpointError):
    """A store holds another checkpoint of this number: the catalogue is older than the store, or a second one seals."""

    code = "checkpoint.conflict"


class LedgerNotCopiedError(StoreError):
    """The record is not yet in every required store; what waits for it goes on when it is."""

    code = "ledger.not-copied"
