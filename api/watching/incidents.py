"""Incidents: packages nothing but a person can put right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from api.bootstrap import Installation
from api.watching.watch import Watch
from archive.alerts import Severity, Standing
from archive.catalogue.repair_model import IncidentKind
from archive.catalogue.repair_reading import incidents
from archive.repair.incidents import incident_text

ALL = 100_000
"""Far more than anybody could look at; what is not found here would be taken for over."""


def _look(installation: Installation, at: datetime) -> Sequence[Standing]:
    """Incidents open their alerts themselves; looking again keeps both together, whatever happened to either."""
    with installation.catalogue.read() as view:
        found = incidents(view, limit=ALL)
    return [
        Standing(
            "incident.opened",
            item.subject,
            Severity.RED,
            incident_text(item.kind, item.subject),
            {"incident_id": item.id, "kind": item.kind.value},
        )
        for item in found
        if item.kind is not IncidentKind.STORE
    ]


WATCH = Watch("incidents", frozenset({"incident.opened"}), _look)
