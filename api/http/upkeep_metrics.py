"""What is measured of copies, ledger, alerts and jobs; by index alone, and what goes over every copy only now and then."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge

from api.alerting.channels import channels_of
from api.alerting.undelivered import silent_since
from api.http.coverage_clock import AGE_FOR_METRICS, CoverageClock
from api.jobs.runner import all_jobs
from archive.alerts import Severity
from archive.catalogue import Reading
from archive.catalogue.alert_reading import open_counts
from archive.catalogue.checkpoint_reading import last_checkpoint, shipments
from archive.catalogue.repair_reading import incidents
from archive.catalogue.worker_reading import database_now, heartbeats, last_done
from archive.fixity import CopyState

INCIDENTS_COUNTED = 1000


class UpkeepMetrics:
    """The gauges of upkeep in ``registry``."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, says: str, *labels: str) -> Gauge:
            return Gauge(f"luutru_{name}", says, labels, registry=registry)

        self._copies = gauge("copies", "Copies by store and state, as last seen.", "store", "state")
        self._oldest = gauge("copies_oldest_seconds", "Age of the look at the copy not looked at for longest.", "store")
        self._overdue = gauge("copies_overdue", "Copies not read whole within the interval of the policy.", "store")
        self._read = gauge("copies_read_share", "Share of copies read whole within so many days.", "store", "days")
        self._alerts = gauge("alerts_open", "Alerts that are not over.", "severity")
        self._silent = gauge("alert_channels_silent", "Channels that have not delivered for too long.")
        self._incidents = gauge("incidents_open", f"Open incidents, counted up to {INCIDENTS_COUNTED}.")
        self._unsealed = gauge("ledger_unsealed_records", "Ledger records no checkpoint speaks of yet.")
        self._behind = gauge("checkpoints_behind", "Checkpoints a store has not got yet.", "store")
        self._jobs = gauge("job_success_age_seconds", "Seconds since the job last succeeded; absent: never.", "job")
        self._workers = gauge("workers_alive", "Workers that give signs of life.")

    def fill(self, clock: CoverageClock, at: datetime) -> None:
        """Asked when somebody looks."""
        installation = clock.installation
        with installation.catalogue.read() as view:
            self._of_alerts(view, clock, at)
            self._of_ledger(view, clock)
            now = database_now(view)
            self._workers.set(sum(beat.alive(now) for beat in heartbeats(view)))
            for job, done_at in last_done(view, [job.name for job in all_jobs()]).items():
                self._jobs.labels(job).set((now - done_at).total_seconds())
        self._of_copies(clock, at)

    def _of_copies(self, clock: CoverageClock, at: datetime) -> None:
        for coverage, late in clock.read(at, age_seconds=AGE_FOR_METRICS):
            store = coverage.store
            for state in CopyState:
                self._copies.labels(store, state.value).set(coverage.states.get(state, 0))
            for days, share in coverage.read.items():
                self._read.labels(store, str(days)).set(share.of(coverage.whole))
            self._overdue.labels(store).set(late.whole.copies)
            age = (at - coverage.oldest_at).total_seconds() if coverage.oldest_at else 0.0
            self._oldest.labels(store).set(age)

    def _of_alerts(self, view: Reading, clock: CoverageClock, at: datetime) -> None:
        counts = open_counts(view)
        for severity in Severity:
            self._alerts.labels(severity.value).set(counts.get(severity, 0))
        settings = clock.installation.settings.alerts
        channels = [channel.name for channel in channels_of(settings, lambda: at)]
        self._silent.set(len(silent_since(view, settings, channels, at)))
        self._incidents.set(len(incidents(view, limit=INCIDENTS_COUNTED)))

    def _of_ledger(self, view: Reading, clock: CoverageClock) -> None:
        newest, end = last_checkpoint(view), view.ledger_end()
        self._unsealed.set((end[0] if end else 0) - (newest.content.ledger_last if newest else 0))
        marks = shipments(view)
        for store in clock.installation.policy.names:
            number = marks[store].number if store in marks else 0
            self._behind.labels(store).set(max(0, (newest.number if newest else 0) - number))
