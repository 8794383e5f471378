"""What a search asks for, from the address of the request; the same for a page, a table, and a saved search run again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from api.http.problems import Fault, ProblemError
from api.http.written_days import Day
from search.errors import QueryRefusedError
from search.language import LONGEST_QUERY
from search.query import Filters, Sort

MOST_FILTERS = 50
_FILTER = r"^[a-z_]{1,32}:[^\x00]{1,500}$"


@dataclass(frozen=True, slots=True)
class SearchAsked:
    """The words, the filters and the order."""

    text: str
    filters: Filters
    sort: Sort


def _search_asked(
    q: Annotated[
        str,
        Query(
            max_length=LONGEST_QUERY,
            description="Câu tìm kiếm: từ, cụm từ trong ngoặc kép, loại trừ (-từ), trường (so:, nam:, co-quan:). / The "
            "query: words, quoted phrases, exclusions, fields.",
            examples=["quyết định nâng lương nam:2025"],
        ),
    ] = "",
    filter: Annotated[
        list[Annotated[str, Query(pattern=_FILTER)]] | None,
        Query(
            max_length=MOST_FILTERS,
            description="Lọc theo nhóm, dạng tên:giá trị; nhiều giá trị của một nhóm là «hoặc». / Facet filters as "
            "name:value; several values of one facet are alternatives.",
            examples=[["year:2025", "signature:passed"]],
        ),
    ] = None,
    from_: Annotated[
        Day | None, Query(alias="from", description="Ban hành từ ngày. / Issued from.", examples=["2013-06-05"])
    ] = None,
    to: Annotated[Day | None, Query(description="Ban hành đến ngày. / Issued until.", examples=["2025-12-31"])] = None,
    sort: Annotated[Sort, Query(description="Thứ tự. / Order.")] = Sort.RELEVANCE,
) -> SearchAsked:
    return SearchAsked(q, Filters(chosen=_chosen(filter or ()), issued_from=from_, issued_to=to), sort)


SearchParameters = Annotated[SearchAsked, Depends(_search_asked)]


def _chosen(given: Sequence[str]) -> dict[str, tuple[str, ...]]:
    chosen: dict[str, list[str]] = {}
    for item in given:
        name, _, value = item.partition(":")
        chosen.setdefault(name, []).append(value)
    return {name: tuple(dict.fromkeys(values)) for name, values in chosen.items()}


def explained(error: QueryRefusedError) -> ProblemError:
    """What is wrong with the query, where, and what could have stood there."""
    faults = None
    if error.position is not None or error.names:
        place = "query.q" if error.position is None else f"query.q[{error.position}]"
        hint = f" Có thể dùng: {', '.join(error.names)}." if error.names else ""
        faults = [Fault(at=place, message=f"{error.message}{hint}")]
    return ProblemError(400, error.code, error.message, remedy=error.remedy or None, faults=faults)
