"""What people see on a terminal: tables, progress, errors; Vietnamese, on the right stream, without internal paths."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from archive.errors import LuutruError
from archive.finding import Answer, Finding, Severity

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)

ANSWERS = {
    Answer.PASSED: "[green]đạt[/]",
    Answer.FAILED: "[red]không đạt[/]",
    Answer.INDETERMINATE: "[yellow]chưa đủ căn cứ[/]",
}
SEVERITIES = {
    Severity.ERROR: "[red]lỗi[/]",
    Severity.INDETERMINATE: "[yellow]chưa rõ[/]",
    Severity.WARNING: "[yellow]lưu ý[/]",
    Severity.INFO: "[dim]ghi chú[/]",
}
STATES = {
    "received": "đã tiếp nhận",
    "checked": "đã kiểm tra",
    "in_review": "[yellow]chờ xem xét[/]",
    "accepted": "được chấp nhận",
    "packaged": "đã đóng gói",
    "stored": "[green]đã lưu[/]",
    "returned": "[red]trả lại[/]",
    "refused": "[red]từ chối[/]",
}


def print_json(value: Any) -> None:
    """One JSON value on one line of standard output, flushed: a reader may follow along."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None) -> Table:
    """Cells may hold markup; whatever comes from outside must have gone through ``plain``."""
    made = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for head in heads:
        made.add_column(head, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def plain(text: object) -> str:
    """Text from outside, shown as it is: no markup, no control characters that could move the cursor."""
    shown = "".join(letter if letter.isprintable() or letter == " " else "�" for letter in str(text or ""))
    return escape(shown)


def findings_table(findings: Iterable[Finding]) -> Table:
    return table(
        ("Mức", "Mã", "Văn bản", "Nội dung"),
        (
            (SEVERITIES[item.severity], plain(item.code), plain(item.document or ""), plain(item.message))
            for item in findings
        ),
    )


def facts_table(pairs: Iterable[tuple[str, object]]) -> Table:
    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for label, value in pairs:
        if value not in (None, ""):
            made.add_row(label, value if isinstance(value, str) and value.startswith("[") else plain(value))
    return made


def complain(error: LuutruError) -> None:
    """What went wrong and what to do, on standard error."""
    err.print(f"[red]Lỗi[/] ({error.code}): {plain(error.message)}")
    if error.remedy:
        err.print(f"  → {plain(error.remedy)}")


@contextmanager
def progress(what: str, total: float | None = None, *, shown: bool = True) -> Iterator[Progress]:
    """A bar on standard error, only for people, gone when done."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not (shown and err.is_terminal),
    )
    with bar:
        bar.add_task(what, total=total)
        yield bar


def flat(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Metadata fields as label and text, composite ones joined."""
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield name, ", ".join(f"{key}: {part}" for key, part in value.items())
        elif isinstance(value, (list, tuple)):
            yield name, "; ".join(str(part) for part in value)
        else:
            yield name, str(value)
