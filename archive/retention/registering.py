"""The registry of hồ sơ follows the ledger: every package that was written belongs to a hồ sơ, those of older versions of
this program too. Batch by batch, memory flat; a killed run goes on where it stopped, and what stands is not touched.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from archive.catalogue import Catalogue, Reading
from archive.catalogue.file_reading import file_of_aip, files_of_aips
from archive.catalogue.file_taking_in import take_in
from archive.catalogue.file_writing import add_package
from archive.catalogue.pieces import pieces
from archive.catalogue.schedule_writing import open_reviews
from archive.events import Event
from archive.retention.errors import FileEndedError

CURSOR = "files"
RECORDS_AT_ONCE = 500
PACKAGES_AT_ONCE = 50
_log = logging.getLogger(__name__)


def register_packages(
    catalogue: Catalogue,
    *,
    actor: str,
    now: Callable[[], datetime],
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Every package the ledger says was written has its hồ sơ afterwards; tells how many had none.

    A package that is in the catalogue no more (destroyed) is passed over, and so is one of a hồ sơ that is ended.
    """
    registered = 0
    while not stopping():
        with catalogue.read() as view:
            records = view.records(view.cursor(CURSOR), RECORDS_AT_ONCE, event=Event.AIP_PACKAGE_WRITTEN)
            ids = [str(record.data["aip_id"]) for record in records]
            known = files_of_aips(view, ids)
        if not records:
            return registered
        for some in pieces([aip_id for aip_id in ids if aip_id not in known], PACKAGES_AT_ONCE):
            registered += _register(catalogue, some, actor=actor, at=now())
        with catalogue.transaction() as tx:
            tx.set_cursor(CURSOR, records[-1].seq)
    return registered


def open_all_reviews(
    catalogue: Catalogue,
    *,
    actor: str,
    now: Callable[[], datetime],
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Every hồ sơ whose row of a schedule changed has its review task afterwards."""
    while not stopping():
        with catalogue.transaction() as tx:
            if not open_reviews(tx, actor=actor, at=now()):
                return


def _register(catalogue: Catalogue, aip_ids: Sequence[str], *, actor: str, at: datetime) -> int:
    with catalogue.read() as view:
        found = [(aip, _stated_by_documents(view, aip.id)) for aip in map(view.aip, aip_ids) if aip is not None]
    count = 0
    with catalogue.transaction() as tx:
        for aip, periods in found:
            # Asked again in the transaction: meanwhile it may have been registered, or have gone.
            if tx.aip(aip.id) is None or file_of_aip(tx, aip.id) is not None:
                continue
            try:
                held = take_in(
                    tx,
                    tx.submission(aip.submission_id),
                    aip.fields,
                    periods,
                    profile=aip.profile,
                    profile_version=aip.profile_version,
                    actor=actor,
                    at=at,
                    received_at=aip.created_at,
                )
                add_package(tx, held.id, aip.id, actor=actor, at=at, received_at=aip.created_at)
            except FileEndedError as error:
                _log.warning("package %s: %s %s", aip.id, error.code, error.detail)
                continue
            count += 1
    return count


def _stated_by_documents(view: Reading, aip_id: str) -> set[str]:
    return {str(document.fields.get("maintenance") or "") for document in view.documents(aip_id)}
