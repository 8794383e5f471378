"""``luutru rounds``: destruction rounds as they stand, and the drawing up of their lists."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer

from api import round_council_cli, round_deciding_cli
from api.acting import Home, Json, acting, archive_here
from api.bootstrap import now
from api.files_cli import named_file
from api.output import columns, facts, plain, print_json, say
from api.round_commands import (
    DUTIES,
    LINE_STATES,
    OUTCOMES,
    Files,
    Named,
    Why,
    act_on,
    named_round,
    round_commands,
    show_round,
)
from api.usage import Command
from archive.access import Operation
from archive.disposal.round_state import VIETNAMESE, RoundState
from archive.disposal.words import ArchiveKind, LineState, ListingReason
from archive.local_time import VIETNAM, local_text

__all__ = ["round_commands", "round_council_cli", "round_deciding_cli"]

AT_ONCE = 200
Agency = Annotated[str, typer.Option("--agency", help="Mã cơ quan, một trong hai mã.")]
Schedule = Annotated[str, typer.Option("--schedule", help="Của bảng thời hạn này.")]
Row = Annotated[str, typer.Option("--row", help="Của dòng này trong bảng.")]
EndedFrom = Annotated[int | None, typer.Option(help="Kết thúc từ năm.")]
EndedTo = Annotated[int | None, typer.Option(help="Kết thúc đến năm.")]


@round_commands.command("list", cls=Command)
def list_them(
    state: Annotated[
        RoundState | None,
        typer.Option(help="Chỉ trạng thái này: drawn_up, submitted, … executing, completed.", show_choices=False),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Nhiều nhất bấy nhiêu đợt.")] = 100,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Các đợt hủy, mới nhất trước."""
    from archive.catalogue.round_reading import rounds_listed

    with archive_here(home) as installation, installation.catalogue.read() as view:
        found = rounds_listed(view, states=[] if state is None else [state], limit=limit)
        if as_json:
            for item in found:
                show_round(view, item, True, "")
            return
    if not found:
        say("Không có đợt hủy nào.")
        return
    rows = [
        (plain(item.code), VIETNAMESE[item.state], plain(item.agency_code or "—"), local_text(item.opened_at), item.id)
        for item in found
    ]
    columns(("Ký hiệu", "Trạng thái", "Cơ quan", "Mở lúc", "Mã"), rows)


@round_commands.command("show", cls=Command)
def show(named: Named, home: Home = None, as_json: Json = False) -> None:
    """Một đợt hủy: người có nhiệm vụ, số dòng, phiên họp, ý kiến, quyết định."""
    from api.http.rights_views import Names
    from api.http.round_views import RoundDetail

    with archive_here(home) as installation, installation.catalogue.read() as view:
        of = named_round(view, named)
        told = RoundDetail.read(view, of, Names(view))
    if as_json:
        print_json(told.model_dump(mode="json"))
        return
    made = told.decisions[-1] if told.decisions else None
    facts(
        [
            ("Mã", of.id),
            ("Ký hiệu", of.code),
            ("Trạng thái", VIETNAMESE[of.state]),
            ("Cơ quan", of.agency_code),
            ("Bộ quy tắc", f"{of.profile}/{of.profile_version}"),
            ("Lưu trữ", "lịch sử" if of.archive_kind is ArchiveKind.HISTORICAL else "hiện hành"),
            ("Nguồn nộp lưu", "thuộc" if of.submitting else "không thuộc"),
            *((f"{DUTIES[person.duty]}", person.account) for person in told.round.persons),
            *((f"Dòng {LINE_STATES[state]}", count) for state, count in told.lines.items()),
            ("Phiên họp", ", ".join(f"{held.number} ({held.held_on:%d/%m/%Y})" for held in told.sessions)),
            ("Ý kiến", "; ".join(f"{one.number}: {one.verdict.value}" for one in told.opinions)),
            ("Mã băm danh mục", of.list_sha256),
            ("Quyết định hủy", f"{made.number} ngày {made.decided_on:%d/%m/%Y}" if made else ""),
            ("Bắt đầu đến hết", f"{made.last_day:%d/%m/%Y}" if made and made.last_day else ""),
            ("Lý do bãi bỏ", of.abandoned_reason),
            ("Gói hồ sơ hủy", of.dossier_aip_id),
        ]
    )


@round_commands.command("readiness", cls=Command)
def readiness(named: Named, home: Home = None, as_json: Json = False) -> None:
    """Đợt hủy còn thiếu gì trước khi được bắt đầu hủy: mọi lý do cùng lúc."""
    from api.exits import Exit
    from api.http.round_views import ReasonView
    from archive.catalogue.round_readiness import not_ready

    with archive_here(home) as installation, installation.catalogue.read() as view:
        missing = ReasonView.together(not_ready(view, named_round(view, named).id, at=now()))
    if as_json:
        for item in missing:
            print_json(item.model_dump(mode="json"))
    elif not missing:
        say("Đủ điều kiện bắt đầu hủy.")
    else:
        rows = [(item.code, str(item.count), plain(item.message)) for item in missing]
        columns(("Mã", "Số chỗ", "Còn thiếu"), rows)
    if missing:
        raise typer.Exit(Exit.FAILED)


