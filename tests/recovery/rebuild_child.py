"""A rebuild in a process of its own, to be killed: ``rebuild_child.py FOLDER CATALOGUE STORE PUBLIC-KEY``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import archive.recovery.rebuilding as rebuilding
from archive.catalogue import Catalogue
from archive.recovery.keys import load_public_key
from archive.storage import DirectoryStore

folder, url, store, key = sys.argv[1:]
# Small steps: more places to be killed at.
rebuilding.RECORDS_AT_ONCE = 7
rebuilding.ROWS_AT_ONCE = 5
rebuilding.PACKAGES_AT_ONCE = 2

with Catalogue.open(url) as catalogue:
    rebuilding.Rebuilding(
        catalogue,
        [DirectoryStore("kho-1", Path(store))],
        (load_public_key(Path(key)),),
        Path(folder),
        lambda: datetime.now(UTC),
        threads=2,
        progress=lambda phase, done, total: print(phase, done, flush=True),
    ).run()
print("done", flush=True)
