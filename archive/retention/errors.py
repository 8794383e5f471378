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


class ScheduleMissingError(LuutruError):
    """No adopted schedule has this id, version or row."""

    code = "retention.schedule-missing"


class ScheduleRefusedError(LuutruError):
    """What was given is no schedule, or one that cannot stand beside those adopted."""

    code = "retention.schedule-refused"


class ScheduleShorterError(LuutruError):
    """Rows of an agency's own schedule are over before the common ones; the message names the rows and both periods."""

    code = "retention.schedule-shorter"


class ReviewMissingError(LuutruError):
    """No review task has this id."""

    code = "retention.review-missing"


class ReviewDecidedError(LuutruError):
    """The review task was decided before, otherwise."""

    code = "retention.review-decided"


class ListRefusedError(LuutruError):
    """A list (danh mục, bảng thời hạn) that cannot be understood; ``faults`` name every row and what is wrong with it."""

    code = "retention.list-refused"

    def __init__(self, message: str, *, faults: tuple[str, ...], remedy: str = "", detail: str = "") -> None:
        super().__init__(message, remedy=remedy, detail=detail)
        self.faults = faults


class PlanMissingError(LuutruError):
    """No danh mục hồ sơ has this id, or no line of it this number."""

    code = "file-plan.missing"


class PlanRefusedError(LuutruError):
    """The danh mục cannot be imported, approved or used as it stands."""

    code = "file-plan.refused"


class AgencyRefusedError(LuutruError):
    """What was given is no code of an agency or fonds, or belongs to another one."""

    code = "agency.refused"


class TransferRefusedError(LuutruError):
    """The handing over cannot be recorded: something the minutes must say is missing, or nothing is handed over."""

    code = "file.transfer-refused"
