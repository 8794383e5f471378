"""The registry by command line: what is read without an account, decided with one, and refused without."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.accounts import create_account, issue_token
from api.bootstrap import now, opened
from api.exits import Exit
from api.settings import load_settings
from archive.access import Author, Role
from tests.cli.shell import Said, here

AGENCY = "H01.02"
PLAN = (
    "Số và ký hiệu hồ sơ,Tên đề mục và tiêu đề hồ sơ,Thời hạn bảo quản,Người lập hồ sơ,Ghi chú\n"
    "01.TH,Hồ sơ đê điều,5 năm,Phòng Tổng hợp,\n"
)
SCHEDULE = "STT,Tên nhóm tài liệu,Thời hạn bảo quản\n1,Hồ sơ đê điều,20 năm\n"


class Archive:
    """Commands of one archive, each as an account (or as nobody)."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self._patch = home, monkeypatch
        assert here("init", "--home", home).code == Exit.OK
        self.tokens = {}
        with opened(load_settings(home)) as installation:
            for role in (Role.ARCHIVIST, Role.HEAD, Role.AUDITOR):
                by = Author("kiem-thu")
                create_account(
                    installation.catalogue,
                    username=role.value,
                    name=role.value,
                    role=role,
                    agency_code="",
                    by=by,
                    at=now(),
                )
                issued = issue_token(installation.catalogue, role.value, label="thử", by=by, at=now())
                self.tokens[role.value] = issued.secret

    def say(self, who: str, *arguments: object) -> Said:
        self._patch.setenv("LUUTRU_TOKEN", self.tokens.get(who, who))
        return here(*arguments, "--home", self.home)

    def done(self, who: str, *arguments: object) -> list[dict[str, object]]:
        said = self.say(who, *arguments, "--json")
        assert said.code == Exit.OK, said.err
        return said.rows


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    return Archive(tmp_path / "kho", monkeypatch)


def test_from_a_sheet_to_a_hold_on_what_is_due(archive: Archive, tmp_path: Path) -> None:
    sheet = tmp_path / "danh-muc.csv"
    sheet.write_text(PLAN, encoding="utf-8")
    plan = archive.done("archivist", "plan", "import", sheet, "--agency", AGENCY, "--year", 2010)[0]
    archive.done("head", "plan", "approve", plan["id"], "--basis", "12/QĐ")
    code = archive.done("archivist", "plan", "open", plan["id"], 1)[0]["file_code"]
    archive.done("archivist", "files", "close", code, "--year", 2010)
    assert archive.done("", "report", "due") == [{"agency_code": AGENCY, "year": 2016, "files": 1}]
    assert [row["file_code"] for row in archive.done("", "report", "due", "--list", "--on", "2016-01-01")] == [code]
    assert archive.done("", "report", "due", "--on", "2015-12-31") == []
    hold = archive.done("archivist", "hold", "place", code, "--reason", "Tòa án", "--basis", "QĐ 1")[0]
    assert archive.done("", "report", "held")[0]["files"] == 1
    assert archive.done("", "files", "show", code)[0]["holds"] == [hold["id"]]
    assert archive.done("", "hold", "show", hold["id"])[0]["files"] == 1
    assert archive.done("head", "hold", "release", hold["id"], "--reason", "Xong")[0]["in_force"] is False
    assert archive.done("", "hold", "list", "--in-force") == []
    yearly = archive.done("", "report", "yearly", "--year", 2026)
    assert [(row["agency_code"], row["due"]) for row in yearly] == [(AGENCY, 1)]
    assert archive.done("", "report", "half-yearly", "--year", 2015, "--second") == []
    assert archive.done("", "report", "in-round") == archive.done("", "report", "destroyed") == []
    assert "1" in archive.say("", "report", "due").out and code in str(archive.say("", "files", "list").out)


def test_what_a_person_decides_is_refused_to_nobody_and_to_whom_it_is_not_for(archive: Archive) -> None:
    opening = ("files", "open", "HS-1", "--agency", AGENCY, "--title", "Hồ sơ")
    for who in ("", "luutru_khong-phai-ma-nao", "auditor"):
        said = archive.say(who, *opening)
        assert said.code == Exit.NOT_READY and said.out == "", who
    assert archive.done("archivist", *opening)[0]["state"] == "open"
    said = archive.say("archivist", *opening)
    assert said.code == Exit.NOT_READY and "đã có hồ sơ" in said.err
    placed = archive.done(
        "archivist", "hold", "place", "--fonds", "", "--agency", AGENCY, "--reason", "a", "--basis", "b"
    )[0]
    assert placed["kind"] == "query" and placed["files"] == 1
    assert archive.say("archivist", "hold", "release", placed["id"], "--reason", "c").code == Exit.NOT_READY
    assert archive.say("", "files", "show", "HS-2").code == Exit.NOT_FOUND
    assert archive.say("head", "hold", "place", "--reason", "a", "--basis", "b").code == Exit.USAGE


def test_periods_events_papers_and_schedules(archive: Archive, tmp_path: Path) -> None:
    archive.done("archivist", "files", "open", "HS-1", "--agency", AGENCY, "--title", "Hồ sơ đê điều")
    sheet = tmp_path / "bang.csv"
    sheet.write_text(SCHEDULE, encoding="utf-8")
    named = ("--id", "de", "--version", "1", "--kind", "sector", "--title", "Bảng")
    heading = (*named, "--basis", "TT", "--from", "2020-01-01")
    assert archive.say("archivist", "schedules", "adopt", sheet, *heading).code == Exit.NOT_READY
    archive.done("head", "schedules", "adopt", sheet, *heading)
    assert archive.done("", "schedules", "show", "de")[1]["period"] == "20 năm"
    assert "de" in [row["id"] for row in archive.done("", "schedules", "list")]
    row = ("--schedule", "de", "--row", "1", "--basis", "Theo bảng")
    assert archive.done("archivist", "files", "period", "HS-1", *row)[0]["period"] == "20 năm"
    waits = ("--period", "Đến khi dự án kết thúc và 25 năm sau đó", "--basis", "Theo dự án")
    assert archive.done("head", "files", "period", "HS-1", *waits)[0]["period_kind"] == "event"
    archive.done("archivist", "files", "close", "HS-1", "--year", 2000)
    noted = archive.done("archivist", "files", "event", "HS-1", "--year", 2001, "--basis", "Quyết định")
    assert noted[0]["review_on"] == "2027-01-01"
    linked = archive.done(
        "archivist", "files", "paper", "HS-1", "--paper-code", "G-1", "--permanent", "--reason", "bút tích"
    )
    assert linked[0]["paper_permanent"] is True
    assert archive.done("archivist", "files", "reopen", "HS-1", "--reason", "Còn văn bản")[0]["state"] == "open"
    assert archive.done("", "reviews", "list") == []
    assert "retention.review-missing" in archive.say("head", "reviews", "decide", "khong-co", "--note", "x").err
    transfer = ("--receiver", "H01.00", "--receiver-name", "LTLS", "--minutes", "1", "--minutes-on", "2026-01-01")
    assert archive.say("archivist", "files", "transfer", "HS-1", *transfer).code == Exit.NOT_READY
    agency = archive.done("archivist", "plan", "agency", "000.00.02.H01", "--name", "Sở", "--alias", AGENCY)[0]
    assert agency["alias_code"] == AGENCY
    assert archive.done("", "plan", "list") == []
