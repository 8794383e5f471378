"""Retention schedules: every verified row, lists of agencies, versions that rewrite nothing, reviews and decisions."""

from __future__ import annotations

import io
import sys
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from archive.access import Role
from archive.access.errors import AuthorityMissingError
from archive.catalogue import Catalogue
from archive.catalogue import file_reading as r
from archive.catalogue import file_writing as w
from archive.catalogue import schedule_reading as sr
from archive.catalogue.retention_deciding import (
    Determination,
    RowRef,
    close_determined,
    decide_review,
    determine_period,
    note_event,
    reopen,
)
from archive.catalogue.schedule_writing import adopt_bundled, adopt_schedule, open_review_of, open_reviews
from archive.events import Event
from archive.retention.errors import (
    FileInRoundError,
    ListRefusedError,
    PeriodRefusedError,
    PeriodTooShortError,
    ReviewDecidedError,
    ReviewMissingError,
    ScheduleMissingError,
    ScheduleRefusedError,
    ScheduleShorterError,
)
from archive.retention.file_state import FileState
from archive.retention.period import PERMANENT, UNDETERMINED, Period
from archive.retention.registering import open_all_reviews
from archive.retention.review import ReviewDecision, ReviewReason
from archive.retention.schedule import (
    Schedule,
    ScheduleKind,
    ScheduleRow,
    common_schedule_on,
    common_schedules,
    read_schedule,
)
from archive.retention.schedule_list import ScheduleHeading, listed_schedule
from ingest.metadata.sheets import SheetRefusedError, sheets_of
from schemas.fields import PROFILES
from schemas.rule_profiles import profile_on, rule_profiles

sys.path.insert(0, str(Path(__file__).resolve().parent))
from registry import ACTOR, AT, TODAY, ended, opened, person, until, years

V = PERMANENT
TT09 = {
    "1a": until("văn bản hết hiệu lực thi hành"), "1b": 5, "2": V, "3": V, "4a": V, "4b": 5, "5a": 10, "5b": V, "5c": 10,
    "6a": 5, "6b": 20, "6c": 5, "7a": 5, "7b": 10, "7c": 5, "8": 10, "9": V, "10": V, "11": V, "12a": V, "12b": 10, "13": V,
}  # fmt: skip
TT10 = {
    "qh-trao-doi": 5, "qhcb-phieu": 5, "qhcb-khac": 10, "dt-trung": 20, "dt-khong-trung": 5, "khbc-nam": V,
    "tra-loi-qh": V, "qh-tong-the": V, "tham-dinh": V,
}  # fmt: skip
TT10_UNVERIFIED = {
    "ho-so-cbcc": 70, "so-dang-ky": 20, "tap-luu-qppl": V, "tap-luu-khac": 50, "cv-trao-doi": 10, "nang-luong": 20,
    "kiem-tra-tx": 20,
}  # fmt: skip
DIGESTS = {
    ("tt09-2011", "1"): "b3bc2e034a05453cc2656f5e08f1cabcbba86756d8ab2d22dbc4b1f71ee16043",
    ("tt10-2022", "1"): "90d15f6797fdd4b069a6c59637a0a859c6db2862dd08b149dd071aedace4bf91",
}
HEADS = ("STT", "Tên nhóm hồ sơ, tài liệu", "Thời hạn bảo quản", "Dòng của bảng chung")


def as_period(said: int | Period) -> Period:
    return years(said) if isinstance(said, int) else said


@pytest.mark.parametrize(
    ("schedule", "verified", "rows"),
    [("tt09-2011", True, TT09), ("tt10-2022", True, TT10), ("tt10-2022", False, TT10_UNVERIFIED)],
)
def test_every_row_stands_with_its_period_and_says_whether_it_was_verified(
    schedule: str, verified: bool, rows: dict[str, int | Period]
) -> None:
    found = {row.code: row.period for row in common_schedules()[schedule].rows if row.verified is verified}
    assert found == {code: as_period(said) for code, said in rows.items()}


