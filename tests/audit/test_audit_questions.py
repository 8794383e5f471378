"""What audits ask of the catalogue is answered from one index in its order, on both databases."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Executable, text

from archive.audit import coverage, overdue
from archive.catalogue import Catalogue, Copy, Reading
from archive.catalogue.audit_reading import due_copies, due_share, newest_at, oldest_at, overdue_copies, red_copies
from archive.fixity import CopyState

sys.path.insert(0, str(Path(__file__).parent))
from audited import AT, World

QUESTIONS: dict[str, Callable[[Reading], object]] = {
    "the next thousand": lambda view: due_copies(view, "a", AT),
    "the next thousand behind some": lambda view: due_copies(view, "a", AT, after=(AT - timedelta(days=1), "")),
    "how much is due": lambda view: due_share(view, "a", AT),
    "the oldest": lambda view: oldest_at(view, "a"),
    "the newest": lambda view: newest_at(view, "a", AT),
    "coverage": lambda view: coverage(view, "a", AT),
    "overdue": lambda view: overdue(view, "a", AT, timedelta(days=30)),
    "overdue by name": lambda view: overdue_copies(view, "a", AT, timedelta(days=30)),
    "the red ones": lambda view: red_copies(view, "a"),
}


class Explained(Reading):
    """A view that notes how the database would answer each question."""

    plans: list[str]

    def rows(self, query: Executable, each: Any = None) -> Any:
        compiled = query.compile(self._connection, compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
        how = "EXPLAIN QUERY PLAN " if self._connection.dialect.name == "sqlite" else "EXPLAIN "
        for row in self._connection.execute(text(how + str(compiled).replace(":", "\\:"))):
            self.plans.append(str(row[-1]))
        return super().rows(query, each)


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_reads_a_table_through(catalogue: Catalogue, tmp_path: Path, question: str) -> None:
    """PostgreSQL is asked with scans switched off: where it still scans, no index would do."""
    with catalogue.read() as view:
        connection = view._connection
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        explained = Explained(connection)
        explained.plans = []
        QUESTIONS[question](explained)
    scans = [
        line
        for line in explained.plans
        if "Seq Scan" in line or (line.startswith("SCAN") and not line.startswith(("SCAN few", "SCAN CONSTANT")))
    ]
    assert explained.plans and not scans, explained.plans
    assert any("ix_copies_audit" in line or "ix_copies_not_ok" in line for line in explained.plans), explained.plans


def test_what_is_awaited_is_not_there_to_be_read(worlds: Callable[[], World]) -> None:
    world = worlds().fill(2)
    with world.catalogue.transaction() as tx:
        tx.record_copies([Copy(world.held[0].aip_id, "b", CopyState.AWAITED, AT - timedelta(days=900))])
    with world.catalogue.read() as view:
        assert due_copies(view, "b", AT) == [] and oldest_at(view, "b") is None
        assert coverage(view, "b", AT).whole.copies == 0
        assert overdue(view, "b", AT, timedelta(days=30)).whole.copies == 0
        assert coverage(view, "b", AT).states == {CopyState.AWAITED: 1}


def test_the_clock_counts_copies_and_bytes_of_each_window(worlds: Callable[[], World]) -> None:
    world = worlds().fill(4)
    ages = (10, 60, 300, 1000)
    with world.catalogue.transaction() as tx:
        for held, days in zip(world.held, ages, strict=True):
            tx.record_copies([Copy(held.aip_id, "a", CopyState.OK, AT - timedelta(days=days))])
    with world.catalogue.read() as view:
        seen = coverage(view, "a", AT)
        assert [share.copies for share in seen.read.values()] == [1, 2, 3, 4]
        assert [share.size_bytes for share in seen.read.values()] == [
            sum(held.size_bytes for held in world.held[:count]) for count in (1, 2, 3, 4)
        ]
        assert [due.aip_id for due in overdue_copies(view, "a", AT, timedelta(days=90))] == [
            world.held[3].aip_id,
            world.held[2].aip_id,
        ]
    with world.catalogue.transaction() as tx:
        tx.record_copies([Copy(world.held[0].aip_id, "a", CopyState.MISMATCH, AT)])
    with world.catalogue.read() as view:
        assert [share.copies for share in coverage(view, "a", AT).read.values()] == [0, 1, 2, 3]
