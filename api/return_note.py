"""The note a rebuild leaves in the new home, until the ledger says that the catalogue was rebuilt."""

from __future__ import annotations

import json
from pathlib import Path

from archive.checkpoints.lost_numbers import LOST, Ranges, read_ranges

RETURN_FILE = "rebuilt.json"


def lost_by_note(home: Path) -> Ranges:
    """Numbers of checkpoints the rebuild of this home did not get back; none where nothing was rebuilt, or told already."""
    try:
        said = json.loads((home / RETURN_FILE).read_bytes())
    except (OSError, ValueError):
        return ()
    return read_ranges(said.get(LOST)) if isinstance(said, dict) else ()
