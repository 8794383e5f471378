"""Scheduled jobs and the workers that run them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.gate import Asked, gate
from api.http.rights_views import NEVER_STORED
from api.jobs.runner import all_jobs
from archive.access import Operation
from archive.catalogue.worker_model import Heartbeat, JobRun, RunState
from archive.catalogue.worker_reading import database_now, heartbeats, job_runs

router = APIRouter(tags=["audits"], dependencies=[NEVER_STORED])
_LOOKED_BACK = 100


class JobView(BaseModel):
    """One scheduled job."""

    name: str = Field(description="Tên việc. / Its name.", examples=["audit"])
    scheduled: bool = Field(description="Có lịch chạy. / Whether the settings let it run.")
    slot: str | None = Field(description="Lần chạy gần nhất. / Its last time of running.", examples=["1795141200"])
    state: RunState | None = Field(description="Kết quả lần đó. / What became of it.")
    begun_at: datetime | None = Field(description="Bắt đầu. / When it began.")
    ended_at: datetime | None = Field(description="Kết thúc. / When it ended.")
    last_done_at: datetime | None = Field(description="Thành công gần nhất. / When it last succeeded.")
    error: str = Field(description="Lỗi của lần đó. / What kept it from its end.", examples=[""])


class WorkerView(BaseModel):
    """One worker process."""

    host: str = Field(description="Máy. / Its machine.", examples=["may-1"])
    begun_at: datetime = Field(description="Bắt đầu chạy. / Since when it runs.")
    beat_at: datetime = Field(description="Tín hiệu gần nhất. / Last sign of life.")
    alive: bool = Field(description="Còn sống. / Whether it lives.")
    takes_jobs: bool = Field(description="Có nhận việc. / Whether it takes work.")
    under_way: int = Field(description="Đang xử lý. / Submissions under way.", examples=[2])
    waiting: int = Field(description="Đang chờ. / Submissions waiting.", examples=[0])

    @classmethod
    def of(cls, beat: Heartbeat, now: datetime) -> WorkerView:
        return cls(
            host=beat.host,
            begun_at=beat.begun_at,
            beat_at=beat.beat_at,
            alive=beat.alive(now),
            takes_jobs=beat.takes_jobs(now),
            under_way=beat.under_way,
            waiting=beat.waiting,
        )


class JobList(BaseModel):
    jobs: list[JobView] = Field(description="Các việc theo lịch. / Scheduled jobs.")
    workers: list[WorkerView] = Field(description="Các tiến trình xử lý. / Workers.")


@router.get(
    "/jobs",
    operation_id="list_jobs",
    **told("Việc theo lịch và tiến trình xử lý", "Scheduled jobs and workers"),
)
def list_jobs(asked: Annotated[Asked, gate(Operation.AUDIT_READ)]) -> JobList:
    installation = asked.service.installation
    with installation.catalogue.read() as reading:
        now = database_now(reading)
        beats = heartbeats(reading)
        found = [
            _view(job.name, job.schedule(installation.settings) is not None, job_runs(reading, job.name, _LOOKED_BACK))
            for job in all_jobs()
        ]
    return JobList(jobs=found, workers=[WorkerView.of(beat, now) for beat in beats])


def _view(name: str, scheduled: bool, runs: list[JobRun]) -> JobView:
    last = runs[0] if runs else None
    done = next((run.ended_at for run in runs if run.state is RunState.DONE), None)
    return JobView(
        name=name,
        scheduled=scheduled,
        slot=last.slot if last else None,
        state=last.state if last else None,
        begun_at=last.begun_at if last else None,
        ended_at=last.ended_at if last else None,
        last_done_at=done,
        error=last.detail if last and last.state is RunState.FAILED else "",
    )