def test_a_bundled_schedule_changes_only_with_its_version() -> None:
    """When this fails, give the changed schedule a new version: hồ sơ determined by the old rows are reviewed then."""
    assert {(item.id, item.version): item.sha256 for item in common_schedules().values()} == DIGESTS


def test_profiles_and_common_schedules_follow_each_other_by_date() -> None:
    assert tuple(sorted(rule_profiles())) == tuple(sorted(PROFILES))
    assert [profile_on(date(year, 6, 30)).name for year in (1990, 2012, 2025, 2026)] == [
        "ND01-TT02", "ND01-TT02", "ND01-TT02", "LLT2024-TT05",
    ]  # fmt: skip
    assert profile_on(date(2025, 7, 1)).execution_days == 15
    assert [item.transfer.historical_years for item in rule_profiles().values()] == [10, 5]
    assert common_schedule_on(date(2023, 2, 14)).id == "tt09-2011"
    assert common_schedule_on(date(2023, 2, 15)).id == "tt10-2022"
    assert {item.schedule for item in rule_profiles().values()} <= set(common_schedules())


def sheet(*rows: tuple[object, ...], heads: tuple[str, ...] = HEADS) -> bytes:
    book = openpyxl.Workbook()
    for row in (("BẢNG THỜI HẠN BẢO QUẢN",), heads, *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def listed(
    data: bytes, name: str = "b.xlsx", kind: ScheduleKind = ScheduleKind.AGENCY, version: str = "1", **changes: str
) -> Schedule:
    agency = "H01.02" if kind is ScheduleKind.AGENCY else ""
    heading = ScheduleHeading(
        "so-noi-vu",
        version,
        kind,
        "Bảng riêng",
        "QĐ 12/QĐ-SNV",
        date(2026, 1, 1),
        agency_code=changes.get("agency", agency),
    )
    return listed_schedule(heading, sheets_of(data, name)[0].rows)


def test_a_list_of_an_agency_becomes_a_schedule_from_xlsx_and_csv_alike() -> None:
    rows = [
        ("", "I. Tổng hợp", "", ""),
        ("1", "Đấu thầu", 20, "tt10-2022:dt-trung"),
        ("2", "Hồ sơ dự án", "Đến khi dự án kết thúc và 5 năm sau đó", ""),
        ("", "II. Khác", "", ""),
        ("3", "Sổ sách", "Vĩnh viễn", ""),
    ]
    from_book = listed(sheet(*rows))
    text = "\n".join(";".join(map(str, row)) for row in (HEADS, *rows))
    assert listed(text.encode("utf-8-sig"), "b.csv") == from_book
    assert [(row.code, row.group, row.period) for row in from_book.rows] == [
        ("1", "I. Tổng hợp", years(20)),
        ("2", "I. Tổng hợp", until("dự án kết thúc", 5)),
        ("3", "II. Khác", PERMANENT),
    ]
    assert (
        read_schedule(from_book.as_json()) == from_book
        and from_book.sha256 == read_schedule(from_book.as_json()).sha256
    )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "không có dòng nào"),
        ([("1", "a", "sớm thôi", "")], "dòng 3: không hiểu thời hạn"),
        ([("1", "a", 5, ""), ("1", "b", 5, "")], "dòng 4: mã dòng «1» đã có"),
        ([("", "a", 5, "")], "dòng 3: thiếu mã dòng"),
        ([("1", "", 5, "")], "dòng 3: thiếu mã dòng hoặc tên"),
        ([("x" * 65, "a", 5, "")], "dòng 3: mã dòng dài hơn 64"),
    ],
)
def test_a_list_with_faults_is_refused_with_all_of_them(rows: list[tuple[object, ...]], words: str) -> None:
    with pytest.raises(ListRefusedError) as refused:
        listed(sheet(*rows, *rows[:0]))
    assert words in refused.value.message and all(refused.value.faults)


