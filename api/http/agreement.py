"""What the index found, held against the catalogue until both agree: only then are its counts those of who asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from search.errors import IndexUnavailableError
from search.visibility import Place, Visible

ROUNDS = 4
"""Each takes away what one page was wrong about; an index wrong about more than this is of no use to anyone."""

Answer = TypeVar("Answer")


class IndexDisagreesError(IndexUnavailableError):
    """The index goes on finding what the catalogue does not let be known; nothing of its answer was told."""

    code = "search.index-disagrees"
    http_status = 503


def agreed(visible: Visible, ask: Callable[[Visible], tuple[Answer, Sequence[Place]]]) -> Answer:
    """The first answer of ``ask`` in which the catalogue found nothing to object to.

    ``ask`` says under a filter what was found, and which records of it the catalogue would not have shown. Those are denied
    by name and it is asked anew, so that totals, facets and suggestions are without them too. Raises IndexDisagreesError.
    """
    for _ in range(ROUNDS):
        answer, unknown = ask(visible)
        if not unknown:
            return answer
        visible = visible.without(unknown)
    raise IndexDisagreesError(
        "Chỉ mục tìm kiếm đang lệch so với danh mục.", remedy="Báo người quản trị chạy «luutru reindex»."
    )
