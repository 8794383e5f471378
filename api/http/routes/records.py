"""Hồ sơ: lists, metadata, history."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.found import AipId, FoundAip, found_hoso
from api.http.gate import Asked, gate
from api.http.listing import After
from api.http.record_views import (
    CopyView,
    PackageView,
    RecordDetail,
    RecordPage,
    RecordView,
    fields_shown,
    record_of,
    record_values,
)
from api.http.rights_views import NO_NULL
from api.http.targets import Judge, documents_visible
from archive.access import Operation, Role, Scope, decide
from archive.access.rules import Verdict
from archive.catalogue import Reading
from archive.catalogue.model import read_cursor, written_cursor
from archive.catalogue.standing import Listed, aips_listed
from archive.events import Event
from archive.ledger import Record
from archive.local_time import VIETNAM

router = APIRouter(tags=["records"])
_AT_ONCE = 100
_RECORDS_AT_ONCE = 501
_MOST_LOOKED_AT = 5000
"""Rows a page may pass over because who asks may not know of them, before the next page is theirs to ask for."""


@router.get(
    "/records",
    operation_id="list_records",
    **told(
        "Danh sách hồ sơ",
        "List hồ sơ",
        description=(
            "Hồ sơ đã lưu, mới nhất trước; chỉ những hồ sơ người hỏi được biết. Một trang có thể ít hơn «size» dù còn "
            "trang sau.",
            "Stored hồ sơ, newest first; only those the asker may know of. A page may be short though more follow.",
        ),
        problems=(400,),
    ),
)
def list_records(
    asked: Annotated[Asked, gate(Operation.RECORD_READ)],
    agency: Annotated[
        str | None,
        Query(max_length=64, pattern=NO_NULL, description="Mã cơ quan nộp. / Agency code.", examples=["H99.12"]),
    ] = None,
    file_code: Annotated[
        str | None,
        Query(
            max_length=255, pattern=NO_NULL, description="Mã hồ sơ. / Code of the hồ sơ.", examples=["H99.12.2025.15"]
        ),
    ] = None,
    size: Annotated[int, Query(ge=1, le=_AT_ONCE, description="Số hồ sơ một trang. / Page size.")] = 20,
    after: After = None,
) -> RecordPage:
    before = read_cursor(after) if after is not None else None
    agency_only = asked.who.agency_code if asked.who.role is Role.AGENCY else None
    granted = sorted({grant.aip_id for grant in asked.who.live_grants(asked.at) if grant.ordinal is None})
    shown: list[RecordView] = []
    looked_at, last = 0, None
    with asked.service.installation.catalogue.read() as reading:
        while len(shown) < size and looked_at < _MOST_LOOKED_AT:
            rows = aips_listed(
                reading,
                limit=_AT_ONCE,
                before=before,
                owner=agency_only,
                also=granted,
                agency=agency,
                file_code=file_code,
            )
            judge = Judge.of(reading, asked, ((row.aip.id, None) for row in rows))
            for row in rows:
                looked_at += 1
                before, last = (row.entered_at, row.submission_id), row
                if judge.known(row.aip.id, None):
                    shown.append(_listed(reading, asked, judge, row))
                    if len(shown) == size:
                        break
            else:
                if len(rows) < _AT_ONCE:
                    last = None
                    break
    asked.record(
        Event.RECORD_DESCRIPTION_SHOWN, "records", {"aip_ids": [item.aip_id for item in shown], "list": True}
    )  # fmt: skip
    return RecordPage(items=shown, after=written_cursor(last.entered_at, last.submission_id) if last else None)


def _listed(reading: Reading, asked: Asked, judge: Judge, row: Listed) -> RecordView:
    target = judge.target(row.aip.id, None)
    assert target is not None, "a row just read"
    return RecordView(
        **record_values(
            row.aip,
            (row.agency_code, row.agency_name),
            row.registration_number,
            row.entered_at,
            target.mode,
            documents_visible(reading, asked, row.aip),
        )
    )


@router.get(
    "/records/{aip_id}",
    operation_id="read_record",
    **told("Hồ sơ và siêu dữ liệu", "A hồ sơ and its metadata", problems=(404, 410)),
)
def read_record(aip_id: AipId, asked: Annotated[Asked, gate(Operation.RECORD_READ)]) -> RecordDetail:
    with asked.service.installation.catalogue.read() as reading:
        found = found_hoso(reading, asked, aip_id)
        values = record_of(found.submission, found.aip, found.target.mode, documents_visible(reading, asked, found.aip))
        staff = asked.who.role is not Role.AGENCY
        copies = reading.copies(aip_id) if staff else ()
    asked.record(Event.RECORD_DESCRIPTION_SHOWN, aip_id, {"aip_id": aip_id})
    return RecordDetail(
        **values,
        fields=fields_shown("hoso", found.aip.fields),
        package=_package(found) if staff else None,
        copies=[
            CopyView(store=copy.store, state=copy.state.value, verified_at=copy.verified_at.astimezone(VIETNAM))
            for copy in copies
        ]
        if staff
        else None,
    )


def _package(found: FoundAip) -> PackageView:
    aip = found.aip
    return PackageView(
        size_bytes=aip.size_bytes,
        sha256=aip.sha256,
        profile=f"{aip.profile} {aip.profile_version}",
        created_at=aip.created_at.astimezone(VIETNAM),
    )


class HistoryRecord(BaseModel):
    """One ledger record about this hồ sơ."""

    seq: int = Field(description="Số trong sổ nhật ký. / Number in the ledger.", examples=[42])
    at: datetime = Field(description="Thời điểm. / When.")
    event: str = Field(description="Việc đã xảy ra. / What happened.", examples=["aip.copies.verified"])
    actor: str | None = Field(
        description="Ai; với cơ quan nộp, người khác được lược tên. / Who; for an agency others are left out.",
        examples=["account:vanthu"],
    )
    hash: str = Field(description="Mã băm của bản ghi trong chuỗi. / Its hash in the chain.")
    data: dict[str, Any] | None = Field(
        default=None, description="Nội dung bản ghi; cho người có quyền đọc sổ. / For those who may read the ledger."
    )


class History(BaseModel):
    """A page of the history, oldest first."""

    items: list[HistoryRecord] = Field(description="Các bản ghi. / The records.")
    after: int | None = Field(default=None, description="Để hỏi trang sau. / For the next page.", examples=[120])


@router.get(
    "/records/{aip_id}/history",
    operation_id="read_record_history",
    **told(
        "Lịch sử hồ sơ từ sổ nhật ký",
        "History from the ledger",
        description=(
            "Mọi bản ghi về hồ sơ và lần nộp của nó. Cơ quan nộp thấy việc gì, lúc nào, và việc do chính mình làm; tên "
            "người khác là dữ liệu cá nhân và được lược bỏ. Nội dung bản ghi chỉ dành cho người được đọc sổ nhật ký.",
            "Every record about the hồ sơ and its submission. An agency sees what and when, and what it did itself; "
            "names of others are personal data and left out. The data are for those who may read the ledger.",
        ),
        problems=(404, 410),
    ),
)
def read_history(
    aip_id: AipId,
    asked: Annotated[Asked, gate(Operation.RECORD_READ)],
    size: Annotated[int, Query(ge=1, le=500, description="Số bản ghi một trang. / Page size.")] = 100,
    after: Annotated[
        int, Query(ge=0, le=2**53, description="Sau bản ghi số này. / Behind this record.", examples=[0])
    ] = 0,
) -> History:
    with asked.service.installation.catalogue.read() as reading:
        found = found_hoso(reading, asked, aip_id)
        visible, following = _visible_records(reading, asked, found, after, size)
    asked.record(Event.RECORD_DESCRIPTION_SHOWN, aip_id, {"aip_id": aip_id, "part": "history"})
    whole = decide(asked.who, Operation.LEDGER_READ) is Verdict.ALLOWED and Scope.READ in asked.who.scopes
    return History(
        items=[_history(record, asked, whole=whole) for record in visible],
        after=following,
    )


def _visible_records(
    reading: Reading, asked: Asked, found: FoundAip, after: int, size: int
) -> tuple[list[Record], int | None]:
    """Records about the hồ sơ and what may be known of in it; where the next page begins, None unless it has something.

    Those about a document that may not be known of leave no gap that would tell of it.
    """
    shown: list[Record] = []
    place = after
    while True:
        records = sorted(
            [
                *reading.records(place, _RECORDS_AT_ONCE, subject=found.submission.id),
                *reading.records(place, _RECORDS_AT_ONCE, subject=found.aip.id),
            ],
            key=lambda record: record.seq,
        )[:_RECORDS_AT_ONCE]
        about = {record.seq: ordinal for record in records if (ordinal := _ordinal(record)) is not None}
        judge = Judge.of(reading, asked, ((found.aip.id, ordinal) for ordinal in about.values()))
        for record in records:
            if record.seq in about and not judge.known(found.aip.id, about[record.seq]):
                continue
            if len(shown) == size:
                return shown, shown[-1].seq
            shown.append(record)
        if len(records) < _RECORDS_AT_ONCE:
            return shown, None
        place = records[-1].seq


def _ordinal(record: Record) -> int | None:
    """The document a record is about, when it is about one: who may not know of that may not read of it here."""
    value = record.data.get("ordinal")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _history(record: Record, asked: Asked, *, whole: bool) -> HistoryRecord:
    named = asked.who.role is not Role.AGENCY or record.actor == asked.actor or not record.actor.startswith("account:")
    return HistoryRecord(
        seq=record.seq,
        at=record.at.astimezone(VIETNAM),
        event=record.event,
        actor=record.actor if named else None,
        hash=record.hash,
        data=dict(record.data) if whole else None,
    )