def test_every_fault_is_named_not_only_the_first() -> None:
    with pytest.raises(ListRefusedError) as refused:
        listed(sheet(*((str(number), "a", "rác", "") for number in range(30))))
    assert len(refused.value.faults) == 30 and "20 lỗi khác" in refused.value.message


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"", "b.xlsx"), (b"PK\x03\x04rubbish", "b.xlsx"), (b"\xff" * 50, "b.csv"), (b'"a\n', "b.csv"), (b"a", "b.pdf")],
)
def test_rubbish_is_no_sheet(data: bytes, name: str) -> None:
    with pytest.raises((SheetRefusedError, ListRefusedError)):
        listed(data, name)


def test_a_sheet_without_heads_or_with_a_wrong_heading_is_refused() -> None:
    with pytest.raises(ListRefusedError):
        listed(sheet(("1", "a", 5, ""), heads=("A", "B", "C", "D")))
    good = sheet(("1", "a", 5, ""))
    for kind, agency in (
        (ScheduleKind.COMMON, ""),
        (ScheduleKind.AGENCY, ""),
        (ScheduleKind.SECTOR, "H01"),
        (ScheduleKind.AGENCY, "rác"),
    ):
        with pytest.raises(ListRefusedError):
            listed(good, kind=kind, agency=agency)


def test_an_agencys_own_may_only_be_longer_and_the_refusal_names_row_and_both_periods(catalogue: Catalogue) -> None:
    head, archivist = person(catalogue, Role.HEAD), person(catalogue, Role.ARCHIVIST)
    shorter = listed(
        sheet(
            ("1", "Đấu thầu", 10, "tt10-2022:dt-trung"),
            ("2", "Hồ sơ quy hoạch tổng thể", "50 năm", ""),
            ("3", "Gì đó", 1, ""),
        )
    )
    with catalogue.transaction() as tx:
        adopt_bundled(tx, actor=ACTOR, at=AT)
        assert adopt_bundled(tx, actor=ACTOR, at=AT) == ()
        with pytest.raises(ScheduleShorterError) as refused:
            adopt_schedule(tx, shorter, by=head, at=AT)
        for words in (
            "dòng 1: 10 năm, chung là 20 năm (dòng dt-trung)",
            "dòng 2: 50 năm, chung là Vĩnh viễn",
            "2 dòng",
        ):
            assert words in refused.value.message
        longer = listed(sheet(("1", "Đấu thầu", 30, "tt10-2022:dt-trung")))
        with pytest.raises(AuthorityMissingError):
            adopt_schedule(tx, longer, by=archivist, at=AT)
        adopted = adopt_schedule(tx, longer, by=head, at=AT)
        assert adopt_schedule(tx, longer, by=head, at=AT).adopted_at == adopted.adopted_at
        assert len(tx.records(subject="schedule:so-noi-vu")) == 1
        with pytest.raises(ScheduleRefusedError):
            adopt_schedule(tx, listed(sheet(("1", "Đấu thầu", 50, ""))), by=head, at=AT)
        sector = listed(sheet(("1", "Hồ sơ quy hoạch tổng thể", 5, "")), kind=ScheduleKind.SECTOR, version="s")
        adopt_schedule(tx, sector, by=head, at=AT)
        with pytest.raises(ScheduleRefusedError):
            adopt_schedule(tx, Schedule("e", "1", ScheduleKind.SECTOR, "t", "b", TODAY), by=head, at=AT)
        assert {item.id for item in sr.schedules_in_force(tx, TODAY, kind=ScheduleKind.COMMON)} == {"tt10-2022"}
        assert {item.id for item in sr.schedules_in_force(tx, date(2020, 1, 1))} == {"tt09-2011"}


def version(number: str, **periods: Period) -> Schedule:
    rows = tuple(ScheduleRow(code, f"nhóm {code}", period) for code, period in periods.items())
    return Schedule("nganh", number, ScheduleKind.SECTOR, "Bảng ngành", "TT 1", date(2026, 1, 1), rows=rows)


