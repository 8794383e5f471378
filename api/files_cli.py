"""``luutru files``: the registry of hồ sơ, and what people decide about each."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.acting import Home, Json, acting, archive_here
from api.bootstrap import now
from api.determining import determination, named_period
from api.output import columns, facts, plain, print_json, say
from api.usage import Command, Group
from archive.access import Author, Operation
from archive.catalogue import Reading, Transaction
from archive.local_time import VIETNAM, local_text
from archive.retention.errors import FileConflictError, FileMissingError, PeriodRefusedError
from archive.retention.file import File, NewFile
from archive.retention.file_state import FileState
from archive.retention.period import UNDETERMINED
from archive.retention.stated_period import period_text

file_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

STATES = {
    FileState.OPEN: "đang lập",
    FileState.CLOSED: "đã kết thúc",
    FileState.TRANSFERRED: "đã giao nộp",
    FileState.IN_ROUND: "xem xét hủy",
    FileState.DESTROYING: "đang hủy",
    FileState.DESTROYED: "đã hủy",
}
Named = Annotated[str, typer.Argument(metavar="HỒSƠ", help="Mã trong sổ đăng ký, mã gói (AIP) hoặc mã hồ sơ.")]
Agency = Annotated[str, typer.Option("--agency", help="Mã cơ quan, một trong hai mã.")]
Basis = Annotated[str, typer.Option(help="Lý do, căn cứ.")]
PeriodGiven = Annotated[str, typer.Option("--period", help="Thời hạn: «Vĩnh viễn», «10 năm», «Đến khi …».")]
Schedule = Annotated[str, typer.Option("--schedule", help="Bảng thời hạn bảo quản.")]
Row = Annotated[str, typer.Option("--row", help="Dòng của bảng thời hạn.")]


class _StateName(StrEnum):
    """The states as they are typed."""

    OPEN = "open"
    CLOSED = "closed"
    TRANSFERRED = "transferred"
    IN_ROUND = "in_round"
    DESTROYING = "destroying"
    DESTROYED = "destroyed"


@file_commands.command("list", cls=Command)
def list_them(
    agency: Agency = "",
    state: Annotated[
        _StateName | None,
        typer.Option(
            help="Chỉ trạng thái này: open, closed, transferred, in_round, destroying hoặc destroyed.",
            show_choices=False,
        ),
    ] = None,
    after: Annotated[str, typer.Option(help="Tiếp sau hồ sơ mang mã này trong sổ đăng ký.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Nhiều nhất bấy nhiêu hồ sơ.")] = 100,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Sổ đăng ký hồ sơ, theo cơ quan và mã hồ sơ."""
    from archive.catalogue.file_list_reading import files_listed

    states = [] if state is None else [FileState(state.value)]
    with archive_here(home) as installation, installation.catalogue.read() as view:
        found = files_listed(view, agency_code=agency, states=states, after=after, limit=limit)
    show_files(found, as_json)


@file_commands.command("show", cls=Command)
def show(named: Named, agency: Agency = "", home: Home = None, as_json: Json = False) -> None:
    """Một hồ sơ: thời hạn, ngày đến hạn, các gói tin, lệnh đóng băng, việc xem xét."""
    from archive.catalogue.file_reading import aips_of
    from archive.catalogue.hold_reading import holds_on
    from archive.catalogue.schedule_reading import reviews_of

    with archive_here(home) as installation, installation.catalogue.read() as view:
        held = named_file(view, named, agency)
        aips, holds, reviews = aips_of(view, held.id), holds_on(view, held.id), reviews_of(view, held.id)
    waiting = [item for item in reviews if item.decided_at is None]
    if as_json:
        more = {"aip_ids": list(aips), "holds": [item.id for item in holds], "reviews": [item.id for item in waiting]}
        print_json({**file_json(held), **more})
        return
    facts(
        [
            ("Mã đăng ký", held.id),
            ("Cơ quan", held.agency_code),
            ("Mã hồ sơ", held.file_code),
            ("Tiêu đề", held.title),
            ("Trạng thái", STATES[held.state]),
            ("Thời hạn", period_text(held.period)),
            ("Căn cứ", held.period_basis),
            ("Năm kết thúc", held.ended_year),
            ("Đến hạn xem xét", f"{held.review_on:%d/%m/%Y}" if held.review_on else ""),
            ("Hạn giao nộp", f"{held.transfer_due_on:%d/%m/%Y}" if held.transfer_due_on else ""),
            ("Bản giấy", held.paper_code),
            ("Gói tin", ", ".join(aips)),
            ("Đóng băng", ", ".join(item.id for item in holds)),
            ("Chờ xem xét", ", ".join(item.id for item in waiting)),
            ("Đã hủy", local_text(held.destroyed_at) if held.destroyed_at else ""),
        ]
    )


