"""Who makes a change of rights: an account, or whoever stands at the machine's own command line."""

from __future__ import annotations

from dataclasses import dataclass

from archive.access.principal import Principal


@dataclass(frozen=True, slots=True)
class Author:
    """``actor``: as the ledger names him. ``account_id``: None at the command line, which no account stands behind."""

    actor: str
    account_id: str | None = None

    @classmethod
    def of(cls, principal: Principal) -> Author:
        return cls(principal.actor, principal.account_id)
