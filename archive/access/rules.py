"""The access rules, whole: one table of role × operation, and what each of its entries asks of the record.

Pure: no clock, no database, no HTTP. Tested over every role, operation, own/foreign, mode, grant and purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from archive.access.modes import Mode
from archive.access.principal import Principal, Role, Scope

__all__ = ["Operation", "Role", "Scope", "Target", "Verdict", "decide", "scope_of", "scopes_of_role", "visible_modes"]


class Operation(StrEnum):
    """Everything the service lets anyone do. A route carries out exactly one of them."""

    HEALTH_READ = "health.read"
    METRICS_READ = "metrics.read"
    PRESENCE_VERIFY = "presence.verify"
    SESSION_OPEN = "session.open"
    OWN_ACCOUNT_USE = "own-account.use"
    SUBMISSION_HAND_IN = "submission.hand-in"
    SUBMISSION_READ = "submission.read"
    SUBMISSION_REVIEW = "submission.review"
    RECORD_SEARCH = "record.search"
    RECORD_READ = "record.read"
    CONTENT_READ = "content.read"
    AIP_COPY = "aip.copy"
    DIP_EXPORT = "dip.export"
    LIST_EXPORT = "list.export"
    LEDGER_READ = "ledger.read"
    MODE_DECIDE = "mode.decide"
    GRANT_READ = "grant.read"
    GRANT_DECIDE = "grant.decide"
    RIGHTS_CHANGE_READ = "rights-change.read"
    RIGHTS_CHANGE_CONFIRM = "rights-change.confirm"
    ACCOUNT_ADMINISTER = "account.administer"
    AUDIT_READ = "audit.read"
    ALERT_ACKNOWLEDGE = "alert.acknowledge"
    FILE_READ = "file.read"
    FILE_KEEP = "file.keep"
    PLAN_READ = "plan.read"
    PLAN_IMPORT = "plan.import"
    PLAN_APPROVE = "plan.approve"
    SCHEDULE_READ = "schedule.read"
    SCHEDULE_ADOPT = "schedule.adopt"
    PERIOD_REVIEW_READ = "period-review.read"
    PERIOD_REVIEW_DECIDE = "period-review.decide"
    HOLD_READ = "hold.read"
    HOLD_PLACE = "hold.place"
    HOLD_RELEASE = "hold.release"
    RETENTION_REPORT_READ = "retention-report.read"
    ACTIVITY_REPORT_READ = "activity-report.read"
    ACTIVITY_REPORT_KEEP = "activity-report.keep"
    ROUND_READ = "round.read"
    ROUND_PROPOSE = "round.propose"
    ROUND_ACT = "round.act"
    """What a duty in a round asks of whoever has it; the round itself says who that is, whatever the role."""
    ROUND_DECIDE = "round.decide"
    ABSENCE_VERIFY = "absence.verify"
    """To have looked for what a round destroyed; the round itself refuses whoever has a duty in it."""
    TOMBSTONE_READ = "tombstone.read"


class Verdict(StrEnum):
    """``unknown``: the asker may not learn that it exists. ``purpose_missing``: allowed once a purpose is stated."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"
    PURPOSE_MISSING = "purpose_missing"


@dataclass(frozen=True, slots=True)
class Target:
    """The record asked for, as the catalogue knows it. ``mode``: effective; of a package, the strictest of what is in it.

    ``known_mode``: the mode by which its existence is judged when that differs (a package: that of its hồ sơ).
    """

    owner: str
    mode: Mode
    granted: bool = False
    purpose: bool = False
    known_mode: Mode | None = None


class _Rule(StrEnum):
    NO = "no"
    YES = "yes"
    OWN = "own"
    """Only what the account's agency handed in."""
    KNOWN = "known"
    """Metadata: whatever this role may know of."""
    CONTENT = "content"
    """Bytes: known, and open by mode, purpose or grant."""


_PUBLIC = frozenset({Operation.HEALTH_READ, Operation.PRESENCE_VERIFY, Operation.SESSION_OPEN})
"""What needs no account."""

