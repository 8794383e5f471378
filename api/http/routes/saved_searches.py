"""Searches a person keeps under names of their own; nobody else sees them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from api.http.described import told
from api.http.gate import Asked, gate
from api.http.rights_views import NEVER_STORED, Id, Line, Strict
from api.http.search_asked import MOST_FILTERS, explained
from api.http.written_days import Day
from archive.access import Operation
from archive.catalogue import SavedSearch
from search.errors import QueryRefusedError
from search.facet_counts import condition
from search.language import LONGEST_QUERY, understood
from search.matching import query_of
from search.query import Sort
from search.visibility import EVERYTHING

router = APIRouter(tags=["account"], dependencies=[NEVER_STORED])

_WORDS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
FilterName = Literal[
    "agency",
    "issuer",
    "fonds",
    "hoso",
    "kind_of_document",
    "year",
    "signer",
    "signature",
    "pdfa",
    "retention",
    "language",
    "format",
    "mode",
    "kind",
]
"""The facets of ``search.facet_counts``: what the search route filters by."""
FilterValue = Annotated[str, StringConstraints(pattern=_WORDS, min_length=1, max_length=255)]


class SavedQuery(Strict):
    """What is asked of the search route: its ``q``, its filters by facet, its dates and its ``sort``."""

    q: str = Field(
        default="",
        pattern=_WORDS,
        max_length=LONGEST_QUERY,
        description="Câu tìm kiếm như đã gõ. / The query as typed.",
        examples=["quyết định 15/2017/QĐ-UBND"],
    )
    filters: dict[FilterName, Annotated[list[FilterValue], Field(max_length=MOST_FILTERS)]] = Field(
        default_factory=dict,
        description="Giá trị lọc theo nhóm. / Values to filter by, by facet.",
        examples=[{"kind": ["document"], "year": ["2017"]}],
    )
    issued_from: Day | None = Field(
        default=None, description="Ban hành từ ngày. / Issued from.", examples=["2017-01-01"]
    )
    issued_to: Day | None = Field(default=None, description="Ban hành đến ngày. / Until.", examples=["2017-12-31"])
    sort: Sort = Field(default=Sort.RELEVANCE, description="Thứ tự. / Order.", examples=["newest"])

    def require_askable(self) -> None:
        """Raises QueryRefusedError for what the search route would refuse, and says why."""
        query_of(understood(self.q), EVERYTHING)
        for name, values in self.filters.items():
            condition(name, values, EVERYTHING)
        if sum(map(len, self.filters.values())) > MOST_FILTERS:
            raise QueryRefusedError(f"Nhiều nhất {MOST_FILTERS} giá trị lọc.")

    @property
    def link(self) -> str:
        """Where it is asked again, in full."""
        asked = [("q", self.q), ("sort", self.sort.value)]
        asked += [("filter", f"{name}:{value}") for name, values in self.filters.items() for value in values]
        asked += [(name, day.isoformat()) for name, day in (("from", self.issued_from), ("to", self.issued_to)) if day]
        return f"/api/v1/search?{urlencode(asked)}"


class NewSavedSearch(Strict):
    name: Line = Field(description="Tên do người dùng đặt. / Its name.", examples=["Quyết định năm 2017"])
    query: SavedQuery = Field(description="Nội dung tìm kiếm. / What is asked.")


class SavedSearchView(BaseModel):
    id: str = Field(description="Mã. / Its id.", examples=["8c1d0f5b2a3e4d6c9b8a7f6e5d4c3b2a"])
    name: str = Field(description="Tên. / Its name.", examples=["Quyết định năm 2017"])
    query: SavedQuery = Field(description="Nội dung tìm kiếm. / What is asked.")
    created_at: datetime = Field(description="Thời điểm lưu. / When it was saved.")
    link: str = Field(
        description="Tìm lại bằng địa chỉ này. / Asks it again.",
        examples=["/api/v1/search?q=quy%E1%BA%BFt+%C4%91%E1%BB%8Bnh&sort=newest&filter=year%3A2017"],
    )

    @classmethod
    def of(cls, saved: SavedSearch) -> SavedSearchView:
        query = SavedQuery.model_validate(saved.query)
        return cls(id=saved.id, name=saved.name, query=query, created_at=saved.created_at, link=query.link)


class SavedSearchList(BaseModel):
    items: list[SavedSearchView] = Field(description="Theo tên. / By name.")


@router.get(
    "/me/searches", operation_id="list_saved_searches", **told("Các tìm kiếm đã lưu của tôi", "My saved searches")
)
def list_saved_searches(asked: Annotated[Asked, gate(Operation.OWN_ACCOUNT_USE)]) -> SavedSearchList:
    with asked.service.installation.catalogue.read() as reading:
        found = reading.saved_searches(asked.who.account_id)
    return SavedSearchList(items=[SavedSearchView.of(saved) for saved in found])


@router.post(
    "/me/searches",
    operation_id="save_search",
    status_code=201,
    **told(
        "Lưu một tìm kiếm",
        "Save a search",
        description=(
            "Tìm kiếm cùng tên được thay thế. Câu tìm kiếm không được ghi vào sổ nhật ký. Câu không tìm được thì bị từ chối.",
            "One of the same name gives way. What is asked is not written to the ledger. What cannot be asked is refused.",
        ),
        problems=(400, 409),
    ),
)
def save_search(wanted: NewSavedSearch, asked: Annotated[Asked, gate(Operation.OWN_ACCOUNT_USE)]) -> SavedSearchView:
    try:
        wanted.query.require_askable()
    except QueryRefusedError as error:
        raise explained(error) from error
    query = wanted.query.model_dump(mode="json")
    with asked.service.installation.catalogue.transaction() as tx:
        saved = tx.save_search(uuid.uuid4().hex, asked.who.account_id, wanted.name, query, at=asked.at)
    return SavedSearchView.of(saved)


@router.get(
    "/me/searches/{search_id}",
    operation_id="read_saved_search",
    **told("Một tìm kiếm đã lưu", "One saved search", problems=(404,)),
)
def read_saved_search(search_id: Id, asked: Annotated[Asked, gate(Operation.OWN_ACCOUNT_USE)]) -> SavedSearchView:
    with asked.service.installation.catalogue.read() as reading:
        return SavedSearchView.of(reading.saved_search(asked.who.account_id, search_id))


@router.delete(
    "/me/searches/{search_id}",
    operation_id="forget_saved_search",
    status_code=204,
    **told("Xóa một tìm kiếm đã lưu", "Forget a saved search", problems=(404,)),
)
def forget_saved_search(search_id: Id, asked: Annotated[Asked, gate(Operation.OWN_ACCOUNT_USE)]) -> None:
    with asked.service.installation.catalogue.transaction() as tx:
        tx.forget_search(asked.who.account_id, search_id)
