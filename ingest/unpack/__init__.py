"""Safe unpacking: names and bytes from outside under limits, into quarantine or surveyed in place."""

from ingest.unpack.entries import IntakeFailedError, QuarantineFullError, SourceUnreadableError
from ingest.unpack.kinds import SourceKind
from ingest.unpack.limits import Limits
from ingest.unpack.nested import largest_declared
from ingest.unpack.recognising import subject_of
from ingest.unpack.unpacked import Unpacked, reopened
from ingest.unpack.unpacking import can_survey, survey, unpack

__all__ = [
    "IntakeFailedError",
    "Limits",
    "QuarantineFullError",
    "SourceKind",
    "SourceUnreadableError",
    "Unpacked",
    "can_survey",
    "largest_declared",
    "reopened",
    "subject_of",
    "survey",
    "unpack",
]
