"""Who makes a change of rights: an account, or whoever stands at the machine's own command line."""

from __future__ import annotations

from dataclasses import dataclass

from archive.access.principal import Principal, Scope


@dataclass(frozen=True, slots=True)
class Author:
    """``actor``: as the ledger names him. ``account_id``: None at the command line, which no account stands behind.

    ``scopes``: those he came with; what he hands on to himself can be no wider. ``token_id``: the token he came with,
    if nothing but that says who he is; then what he hands on to himself ends with it.
    """

    actor: str
    account_id: str | None = None
    scopes: frozenset[Scope] = frozenset(Scope)
    token_id: str | None = None

    @classmethod
    def of(cls, principal: Principal) -> Author:
        return cls(principal.actor, principal.account_id, principal.scopes, principal.token_id)
