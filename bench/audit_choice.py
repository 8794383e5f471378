"""Bench: choosing the next 1,000 copies to audit out of BENCH_COPIES (5,000,000) rows, on both databases: under 50 ms.

The rows are planted by SQL: half as many packages as copies, two stores, every copy last looked at on another minute. What
is timed is what an audit does: one view opened, one page chosen with all that is needed to read its copies. Told beside:
the coverage clock and what is overdue, over the same rows.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from archive.audit import coverage, overdue
from archive.catalogue import Catalogue
from archive.catalogue.audit_reading import due_copies
from archive.catalogue.reading import Reading
from bench.planting import planting
from bench.result import Measured, report
from tests.servers.postgresql import programs, running_postgresql

BAR_MS = 50.0
RUNS = 30
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
_ROWS_AT_ONCE = 100_000

_ID = {
    "sqlite": "printf('%08x-0000-4000-8000-%012x', (n * 2654435761) % 4294967296, n)",
    "postgresql": "lpad(to_hex((n * 2654435761) % 4294967296), 8, '0') || '-0000-4000-8000-' || "
    "lpad(to_hex(n), 12, '0')",
}
_SEEN = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%S', 1767225600 + ((n * 48271) % 20000000), 'unixepoch') || '.000000Z'",
    "postgresql": "to_char(to_timestamp(1767225600 + ((n * 48271) % 20000000)) AT TIME ZONE 'UTC', "
    "'YYYY-MM-DD\"T\"HH24:MI:SS') || '.000000Z'",
}
_NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) ",
    "postgresql": "WITH numbers AS (SELECT generate_series({first}::bigint, {last}::bigint) AS n) ",
}


def plant(connection: Connection, packages: int) -> None:
    """``packages`` submissions and packages, each with a copy in ``kho-1`` and ``kho-2``."""
    kind = connection.dialect.name
    at = "'2026-01-01T00:00:00.000000Z'"
    for first in range(1, packages + 1, _ROWS_AT_ONCE):
        last = min(first + _ROWS_AT_ONCE - 1, packages)
        numbers = _NUMBERS[kind].format(first=first, last=last)
        # Which statement comes first in an INSERT differs between the two; a table of numbers serves both.
        connection.execute(text("DROP TABLE IF EXISTS planted"))
        connection.execute(
            text(
                f"CREATE TEMPORARY TABLE planted AS {numbers} SELECT n, {_ID[kind]} AS id, {_SEEN[kind]} AS seen FROM numbers"
            )
        )
        for statement in (
            "INSERT INTO submissions (id, registration_number, state, source_name, transfer_sha256, transfer_size_bytes, "
            "entered_at, received_legal_at, agreement_name, agreement_version, agreement_sha256, trust_list_version, "
            "aip_id, agency_code, agency_name, file_code, title, last_seq, owner) "
            f"SELECT id, 'NL-' || n, 'stored', 'x', id, 1, {at}, {at}, 'x', '1', 'x', '', id, 'H99', 'x', 'H99.' || n, "
            "'Hồ sơ', n, '' FROM planted",
            "INSERT INTO aips (id, submission_id, file_code, title, profile, profile_version, object_key, size_bytes, "
            "sha256, created_at, fields, document_count, layout_sha256) "
            "SELECT id, id, 'H99.' || n, 'Hồ sơ', 'LLT2024-TT05', '1', 'aip/' || substr(id, 1, 2) || '/' || id || '.tar', "
            f"20000000, id, {at}, '{{}}', 1, id FROM planted",
            *(
                "INSERT INTO copies (aip_id, store, state, verified_at, ok_at, size_bytes) "
                f"SELECT id, '{store}', 'ok', seen, seen, 20000000 FROM planted"
                for store in ("kho-1", "kho-2")
            ),
        ):
            connection.execute(text(statement))


def planted(url: str, packages: int) -> None:
    Catalogue.open(url).close()
    with planting(url, ("submissions", "aips", "copies")) as connection:
        plant(connection, packages)


def timed(catalogue: Catalogue, ask: Callable[[Reading], object]) -> float:
    begun = time.perf_counter()
    with catalogue.read() as view:
        ask(view)
    return (time.perf_counter() - begun) * 1000


def measure(kind: str, url: str, packages: int) -> None:
    planted(url, packages)
    with Catalogue.open(url) as catalogue:
        times, after = [], None
        for _ in range(RUNS):
            begun = time.perf_counter()
            with catalogue.read() as view:
                page = due_copies(view, "kho-1", NOW, after=after)
            times.append((time.perf_counter() - begun) * 1000)
            assert len(page) == min(1000, packages)
            after = (page[-1].seen_at, page[-1].aip_id) if packages > 1000 * RUNS else None
        clock = timed(catalogue, lambda view: coverage(view, "kho-1", NOW))
        late = timed(catalogue, lambda view: overdue(view, "kho-1", BEGUN + timedelta(days=100), timedelta(days=90)))
    middle = statistics.median(times)
    report(
        Measured(
            name=f"choosing the next 1,000 copies to audit out of {2 * packages:,} rows, {kind}",
            ours=f"{middle:.1f} ms",
            rival=f"{BAR_MS:.0f} ms allowed",
            ratio=middle,
            bar=BAR_MS,
            meaning="ms, median",
            notes=(
                f"{RUNS} pages one after another, each with key, size and digests of its copies; the slowest {max(times):.1f} ms.",
                f"The coverage clock of one store over {packages:,} copies: {clock:.0f} ms (index alone, one pass); "
                f"what is overdue: {late:.0f} ms.",
            ),
            at_most=True,
        )
    )


def main() -> None:
    packages = int(os.environ.get("BENCH_COPIES", "5000000")) // 2
    with tempfile.TemporaryDirectory(prefix="bench-choice-") as name:
        measure("SQLite", f"sqlite:///{Path(name) / 'c.sqlite'}", packages)
    if programs() is None:
        raise SystemExit("PostgreSQL is not installed")
    measure("PostgreSQL", running_postgresql().new_url(), packages)


if __name__ == "__main__":
    main()
