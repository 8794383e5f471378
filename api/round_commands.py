"""``luutru rounds``: the group, how a round is named at the command line, and how one act upon it is done and shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from api.acting import acting, archive_here
from api.output import plain, print_json, say
from api.usage import Group
from archive.access import Author, Operation
from archive.catalogue import Reading, Transaction
from archive.catalogue.round_reading import destruction_round, round_coded
from archive.disposal.model import Round
from archive.disposal.round_state import VIETNAMESE
from archive.disposal.words import Duty, LineState, Outcome

round_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

DUTIES = {
    Duty.PROPOSER: "người lập danh mục",
    Duty.CHAIRMAN: "Chủ tịch Hội đồng",
    Duty.SECRETARY: "Thư ký",
    Duty.UNIT: "đại diện đơn vị",
    Duty.EXPERT: "người am hiểu lĩnh vực",
    Duty.APPROVER: "người quyết định",
    Duty.EXECUTOR: "người thực hiện hủy",
}
LINE_STATES = {
    LineState.LISTED: "trong danh mục",
    LineState.VOID: "mất hiệu lực",
    LineState.SET_ASIDE: "đưa ra khỏi đợt",
    LineState.KEPT: "giữ lại",
    LineState.DESTROYING: "đã bắt đầu hủy",
}
OUTCOMES = {Outcome.DESTROY: "hủy", Outcome.EXTEND: "kéo dài", Outcome.PERMANENT: "vĩnh viễn"}

Named = Annotated[str, typer.Argument(metavar="ĐỢT", help="Mã hoặc ký hiệu đợt hủy.")]
Files = Annotated[list[str], typer.Argument(metavar="HỒSƠ…", help="Mã trong sổ đăng ký, mã gói hoặc mã hồ sơ.")]
Why = Annotated[str, typer.Option("--reason", help="Lý do.")]


@dataclass
class Act:
    """One act upon a round in the transaction of the account at the keyboard."""

    tx: Transaction
    of: Round
    by: Author


def named_round(view: Reading, named: str) -> Round:
    """By what people call it, or by its id. Raises a refusal ``round.missing``."""
    return round_coded(view, named) or destruction_round(view, named)


@contextmanager
def act_on(
    named: str, home: Path | None, as_json: bool, said: str, operation: Operation = Operation.ROUND_ACT
) -> Iterator[Act]:
    """In one transaction; when that is committed the round is shown as it then is, after the words ``said``."""
    with archive_here(home) as installation:
        by = acting(installation, operation)
        with installation.catalogue.transaction() as tx:
            of = named_round(tx, named)
            yield Act(tx, of, by)
        with installation.catalogue.read() as view:
            show_round(view, destruction_round(view, of.id), as_json, said)


def show_round(view: Reading, of: Round, as_json: bool, said: str) -> None:
    """In one line, or as the service tells it."""
    from api.http.rights_views import Names
    from api.http.round_views import RoundView

    if as_json:
        print_json(RoundView.of(of, Names(view)).model_dump(mode="json"))
    else:
        say(f"{said} Đợt hủy {plain(of.code)}: {VIETNAMESE[of.state]}.")
