"""A signed paper that comes: asked for, its bytes in every required store, and only then told that it did and judged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.bootstrap import Installation
from archive.access import Author
from archive.catalogue.paper_orders import PaperOrder, note_kept, note_late, order_judgement
from archive.disposal.paper_keeping import keep_bytes
from archive.disposal.refusals import DisposalRefusedError
from archive.storage.store import Bytes


def receive_paper(
    installation: Installation,
    order_id: str,
    round_id: str,
    kind: str,
    data: Bytes,
    given: Mapping[str, Any],
    *,
    by: Author,
    at: datetime,
) -> PaperOrder:
    """The order to judge these bytes, durable in every required store; the others get them with the paper.

    Whatever interrupts this, the order knows where its bytes may lie. The same bytes with the same words, while they wait:
    that order again. Raises StoreError, and the refusals of ``order_judgement``.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    with installation.catalogue.transaction() as tx:
        order = order_judgement(tx, order_id, round_id, kind, given, sha256=sha256, by=by, at=at)
    if order.size_bytes:
        return order
    keep_bytes(installation.required_stores, order.incoming_key, data)
    try:
        with installation.catalogue.transaction() as tx:
            return note_kept(tx, order, len(data))
    except DisposalRefusedError:
        with installation.catalogue.transaction() as tx:
            note_late(tx, order)
        raise
