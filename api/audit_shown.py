"""What ``luutru audit`` does and shows: a table of stores with their coverage clock, and one exit code for all."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from api import output
from api.audit_report import STATES, percent
from api.auditing import Asked, Audited, audit_all, audited_json, status_of
from api.bootstrap import Installation, now
from api.exits import INTERRUPTED, Exit
from api.output import line, out, plain, print_json, say, table
from archive.audit import RunState, Verdict
from archive.catalogue.audit_reading import due_share
from archive.fixity import CopyState
from archive.storage.store import Store

_VERDICTS = {
    "green": "[green]nguyên vẹn[/]",
    "red": "[red]có lỗi[/]",
    "canary-missed": "[red]không tin được: gói thử không bị phát hiện[/]",
}


def chosen(installation: Installation, names: Sequence[str] | None) -> list[Store]:
    """The stores of these names, all without names."""
    known = {item.name: item for item in installation.stores}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise typer.BadParameter(f"không có kho {', '.join(unknown)}; có: {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names)] if names else list(known.values())


def audit_stores(
    installation: Installation, stores: Sequence[Store], asked: Asked, *, actor: str, as_json: bool
) -> int:
    """Audits them and says what was found; SIGTERM ends it where it can be gone on with. The exit code."""
    stop = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    done: list[Audited] = []
    rows: list[dict[str, Any]] = []
    try:
        with output.progress("Đọc lại", _bytes_of(installation, stores), shown=not as_json) as bar:
            for one in audit_all(
                installation,
                [(item, asked) for item in stores],
                actor=actor,
                stopping=lambda _store: stop.is_set(),
                progress=lambda count: bar.advance(bar.task_ids[0], count),
            ):
                done.append(one)
                rows.append(audited_json(installation, one, now()))
                if as_json:
                    print_json(rows[-1])
    finally:
        signal.signal(signal.SIGTERM, before)
    if not as_json:
        _print(rows)
    return INTERRUPTED if stop.is_set() else exit_of(done, rows)


def exit_of(done: Sequence[Audited], rows: Sequence[Mapping[str, Any]]) -> Exit:
    """The worst that is to be said of any store: no audit to rely on, red, could not run, not finished; else all green."""
    runs = [one.run for one in done]
    if any(made is not None and made.verdict is Verdict.CANARY_MISSED for made in runs):
        return Exit.CANARY_MISSED
    red = {state.value for state in CopyState if state.red}
    if any(row.get("overdue", {}).get("copies") or row.get("verdict") == "red" for row in rows) or any(
        made is not None and any(made.counts.get(state) for state in red) for made in runs
    ):
        return Exit.FAILED
    if any(one.error is not None or (one.run is not None and one.run.trouble) for one in done):
        return Exit.NOT_READY
    if any(made is None or made.state is not RunState.COMPLETED for made in runs):
        return Exit.INDETERMINATE
    return Exit.OK


def _bytes_of(installation: Installation, stores: Sequence[Store]) -> int:
    with installation.catalogue.read() as view:
        return sum(due_share(view, item.name, now()).size_bytes for item in stores)


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    shown = []
    for row in rows:
        if "run" not in row:
            line(f"[red]{plain(row['store'])}[/]: {plain(row['message']) or 'chưa kiểm tra.'}")
            continue
        bad = [
            f"{STATES[name]}: {count}" for name, count in row["counts"].items() if name not in ("ok", "attribute-ok")
        ]
        if row["overdue"]["copies"]:
            bad.append(f"{STATES['overdue']}: {row['overdue']['copies']}")
        agreed = row["counts"].get("attribute-ok")
        verdict = _VERDICTS[row["verdict"]] if row["verdict"] else "[yellow]chưa xong[/]"
        shown.append(
            (
                plain(row["store"]),
                f"{row['counts'].get('ok', 0)}" + (f" (+{agreed} chỉ theo máy chủ)" if agreed else ""),
                plain("; ".join(bad)) or "—",
                verdict,
                _clock(row["coverage"]),
            )
        )
        if row["trouble"]:
            line(f"[red]{plain(row['store'])}[/]: {plain(row['trouble'])} Chạy lại để tiếp tục.")
    if shown:
        heads = ("Kho", "Đúng", "Lỗi", "Kết luận", "Đã đọc 30 / 90 / 365 ngày / 3 năm")
        out.print(table(heads, shown))
    for row in rows:
        if row.get("report_sha256"):
            say(f"Biên bản kho {plain(row['store'])}: luutru audit --report {row['run']} -o bien-ban.pdf")


def _clock(covered: Mapping[str, Any]) -> str:
    return " / ".join(
        percent(row["share"]) for _days, row in sorted(covered["read"].items(), key=lambda item: int(item[0]))
    )


def show_status(installation: Installation, stores: Sequence[Store], as_json: bool) -> Exit:
    """Red as well: what is overdue or was last found damaged is so, though nothing runs."""
    red = False
    for item in stores:
        told = status_of(installation, item, now())
        states = told["coverage"]["states"]
        red |= bool(told["overdue"]["copies"]) or any(CopyState(name).red for name in states)
        if as_json:
            print_json(told)
            continue
        line(f"[bold]{plain(told['store'])}[/]  {told['coverage']['copies']} bản lưu; hạn {told['interval_days']} ngày")
        say(f"Đã đọc 30 / 90 / 365 ngày / 3 năm: {_clock(told['coverage'])}", 2)
        bad = "; ".join(f"{STATES[name]}: {count}" for name, count in states.items() if name != "ok")
        if bad:
            say(plain(bad), 2)
        if told["overdue"]["copies"]:
            say(f"[red]Quá hạn[/]: {told['overdue']['copies']} bản", 2)
        if told["running"]:
            left = told["running"]["counts"].get("not-run", 0)
            say(f"Đợt đang dở {told['running']['run']}: còn {left} bản. {plain(told['running']['trouble'])}", 2)
        for made in told["runs"]:
            say(f"{made['run']}  {plain(made['ended_at'])}  {_VERDICTS[made['verdict']]}", 2)
    return Exit.FAILED if red else Exit.OK
