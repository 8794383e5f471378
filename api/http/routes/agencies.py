"""Agencies under both of their codes, and their fonds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.file_targets import agency_asked
from api.http.file_views import AGENCY, AgencyAsked, AgencyCode
from api.http.gate import Asked, gate
from api.http.rights_views import NEVER_STORED, Line, Strict
from archive.access import Author, Operation
from archive.catalogue.file_plan_reading import Agency, agency, all_agencies
from archive.catalogue.file_plan_writing import record_agency

router = APIRouter(tags=["files"], dependencies=[NEVER_STORED])


class AgencyView(BaseModel):
    """One agency."""

    code: str = Field(description="Mã dùng để liệt kê. / The code it is listed by.", examples=["000.64.33.H49"])
    alias_code: str | None = Field(description="Mã theo cú pháp kia. / Its other code.", examples=[AGENCY])
    name: str = Field(description="Tên. / Name.", examples=["Phòng Nội vụ thành phố"])

    @classmethod
    def of(cls, item: Agency) -> AgencyView:
        return cls(code=item.code, alias_code=item.alias_code, name=item.name)


class AgencyList(BaseModel):
    items: list[AgencyView] = Field(description="Các cơ quan. / The agencies.")


class AgencyRecord(Strict):
    name: Line = Field(description="Tên. / Name.", examples=["Phòng Nội vụ thành phố"])
    alias_code: AgencyCode | None = Field(default=None, description="Mã theo cú pháp kia. / Its other code.")


@router.get(
    "/agencies",
    operation_id="list_agencies",
    **told(
        "Các cơ quan và hai mã của mỗi cơ quan",
        "Agencies and both codes of each",
        description=("Cơ quan chỉ thấy mình.", "An agency sees itself alone."),
        problems=(404,),
    ),
)
def list_agencies(asked: Annotated[Asked, gate(Operation.PLAN_READ)], agency_code: AgencyAsked = "") -> AgencyList:
    with asked.service.installation.catalogue.read() as reading:
        code = agency_asked(reading, asked, agency_code)
        one = agency(reading, code) if code else None
        found = all_agencies(reading) if not code else () if one is None else (one,)
    return AgencyList(items=[AgencyView.of(item) for item in found])


@router.put(
    "/agencies/{code}",
    operation_id="record_agency",
    **told(
        "Ghi một cơ quan với hai mã",
        "Record an agency with both its codes",
        description=("Ghi lại như cũ thì không ghi gì thêm.", "The same again writes nothing."),
        problems=(409,),
    ),
)
def record_one(
    code: Annotated[
        str, Path(pattern=r"^[0-9A-Za-z.\-]{1,64}$", description="Mã. / Code.", examples=["000.64.33.H49"])
    ],
    said: AgencyRecord,
    asked: Annotated[Asked, gate(Operation.FILE_KEEP)],
) -> AgencyView:
    with asked.service.installation.catalogue.transaction() as tx:
        recorded = record_agency(
            tx, code, name=said.name, alias_code=said.alias_code, by=Author.of(asked.who), at=asked.at
        )
        return AgencyView.of(recorded)
