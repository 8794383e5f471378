"""The table of faults: each a submission with exactly one mistake, and what the archive must say and do about it."""

from __future__ import annotations

from samples.faults.archive_faults import ARCHIVE_FAULTS
from samples.faults.bag_faults import BAG_FAULTS
from samples.faults.duplicate_faults import DUPLICATE_FAULTS
from samples.faults.file_faults import FILE_FAULTS
from samples.faults.metadata_faults import METADATA_FAULTS
from samples.faults.model import Fault, Kit, Outcome
from samples.faults.signing_faults import SIGNING_FAULTS
from samples.workshop import Workshop

__all__ = ["FAULTS", "Fault", "Kit", "Outcome", "kit_of"]

FAULTS: tuple[Fault, ...] = (
    *SIGNING_FAULTS,
    *FILE_FAULTS,
    *BAG_FAULTS,
    *METADATA_FAULTS,
    *DUPLICATE_FAULTS,
    *ARCHIVE_FAULTS,
)


def kit_of(fault: Fault, workshop: Workshop) -> Kit:
    """The kit of this fault: its documents have the same numbers whichever faults are made."""
    return Kit(workshop, FAULTS.index(fault) + 1)
