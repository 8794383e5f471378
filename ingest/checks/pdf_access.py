"""How a PDF is read: mapped when small, streamed when large, so that its size is never a worker's resident memory."""

from __future__ import annotations

from pathlib import Path

import pikepdf

STREAM_OVER_BYTES = 64 << 20


def access_mode(path: Path) -> pikepdf.AccessMode:
    large = path.stat().st_size > STREAM_OVER_BYTES
    mode: pikepdf.AccessMode = pikepdf.AccessMode.stream if large else pikepdf.AccessMode.default
    return mode
