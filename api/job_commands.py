"""``luutru jobs``: what is done by the clock, when it last ran and what became of it; one of them run now."""

from __future__ import annotations

import signal
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from api.bootstrap import Installation, opened
from api.exits import Exit
from api.jobs.job import Job, Schedule
from api.jobs.runner import all_jobs, run_now
from api.journal import logged
from api.output import out, plain, print_json, say, table
from api.settings import home_folder, load_settings
from api.usage import Command, Group
from archive.catalogue.worker_model import RunState
from archive.catalogue.worker_reading import database_now, job_runs
from archive.local_time import local_text
from ingest.claims import new_worker_id

job_commands = typer.Typer(cls=Group, invoke_without_command=True, rich_markup_mode=None)

Home = Annotated[
    Path | None, typer.Option("--home", help="Thư mục của kho (mặc định: biến LUUTRU_HOME, rồi ./luutru-data).")
]
Json = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON, mỗi dòng một giá trị.")]
STATES = {
    RunState.RUNNING: "đang chạy",
    RunState.DONE: "xong",
    RunState.FAILED: "[red]lỗi[/]",
    RunState.SKIPPED: "bỏ qua",
}
_FARTHEST = timedelta(days=40)


@job_commands.callback()
def jobs(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """Công việc định kỳ: lần chạy gần nhất, kết quả, lần tới."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        rows = [_seen(installation, job) for job in all_jobs()]
    if as_json:
        for row in rows:
            print_json(row)
        return
    out.print(table(("Công việc", "Lần gần nhất", "Kết quả", "Lần tới"), [_cells(row) for row in rows]))


@job_commands.command("run", cls=Command)
def run(
    name: Annotated[str, typer.Argument(metavar="TÊN", help="Tên công việc: xem «luutru jobs».")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Chạy một công việc ngay, ngoài lịch; Ctrl-C dừng ở chỗ có thể làm tiếp."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        ended = run_now(installation, name, new_worker_id(), stop)
    if as_json:
        print_json({"job": ended.job, "slot": ended.slot, "state": ended.state.value, "detail": ended.detail})
    else:
        say(f"{plain(ended.job)}: {STATES[ended.state]} {plain(ended.detail)}".rstrip())
    raise typer.Exit(Exit.OK if ended.state is RunState.DONE else Exit.NOT_READY)


def next_slot_at(schedule: Schedule, now: datetime) -> datetime | None:
    """When the time of running after the present one begins, to the second; None when that is too far to look."""
    present, low, high = schedule.slot(now), now, now + timedelta(seconds=1)
    while schedule.slot(high) == present:
        if high - now > _FARTHEST:
            return None
        low, high = high, now + (high - now) * 2
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if schedule.slot(middle) == present else (low, middle)
    return high.replace(microsecond=0)


def _seen(installation: Installation, job: Job) -> dict[str, Any]:
    schedule = job.schedule(installation.settings)
    with installation.catalogue.read() as reading:
        now = database_now(reading)
        runs = job_runs(reading, job.name, 1)
    last = runs[0] if runs else None
    following = None if schedule is None else next_slot_at(schedule, now)
    if last is not None and last.try_at is not None:
        following = last.try_at
    return {
        "job": job.name,
        "on": schedule is not None,
        "state": None if last is None else last.state.value,
        "live": last is not None and last.live(now),
        "begun_at": None if last is None else last.begun_at.isoformat(),
        "ended_at": None if last is None or last.ended_at is None else last.ended_at.isoformat(),
        "attempt": 0 if last is None else last.attempt,
        "worker": "" if last is None else last.worker,
        "detail": "" if last is None else last.detail,
        "next_at": None if following is None else following.isoformat(),
    }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    state = "" if row["state"] is None else STATES[RunState(row["state"])]
    return (
        plain(row["job"]),
        _local(row["begun_at"]),
        f"{state} {plain(row['detail'])}".strip(),
        _local(row["next_at"]) if row["on"] else "tắt",
    )


def _local(text: str | None) -> str:
    return "" if text is None else local_text(datetime.fromisoformat(text))
