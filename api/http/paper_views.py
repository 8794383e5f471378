"""Papers of rounds as the service shows them: which there must be, what is wrong with each, what was asked for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StrictBool

from api.http.destruction_views import ROUND_ID
from api.http.rights_views import Names, Number, Reason, Strict
from api.http.written_days import Day, Instant
from archive.catalogue.paper_orders import PaperOrder, Work
from archive.disposal.model import Paper
from archive.disposal.words import Signature
from archive.local_time import VIETNAM
from archive.papers.given import Given
from archive.papers.paper import SignatureBlock
from archive.papers.paper_states import PaperState, RoundPaper

_INSTANT = "2026-11-20T09:15:02.123456+07:00"
SHA256 = "0f3c1e5a7b9d2f4e6a8c0b1d3f5e7a9c1b3d5f7e9a0c2e4d6f8b1a3c5e7d9f0b"
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def _possible(value: datetime) -> datetime:
    """Near the ends of the calendar another zone's hour has no date, and a year of two digits is a slip of the pen."""
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise ValueError(f"năm phải từ {_FIRST_YEAR} đến {_LAST_YEAR}")
    return value


Hour = Annotated[Instant, AfterValidator(_possible)]
Words = Annotated[list[Reason], Field(max_length=50)]


class SignatureBody(Strict):
    """Who signs below."""

    position: Number = Field(description="Chức vụ. / Position.", examples=["Giám đốc"])
    name: Number = Field(default="", description="Họ tên. / Name.", examples=["Nguyễn Văn An"])
    authority: Annotated[list[Number], Field(max_length=4)] = Field(
        default=[], description="Quyền hạn ký. / On whose behalf.", examples=[["KT. GIÁM ĐỐC"]]
    )


class PaperGiven(Strict):
    """What only people know. Nothing need be said: the rest comes from the catalogue, or is left as dots."""

    organ: Number = Field(default="", description="Cơ quan ban hành. / Issuing body.", examples=["Sở Nội vụ"])
    superior: Number = Field(default="", description="Cơ quan chủ quản. / Superior body.", examples=["UBND tỉnh"])
    place: Number = Field(default="", description="Địa danh. / Place.", examples=["Bình Minh"])
    number: Number = Field(default="", description="Số. / Number.", examples=["214"])
    notation: Number = Field(default="", description="Ký hiệu. / Notation.", examples=["QĐ-SNV"])
    issued: Day | None = Field(default=None, description="Ngày ban hành. / Day.", examples=["2026-11-20"])
    recipients: Words = Field(default=[], description="Nơi nhận. / Recipients.", examples=[["- Lưu: VT."]])
    signatures: Annotated[list[SignatureBody], Field(max_length=12)] = Field(
        default=[], description="Người ký. / Who signs."
    )
    authority: Number = Field(default="", description="Người quyết định, như in. / Who decides, as printed.")
    addressed_to: Number = Field(default="", description="Kính gửi. / Addressed to.")
    proposer: Number = Field(default="", description="Theo đề nghị của. / Proposed by.")
    executor: Number = Field(default="", description="Đơn vị thực hiện hủy. / Who destroys.")
    witnesses: Words = Field(default=[], description="Người chứng kiến. / Witnesses.")
    positions: Annotated[dict[str, Number], Field(max_length=50)] = Field(
        default={}, description="Chức vụ theo tên đăng nhập. / Positions by user name."
    )
    further_members: Words = Field(default=[], description="Ủy viên không có tài khoản. / Members without account.")
    opened_at: Hour | None = Field(default=None, description="Khai mạc. / Opened.", examples=[_INSTANT])
    closed_at: Hour | None = Field(default=None, description="Bế mạc. / Closed.", examples=[_INSTANT])
    at: Hour | None = Field(default=None, description="Thời điểm bàn giao. / Handed over at.", examples=[_INSTANT])
    fonds: Number = Field(default="", description="Tên phông. / Fonds.")
    background: Reason | None = Field(default=None, description="Sự hình thành khối tài liệu. / Background.")
    method: Reason | None = Field(default=None, description="Cách xác định giá trị. / How value was determined.")
    explanations: dict[Literal["expired", "duplicate"], Reason] = Field(
        default={}, description="Thuyết minh theo lý do. / Explanation by reason."
    )
    paragraphs: Words = Field(default=[], description="Nội dung bằng lời. / Text in words of its own.")
    enclosed: Words = Field(default=[], description="Tài liệu kèm theo. / Enclosed.")
    condition: Number = Field(default="", description="Tình trạng khi bàn giao. / Condition.")
    giver_unit: Number = Field(default="", description="Đơn vị bàn giao. / Who hands over.")
    receiver_unit: Number = Field(default="", description="Đơn vị nhận. / Who receives.")

    def given(self) -> Given:
        values = self.model_dump(exclude={"signatures", "anew"})
        for name, value in values.items():
            values[name] = tuple(value) if isinstance(value, list) else value
        values |= {"background": self.background or "", "method": self.method or ""}
        blocks = (SignatureBlock(item.position, item.name, tuple(item.authority)) for item in self.signatures)
        return Given(**values, signatures=tuple(blocks))


