"""Rows of the tables of people and rights to values."""

from __future__ import annotations

from archive.access import Grant, Mode, Role, Scope
from archive.catalogue.rights_model import (
    Account,
    ChangeKind,
    DecidedMode,
    GivenGrant,
    RightsChange,
    SavedSearch,
    Token,
)
from archive.catalogue.rights_tables import WHOLE
from archive.catalogue.rows import AnyRow


def account_of(row: AnyRow) -> Account:
    return Account(
        id=row.id,
        username=row.username,
        name=row.name,
        role=Role(row.role),
        agency_code=row.agency_code,
        oidc_issuer=row.oidc_issuer,
        oidc_subject=row.oidc_subject,
        has_password=row.password_hash is not None,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )


def token_of(row: AnyRow) -> Token:
    return Token(
        id=row.id,
        account_id=row.account_id,
        label=row.label,
        scopes=frozenset(map(Scope, row.scopes)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_on=row.last_used_on,
    )


def grant_of(row: AnyRow) -> GivenGrant:
    return GivenGrant(
        id=row.id,
        account_id=row.account_id,
        grant=Grant(row.aip_id, row.ordinal, row.valid_from, row.valid_until),
        granted_by=row.granted_by,
        granted_at=row.granted_at,
        reason=row.reason,
        decision_number=row.decision_number,
        withdrawn_at=row.withdrawn_at,
        withdrawn_by=row.withdrawn_by,
    )


def stored_ordinal(ordinal: int | None) -> int:
    return WHOLE if ordinal is None else ordinal


def read_ordinal(ordinal: int) -> int | None:
    return None if ordinal == WHOLE else ordinal


def decided_mode_of(row: AnyRow) -> DecidedMode:
    return DecidedMode(
        aip_id=row.aip_id,
        ordinal=read_ordinal(row.ordinal),
        mode=Mode(row.mode),
        reason=row.reason,
        decision_number=row.decision_number,
        review_on=row.review_on,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        changed_seq=row.changed_seq,
    )


def rights_change_of(row: AnyRow) -> RightsChange:
    return RightsChange(
        seq=row.ledger_seq,
        at=row.at,
        kind=ChangeKind(row.kind),
        subject=row.subject,
        account_id=row.account_id,
        actor=row.actor,
        before=row.before,
        after=row.after,
        confirmed_by=row.confirmed_by,
        confirmed_at=row.confirmed_at,
        self_confirmed=row.self_confirmed,
    )


def saved_search_of(row: AnyRow) -> SavedSearch:
    return SavedSearch(row.id, row.account_id, row.name, row.query, row.created_at)
