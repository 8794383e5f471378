"""An index that does not answer or falls far behind: records are safe, but nobody finds the newest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from api.bootstrap import Installation
from api.watching.watch import Watch
from archive.alerts import Severity, Standing

CODE = "index.drift"
LAG_WORTH_SAYING = 1000


def _look(installation: Installation, at: datetime) -> Sequence[Standing]:
    from search.errors import SearchError

    with installation.catalogue.read() as view:
        end = view.ledger_end()
    try:
        cursor = installation.follower(installation.search_index(start=False)).cursor()
    except SearchError:
        return [Standing(CODE, "index", Severity.YELLOW, "Chỉ mục tìm kiếm không trả lời.")]
    if (end[0] if end else 0) - cursor <= LAG_WORTH_SAYING:
        return []
    text = f"Chỉ mục tìm kiếm chậm hơn {LAG_WORTH_SAYING} bản ghi so với sổ nhật ký."
    return [Standing(CODE, "index", Severity.YELLOW, text)]


WATCH = Watch("index", frozenset({CODE}), _look)
