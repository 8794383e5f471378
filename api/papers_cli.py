"""``luutru papers``: papers of a round, printed, attached signed, complete; its minutes and dossier; a dossier proven."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from api.acting import Home, Json, acting, archive_here
from api.bootstrap import Installation, now
from api.exits import Exit
from api.output import columns, facts, plain, print_json, say
from api.round_commands import Named, named_round
from api.usage import Command, Group
from archive.access import Author, Operation
from archive.catalogue import Reading
from archive.catalogue.paper_orders import PaperOrder
from archive.disposal.model import Round
from archive.finding import Answer
from archive.papers.paper_states import PaperState

paper_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

STATES = {
    PaperState.MISSING: "[red]chưa có[/]",
    PaperState.UNSIGNED: "[yellow]chưa ký[/]",
    PaperState.SIGNATURE_NOT_VALID: "[red]chữ ký chưa hợp lệ[/]",
    PaperState.OTHER_LIST: "[red]gắn với danh mục khác[/]",
    PaperState.EARLIER_DECISION: "[red]thuộc quyết định trước[/]",
    PaperState.EARLIER_EXECUTOR: "[red]bàn giao cho người trước[/]",
    PaperState.GOOD: "[green]đạt[/]",
    PaperState.NOT_NEEDED: "không bắt buộc",
}
Kind = Annotated[str, typer.Argument(metavar="LOẠI", help="Loại giấy tờ, như «luutru papers list» nêu.")]
GivenFile = Annotated[
    Path | None,
    typer.Option(
        "--given",
        exists=True,
        dir_okay=False,
        help="Tệp JSON nêu điều chỉ con người biết: địa danh, nơi nhận, người ký, thuyết minh …",
    ),
]


@paper_commands.command("list", cls=Command)
def list_them(named: Named, home: Home = None, as_json: Json = False) -> None:
    """Mọi giấy tờ của đợt hủy, tình trạng và điều còn thiếu."""
    from api.http.paper_views import PaperView
    from api.http.rights_views import Names
    from archive.catalogue.paper_orders import last_orders
    from archive.papers.paper_states import round_papers

    with archive_here(home) as installation, installation.catalogue.read() as view:
        of = named_round(view, named)
        found = round_papers(view, of)
        last = last_orders(view, of.id)
        names = Names(view)
        told = [PaperView.of(item, last.get(item.rule.kind), names).model_dump(mode="json") for item in found]
    if as_json:
        for row in told:
            print_json(row)
        return
    rows = [
        (
            item.rule.kind,
            plain(item.rule.title),
            STATES[item.state],
            plain(", ".join(item.paper.signers)) if item.paper else "",
            plain(_waiting(last.get(item.rule.kind))),
        )
        for item in found
    ]
    columns(("Loại", "Tên", "Tình trạng", "Người ký số", "Yêu cầu"), rows)


@paper_commands.command("print", cls=Command)
def print_one(
    named: Named,
    kind: Kind,
    given: GivenFile = None,
    anew: Annotated[bool, typer.Option("--anew", help="Lập lại dù đã có bản ký.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Yêu cầu lập một giấy tờ từ danh mục; tiến trình xử lý in thành PDF/A."""
    from archive.catalogue.paper_orders import order_print

    said = _given(given)
    with archive_here(home) as installation:
        by = acting(installation, Operation.ROUND_ACT)
        with installation.catalogue.transaction() as tx:
            of = named_round(tx, named)
            order = order_print(tx, uuid.uuid4().hex, of.id, kind, said, by=by, at=now(), anew=anew)
            told = _order_json(tx, order)
    _asked(told, as_json)


