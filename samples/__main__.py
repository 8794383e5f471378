"""``python -m samples OUT [--only good|faults|NAME …]``: makes the sample submissions under OUT."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from samples.making import UnknownSampleError, chosen, make_samples


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m samples", description="Tạo các hồ sơ mẫu để thử kho lưu trữ.")
    parser.add_argument("out", nargs="?", type=Path, default=Path("samples/out"), help="thư mục kết quả")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="good, faults hoặc tên mẫu")
    asked = parser.parse_args(arguments)
    console = Console(stderr=True)
    try:
        good, faults = chosen(asked.only)
    except UnknownSampleError as error:
        console.print(f"Không có mẫu tên: {error}")
        return 2
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Tạo hồ sơ mẫu", total=len(good) + len(faults))
        make_samples(asked.out, asked.only, lambda _name: bar.advance(task))
    console.print(f"Đã tạo {len(good)} hồ sơ đúng và {len(faults)} hồ sơ có lỗi trong {asked.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
