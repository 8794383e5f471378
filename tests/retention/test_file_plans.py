"""Danh mục hồ sơ: read from lists with every fault named, approved by the head, then only amended."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import openpyxl
import pytest

from archive.access import Role
from archive.access.errors import AuthorityMissingError
from archive.catalogue import Catalogue
from archive.catalogue import file_plan_reading as pr
from archive.catalogue.file_plan_writing import approve_plan, import_plan, open_planned, record_agency
from archive.catalogue.file_taking_in import take_in
from archive.catalogue.model import Description
from archive.file_plan.plan import PlanLine, PlanState
from archive.file_plan.plan_list import plan_lines
from archive.retention.errors import ListRefusedError, PlanMissingError, PlanRefusedError
from archive.retention.period import PERMANENT
from ingest.metadata.sheets import sheets_of
from tests.catalogue import builders

sys.path.insert(0, str(Path(__file__).resolve().parent))
from registry import ACTOR, AT, PROFILE, person, years

HEADS = ("Số và ký hiệu HS", "Tên đề mục và tiêu đề hồ sơ", "Thời hạn bảo quản", "Người lập hồ sơ", "Ghi chú")
FORM = (
    ("SỞ NỘI VỤ", "", "", "", ""),
    ("DANH MỤC HỒ SƠ NĂM 2026", "", "", "", ""),
    HEADS,
    ("(1)", "(2)", "(3)", "(4)", "(5)"),
    ("I", "TỔNG HỢP", "", "", ""),
    ("01.TH", "Báo cáo năm", "Vĩnh viễn", "Lan", ""),
    ("02.TH", "Báo cáo tuần", 5, "Lan", "nội bộ"),
    ("", "II. TỔ CHỨC", "", "", ""),
    ("01.TC", "Hồ sơ quy hoạch cán bộ", "10 năm", "Minh", ""),
    ("", "", "", "", ""),
    ("Bản Danh mục hồ sơ này có 03 hồ sơ, bao gồm: 01 hồ sơ vĩnh viễn, 02 có thời hạn.", "", "", "", ""),
)


def read(*rows: tuple[object, ...]) -> tuple[PlanLine, ...]:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return plan_lines(sheets_of(out.getvalue(), "d.xlsx")[0].rows)


def test_the_form_of_the_law_is_read_line_by_line() -> None:
    lines = read(*FORM)
    assert lines == (
        PlanLine(1, "TỔNG HỢP", "01.TH", "Báo cáo năm", PERMANENT, "Lan", ""),
        PlanLine(2, "TỔNG HỢP", "02.TH", "Báo cáo tuần", years(5), "Lan", "nội bộ"),
        PlanLine(3, "II. TỔ CHỨC", "01.TC", "Hồ sơ quy hoạch cán bộ", years(10), "Minh", ""),
    )
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in FORM)
    assert plan_lines(sheets_of(text.encode("utf-16"), "d.csv")[0].rows) == lines


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("01", "Hồ sơ", "", "", ""), "thiếu thời hạn bảo quản"),
        (("01", "Hồ sơ", "lâu lâu", "", ""), "không hiểu thời hạn «lâu lâu»"),
        (("", "Hồ sơ", "5 năm", "", ""), "thiếu số và ký hiệu"),
        (("01", "", "5 năm", "", ""), "thiếu tiêu đề"),
        (("01", "", "", "", ""), "thiếu tiêu đề"),
        (("01.TH", "Báo cáo", 5, "", ""), "«01.TH» đã có"),
        (("x" * 65, "Hồ sơ", 5, "", ""), "dài hơn 64"),
        (("01", "x" * 1001, 5, "", ""), "tiêu đề quá dài"),
    ],
)
def test_a_faulty_row_is_named_and_nothing_is_lost_silently(row: tuple[object, ...], words: str) -> None:
    with pytest.raises(ListRefusedError) as refused:
        read(HEADS, ("01.TH", "Báo cáo năm", 5, "", ""), row)
    assert refused.value.faults == tuple(item for item in refused.value.faults if item.startswith("dòng 3: "))
    assert words in refused.value.message


@pytest.mark.parametrize("rows", [(), (("a", "b"),), (HEADS,), (HEADS[:2], ("01", "Hồ sơ"))])
def test_a_sheet_that_is_no_plan_is_refused(rows: tuple[tuple[object, ...], ...]) -> None:
    with pytest.raises(ListRefusedError):
        read(*rows)


def test_a_plan_is_approved_by_the_head_and_then_only_amended_with_a_reason(catalogue: Catalogue) -> None:
    head, archivist, auditor = (person(catalogue, role) for role in (Role.HEAD, Role.ARCHIVIST, Role.AUDITOR))
    lines = read(*FORM)
    of = {"agency_code": "H01.02", "year": 2026, "at": AT}
    with catalogue.transaction() as tx:
        with pytest.raises(AuthorityMissingError):
            import_plan(tx, "p0", lines=lines, by=auditor, **of)
        for wrong in ({"agency_code": "rác"}, {"year": 1}, {"lines": ()}):
            with pytest.raises(PlanRefusedError):
                import_plan(tx, "p0", **{**of, "lines": lines, "by": archivist, **wrong})
        import_plan(tx, "p1", lines=lines[:1], by=archivist, **of)
        draft = import_plan(tx, "p2", lines=lines, by=archivist, **of)
        assert [item.id for item in pr.plans_of(tx, "H01.02")] == ["p2"] and draft.version == 1
        with pytest.raises(AuthorityMissingError):
            approve_plan(tx, "p2", by=archivist, at=AT)
        with pytest.raises(PlanRefusedError):
            open_planned(tx, "p2", 1, file_id="f1", profile=PROFILE, by=archivist, at=AT)
        approved = approve_plan(tx, "p2", basis="QĐ 9/QĐ-SNV", by=head, at=AT)
        assert (approved.state, approved.approved_by, approved.basis) == (
            PlanState.APPROVED, head.account_id, "QĐ 9/QĐ-SNV",
        )  # fmt: skip
        assert approve_plan(tx, "p2", by=head, at=AT) == approved
        assert tuple(pr.plan_lines_of(tx, "p2")) == lines
        with pytest.raises(PlanRefusedError):
            import_plan(tx, "p3", lines=lines, by=archivist, **of)
        amended = import_plan(tx, "p3", lines=lines[:2], reason="bỏ một hồ sơ", by=archivist, **of)
        assert (amended.version, pr.approved_plan(tx, "H01.02", 2026)) == (2, approved)
        approve_plan(tx, "p3", by=head, at=AT)
        assert [item.state for item in pr.plans_of(tx, "H01.02", 2026)] == [PlanState.SUPERSEDED, PlanState.APPROVED]
        with pytest.raises(PlanRefusedError):
            approve_plan(tx, "p2", by=head, at=AT)
        for missing in (("p9", 1), ("p3", 3)):
            with pytest.raises(PlanMissingError):
                open_planned(tx, *missing, file_id="f", profile=PROFILE, by=archivist, at=AT)


def test_a_file_is_opened_by_the_plan_or_takes_its_period_from_it_when_it_comes(catalogue: Catalogue) -> None:
    head = person(catalogue, Role.HEAD)
    old, new = "000.00.02.H01", "H01.02"
    with catalogue.transaction() as tx:
        record_agency(tx, new, name="Sở Nội vụ", alias_code=old, by=head, at=AT)
        import_plan(tx, "p", agency_code=old, year=2026, lines=read(*FORM), by=head, at=AT)
        approve_plan(tx, "p", by=head, at=AT)
        planned = open_planned(tx, "p", 2, file_id="f2", profile=PROFILE, by=head, at=AT)
        assert (planned.file_code, planned.period, planned.plan_ordinal) == (f"{old}.2026.02.TH", years(5), 2)
        assert open_planned(tx, "p", 2, file_id="f3", profile=PROFILE, by=head, at=AT) == planned
        code = {"identifier": "A", "organId": "P1", "fileCatalog": 2026, "fileNotation": "01.TC"}
        for number, stated, period in ((1, "20 năm", years(20)), (2, "5 năm", years(10)), (3, None, years(10))):
            submission = builders.receive(tx, number)
            tx.describe(submission.id, Description(new, "Sở", f"A.P1.2026.01.TC.{number}", "Hồ sơ"))
            fields = {"fileCode": code, "maintenance": stated, "endDate": "31/12/2025"}
            held = take_in(
                tx, tx.submission(submission.id), fields, [], profile=PROFILE, profile_version="1", actor=ACTOR, at=AT
            )
            assert (held.period, held.plan_id, held.plan_ordinal, held.fonds_code) == (period, "p", 3, "P1")
            assert held.ended_year == 2025 and "2026" in held.period_basis
