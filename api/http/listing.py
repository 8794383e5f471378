"""How long lists are asked for and told, page by page: the same words and the same cursor for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from archive.catalogue.model import Submission

PageSize = Annotated[int, Query(ge=1, le=100, description="Số dòng một trang. / Page size.")]
After = Annotated[
    str | None,
    Query(
        max_length=128,
        description="«after» của trang trước. / «after» of the page before.",
        examples=["2026-11-20T02:15:02.000000Z~5f70bf18a086007016e948b04aed3b82"],
    ),
]


def following(found: Sequence[Submission], size: int) -> str | None:
    """``after`` for the page behind the first ``size`` of ``found``, of which one more was asked for; None: no more."""
    return found[size - 1].cursor if len(found) > size else None
