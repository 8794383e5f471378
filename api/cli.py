"""The command line. Every command says what it did, in Vietnamese; ``--json`` says it to programs."""

from __future__ import annotations

import getpass
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from api import output
from api.alert_cli import alert_commands
from api.audit_cli import audit as audit_command
from api.bootstrap import Installation, now, opened
from api.checking import check_paths
from api.checkpoint_cli import ledger_commands
from api.database_commands import database_commands
from api.destruction_cli import destroy_commands, tombstone_commands
from api.exits import INTERRUPTED, READER_GONE, Exit
from api.files_cli import file_commands
from api.hold_cli import hold_commands
from api.job_commands import job_commands
from api.journal import FILE_NAME as LOG_NAME
from api.journal import logged
from api.keys_cli import key_commands
from api.made_reports_cli import report_commands
from api.output import columns, line, out, plain, print_json, say
from api.papers_cli import paper_commands
from api.people import account_commands, token_commands
from api.plan_cli import plan_commands
from api.printing import print_aip, print_findings, print_hits, print_submission, print_verification
from api.recovery_cli import backup as backup_command
from api.recovery_cli import diff as diff_command
from api.recovery_cli import rebuild as rebuild_command
from api.recovery_cli import restore_drill, secrets_commands
from api.repair_cli import incident_commands
from api.repair_cli import repair as repair_command
from api.reviews_cli import review_commands
from api.rounds_cli import round_commands
from api.schedules_cli import schedule_commands
from api.settings import FILE_NAME, Settings, home_folder, load_settings, tools_folder
from api.storage_cli import storage_commands
from api.usage import Command, Group, usage_error
from api.words import ANSWERS, STATES
from archive.errors import LuutruError
from archive.finding import Answer, worst
from archive.lifecycle import State

app = typer.Typer(
    name="luutru",
    cls=Group,
    help="Kho lưu trữ số cho tài liệu điện tử có ký số.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(account_commands, name="account", help="Tài khoản: ai được vào, với vai trò nào.")
app.add_typer(token_commands, name="token", help="Mã truy cập của các tài khoản.")
app.add_typer(
    storage_commands, name="storage", help="Các kho và chính sách lưu trữ: tình trạng, thêm, ngừng dùng, chuyển."
)
app.add_typer(ledger_commands, name="ledger", help="Sổ nhật ký: niêm phong, xem và kiểm tra niêm phong.")
app.add_typer(alert_commands, name="alerts", help="Cảnh báo: điều đang sai, ai đang xử lý, có báo được cho ai không.")
app.add_typer(database_commands, name="database", help="Cơ sở dữ liệu của kho: đang dùng gì; chuyển sang loại khác.")
app.add_typer(
    job_commands, name="jobs", help="Công việc định kỳ: lần chạy gần nhất, kết quả, lần tới; chạy ngay một việc."
)
app.add_typer(incident_commands, name="incidents", help="Sự cố: những gì hệ thống không thể tự phục hồi bằng chứng cứ.")
app.add_typer(key_commands, name="keys", help="Khóa của hồ sơ niêm phong: tình trạng, xoay khóa, mảnh khóa, diễn tập.")
app.add_typer(file_commands, name="files", help="Sổ đăng ký hồ sơ: mở, kết thúc, thời hạn, sự kiện, giao nộp.")
app.add_typer(plan_commands, name="plan", help="Danh mục hồ sơ và cơ quan: nhập, phê duyệt, mở hồ sơ theo dòng.")
app.add_typer(schedule_commands, name="schedules", help="Bảng thời hạn bảo quản: đang áp dụng gì; áp dụng bảng mới.")
app.add_typer(hold_commands, name="hold", help="Đóng băng: hồ sơ nào đang bị giữ, vì sao; đặt và gỡ.")
app.add_typer(
    round_commands, name="rounds", help="Đợt hủy: danh mục, Hội đồng, biểu quyết, quyết định, bàn giao, bắt đầu."
)
app.add_typer(paper_commands, name="papers", help="Giấy tờ của đợt hủy: lập, đính kèm bản ký, đủ chưa; hồ sơ hủy.")
app.add_typer(review_commands, name="reviews", help="Việc xem xét thời hạn: điều gì đang chờ; quyết định.")
app.add_typer(
    destroy_commands, name="destroy", help="Hủy hồ sơ của một đợt: yêu cầu, theo dõi, kiểm chứng, chứng nhận."
)
app.add_typer(tombstone_commands, name="tombstones", help="Bia của các hồ sơ đã hủy: quyết định, thời điểm, mã băm.")
app.add_typer(report_commands, name="report", help="Số liệu: đến hạn, đang giữ, trong đợt hủy, đã hủy, sáu tháng, năm.")
app.command("repair", cls=Command)(repair_command)
app.command("audit", cls=Command)(audit_command)
app.add_typer(secrets_commands, name="secrets", help="Bản sao lưu mã hóa của khóa ký, mật khẩu và mã truy cập.")
app.command("rebuild", cls=Command)(rebuild_command)
app.command("diff", cls=Command)(diff_command)
app.command("backup", cls=Command)(backup_command)
app.command("restore-drill", cls=Command)(restore_drill)

Json = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON, mỗi dòng một giá trị.")]
Home = Annotated[
    Path | None, typer.Option("--home", help="Thư mục của kho (mặc định: biến LUUTRU_HOME, rồi ./luutru-data).")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="Mã đăng ký nộp, mã lần nộp, mã gói (AIP) hoặc mã hồ sơ.")]


