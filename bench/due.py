"""Bench: what is due out of BENCH_FILES (5,000,000) hồ sơ, on both databases: the next 1,000, and how many by year of one
agency. Rival: the same questions answered in the same run by reading the table through, as without an index.

The rows are planted by SQL: a thousand agencies, one of them with a hundredth of all, ended over sixty years, periods of 5
to 70 years, one in eight kept for ever and one in sixteen until an event. What is timed is one view opened and one answer.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from archive.catalogue import Catalogue
from archive.catalogue.file_reading import due_by_year, files_due
from archive.catalogue.reading import Reading
from bench.planting import planting
from bench.result import Measured, report
from tests.servers.postgresql import programs, running_postgresql

BAR = 20.0
RUNS = 30
SCANS = 3
TODAY = date(2026, 11, 21)
AGENCY = "H99.1"
PAGE = 1000
_ROWS_AT_ONCE = 250_000

_ID = {
    "sqlite": "printf('%08x-0000-4000-8000-%012x', (n * 2654435761) % 4294967296, n)",
    "postgresql": "lpad(to_hex((n * 2654435761) % 4294967296), 8, '0') || '-0000-4000-8000-' || "
    "lpad(to_hex(n), 12, '0')",
}
_NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) ",
    "postgresql": "WITH numbers AS (SELECT generate_series({first}::bigint, {last}::bigint) AS n) ",
}
_DAY = {
    "sqlite": "printf('%04d-01-01', {year})",
    "postgresql": "make_date(({year})::int, 1, 1)",
}
_NEVER = {"sqlite": "0", "postgresql": "false"}
_KIND = "CASE WHEN (n / 3) % 8 = 0 THEN 'permanent' WHEN (n / 3) % 16 = 1 THEN 'event' ELSE 'years' END"
_ENDED = "1965 + (n / 100) % 60"
_YEARS = "CASE (n / 7) % 5 WHEN 0 THEN 5 WHEN 1 THEN 10 WHEN 2 THEN 20 WHEN 3 THEN 50 ELSE 70 END"
_OF = f"CASE WHEN n % 100 = 7 THEN '{AGENCY}' ELSE 'H99.' || (2 + n % 999) END"


def plant(connection: Connection, count: int) -> None:
    """``count`` ended hồ sơ, without their packages: what is due does not ask for them."""
    kind = connection.dialect.name
    day = _DAY[kind].format(year=f"{_ENDED} + {_YEARS} + 1")
    for first in range(1, count + 1, _ROWS_AT_ONCE):
        last = min(first + _ROWS_AT_ONCE - 1, count)
        connection.execute(text("DROP TABLE IF EXISTS planted"))
        connection.execute(
            text(
                f"CREATE TEMPORARY TABLE planted AS {_NUMBERS[kind].format(first=first, last=last)}"
                f"SELECT n, {_ID[kind]} AS id, {_KIND} AS kind FROM numbers"
            )
        )
        connection.execute(
            text(
                "INSERT INTO files (id, agency_code, file_code, fonds_code, title, state, ended_year, period_kind, "
                "period_years, period_event, period_basis, profile, profile_version, review_on, paper_code, "
                "paper_permanent, paper_reason, changed_at) "
                f"SELECT id, {_OF}, 'H99.2026.' || n, 'P1', 'Hồ sơ tu bổ đê điều số ' || n, 'closed', {_ENDED}, kind, "
                f"CASE kind WHEN 'years' THEN {_YEARS} WHEN 'event' THEN 0 END, CASE kind WHEN 'event' THEN 'xong' END, "
                f"'Danh mục hồ sơ', 'LLT2024-TT05', '1', CASE kind WHEN 'years' THEN {day} END, '', {_NEVER[kind]}, '', "
                "'2026-01-01T00:00:00.000000Z' FROM planted"
            )
        )


def planted(url: str, count: int) -> None:
    Catalogue.open(url).close()
    with planting(url, ("files",)) as connection:
        plant(connection, count)


def timed_ms(catalogue: Catalogue, runs: int, ask: Callable[[Reading], object]) -> tuple[float, float]:
    """Median and worst of ``runs`` answers."""
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        with catalogue.read() as view:
            ask(view)
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times), max(times)


def scanned(view: Reading, question: str) -> list[Any]:
    """The answer of a database that is not allowed its indexes."""
    if view.dialect == "postgresql":
        for what in ("indexscan", "indexonlyscan", "bitmapscan"):
            view.rows(text(f"SET LOCAL enable_{what} = off"))
        return list(view.rows(text(question.format(table="files"))))
    return list(view.rows(text(question.format(table="files NOT INDEXED"))))


NEXT = (
    f"SELECT * FROM {{table}} WHERE state IN ('closed', 'transferred') AND review_on <= '{TODAY}' "
    f"ORDER BY review_on, id LIMIT {PAGE}"
)
BY_YEAR = (
    f"SELECT review_on, count(*) FROM {{table}} WHERE agency_code = '{AGENCY}' AND state IN ('closed', 'transferred') "
    f"AND review_on <= '{TODAY}' GROUP BY review_on"
)


def measure(kind: str, url: str, count: int) -> None:
    planted(url, count)
    with Catalogue.open(url) as catalogue:
        with catalogue.read() as view:
            page = files_due(view, TODAY, limit=PAGE)
            assert [item.id for item in page] == [row.id for row in scanned(view, NEXT)]
        with catalogue.read() as view:
            years = due_by_year(view, TODAY, agency_code=AGENCY)
            assert sum(years.values()) == sum(row[1] for row in scanned(view, BY_YEAR))
        for name, ask, question, note in (
            (
                f"the next 1,000 due out of {count:,} hồ sơ, {kind}",
                lambda view: files_due(view, TODAY, limit=PAGE),
                NEXT,
                "Whole rows, the longest over first; both give the same thousand.",
            ),
            (
                f"due by year of one agency out of {count:,} hồ sơ, {kind}",
                lambda view: due_by_year(view, TODAY, agency_code=AGENCY),
                BY_YEAR,
                f"{sum(years.values()):,} hồ sơ of {len(years)} years are counted, out of one entry of the index each.",
            ),
        ):
            ours, worst = timed_ms(catalogue, RUNS, ask)
            rival, _ = timed_ms(catalogue, SCANS, lambda view, question=question: scanned(view, question))
            report(
                Measured(
                    name=name,
                    ours=f"{ours:.1f} ms",
                    rival=f"{rival:,.0f} ms by a scan",
                    ratio=rival / ours,
                    bar=BAR,
                    meaning="times as fast",
                    notes=(f"Median of {RUNS}, the slowest {worst:.1f} ms; the scan: median of {SCANS}.", note),
                )
            )


def main() -> None:
    count = int(os.environ.get("BENCH_FILES", "5000000"))
    with tempfile.TemporaryDirectory(prefix="bench-due-") as name:
        measure("SQLite", f"sqlite:///{Path(name) / 'd.sqlite'}", count)
    if programs() is None:
        raise SystemExit("PostgreSQL is not installed")
    measure("PostgreSQL", running_postgresql().new_url(), count)


if __name__ == "__main__":
    main()
