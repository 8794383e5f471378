"""``luutru destroy`` and ``luutru tombstones``: destruction asked for, followed, proven and certified; what remains."""

from __future__ import annotations

import signal
import threading
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from api.acting import Home, Json, acting, archive_here
from api.bootstrap import Installation, now
from api.exits import Exit
from api.output import columns, facts, plain, print_json, say
from api.usage import Command, Group
from archive.access import Operation
from archive.catalogue import Reading
from archive.catalogue.destruction_model import AbsenceVerdict, ItemState
from archive.catalogue.destruction_orders import Order, OrderKind
from archive.disposal.model import Round
from archive.errors import LuutruError
from archive.local_time import local_text

destroy_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
tombstone_commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)

STATES = {
    ItemState.DUE: "còn phải xóa",
    ItemState.REMOVED: "đã xóa, chưa tìm lại",
    ItemState.ABSENT: "đã xóa, không còn",
    ItemState.UNREACHABLE: "[red]chưa tới được[/]",
    ItemState.LOCKED: "[yellow]còn khóa[/]",
}
VERDICTS = {
    AbsenceVerdict.ABSENT: "[green]không còn gì[/]",
    AbsenceVerdict.FOUND: "[red]còn dấu vết[/]",
    AbsenceVerdict.NOT_PROVEN: "[yellow]chưa chứng minh được[/]",
}
_EXITS = {
    AbsenceVerdict.ABSENT: Exit.OK,
    AbsenceVerdict.FOUND: Exit.FAILED,
    AbsenceVerdict.NOT_PROVEN: Exit.INDETERMINATE,
}
Named = Annotated[str, typer.Argument(metavar="ĐỢT", help="Mã hoặc ký hiệu đợt hủy.")]
Here = Annotated[
    bool,
    typer.Option("--here", help="Làm ngay trong lệnh này, không chờ tiến trình xử lý; Ctrl-C dừng để làm tiếp sau."),
]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="Nhiều nhất bấy nhiêu dòng.")]


class TombstoneMissingError(LuutruError):
    """Nothing that was destroyed has this name."""

    code = "tombstone.missing"


class CertificateMissingError(LuutruError):
    """The round has no certificate, or not on sheets yet."""

    code = "certificate.missing"


@destroy_commands.command("run", cls=Command)
def run(named: Named, here: Here = False, home: Home = None, as_json: Json = False) -> None:
    """Yêu cầu hủy các hồ sơ của đợt; chỉ người được giao thực hiện."""
    from archive.catalogue.destruction_orders import order_destruction

    with archive_here(home) as installation:
        by = acting(installation, Operation.ROUND_ACT)
        with installation.catalogue.transaction() as tx:
            of = _round(tx, named)
            order = order_destruction(tx, uuid.uuid4().hex, of.id, by=by, at=now())
        if here:
            _worked(installation)
        _asked(installation, of, order, as_json)


