"""Incidents: opened once, told loudly, described anew when more is known, closed by what happens or by a person."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from archive.alerts import Severity, raise_alert, resolve_alert
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.repair_model import Incident, IncidentKind, IncidentOutcome
from archive.catalogue.repair_reading import incident, open_incident
from archive.catalogue.repair_writing import confirm_incident, describe_incident, end_incident, record_incident
from archive.catalogue.writing import Transaction
from archive.events import Event
from archive.repair.errors import IncidentMissingError
from archive.repair.terms import Terms

_log = logging.getLogger(__name__)

_TEXTS: Mapping[IncidentKind, str] = {
    IncidentKind.COPIES: "Không còn bản lưu nguyên vẹn nào của gói tin {subject}.",
    IncidentKind.PROOF: "Sổ nhật ký và danh mục không khớp về gói tin {subject}; không thể phục hồi tự động.",
    IncidentKind.STORE: "Quá nhiều bản lưu trong kho «{subject}» cùng hỏng hoặc mất; chờ người phụ trách xác nhận.",
}
_ALERTS: Mapping[IncidentKind, str] = {
    IncidentKind.COPIES: "incident.opened",
    IncidentKind.PROOF: "incident.opened",
    IncidentKind.STORE: "copy.damaged",
}


def incident_text(kind: IncidentKind, subject: str) -> str:
    """One Vietnamese sentence that says what happened."""
    return _TEXTS[kind].format(subject=subject)


def opened(tx: Transaction, kind: IncidentKind, subject: str, report: Mapping[str, Any], terms: Terms) -> Incident:
    """The open incident about ``subject``: found, with the newest report, or opened now with its event and alert."""
    standing = open_incident(tx, kind, subject)
    at = terms.now()
    if standing is not None:
        if dict(standing.report) != dict(report):
            describe_incident(tx, standing.id, report)
        return standing
    made = Incident(terms.new_id(), kind, subject, at, dict(report))
    record_incident(tx, made)
    tx.append(
        Event.AIP_INCIDENT_OPENED,
        subject if kind is not IncidentKind.STORE else f"store:{subject}",
        actor=terms.actor,
        at=at,
        data={**_named(made), "report": _brief(report)},
    )
    text = incident_text(kind, subject)
    raise_alert(
        tx,
        severity=Severity.RED,
        code=_ALERTS[kind],
        subject=subject,
        text=text,
        at=at,
        data={"incident_id": made.id, "kind": kind.value},
    )
    _log.error("incident %s (%s): %s", made.id, kind.value, text)
    return made


def ended(tx: Transaction, standing: Incident, outcome: IncidentOutcome, *, by: str, reason: str, terms: Terms) -> None:
    """It is closed, with its event; closed already is fine, and nothing is written again."""
    at = terms.now()
    if not end_incident(tx, standing.id, outcome=outcome, by=by, reason=reason, at=at):
        return
    subject = standing.subject if standing.kind is not IncidentKind.STORE else f"store:{standing.subject}"
    data = {**_named(standing), "outcome": outcome.value, "reason": reason}
    tx.append(Event.AIP_INCIDENT_CLOSED, subject, actor=by, at=at, data=data)
    resolve_alert(tx, _ALERTS[standing.kind], standing.subject, at)


def close_by_person(catalogue: Catalogue, incident_id: str, *, by: str, reason: str, terms: Terms) -> Incident:
    """The incident as a person has decided to end it. Raises IncidentMissingError; ValueError without a reason."""
    if not reason.strip():
        raise ValueError("a person closes an incident with a reason")
    with catalogue.transaction() as tx:
        standing = incident(tx, incident_id)
        if standing is None or standing.closed_at is not None:
            raise IncidentMissingError("Không có sự cố nào đang mở mang mã này.", detail=incident_id)
        ended(tx, standing, IncidentOutcome.DECIDED, by=by, reason=reason.strip(), terms=terms)
        closed = incident(tx, incident_id)
    assert closed is not None
    return closed


def confirm_store(catalogue: Catalogue, store: str, *, by: str, terms: Terms) -> Incident:
    """A person says it is the right store: its copies are healed again, though very many are bad.

    Raises IncidentMissingError when repair does not wait for anybody there.
    """
    with catalogue.transaction() as tx:
        standing = open_incident(tx, IncidentKind.STORE, store)
        if standing is None:
            raise IncidentMissingError(f"Việc phục hồi của kho «{store}» không chờ ai xác nhận.", detail=store)
        confirm_incident(tx, standing.id, by=by, at=terms.now())
        confirmed = incident(tx, standing.id)
    assert confirmed is not None
    return confirmed


def _named(item: Incident) -> dict[str, Any]:
    named: dict[str, Any] = {"incident_id": item.id, "kind": item.kind.value}
    named["store" if item.kind is IncidentKind.STORE else "aip_id"] = item.subject
    return named


def _brief(report: Mapping[str, Any]) -> dict[str, Any]:
    """Of the report what is short: the ledger keeps it for ever."""
    return {name: value for name, value in report.items() if name != "members"}
