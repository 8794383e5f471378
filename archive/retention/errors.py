"""What is refused about hồ sơ, their periods, schedules and lists, each with its stable code."""

from __future__ import annotations

from archive.errors import LuutruError


class FileMissingError(LuutruError):
    """No hồ sơ has this id or code."""

    code = "file.missing"


class FileConflictError(LuutruError):
    """Another hồ sơ of the agency has this code, or the package belongs to another one."""

    code = "file.conflict"


class FileMoveError(LuutruError):
    """A hồ sơ may not go from this state to that one."""

    code = "file.move-illegal"


class FileEndedError(LuutruError):
    """The hồ sơ is being destroyed, or was: nothing about it is changed and nothing is added to it."""

    code = "file.ended"


class FileInRoundError(LuutruError):
    """The hồ sơ stands in a destruction round, or in another one than was named."""

    code = "file.in-round"


class FileAwaitedError(LuutruError):
    """A supplement of the hồ sơ is accepted and not packaged yet: it cannot be destroyed before it is whole."""

    code = "file.supplement-awaited"


class FileKeptError(LuutruError):
    """The hồ sơ is kept permanently, or nobody has determined for how long: it is never proposed for destruction."""

    code = "file.kept"


class PeriodRefusedError(LuutruError):
    """What was given is no period, has no reason, or is shorter than it may be."""

    code = "period.refused"


class PeriodTooShortError(LuutruError):
    """The period is shorter than the row of the schedule it is taken from."""

    code = "period.shorter-than-schedule"


class EventRefusedError(LuutruError):
    """The hồ sơ waits for no event, or the year cannot be the event's."""

    code = "file.event-refused"
