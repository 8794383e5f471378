"""How things get to a terminal: the right stream, plain text from outside, lines that fit, progress, errors."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from api.words import ANSWERS as ANSWERS
from api.words import STATES as STATES
from archive.errors import LuutruError

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_HALVES = re.compile("[\ud800-\udfff]")
_WIDEST_LABEL = 30
_COLUMNS = 80


def print_json(value: Any) -> None:
    """One JSON value on one line of standard output, flushed: a reader may follow along.

    Bytes of a file name that are no text stand as the escaped half of a surrogate pair that Python makes of them.
    """
    text = json.dumps(value, ensure_ascii=False, default=str)
    sys.stdout.write(_HALVES.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")
    sys.stdout.flush()


def say(markup: str, indent: int = 0) -> None:
    """One paragraph, wrapped on a terminal with every line indented; a file or a pipe gets it as one line."""
    if out.is_terminal:
        out.print(Padding(Text.from_markup(markup), (0, 0, 0, indent)))
    else:
        out.print(f"{' ' * indent}{markup}", soft_wrap=True)


def line(markup: str) -> None:
    """One line that is never broken: with a digest or an id in it that somebody will copy."""
    out.print(markup, soft_wrap=True)


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Label and value in two columns; values longer than the rest of the line go on under themselves.

    ``plain`` is applied here unless the value begins with markup of ours. What is empty is left out.
    """
    rows = [(label, _marked(value)) for label, value in pairs if value not in (None, "")]
    width = max((len(label) for label, _ in rows if len(label) <= _WIDEST_LABEL), default=0)
    for label, value in rows:
        if len(label) > width:
            line(f"[dim]{plain(label)}[/]")
            say(value, width + 2)
        elif " " in value and out.is_terminal:
            row = Table.grid(padding=(0, 2, 0, 0))
            row.add_column(style="dim", width=width, no_wrap=True)
            row.add_column(overflow="fold")
            row.add_row(label, value)
            out.print(row)
        else:
            # A digest fits on eighty columns beside a short label, but not beside the widest one.
            fits = width + 2 + len(value) <= _COLUMNS
            line(f"[dim]{label.ljust(width if fits else 0)}[/]  {value}")


def _marked(value: object) -> str:
    ours = isinstance(value, str) and value.startswith("[") and value.endswith("[/]")
    return str(value) if ours else plain(value)


def columns(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns of codes and short words; a line that does not fit runs on, for nothing in it may be broken.

    Cells may hold markup; whatever comes from outside must have gone through ``plain``.
    """
    cells = [[Text.from_markup(cell) for cell in row] for row in rows]
    last = len(heads) - 1
    widths = [max([len(head), *(row[at].cell_len for row in cells)]) for at, head in enumerate(heads)]
    line(
        "  ".join(
            f"[bold]{head.ljust(width if at < last else 0)}[/]"
            for at, (head, width) in enumerate(zip(heads, widths, strict=True))
        )
    )
    for row in cells:
        shown = Text()
        for at, cell in enumerate(row):
            shown.append_text(cell)
            if at < last:
                shown.append(" " * (widths[at] - cell.cell_len + 2))
        out.print(shown, soft_wrap=True)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Columns of text that may be folded to fit. Cells as in ``columns``."""
    made = Table(header_style="bold", box=None, pad_edge=False)
    for head in heads:
        made.add_column(head, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def plain(text: object) -> str:
    """Text from outside, shown as it is: no markup, no control characters that could move the cursor."""
    shown = "".join(letter if letter.isprintable() or letter == " " else "�" for letter in str(text or ""))
    return escape(shown)


def complain(error: LuutruError) -> None:
    """What went wrong and what to do, on standard error."""
    err.print(f"[red]Lỗi[/] ({error.code}): {plain(error.message)}", soft_wrap=not err.is_terminal)
    if error.remedy:
        err.print(f"  → {plain(error.remedy)}", soft_wrap=not err.is_terminal)


@contextmanager
def progress(what: str, total: float | None = None, *, shown: bool = True) -> Iterator[Progress]:
    """A bar on standard error, only for people, gone when done. What is printed meanwhile still goes where it should."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not (shown and err.is_terminal),
        # Rich would send standard output to standard error: right when both are one terminal, wrong for ``> file``.
        redirect_stdout=out.is_terminal,
    )
    with bar:
        bar.add_task(what, total=total)
        yield bar
