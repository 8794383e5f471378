"""``make demo``: an archive of its own with the samples in it, and its service running at the end; run again, it finds
its data and goes on from there."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from api import output
from api.bootstrap import Installation, opened
from api.delivering import deliver
from api.demo_service import fresh_parcel, say_how_to_call, started, tokens
from api.diagnosing import diagnoses
from api.finding import search_view
from api.initialising import initialise
from api.output import ANSWERS, STATES, out, plain, table
from api.running import stop_service
from api.settings import Settings, load_settings
from api.submitting import carry, hand_in
from api.verifying import verify_aip
from api.views import submission_view
from archive.errors import LuutruError
from archive.finding import Answer

HOME = Path("luutru-demo")
SAMPLES = Path("samples/out")
QUERY = "gui nhan van ban dien tu"
CHECKS = (
    ("bag", "gói"),
    ("list", "danh mục"),
    ("malware", "mã độc"),
    ("format", "định dạng"),
    ("pdfa", "PDF/A"),
    ("signatures", "chữ ký"),
    ("metadata", "siêu dữ liệu"),
    ("encoding", "mã chữ"),
    ("duplicates", "trùng"),
)
_MARKS = {"passed": "[green]✓[/]", "failed": "[red]✗[/]", "indeterminate": "[yellow]?[/]"}


def main() -> int:
    """Samples, archive, ingest, table of verdicts, search, fetch, verify; then the service, and the lines to go on with."""
    expected = _samples()
    again = (HOME / "luutru.toml").exists()
    out.rule("luutru: kho lưu trữ số trình diễn")
    out.print(f"Kho: {plain(HOME)}" + ("  (đã có dữ liệu từ lần trước)" if again else ""))
    # Of an earlier demonstration: it has the scanner's folder.
    stop_service(HOME.absolute())
    with _scanner() as socket:
        initialise(
            HOME.absolute(),
            name="Lưu trữ lịch sử tỉnh Bình Minh",
            code="H99.12",
            trust_list=SAMPLES / "trust-list.json",
            agreement=Path("samples/agreement.toml"),
            public_verification=True,
            sealing=True,
        )
        settings = _with_scanner(load_settings(HOME.absolute()), socket)
        with opened(settings) as installation:
            views = _ingested(installation, expected)
            _verdicts(views)
            stored = [view for view in views if view["state"] == "stored"]
            _searched(installation)
            _fetched(installation, stored[0])
            _health(installation)
    _commands(stored[0], next(view for view in views if view["state"] == "returned"))
    address = started(HOME.absolute())
    with opened(load_settings(HOME.absolute())) as installation:
        people = tokens(installation)
        with installation.catalogue.read() as reading:
            document = reading.document(stored[0]["aip_id"], 1)
    assert document is not None
    say_how_to_call(address, people, stored[0], document.sha256, fresh_parcel(SAMPLES, HOME.absolute()))
    return 0


def _samples() -> list[dict[str, Any]]:
    from samples.making import chosen, make_samples

    if not (SAMPLES / "expected.json").exists():
        good, faults = chosen([])
        with output.progress("Tạo hồ sơ mẫu (ký bằng PKI thử nghiệm)", len(good) + len(faults)) as bar:
            make_samples(SAMPLES, [], lambda _name: bar.advance(bar.task_ids[0]))
    rows: list[dict[str, Any]] = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
    return rows


def _scanner() -> Any:
    """clamd with the demonstration signatures, or nothing where clamd is not installed: then that is said."""
    from contextlib import nullcontext

    from samples.clamd import clamd_program, running_clamd

    if clamd_program() is None:
        out.print("[yellow]clamd chưa cài[/]: kết quả quét mã độc sẽ là «chưa đủ căn cứ».")
        return nullcontext(None)
    return running_clamd(HOME.absolute() / "clamd")


def _with_scanner(settings: Settings, socket: Path | None) -> Settings:
    return Settings(**{**settings.__dict__, "clamd_socket": str(socket) if socket else ""})


def _ingested(installation: Installation, expected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    named: list[tuple[str, str]] = []
    for which in ("earlier", "path"):
        rows = [row for row in expected if row[which]]
        with output.progress("Tiếp nhận", len(rows)) as bar:
            handed = hand_in(
                installation,
                [SAMPLES / row[which] for row in rows],
                client_key=None,
                received=lambda bar=bar: bar.advance(bar.task_ids[0]),  # type: ignore[misc]
            )
        for item in handed:
            if item.error is not None:
                output.complain(item.error)
        ids = [item.submission.id for item in handed if item.submission]
        with output.progress("Kiểm tra, đóng gói, lưu", len(ids)) as bar:
            task = bar.task_ids[0]
            problems = carry(installation, ids, ended=lambda _id, _state, bar=bar, task=task: bar.advance(task))  # type: ignore[misc]
        for problem in problems.values():
            output.complain(problem)
        if which == "path":
            named = [
                (row["title"], item.submission.id) for row, item in zip(rows, handed, strict=True) if item.submission
            ]
    return [{**submission_view(installation, id), "sample": title} for title, id in named]


def _verdicts(views: list[dict[str, Any]]) -> None:
    rows = []
    for view in views:
        marks = " ".join(_MARKS.get(view["answers"].get(check, ""), "[dim]·[/]") for check, _ in CHECKS)
        rows.append((plain(view["sample"]), marks, STATES[view["state"]], plain(next(iter(_reasons(view)), ""))))
    shown = table(("Hồ sơ mẫu", "Kiểm tra", "Kết quả", "Vì sao"), rows)
    for column in shown.columns[1:]:
        column.no_wrap = True
    out.print(shown)
    out.print("[dim]Kiểm tra, từ trái: " + ", ".join(label for _, label in CHECKS) + "[/]")
    counts: dict[str, int] = {}
    for view in views:
        counts[view["state"]] = counts.get(view["state"], 0) + 1
    out.print("  ".join(f"{STATES[state]}: {count}" for state, count in sorted(counts.items())))


def _reasons(view: dict[str, Any]) -> list[str]:
    """What weighed most, leaving out what the demonstration scanner says of every submission."""
    return view["reasons"] or [code for code in view["codes"] if not code.startswith("malware.database")]


def _searched(installation: Installation) -> None:
    out.rule(f"luutru search «{QUERY}»", align="left")
    try:
        with output.progress("Lập chỉ mục", None):
            installation.follower(installation.search_index()).follow()
    except LuutruError as error:
        output.complain(error)
    found = search_view(installation, QUERY, size=3, after=None, actor="demo")
    out.print(f"{found['total']} kết quả (gõ không dấu)")
    for hit in found["hits"]:
        out.print(f"  [bold]{plain(hit['number'])}[/] {plain(hit['title'])}")


def _fetched(installation: Installation, view: dict[str, Any]) -> None:
    out.rule("luutru get, luutru verify", align="left")
    target = HOME.absolute() / "van-ban-lay-ra.pdf"
    delivered = deliver(installation, view["aip_id"], "1", target, actor="demo")
    out.print(f"Văn bản 1 của {plain(view['file_code'])}: {delivered['size_bytes']} byte, SHA-256 khớp với lúc nhận.")
    with installation.catalogue.read() as reading:
        aip = reading.aip(view["aip_id"])
    assert aip is not None
    result = verify_aip(installation, aip, deep=True, actor="demo", read=lambda _count: None)
    copies = ", ".join(f"{copy['store']}: {copy['state']}" for copy in result["copies"])
    out.print(f"{ANSWERS[Answer(result['answer'])]}: {copies}")


def _health(installation: Installation) -> None:
    out.rule("luutru doctor", align="left")
    for line in diagnoses(installation):
        out.print(f"  {line.health.value:8} {plain(line.part)}: {plain(line.seen)}", soft_wrap=True)


def _commands(stored: dict[str, Any], returned: dict[str, Any]) -> None:
    out.rule("Tiếp theo", align="left")
    for line in (
        f"export LUUTRU_HOME={HOME} PATH=$PWD/.venv/bin:$PATH",
        'luutru search "công tác văn thư"',
        f"luutru show {stored['registration']}",
        f"luutru get {stored['registration']} 1 -o van-ban.pdf",
        f"luutru verify {stored['registration']} --deep",
        f"luutru status {stored['registration']} --letter bien-nhan.pdf --receipt bien-nhan.json",
        f"luutru status {returned['registration']} --letter tra-lai.pdf",
        "luutru check samples/out/good/quyet-dinh/ho-so",
        "luutru fsck",
        "luutru stop",
    ):
        out.print(f"  {line}", soft_wrap=True, markup=False)


if __name__ == "__main__":
    sys.exit(main())