@paper_commands.command("attach", cls=Command)
def attach(
    named: Named,
    kind: Kind,
    file: Annotated[Path, typer.Argument(metavar="TỆP", exists=True, dir_okay=False, help="Bản PDF đã ký số.")],
    number: Annotated[str, typer.Option(help="Số của văn bản.")] = "",
    notation: Annotated[str, typer.Option(help="Ký hiệu của văn bản.")] = "",
    organ: Annotated[str, typer.Option(help="Cơ quan ban hành.")] = "",
    signer: Annotated[list[str] | None, typer.Option(help="Người phải ký, theo tên trong chứng thư số.")] = None,
    confirm: Annotated[str, typer.Option(help="Mã băm danh mục đã đọc bằng mắt trên bản quét.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Đính kèm bản đã ký; tiến trình xử lý thẩm tra chữ ký và mã băm danh mục."""
    from archive.papers.given import Given, given_json

    said = given_json(Given(number=number, notation=notation, organ=organ))
    if signer:
        said["signers"] = list(signer)
    with file.open("rb") as data:
        if data.read(5) != b"%PDF-":
            raise typer.BadParameter(f"{file} không phải tệp PDF")
        with archive_here(home) as installation:
            by = acting(installation, Operation.ROUND_ACT)
            told = _attached(installation, named, kind, data, said, confirm, by)
    _asked(told, as_json)


@paper_commands.command("save", cls=Command)
def save(
    named: Named,
    kind: Kind,
    target: Annotated[Path, typer.Argument(metavar="TỆP", help="Ghi vào tệp này.")],
    home: Home = None,
) -> None:
    """Ghi bản sau cùng của một giấy tờ ra tệp."""
    from archive.catalogue.round_reading import papers
    from archive.disposal.paper_keeping import read_paper
    from archive.disposal.refusals import refusal

    if target.exists():
        raise typer.BadParameter(f"{target} đã có")
    with archive_here(home) as installation:
        with installation.catalogue.read() as view:
            of = named_round(view, named)
            found = [paper for paper in papers(view, of.id) if paper.kind == kind]
        if not found:
            raise refusal("paper.missing", kind, title=kind)
        target.write_bytes(read_paper(installation.stores, found[-1].object_key, found[-1].sha256))
    say(f"Đã ghi {plain(target)}.")


@paper_commands.command("complete", cls=Command)
def complete(named: Named, home: Home = None, as_json: Json = False) -> None:
    """Đủ giấy tờ trước khi bàn giao; thiếu gì thì nêu mọi lý do."""
    from archive.catalogue.round_deciding import complete_papers

    with archive_here(home) as installation:
        by = acting(installation, Operation.ROUND_ACT)
        with installation.catalogue.transaction() as tx:
            of = complete_papers(tx, named_round(tx, named).id, by=by, at=now())
    _stepped(of, as_json)


@paper_commands.command("minutes", cls=Command)
def minutes(named: Named, given: GivenFile = None, home: Home = None, as_json: Json = False) -> None:
    """Biên bản hủy đã ký và mọi giấy tờ đã đủ; hệ thống lập và nộp hồ sơ hủy."""
    from archive.catalogue.paper_orders import order_dossier
    from archive.catalogue.round_deciding import make_minutes

    said = _given(given)
    with archive_here(home) as installation:
        by = acting(installation, Operation.ROUND_ACT)
        with installation.catalogue.transaction() as tx:
            of = make_minutes(tx, named_round(tx, named).id, by=by, at=now())
            order_dossier(tx, uuid.uuid4().hex, of.id, said, by=by, at=now())
    _stepped(of, as_json)


@paper_commands.command("dossier", cls=Command)
def dossier(
    named: Named,
    again: Annotated[bool, typer.Option("--again", help="Lập và nộp lại khi lần trước bị trả lại.")] = False,
    given: GivenFile = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Hồ sơ hủy của đợt đã tới đâu."""
    from archive.catalogue.paper_orders import last_dossier_order, order_dossier

    said = _given(given)
    with archive_here(home) as installation:
        if again:
            by = acting(installation, Operation.ROUND_ACT)
            with installation.catalogue.transaction() as tx:
                order_dossier(tx, uuid.uuid4().hex, named_round(tx, named).id, said, by=by, at=now())
        with installation.catalogue.read() as view:
            of = named_round(view, named)
            order = last_dossier_order(view, of.id)
            told = _order_json(view, order) if order else None
    if as_json:
        print_json({"round_id": of.id, "state": of.state.value, "aip_id": of.dossier_aip_id, "order": told})
        return
    facts(
        [
            ("Đợt hủy", of.code),
            ("Gói trong kho", of.dossier_aip_id or "chưa có"),
            ("Đang chờ", order.problem if order and order.waits else ""),
            ("Kết quả", (order.outcome or {}).get("state", "") if order else ""),
        ]
    )


@paper_commands.command("verify-dossier", cls=Command)
def verify_one(
    file: Annotated[
        Path, typer.Argument(metavar="TỆP", exists=True, dir_okay=False, help="Gói hồ sơ hủy (AIP đã mở, tệp tar).")
    ],
    key: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="Khóa công khai của kho khi đó (PEM); mặc định: của kho này."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Chứng minh một hồ sơ hủy chỉ bằng gói của nó và khóa công khai của kho; không cần dữ liệu đã hủy."""
    from api.settings import home_folder, load_settings
    from archive.papers.dossier_proof import verify_dossier
    from archive.signing import load_key, load_public_key

    keys = [load_public_key(path) for path in key or []]
    if not keys:
        keys = [load_key(load_settings(home_folder(home)).key_file).private.public_key()]
    with file.open("rb") as package:
        verdict = verify_dossier(package, keys)
    if as_json:
        found = [item.as_json() for item in verdict.findings]
        print_json({"answer": verdict.answer.value, "facts": dict(verdict.facts), "findings": found})
    else:
        told = verdict.facts
        facts(
            [
                ("Đợt hủy", told.get("round_code", "")),
                ("Mã băm danh mục", told.get("list_sha256", "")),
                ("Số dòng", told.get("lines", "")),
                ("Đã hủy", told.get("destroyed", "")),
                ("Số giấy tờ", told.get("papers", "")),
                ("Giữ ít nhất đến", told.get("keep_until", "")),
            ]
        )
        for item in verdict.findings:
            say(f"[red]{plain(item.code)}[/] {plain(item.message)}")
        passed = verdict.answer is Answer.PASSED
        say("[green]Hồ sơ hủy tự chứng minh được.[/]" if passed else "[red]Hồ sơ hủy không tự chứng minh được.[/]")
    if verdict.answer is not Answer.PASSED:
        raise typer.Exit(Exit.FAILED if verdict.answer is Answer.FAILED else Exit.INDETERMINATE)


def _given(path: Path | None) -> dict[str, Any]:
    """What the file says, as the program would write it. Raises typer.BadParameter for what it cannot be."""
    from api.http.paper_views import PaperGiven
    from archive.papers.given import given_json

    if path is None:
        return {}
    try:
        return given_json(PaperGiven.model_validate(json.loads(path.read_bytes())).given())
    except ValueError as error:
        raise typer.BadParameter(f"{path}: {error}") from None


def _attached(
    installation: Installation, named: str, kind: str, data: BinaryIO, said: dict[str, Any], confirm: str, by: Author
) -> dict[str, Any]:
    from api.receiving_papers import receive_paper
    from archive.catalogue.paper_orders import may_have_part, require_paper
    from archive.ledger import written_instant

    at = now()
    if confirm:
        said["confirmation"] = {"by": by.actor, "at": written_instant(at), "list_sha256": confirm}
    with installation.catalogue.read() as view:
        of = named_round(view, named)
        may_have_part(view, of, by)
        require_paper(view, of, kind)
    order = receive_paper(installation, uuid.uuid4().hex, of.id, kind, data, said, by=by, at=at)
    with installation.catalogue.read() as view:
        return _order_json(view, order)


def _order_json(view: Reading, order: PaperOrder) -> dict[str, Any]:
    from api.http.paper_views import PaperOrderView
    from api.http.rights_views import Names

    return PaperOrderView.of(order, Names(view)).model_dump(mode="json")


def _asked(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        say(f"Đã yêu cầu ({plain(told['id'])}); tiến trình xử lý làm tiếp, hoặc làm ngay: luutru jobs run papers.")


def _stepped(of: Round, as_json: bool) -> None:
    from archive.disposal.round_state import VIETNAMESE

    if as_json:
        print_json({"round_id": of.id, "state": of.state.value})
    else:
        say(f"Đợt hủy {plain(of.code)}: {VIETNAMESE[of.state]}.")


def _waiting(order: PaperOrder | None) -> str:
    if order is None:
        return ""
    if order.waits:
        return order.problem or "đang chờ"
    outcome = order.outcome or {}
    said = [*outcome.get("refused", ()), *(item for item in outcome.get("findings", ()) if item["severity"] != "info")]
    return "; ".join(str(item["code"]) for item in said)
