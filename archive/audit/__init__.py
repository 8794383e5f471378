"""Reading the copies again, on schedule, and saying what was found: "ok" means read, whole, now."""

from archive.audit.errors import AuditHaltedError, AuditRunningError
from archive.audit.report import Place, hand_over
from archive.audit.running import Means, audit_store
from archive.catalogue.audit_model import AuditFinding, AuditRun, Coverage, Depth, Overdue, RunState, Scope, Verdict
from archive.catalogue.audit_reading import coverage, overdue

__all__ = [
    "AuditFinding",
    "AuditHaltedError",
    "AuditRun",
    "AuditRunningError",
    "Coverage",
    "Depth",
    "Means",
    "Overdue",
    "Place",
    "RunState",
    "Scope",
    "Verdict",
    "audit_store",
    "coverage",
    "hand_over",
    "overdue",
]
