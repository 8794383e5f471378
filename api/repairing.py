"""Healing as the installation is set: rounds by the clock, one copy by a person's word, and what incidents look like."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from api.bootstrap import Installation, now
from archive.audit.pace import Pace
from archive.catalogue.repair_model import Incident, IncidentKind
from archive.catalogue.repair_reading import asides_of, incident, incidents, repairs_of
from archive.local_time import VIETNAM
from archive.repair import Outcome, Repaired, Round, Terms, repair_copy, repair_due
from archive.repair.errors import IncidentMissingError
from archive.repair.incidents import close_by_person, confirm_store, incident_text
from archive.repair.sealed import SealedLedger

_log = logging.getLogger(__name__)


def terms_of(installation: Installation, *, actor: str = "luutru", stopping: Callable[[], bool] | None = None) -> Terms:
    """What the settings say of repair, for one round."""
    settings = installation.settings.repair
    return Terms(
        actor=actor,
        now=now,
        new_id=lambda: str(uuid.uuid4()),
        public_keys=[installation.key.private.public_key()],
        keep_damaged=timedelta(days=settings.keep_damaged_days),
        paced=Pace(settings.rate_bytes, lambda: False),
        stopping=stopping or (lambda: False),
    )


def repair_round(
    installation: Installation,
    *,
    actor: str = "luutru",
    stopping: Callable[[], bool] | None = None,
    told: Callable[[Repaired], None] = lambda _one: None,
) -> Round:
    """One bounded round over all stores; what is left is for the next."""
    return repair_due(
        installation.catalogue,
        installation.stores,
        terms_of(installation, actor=actor, stopping=stopping),
        side_by_side=installation.settings.repair.side_by_side,
        told=told,
    )


def repair_package(
    installation: Installation, aip_id: str, *, store: str | None, actor: str, unreadable_too: bool, reason: str
) -> Iterator[Repaired]:
    """The copies of one package in every store, or in ``store``: those that are right are read and left alone."""
    terms = terms_of(installation, actor=actor)
    sealed = SealedLedger(installation.catalogue, installation.stores, terms.public_keys)
    for name in [item.name for item in installation.stores] if store is None else [store]:
        healed = repair_copy(
            installation.catalogue,
            installation.stores,
            aip_id,
            name,
            terms,
            unreadable_too=unreadable_too,
            reason=reason,
            sealed=sealed,
        )
        if healed.outcome is not Outcome.LEFT or store is not None:
            yield healed


def confirmed(installation: Installation, store: str, *, by: str) -> dict[str, Any]:
    """A person has looked at ``store``: it is healed from now on, though very many of its copies are bad."""
    return incident_view(confirm_store(installation.catalogue, store, by=by, terms=terms_of(installation)))


def incident_views(installation: Installation, *, closed_too: bool) -> list[dict[str, Any]]:
    """The newest first."""
    with installation.catalogue.read() as view:
        return [incident_view(item) for item in incidents(view, closed_too=closed_too)]


def one_incident(installation: Installation, incident_id: str) -> dict[str, Any]:
    """All that is known of it. Raises IncidentMissingError."""
    with installation.catalogue.read() as view:
        found = incident(view, incident_id)
        if found is None:
            raise IncidentMissingError("Không có sự cố nào mang mã này.", detail=incident_id)
        shown = incident_view(found)
        shown["report"] = dict(found.report)
        if found.kind is not IncidentKind.STORE:
            shown["copies"] = [
                {"store": copy.store, "state": copy.state.value, "verified_at": copy.verified_at.isoformat()}
                for copy in view.copies(found.subject)
            ]
            shown["repairs"] = [
                {
                    "store": item.store,
                    "was": item.was.value,
                    "begun_at": item.begun_at.isoformat(),
                    "ended_at": item.ended_at.isoformat() if item.ended_at else None,
                    "outcome": item.outcome if item.ended_at else None,
                    "attempts": item.attempts,
                    "problem": item.problem,
                }
                for item in repairs_of(view, found.subject)
            ]
            shown["aside"] = [
                {
                    "store": item.store,
                    "name": item.name,
                    "size_bytes": item.size_bytes,
                    "sha256": item.sha256,
                    "drop_after": item.drop_after.isoformat(),
                    "dropped": item.dropped_at is not None,
                }
                for item in asides_of(view, found.subject)
            ]
    return shown


def close_incident(installation: Installation, incident_id: str, *, by: str, reason: str) -> dict[str, Any]:
    """A person ends it, with a reason that the ledger keeps."""
    terms = terms_of(installation)
    return incident_view(close_by_person(installation.catalogue, incident_id, by=by, reason=reason, terms=terms))


def incident_view(item: Incident) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind.value,
        "subject": item.subject,
        "text": incident_text(item.kind, item.subject),
        "opened_at": item.opened_at.astimezone(VIETNAM).isoformat(),
        "confirmed_at": item.confirmed_at.isoformat() if item.confirmed_at else None,
        "confirmed_by": item.confirmed_by,
        "closed_at": item.closed_at.isoformat() if item.closed_at else None,
        "closed_by": item.closed_by,
        "outcome": item.outcome.value if item.outcome else None,
        "reason": item.reason,
    }
