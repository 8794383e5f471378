"""The index compared with the archive, and what differs put right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.bootstrap import Installation


def index_drift(
    installation: Installation, *, mend: bool, progress: Callable[[int], None] = lambda _aips: None
) -> dict[str, Any]:
    """What a comparison of index and catalogue found, by counts and digest; with ``mend`` what differs is indexed anew.

    Raises SearchError when the index does not answer: a comparison that was not made is no answer.
    """
    from search.drift import drift, repair

    index = installation.search_index()
    follower = installation.follower(index)
    found = drift(installation.index_source(), index, follower, progress=progress)
    if mend and found.differences:
        repair(found, index, follower)
    return {
        "level": found.level,
        "hoso": found.held.hoso,
        "documents": found.held.documents,
        "digest": found.held.digest,
        "indexed": {"hoso": found.indexed.hoso, "documents": found.indexed.documents, "digest": found.indexed.digest},
        "differences": [
            {"aip_id": item.aip_id, "missing": item.missing, "extra": item.extra, "differing": item.differing}
            for item in found.differences
        ],
        "more": found.more,
        "unread": found.unread,
        "mended": bool(mend and found.differences),
        "remedy": "" if mend and not found.more else found.remedy,
    }