@contextmanager
def archive_at(home: Path | None) -> Iterator[Installation]:
    settings = load_settings(home_folder(home))
    with logged(settings.home), opened(settings) as installation:
        yield installation


def actor() -> str:
    """Who acts on this command line: the account's name."""
    try:
        return f"user:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"uid:{os.getuid()}"


@app.command(cls=Command)
def init(
    home: Home = None,
    name: Annotated[str, typer.Option(help="Tên cơ quan lưu trữ.")] = Settings.archive_name,
    code: Annotated[str, typer.Option(help="Mã cơ quan lưu trữ (QCVN 102).")] = Settings.archive_code,
    store: Annotated[
        list[Path] | None, typer.Option(help="Thư mục của một kho; nêu ít nhất hai, trên hai phương tiện.")
    ] = None,
    trust_list: Annotated[Path | None, typer.Option(help="Danh sách tin cậy (JSON) để kiểm tra chữ ký số.")] = None,
    agreement: Annotated[Path | None, typer.Option(help="Thỏa thuận nộp lưu (TOML) thay cho bản mặc định.")] = None,
    clamd: Annotated[str, typer.Option(help="Socket của clamd.")] = "",
    database: Annotated[
        str | None, typer.Option(help="Cơ sở dữ liệu PostgreSQL (postgresql://…) thay cho SQLite trong thư mục kho.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tạo kho mới: cấu hình, khóa ký, danh mục, các kho. Chạy lại không làm mất gì."""
    from api.initialising import initialise

    done = initialise(
        home_folder(home),
        name=name,
        code=code,
        stores=store,
        trust_list=trust_list,
        agreement=agreement,
        clamd=clamd,
        database=database,
        sealing=True,
    )
    if as_json:
        print_json(done)
    elif done["created"]:
        say(f"Đã tạo kho tại {plain(done['home'])}. Cấu hình: {FILE_NAME}. Chạy «luutru doctor» để kiểm tra.")
    else:
        say(f"Kho tại {plain(done['home'])} đã có từ trước; không thay đổi gì.")


@app.command(cls=Command)
def check(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Gói, thư mục hoặc tệp.")],
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Chỉ những phép kiểm tra này: bag, list, malware, format, pdfa, signatures, metadata, encoding, "
            "duplicates; nêu nhiều lần hoặc cách nhau bằng dấu phẩy."
        ),
    ] = None,
    trust_list: Annotated[Path | None, typer.Option(help="Danh sách tin cậy khi chưa có kho.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Kiểm tra mà không tiếp nhận gì: cho cơ quan trước khi nộp, và cho hàng loạt."""
    from ingest.checking import CHECKS, Surroundings

    wanted = [part for given in only or () for part in given.split(",")]
    unknown = sorted(set(wanted) - set(CHECKS))
    if unknown:
        raise typer.BadParameter(f"không có phép kiểm tra {', '.join(unknown)}; có: {', '.join(CHECKS)}")
    settings = _settings_for_checking(home, trust_list)
    answers: list[Answer] = []
    if settings.trust_list is not None and (not wanted or "signatures" in wanted):
        from ingest.checks.signatures.trust import load_trust_list

        load_trust_list(settings.trust_list)  # a broken list is said once, not of every document
    with logged(None), opened(settings) as installation:

        def surroundings() -> Surroundings:
            return Surroundings(
                examiner=installation.tools.examiner(),
                at=now().isoformat(),
                profile=settings.profile,
                scanner=installation.tools.scanner,
            )

        with output.progress("Kiểm tra", len(paths), shown=not as_json) as bar:
            for verdict in check_paths(paths, surroundings, only=wanted, side_by_side=settings.workers):
                answers.append(verdict.answer)
                bar.advance(bar.task_ids[0])
                if as_json:
                    print_json(verdict.as_json())
                else:
                    line(f"{ANSWERS[verdict.answer]}  {plain(verdict.path)}  ({verdict.seconds:.2f} s)")
                    print_findings(verdict.findings)
    raise typer.Exit(_exit_of(worst(answers)))


def _exit_of(answer: Answer) -> Exit:
    return {Answer.PASSED: Exit.OK, Answer.FAILED: Exit.FAILED, Answer.INDETERMINATE: Exit.INDETERMINATE}[answer]


def _settings_for_checking(home: Path | None, trust_list: Path | None) -> Settings:
    """An agency checks without an archive of its own: then only the built tools and the trust list given are used."""
    folder = home_folder(home)
    there = (folder / FILE_NAME).exists()
    settings = load_settings(folder) if there else Settings(home=folder, tools=tools_folder())
    if trust_list is not None:
        settings = Settings(**{**settings.__dict__, "trust_list": trust_list.absolute()})
    return settings


@app.command(cls=Command)
def pack(
    source: Annotated[
        Path, typer.Argument(metavar="NGUỒN", help="Thư mục hoặc tệp zip có danh sách văn bản (.xlsx, .csv).")
    ],
    target: Annotated[Path, typer.Argument(metavar="ĐÍCH", help="Gói sẽ tạo: thư mục, hoặc tệp .zip.")],
    as_json: Json = False,
) -> None:
    """Đóng thư mục có danh sách văn bản thành gói BagIt để nộp."""
    from api.packing import pack_folder

    findings = pack_folder(source, target)
    failed = any(item.severity.value == "error" for item in findings)
    if as_json:
        print_json({"target": None if failed else str(target), "findings": [item.as_json() for item in findings]})
    else:
        print_findings(findings)
        say("Không đóng được gói; hãy sửa các lỗi trên." if failed else f"Đã tạo gói {plain(target)}.")
    raise typer.Exit(Exit.FAILED if failed else Exit.OK)


@app.command(cls=Command)
def submit(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Gói hoặc thư mục; mỗi cái một hồ sơ.")],
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Chờ đến khi xử lý xong.")] = True,
    key: Annotated[
        str | None, typer.Option(help="Mã yêu cầu của bên nộp: nộp lại cùng mã là cùng một lần nộp.")
    ] = None,
    index: Annotated[bool, typer.Option("--index/--no-index", help="Cập nhật chỉ mục tìm kiếm sau khi lưu.")] = True,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Nộp hồ sơ: tiếp nhận, kiểm tra, quyết định, đóng gói, lưu và cấp biên nhận."""
    from api.submitting import carry, hand_in

    if key is not None and len(paths) > 1:
        raise typer.BadParameter("--key chỉ dùng cho một hồ sơ")
    if key is not None and (not key or any(one.isspace() for one in key)):  # words of the archive itself have spaces
        raise typer.BadParameter("--key không được trống hoặc có khoảng trắng")
    with archive_at(home) as installation:
        with output.progress("Tiếp nhận", len(paths), shown=not as_json) as bar:
            handed = hand_in(installation, paths, client_key=key, received=lambda: bar.advance(bar.task_ids[0]))
        taken = [item.submission.id for item in handed if item.submission]
        problems: dict[str, LuutruError] = {}
        if wait and taken:
            with output.progress("Xử lý", len(taken), shown=not as_json) as bar:
                task = bar.task_ids[0]
                problems = carry(
                    installation,
                    taken,
                    ended=lambda _id, _state: bar.advance(task),
                    document=lambda _id, path: bar.update(task, description=f"Xử lý: {plain(path)[:40]}"),
                )
            if index:
                _follow_index(installation, as_json)
        states = _told(installation, handed, as_json)
    for error in problems.values():
        output.complain(error)
    if problems:
        output.err.print("Không có gì bị mất: «luutru work» sẽ thử lại.")
    if problems or any(item.error for item in handed):
        raise typer.Exit(Exit.NOT_READY)
    if wait and any(state in (State.RETURNED, State.REFUSED) for state in states):
        raise typer.Exit(Exit.FAILED)
    if wait and State.IN_REVIEW in states:
        raise typer.Exit(Exit.INDETERMINATE)


def _told(installation: Installation, handed: list[Any], as_json: bool) -> list[State]:
    from api.views import submission_view

    states, rows = [], []
    for item in handed:
        if item.submission is None:
            if as_json:
                print_json({"path": str(item.path), "error": item.error.code, "message": item.error.message})
            else:
                output.complain(item.error)
            continue
        view = submission_view(installation, item.submission.id)
        states.append(State(view["state"]))
        if as_json:
            print_json({"path": str(item.path), "again": item.again, **view})
        else:
            rows.append(
                (
                    plain(view["registration"]),
                    STATES[view["state"]] + (" (đã nộp trước đó)" if item.again else ""),
                    plain(view["file_code"]),
                    plain(item.path.name),
                    plain(", ".join(view["codes"][:4]) + ("…" if len(view["codes"]) > 4 else "")),
                )
            )
    if rows:
        columns(("Mã đăng ký", "Trạng thái", "Mã hồ sơ", "Nguồn", "Ghi nhận"), rows)
    return states


def _follow_index(installation: Installation, quiet: bool) -> None:
    """The archive does not need the index: when it is down, that is said, and it catches up later."""
    from search.errors import SearchError

    try:
        with output.progress("Cập nhật chỉ mục", None, shown=not quiet):
            installation.follower(installation.search_index()).follow()
    except SearchError as error:
        output.err.print(f"[yellow]Chỉ mục tìm kiếm chưa cập nhật[/]: {plain(error.message)} Sẽ tự bắt kịp sau.")


@app.command(cls=Command)
def status(
    id: Id,
    letter: Annotated[Path | None, typer.Option(help="Ghi biên nhận hoặc thông báo trả lại (PDF) vào tệp này.")] = None,
    receipt: Annotated[
        Path | None, typer.Option(help="Ghi biên nhận đã ký hoặc lý do trả lại (JSON) vào tệp này.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Một lần nộp đang ở đâu, vì sao; lấy biên nhận hoặc thông báo trả lại."""
    from api.views import find_submissions, submission_view, write_letters

    with archive_at(home) as installation:
        found = find_submissions(installation, id)
        for submission in found:
            view = submission_view(installation, submission.id)
            if as_json:
                print_json(view)
                continue
            print_submission(view)
        write_letters(installation, found[0].id, letter=letter, data=receipt)


@app.command(cls=Command)
def review(
    id: Id,
    reason: Annotated[str, typer.Option(help="Lý do; được ghi vào nhật ký.")],
    decision: Annotated[
        str, typer.Option(help="accept: tiếp nhận; return: trả lại; refuse: từ chối vì có dấu mật, hủy ngay nội dung.")
    ],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Cán bộ quyết định một hồ sơ đang chờ xem xét."""
    from api.submitting import carry
    from api.views import one_submission, submission_view

    if decision not in ("accept", "return", "refuse"):
        raise typer.BadParameter("--decision là accept, return hoặc refuse")
    with archive_at(home) as installation:
        submission = one_submission(installation, id)
        steps = installation.steps()
        if decision == "accept":
            steps.accept(submission.id, actor=actor(), reason=reason)
            carry(installation, [submission.id])
            _follow_index(installation, as_json)
        elif decision == "return":
            steps.send_back(submission.id, actor=actor(), reason=reason)
        else:
            steps.refuse(submission.id, actor=actor(), reason=reason)
        view = submission_view(installation, submission.id)
    if as_json:
        print_json(view)
    else:
        out.print(f"{plain(view['registration'])}: {STATES[view['state']]}")


@app.command(cls=Command)
def search(
    query: Annotated[str, typer.Argument(metavar="TÌM", help='Từ cần tìm, số và ký hiệu, hoặc cụm từ trong «"…"».')],
    size: Annotated[int, typer.Option(min=1, max=100, help="Số kết quả.")] = 10,
    after: Annotated[str | None, typer.Option(help="Trang tiếp: giá trị «after» của trang trước.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Tìm theo nội dung và siêu dữ liệu, có dấu hoặc không dấu; chỉ mục ngừng thì tra theo mã và số, ký hiệu."""
    from api.finding import search_view

    with archive_at(home) as installation:
        found = search_view(installation, query, size=size, after=after, actor=actor())
    if as_json:
        print_json(found)
        return
    if found["from"] == "catalogue":
        output.err.print("[yellow]Chỉ mục tìm kiếm chưa chạy[/]; kết quả tra trong danh mục theo mã, số và ký hiệu.")
    print_hits(found)


@app.command(cls=Command)
def show(id: Id, home: Home = None, as_json: Json = False) -> None:
    """Hồ sơ: siêu dữ liệu, văn bản, kết luận kiểm tra, bản lưu và lịch sử."""
    from api.views import aip_view, find_aips, record_shown

    with archive_at(home) as installation:
        for aip in find_aips(installation, id):
            view = aip_view(installation, aip)
            record_shown(installation, aip, actor())
            if as_json:
                print_json(view)
                continue
            print_aip(view)


@app.command(cls=Command)
def get(
    id: Id,
    document: Annotated[
        str | None, typer.Argument(metavar="VĂN BẢN", help="Số thứ tự, đường dẫn hoặc tên tệp; bỏ trống: cả gói.")
    ] = None,
    target: Annotated[Path | None, typer.Option("-o", "--output", help="Tệp ghi ra; «-» là đầu ra chuẩn.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Lấy một văn bản (hoặc cả gói) đúng từng byte; mã băm được đối chiếu trước khi giao."""
    from api.delivering import deliver

    with archive_at(home) as installation:
        delivered = deliver(installation, id, document, target, actor=actor())
    if as_json and target != Path("-"):
        print_json(delivered)
    elif target != Path("-"):
        line(f"Đã ghi {plain(delivered['output'])} ({delivered['size_bytes']} byte).")
        line(f"SHA-256 khớp: {delivered['sha256']}")


@app.command(cls=Command)
def verify(
    id: Id,
    deep: Annotated[bool, typer.Option("--deep", help="Đối chiếu từng tệp trong gói với bản kê và PREMIS.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Đọc lại mọi byte của mọi bản lưu và đối chiếu với nhật ký."""
    from api.verifying import verify_aip
    from api.views import find_aips

    answers = []
    with archive_at(home) as installation:
        for aip in find_aips(installation, id):
            with output.progress("Đọc lại", aip.size_bytes * len(installation.stores), shown=not as_json) as bar:
                result = verify_aip(
                    installation, aip, deep=deep, actor=actor(), read=lambda count: bar.advance(bar.task_ids[0], count)
                )
            answers.append(Answer(result["answer"]))
            if as_json:
                print_json(result)
                continue
            print_verification(result)
    raise typer.Exit(_exit_of(worst(answers)))


@app.command(cls=Command)
def work(
    once: Annotated[bool, typer.Option("--once", help="Làm hết việc đang chờ rồi dừng.")] = False,
    jobs: Annotated[
        bool, typer.Option("--jobs", help="Cùng --once: chạy cả các công việc định kỳ đang đến hạn.")
    ] = False,
    attached: Annotated[bool, typer.Option("--attached", hidden=True)] = False,
    home: Home = None,
) -> None:
    """Xử lý các hồ sơ đã nộp, chạy các công việc định kỳ, giữ chỉ mục bắt kịp nhật ký, dọn nội dung trả lại đã hết hạn. Dừng bằng Ctrl-C."""
    from api.working import work_until

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if attached:
        # Started by ``serve``: whoever holds the other end of our input is our reason to work.
        threading.Thread(target=_stop_at_end, args=(sys.stdin.buffer, stop), daemon=True).start()
    with archive_at(home) as installation:
        work_until(installation, stop, once=once, jobs=jobs or not once)


def _stop_at_end(stream: BinaryIO, stop: threading.Event) -> None:
    stream.read()
    stop.set()


@app.command(cls=Command)
def serve(
    host: Annotated[str | None, typer.Option(help="Địa chỉ lắng nghe (mặc định: [http] host).")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Cổng; 0: cổng trống bất kỳ.")] = None,
    with_work: Annotated[
        bool, typer.Option("--work/--no-work", help="Chạy kèm tiến trình xử lý (mặc định), hoặc chỉ dịch vụ HTTP.")
    ] = True,
    home: Home = None,
) -> None:
    """Chạy dịch vụ HTTP (API) cùng tiến trình xử lý. Dừng bằng Ctrl-C."""
    from api.serving import serve as serve_http

    with archive_at(home) as installation:
        settings = installation.settings
        serve_http(
            installation,
            host=host or settings.http_host,
            port=settings.http_port if port is None else port,
            work=with_work,
            ready=lambda address: say(f"luutru phục vụ tại {address}/api/v1 (tài liệu: {address}/api/v1/openapi.json)"),
        )


@app.command(cls=Command)
def fsck(home: Home = None, as_json: Json = False) -> None:
    """Tính lại mọi thứ từ các kho; đối chiếu danh mục, nhật ký, bản lưu, chỉ mục; nêu từng khác biệt."""
    from api.verifying import differences

    count = 0
    with archive_at(home) as installation, output.progress("Đối chiếu", None, shown=not as_json):
        for item in differences(installation):
            count += item["severity"] != "info"
            if as_json:
                print_json(item)
            else:
                line(f"[red]{plain(item['code'])}[/]  {plain(item['subject'])}")
                say(plain(item["message"]), 4)
    if not as_json:
        out.print("[green]Không có khác biệt.[/]" if not count else f"[red]{count} khác biệt.[/]")
    raise typer.Exit(Exit.FAILED if count else Exit.OK)


@app.command(cls=Command)
def doctor(home: Home = None, as_json: Json = False) -> None:
    """veraPDF, Elasticsearch, clamd, ổ đĩa, đồng hồ, danh sách tin cậy có ổn không; nếu không thì làm gì."""
    from api.diagnosing import diagnoses
    from api.doctor import Health

    marks = {Health.OK: "[green]ổn[/]    ", Health.WARNING: "[yellow]lưu ý[/] ", Health.BROKEN: "[red]hỏng[/]  "}
    broken = False
    with archive_at(home) as installation:
        for found in diagnoses(installation):
            broken |= found.health is Health.BROKEN
            if as_json:
                print_json(found.as_json())
            else:
                line(f"{marks[found.health]} {plain(found.part)}: {plain(found.seen)}")
                if found.remedy:
                    say(f"→ {plain(found.remedy)}", 8)
    raise typer.Exit(Exit.NOT_READY if broken else Exit.OK)


@app.command(cls=Command)
def reindex(
    compare: Annotated[
        bool, typer.Option("--compare", help="Chỉ đối chiếu chỉ mục với danh mục, nêu chỗ khác; không dựng lại.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Dựng lại chỉ mục tìm kiếm từ đầu bên cạnh chỉ mục cũ, rồi thay một lần."""
    if compare:
        raise typer.Exit(_compared(home, as_json=as_json))
    with archive_at(home) as installation, output.progress("Dựng chỉ mục", 1, shown=not as_json) as bar:
        done = installation.follower(installation.search_index()).rebuild(
            lambda written, total: bar.update(bar.task_ids[0], completed=written, total=max(1, total))
        )
    if as_json:
        print_json({"aips": done.aips, "documents": done.documents, "cursor": done.cursor})
    else:
        out.print(f"Đã lập chỉ mục {done.aips} gói, {done.documents} văn bản.")


def _compared(home: Path | None, *, as_json: bool) -> int:
    from api.drifting import index_drift

    with archive_at(home) as installation, output.progress("Đối chiếu chỉ mục", None, shown=not as_json):
        found = index_drift(installation, mend=False)
    if as_json:
        print_json(found)
    elif found["level"]:
        out.print(f"[green]Chỉ mục khớp danh mục[/]: {found['hoso']} hồ sơ, {found['documents']} văn bản.")
    else:
        for item in found["differences"]:
            counts = f"thiếu {len(item['missing'])}, thừa {len(item['extra'])}, khác {len(item['differing'])}"
            line(f"[red]{plain(item['aip_id'])}[/]  {counts}")
        for aip_id in found["unread"]:
            line(f"[yellow]{plain(aip_id)}[/]  không đọc được gói để đối chiếu")
        say(plain(found["remedy"]))
    return Exit.OK if found["level"] else Exit.FAILED


@app.command(cls=Command)
def stop(home: Home = None) -> None:
    """Dừng dịch vụ HTTP và nút Elasticsearch cục bộ của kho này (nút tự khởi động lại khi cần)."""
    from api.running import stop_service

    with archive_at(home) as installation:
        if stop_service(installation.settings.home):
            out.print("Đã dừng dịch vụ HTTP.")
        node = installation.search_settings.local_node
        if node is not None:
            node.stop()
    out.print("Đã dừng nút tìm kiếm cục bộ.")


def _wrong_usage(error: typer.TyperException) -> Exit:
    if "\n" in error.message:
        # Without any command: the message is the help.
        output.err.print(error.message, markup=False)
        return Exit.USAGE
    output.err.print(f"[red]Lỗi[/]: {plain(usage_error(error))}")
    context = getattr(error, "ctx", None)
    if context is not None:
        output.err.print(f"  → {plain(context.command_path)} --help")
    return Exit.USAGE


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; its exit code follows ``api.exits``."""
    try:
        command: Callable[..., Any] = typer.main.get_command(app)
        code = command(args=arguments, prog_name="luutru", standalone_mode=False)
        return int(code) if isinstance(code, int) else Exit.OK
    except typer.Exit as ended:
        return ended.exit_code
    except typer.TyperException as error:
        return _wrong_usage(error)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit:
        # The command-line library ends so, and only so, when nobody reads our output any more.
        return READER_GONE
    except LuutruError as error:
        output.complain(error)
        return Exit.NOT_FOUND if error.code.endswith(".missing") else Exit.NOT_READY
    except OSError as error:
        name = Path(str(error.filename)).name if error.filename else ""
        output.err.print(f"[red]Lỗi[/]: {plain(error.strerror or type(error).__name__)} {plain(name)}".rstrip())
        return Exit.NOT_READY
    except Exception as error:
        output.err.print(f"[red]Lỗi của chính phần mềm[/] ({type(error).__name__}): hãy báo người quản trị.")
        output.err.print(f"  → Chi tiết trong {LOG_NAME} của kho, nếu đã có kho.")
        return Exit.DEFECT


def run() -> None:
    """The program: UTF-8 whatever the locale says, and no end because of a letter."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(main())


if __name__ == "__main__":
    run()
