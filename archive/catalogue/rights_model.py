"""Accounts, tokens, grants, decided modes and changes of rights as values; none of them holds a secret or its hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from archive.access import Grant, Mode, Principal, Role, Scope


@dataclass(frozen=True, slots=True)
class NewAccount:
    """``agency_code`` for agencies and for nobody else; both ``oidc_`` fields, or neither."""

    id: str
    username: str
    name: str
    role: Role
    agency_code: str = ""
    oidc_issuer: str | None = None
    oidc_subject: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One person's or system's account. ``username`` is normalised and never changes."""

    id: str
    username: str
    name: str
    role: Role
    agency_code: str
    oidc_issuer: str | None
    oidc_subject: str | None
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None

    @property
    def active(self) -> bool:
        return self.disabled_at is None

    @property
    def actor(self) -> str:
        """As the ledger names it."""
        return f"account:{self.username}"


@dataclass(frozen=True, slots=True)
class NewToken:
    """``secret_sha256``: all that is ever kept of the secret."""

    id: str
    account_id: str
    label: str
    secret_sha256: str
    scopes: frozenset[Scope]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it may be shown to its owner. ``last_used_on``: the day, in Vietnam."""

    id: str
    account_id: str
    label: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_on: date | None

    def live(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.expires_at


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A valid token's account. ``last_used_on`` of the token, so that its day of use is written once a day."""

    principal: Principal
    last_used_on: date | None


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A restricted hồ sơ (``ordinal`` None) or document to be opened to one account for a time."""

    id: str
    account_id: str
    aip_id: str
    ordinal: int | None
    reason: str
    valid_from: datetime
    valid_until: datetime
    decision_number: str = ""


@dataclass(frozen=True, slots=True)
class GivenGrant:
    """A grant as it was given, and withdrawn if it was. ``granted_by``, ``withdrawn_by``: ids of accounts."""

    id: str
    account_id: str
    grant: Grant
    granted_by: str
    granted_at: datetime
    reason: str
    decision_number: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None

    def live(self, at: datetime) -> bool:
        return self.withdrawn_at is None and self.grant.valid_from <= at < self.grant.valid_until


@dataclass(frozen=True, slots=True)
class DecidedMode:
    """The archive's own decision on the mode of a hồ sơ (``ordinal`` None) or document; the last one stands."""

    aip_id: str
    ordinal: int | None
    mode: Mode
    reason: str
    decision_number: str
    review_on: date | None
    decided_by: str
    decided_at: datetime
    changed_seq: int


class ChangeKind(StrEnum):
    """What kind of change of rights it was."""

    ACCOUNT_CREATED = "account_created"
    ROLE_CHANGED = "role_changed"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    SIGN_IN_LINKED = "sign_in_linked"
    PASSWORD_SET_BY_OTHER = "password_set_by_other"
    GRANT_GIVEN = "grant_given"
    GRANT_WITHDRAWN = "grant_withdrawn"
    MODE_DECIDED = "mode_decided"


@dataclass(frozen=True, slots=True)
class RightsChange:
    """One change of rights, shown until confirmed (NĐ 30/2020, Phụ lục VI, III.3). ``seq``: its ledger record's.

    ``subject``: the account's or package's id. ``account_id``: whose rights it concerns, None for a mode of use.
    """

    seq: int
    at: datetime
    kind: ChangeKind
    subject: str
    account_id: str | None
    actor: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    confirmed_by: str | None
    confirmed_at: datetime | None
    self_confirmed: bool


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search an account keeps under a name of its own."""

    id: str
    account_id: str
    name: str
    query: Mapping[str, Any]
    created_at: datetime
