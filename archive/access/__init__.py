"""Who may do what, to which records: roles, operations, modes of use, and the one table that answers."""

from archive.access.author import Author
from archive.access.modes import Mode, effective_mode, stated_mode
from archive.access.principal import Grant, Principal
from archive.access.rules import Operation, Role, Scope, Target, Verdict, decide, scope_of, visible_modes

__all__ = [
    "Author",
    "Grant",
    "Mode",
    "Operation",
    "Principal",
    "Role",
    "Scope",
    "Target",
    "Verdict",
    "decide",
    "effective_mode",
    "scope_of",
    "stated_mode",
    "visible_modes",
]