@file_commands.command("open", cls=Command)
def open_one(
    code: Annotated[str, typer.Argument(metavar="MÃ", help="Mã hồ sơ.")],
    agency: Annotated[str, typer.Option("--agency", help="Mã cơ quan, một trong hai mã.")],
    title: Annotated[str, typer.Option(help="Tiêu đề hồ sơ.")],
    period: PeriodGiven = "",
    basis: Basis = "",
    fonds: Annotated[str, typer.Option(help="Mã phông.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Mở một hồ sơ không theo danh mục."""
    from archive.catalogue.file_reading import require_file
    from archive.catalogue.file_writing import open_file
    from archive.catalogue.retention_authority import require_keeper
    from schemas.rule_profiles import profile_on

    if period and not basis.strip():
        raise typer.BadParameter("thời hạn phải kèm căn cứ", param_hint="--basis")
    at = now()
    today = at.astimezone(VIETNAM).date()
    profile = profile_on(today)
    new = NewFile(
        id=str(uuid.uuid4()),
        agency_code=agency,
        file_code=code,
        title=title,
        profile=profile.name,
        profile_version=profile.version,
        fonds_code=fonds,
        opened_on=today,
        period=named_period(period) if period else UNDETERMINED,
        period_basis=basis.strip(),
    )
    with archive_here(home) as installation:
        by = acting(installation, Operation.FILE_KEEP)
        with installation.catalogue.transaction() as tx:
            require_keeper(tx, by)
            opened = open_file(tx, new, actor=by.actor, at=at)
            if opened.id != new.id:
                raise FileConflictError(
                    "Cơ quan đã có hồ sơ mang mã này.", remedy="Dùng hồ sơ đã có.", detail=opened.id
                )
            held = require_file(tx, new.id)
    _done("Đã mở hồ sơ", held, as_json)


@file_commands.command("close", cls=Command)
def close(
    named: Named,
    year: Annotated[int, typer.Option(help="Năm công việc kết thúc.")],
    period: PeriodGiven = "",
    schedule: Schedule = "",
    row: Row = "",
    basis: Basis = "",
    agency: Agency = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Kết thúc một hồ sơ; thời hạn được xác định lại lúc này hoặc giữ nguyên."""
    from archive.catalogue.retention_deciding import close_determined

    decided = determination(basis=basis, period=period, schedule_id=schedule, row=row)
    with _keeping("Đã kết thúc hồ sơ", named, agency, home, as_json) as (tx, held, by):
        close_determined(tx, held.id, decided, ended_year=year, by=by, at=now())


@file_commands.command("reopen", cls=Command)
def reopen_one(
    named: Named,
    reason: Annotated[str, typer.Option(help="Lý do.")],
    agency: Agency = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Mở lại một hồ sơ đã kết thúc."""
    from archive.catalogue.retention_deciding import reopen

    with _keeping("Đã mở lại hồ sơ", named, agency, home, as_json) as (tx, held, by):
        reopen(tx, held.id, reason=reason, by=by, at=now())


@file_commands.command("period", cls=Command)
def determine(
    named: Named,
    basis: Basis,
    period: PeriodGiven = "",
    schedule: Schedule = "",
    row: Row = "",
    agency: Agency = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Xác định thời hạn bảo quản; chỉ người có thẩm quyền được rút ngắn."""
    from archive.catalogue.retention_deciding import determine_period

    decided = determination(basis=basis, period=period, schedule_id=schedule, row=row)
    if decided is None:
        raise PeriodRefusedError("Quyết định phải nêu thời hạn.", remedy="Nêu --period, hoặc --schedule và --row.")
    with _keeping("Đã xác định thời hạn", named, agency, home, as_json) as (tx, held, by):
        determine_period(tx, held.id, decided, by=by, at=now())


@file_commands.command("event", cls=Command)
def event(
    named: Named,
    year: Annotated[int, typer.Option(help="Năm xảy ra sự kiện.")],
    basis: Basis,
    agency: Agency = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Ghi nhận sự kiện mà thời hạn của hồ sơ chờ."""
    from archive.catalogue.retention_deciding import note_event

    with _keeping("Đã ghi nhận sự kiện", named, agency, home, as_json) as (tx, held, by):
        note_event(tx, held.id, year, basis=basis, by=by, at=now())


@file_commands.command("paper", cls=Command)
def paper(
    named: Named,
    code: Annotated[str, typer.Option("--paper-code", help="Mã hồ sơ giấy cùng nội dung.")],
    permanent: Annotated[bool, typer.Option("--permanent", help="Bản giấy gốc bảo quản vĩnh viễn.")] = False,
    reason: Annotated[str, typer.Option(help="Lý do.")] = "",
    agency: Agency = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Nối hồ sơ với hồ sơ giấy cùng nội dung; «vĩnh viễn» đã ghi thì không rút lại."""
    from archive.catalogue.file_writing import link_paper
    from archive.catalogue.retention_authority import require_keeper

    with archive_here(home) as installation:
        by = acting(installation, Operation.FILE_KEEP)
        with installation.catalogue.transaction() as tx:
            require_keeper(tx, by)
            held = named_file(tx, named, agency)
            link_paper(tx, held.id, code, permanent=permanent, reason=reason, actor=by.actor, at=now())
            held = named_file(tx, held.id)
    _done("Đã nối với hồ sơ giấy", held, as_json)


@file_commands.command("transfer", cls=Command)
def transfer(
    named: Named,
    receiver: Annotated[str, typer.Option(help="Mã bên nhận.")],
    receiver_name: Annotated[str, typer.Option(help="Tên bên nhận.")],
    minutes: Annotated[str, typer.Option(help="Số biên bản giao nhận.")],
    minutes_on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Ngày biên bản, YYYY-MM-DD.")],
    agency: Agency = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Ghi nhận hồ sơ đã giao nộp vào lưu trữ lịch sử."""
    from archive.catalogue.file_transferring import Handover, hand_over

    handover = Handover(receiver, receiver_name, minutes, minutes_on.date())
    with _keeping("Đã ghi nhận giao nộp", named, agency, home, as_json) as (tx, held, by):
        hand_over(tx, held.id, handover, by=by, at=now())


def named_file(view: Reading, named: str, agency: str = "") -> File:
    """By id, by package, or by code (of any agency, unless one is named). Raises FileMissingError, AmbiguousIdError."""
    from api.views import AmbiguousIdError
    from archive.catalogue.file_reading import file, file_of_aip, file_of_code
    from archive.catalogue.retention_figures import agencies_with_files

    found = file(view, named) or file_of_aip(view, named)
    if found is not None:
        return found
    codes = (agency,) if agency else agencies_with_files(view)
    coded = {held.id: held for code in codes if (held := file_of_code(view, code, named)) is not None}
    if len(coded) > 1:
        raise AmbiguousIdError(
            "Nhiều cơ quan có hồ sơ mang mã này.", remedy="Nêu cơ quan: --agency.", detail=", ".join(coded)
        )
    if not coded:
        raise FileMissingError("Không có hồ sơ này trong sổ đăng ký hồ sơ.", detail=named)
    return next(iter(coded.values()))


def file_json(held: File) -> dict[str, Any]:
    """As the service tells it."""
    from api.http.file_views import FileView

    return FileView.of(held).model_dump(mode="json")


def show_files(found: tuple[File, ...] | list[File], as_json: bool) -> None:
    if as_json:
        for held in found:
            print_json(file_json(held))
        return
    if not found:
        say("Không có hồ sơ nào.")
        return
    rows = [
        (
            plain(held.agency_code),
            plain(held.file_code),
            STATES[held.state],
            plain(period_text(held.period)),
            f"{held.review_on:%d/%m/%Y}" if held.review_on else "—",
            plain(held.id),
        )
        for held in found
    ]
    columns(("Cơ quan", "Mã hồ sơ", "Trạng thái", "Thời hạn", "Đến hạn", "Mã đăng ký"), rows)


@contextmanager
def _keeping(
    what: str, named: str, agency: str, home: Path | None, as_json: bool
) -> Iterator[tuple[Transaction, File, Author]]:
    """One act upon the hồ sơ that is named, in one transaction of the account at the keyboard; then it is shown."""
    with archive_here(home) as installation:
        by = acting(installation, Operation.FILE_KEEP)
        with installation.catalogue.transaction() as tx:
            held = named_file(tx, named, agency)
            yield tx, held, by
            held = named_file(tx, held.id)
    _done(what, held, as_json)


def _done(what: str, held: File, as_json: bool) -> None:
    if as_json:
        print_json(file_json(held))
    else:
        say(f"{what} {plain(held.file_code)} ({plain(held.agency_code)}): {plain(period_text(held.period))}.")
