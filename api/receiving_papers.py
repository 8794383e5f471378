"""A signed paper that comes: asked for, its bytes in every required store, and only then told that it did and judged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO

from api.bootstrap import Installation
from archive.access import Author
from archive.catalogue.paper_orders import PaperOrder, note_kept, note_late, order_judgement
from archive.disposal.paper_keeping import keep_file
from archive.disposal.refusals import DisposalRefusedError
from archive.storage.store import CHUNK_BYTES


def receive_paper(
    installation: Installation,
    order_id: str,
    round_id: str,
    kind: str,
    file: BinaryIO,
    given: Mapping[str, Any],
    *,
    by: Author,
    at: datetime,
) -> PaperOrder:
    """The order to judge the bytes of ``file``, durable in every required store; the others get them with the paper.

    Whatever interrupts this, the order knows where its bytes may lie. The same bytes with the same words, while they wait:
    that order again. Raises StoreError, and the refusals of ``order_judgement``.
    """
    sha256, size_bytes = _digest(file)
    with installation.catalogue.transaction() as tx:
        order = order_judgement(tx, order_id, round_id, kind, given, sha256=sha256, by=by, at=at)
    if order.size_bytes:
        return order
    keep_file(installation.required_stores, order.incoming_key, file, sha256)
    try:
        with installation.catalogue.transaction() as tx:
            return note_kept(tx, order, size_bytes)
    except DisposalRefusedError:
        with installation.catalogue.transaction() as tx:
            note_late(tx, order)
        raise


def _digest(file: BinaryIO) -> tuple[str, int]:
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(CHUNK_BYTES):
        digest.update(block)
    return digest.hexdigest(), file.tell()
