"""What a watch is: the codes it answers for, and what stands under them now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.bootstrap import Installation
from archive.alerts import Standing


@dataclass(frozen=True, slots=True)
class Watch:
    """``look`` finds every alert that ought to be open with one of ``codes``; what it does not name is over.

    It raises LuutruError when it cannot know: then nothing is opened and nothing is over.
    """

    name: str
    codes: frozenset[str]
    look: Callable[[Installation, datetime], Sequence[Standing]]
