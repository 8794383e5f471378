"""Who asks: an account as it was authenticated for one request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """Cơ quan nộp, văn thư lưu trữ, người có thẩm quyền, kiểm toán, quản trị hệ thống."""

    AGENCY = "agency"
    ARCHIVIST = "archivist"
    HEAD = "head"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """What a token may be limited to; a token without limits has all of its account's role."""

    SUBMIT = "submit"
    READ = "read"
    REVIEW = "review"
    DECIDE = "decide"
    ADMINISTER = "administer"


@dataclass(frozen=True, slots=True)
class Grant:
    """A restricted hồ sơ (``ordinal`` None: with all its documents) or one document, opened to one person for a time."""

    aip_id: str
    ordinal: int | None
    valid_from: datetime
    valid_until: datetime

    def opens(self, aip_id: str, ordinal: int | None, at: datetime) -> bool:
        """Whether it opens this now. A grant for one document opens neither its hồ sơ nor its siblings."""
        return self.aip_id == aip_id and self.ordinal in (None, ordinal) and self.valid_from <= at < self.valid_until


@dataclass(frozen=True, slots=True)
class Principal:
    """One account in one request. ``agency_code`` is set for agencies; ``grants`` are those live when it was loaded."""

    account_id: str
    username: str
    role: Role
    agency_code: str = ""
    scopes: frozenset[Scope] = frozenset(Scope)
    token_id: str | None = None
    grants: tuple[Grant, ...] = ()

    @property
    def actor(self) -> str:
        """As the ledger names it."""
        return f"account:{self.username}"

    def granted(self, aip_id: str, ordinal: int | None, at: datetime) -> bool:
        return any(grant.opens(aip_id, ordinal, at) for grant in self.grants)

    def live_grants(self, at: datetime) -> Iterable[Grant]:
        return (grant for grant in self.grants if grant.valid_from <= at < grant.valid_until)
