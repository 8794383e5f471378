"""What the service shows of a submission, as its schema says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from archive.catalogue import Reading, Submission
from archive.events import Event
from archive.finding import Answer, Finding, Severity
from archive.ledger import Record
from archive.lifecycle import STATE_AFTER, VIETNAMESE, State
from archive.local_time import VIETNAM
from ingest.receipt import described
from ingest.report import CheckReport

EXAMPLE_ID = "9f2d6c1e4b7a4d0f8c3b2a1908f7e6d5"
EXAMPLE_NUMBER = "NL-2026-000042"


class FindingView(BaseModel):
    """One thing a check saw, and what to do about it."""

    code: str = Field(description="Mã ghi nhận. / Finding code.", examples=["bag.checksum.mismatch"])
    severity: Severity = Field(description="Mức độ. / Severity.")
    message: str = Field(description="Nội dung. / What was seen, in Vietnamese.")
    remedy: str = Field(description="Cách khắc phục. / What to do.")
    document: str | None = Field(description="Văn bản liên quan. / The document it concerns.")
    clause: str = Field(description="Căn cứ. / Clause of law or standard.")


class AgencyView(BaseModel):
    """Cơ quan nộp lưu, as the metadata names it."""

    code: str = Field(description="Mã định danh. / Code.", examples=["H99.12"])
    name: str = Field(description="Tên. / Name.", examples=["Sở Nội vụ tỉnh Bình Minh"])


class AgreementView(BaseModel):
    """The submission agreement it is judged under."""

    name: str
    version: str
    sha256: str


class DecisionView(BaseModel):
    """What was decided, by whom, and why."""

    decision: str = Field(description="accepted, referred, returned, refused", examples=["returned"])
    at: datetime = Field(description="Thời điểm. / When.")
    by_person: bool = Field(description="Do cán bộ quyết định. / Decided by a person, not by the agreement.")
    note: str = Field(description="Ý kiến của cán bộ. / What the person said.")
    reasons: list[FindingView] = Field(description="Các ghi nhận dẫn tới quyết định. / The findings that led there.")


class ReceiptFacts(BaseModel):
    """Facts of the signed receipt; the receipt itself is at ``receipt``."""

    issued_at: datetime = Field(description="Thời điểm cấp. / When it was issued.")
    ledger_seq: int = Field(description="Số bản ghi trong sổ nhật ký. / The ledger record it names.")
    ledger_hash: str = Field(description="Mã băm của bản ghi đó. / That record's hash.")


class SubmissionRow(BaseModel):
    """One line of a list of submissions."""

    id: str = Field(description="Mã lần nộp. / Id of the submission.", examples=[EXAMPLE_ID])
    registration_number: str = Field(description="Mã đăng ký nộp. / Registration number.", examples=[EXAMPLE_NUMBER])
    state: State = Field(description="Trạng thái. / State.")
    state_text: str = Field(description="Trạng thái bằng lời. / State in Vietnamese.", examples=["đã lưu"])
    owner: str = Field(description="Cơ quan của lần nộp. / The agency it belongs to.", examples=["H99.12"])
    agency: AgencyView | None = Field(description="Cơ quan theo siêu dữ liệu; null khi chưa đọc. / As metadata says.")
    file_code: str | None = Field(description="Mã hồ sơ; null khi chưa biết. / Code of the hồ sơ.")
    title: str | None = Field(description="Tiêu đề hồ sơ; null khi chưa biết. / Title of the hồ sơ.")
    sha256: str = Field(description="SHA-256 của nội dung đã nhận. / Of the bytes as they arrived.")
    size_bytes: int = Field(description="Số byte đã nhận. / Bytes received.")
    entered_at: datetime = Field(description="Thời điểm vào hệ thống. / When it entered the system.")
    received_legal_at: datetime = Field(description="Thời điểm nhận theo quy định. / Legal time of receipt.")


class SubmissionView(SubmissionRow):
    """One submission: where it stands, what was found, what was decided."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    again: bool = Field(description="Đã được nhận trước đó. / It had been received before; nothing was kept twice.")
    aip_id: str | None = Field(description="Mã gói lưu trữ khi đã lưu. / Id of the package once stored.")
    agreement: AgreementView = Field(description="Thỏa thuận nộp lưu. / Submission agreement.")
    trust_list: str = Field(description="Danh sách tin cậy dùng khi kiểm tra. / Trust list used.")
    answers: dict[str, Answer] = Field(description="Kết luận của từng phép kiểm tra. / Answer of each check.")
    findings: list[FindingView] = Field(description="Các ghi nhận. / Findings.")
    decision: DecisionView | None = Field(description="Quyết định gần nhất; null khi chưa có. / The last decision.")
    receipt: ReceiptFacts | None = Field(description="Biên nhận; null khi chưa cấp. / Receipt, once issued.")
    remove_after: datetime | None = Field(description="Nội dung được giữ đến khi nào. / Content is kept until then.")
    content_removed_at: datetime | None = Field(description="Đã xóa khỏi khu cách ly. / Removed from quarantine.")
    links: dict[str, str] = Field(
        description="Địa chỉ liên quan. / Related addresses.",
        examples=[
            {"self": f"/api/v1/submissions/{EXAMPLE_ID}", "receipt": f"/api/v1/submissions/{EXAMPLE_ID}/receipt"}
        ],
    )


