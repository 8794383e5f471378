"""A password somebody else has set is good for one thing: to be replaced by one that only its owner knows."""

from __future__ import annotations

import secrets

from archive.catalogue import Reading
from archive.events import Event

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""None that is taken for another when read out or copied by hand."""


def first_password() -> str:
    """A new one: 20 random characters (about 100 bits), in fives to be read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


def must_be_replaced(reading: Reading, account_id: str) -> bool:
    """Whether the account's password was set by another; the ledger knows, so no setting of it can be forgotten."""
    last = reading.record_of(account_id, Event.ACCOUNT_PASSWORD_CHANGED)
    return last is None or bool(last.data.get("by_other", True))
