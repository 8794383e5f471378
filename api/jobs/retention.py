"""Every five minutes: every package has its hồ sơ, the schedules of this version stand, and what changed is put up for
review.
"""

from __future__ import annotations

from api.bootstrap import Installation, now
from api.jobs.job import Every, Job, Run
from archive.catalogue.schedule_reading import adopted_schedules
from archive.catalogue.schedule_writing import adopt_bundled
from archive.retention.registering import open_all_reviews, register_packages
from archive.retention.schedule import common_schedules

ACTOR = "luutru"
SECONDS = 300


def _run(installation: Installation, run: Run) -> None:
    catalogue = installation.catalogue
    with catalogue.read() as view:
        adopted = adopted_schedules(view)
    standing = {(item.schedule.id, item.schedule.version) for item in adopted}
    if any((item.id, item.version) not in standing for item in common_schedules().values()):
        with catalogue.transaction() as tx:
            adopt_bundled(tx, actor=ACTOR, at=now())
    register_packages(catalogue, actor=ACTOR, now=now, stopping=run.stopping)
    if any(item.reviews_pending for item in adopted):
        open_all_reviews(catalogue, actor=ACTOR, now=now, stopping=run.stopping)


JOB = Job("retention", lambda _settings: Every(SECONDS), _run)