SubmissionView.model_config["json_schema_extra"] = {
    "examples": [
        {
            "id": EXAMPLE_ID,
            "registration_number": EXAMPLE_NUMBER,
            "state": "stored",
            "state_text": "đã lưu",
            "owner": "H99.12",
            "agency": {"code": "H99.12", "name": "Sở Nội vụ tỉnh Bình Minh"},
            "file_code": "H99.12.2025.15",
            "title": "Hồ sơ về công tác văn thư năm 2025",
            "sha256": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
            "size_bytes": 482133,
            "entered_at": "2026-11-20T09:15:02.000000+07:00",
            "received_legal_at": "2026-11-20T09:15:02.000000+07:00",
            "again": False,
            "aip_id": "1f0c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5",
            "agreement": {"name": "mac-dinh", "version": "1", "sha256": "9c56cc51…"},
            "trust_list": "luutru-trust-list/1 2026-01",
            "answers": {"signatures": "passed", "pdfa": "passed"},
            "findings": [],
            "decision": {
                "decision": "accepted",
                "at": "2026-11-20T09:15:20.000000+07:00",
                "by_person": False,
                "note": "",
                "reasons": [],
            },
            "receipt": {"issued_at": "2026-11-20T09:15:31.000000+07:00", "ledger_seq": 118, "ledger_hash": "3fa1…"},
            "remove_after": None,
            "content_removed_at": "2026-11-20T09:15:31.000000+07:00",
            "links": {"self": f"/api/v1/submissions/{EXAMPLE_ID}"},
        }
    ]
}


EXAMPLE_RECEIPT: dict[str, Any] = {
    "schema": "luutru-receipt/1",
    "archive": {"code": "H99.00", "name": "Lưu trữ lịch sử tỉnh Bình Minh"},
    "registration_number": EXAMPLE_NUMBER,
    "issued_at": "2026-11-20T09:15:31+07:00",
    "aip": {"id": "1f0c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5"},
    "documents": [{"path": "Quyết định 15.pdf", "size_bytes": 114037}],
    "size_bytes": 114037,
    "findings": [],
    "ledger": {"seq": 118},
}
"""The beginning of one: what it holds beside this, and the signature over it, is in the documentation of receipts."""


class SubmissionPage(BaseModel):
    """A page of submissions, the newest first."""

    items: list[SubmissionRow]
    after: str | None = Field(description="Gửi lại để lấy trang sau; null khi hết. / Ask with it for the next page.")


class ReportView(BaseModel):
    """The report of one check."""

    check: str = Field(description="Phép kiểm tra. / Check.", examples=["signatures"])
    answer: Answer = Field(description="Kết luận. / Answer.")
    findings: list[FindingView] = Field(description="Các ghi nhận. / Findings.")
    tools: dict[str, str] = Field(description="Công cụ và phiên bản. / Tools and versions.")
    seconds: float = Field(description="Thời gian kiểm tra. / Time it took.")


class ReportsView(BaseModel):
    """Every check's report, in the order of the checks."""

    reports: list[ReportView]


class HistoryRecord(BaseModel):
    """One ledger record about a submission or its package."""

    seq: int = Field(description="Số thứ tự. / Place in the ledger.", examples=[118])
    at: datetime = Field(description="Thời điểm. / When.")
    event: str = Field(description="Sự kiện. / Event.", examples=["submission.checks.completed"])
    actor: str | None = Field(description="Ai thực hiện; null khi không được biết. / By whom; null when not for you.")
    data: dict[str, Any] | None = Field(description="Nội dung bản ghi, cho cán bộ. / What it states, for staff.")
    hash: str = Field(description="Mã băm của bản ghi. / The record's hash.")


class HistoryView(BaseModel):
    """The ledger of one submission, oldest first."""

    records: list[HistoryRecord]
    after: int | None = Field(description="Gửi lại để đọc tiếp; null khi hết. / Ask with it for more.")


class ReviewRow(SubmissionRow):
    """What waits for a person, and why."""

    referred_at: datetime | None = Field(description="Chờ từ khi nào. / Since when it waits.")
    reasons: list[FindingView] = Field(description="Vì sao cần người quyết định. / Why it needs a person.")
    own: bool = Field(
        description="Chính người hỏi đã nộp, nên không được xét. / Handed in by the asker, who may not decide."
    )


class ReviewPage(BaseModel):
    """A page of the queue, the oldest first."""

    items: list[ReviewRow]
    after: str | None = Field(description="Gửi lại để lấy trang sau; null khi hết. / Ask with it for the next page.")


