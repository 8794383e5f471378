"""Searches a person keeps under names of their own; nobody else sees them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from api.http.described import told
from api.http.gate import Asked, gate
from api.http.rights_views import NEVER_STORED, Id, Line, Strict
from archive.access import Operation
from archive.catalogue import SavedSearch

router = APIRouter(tags=["account"], dependencies=[NEVER_STORED])

_WORDS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
FilterName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
FilterValue = Annotated[str, StringConstraints(pattern=_WORDS, min_length=1, max_length=255)]


class SavedQuery(Strict):
    """What is asked of the search route: its ``q``, its filters by name, and its ``sort``."""

    q: str = Field(
        default="",
        pattern=_WORDS,
        max_length=1000,
        description="Câu tìm kiếm như đã gõ. / The query as typed.",
        examples=["quyết định 15/2017/QĐ-UBND"],
    )
    filters: dict[FilterName, Annotated[list[FilterValue], Field(max_length=50)]] = Field(
        default_factory=dict,
        max_length=30,
        # Said in so many words: a pattern of names alone would leave every other name free.
        json_schema_extra={"additionalProperties": False},
        description="Điều kiện lọc theo tên tham số. / Filters by the name of their parameter.",
        examples=[{"kind": ["QĐ"], "year": ["2017"]}],
    )
    sort: str | None = Field(
        default=None, pattern=r"^-?[a-z][a-z_]{0,39}$", description="Thứ tự. / Order.", examples=["-date"]
    )


class NewSavedSearch(Strict):
    name: Line = Field(description="Tên do người dùng đặt. / Its name.", examples=["Quyết định năm 2017"])
    query: SavedQuery = Field(description="Nội dung tìm kiếm. / What is asked.")


class SavedSearchView(BaseModel):
    id: str = Field(description="Mã. / Its id.", examples=["8c1d0f5b2a3e4d6c9b8a7f6e5d4c3b2a"])
    name: str = Field(description="Tên. / Its name.", examples=["Quyết định năm 2017"])
    query: SavedQuery = Field(description="Nội dung tìm kiếm. / What is asked.")
    created_at: datetime = Field(description="Thời điểm lưu. / When it was saved.")

    @classmethod
    def of(cls, saved: SavedSearch) -> SavedSearchView:
        return cls(
            id=saved.id, name=saved.name, query=SavedQuery.model_validate(saved.query), created_at=saved.created_at
        )


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
            "Tìm kiếm cùng tên được thay thế. Câu tìm kiếm không được ghi vào sổ nhật ký.",
            "One of the same name gives way. What is asked is not written to the ledger.",
        ),
        problems=(400, 409),
    ),
)
def save_search(wanted: NewSavedSearch, asked: Annotated[Asked, gate(Operation.OWN_ACCOUNT_USE)]) -> SavedSearchView:
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
