"""Agencies under both of their codes, and their fonds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field, StringConstraints

from api.http.described import told
from api.http.file_targets import agency_asked
from api.http.file_views import AGENCY, AgencyAsked, AgencyCode
from api.http.gate import Asked, gate
from api.http.listing import PageSize
from api.http.rights_views import NEVER_STORED, NO_NULL, Line, Strict
from archive.access import Author, Operation
from archive.catalogue.file_plan_reading import Agency, agency, all_agencies, fonds_listed
from archive.catalogue.file_plan_writing import record_agency, record_fonds

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


class FondsView(BaseModel):
    """One phông lưu trữ."""

    code: str = Field(description="Mã phông. / Its code.", examples=["P01"])
    agency_code: str = Field(description="Cơ quan. / Its agency.", examples=[AGENCY])
    name: str = Field(description="Tên phông. / Its name.", examples=["Phông Ủy ban nhân dân thành phố"])
    history: str = Field(description="Lịch sử đơn vị hình thành phông. / History.", examples=[""])


class FondsPage(BaseModel):
    items: list[FondsView] = Field(description="Các phông. / The fonds.")
    after: str | None = Field(description="Gửi lại ở «after» để xem tiếp. / For «after».", examples=["P01"])


class FondsRecord(Strict):
    agency_code: AgencyCode = Field(description="Cơ quan, đã được ghi. / A recorded agency.", examples=[AGENCY])
    name: Line = Field(description="Tên phông. / Name.", examples=["Phông Ủy ban nhân dân thành phố"])
    history: Annotated[str, StringConstraints(max_length=10_000, pattern=NO_NULL)] = Field(
        default="", description="Lịch sử đơn vị hình thành phông. / History."
    )


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


@router.get(
    "/fonds",
    operation_id="list_fonds",
    **told(
        "Các phông",
        "Fonds",
        description=("Theo mã. Cơ quan chỉ thấy phông của mình.", "By code. An agency sees its own."),
        problems=(404,),
    ),
)
def list_fonds(
    asked: Annotated[Asked, gate(Operation.PLAN_READ)],
    agency_code: AgencyAsked = "",
    size: PageSize = 20,
    after: Annotated[
        str,
        Query(
            max_length=64,
            pattern=NO_NULL,
            description="«after» của trang trước. / «after» of the page before.",
            examples=["P01"],
        ),
    ] = "",
) -> FondsPage:
    with asked.service.installation.catalogue.read() as reading:
        code = agency_asked(reading, asked, agency_code)
        found = fonds_listed(reading, code, after=after, limit=size + 1)
    shown = [FondsView(**asdict(item)) for item in found[:size]]
    return FondsPage(items=shown, after=shown[-1].code if len(found) > size else None)


@router.put(
    "/fonds/{code}",
    operation_id="record_fonds",
    **told(
        "Ghi một phông của một cơ quan",
        "Record a fonds of an agency",
        description=("Ghi lại như cũ thì không ghi gì thêm.", "The same again writes nothing."),
        problems=(409,),
    ),
)
def record_one_fonds(
    code: Annotated[str, Path(pattern=r"^[0-9A-Za-z._\-]{1,64}$", description="Mã phông. / Code.", examples=["P01"])],
    said: FondsRecord,
    asked: Annotated[Asked, gate(Operation.FILE_KEEP)],
) -> FondsView:
    with asked.service.installation.catalogue.transaction() as tx:
        recorded = record_fonds(
            tx,
            code,
            agency_code=said.agency_code,
            name=said.name,
            history=said.history,
            by=Author.of(asked.who),
            at=asked.at,
        )
    return FondsView(**asdict(recorded))
