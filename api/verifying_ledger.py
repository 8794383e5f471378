"""``luutru ledger verify``: with the catalogue, or of nothing but a store's folder and the public key."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api.bootstrap import Installation
from api.ledger_runs import LEDGER_RUN, Noted, found_something
from api.return_note import lost_by_note
from api.time_stamping import roots_in
from archive.catalogue.checkpoint_reading import shipments
from archive.catalogue.checkpoint_writing import record_verification
from archive.catalogue.repair_writing import record_fsck_run
from archive.checkpoints.differences import checkpoint_differences, store_differences
from archive.checkpoints.healing import HEALED, Healing
from archive.errors import StoreError
from archive.signing import load_public_key
from archive.storage.directory import MARKER, DirectoryStore

GRACE = timedelta(minutes=10)
"""A store may lack for so long what was sealed last: the next round brings it."""


def ledger_differences(
    installation: Installation,
    *,
    full: bool,
    names: Collection[str] = (),
    now: datetime,
    grace: timedelta = timedelta(0),
    repair_as: str = "",
) -> Iterator[dict[str, Any]]:
    """Every difference. At the end the run is kept for whoever watches, and a store without any has its verification
    noted, so that the next one begins behind it; after one that found something, everything is read again.

    ``names``: only these stores; such a run is not kept. ``repair_as``: who has objects a store does not have whole put
    back from where they are, each told as ``repaired`` or with the reason why not. Raises StoreError for a name no store
    has.
    """
    unknown = set(names) - {store.name for store in installation.stores}
    if unknown:
        raise StoreError(
            f"Không có kho «{', '.join(sorted(unknown))}».", remedy="Xem tên kho trong chính sách lưu trữ."
        )
    stores = [store for store in installation.stores if not names or store.name in names]
    public_keys = [installation.key.private.public_key()]
    healing = Healing(installation.catalogue, installation.stores, public_keys, repair_as)
    noted = Noted()
    bad: set[str] = set()
    with installation.catalogue.read() as view:
        marks = shipments(view)
        for item in checkpoint_differences(
            view,
            stores,
            public_keys,
            full=full or found_something(view, LEDGER_RUN),
            roots=roots_in(installation.settings.ledger.timestamp_ca),
            now=now,
            grace=grace,
            lost=lost_by_note(installation.settings.home),
        ):
            told = {**item.as_json(), "severity": "error"}
            if repair_as and item.code in HEALED:
                trouble = healing.heal(item, now)
                told |= {"repaired": trouble is None} | ({"reason": trouble.message} if trouble else {})
            if not told.get("repaired"):
                bad.add(item.behind)
                noted.add(told)
            yield told
    sound = [store.name for store in stores if f"store:{store.name}" not in bad and store.name in marks]
    with installation.catalogue.transaction() as tx:
        if sound and not bad & {"ledger", "catalogue"}:
            for name in sound:
                record_verification(tx, name, marks[name].number, now)
        if not names:
            record_fsck_run(tx, noted.run(LEDGER_RUN, now, datetime.now(now.tzinfo)))


def differences_in_folder(folder: Path, key: Path | None, home: Path) -> Iterator[dict[str, Any]]:
    """What is wrong with the checkpoints in a store's folder, seen from it alone.

    Proven by ``key``, else by the public key of the archive at ``home``. Raises ArchiveKeyError, StoreError.
    """
    public = load_public_key(key or home / "keys" / "archive-ed25519.pub.pem")
    for item in store_differences(store_at(folder), [public]):
        yield {**item.as_json(), "severity": "error"}


def store_at(folder: Path) -> DirectoryStore:
    """The store in ``folder``, under the name it has itself. Raises StoreError when there is none."""
    try:
        name = json.loads((folder / MARKER).read_bytes())["name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "Thư mục này không phải là một kho lưu trữ.",
            remedy="Nêu đúng thư mục gốc của kho.",
            detail=f"{folder}: {error}",
        ) from error
    return DirectoryStore(str(name), folder)