def test_a_new_version_rewrites_nothing_and_puts_every_file_of_a_changed_row_up_for_review(
    catalogue: Catalogue,
) -> None:
    head = person(catalogue, Role.HEAD)
    with catalogue.transaction() as tx:
        adopt_schedule(tx, version("1", a=years(10), b=years(5), c=years(5)), by=head, at=AT)
        for number in range(1, 26):
            row = "abc"[number % 3]
            ended(tx, number, period=years(10), schedule_id="nganh", schedule_version="1", schedule_row=row)
        before = list(r.all_files(tx))
        adopt_schedule(tx, version("2", a=years(20), b=years(5)), by=head, at=AT)
        assert sr.adopted_schedule(tx, "nganh").reviews_pending  # type: ignore[union-attr]
        assert list(r.all_files(tx)) == before and sr.reviews_open(tx) == ()
    sittings = 0
    while True:
        # Each sitting is a transaction of its own: killed between them, the next one goes on where it stopped.
        with catalogue.transaction() as tx:
            if not open_reviews(tx, actor=ACTOR, at=AT, limit=4):
                break
        sittings += 1
    open_all_reviews(catalogue, actor=ACTOR, now=lambda: AT)
    with catalogue.transaction() as tx:
        tasks = sr.reviews_open(tx)
        expected = {item.id for item in before if item.schedule_row in ("a", "c")}
        assert {task.file_id for task in tasks} == expected and len(tasks) == len(expected) == 16
        assert sittings > 4 and sr.reviews_open_count(tx) == 16 and sr.reviews_open_count(tx, 5) == 5
        assert {task.about for task in tasks} == {"nganh/2:a", "nganh/2:c"}
        assert list(r.all_files(tx)) == before
        assert not sr.adopted_schedule(tx, "nganh").reviews_pending  # type: ignore[union-attr]
        first = sr.reviews_open(tx, limit=10)
        rest = sr.reviews_open(tx, after=(first[-1].opened_at, first[-1].id))
        assert (*first, *rest) == tasks
        opened_events = tx.records(event=Event.RETENTION_REVIEWS_OPENED)
        assert sum(record.data["files"] for record in opened_events) == 16


def test_a_review_is_closed_by_a_decision_that_keeps_or_changes(catalogue: Catalogue) -> None:
    head, archivist, auditor = (person(catalogue, role) for role in (Role.HEAD, Role.ARCHIVIST, Role.AUDITOR))
    with catalogue.transaction() as tx:
        adopt_schedule(tx, version("1", a=years(10)), by=head, at=AT)
        for number in (1, 2):
            ended(tx, number, period=years(10), schedule_id="nganh", schedule_version="1", schedule_row="a")
        adopt_schedule(tx, version("2", a=years(20)), by=head, at=AT)
        open_reviews(tx, actor=ACTOR, at=AT)
        one, two = sr.reviews_open(tx)
        with pytest.raises(AuthorityMissingError):
            decide_review(tx, one.id, None, note="giữ", by=auditor, at=AT)
        with pytest.raises(PeriodRefusedError):
            decide_review(tx, one.id, None, note="  ", by=archivist, at=AT)
        with pytest.raises(ReviewMissingError):
            decide_review(tx, "x", None, note="giữ", by=archivist, at=AT)
        kept = decide_review(tx, one.id, None, note="đã kết thúc trước ngày hiệu lực", by=archivist, at=AT)
        assert (kept.decision, kept.decided_by) == (ReviewDecision.KEPT, archivist.account_id)
        assert decide_review(tx, one.id, None, note="khác", by=archivist, at=AT) == kept
        with pytest.raises(ReviewDecidedError):
            decide_review(tx, one.id, None, note="giữ", by=head, at=AT)
        changed = decide_review(
            tx, two.id, Determination("TT mới", row=RowRef("nganh", "a")), note="", by=archivist, at=AT
        )
        assert changed.decision is ReviewDecision.CHANGED and sr.reviews_open(tx) == ()
        held = r.require_file(tx, two.file_id)
        assert (held.period, held.schedule_version, held.review_on) == (years(20), "2", date(2036, 1, 1))
        assert r.require_file(tx, one.file_id).period == years(10)
        adopt_schedule(tx, version("3", a=years(30)), by=head, at=AT)
        open_reviews(tx, actor=ACTOR, at=AT)
        assert {task.about for task in sr.reviews_open(tx)} == {"nganh/3:a"} and len(sr.reviews_open(tx)) == 2


