"""From packages to hồ sơ: as they are taken in, for those of older versions, and after everything was lost."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from archive.catalogue import Catalogue, Description, Document, Submission
from archive.catalogue import file_reading as r
from archive.catalogue import file_writing as w
from archive.catalogue import schedule_reading as sr
from archive.catalogue import tables as t
from archive.catalogue.file_taking_in import file_of_submission, require_growing, take_in
from archive.catalogue.schedule_writing import adopt_bundled
from archive.retention.described_file import file_key, stated, year_of
from archive.retention.errors import FileEndedError
from archive.retention.file_state import FileState
from archive.retention.period import PERMANENT, UNDETERMINED, Period
from archive.retention.registering import register_packages
from tests.catalogue import builders

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recovery"))
from registry import ACTOR, AT, PROFILE, unguarded, until, years
from worlds import World

FIELDS = {"maintenance": "10 năm", "endDate": "31/12/2015", "startDate": "2014-01-05"}


def taken(tx: Any, number: int, fields: dict[str, Any], *periods: object, code: str = "H01.02.1", **more: str) -> Any:
    submission = builders.receive(tx, number, owner=more.get("owner", ""))
    tx.describe(submission.id, Description("H01.02", "Sở", code, "Hồ sơ đê điều"))
    return take_in(
        tx, tx.submission(submission.id), fields, periods, profile=PROFILE, profile_version="1", actor=ACTOR, at=AT
    )


@pytest.mark.parametrize(
    ("fields", "periods", "period"),
    [
        ({"maintenance": "10 năm"}, (), years(10)),
        ({"maintenance": "06"}, ("20 năm", "5 năm"), years(20)),
        ({"maintenance": "20 năm"}, ("Đến khi văn bản hết hiệu lực",), until("văn bản hết hiệu lực", 0, 20)),
        ({"maintenance": "5 năm"}, ("01",), PERMANENT),
        ({}, ("10 năm", "", None), years(10)),
        ({}, (), UNDETERMINED),
        ({"maintenance": "07"}, ("10 năm",), UNDETERMINED),
        ({"maintenance": "01"}, ("Theo quy định",), UNDETERMINED),
    ],
)
def test_a_file_gets_the_longest_period_of_what_is_in_it(
    catalogue: Catalogue, fields: dict[str, str], periods: tuple[object, ...], period: Period
) -> None:
    with catalogue.transaction() as tx:
        held = taken(tx, 1, fields, *periods)
        assert held.period == period
        assert len(sr.reviews_open(tx)) == (period == UNDETERMINED)
        assert taken(tx, 2, fields, *periods) == held and len(sr.reviews_open(tx)) == (period == UNDETERMINED)


def test_a_supplement_joins_its_file_and_lengthens_it(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        first = taken(tx, 1, FIELDS)
        assert (first.state, first.ended_year, first.review_on) == (FileState.CLOSED, 2015, date(2026, 1, 1))
        assert (first.opened_on, first.paper_code) == (date(2014, 1, 1), "")
        assert taken(tx, 2, {}) == first
        second = taken(tx, 3, {"maintenance": "05", "endDate": "2016", "paperFileCode": "G-1"})
        assert second.id == first.id
        assert (second.period, second.ended_year, second.review_on) == (years(20), 2016, date(2037, 1, 1))
        assert (second.paper_code, second.paper_permanent) == ("G-1", False)
        other = taken(tx, 4, FIELDS, owner="H09")
        assert other.id != first.id and other.agency_code == "H09"


def test_an_end_still_to_come_leaves_the_file_open(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        assert taken(tx, 1, FIELDS | {"endDate": "31/12/2027"}).state is FileState.OPEN


@pytest.mark.parametrize(
    ("text", "year"),
    [("31/12/2015", 2015), ("12/2015", 2015), ("2015", 2015), ("2015-12", 2015), ("2015-12-31", 2015), (2015, 2015),
     ("", None), (None, None), ("15", None), ("9999", None), ("31/12/15", None), ("a2015", None), ("٢٠١٥", None)],
)  # fmt: skip
def test_the_year_of_a_date_is_read_as_metadata_write_it(text: object, year: int | None) -> None:
    assert year_of(text) == year


@pytest.mark.parametrize("code", ["", "x" * 254 + "…", "a\ufffdb"])
def test_a_submission_without_a_whole_code_is_a_file_by_itself(catalogue: Catalogue, code: str) -> None:
    with catalogue.transaction() as tx:
        one, two = taken(tx, 1, FIELDS, code=code), taken(tx, 2, FIELDS, code=code)
        assert (one.file_code, two.file_code) == ("NL-2026-000001", "NL-2026-000002") and one.id != two.id


def test_odd_values_of_metadata_open_a_file_all_the_same() -> None:
    odd: list[Any] = [None, [], {}, "\0", 5, ["a"], {"organId": ["x"]}, "x" * 5000]
    for value in odd:
        fields = {
            name: value for name in ("maintenance", "endDate", "startDate", "fileCode", "paperFileCode", "organId")
        }
        said = stated(fields, [value], received=date(2026, 1, 1))
        assert "\0" not in said.paper_code + said.fonds_code
        assert len(said.paper_code) <= 255 and len(said.fonds_code) <= 64


def test_what_comes_of_an_ended_file_is_refused(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        unguarded(tx)
        held = taken(tx, 1, FIELDS)
        for state in (FileState.IN_ROUND, FileState.DESTROYING):
            w.move_file(tx, held.id, state, actor=ACTOR, at=AT, round_id="r")
        submission = builders.receive(tx, 2)
        tx.describe(submission.id, Description("H01.02", "Sở", "H01.02.1", "Hồ sơ"))
        with pytest.raises(FileEndedError):
            require_growing(tx, tx.submission(submission.id))
        with pytest.raises(FileEndedError):
            take_in(
                tx, tx.submission(submission.id), FIELDS, [], profile=PROFILE, profile_version="1", actor=ACTOR, at=AT
            )


def old_package(catalogue: Catalogue, number: int, *periods: str, **fields: str) -> Submission:
    """As versions before the registry stored it."""
    with catalogue.transaction() as tx:
        submission = builders.receive(tx, number)
        tx.describe(submission.id, Description("H01.02", "Sở", f"H01.02.{number % 7}", "Hồ sơ"))
        builders.accept(tx, submission)
        aip = builders.package(submission, file_code=f"H01.02.{number % 7}", fields=fields)
        builders.written(tx, submission, aip, iter(_documents(aip.id, periods)))
        return tx.submission(submission.id)


def _documents(aip_id: str, periods: tuple[str, ...]) -> list[Document]:
    held = builders.documents(aip_id, len(periods))
    return [replace(item, fields={"maintenance": said}) for item, said in zip(held, periods, strict=True)]


def test_packages_of_older_versions_get_their_files_once_however_often_it_is_killed(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.retention.registering.RECORDS_AT_ONCE", 5)
    monkeypatch.setattr("archive.retention.registering.PACKAGES_AT_ONCE", 2)
    made = [old_package(catalogue, number, "5 năm", "20 năm", endDate="2015") for number in range(1, 18)]
    left = 4

    def stopping() -> bool:
        nonlocal left
        left -= 1
        return left % 2 == 1

    count = 0
    for _ in range(12):
        count += register_packages(catalogue, actor=ACTOR, now=lambda: AT, stopping=stopping)
    assert count == 17
    assert register_packages(catalogue, actor=ACTOR, now=lambda: AT) == 0
    with catalogue.transaction() as tx:
        found = list(r.all_files(tx))
        assert len(found) == 7 and sum(len(r.aips_of(tx, item.id)) for item in found) == 17
        assert {(item.period, item.ended_year, item.received_on) for item in found} == {
            (years(20), 2015, date(2026, 11, 21))
        }
        for submission in made:
            held = file_of_submission(tx, submission)
            assert held is not None and submission.aip_id in r.aips_of(tx, held.id)
            assert file_key(submission) == (held.agency_code, held.file_code)
        end = tx.ledger_end()
        tx.rows(delete(t.cursors))
    assert register_packages(catalogue, actor=ACTOR, now=lambda: AT) == 0
    with catalogue.read() as view:
        assert view.ledger_end() == end


def test_a_rebuilt_catalogue_has_the_registry_as_it_was(tmp_path: Path, new_url: Callable[[], str]) -> None:
    world = World(tmp_path / "world", new_url, packages=3)
    try:
        register_packages(world.catalogue, actor=ACTOR, now=world.now)
        with world.catalogue.transaction() as tx:
            adopt_bundled(tx, actor=ACTOR, at=AT)
            held = w.set_period(tx, next(r.all_files(tx)), until("xong", 2, 7), basis="thử", actor=ACTOR, at=AT)
            w.link_paper(tx, held.id, "G-1", permanent=True, reason="gốc", actor=ACTOR, at=AT)
            files = list(r.all_files(tx))
            assert len(files) == 3
        world.seal()
        rebuilding = world.rebuilding()
        rebuilding.run()
        assert world.told(rebuilding) == []
        with rebuilding.catalogue.read() as view:
            assert list(r.all_files(view)) == files
            assert len(sr.adopted_schedules(view)) == 2
        assert register_packages(rebuilding.catalogue, actor=ACTOR, now=world.now) == 0
    finally:
        world.close()
