"""``luutru restore-drill``: recovery rehearsed beside the running archive, its report kept in every store."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from api.backup_minutes import drill_pdf
from api.bootstrap import Installation, now
from api.scratch import scratch_of
from api.sealing_ledger import seal_now
from api.verifying import look_inside_with
from archive.canonical import canonical_json
from archive.checkpoints.placing import place
from archive.digest import digests_of
from archive.errors import LuutruError, StoreError
from archive.local_time import VIETNAM
from archive.recovery.drilling import Drilling, next_store
from archive.recovery.rebuilding import Progress
from archive.storage.key import Key
from archive.storage.store import Store


class StoreUnknownError(LuutruError):
    """The policy has no store of this name."""

    code = "store.missing"


def run_drill(
    installation: Installation,
    store: str | None = None,
    *,
    sample: int | None = None,
    actor: str = "luutru",
    progress: Progress = lambda _phase, _done, _total: None,
) -> dict[str, Any]:
    """The report of one drill, of ``store`` or of the one whose last drill is longest ago.

    Sealed first, so that what is compared is of today. Nothing is left of it but the report, in every store that answers.
    """
    settings = installation.settings
    chosen = _chosen(installation, store)
    seal_now(installation)
    drilling = Drilling(
        installation.catalogue,
        (installation.key.private.public_key(),),
        {"code": settings.archive_code, "name": settings.archive_name},
        now,
        look_inside_with(installation.opening_keys),
        settings.backup.drill_sample if sample is None else sample,
        settings.backup.location,
        settings.backup.operator,
        actor,
        random.Random(),
        progress,
        installation.opening_keys,
    )
    with tempfile.TemporaryDirectory(prefix="drill-", dir=scratch_of(settings.home)) as folder:
        return drilling.run(chosen, Path(folder), _keeper(installation))


def _chosen(installation: Installation, name: str | None) -> Store:
    if name is None:
        with installation.catalogue.read() as view:
            return next_store(view, installation.stores)
    for store in installation.stores:
        if store.name == name:
            return store
    raise StoreUnknownError(
        f"Chính sách lưu trữ không có kho «{name}».",
        remedy="Chọn trong: " + ", ".join(store.name for store in installation.stores),
    )


def _keeper(installation: Installation) -> Callable[[dict[str, Any]], None]:
    def keep(report: dict[str, Any]) -> None:
        folder = f"backup/drill-{now().astimezone(VIETNAM):%Y%m%d}-{report['id'][:8]}"
        objects = {
            "report.json": canonical_json(installation.key.signed(report)),
            "report.pdf": drill_pdf(report),
        }
        for name, data in objects.items():
            digests = digests_of([data])
            for store in installation.stores:
                with suppress(StoreError):
                    place(store, Key(f"{folder}/{name}"), [data], digests.sha256, len(data))

    return keep