def test_who_may_determine_what(catalogue: Catalogue) -> None:
    head, archivist, agency = (person(catalogue, role) for role in (Role.HEAD, Role.ARCHIVIST, Role.AGENCY))
    with catalogue.transaction() as tx:
        adopt_schedule(tx, version("1", a=years(10), b=until("xong", 2)), by=head, at=AT)
        held = ended(tx, 1, period=UNDETERMINED)
        assert open_review_of(tx, held, at=AT) and not open_review_of(tx, held, at=AT)
        (task,) = sr.reviews_open(tx)
        assert task.reason is ReviewReason.UNDETERMINED
        with pytest.raises(PeriodRefusedError):
            decide_review(tx, task.id, None, note="để đấy", by=head, at=AT)
        with pytest.raises(AuthorityMissingError):
            determine_period(tx, held.id, Determination("x", years(5)), by=agency, at=AT)
        for wrong in (Determination("", years(5)), Determination("x"), Determination("x", UNDETERMINED)):
            with pytest.raises(PeriodRefusedError):
                determine_period(tx, held.id, wrong, by=archivist, at=AT)
        with pytest.raises(PeriodTooShortError):
            determine_period(tx, held.id, Determination("x", years(9), RowRef("nganh", "a")), by=head, at=AT)
        for row in (RowRef("nganh", "z"), RowRef("không", "a"), RowRef("nganh", "a", "7")):
            with pytest.raises(ScheduleMissingError):
                determine_period(tx, held.id, Determination("x", row=row), by=head, at=AT)
        by_row = Determination("x", years(15), RowRef("nganh", "a"))
        assert determine_period(tx, held.id, by_row, by=archivist, at=AT).period == years(15)
        assert sr.reviews_open(tx) == () and sr.reviews_of(tx, held.id)[0].decision is ReviewDecision.CHANGED
        count = len(tx.records(subject=held.id))
        determine_period(tx, held.id, by_row, by=archivist, at=AT)
        assert len(tx.records(subject=held.id)) == count
        shorter = Determination("sai sót", years(12))
        with pytest.raises(AuthorityMissingError):
            determine_period(tx, held.id, shorter, by=archivist, at=AT)
        assert determine_period(tx, held.id, shorter, by=head, at=AT).review_on == date(2028, 1, 1)
        w.move_file(tx, held.id, FileState.IN_ROUND, actor=ACTOR, at=AT, round_id="r")
        with pytest.raises(FileInRoundError):
            determine_period(tx, held.id, Determination("x", years(70)), by=head, at=AT)


def test_a_file_is_ended_with_its_period_determined_again(catalogue: Catalogue) -> None:
    head = person(catalogue, Role.HEAD)
    with catalogue.transaction() as tx:
        held = opened(tx, period=UNDETERMINED)
        with pytest.raises(PeriodRefusedError):
            close_determined(tx, held.id, None, ended_year=2015, by=head, at=AT)
        closed = close_determined(tx, held.id, Determination("x", until("xong", 2)), ended_year=2015, by=head, at=AT)
        assert (closed.state, closed.review_on) == (FileState.CLOSED, None)
        assert note_event(tx, held.id, 2020, basis="biên bản", by=head, at=AT).review_on == date(2023, 1, 1)
        assert reopen(tx, held.id, reason="thiếu", by=head, at=AT).state is FileState.OPEN
        assert close_determined(tx, held.id, None, ended_year=2021, by=head, at=AT).review_on == date(2024, 1, 1)
        with pytest.raises(PeriodRefusedError):
            reopen(tx, held.id, reason=" ", by=head, at=AT)
