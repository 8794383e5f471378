"""Typed errors about the world, translated once at the driver; findings about content are values, not errors."""

from __future__ import annotations


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
