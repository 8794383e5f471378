"""The facts a ledger record can state: `subject.object.past-participle`; never renamed, never reused."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Event(StrEnum):
    """One list of all events. Those that move a submission stand in ``archive.lifecycle.STATE_AFTER``."""

    SUBMISSION_CONTENT_RECEIVED = "submission.content.received"
    SUBMISSION_CHECKS_COMPLETED = "submission.checks.completed"
    SUBMISSION_DECISION_ACCEPTED = "submission.decision.accepted"
    SUBMISSION_DECISION_REFERRED = "submission.decision.referred"
    SUBMISSION_DECISION_RETURNED = "submission.decision.returned"
    SUBMISSION_CONTENT_REFUSED = "submission.content.refused"
    SUBMISSION_CONTENT_REMOVED = "submission.content.removed"
    SUBMISSION_RECEIPT_ISSUED = "submission.receipt.issued"
    AIP_PACKAGE_WRITTEN = "aip.package.written"
    AIP_PACKAGE_REWRITTEN = "aip.package.rewritten"
    AIP_REPLACED_REMOVED = "aip.replaced.removed"
    AIP_COPIES_VERIFIED = "aip.copies.verified"
    KEYS_SHARES_PRINTED = "keys.shares.printed"
    KEYS_DRILL_COMPLETED = "keys.drill.completed"
    KEYS_KEK_RECOVERED = "keys.kek.recovered"
    KEYS_KEK_ROTATED = "keys.kek.rotated"
    AIP_FIXITY_VERIFIED = "aip.fixity.verified"
    AIP_FIXITY_REFUTED = "aip.fixity.refuted"
    DOCUMENT_COPY_DELIVERED = "document.copy.delivered"
    AIP_COPY_DELIVERED = "aip.copy.delivered"
    RECORD_DESCRIPTION_SHOWN = "record.description.shown"
    RECORD_SEARCH_PERFORMED = "record.search.performed"
    RECORD_LIST_EXPORTED = "record.list.exported"
    RECORD_ACCESS_REFUSED = "record.access.refused"
    RECORD_PRESENCE_VERIFIED = "record.presence.verified"
    RECORD_MODE_DECIDED = "record.mode.decided"
    RECORD_GRANT_GIVEN = "record.grant.given"
    RECORD_GRANT_WITHDRAWN = "record.grant.withdrawn"
    SUBMISSION_DESCRIPTION_SHOWN = "submission.description.shown"
    DOCUMENT_PAGE_SHOWN = "document.page.shown"
    DIP_COPY_DELIVERED = "dip.copy.delivered"
    LEDGER_COPY_REPAIRED = "ledger.copy.repaired"
    LEDGER_RECORDS_SHOWN = "ledger.records.shown"
    ACCOUNT_RECORD_CREATED = "account.record.created"
    ACCOUNT_RIGHTS_CHANGED = "account.rights.changed"
    ACCOUNT_PASSWORD_CHANGED = "account.password.changed"
    ACCOUNT_TOKEN_ISSUED = "account.token.issued"
    ACCOUNT_TOKEN_REVOKED = "account.token.revoked"
    ACCOUNT_SESSION_OPENED = "account.session.opened"
    ACCOUNT_SESSION_REFUSED = "account.session.refused"
    RIGHTS_CHANGE_CONFIRMED = "rights.change.confirmed"
    AUDIT_RUN_COMPLETED = "audit.run.completed"
    AUDIT_CANARY_MISSED = "audit.canary.missed"
    AIP_COPY_REPAIRED = "aip.copy.repaired"
    AIP_COPY_REBUILT = "aip.copy.rebuilt"
    AIP_COPY_ADDED = "aip.copy.added"
    AIP_DAMAGE_REMOVED = "aip.damage.removed"
    AIP_INCIDENT_OPENED = "aip.incident.opened"
    AIP_INCIDENT_CLOSED = "aip.incident.closed"
    STORE_POLICY_ADOPTED = "store.policy.adopted"
    STORE_PLACE_ADDED = "store.place.added"
    STORE_PLACE_RETIRED = "store.place.retired"
    STORE_MEDIUM_MOVED = "store.medium.moved"
    ARCHIVE_BACKUP_COMPLETED = "archive.backup.completed"
    ARCHIVE_DRILL_COMPLETED = "archive.drill.completed"
    ARCHIVE_CATALOGUE_REBUILT = "archive.catalogue.rebuilt"
    ARCHIVE_DATABASE_MOVED = "archive.database.moved"
    ARCHIVE_SECRETS_EXPORTED = "archive.secrets.exported"
    ARCHIVE_REPORT_MADE = "archive.report.made"
    ARCHIVE_REPORT_SENT = "archive.report.sent"
    HOLD_ORDER_PLACED = "hold.order.placed"
    HOLD_ORDER_RELEASED = "hold.order.released"
    ROUND_LIST_DRAWN_UP = "round.list.drawn-up"
    ROUND_LINES_ADDED = "round.lines.added"
    ROUND_LINE_REMOVED = "round.line.removed"
    ROUND_LINE_VOIDED = "round.line.voided"
    ROUND_LINE_SET_ASIDE = "round.line.set-aside"
    ROUND_LINES_KEPT = "round.lines.kept"
    ROUND_LIST_SUBMITTED = "round.list.submitted"
    ROUND_COUNCIL_FORMED = "round.council.formed"
    ROUND_SESSION_OPENED = "round.session.opened"
    ROUND_VOTES_CAST = "round.votes.cast"
    ROUND_SESSIONS_CONCLUDED = "round.sessions.concluded"
    ROUND_SESSIONS_REOPENED = "round.sessions.reopened"
    ROUND_OPINION_RECORDED = "round.opinion.recorded"
    ROUND_LIST_FROZEN = "round.list.frozen"
    ROUND_DECISION_MADE = "round.decision.made"
    ROUND_EXECUTOR_APPOINTED = "round.executor.appointed"
    ROUND_PAPER_ATTACHED = "round.paper.attached"
    ROUND_PAPERS_COMPLETED = "round.papers.completed"
    ROUND_FILES_HANDED_OVER = "round.files.handed-over"
    ROUND_DESTRUCTION_STARTED = "round.destruction.started"
    ROUND_DESTRUCTION_ORDERED = "round.destruction.ordered"
    ROUND_DESTRUCTION_VERIFIED = "round.destruction.verified"
    ROUND_MINUTES_MADE = "round.minutes.made"
    ROUND_DOSSIER_STORED = "round.dossier.stored"
    ROUND_PROCEDURE_COMPLETED = "round.procedure.completed"
    ROUND_PROCEDURE_ABANDONED = "round.procedure.abandoned"
    FILE_REMAINS_REMOVED = "file.remains.removed"
    ROUND_ABSENCE_ORDERED = "round.absence.ordered"
    ROUND_ABSENCE_VERIFIED = "round.absence.verified"
    ROUND_CERTIFICATE_ISSUED = "round.certificate.issued"
    ROUND_CERTIFICATE_PRINTED = "round.certificate.printed"
    FILE_RECORD_OPENED = "file.record.opened"
    FILE_PACKAGE_ADDED = "file.package.added"
    FILE_RECORD_CLOSED = "file.record.closed"
    FILE_RECORD_REOPENED = "file.record.reopened"
    FILE_PERIOD_DETERMINED = "file.period.determined"
    FILE_EVENT_RECORDED = "file.event.recorded"
    FILE_PAPER_LINKED = "file.paper.linked"
    FILE_CUSTODY_TRANSFERRED = "file.custody.transferred"
    FILE_ROUND_ENTERED = "file.round.entered"
    FILE_ROUND_LEFT = "file.round.left"
    FILE_DESTRUCTION_BEGUN = "file.destruction.begun"
    FILE_CONTENT_DESTROYED = "file.content.destroyed"
    FILE_PLAN_IMPORTED = "plan.list.imported"
    FILE_PLAN_APPROVED = "plan.list.approved"
    AGENCY_RECORD_CHANGED = "agency.record.changed"
    FONDS_RECORD_CHANGED = "fonds.record.changed"
    RETENTION_SCHEDULE_ADOPTED = "retention.schedule.adopted"
    RETENTION_REVIEWS_OPENED = "retention.reviews.opened"
    RETENTION_REVIEW_DECIDED = "retention.review.decided"


REQUIRED_DATA: Mapping[Event, frozenset[str]] = {
    Event.SUBMISSION_CONTENT_RECEIVED: frozenset({"registration_number", "sha256", "size_bytes"}),
    Event.AIP_PACKAGE_WRITTEN: frozenset({"aip_id", "sha256", "size_bytes", "layout_sha256"}),
    Event.AIP_PACKAGE_REWRITTEN: frozenset(
        {"aip_id", "submission_id", "sha256", "size_bytes", "layout_sha256", "sealed", "before_sha256", "reason"}
    ),
    Event.AIP_REPLACED_REMOVED: frozenset({"aip_id", "key"}),
    Event.AIP_COPIES_VERIFIED: frozenset({"aip_id"}),
    Event.RECORD_MODE_DECIDED: frozenset({"aip_id", "ordinal", "mode"}),
    Event.RECORD_GRANT_GIVEN: frozenset({"grant_id", "account_id", "aip_id", "ordinal", "valid_from", "valid_until"}),
    Event.AUDIT_RUN_COMPLETED: frozenset({"run_id", "store", "counts", "bytes", "verdict", "report_sha256", "canary"}),
    Event.AUDIT_CANARY_MISSED: frozenset({"run_id", "store"}),
    Event.LEDGER_COPY_REPAIRED: frozenset({"store", "key", "sha256", "found_sha256"}),
    Event.ACCOUNT_RECORD_CREATED: frozenset({"account_id", "username", "role", "agency_code"}),
    Event.AIP_COPY_ADDED: frozenset({"aip_id", "store", "source"}),
    Event.STORE_POLICY_ADOPTED: frozenset({"version", "sha256"}),
    Event.STORE_PLACE_ADDED: frozenset({"store"}),
    Event.STORE_PLACE_RETIRED: frozenset({"store"}),
    Event.STORE_MEDIUM_MOVED: frozenset({"store", "old_place", "new_place", "objects", "size_bytes"}),
    Event.ACCOUNT_RIGHTS_CHANGED: frozenset({"account_id", "change", "before", "after"}),
    Event.AIP_COPY_REPAIRED: frozenset({"aip_id", "store", "from_store", "sha256", "damaged_sha256", "aside"}),
    Event.AIP_COPY_REBUILT: frozenset({"aip_id", "store", "from_stores", "sha256", "damaged_sha256", "aside"}),
    Event.AIP_DAMAGE_REMOVED: frozenset({"aip_id", "store", "aside"}),
    Event.AIP_INCIDENT_OPENED: frozenset({"incident_id", "kind"}),
    Event.AIP_INCIDENT_CLOSED: frozenset({"incident_id", "kind", "outcome", "reason"}),
    Event.ARCHIVE_REPORT_MADE: frozenset({"report", "sha256", "pdf_sha256"}),
    Event.ARCHIVE_REPORT_SENT: frozenset({"report", "sha256", "number", "sent_on"}),
    Event.HOLD_ORDER_PLACED: frozenset({"kind", "files", "list_sha256", "until"}),
    Event.ROUND_LIST_FROZEN: frozenset({"list_sha256", "lines"}),
    Event.ROUND_DECISION_MADE: frozenset({"list_sha256", "number", "decided_on", "decided_by"}),
    Event.ROUND_PAPER_ATTACHED: frozenset({"kind", "sha256", "list_sha256", "signature"}),
    Event.ROUND_LINE_VOIDED: frozenset({"file_id", "codes"}),
    Event.FILE_REMAINS_REMOVED: frozenset({"round_id", "place"}),
    Event.ROUND_DESTRUCTION_ORDERED: frozenset({"order_id"}),
    Event.ROUND_ABSENCE_ORDERED: frozenset({"order_id"}),
    Event.ROUND_ABSENCE_VERIFIED: frozenset({"run_id", "verdict", "report_sha256"}),
    Event.ROUND_CERTIFICATE_ISSUED: frozenset({"run_id", "sha256", "files"}),
    Event.ROUND_CERTIFICATE_PRINTED: frozenset({"sha256", "size_bytes"}),
    Event.FILE_RECORD_OPENED: frozenset({"agency_code", "file_code", "period", "profile", "profile_version"}),
    Event.FILE_PACKAGE_ADDED: frozenset({"aip_id", "ordinal"}),
    Event.FILE_PERIOD_DETERMINED: frozenset({"before", "after"}),
    Event.FILE_ROUND_ENTERED: frozenset({"round_id"}),
    Event.FILE_ROUND_LEFT: frozenset({"round_id"}),
    Event.FILE_DESTRUCTION_BEGUN: frozenset({"round_id"}),
    Event.FILE_CONTENT_DESTROYED: frozenset({"round_id"}),
    Event.RETENTION_SCHEDULE_ADOPTED: frozenset({"schedule_id", "version", "sha256"}),
}
"""What a later reader (a follower, a rebuilt catalogue) must find in ``data`` without asking anyone else."""