_SCOPE: Mapping[Operation, Scope | None] = {
    Operation.HEALTH_READ: None,
    Operation.PRESENCE_VERIFY: None,
    Operation.SESSION_OPEN: None,
    Operation.OWN_ACCOUNT_USE: None,
    Operation.METRICS_READ: Scope.ADMINISTER,
    Operation.SUBMISSION_HAND_IN: Scope.SUBMIT,
    Operation.SUBMISSION_READ: Scope.READ,
    Operation.SUBMISSION_REVIEW: Scope.REVIEW,
    Operation.RECORD_SEARCH: Scope.READ,
    Operation.RECORD_READ: Scope.READ,
    Operation.CONTENT_READ: Scope.READ,
    Operation.AIP_COPY: Scope.READ,
    Operation.DIP_EXPORT: Scope.READ,
    Operation.LIST_EXPORT: Scope.READ,
    Operation.LEDGER_READ: Scope.READ,
    Operation.MODE_DECIDE: Scope.DECIDE,
    Operation.GRANT_READ: Scope.DECIDE,
    Operation.GRANT_DECIDE: Scope.DECIDE,
    Operation.RIGHTS_CHANGE_READ: Scope.READ,
    Operation.RIGHTS_CHANGE_CONFIRM: Scope.DECIDE,
    Operation.ACCOUNT_ADMINISTER: Scope.ADMINISTER,
    Operation.AUDIT_READ: Scope.READ,
    Operation.ALERT_ACKNOWLEDGE: Scope.ADMINISTER,
    Operation.FILE_READ: Scope.READ,
    Operation.FILE_KEEP: Scope.REVIEW,
    Operation.PLAN_READ: Scope.READ,
    Operation.PLAN_IMPORT: Scope.SUBMIT,
    Operation.PLAN_APPROVE: Scope.DECIDE,
    Operation.SCHEDULE_READ: Scope.READ,
    Operation.SCHEDULE_ADOPT: Scope.DECIDE,
    Operation.PERIOD_REVIEW_READ: Scope.READ,
    Operation.PERIOD_REVIEW_DECIDE: Scope.DECIDE,
    Operation.HOLD_READ: Scope.READ,
    Operation.HOLD_PLACE: Scope.REVIEW,
    Operation.HOLD_RELEASE: Scope.DECIDE,
    Operation.RETENTION_REPORT_READ: Scope.READ,
    Operation.ACTIVITY_REPORT_READ: Scope.READ,
    Operation.ACTIVITY_REPORT_KEEP: Scope.REVIEW,
    Operation.ROUND_READ: Scope.READ,
    Operation.ROUND_PROPOSE: Scope.REVIEW,
    Operation.ROUND_ACT: Scope.REVIEW,
    Operation.ROUND_DECIDE: Scope.DECIDE,
    Operation.ABSENCE_VERIFY: Scope.REVIEW,
    Operation.TOMBSTONE_READ: Scope.READ,
}

_AGENCY: Mapping[Operation, _Rule] = {
    Operation.SUBMISSION_HAND_IN: _Rule.YES,
    Operation.SUBMISSION_READ: _Rule.OWN,
    Operation.RECORD_SEARCH: _Rule.YES,
    Operation.RECORD_READ: _Rule.KNOWN,
    Operation.CONTENT_READ: _Rule.CONTENT,
    Operation.AIP_COPY: _Rule.CONTENT,
    Operation.DIP_EXPORT: _Rule.CONTENT,
    Operation.LIST_EXPORT: _Rule.YES,
    # Its own hồ sơ, danh mục and figures; a grant opens content, never the account that is kept of another's hồ sơ.
    Operation.FILE_READ: _Rule.OWN,
    Operation.PLAN_READ: _Rule.OWN,
    Operation.PLAN_IMPORT: _Rule.OWN,
    Operation.SCHEDULE_READ: _Rule.YES,
    Operation.RETENTION_REPORT_READ: _Rule.OWN,
    # Of rounds, those in which the account itself has a duty (đại diện đơn vị, người am hiểu lĩnh vực).
    Operation.ROUND_READ: _Rule.OWN,
    Operation.ROUND_ACT: _Rule.OWN,
    Operation.TOMBSTONE_READ: _Rule.OWN,
}
_READING: Mapping[Operation, _Rule] = {
    Operation.RECORD_SEARCH: _Rule.YES,
    Operation.RECORD_READ: _Rule.KNOWN,
    Operation.CONTENT_READ: _Rule.CONTENT,
    Operation.AIP_COPY: _Rule.CONTENT,
    Operation.DIP_EXPORT: _Rule.CONTENT,
    Operation.LIST_EXPORT: _Rule.YES,
    Operation.FILE_READ: _Rule.KNOWN,
    Operation.PLAN_READ: _Rule.YES,
    Operation.SCHEDULE_READ: _Rule.YES,
    Operation.PERIOD_REVIEW_READ: _Rule.KNOWN,
    Operation.HOLD_READ: _Rule.YES,
    Operation.RETENTION_REPORT_READ: _Rule.YES,
    Operation.ACTIVITY_REPORT_READ: _Rule.YES,
    Operation.ROUND_READ: _Rule.YES,
    Operation.ROUND_ACT: _Rule.YES,
    Operation.ABSENCE_VERIFY: _Rule.YES,
    Operation.TOMBSTONE_READ: _Rule.KNOWN,
}
_TABLE: Mapping[Role, Mapping[Operation, _Rule]] = {
    Role.AGENCY: _AGENCY,
    Role.ARCHIVIST: {
        **_READING,
        Operation.SUBMISSION_HAND_IN: _Rule.YES,
        Operation.SUBMISSION_READ: _Rule.YES,
        Operation.SUBMISSION_REVIEW: _Rule.YES,
        Operation.FILE_KEEP: _Rule.KNOWN,
        Operation.PLAN_IMPORT: _Rule.YES,
        Operation.ACTIVITY_REPORT_KEEP: _Rule.YES,
        # To stop a destruction is the safe direction; to let it go on again is for the head alone.
        Operation.HOLD_PLACE: _Rule.KNOWN,
        Operation.ROUND_PROPOSE: _Rule.YES,
    },
    Role.HEAD: {
        **_READING,
        Operation.SUBMISSION_READ: _Rule.YES,
        Operation.SUBMISSION_REVIEW: _Rule.YES,
        Operation.LEDGER_READ: _Rule.YES,
        Operation.MODE_DECIDE: _Rule.KNOWN,
        Operation.GRANT_READ: _Rule.YES,
        Operation.GRANT_DECIDE: _Rule.KNOWN,
        Operation.RIGHTS_CHANGE_READ: _Rule.YES,
        Operation.RIGHTS_CHANGE_CONFIRM: _Rule.YES,
        Operation.AUDIT_READ: _Rule.YES,
        Operation.ALERT_ACKNOWLEDGE: _Rule.YES,
        Operation.FILE_KEEP: _Rule.KNOWN,
        Operation.PLAN_APPROVE: _Rule.YES,
        Operation.ACTIVITY_REPORT_KEEP: _Rule.YES,
        Operation.SCHEDULE_ADOPT: _Rule.YES,
        Operation.PERIOD_REVIEW_DECIDE: _Rule.KNOWN,
        Operation.HOLD_PLACE: _Rule.KNOWN,
        Operation.HOLD_RELEASE: _Rule.YES,
        Operation.ROUND_DECIDE: _Rule.YES,
    },
    Role.AUDITOR: {
        **_READING,
        Operation.SUBMISSION_READ: _Rule.YES,
        Operation.LEDGER_READ: _Rule.YES,
        Operation.METRICS_READ: _Rule.YES,
        Operation.GRANT_READ: _Rule.YES,
        Operation.RIGHTS_CHANGE_READ: _Rule.YES,
        Operation.AUDIT_READ: _Rule.YES,
    },
    # Not the archivist: reports and incidents name packages, restricted ones among them.
    Role.ADMINISTRATOR: {
        Operation.METRICS_READ: _Rule.YES,
        Operation.RIGHTS_CHANGE_READ: _Rule.YES,
        Operation.ACCOUNT_ADMINISTER: _Rule.YES,
        Operation.AUDIT_READ: _Rule.YES,
        Operation.ALERT_ACKNOWLEDGE: _Rule.YES,
    },
}