@destroy_commands.command("status", cls=Command)
def status(
    named: Named,
    every: Annotated[bool, typer.Option("--all", help="Cả những việc đã xong.")] = False,
    limit: Limit = 100,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Việc hủy đã tới đâu: theo nơi, việc nào còn chờ và vì sao, khóa tới khi nào."""
    from api.http.destruction_views import destruction_view
    from archive.catalogue.destruction_progress import items_listed, round_progress

    states = tuple(ItemState) if every else tuple(state for state in ItemState if state is not ItemState.ABSENT)
    with archive_here(home) as installation, installation.catalogue.read() as view:
        of = _round(view, named)
        progress = round_progress(view, of.id)
        items = items_listed(view, of.id, states=states, limit=limit)
        orders = _orders(view, of.id, OrderKind.DESTROY)
    told = destruction_view(of.id, progress, items, None, orders)
    if as_json:
        print_json(told.model_dump(mode="json"))
        return
    facts(
        [
            ("Đợt hủy", of.code),
            ("Còn chưa bắt đầu", told.to_begin),
            ("Đã bắt đầu hủy", told.begun),
            ("Đã chứng minh là không còn", told.destroyed),
            ("Còn khóa của phương tiện", told.locked),
            ("Giấy chứng nhận", local_text(told.certified_at) if told.certified_at else ""),
        ]
    )
    for order in orders[:1]:
        refused = (order.outcome or {}).get("refused", {}).get("codes", {})
        for code, count in refused.items():
            say(f"[yellow]Không hủy được[/]: {count} hồ sơ ({plain(code)}).")
        if order.problem:
            say(f"[yellow]Chưa thực hiện được[/]: {plain(order.problem)}")
    if told.waiting:
        rows = [
            (
                plain(item.place),
                plain(item.file_id or "cả đợt"),
                STATES[item.state],
                local_text(item.locked_until) if item.locked_until else "—",
                plain(item.problem or "—"),
            )
            for item in told.waiting
        ]
        columns(("Nơi", "Hồ sơ", "Trạng thái", "Khóa tới", "Vì sao"), rows)


@destroy_commands.command("look", cls=Command)
def look(named: Named, here: Here = False, home: Home = None, as_json: Json = False) -> None:
    """Yêu cầu kiểm chứng: tìm ở mọi nơi những gì đợt đã hủy; người không có nhiệm vụ nào trong đợt."""
    from archive.catalogue.destruction_orders import order_look
    from archive.catalogue.destruction_reading import last_absence_run

    with archive_here(home) as installation:
        by = acting(installation, Operation.ABSENCE_VERIFY)
        with installation.catalogue.transaction() as tx:
            of = _round(tx, named)
            order = order_look(tx, uuid.uuid4().hex, of.id, by=by, at=now())
        if here:
            _worked(installation)
        _asked(installation, of, order, as_json)
        with installation.catalogue.read() as view:
            last = last_absence_run(view, of.id)
    if here and last is not None and last.verdict is not None:
        raise typer.Exit(_EXITS[last.verdict])


@destroy_commands.command("looks", cls=Command)
def looks(named: Named, limit: Limit = 20, home: Home = None, as_json: Json = False) -> None:
    """Các lần kiểm chứng và dấu vết gặp: ở đâu, của hồ sơ nào, loại gì; không trích nội dung."""
    from api.http.destruction_views import LookView
    from api.http.rights_views import Names
    from archive.catalogue.destruction_progress import absence_runs_of

    with archive_here(home) as installation, installation.catalogue.read() as view:
        of, names = _round(view, named), Names(view)
        found = [LookView.of(item, names) for item in absence_runs_of(view, of.id, limit=limit)]
    if as_json:
        for item in found:
            print_json(item.model_dump(mode="json"))
        return
    if not found:
        say("Chưa có lần kiểm chứng nào.")
    for item in found:
        verdict = VERDICTS[item.verdict] if item.verdict else "đang tìm hoặc bị ngắt"
        say(f"{local_text(item.begun_at)}, {plain(item.verifier)}: {verdict}")
        if item.traces:
            rows = [(plain(one.place), plain(one.where), plain(one.what), plain(one.file_id)) for one in item.traces]
            columns(("Nơi", "Ở đâu", "Loại", "Hồ sơ"), rows)
        for place in item.places:
            if place.not_looked:
                say(f"[yellow]Không xem được[/] {plain(place.place)}: {plain(place.not_looked)}")


@destroy_commands.command("certificate", cls=Command)
def show_certificate(
    named: Named,
    pdf: Annotated[Path | None, typer.Option(help="Ghi bản PDF/A vào tệp này.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Giấy chứng nhận hủy: bản JSON có chữ ký của kho, hoặc bản PDF/A."""
    from archive.catalogue.destruction_reading import certificate
    from archive.catalogue.printed_certificates import printed_certificate
    from archive.disposal.paper_keeping import read_paper

    with archive_here(home) as installation:
        with installation.catalogue.read() as view:
            of = _round(view, named)
            document, printed = certificate(view, of.id), printed_certificate(view, of.id)
        if document is None or (pdf is not None and printed is None):
            raise CertificateMissingError(
                "Đợt hủy chưa có giấy chứng nhận." if document is None else "Bản PDF/A đang được lập.",
                remedy="Xem các lần kiểm chứng: «luutru destroy looks».",
            )
        if pdf is not None and printed is not None:
            pdf.write_bytes(read_paper(installation.reading_stores, printed.object_key, printed.sha256))
    if as_json:
        print_json(document)
    elif pdf is not None:
        say(f"Đã ghi giấy chứng nhận vào {plain(pdf)}.")
    else:
        said: Any = document["statement"]
        facts(
            [
                ("Đợt hủy", of.code),
                ("Quyết định", said["decision"]["number"]),
                ("Số hồ sơ", said["files"]),
                ("Số tài liệu", said["documents"]),
                ("Mã băm các dòng", said["lines_sha256"]),
                ("Cấp lúc", said["issued_at"]),
            ]
        )


@tombstone_commands.command("list", cls=Command)
def list_tombstones(
    agency: Annotated[str, typer.Option("--agency", help="Mã cơ quan, một trong hai mã.")] = "",
    named: Annotated[str, typer.Option("--round", help="Chỉ của đợt hủy này (mã hoặc ký hiệu).")] = "",
    limit: Limit = 100,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Bia của các hồ sơ đã hủy hoặc đang hủy, mới nhất trước."""
    from api.http.destruction_views import TombstoneView
    from archive.catalogue.destruction_progress import tombstones_listed
    from archive.catalogue.file_reading import agency_codes

    with archive_here(home) as installation, installation.catalogue.read() as view:
        round_id = _round(view, named).id if named else ""
        codes = agency_codes(view, agency) if agency else ()
        found = tombstones_listed(view, agencies=codes, round_id=round_id, limit=limit)
    if as_json:
        for item in found:
            print_json(TombstoneView.of(item).model_dump(mode="json"))
        return
    if not found:
        say("Không có hồ sơ nào đã hủy.")
        return
    rows = [
        (
            plain(item.agency_code),
            plain(item.file_code),
            plain(item.decision_number),
            local_text(item.destroyed_at) if item.destroyed_at else "đang hủy",
            plain(item.file_id),
        )
        for item in found
    ]
    columns(("Cơ quan", "Mã hồ sơ", "Quyết định", "Hủy lúc", "Mã"), rows)


@tombstone_commands.command("show", cls=Command)
def show_tombstone(
    named: Annotated[
        str,
        typer.Argument(metavar="HỒSƠ", help="Mã trong sổ đăng ký, mã gói, mã lần nộp, mã đăng ký nộp hoặc mã hồ sơ."),
    ],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Bia của một hồ sơ: quyết định, đợt, dòng, thời điểm, mã băm các gói."""
    from api.http.destruction_views import WholeTombstoneView
    from archive.catalogue.destruction_reading import tombstone_named, tombstone_packages_of

    with archive_here(home) as installation, installation.catalogue.read() as view:
        laid = tombstone_named(view, named.strip())
        if laid is None:
            raise TombstoneMissingError("Không có bia nào mang mã này.", remedy="Xem «luutru tombstones list».")
        packages = tombstone_packages_of(view, [laid.file_id]).get(laid.file_id, ())
    if as_json:
        print_json(WholeTombstoneView.whole(laid, packages).model_dump(mode="json"))
        return
    facts(
        [
            ("Mã đăng ký", laid.file_id),
            ("Cơ quan", laid.agency_code),
            ("Mã hồ sơ", laid.file_code),
            ("Tiêu đề", laid.title or "(không giữ)"),
            ("Thời hạn", laid.period_text),
            ("Quyết định", laid.decision_number),
            ("Ngày quyết định", f"{laid.decided_on:%d/%m/%Y}" if laid.decided_on else ""),
            ("Đợt hủy", laid.round_id),
            ("Dòng", laid.line),
            ("Bắt đầu hủy", local_text(laid.intended_at)),
            ("Đã hủy", local_text(laid.destroyed_at) if laid.destroyed_at else "đang hủy"),
            ("Số tài liệu", laid.documents),
            ("Gói tin", "; ".join(f"{item.aip_id} {item.sha256}" for item in packages)),
        ]
    )


def _round(view: Reading, named: str) -> Round:
    from archive.catalogue.round_reading import destruction_round, round_coded

    return round_coded(view, named.strip()) or destruction_round(view, named.strip())


def _orders(view: Reading, round_id: str, kind: OrderKind) -> list[Any]:
    from api.http.destruction_views import OrderView
    from api.http.rights_views import Names
    from archive.catalogue.destruction_orders import orders_of

    names = Names(view)
    return [OrderView.of(item, names) for item in orders_of(view, round_id, kind)]


def _worked(installation: Installation) -> None:
    """The worker's job, in this process. Raises JobRunningError when it runs: then what was asked for is done there."""
    from api.jobs.runner import run_now
    from ingest.claims import new_worker_id

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run_now(installation, "destruction", new_worker_id(), stop)


def _asked(installation: Installation, of: Round, order: Order, as_json: bool) -> None:
    with installation.catalogue.read() as view:
        (told,) = [item for item in _orders(view, of.id, order.kind) if item.id == order.id]
    if as_json:
        print_json(told.model_dump(mode="json"))
    elif told.ended_at is None:
        say(f"Đã yêu cầu; tiến trình xử lý thực hiện. Theo dõi: luutru destroy status {plain(of.code)}")
        if told.problem:
            say(f"[yellow]Chưa thực hiện được[/]: {plain(told.problem)}")
    elif order.kind is OrderKind.LOOK:
        verdict = AbsenceVerdict(told.outcome["verdict"])
        say(f"Kết quả kiểm chứng: {VERDICTS[verdict]}")
    else:
        refused = told.outcome["refused"]["count"]
        done = "đã xong" if told.outcome["settled"] else "còn việc phải chờ"
        say(f"Đã thực hiện: {done}; {refused} hồ sơ bị từ chối. Xem: luutru destroy status {plain(of.code)}")
