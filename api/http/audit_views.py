"""Audits as JSON: runs, what they found, and how much of each store was read how lately."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from archive.catalogue.audit_model import (
    AuditFinding,
    AuditRun,
    Canary,
    Coverage,
    Depth,
    Overdue,
    RunState,
    Scope,
    Verdict,
)
from archive.fixity import CopyState

_RUN = "3f0c2d1e4a5b4c6d8e7f90a1b2c3d4e5"
_AIP = "0b9c2f5e-7a54-4a5e-9d4e-4b7f0f3c9a11"


class AuditRunView(BaseModel):
    """One audit of one store, in one sitting or several."""

    id: str = Field(description="Mã lần kiểm tra. / Its id.", examples=[_RUN])
    store: str = Field(description="Kho. / The store.", examples=["kho-1"])
    scope: Scope = Field(description="Kiểm tra những bản lưu nào. / Which copies.")
    depth: Depth = Field(description="Đọc tới mức nào. / How deep.")
    actor: str = Field(description="Ai cho chạy. / Who had it run.", examples=["luutru"])
    state: RunState = Field(description="Trạng thái. / Its state.")
    verdict: Verdict | None = Field(
        description="Kết luận; trống khi chưa xong; chỉ «green» là đạt. / Verdict; null until it ended."
    )
    begun_at: datetime = Field(description="Bắt đầu. / When it began.")
    ended_at: datetime | None = Field(description="Kết thúc. / When it ended.")
    counts: dict[str, int] = Field(
        description="Số bản lưu theo kết quả. / Copies by result.", examples=[{"ok": 1200, "mismatch": 1}]
    )
    bytes_read: int = Field(description="Số byte đã đọc. / Bytes read.", examples=[25769803776])
    reading_seconds: int = Field(description="Số giây đọc. / Seconds of reading.", examples=[310])
    trouble: bool = Field(description="Lần chạy gần nhất bị dừng vì lỗi. / Whether its last sitting was stopped.")
    report_sha256: str | None = Field(description="Mã băm biên bản. / Digest of its report.", examples=["9f" * 32])

    @classmethod
    def of(cls, run: AuditRun) -> AuditRunView:
        return cls(
            id=run.id,
            store=run.store,
            scope=run.scope,
            depth=run.depth,
            actor=run.actor,
            state=run.state,
            verdict=run.verdict,
            begun_at=run.begun_at,
            ended_at=run.ended_at,
            counts=dict(run.counts),
            bytes_read=run.bytes_read,
            reading_seconds=run.reading_seconds,
            trouble=bool(run.trouble),
            report_sha256=run.report_sha256,
        )


class AuditFindingView(BaseModel):
    """One object that is not right."""

    key: str = Field(description="Tên trong kho. / Its key in the store.", examples=[f"aip/0b/{_AIP}.tar"])
    aip_id: str | None = Field(description="Gói tin, trống với đối tượng thừa. / The package; null: nobody's.")
    state: CopyState = Field(description="Kết quả. / What was found.", examples=["mismatch"])
    found_at: datetime = Field(description="Lúc thấy. / When.")
    size_bytes: int | None = Field(description="Kích thước đọc được. / Bytes found.", examples=[1048576])
    sha256: str | None = Field(description="Mã băm đọc được. / Digest found.", examples=["9f" * 32])

    @classmethod
    def of(cls, found: AuditFinding) -> AuditFindingView:
        return cls(
            key=found.key,
            aip_id=found.aip_id,
            state=found.state,
            found_at=found.found_at,
            size_bytes=found.size_bytes,
            sha256=found.sha256,
        )


class CanaryView(BaseModel):
    """A package damaged on purpose, which the audit has to find."""

    id: str = Field(description="Mã gói chim báo. / Its id.", examples=["3f0c2d1e-1"])
    damage: str = Field(description="Làm hỏng thế nào. / How it was damaged.", examples=["flip"])
    found: bool = Field(description="Đã bị phát hiện. / Whether the audit found it.")

    @classmethod
    def of(cls, canary: Canary) -> CanaryView:
        return cls(id=canary.id, damage=canary.damage, found=canary.found)


class ShareView(BaseModel):
    """What was read whole, and right, within so many days."""

    days: int = Field(description="Trong số ngày này. / Within so many days.", examples=[90])
    copies: int = Field(description="Số bản lưu. / Copies.", examples=[1198])
    size_bytes: int = Field(description="Số byte. / Bytes.", examples=[25767706624])
    share: float = Field(
        description="Phần của tất cả, không làm tròn lên. / Part of all, never rounded up.", examples=[0.99]
    )


class FixityView(BaseModel):
    """The coverage clock of one store."""

    store: str = Field(description="Kho. / The store.", examples=["kho-1"])
    at: datetime = Field(description="Tính lúc. / As of.")
    copies: int = Field(description="Số bản lưu. / Copies.", examples=[1200])
    size_bytes: int = Field(description="Số byte. / Bytes.", examples=[25769803776])
    states: dict[str, int] = Field(description="Theo trạng thái. / By state.", examples=[{"ok": 1199, "mismatch": 1}])
    red: int = Field(description="Số bản lưu đỏ. / Copies somebody must see to.", examples=[1])
    interval_days: int = Field(description="Chính sách: mỗi bản ít nhất mỗi ngần ấy ngày. / Policy.", examples=[90])
    overdue: int = Field(description="Số bản quá hạn kiểm tra. / Copies not read in time.", examples=[0])
    oldest_at: datetime | None = Field(description="Bản lâu chưa đọc nhất, từ lúc. / Longest not looked at, since.")
    read: list[ShareView] = Field(description="Đã đọc nguyên vẹn trong. / Read whole within.")

    @classmethod
    def of(cls, coverage: Coverage, overdue: Overdue) -> FixityView:
        whole = coverage.whole
        return cls(
            store=coverage.store,
            at=coverage.at,
            copies=whole.copies,
            size_bytes=whole.size_bytes,
            states={state.value: count for state, count in sorted(coverage.states.items())},
            red=sum(count for state, count in coverage.states.items() if state.red),
            interval_days=overdue.interval.days,
            overdue=overdue.whole.copies,
            oldest_at=coverage.oldest_at,
            read=[
                ShareView(
                    days=days,
                    copies=share.copies,
                    size_bytes=share.size_bytes,
                    share=int(share.of(whole) * 10_000) / 10_000,
                )
                for days, share in sorted(coverage.read.items())
            ],
        )