SYSTEM = "luutru"
"""Who decides by the agreement alone, as the ledger names it (``Steps.actor``)."""
DECISIONS: dict[Event, str] = {
    Event.SUBMISSION_DECISION_ACCEPTED: "accepted",
    Event.SUBMISSION_DECISION_REFERRED: "referred",
    Event.SUBMISSION_DECISION_RETURNED: "returned",
    Event.SUBMISSION_CONTENT_REFUSED: "refused",
}


def row_values(submission: Submission, *, described_too: bool = True) -> dict[str, Any]:
    """The fields of ``SubmissionRow``; without what describes the content for who may not know of it."""
    about = submission.description
    known = described_too and bool(about.file_code or about.title or about.agency_code)
    return {
        "id": submission.id,
        "registration_number": submission.registration_number,
        "state": submission.state,
        "state_text": VIETNAMESE[submission.state],
        "owner": submission.owned_by,
        "agency": AgencyView(code=about.agency_code, name=about.agency_name) if known else None,
        "file_code": about.file_code if known else None,
        "title": about.title if known else None,
        "sha256": submission.transfer_sha256,
        "size_bytes": submission.transfer_size_bytes,
        "entered_at": submission.entered_at.astimezone(VIETNAM),
        "received_legal_at": submission.received_legal_at.astimezone(VIETNAM),
    }


def submission_view(
    reading: Reading,
    submission: Submission,
    reports: Sequence[CheckReport],
    *,
    again: bool = False,
    described_too: bool = True,
) -> SubmissionView:
    """Everything about it, from one view of the catalogue; of the checks what ``reports`` say.

    Without what describes its content (``described_too``) nothing is told of the checks, nor what a person noted.
    """
    if not described_too:
        reports = ()
    receipt = reading.receipt(submission.id)
    agreement = submission.agreement
    return SubmissionView(
        **row_values(submission, described_too=described_too),
        again=again,
        aip_id=submission.aip_id if submission.state is State.STORED and described_too else None,
        agreement=AgreementView(name=agreement.name, version=agreement.version, sha256=agreement.sha256),
        trust_list=submission.trust_list_version,
        answers={report.check: report.answer for report in reports},
        findings=findings_shown(item for report in reports for item in report.findings),
        decision=decision_shown(reading, submission, reports, noted=described_too),
        receipt=ReceiptFacts(
            issued_at=receipt.issued_at.astimezone(VIETNAM),
            ledger_seq=receipt.ledger_seq,
            ledger_hash=receipt.ledger_hash,
        )
        if receipt
        else None,
        remove_after=_local(submission.remove_after if submission.state is State.RETURNED else None),
        content_removed_at=_local(submission.content_removed_at),
        links=links_of(submission, receipt is not None),
    )


def findings_shown(findings: Iterable[Finding]) -> list[FindingView]:
    return [FindingView(**described(item)) for item in findings]


def report_shown(report: CheckReport) -> ReportView:
    return ReportView(
        check=report.check,
        answer=report.answer,
        findings=findings_shown(report.findings),
        tools=dict(report.tools),
        seconds=report.seconds,
    )


def decision_shown(
    reading: Reading, submission: Submission, reports: Iterable[CheckReport], *, noted: bool
) -> DecisionView | None:
    """The last decision that was recorded: by the agreement or by a person."""
    record = last_decision(reading, submission.id)
    if record is None:
        return None
    codes = {*record.data.get("reasons", ()), *record.data.get("codes", ())}
    return DecisionView(
        decision=DECISIONS[Event(record.event)],
        at=record.at.astimezone(VIETNAM),
        by_person=record.actor != SYSTEM,
        note=str(record.data.get("note") or "") if noted else "",
        reasons=findings_shown(item for report in reports for item in report.findings if item.code in codes),
    )


def last_decision(reading: Reading, submission_id: str) -> Record | None:
    found = [record for event in DECISIONS if (record := reading.record_of(submission_id, event)) is not None]
    return max(found, key=lambda record: record.seq, default=None)


def moves_of(records: Iterable[Record]) -> list[Record]:
    """Those of the records that moved the submission."""
    return [record for record in records if record.event in {event.value for event in STATE_AFTER}]


def links_of(submission: Submission, has_receipt: bool) -> dict[str, str]:
    """Only what is there to be asked for."""
    here = f"/api/v1/submissions/{submission.id}"
    links = {"self": here, "progress": f"{here}/progress", "history": f"{here}/history", "reports": f"{here}/reports"}
    if has_receipt:
        links |= {"receipt": f"{here}/receipt", "receipt_pdf": f"{here}/receipt.pdf"}
    if has_receipt or submission.state is State.RETURNED:
        links["letter_pdf"] = f"{here}/letter.pdf"
    return links


def _local(at: datetime | None) -> datetime | None:
    return at.astimezone(VIETNAM) if at else None
