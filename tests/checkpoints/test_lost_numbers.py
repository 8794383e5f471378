"""What a rebuild did not find is forgiven number by number; what nobody wrote down is not."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from archive.checkpoints.differences import checkpoint_differences
from archive.checkpoints.lost_numbers import (
    LOST,
    Ranges,
    joined,
    lost_by_record,
    lost_numbers,
    read_ranges,
    unexplained,
)
from archive.checkpoints.statement import Kind
from archive.events import Event
from tests.catalogue.builders import AT
from tests.checkpoints.sealed_archive import SealedArchive, unguarded


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        ((), [3]),
        (((3, 9),), []),
        (((1, 20),), []),
        (((3, 5),), [6]),
        (((5, 9),), [3]),
        (((4, 5), (7, 7)), [3, 6, 8]),
        (((1, 2), (10, 12)), [3]),
        (((3, 6), (4, 9)), []),
        (((1, 8), (2, 3)), [9]),
        (((1, 1), (12, 20)), [3]),
    ],
)
def test_each_stretch_nobody_wrote_down_is_named_by_its_first_number(lost: Ranges, expected: list[int]) -> None:
    assert list(unexplained(3, 9, joined(lost))) == expected


@pytest.mark.parametrize("value", [None, 3, "12", [[1]], [[0, 2]], [[3, 2]], [["1", "2"]], [[1, True]], {"a": 1}])
def test_what_are_no_ranges_forgives_nothing(value: Any) -> None:
    assert read_ranges(value) == ()


@pytest.fixture
def gap(sealed: SealedArchive, url: str) -> SealedArchive:
    """Seven checkpoints, of which 2 and 3 are not in the catalogue."""
    for kind in (Kind.NEWS, Kind.NEWS, Kind.NEWS, Kind.NEWS, Kind.FULL, Kind.NEWS, Kind.NEWS):
        sealed.take_in()
        assert sealed.seal(kind) is not None
    unguarded(url, lambda connection: connection.execute(text("DELETE FROM checkpoints WHERE number IN (2, 3)")))
    return sealed


def named(archive: SealedArchive, lost: Ranges = ()) -> list[tuple[str, str]]:
    with archive.catalogue.read() as view:
        found = checkpoint_differences(view, archive.stores, [archive.key.private.public_key()], lost=lost)
        return [(item.code, item.subject) for item in found if item.behind == "catalogue"]


def told(archive: SealedArchive, data: dict[str, Any]) -> None:
    with archive.catalogue.transaction() as tx:
        tx.append(Event.ARCHIVE_CATALOGUE_REBUILT, "archive", actor="luutru", at=AT, data=data)


def test_a_gap_is_forgiven_by_whom_it_was_written_down(gap: SealedArchive) -> None:
    assert named(gap) == [("checkpoint.row.changed", "2")]
    with gap.catalogue.read() as view:
        assert lost_numbers(view) == ((2, 3),)
    assert named(gap, ((2, 3),)) == []
    assert named(gap, ((2, 2),)) == [("checkpoint.row.changed", "3")]
    told(gap, {"checkpoint": {"number": 5}, LOST: [[2, 2]]})
    assert named(gap) == [("checkpoint.row.changed", "3")]
    told(gap, {"checkpoint": {"number": 6}, LOST: [[2, 3]]})
    assert named(gap) == []


def test_a_record_from_before_numbers_were_written_down_forgives_up_to_its_checkpoint(
    gap: SealedArchive, url: str
) -> None:
    told(gap, {"checkpoint": {"number": 3}})
    assert named(gap) == []
    unguarded(url, lambda connection: connection.execute(text("DELETE FROM checkpoints WHERE number = 4")))
    assert named(gap) == [("checkpoint.row.changed", "4")]


@pytest.mark.parametrize("change", ["replace(body, '[2,2]', '[2,3]')", "'no record'"])
def test_a_record_changed_by_hand_forgives_nothing(gap: SealedArchive, url: str, change: str) -> None:
    told(gap, {"checkpoint": {"number": 5}, LOST: [[2, 2]]})
    statement = f"UPDATE ledger SET body = {change} WHERE event = '{Event.ARCHIVE_CATALOGUE_REBUILT.value}'"
    unguarded(url, lambda connection: connection.execute(text(statement)))
    assert ("checkpoint.row.changed", "2") in named(gap)
    with gap.catalogue.read() as view:
        assert lost_by_record(view) == ()
