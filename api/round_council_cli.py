"""``luutru rounds``: the council of a round, its sessions and votes, and the opinion of the competent body."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from api.acting import Home, Json, acting, archive_here
from api.bootstrap import now
from api.output import plain, print_json, say
from api.round_accounts import named_account
from api.round_commands import Named, Why, act_on, named_round, round_commands
from api.usage import Command
from archive.access import Operation
from archive.disposal.model import Ballot, Choice, Opinion
from archive.disposal.refusals import refusal
from archive.disposal.words import Duty, Outcome, Verdict

AT_ONCE = 1000
LAST_LINE = 2**31 - 1
Day = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Ngày, YYYY-MM-DD.")]


@round_commands.command("council", cls=Command)
def council(
    named: Named,
    number: Annotated[str, typer.Option(help="Số quyết định thành lập.")],
    on: Day,
    chairman: Annotated[str, typer.Option(help="Chủ tịch: tên đăng nhập.")],
    secretary: Annotated[str, typer.Option(help="Thư ký, là lưu trữ viên: tên đăng nhập.")],
    unit: Annotated[list[str], typer.Option(help="Đại diện đơn vị: tên đăng nhập; nêu được nhiều lần.")],
    expert: Annotated[list[str], typer.Option(help="Người am hiểu lĩnh vực: tên đăng nhập; nêu được nhiều lần.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Thành lập Hội đồng; mỗi thành viên là một tài khoản khác mọi người khác của đợt."""
    from archive.catalogue.council_writing import form_council

    people = [(Duty.CHAIRMAN, chairman), (Duty.SECRETARY, secretary)]
    people += [(Duty.UNIT, name) for name in unit] + [(Duty.EXPERT, name) for name in expert]
    with act_on(named, home, as_json, "Đã thành lập Hội đồng.", Operation.ROUND_DECIDE) as act:
        members = [(duty, named_account(act.tx, name)) for duty, name in people]
        form_council(act.tx, act.of.id, members, number=number, decided_on=on.date(), by=act.by, at=now())


@round_commands.command("session", cls=Command)
def session(
    named: Named,
    on: Day,
    number: Annotated[
        int | None, typer.Option(min=1, help="Phiên thứ mấy; nêu thì chạy lại không mở phiên thứ hai.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Mở phiên họp của Hội đồng; phiếu được ghi vào phiên cuối."""
    from archive.catalogue.council_writing import open_session

    with act_on(named, home, as_json, "Đã mở phiên họp.") as act:
        open_session(act.tx, act.of.id, held_on=on.date(), number=number, by=act.by, at=now())


@round_commands.command("vote", cls=Command)
def vote(
    named: Named,
    outcome: Annotated[Outcome, typer.Option(help="destroy, extend hoặc permanent.", show_choices=False)],
    line: Annotated[list[int] | None, typer.Option("--line", min=1, help="Dòng số; nêu được nhiều lần.")] = None,
    rest: Annotated[bool, typer.Option("--rest", help="Mọi dòng mình chưa biểu quyết trong phiên này.")] = False,
    first: Annotated[int, typer.Option(min=1, help="Cùng --rest: từ dòng.")] = 1,
    last: Annotated[int, typer.Option(min=1, help="Cùng --rest: đến dòng.")] = LAST_LINE,
    years: Annotated[int | None, typer.Option(min=1, max=100, help="Kéo dài bao nhiêu năm.")] = None,
    opinion: Annotated[str, typer.Option(help="Ý kiến ghi vào biên bản.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Biểu quyết bằng tài khoản của mình, từng dòng hoặc mọi dòng còn lại."""
    from archive.catalogue.council_writing import cast_rest, cast_votes

    if bool(line) == rest:
        raise typer.BadParameter("nêu các dòng (--line), hoặc --rest")
    try:
        choice = Choice(outcome, years)
    except ValueError:
        raise refusal("round.ballot-refused") from None
    new, after, more = 0, first - 1, True
    with archive_here(home) as installation:
        by = acting(installation, Operation.ROUND_ACT)
        while more:
            with installation.catalogue.transaction() as tx:
                of = named_round(tx, named)
                if line:
                    ballots = [Ballot(one, choice, opinion) for one in line]
                    cast, end = cast_votes(tx, of.id, ballots, by=by, at=now()), None
                else:
                    cast, end = cast_rest(
                        tx,
                        of.id,
                        choice,
                        first=after + 1,
                        last=last,
                        opinion=opinion,
                        by=by,
                        at=now(),
                        limit=AT_ONCE,
                    )
            new, more, after = new + cast, end is not None, end or after
    if as_json:
        print_json({"round_id": of.id, "new": new})
    else:
        say(f"Đã ghi {new} phiếu mới trong đợt hủy {plain(of.code)}.")


@round_commands.command("conclude", cls=Command)
def conclude(named: Named, home: Home = None, as_json: Json = False) -> None:
    """Kết luận: mỗi dòng nhận lựa chọn của quá nửa tất cả thành viên."""
    from archive.catalogue.council_writing import conclude_sessions

    with act_on(named, home, as_json, "Hội đồng đã kết luận.") as act:
        conclude_sessions(act.tx, act.of.id, by=act.by, at=now())


@round_commands.command("reopen", cls=Command)
def reopen(named: Named, reason: Why, home: Home = None, as_json: Json = False) -> None:
    """Hội đồng họp lại, trước khi chốt danh mục."""
    from archive.catalogue.council_writing import reopen_sessions

    with act_on(named, home, as_json, "Hội đồng họp lại.") as act:
        reopen_sessions(act.tx, act.of.id, reason=reason, by=act.by, at=now())


@round_commands.command("opinion", cls=Command)
def opinion_given(
    named: Named,
    body: Annotated[str, typer.Option(help="Cơ quan thẩm định, cho ý kiến.")],
    number: Annotated[str, typer.Option(help="Số văn bản.")],
    on: Day,
    verdict: Annotated[Verdict, typer.Option(help="agrees (đồng ý) hoặc objects (không).", show_choices=False)],
    note: Annotated[str, typer.Option(help="Nội dung.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Ghi nhận văn bản thẩm định, cho ý kiến của cơ quan có thẩm quyền."""
    from archive.catalogue.council_writing import record_opinion

    with act_on(named, home, as_json, "Đã ghi nhận ý kiến.") as act:
        record_opinion(act.tx, act.of.id, Opinion(body, number, on.date(), verdict, note), by=act.by, at=now())


@round_commands.command("no-opinion", cls=Command)
def no_opinion(named: Named, home: Home = None, as_json: Json = False) -> None:
    """Không phải xin ý kiến, khi bộ quy tắc cho cơ quan tự quyết định."""
    from archive.catalogue.council_writing import go_without_opinion

    with act_on(named, home, as_json, "Không phải xin ý kiến.") as act:
        go_without_opinion(act.tx, act.of.id, by=act.by, at=now())
