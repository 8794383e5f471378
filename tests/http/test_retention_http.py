"""The registry, danh mục, schedules, review tasks and holds over HTTP: a hồ sơ from its plan to what is due of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.catalogue.checkpoint_reading import checkpoint_over
from archive.catalogue.file_writing import add_package
from archive.events import Event
from tests.http.peopled import AGENCY, Peopled, make_template, peopled

PLAN = [
    ["Số và ký hiệu hồ sơ", "Tên đề mục và tiêu đề hồ sơ", "Thời hạn bảo quản", "Người lập hồ sơ", "Ghi chú"],
    ["I", "Tổng hợp", "", "", ""],
    ["01.TH", "Hồ sơ đê điều", "5 năm", "Phòng Tổng hợp", ""],
    ["02.TH", "Hồ sơ quy hoạch", "Vĩnh viễn", "Phòng Tổng hợp", ""],
]
SCHEDULE = [["STT", "Tên nhóm hồ sơ, tài liệu", "Thời hạn bảo quản"], ["de", "Hồ sơ đê điều", "10 năm"]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("retention-http")


@pytest.fixture
def archive(folder: Path, tmp_path: Path) -> Iterator[Peopled]:
    with peopled(make_template(folder), tmp_path) as made:
        yield made


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def opened(archive: Peopled, code: str = "HS-1", **more: Any) -> str:
    body = {"agency_code": AGENCY, "file_code": code, "title": "Hồ sơ đê điều", **more}
    return str(done(archive.ask("archivist", "POST", "/files", json=body), 201)["id"])


def closed(archive: Peopled, code: str = "HS-1", year: int = 2010, period: str = "5 năm") -> str:
    file_id = opened(archive, code, period=period, period_basis="Danh mục")
    done(archive.ask("archivist", "POST", f"/files/{file_id}/closing", json={"ended_year": year}))
    return file_id


def test_an_agency_lays_its_plan_before_the_head_and_a_file_is_opened_by_its_line(archive: Peopled) -> None:
    body = {"agency_code": AGENCY, "year": 2026, "rows": PLAN}
    plan = done(archive.ask("agency", "POST", "/file-plans", json=body), 201)
    assert plan["state"] == "draft"
    refused(archive.ask("archivist", "POST", f"/file-plans/{plan['id']}/approval", json={}), 403, "access.forbidden")
    line = f"/file-plans/{plan['id']}/lines/1/file"
    refused(archive.ask("archivist", "POST", line, json={}), 409, "file-plan.refused")
    approval = {"basis": "12/QĐ-UBND"}
    assert done(archive.ask("head", "POST", f"/file-plans/{plan['id']}/approval", json=approval))["state"] == "approved"
    held = done(archive.ask("archivist", "POST", line, json={}))
    assert (held["file_code"], held["period"], held["state"]) == (f"{AGENCY}.2026.01.TH", "5 năm", "open")
    shown = done(archive.ask("agency", "GET", f"/file-plans/{plan['id']}?size=1"))
    assert [item["notation"] for item in shown["lines"]] == ["01.TH"] and shown["after"] == 1
    assert done(archive.ask("agency", "GET", "/file-plans"))["items"][0]["id"] == plan["id"]


def test_an_agency_imports_no_plan_of_another_and_a_list_with_faults_writes_nothing(archive: Peopled) -> None:
    body = {"agency_code": "H99.34", "year": 2026, "rows": PLAN}
    refused(archive.ask("agency", "POST", "/file-plans", json=body), 404, "record.missing")
    faulty = {"agency_code": AGENCY, "year": 2026, "rows": [*PLAN, ["03.TH", "Hồ sơ khác", "lâu lắm", "", ""]]}
    answer = archive.ask("agency", "POST", "/file-plans", json=faulty)
    refused(answer, 409, "retention.list-refused")
    assert "dòng 5" in answer.json()["title"]
    assert done(archive.ask("head", "GET", "/file-plans"))["items"] == []


def test_what_has_run_out_is_due_page_by_page_and_counted_by_agency_and_year(archive: Peopled) -> None:
    ids = [closed(archive, f"HS-{number}", 2000 + number) for number in range(1, 4)]
    young = closed(archive, "HS-9", 2026)
    found, after = [], None
    while True:
        page = done(
            archive.ask("agency", "GET", "/due-files", params={"size": 2, **({"after": after} if after else {})})
        )
        found += [item["id"] for item in page["items"]]
        after = page["after"]
        if after is None:
            break
    assert found == ids and young not in found
    figures = done(archive.ask("agency", "GET", "/retention-reports/due"))
    assert [(item["year"], item["files"]) for item in figures["items"]] == [(2007, 1), (2008, 1), (2009, 1)]
    activity = done(archive.ask("head", "GET", "/retention-reports/activity?time=year&year=2026"))
    assert activity["report_by"] == "2026-12-04" and activity["items"][0]["due"] == 3


def test_only_a_head_shortens_a_period_and_a_file_without_one_cannot_be_closed(archive: Peopled) -> None:
    file_id = opened(archive)
    refused(
        archive.ask("archivist", "POST", f"/files/{file_id}/closing", json={"ended_year": 2020}), 409, "period.refused"
    )
    longer = {"basis": "TT 10/2022", "period": "20 năm"}
    assert done(archive.ask("archivist", "POST", f"/files/{file_id}/period", json=longer))["period"] == "20 năm"
    shorter = {"basis": "Xác định lại", "period": "10 năm"}
    refused(archive.ask("archivist", "POST", f"/files/{file_id}/period", json=shorter), 403, "rights.authority-missing")
    assert done(archive.ask("head", "POST", f"/files/{file_id}/period", json=shorter))["period"] == "10 năm"
    assert done(archive.ask("head", "POST", f"/files/{file_id}/closing", json={"ended_year": 2020}))["review_on"] == (
        "2031-01-01"
    )


def test_a_file_that_waits_for_an_event_is_due_only_after_it_was_noted(archive: Peopled) -> None:
    file_id = closed(archive, year=2010, period="Đến khi văn bản hết hiệu lực và 2 năm sau đó")
    assert done(archive.ask("head", "GET", "/due-files"))["items"] == []
    noted = {"year": 2012, "basis": "Quyết định thay thế"}
    assert done(archive.ask("archivist", "POST", f"/files/{file_id}/event", json=noted))["review_on"] == "2015-01-01"
    assert [item["id"] for item in done(archive.ask("head", "GET", "/due-files"))["items"]] == [file_id]


def test_an_archivist_holds_and_only_a_head_releases(archive: Peopled) -> None:
    file_id = closed(archive)
    order = {"kind": "case", "case_code": "12/2026", "reason": "Tòa án", "basis": "QĐ 12", "file_ids": [file_id]}
    for who in ("auditor", "agency", "administrator"):
        refused(archive.ask(who, "POST", "/holds", json=order), 403, "access.forbidden")
    placed = done(archive.ask("archivist", "POST", "/holds", json=order), 201)
    hold_id = placed["hold"]["id"]
    assert placed["too_late"] == [] and placed["hold"]["in_force"]
    assert [item["id"] for item in done(archive.ask("auditor", "GET", f"/holds/{hold_id}/files"))["items"]] == [file_id]
    assert done(archive.ask("agency", "GET", f"/files/{file_id}"))["held"] is True
    assert done(archive.ask("agency", "GET", f"/files/{file_id}"))["holds"] == []
    assert done(archive.ask("head", "GET", "/retention-reports/held"))["total"] == 1
    refused(
        archive.ask("archivist", "POST", f"/holds/{hold_id}/release", json={"reason": "x"}), 403, "access.forbidden"
    )
    released = done(archive.ask("head", "POST", f"/holds/{hold_id}/release", json={"reason": "Xong"}))
    assert released["released_by"] == "head" and not released["in_force"]
    assert done(archive.ask("head", "GET", "/holds?in_force=true"))["items"] == []


def test_a_hold_is_answered_for_only_when_the_stores_have_it(archive: Peopled) -> None:
    order = {"kind": "file", "reason": "Tòa án", "basis": "QĐ 12", "file_ids": [closed(archive)]}
    placed = done(archive.ask("archivist", "POST", "/holds", json=order), 201)
    with archive.installation.catalogue.read() as view:
        record = view.record_of(placed["hold"]["id"], Event.HOLD_ORDER_PLACED)
        assert record is not None and checkpoint_over(view, record.seq) is not None


def test_a_query_is_frozen_to_the_files_it_found_and_one_that_says_nothing_is_refused(archive: Peopled) -> None:
    early, late = closed(archive, "HS-1", 2005), closed(archive, "HS-2", 2015)
    order = {
        "kind": "query",
        "reason": "Thanh tra",
        "basis": "KH 5",
        "query": {"agency_code": AGENCY, "ended_to": 2010},
    }
    placed = done(archive.ask("head", "POST", "/holds", json=order), 201)["hold"]
    closed(archive, "HS-3", 2006)
    held = done(archive.ask("head", "GET", f"/holds/{placed['id']}/files"))["items"]
    assert [item["id"] for item in held] == [early] and late not in [item["id"] for item in held]
    refused(archive.ask("head", "POST", "/holds", json={**order, "query": {}}), 409, "hold.refused")
    refused(archive.ask("head", "POST", "/holds", json={**order, "kind": "case"}), 409, "hold.refused")


def test_a_head_adopts_a_schedule_and_decides_what_a_new_version_of_it_puts_up_for_review(archive: Peopled) -> None:
    head = {"id": "nganh-de", "kind": "sector", "title": "Ngành", "basis": "TT 1", "effective_from": "2026-01-01"}
    refused(archive.ask("archivist", "POST", "/schedules", json={**head, "version": "1", "rows": SCHEDULE}), 403, "access.forbidden")  # fmt: skip
    done(archive.ask("head", "POST", "/schedules", json={**head, "version": "1", "rows": SCHEDULE}), 201)
    file_id = opened(archive)
    by_row = {"basis": "Theo bảng", "schedule_id": "nganh-de", "schedule_row": "de"}
    assert done(archive.ask("archivist", "POST", f"/files/{file_id}/period", json=by_row))["period"] == "10 năm"
    changed = [SCHEDULE[0], ["de", "Hồ sơ đê điều", "20 năm"]]
    done(archive.ask("head", "POST", "/schedules", json={**head, "version": "2", "rows": changed}), 201)
    from archive.catalogue.schedule_writing import open_reviews

    with archive.installation.catalogue.transaction() as tx:
        assert open_reviews(tx, actor="luutru", at=archive.clock())
    waiting = [
        row
        for row in done(archive.ask("archivist", "GET", "/period-reviews"))["items"]
        if row["review"]["reason"] == "schedule-changed"
    ]
    assert [(row["file"]["id"], row["file"]["period"]) for row in waiting] == [(file_id, "10 năm")]
    decision = f"/period-reviews/{waiting[0]['review']['id']}/decision"
    body = {"note": "Theo phiên bản 2", "determined": by_row}
    refused(archive.ask("archivist", "POST", decision, json=body), 403, "access.forbidden")
    assert done(archive.ask("head", "POST", decision, json=body))["decision"] == "changed"
    assert done(archive.ask("head", "GET", f"/files/{file_id}"))["file"]["period"] == "20 năm"
    refused(archive.ask("head", "POST", decision, json={"note": "Giữ"}), 409, "retention.review-decided")


def test_an_agency_sees_its_own_under_both_of_its_codes_and_nothing_of_another(archive: Peopled) -> None:
    file_id = closed(archive)
    other = opened(archive, "HS-1", agency_code="H99.34")
    alias = {"name": "Sở Nội vụ", "alias_code": AGENCY}
    done(archive.ask("archivist", "PUT", "/agencies/000.00.02.H01", json=alias))
    assert [item["id"] for item in done(archive.ask("agency", "GET", "/files"))["items"]] == [file_id]
    by_alias = done(archive.ask("agency", "GET", "/files?agency_code=000.00.02.H01"))
    assert [item["id"] for item in by_alias["items"]] == [file_id]
    refused(archive.ask("agency", "GET", f"/files/{other}"), 404, "record.missing")
    refused(archive.ask("agency", "GET", "/files?agency_code=H99.34"), 404, "record.missing")
    refused(archive.ask("agency", "GET", "/retention-reports/held?agency_code=H99.34"), 404, "record.missing")
    assert {item["id"] for item in done(archive.ask("head", "GET", "/files"))["items"]} == {file_id, other}


def test_what_was_read_and_by_whom_is_in_the_ledger_and_quotes_no_title(archive: Peopled) -> None:
    file_id = closed(archive)
    done(archive.ask("auditor", "GET", f"/files/{file_id}"))
    shown = [record for record in archive.ledger() if record.event == Event.RECORD_DESCRIPTION_SHOWN.value]
    assert shown[-1].actor == "account:auditor" and shown[-1].data["file_ids"] == [file_id]
    assert all("đê điều" not in str(record.data) for record in archive.ledger())


def test_a_place_no_page_ever_told_is_refused(archive: Peopled) -> None:
    for path in (
        "/files?after=khong-co",
        "/due-files?after=2026-02-31~a",
        "/holds?after=x~y",
        "/period-reviews?after=~",
    ):
        refused(archive.ask("head", "GET", path), 400, "request.cursor-unknown")


def test_only_an_ended_file_with_something_in_it_is_handed_over(archive: Peopled) -> None:
    said = {"receiver_code": "H01.00", "receiver_name": "LTLS", "minutes_number": "1", "minutes_on": "2026-01-01"}
    file_id = opened(archive, period="Vĩnh viễn", period_basis="Danh mục")
    with archive.installation.catalogue.transaction() as tx:
        add_package(tx, file_id, archive.aip_id, actor="luutru", at=archive.clock())
    refused(archive.ask("archivist", "POST", f"/files/{file_id}/transfer", json=said), 409, "file.move-illegal")
    done(archive.ask("archivist", "POST", f"/files/{file_id}/closing", json={"ended_year": 2010}))
    assert done(archive.ask("archivist", "POST", f"/files/{file_id}/transfer", json=said))["state"] == "transferred"
    empty = closed(archive, "HS-2")
    refused(archive.ask("archivist", "POST", f"/files/{empty}/transfer", json=said), 409, "file.transfer-refused")
