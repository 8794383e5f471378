"""Lists of what is still open-ended and of fonds, figures as tables, and the reports of a half-year and a year over HTTP."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pikepdf
import pytest

from api import activity_reporting
from api.activity_reporting import ReportNotKeptError, closed_reports, make_report, reports_due, spread_reports
from api.jobs.activity_reports import JOB
from api.watching import reports
from api.watching.round import look_round
from archive.alerts import Severity
from archive.catalogue.alert_reading import open_alerts
from archive.catalogue.report_keeping import made_reports
from archive.errors import StoreError
from archive.fsck.own_objects import CLAIMS
from archive.local_time import VIETNAM
from archive.retention.figures import ReportedTime
from archive.retention.made_report import MadeReport, ReportNotClosedError
from archive.storage.key import Key
from tests.http.peopled import AGENCY, Peopled, make_template, peopled

ROLES = ("agency", "archivist", "head", "auditor", "administrator")
EVENT = "Đến khi văn bản hết hiệu lực"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports-http")


@pytest.fixture
def archive(folder: Path, tmp_path: Path) -> Iterator[Peopled]:
    with peopled(make_template(folder), tmp_path) as made:
        yield made


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def closed(archive: Peopled, code: str, year: int, period: str, agency: str = AGENCY) -> str:
    body = {"agency_code": agency, "file_code": code, "title": "Hồ sơ", "period": period, "period_basis": "Danh mục"}
    file_id = str(done(archive.ask("archivist", "POST", "/files", json=body), 201)["id"])
    done(archive.ask("archivist", "POST", f"/files/{file_id}/closing", json={"ended_year": year}))
    return file_id


def test_files_without_an_end_are_listed_page_by_page_the_longest_waiting_first(archive: Peopled) -> None:
    ids = [closed(archive, f"HS-{year}", year, EVENT) for year in (2001, 2003, 2002)]
    foreign = closed(archive, "HS-X", 1999, EVENT, "H99.34")
    closed(archive, "HS-5", 1990, "5 năm")

    def listed(who: str, **params: Any) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            page = done(
                archive.ask(
                    who, "GET", "/open-ended-files", params={"size": 1, **params, **({"after": after} if after else {})}
                )
            )
            found += [item["id"] for item in page["items"]]
            after = page["after"]
            if after is None:
                return found

    assert listed("agency") == [ids[0], ids[2], ids[1]] == listed("auditor", agency_code=AGENCY)
    assert listed("head") == [foreign, ids[0], ids[2], ids[1]]
    noted = {"year": 2012, "basis": "Quyết định thay thế"}
    done(archive.ask("archivist", "POST", f"/files/{ids[0]}/event", json=noted))
    assert listed("agency") == [ids[2], ids[1]]
    refused(archive.ask("agency", "GET", "/open-ended-files", params={"agency_code": "H99.34"}), 404, "record.missing")
    refused(archive.ask("administrator", "GET", "/open-ended-files"), 403, "access.forbidden")
    for place in ("x", "2001", "12001~a", "~a"):
        refused(archive.ask("head", "GET", "/open-ended-files", params={"after": place}), 400, "request.cursor-unknown")


def test_fonds_are_recorded_by_keepers_and_an_agency_sees_its_own(archive: Peopled) -> None:
    for code in (AGENCY, "H99.34"):
        done(archive.ask("archivist", "PUT", f"/agencies/{code}", json={"name": f"Cơ quan {code}"}))
    fonds = {"agency_code": AGENCY, "name": "Phông Ủy ban nhân dân", "history": "Lập năm 1975"}
    for who in ("agency", "auditor", "administrator"):
        refused(archive.ask(who, "PUT", "/fonds/P01", json=fonds), 403, "access.forbidden")
    assert done(archive.ask("archivist", "PUT", "/fonds/P01", json=fonds)) == {"code": "P01", **fonds}
    done(archive.ask("head", "PUT", "/fonds/P02", json={"agency_code": "H99.34", "name": "Phông Sở Nội vụ"}))
    done(archive.ask("head", "PUT", "/fonds/P03", json={**fonds, "history": ""}))
    refused(archive.ask("head", "PUT", "/fonds/P02", json=fonds), 409, "agency.refused")
    refused(archive.ask("head", "PUT", "/fonds/P9", json={**fonds, "agency_code": "H98"}), 409, "agency.refused")
    first = done(archive.ask("auditor", "GET", "/fonds", params={"size": 2}))
    assert [item["code"] for item in first["items"]] == ["P01", "P02"] and first["after"] == "P02"
    rest = done(archive.ask("auditor", "GET", "/fonds", params={"size": 2, "after": "P02"}))
    assert [item["code"] for item in rest["items"]] == ["P03"] and rest["after"] is None
    own = done(archive.ask("agency", "GET", "/fonds"))
    assert [item["code"] for item in own["items"]] == ["P01", "P03"]
    refused(archive.ask("agency", "GET", "/fonds", params={"agency_code": "H99.34"}), 404, "record.missing")


def test_figures_are_given_as_tables_a_spreadsheet_opens(archive: Peopled) -> None:
    closed(archive, "HS-1", 2010, "5 năm")
    csv = archive.ask("agency", "GET", "/retention-reports/table?figures=due&format=csv")
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.content.decode("utf-8-sig").splitlines() == ["Mã cơ quan,Năm,Số hồ sơ", f"{AGENCY},2016,1"]
    before = archive.ask("agency", "GET", "/retention-reports/table?figures=due&format=csv&on=2015-12-31")
    assert len(before.content.decode("utf-8-sig").splitlines()) == 1
    for figures in ("due", "held", "in-round", "destroyed", "activity"):
        answer = archive.ask("head", "GET", f"/retention-reports/table?figures={figures}")
        assert answer.status_code == 200 and f"so-lieu-{figures}.xlsx" in answer.headers["content-disposition"]
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        assert sheet is not None and sheet["A1"].value == "Mã cơ quan"
        if figures == "activity":
            named = dict(zip(*list(sheet.iter_rows(values_only=True))[:2], strict=True))
            assert (named["Mã cơ quan"], named["Đến hạn xem xét"]) == (AGENCY, 1)
        refused(
            archive.ask("administrator", "GET", f"/retention-reports/table?figures={figures}"), 403, "access.forbidden"
        )
    refused(
        archive.ask("agency", "GET", "/retention-reports/table?figures=due&agency_code=H99.34"), 404, "record.missing"
    )


def moved_to(archive: Peopled, *, year: int = 0) -> tuple[int, datetime]:
    """A year the archive saw the beginning of, and the morning after its first half was closed."""
    started = archive.clock.at.astimezone(VIETNAM)
    year = started.year + 1
    return year, datetime(year, 6, 1, 8, tzinfo=VIETNAM)


def made(archive: Peopled) -> MadeReport:
    year, at = moved_to(archive)
    return make_report(archive.installation, ReportedTime.FIRST_HALF, year, actor="luutru", at=at)


def test_a_report_is_made_once_its_time_is_over_kept_in_every_store_and_never_made_anew(archive: Peopled) -> None:
    closed(archive, "HS-1", 2010, "5 năm")
    year, at = moved_to(archive)
    with pytest.raises(ReportNotClosedError):
        make_report(
            archive.installation, ReportedTime.FIRST_HALF, year, actor="luutru", at=at - timedelta(hours=8, seconds=1)
        )
    first = made(archive)
    assert made(archive) == first and first.id == f"{year}-first-half"
    key = Key(first.pdf_key)
    for store in archive.installation.stores:
        with archive.installation.catalogue.read() as view:
            assert CLAIMS["report"](view, store.name, [key, Key("report/other.pdf")]) == {key}
    answer = archive.ask("auditor", "GET", f"/activity-reports/{first.id}/report.pdf")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert "giay-to.json" in pdf.attachments
        with pdf.open_metadata() as metadata:
            assert metadata["pdfaid:part"] == "3"
    shown = done(archive.ask("head", "GET", f"/activity-reports/{first.id}"))
    (figures,) = shown["document"]["paper"]["agencies"]
    assert (figures["agency_code"], figures["due"]) == (AGENCY, 1) and shown["due_on"] == f"{year}-06-04"
    assert [item["report_id"] for item in done(archive.ask("archivist", "GET", "/activity-reports"))["items"]] == [
        first.id
    ]


def test_a_store_that_was_away_gets_the_report_with_a_later_night(archive: Peopled) -> None:
    first = made(archive)
    key = Key(first.pdf_key)
    store = archive.installation.stores[0]
    store.remove(key)
    with pytest.raises(StoreError):
        store.size(key)
    spread_reports(archive.installation)
    assert store.size(key) == first.pdf_size_bytes


def test_killed_before_it_is_recorded_it_is_made_again_and_nothing_lies_about_unclaimed(
    archive: Peopled, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(Exception):
        pass

    def killed(_tx: object, _made: MadeReport) -> MadeReport:
        raise KilledError

    with monkeypatch.context() as dying:
        dying.setattr(activity_reporting, "record_report", killed)
        with pytest.raises(KilledError):
            made(archive)
    store = archive.installation.stores[0]
    assert len(list(store.keys("report"))) == 1
    again = made(archive)
    keys = list(store.keys("report"))
    with archive.installation.catalogue.read() as view:
        assert CLAIMS["report"](view, store.name, keys) == set(keys) >= {Key(again.pdf_key)}
        assert made_reports(view) == (again,)


def test_without_any_store_no_report_is_said_to_be_made(archive: Peopled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity_reporting, "_put", lambda *_a: False)
    with pytest.raises(ReportNotKeptError):
        made(archive)
    with archive.installation.catalogue.read() as view:
        assert made_reports(view) == ()


def test_people_are_told_of_a_report_until_somebody_says_it_was_sent(archive: Peopled) -> None:
    year, at = moved_to(archive)
    standing = {item.subject: item for item in reports_due(archive.installation, at)}
    name = f"{year}-first-half"
    assert standing[name].severity is Severity.YELLOW and "chốt hết ngày" in standing[name].text
    assert (ReportedTime.FIRST_HALF, year) in closed_reports(archive.installation, at)
    made(archive)
    assert (ReportedTime.FIRST_HALF, year) not in closed_reports(archive.installation, at)
    late = {item.subject: item for item in reports_due(archive.installation, at + timedelta(days=4))}
    assert late[name].severity is Severity.RED and late[name].data["made"] is True

    def opened() -> set[str]:
        look_round(archive.installation, watches=[reports.WATCH], clock=lambda: at)
        with archive.installation.catalogue.read() as view:
            return {alert.subject for alert in open_alerts(view, reports.WATCH.codes)}

    assert name in opened()
    sending = {"number": "12/BC-SNV", "sent_on": f"{year}-06-02"}
    for who in ("agency", "auditor", "administrator"):
        refused(archive.ask(who, "POST", f"/activity-reports/{name}/sending", json=sending), 403, "access.forbidden")
    sent = done(archive.ask("head", "POST", f"/activity-reports/{name}/sending", json=sending))
    assert (sent["sent_on"], sent["sent_number"]) == (f"{year}-06-02", "12/BC-SNV")
    assert done(archive.ask("archivist", "POST", f"/activity-reports/{name}/sending", json=sending)) == sent
    other = {**sending, "number": "13/BC"}
    refused(archive.ask("head", "POST", f"/activity-reports/{name}/sending", json=other), 409, "report.sent")
    assert name not in opened()


def test_only_staff_of_the_archive_reads_what_is_reported_of_all_agencies(archive: Peopled) -> None:
    name = made(archive).id
    for who in ROLES:
        for path in ("/activity-reports", f"/activity-reports/{name}", f"/activity-reports/{name}/report.pdf"):
            status = 403 if who in ("agency", "administrator") else 200
            assert archive.ask(who, "GET", path).status_code == status, (who, path)
    refused(archive.ask("head", "GET", "/activity-reports/1999-year"), 404, "report.missing")
    refused(archive.ask("head", "GET", "/activity-reports/1999-year/report.pdf"), 404, "report.missing")
    body = {"number": "1", "sent_on": "2026-01-01"}
    refused(archive.ask("head", "POST", "/activity-reports/1999-year/sending", json=body), 404, "report.missing")


def test_the_nightly_job_can_be_switched_off_and_is_on_by_default(archive: Peopled) -> None:
    assert JOB.schedule(archive.installation.settings) is not None
