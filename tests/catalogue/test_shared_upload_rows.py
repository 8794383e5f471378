"""Where uploads of several machines stand, on both databases: every change decided by one statement or one transaction."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.catalogue import Catalogue
from archive.catalogue.shared_uploads import (
    SharedUpload,
    UploadPart,
    announced_bytes,
    beat_finishing,
    begin_upload,
    complete_uploads,
    count_part,
    drop_over,
    drop_upload,
    fix_length,
    moved_last_before,
    parts_behind,
    record_became,
    require_finishing,
    shared_upload,
    still_coming,
    take_finishing,
    under_way,
)
from archive.errors import StaleClaimError
from tests.catalogue.builders import new_submission

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NEW = SharedUpload("u1", "lan", "H99.12", "account:lan", 100, "hồ sơ.zip", None, "", "s1", 0, AT)


def part(begin: int, length: int, token: str = "0a1b2c3d") -> UploadPart:
    return UploadPart(begin, length, "0" * 64, token)


def begun(catalogue: Catalogue, upload: SharedUpload = NEW) -> None:
    with catalogue.transaction() as tx:
        begin_upload(tx, upload)


def complete(catalogue: Catalogue, upload_id: str = "u1") -> None:
    with catalogue.transaction() as tx:
        assert count_part(tx, upload_id, part(0, 100), AT)


def standing(catalogue: Catalogue, upload_id: str = "u1") -> SharedUpload:
    with catalogue.read() as reading:
        found = shared_upload(reading, upload_id)
    assert found is not None
    return found


def test_an_upload_is_told_as_it_was_begun(catalogue: Catalogue) -> None:
    whole = replace(NEW, client_key="lan-7", sent_metadata="filename SOG7", length_bytes=None)
    begun(catalogue, whole)
    assert standing(catalogue) == whole
    with catalogue.read() as reading:
        assert shared_upload(reading, "u2") is None
        before = AT - timedelta(microseconds=1)
        assert (under_way(reading, "lan", before, before), under_way(reading, "an", before, before)) == (1, 0)
        assert under_way(reading, "lan", AT, before) == 0


def test_a_part_counts_only_where_the_upload_stands_and_within_its_length(catalogue: Catalogue) -> None:
    begun(catalogue)
    later = AT + timedelta(hours=1)
    with catalogue.transaction() as tx:
        assert count_part(tx, "u1", part(0, 40), later)
        assert not count_part(tx, "u1", part(0, 40, "another0"), later)
        assert not count_part(tx, "u1", part(41, 10), later)
        assert not count_part(tx, "u1", part(39, 10), later)
        assert not count_part(tx, "u1", part(40, 61), later)
        assert not count_part(tx, "u2", part(0, 1), later)
        assert announced_bytes(tx) == 60 and complete_uploads(tx) == []
        assert count_part(tx, "u1", part(40, 60), later)
        assert complete_uploads(tx) == ["u1"]
        assert [(row.offset_bytes, row.token) for row in parts_behind(tx, "u1", 0)] == [
            (0, "0a1b2c3d"),
            (40, "0a1b2c3d"),
        ]
        assert [row.offset_bytes for row in parts_behind(tx, "u1", 0, limit=1)] == [0]
        assert [row.offset_bytes for row in parts_behind(tx, "u1", 40, limit=1)] == [40]
    assert (standing(catalogue).offset_bytes, standing(catalogue).moved_at) == (100, later)


def test_of_parts_counted_at_once_from_the_same_place_one_counts(catalogue: Catalogue) -> None:
    begun(catalogue)

    def count(number: int) -> bool:
        with catalogue.transaction() as tx:
            return count_part(tx, "u1", part(0, 10 + number, f"{number:08d}"), AT)

    with ThreadPoolExecutor(4) as pool:
        counted = list(pool.map(count, range(8)))
    assert counted.count(True) == 1
    with catalogue.read() as reading:
        (only,) = parts_behind(reading, "u1", 0)
    assert only.length_bytes == 10 + counted.index(True) == standing(catalogue).offset_bytes


def test_a_length_is_fixed_once_and_never_below_what_is_there(catalogue: Catalogue) -> None:
    begun(catalogue, replace(NEW, length_bytes=None))
    with catalogue.transaction() as tx:
        assert count_part(tx, "u1", part(0, 40), AT)
        assert announced_bytes(tx) == 0
        assert not fix_length(tx, "u1", 39)
        assert fix_length(tx, "u1", 40)
        assert not fix_length(tx, "u1", 41)
    assert standing(catalogue).complete


def test_one_finishes_at_a_time_and_who_fell_silent_records_nothing_more(catalogue: Catalogue) -> None:
    begun(catalogue)
    with catalogue.transaction() as tx:
        assert take_finishing(tx, "u1", "too-early") is None and take_finishing(tx, "u2", "s") is None
    complete(catalogue)
    with catalogue.transaction() as tx:
        first = take_finishing(tx, "u1", "first")
        assert first is not None and (first.submission_id, first.became) == ("first", None)
        assert take_finishing(tx, "u1", "second") is None
        assert not drop_upload(tx, "u1")
        require_finishing(tx, "u1", "first")
    with catalogue.signing() as tx:
        beat_finishing(tx, "u1", "first", timedelta(0))  # fallen silent
    with catalogue.transaction() as tx:
        second = take_finishing(tx, "u1", "second")
        assert second is not None and second.submission_id == "second"
        with pytest.raises(StaleClaimError):
            require_finishing(tx, "u1", "first")
    with catalogue.signing() as tx:
        beat_finishing(tx, "u1", "first", timedelta(0))
    with catalogue.transaction() as tx:
        assert take_finishing(tx, "u1", "third") is None  # what the first says is heard by nobody
        record_became(tx, "u1", "second")
        again = take_finishing(tx, "u1", "third")
        assert again is not None and again.became == "second"
        assert complete_uploads(tx) == [] and under_way(tx, "lan", AT - timedelta(1), AT - timedelta(1)) == 0
        assert not count_part(tx, "u1", part(100, 1), AT)


def test_a_submission_that_was_recorded_is_the_uploads_also_when_nobody_came_to_say_so(catalogue: Catalogue) -> None:
    begun(catalogue)
    complete(catalogue)
    with catalogue.transaction() as tx:
        assert take_finishing(tx, "u1", "first") is not None
        tx.receive(new_submission(id="first"), actor="intake", at=AT)
    with catalogue.transaction() as tx:
        found = take_finishing(tx, "u1", "second")
        assert found is not None and (found.became, found.finishing_until) == ("first", None)


def test_what_is_over_goes_once_and_what_waits_for_room_later(catalogue: Catalogue) -> None:
    for name in ("open", "waiting", "became"):
        begun(catalogue, replace(NEW, id=name))
    for name in ("waiting", "became"):
        complete(catalogue, name)
    with catalogue.transaction() as tx:
        record_became(tx, "became", "s")
    before = AT - timedelta(microseconds=1)
    with catalogue.transaction() as tx:
        assert moved_last_before(tx, before, before) == []
        assert sorted(moved_last_before(tx, AT, before)) == ["became", "open"]
        assert sorted(moved_last_before(tx, AT, AT)) == ["became", "open", "waiting"]
        assert still_coming(tx, ["open", "waiting", "became", "gone"]) == {"open", "waiting"}
        assert drop_over(tx, "open", AT, before) and not drop_over(tx, "open", AT, before)
        assert not drop_over(tx, "waiting", AT, before)
        assert drop_over(tx, "became", AT, before) and parts_behind(tx, "became", 0) == []
        assert drop_upload(tx, "waiting") and drop_upload(tx, "waiting")
        assert still_coming(tx, ["open", "waiting", "became"]) == set()
