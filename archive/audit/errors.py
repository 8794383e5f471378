"""What keeps an audit from going on; none of it says anything about a copy."""

from __future__ import annotations

from archive.errors import LuutruError


class AuditRunningError(LuutruError):
    """Another process audits this store at this time; nothing was done."""

    code = "audit.running"


class AuditHaltedError(LuutruError):
    """The world keeps this audit from going on: a store that is away, a catalogue that fails. What was read counts."""

    code = "audit.halted"