class PaperPrint(PaperGiven):
    """A paper to be printed from what the catalogue knows."""

    anew: StrictBool = Field(default=False, description="Lập lại dù đã có bản ký. / Print again though one is signed.")


class ReasonView(BaseModel):
    code: str = Field(description="Mã. / Code.", examples=["paper.unsigned"])
    message: str = Field(description="Điều còn thiếu. / What is wrong.")
    remedy: str = Field(description="Cần làm gì. / What to do.")


class PaperOrderView(BaseModel):
    """What somebody asked the workers for."""

    id: str = Field(description="Mã yêu cầu. / Its id.", examples=[ROUND_ID])
    kind: str = Field(description="Giấy tờ. / The paper.", examples=["list"])
    work: Work = Field(description="In, thẩm tra bản ký, lập hồ sơ hủy. / To print, to judge, the dossier.")
    asked_by: str = Field(description="Người yêu cầu. / Who asked.", examples=["nguyen.van.an"])
    asked_at: datetime = Field(description="Lúc yêu cầu. / When.", examples=[_INSTANT])
    ended_at: datetime | None = Field(description="Xong lúc; trống: còn chờ. / Ended; null: waits.")
    problem: str = Field(description="Đang chờ gì, hoặc vì sao chưa xong. / What it waits for.", examples=[""])
    outcome: dict[str, Any] | None = Field(
        description="Kết quả: số thứ tự, mã băm, ghi nhận. / What came of it: number, digest, findings.",
        examples=[{"ordinal": 1, "sheets": 3, "findings": []}],
    )

    @classmethod
    def of(cls, order: PaperOrder, names: Names) -> PaperOrderView:
        return cls(
            id=order.id,
            kind=order.kind,
            work=order.work,
            asked_by=names.of(order.account_id),
            asked_at=order.asked_at.astimezone(VIETNAM),
            ended_at=order.ended_at.astimezone(VIETNAM) if order.ended_at else None,
            problem=order.problem,
            outcome=None if order.outcome is None else dict(order.outcome),
        )


class KeptPaperView(BaseModel):
    """One paper as it lies in the stores."""

    ordinal: int = Field(description="Bản thứ mấy. / Which one of its kind.", examples=[1])
    sha256: str = Field(description="SHA-256.", examples=[SHA256])
    size_bytes: int = Field(description="Số byte. / Size.", examples=[48213])
    sheets: int | None = Field(description="Số trang. / Sheets.", examples=[3])
    number: str = Field(description="Số, ký hiệu. / Number.", examples=["214/QĐ-SNV"])
    issued: date | None = Field(description="Ngày ban hành. / Day.", examples=["2026-11-20"])
    list_sha256: str = Field(description="Mã băm danh mục nó gắn với. / The list it is bound to.", examples=[SHA256])
    signature: Signature = Field(description="Chữ ký. / What was found of its signatures.")
    signers: list[str] = Field(description="Người ký số. / Who signed.", examples=[["Nguyễn Văn An"]])
    attached_by: str = Field(description="Người đưa vào. / Who attached it.", examples=["nguyen.van.an"])
    attached_at: datetime = Field(description="Lúc đưa vào. / When.", examples=[_INSTANT])


