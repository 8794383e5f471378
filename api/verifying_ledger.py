"""``luutru ledger verify``: with the catalogue, or of nothing but a store's folder and the public key."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api.bootstrap import Installation
from api.time_stamping import roots_in
from archive.catalogue.checkpoint_reading import shipments
from archive.catalogue.checkpoint_writing import record_verification
from archive.checkpoints.differences import checkpoint_differences, store_differences
from archive.errors import StoreError
from archive.signing import load_public_key
from archive.storage.directory import MARKER, DirectoryStore


def ledger_differences(
    installation: Installation,
    *,
    full: bool,
    names: Collection[str] = (),
    now: datetime,
    grace: timedelta = timedelta(0),
) -> Iterator[dict[str, Any]]:
    """Every difference; a store without any has its verification noted, so that the next one begins behind it.

    ``names``: only these stores. Raises StoreError for a name no store has.
    """
    unknown = set(names) - {store.name for store in installation.stores}
    if unknown:
        raise StoreError(
            f"Không có kho «{', '.join(sorted(unknown))}».", remedy="Xem tên kho trong chính sách lưu trữ."
        )
    stores = [store for store in installation.stores if not names or store.name in names]
    bad: set[str] = set()
    with installation.catalogue.read() as view:
        marks = shipments(view)
        for item in checkpoint_differences(
            view,
            stores,
            [installation.key.private.public_key()],
            full=full,
            roots=roots_in(installation.settings.ledger.timestamp_ca),
            now=now,
            grace=grace,
        ):
            bad.add(item.behind)
            yield {**item.as_json(), "severity": "error"}
    sound = [store.name for store in stores if f"store:{store.name}" not in bad and store.name in marks]
    if sound and not bad & {"ledger", "catalogue"}:
        with installation.catalogue.transaction() as tx:
            for name in sound:
                record_verification(tx, name, marks[name].number, now)


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
