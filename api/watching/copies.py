"""Copies that are not right, not read in time, or not yet there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from api.bootstrap import Installation
from api.watching.watch import Watch
from archive.alerts import Severity, Standing
from archive.catalogue import Reading
from archive.catalogue.audit_reading import overdue, red_copies
from archive.catalogue.policy_reading import awaited_since
from archive.catalogue.repair_model import IncidentKind
from archive.catalogue.repair_reading import incidents
from archive.local_time import local_text
from archive.repair.incidents import incident_text
from archive.storage_policy import StoragePolicy, StorePolicy

MOST_EACH = 20
"""So many damaged copies of a store are an alert each; more of them are one about the store."""


def _look(installation: Installation, at: datetime) -> Sequence[Standing]:
    policy = installation.policy
    with installation.catalogue.read() as view:
        found = [item for store in policy.stores for item in _of_store(view, policy, store, at)]
        return [*found, *_doubtful_stores(view)]


def _of_store(view: Reading, policy: StoragePolicy, store: StorePolicy, at: datetime) -> Iterator[Standing]:
    yield from _damaged(view, store.name)
    late = overdue(view, store.name, at, timedelta(days=store.audit.interval_days))
    if late.whole.copies:
        text = f"Kho «{store.name}» có bản lưu chưa được đọc lại trong {store.audit.interval_days} ngày."
        yield Standing("copy.overdue", store.name, Severity.RED, text, {"interval_days": store.audit.interval_days})
    since = awaited_since(view, store.name)
    if since is not None and at - since > timedelta(hours=policy.lag_alert_hours):
        text = f"Kho «{store.name}» còn thiếu bản lưu từ {local_text(since)}."
        yield Standing("copy.awaited", store.name, Severity.YELLOW, text, {"since": local_text(since)})


def _damaged(view: Reading, store: str) -> Iterator[Standing]:
    found = red_copies(view, store, limit=MOST_EACH + 1)
    if len(found) > MOST_EACH:
        text = f"Kho «{store}» có hơn {MOST_EACH} bản lưu hỏng, mất hoặc không đọc được."
        yield Standing("copy.damaged", store, Severity.RED, text, {"more_than": MOST_EACH})
        return
    for copy in found:
        text = f"Bản lưu của gói {copy.aip_id} trong kho «{store}»: {copy.state.value}."
        yield Standing("copy.damaged", f"{store}/{copy.aip_id}", Severity.RED, text, {"state": copy.state.value})


def _doubtful_stores(view: Reading) -> Iterator[Standing]:
    """Repair waits for a person there; the incident and this watch speak of the same alert."""
    for incident in incidents(view, limit=100_000):
        if incident.kind is IncidentKind.STORE:
            text = incident_text(incident.kind, incident.subject)
            data = {"incident_id": incident.id, "kind": incident.kind.value}
            yield Standing("copy.damaged", incident.subject, Severity.RED, text, data)


WATCH = Watch("copies", frozenset({"copy.damaged", "copy.overdue", "copy.awaited"}), _look)
