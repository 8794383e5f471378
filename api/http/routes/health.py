"""Whether the service is ready, and what it counts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from api.http.described import told
from api.http.gate import Asked, gate
from api.http.readiness import Health, Probes, Readiness
from archive.access import Operation

router = APIRouter(tags=["health"])
THREADS = 8
"""Of its own: whoever asks is answered also when all threads of the other routes wait for something that hangs."""


class PartView(BaseModel):
    """One part the service leans on."""

    part: str = Field(description="Bộ phận. / The part.", examples=["store:kho-1"])
    state: Readiness = Field(description="Trạng thái. / Its state.")
    seen: str = Field(description="Điều thấy được. / What was seen.", examples=["ghi được, còn 51200 MiB"])


class HealthView(BaseModel):
    """Ready means: stores take writes, a worker takes jobs, the catalogue answers, the index keeps up."""

    state: Readiness = Field(description="Trạng thái chung. / The state of the whole.")
    at: datetime = Field(description="Thời điểm kiểm tra. / When it was looked at.")
    parts: list[PartView] = Field(description="Từng bộ phận. / Each part.")


@router.get(
    "/health",
    operation_id="read_health",
    response_model=HealthView,
    **told(
        "Sẵn sàng hay không",
        "Whether the service is ready",
        description=(
            "200 khi nhận và giữ được hồ sơ (`ready`, `degraded`); 503 khi không (`not_ready`).",
            "200 while submissions are received and kept (`ready`, `degraded`); 503 when not (`not_ready`).",
        ),
        responses={503: {"model": HealthView, "description": "Chưa sẵn sàng. / Not ready."}},
        public=True,
    ),
)
async def read_health(request: Request, asked: Annotated[Asked, gate(Operation.HEALTH_READ)]) -> Response:
    state = request.app.state
    if not hasattr(state, "probes"):
        state.probes = Probes(asked.service)
    if not hasattr(state, "health_threads"):
        state.health_threads = CapacityLimiter(THREADS)
    health: Health = await to_thread.run_sync(state.probes.health, limiter=state.health_threads)
    view = HealthView(
        state=health.state,
        at=health.at,
        parts=[PartView(part=item.part, state=item.state, seen=item.seen) for item in health.parts],
    )
    return JSONResponse(
        view.model_dump(mode="json"),
        503 if health.state is Readiness.NOT_READY else 200,
        headers={"Cache-Control": "no-store"},
    )


@router.get(
    "/metrics",
    operation_id="read_metrics",
    response_class=Response,
    **told(
        "Số đo cho Prometheus",
        "Metrics for Prometheus",
        responses={
            200: {"description": "Số đo. / Metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}
        },
    ),
)
def read_metrics(request: Request, asked: Annotated[Asked, gate(Operation.METRICS_READ)]) -> Response:
    metrics = request.app.state.metrics
    return Response(metrics.text(), media_type=metrics.media_type, headers={"Cache-Control": "no-store"})
