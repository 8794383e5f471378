"""Typed errors about the world, translated once at the driver; findings about content are values, not errors."""

from __future__ import annotations

from datetime import datetime


class LuutruError(Exception):
    """An error a user can act on: a stable code, a Vietnamese message without internal paths, and what to do.

    The text for the log goes into ``detail`` and is never shown to a user.
    """

    code = "luutru.error"

    def __init__(self, message: str, *, remedy: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.detail = detail


class PathRefusedError(LuutruError):
    """A name from outside that cannot become a ``RelPath``; ``rule`` says which rule it broke."""

    code = "path.refused"

    def __init__(self, message: str, *, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


class StoreError(LuutruError):
    """A store could not do what was asked: full, read-only, unreachable, or failing."""

    code = "store.failed"


class ObjectMissingError(StoreError):
    """No object has this key."""

    code = "store.object-missing"


class ObjectExistsError(StoreError):
    """Another object with other bytes already has this key; nothing was overwritten."""

    code = "store.object-exists"


class KeyRefusedError(LuutruError):
    """A text that cannot be the key of an object or the name of a folder in a store."""

    code = "store.key-refused"


class StoreFullError(StoreError):
    """The medium or its quota is full; nothing of the object was kept."""

    code = "store.full"


class StoreReadOnlyError(StoreError):
    """The medium refuses to be written to."""

    code = "store.read-only"


class LockedError(StoreError):
    """A lock of the medium (Object Lock, an immutable file) keeps the object; it is still there.

    ``until``: when the lock ends, None where nobody can say.
    """

    code = "store.locked"

    def __init__(self, message: str, *, remedy: str = "", detail: str = "", until: datetime | None = None) -> None:
        super().__init__(message, remedy=remedy, detail=detail)
        self.until = until


class StoreSettingsError(LuutruError):
    """A store is configured in a way it cannot work; the message names the setting."""

    code = "store.settings-invalid"


class IllegalMoveError(LuutruError):
    """A submission may not go from this state to that one."""

    code = "submission.move-illegal"


class CatalogueError(LuutruError):
    """The catalogue could not do what was asked: unreachable, full, or failing."""

    code = "catalogue.failed"


class CatalogueBusyError(CatalogueError):
    """Another writer held the catalogue for longer than the waiting time; nothing was written."""

    code = "catalogue.busy"


class CatalogueUnreachableError(CatalogueError):
    """The server of the catalogue does not answer, or has ended the connection; nothing uncommitted was kept."""

    code = "catalogue.unreachable"


class StaleClaimError(LuutruError):
    """What was claimed has been taken over by another worker meanwhile; nothing was written."""

    code = "work.claim-stale"


class CatalogueVersionError(CatalogueError):
    """The catalogue was written by a newer version of this program; nothing was touched."""

    code = "catalogue.version-unknown"


class LedgerBrokenError(CatalogueError):
    """The end of the ledger is not where the catalogue left it; nothing more is written behind it."""

    code = "ledger.end-broken"


class SubmissionMissingError(LuutruError):
    """No submission has this id."""

    code = "submission.missing"


class RecordConflictError(LuutruError):
    """The same id, key or number was given before with other content; what stands was not changed."""

    code = "catalogue.conflict"


class CopiesUnprovenError(LuutruError):
    """A package cannot be called stored: not every copy of it was read back and found right."""

    code = "aip.copies-unproven"


class CopyDamagedError(LuutruError):
    """No store could give bytes that match the recorded digest; what was given out so far is nothing whole."""

    code = "copy.damaged"