class PaperView(BaseModel):
    """One paper the rules of the round know."""

    kind: str = Field(description="Tên trong bộ quy tắc. / Its name in the rules.", examples=["list"])
    number: int = Field(description="Thứ tự. / Number in the rules.", examples=[1])
    title: str = Field(description="Tên giấy tờ. / Title.", examples=["Danh mục tài liệu hết giá trị"])
    needed: bool = Field(description="Đợt này phải có. / Whether this round needs it.")
    needed_before: str = Field(description="Cần trước bước nào. / Before which step.", examples=["papers"])
    signed_by: str = Field(description="Ai ký; trống: không phải ký. / Who signs.", examples=["người lập danh mục"])
    state: PaperState = Field(description="Tình trạng. / State.")
    reasons: list[ReasonView] = Field(description="Mọi điều còn thiếu. / All that is wrong.")
    paper: KeptPaperView | None = Field(description="Bản đang có; trống: chưa có. / The one that counts.")
    order: PaperOrderView | None = Field(description="Yêu cầu gần nhất. / What was last asked for.")

    @classmethod
    def of(cls, item: RoundPaper, order: PaperOrder | None, names: Names) -> PaperView:
        return cls(
            kind=item.rule.kind,
            number=item.rule.number,
            title=item.rule.title,
            needed=item.needed,
            needed_before=item.rule.stage,
            signed_by=item.rule.signed_by if item.rule.signed else "",
            state=item.state,
            reasons=[ReasonView(code=one.code, message=one.message, remedy=one.remedy) for one in item.reasons],
            paper=None if item.paper is None else _kept(item, item.paper, names),
            order=None if order is None else PaperOrderView.of(order, names),
        )


class PaperList(BaseModel):
    round_id: str = Field(description="Đợt hủy. / The round.", examples=[ROUND_ID])
    list_sha256: str | None = Field(description="Mã băm danh mục đã chốt. / The frozen list.", examples=[SHA256])
    items: list[PaperView] = Field(description="Theo thứ tự của bộ quy tắc. / In the order of the rules.")


class RoundStep(BaseModel):
    """Where the round stands after a step."""

    round_id: str = Field(description="Đợt hủy. / The round.", examples=[ROUND_ID])
    state: str = Field(description="Trạng thái. / State.", examples=["papers_complete"])
    order: PaperOrderView | None = Field(
        default=None, description="Việc hệ thống làm tiếp. / What the workers do next."
    )


class DossierView(BaseModel):
    """The dossier of the round: what became of it."""

    round_id: str = Field(description="Đợt hủy. / The round.", examples=[ROUND_ID])
    state: str = Field(description="Trạng thái của đợt. / State of the round.", examples=["dossier_stored"])
    aip_id: str | None = Field(description="Gói hồ sơ hủy trong kho. / Its package.", examples=[ROUND_ID])
    orders: list[PaperOrderView] = Field(description="Các lần lập, mới trước. / The newest first.")


def _kept(item: RoundPaper, paper: Paper, names: Names) -> KeptPaperView:
    known = item.particulars
    return KeptPaperView(
        ordinal=paper.ordinal,
        sha256=paper.sha256,
        size_bytes=paper.size_bytes,
        sheets=known.sheets if known else None,
        number="/".join(filter(None, (known.number, known.notation))) if known else "",
        issued=known.issued if known else None,
        list_sha256=paper.list_sha256,
        signature=paper.signature,
        signers=list(paper.signers),
        attached_by=names.of(paper.attached_by),
        attached_at=paper.attached_at.astimezone(VIETNAM),
    )