@round_commands.command("lines", cls=Command)
def lines(
    named: Named,
    state: Annotated[
        LineState | None,
        typer.Option(help="Chỉ tình trạng này: listed, void, set_aside, kept hoặc destroying.", show_choices=False),
    ] = None,
    after: Annotated[int, typer.Option(min=0, help="Tiếp sau dòng số này.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Nhiều nhất bấy nhiêu dòng.")] = 100,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Danh mục của đợt hủy: từng dòng với phiếu biểu quyết và kết luận."""
    from api.http.rights_views import Names
    from api.http.round_views import LineView
    from api.round_lines import line_views
    from archive.catalogue.round_reading import lines_page

    found: list[LineView] = []
    with archive_here(home) as installation, installation.catalogue.read() as view:
        of, names = named_round(view, named), Names(view)
        while len(found) < limit:
            wanted = min(AT_ONCE, limit - len(found))
            page = lines_page(view, of.id, states=[] if state is None else [state], after=after, limit=wanted)
            found += line_views(view, of, page, names)
            if len(page) < wanted:
                break
            after = page[-1].ordinal
    if as_json:
        for item in found:
            print_json(item.model_dump(mode="json"))
        return
    if not found:
        say("Danh mục không có dòng nào.")
        return
    rows = [
        (
            str(item.ordinal),
            plain(item.file_code),
            LINE_STATES[item.state],
            "—" if item.choice is None else OUTCOMES[item.choice.outcome],
            str(len(item.votes)),
            "[red]có[/]" if item.held else "không",
            plain(item.file_id),
        )
        for item in found
    ]
    columns(("STT", "Mã hồ sơ", "Tình trạng", "Kết luận", "Phiếu", "Đóng băng", "Mã đăng ký"), rows)


@round_commands.command("candidates", cls=Command)
def candidates_of(
    named: Named,
    agency: Agency = "",
    schedule: Schedule = "",
    row: Row = "",
    ended_from: EndedFrom = None,
    ended_to: EndedTo = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Nhiều nhất bấy nhiêu hồ sơ.")] = 100,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Hồ sơ đến hạn có thể đưa vào danh mục; hồ sơ bị để lại được nêu cùng lý do."""
    from api.http.file_views import FileView
    from api.http.round_views import CandidateView, ReasonView
    from archive.catalogue.round_candidates import DueQuestion, candidates, list_reasons
    from archive.disposal.model import NewLine

    question, after, shown = DueQuestion(agency, schedule, row, ended_from, ended_to), None, list[CandidateView]()
    with archive_here(home) as installation, installation.catalogue.read() as view:
        of = named_round(view, named)
        while len(shown) < limit:
            wanted = min(AT_ONCE, limit - len(shown))
            found = candidates(view, of, question, at=now(), after=after, limit=wanted)
            new = [NewLine(item.id, ListingReason.EXPIRED, "") for item in found.files]
            wrong = list_reasons(view, of, new, at=now())
            shown += [
                CandidateView(
                    file=FileView.of(item), listable=not wrong[item.id], reasons=ReasonView.together(wrong[item.id])
                )
                for item in found.files
            ]
            after = found.after
            if after is None:
                break
    if as_json:
        for item in shown:
            print_json(item.model_dump(mode="json"))
        return
    if not shown:
        say("Không có hồ sơ nào đến hạn.")
        return
    rows = [
        (
            plain(item.file.agency_code),
            plain(item.file.file_code),
            f"{item.file.review_on:%d/%m/%Y}" if item.file.review_on else "—",
            "được" if item.listable else f"[red]để lại[/]: {', '.join(one.code for one in item.reasons)}",
        )
        for item in shown
    ]
    columns(("Cơ quan", "Mã hồ sơ", "Đến hạn", "Đưa vào danh mục"), rows)


@round_commands.command("open", cls=Command)
def open_one(
    code: Annotated[str, typer.Argument(metavar="KÝHIỆU", help="Ký hiệu đợt hủy (năm/đợt).")],
    agency: Agency = "",
    historical: Annotated[bool, typer.Option("--historical", help="Đợt hủy của lưu trữ lịch sử.")] = False,
    not_submitting: Annotated[
        bool, typer.Option("--not-submitting", help="Cơ quan không thuộc nguồn nộp lưu vào lưu trữ lịch sử.")
    ] = False,
    profile: Annotated[str, typer.Option(help="Bộ quy tắc; không nêu: bộ quy tắc đang có hiệu lực.")] = "",
    round_id: Annotated[
        str, typer.Option("--id", help="Mã tự chọn; chạy lại với cùng mã thì không mở đợt thứ hai.")
    ] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Mở một đợt hủy; người mở là người lập danh mục."""
    from archive.catalogue.round_writing import open_round
    from archive.disposal.model import NewRound
    from schemas.rule_profiles import profile_on

    at = now()
    new = NewRound(
        id=round_id or uuid.uuid4().hex,
        code=code,
        profile=profile or profile_on(at.astimezone(VIETNAM).date()).name,
        agency_code=agency,
        archive_kind=ArchiveKind.HISTORICAL if historical else ArchiveKind.CURRENT,
        submitting=not not_submitting,
    )
    with archive_here(home) as installation:
        by = acting(installation, Operation.ROUND_PROPOSE)
        with installation.catalogue.transaction() as tx:
            of = open_round(tx, new, by=by, at=at)
        with installation.catalogue.read() as view:
            show_round(view, of, as_json, "Đã mở.")


@round_commands.command("add", cls=Command)
def add(
    named: Named,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="HỒSƠ…", help="Mã trong sổ đăng ký, mã gói hoặc mã hồ sơ.")
    ] = None,
    explanation: Annotated[str, typer.Option(help="Thuyết minh.")] = "",
    duplicate_of: Annotated[str, typer.Option(help="Trùng lặp với hồ sơ này, là hồ sơ được giữ lại.")] = "",
    due: Annotated[bool, typer.Option("--due", help="Mọi hồ sơ đến hạn, thay cho nêu từng hồ sơ.")] = False,
    agency: Agency = "",
    schedule: Schedule = "",
    row: Row = "",
    ended_from: EndedFrom = None,
    ended_to: EndedTo = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Đưa hồ sơ vào danh mục; hồ sơ bị để lại được nêu cùng lý do."""
    from api.round_lines import add_due, add_named
    from archive.catalogue.round_candidates import DueQuestion
    from archive.disposal.refusals import Reason

    if bool(files) == due:
        raise typer.BadParameter("nêu các hồ sơ, hoặc --due")
    added, left_out = 0, dict[str, tuple[Reason, ...]]()
    with archive_here(home) as installation:
        by = acting(installation, Operation.ROUND_ACT)
        with installation.catalogue.read() as view:
            of = named_round(view, named)
            ids = [named_file(view, item).id for item in files or ()]
            twin = named_file(view, duplicate_of).id if duplicate_of else None
        question = DueQuestion(agency, schedule, row, ended_from, ended_to)
        pieces = (
            add_due(installation.catalogue, of.id, question, explanation, by=by, at=now)
            if due
            else add_named(installation.catalogue, of.id, ids, explanation, twin, by=by, at=now)
        )
        for count, refused in pieces:
            added += count
            left_out |= refused
    if as_json:
        told = {file_id: [one.code for one in reasons] for file_id, reasons in left_out.items()}
        print_json({"round_id": of.id, "lines": added, "left_out": told})
        return
    say(f"Đã đưa {added} hồ sơ vào danh mục của đợt hủy {plain(of.code)}.")
    for file_id, reasons in left_out.items():
        say(f"[red]Để lại[/] {plain(file_id)}: {plain(' '.join(one.message for one in reasons))}")


@round_commands.command("remove", cls=Command)
def remove(named: Named, files: Files, home: Home = None, as_json: Json = False) -> None:
    """Bỏ hồ sơ khỏi danh mục khi chưa trình; hồ sơ trở về chỗ cũ."""
    from archive.catalogue.round_writing import remove_line

    with act_on(named, home, as_json, f"Đã bỏ {len(files)} hồ sơ khỏi danh mục.") as act:
        for item in files:
            remove_line(act.tx, act.of.id, named_file(act.tx, item).id, by=act.by, at=now())


@round_commands.command("submit", cls=Command)
def submit(named: Named, home: Home = None, as_json: Json = False) -> None:
    """Trình danh mục; từ đây không thêm hồ sơ nào nữa."""
    from archive.catalogue.round_writing import submit_round

    with act_on(named, home, as_json, "Đã trình danh mục.") as act:
        submit_round(act.tx, act.of.id, by=act.by, at=now())


@round_commands.command("abandon", cls=Command)
def abandon(named: Named, reason: Why, home: Home = None, as_json: Json = False) -> None:
    """Bãi bỏ đợt hủy khi chưa hồ sơ nào bắt đầu hủy; mọi hồ sơ trở về chỗ cũ."""
    from archive.catalogue.round_reading import destruction_round
    from archive.catalogue.round_writing import abandon_round, send_lines_back

    with archive_here(home) as installation:
        by = acting(installation, Operation.ROUND_ACT)
        with installation.catalogue.transaction() as tx:
            of = abandon_round(tx, named_round(tx, named).id, reason=reason, by=by, at=now())
        left = 1
        while left:
            with installation.catalogue.transaction() as tx:
                left = send_lines_back(tx, of.id, by=by, at=now())
        with installation.catalogue.read() as view:
            show_round(view, destruction_round(view, of.id), as_json, "Đã bãi bỏ.")