def scope_of(operation: Operation) -> Scope | None:
    """The scope a token needs for it; None when any will do."""
    return _SCOPE[operation]


def scopes_of_role(role: Role) -> frozenset[Scope]:
    """Every scope that is of any use to the role: what its tokens may have."""
    asked = (scope_of(operation) for operation, rule in _TABLE[role].items() if rule is not _Rule.NO)
    return frozenset(scope for scope in asked if scope is not None)


def visible_modes(role: Role) -> frozenset[Mode]:
    """The modes whose records the role may know of without a grant (an agency: among its own)."""
    if role is Role.ADMINISTRATOR:
        return frozenset()
    return frozenset(Mode) - {Mode.RESTRICTED} if role is Role.ARCHIVIST else frozenset(Mode)


def decide(principal: Principal | None, operation: Operation, target: Target | None = None) -> Verdict:
    """Whether ``principal`` (None: nobody logged in) may do ``operation`` (to ``target``, when it is about a record).

    Without a target the answer is for the operation as such: whether asking makes sense at all. Whatever is not in the
    table is forbidden.
    """
    if operation in _PUBLIC:
        return Verdict.ALLOWED
    if principal is None:
        return Verdict.FORBIDDEN
    needed = scope_of(operation)
    if needed is not None and needed not in principal.scopes:
        return Verdict.FORBIDDEN
    if operation is Operation.OWN_ACCOUNT_USE:
        return Verdict.ALLOWED
    rule = _TABLE[principal.role].get(operation, _Rule.NO)
    if rule is _Rule.NO:
        return Verdict.FORBIDDEN
    if rule is _Rule.YES or target is None:
        return Verdict.ALLOWED
    if rule is _Rule.OWN:
        # A grant opens a record to a person, never what the agency that handed it in was told about it.
        return Verdict.ALLOWED if _own(principal, target) else Verdict.UNKNOWN
    if not _known(principal, target):
        return Verdict.UNKNOWN
    return _content(principal, target) if rule is _Rule.CONTENT else Verdict.ALLOWED


def _own(principal: Principal, target: Target) -> bool:
    # What no agency is known to own belongs to none, whatever an account without a code may say.
    return bool(principal.agency_code) and target.owner == principal.agency_code


def _known(principal: Principal, target: Target) -> bool:
    if target.granted:
        return True
    if principal.role is Role.AGENCY and not _own(principal, target):
        return False
    return (target.known_mode or target.mode) in visible_modes(principal.role)


def _content(principal: Principal, target: Target) -> Verdict:
    if target.granted or target.mode is Mode.OPEN:
        return Verdict.ALLOWED
    if target.mode is Mode.RESTRICTED:
        return Verdict.FORBIDDEN
    # An agency's own papers, and an auditor's reading of everything, need no purpose stated beyond who they are.
    if principal.role in (Role.AGENCY, Role.AUDITOR) or target.purpose:
        return Verdict.ALLOWED
    return Verdict.PURPOSE_MISSING
