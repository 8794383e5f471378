"""The stores as the policy names them, how far each has come, and when it was last audited; never how to get into them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.gate import Asked, gate
from api.http.rights_views import NEVER_STORED
from archive.access import Operation
from archive.catalogue import Reading
from archive.catalogue.audit_model import RunState, Verdict
from archive.catalogue.audit_reading import last_runs
from archive.catalogue.checkpoint_reading import last_checkpoint, shipments
from archive.catalogue.policy_reading import awaited_count, awaited_since
from archive.storage_policy import StoreKind, StorePolicy

router = APIRouter(tags=["audits"], dependencies=[NEVER_STORED])
COUNTED = 100_000
_LOOKED_BACK = 20


class StoreView(BaseModel):
    """One store."""

    name: str = Field(description="Tên kho. / Its name.", examples=["kho-1"])
    kind: StoreKind = Field(description="Loại. / Its kind.")
    location: str = Field(description="Địa điểm. / Where it is.", examples=["Phòng máy chủ A"])
    medium: str = Field(description="Phương tiện. / On what medium.", examples=["SSD"])
    required: bool = Field(
        description="Phải có bản lưu mới tính là đã lưu. / Needed before a package counts as stored."
    )
    encrypted_transport: bool = Field(description="Đường truyền mã hóa. / Whether the way there is encrypted.")
    audit_interval_days: int = Field(
        description="Mỗi bản được đọc lại mỗi ngần ấy ngày. / Audit interval.", examples=[90]
    )
    awaited: int = Field(
        description=f"Bản lưu còn thiếu, đếm tới {COUNTED}. / Copies it still has to get.", examples=[0]
    )
    awaited_since: datetime | None = Field(description="Thiếu từ lúc. / Since when.")
    checkpoints_behind: int = Field(description="Điểm niêm phong còn thiếu. / Checkpoints it lacks.", examples=[0])
    last_audit_at: datetime | None = Field(description="Kiểm tra xong gần nhất. / Last completed audit.")
    last_audit_verdict: Verdict | None = Field(description="Kết luận của nó. / Its verdict.")


class StoreList(BaseModel):
    policy_version: int = Field(description="Phiên bản chính sách. / Version of the policy.", examples=[1])
    copies: int = Field(description="Số bản lưu ít nhất của mỗi gói. / Copies each package has at least.", examples=[2])
    items: list[StoreView] = Field(description="Các kho. / The stores.")


@router.get(
    "/stores",
    operation_id="list_stores",
    **told(
        "Các kho, độ trễ, lần kiểm tra gần nhất",
        "Stores, how far behind they are, and their last audit",
        description=("Không có đường dẫn, địa chỉ hay bí mật.", "No paths, addresses or secrets."),
    ),
)
def list_stores(asked: Annotated[Asked, gate(Operation.AUDIT_READ)]) -> StoreList:
    installation = asked.service.installation
    policy = installation.policy
    with installation.catalogue.read() as reading:
        newest = last_checkpoint(reading)
        items = [_view(reading, store, newest.number if newest else 0) for store in policy.stores]
    return StoreList(policy_version=policy.version, copies=policy.copies, items=items)


def _view(reading: Reading, store: StorePolicy, newest: int) -> StoreView:
    shipped = shipments(reading).get(store.name)
    last = next((run for run in last_runs(reading, store.name, _LOOKED_BACK) if run.state is RunState.COMPLETED), None)
    return StoreView(
        name=store.name,
        kind=store.kind,
        location=store.location,
        medium=store.medium,
        required=store.required,
        encrypted_transport=store.encrypted_transport,
        audit_interval_days=store.audit.interval_days,
        awaited=awaited_count(reading, store.name, COUNTED),
        awaited_since=awaited_since(reading, store.name),
        checkpoints_behind=max(0, newest - (shipped.number if shipped else 0)),
        last_audit_at=last.ended_at if last else None,
        last_audit_verdict=last.verdict if last else None,
    )
