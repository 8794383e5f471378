"""Exit codes of the command line: documented in the README, tested against it."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a script may rely on."""

    OK = 0
    FAILED = 1
    """Something was judged and fails: a check, a copy, a submission returned or refused, a difference found."""
    INDETERMINATE = 2
    """Something could not be judged: a tool missing, a time budget spent, a person must decide."""
    USAGE = 3
    """The command line itself is wrong."""
    NOT_READY = 4
    """The archive cannot do this now: not set up, disk short, a server down. Nothing was changed."""
    NOT_FOUND = 5
    """No submission, hồ sơ or document has this id."""
    DEFECT = 6
    """This software failed in a way nobody foresaw; the log of the archive says where. Nothing was judged."""
    CANARY_MISSED = 7
    """An audit did not find the package that was damaged on purpose: nothing it says may be relied on."""


INTERRUPTED = 130
"""Ended by Ctrl-C; what was under way goes on with the next command that carries work."""
READER_GONE = 141
"""Nobody reads standard output any more (``| head``)."""
