"""``luutru reviews``: periods that wait for a person to look at them, and the decisions."""

from __future__ import annotations

from typing import Annotated

import typer

from api.acting import Home, Json, acting, archive_here
from api.bootstrap import now
from api.determining import determination
from api.output import columns, plain, print_json, say
from api.usage import Command, Group
from archive.access import Operation
from archive.local_time import local_text
from archive.retention.review import ReviewReason

review_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

REASONS = {ReviewReason.SCHEDULE_CHANGED: "bảng thời hạn đã đổi", ReviewReason.UNDETERMINED: "chưa xác định"}


@review_commands.command("list", cls=Command)
def list_them(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Nhiều nhất bấy nhiêu việc.")] = 100,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Các việc xem xét thời hạn đang chờ, chờ lâu nhất trước."""
    from api.http.file_views import PeriodReviewView
    from archive.catalogue.schedule_reading import reviews_open

    with archive_here(home) as installation, installation.catalogue.read() as view:
        found = reviews_open(view, limit=limit)
    if as_json:
        for item in found:
            print_json(PeriodReviewView.of(item).model_dump(mode="json"))
        return
    if not found:
        say("Không có việc nào đang chờ.")
        return
    rows = [
        (plain(item.id), plain(item.file_id), REASONS[item.reason], local_text(item.opened_at), plain(item.about))
        for item in found
    ]
    columns(("Mã", "Hồ sơ", "Vì sao", "Từ lúc", "Về"), rows)


@review_commands.command("decide", cls=Command)
def decide_one(
    review_id: Annotated[str, typer.Argument(metavar="VIỆC", help="Mã việc xem xét.")],
    note: Annotated[str, typer.Option(help="Lý do.")],
    period: Annotated[str, typer.Option("--period", help="Thời hạn xác định lại; không nêu thì giữ nguyên.")] = "",
    schedule: Annotated[str, typer.Option("--schedule", help="Bảng thời hạn bảo quản.")] = "",
    row: Annotated[str, typer.Option("--row", help="Dòng của bảng thời hạn.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Quyết định một việc xem xét: giữ nguyên kèm lý do, hoặc xác định lại thời hạn."""
    from api.http.file_views import PeriodReviewView
    from archive.catalogue.retention_deciding import decide_review

    decided = determination(basis=note, period=period, schedule_id=schedule, row=row)
    with archive_here(home) as installation:
        by = acting(installation, Operation.PERIOD_REVIEW_DECIDE)
        with installation.catalogue.transaction() as tx:
            closed = decide_review(tx, review_id, decided, note=note, by=by, at=now())
    if as_json:
        print_json(PeriodReviewView.of(closed).model_dump(mode="json"))
    else:
        say("Đã giữ nguyên thời hạn." if decided is None else "Đã xác định lại thời hạn.")
