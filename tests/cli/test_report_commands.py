"""Reports by command line: figures into files, and a half-year made, fetched and told as sent."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import openpyxl
import pikepdf
import pytest

import api.made_reports_cli
from api.exits import Exit
from archive.local_time import VIETNAM
from tests.cli.test_registry_commands import AGENCY, Archive

BY_HAND = ("--agency", AGENCY, "--title", "Hồ sơ đê điều", "--period", "5 năm", "--basis", "Danh mục")


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    return Archive(tmp_path / "kho", monkeypatch)


def test_figures_are_written_as_the_name_of_the_file_says_or_not_at_all(archive: Archive, tmp_path: Path) -> None:
    archive.done("archivist", "files", "open", "HS-1", *BY_HAND)
    archive.done("archivist", "files", "close", "HS-1", "--year", 2010)
    sheet, book, paper = (tmp_path / name for name in ("so-lieu.csv", "so-lieu.xlsx", "bao-cao.pdf"))
    assert archive.done("", "report", "due", "--out", sheet)[0]["file"] == str(sheet)
    assert sheet.read_text("utf-8-sig").splitlines() == ["Mã cơ quan,Năm,Số hồ sơ", f"{AGENCY},2016,1"]
    for command in (("held",), ("in-round",), ("destroyed",), ("yearly", "--year", 2026)):
        archive.done("", "report", *command, "--out", book)
        opened = openpyxl.load_workbook(book).active
        assert opened is not None and opened["A1"].value == "Mã cơ quan"
    archive.done("", "report", "half-yearly", "--year", 2026, "--second", "--out", paper)
    with pikepdf.open(paper) as pdf:
        assert "giay-to.json" in pdf.attachments
    said = archive.say("", "report", "due", "--out", tmp_path / "so-lieu.txt")
    assert said.code == Exit.NOT_READY and "report.file-refused" in said.err
    assert archive.say("", "report", "due", "--out", tmp_path / "khong" / "co.csv").code == Exit.NOT_READY
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["bao-cao.pdf", "so-lieu.csv", "so-lieu.xlsx"]


def test_a_half_year_is_made_by_an_account_once_it_is_over_and_told_as_sent(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2027, 6, 1, 8, tzinfo=VIETNAM)
    monkeypatch.setattr(api.made_reports_cli, "now", lambda: at)
    early = archive.say("head", "report", "make", "year", "--year", 2027)
    assert early.code == Exit.NOT_READY and "report.not-closed" in early.err
    for who in ("", "auditor"):
        assert archive.say(who, "report", "make", "first-half", "--year", 2027).code == Exit.NOT_READY
    (made,) = archive.done("archivist", "report", "make", "first-half", "--year", 2027)
    assert (made["report_id"], made["due_on"], made["sent_on"]) == ("2027-first-half", "2027-06-04", None)
    assert archive.done("head", "report", "make", "first-half", "--year", 2027) == [made]
    paper = tmp_path / "bao-cao.pdf"
    archive.done("", "report", "get", "2027-first-half", "--out", paper)
    assert paper.stat().st_size == made["pdf_size_bytes"]
    sending = ("report", "sent", "2027-first-half", "--number", "12/BC", "--on", "2027-06-02")
    assert archive.say("auditor", *sending).code == Exit.NOT_READY
    assert archive.done("archivist", *sending)[0]["sent_number"] == "12/BC"
    assert [row["sent_on"] for row in archive.done("", "report", "made")] == ["2027-06-02"]
    assert archive.say("", "report", "get", "2026-year", "--out", paper).code == Exit.NOT_FOUND


WRONG = [
    'first_half_closes = "31/02"',
    'year_due = "30.11"',
    "told_days = 0",
    'scheduled = "no"',
    "place = 3",
    'first_half_closes = "31/12"',
]


@pytest.mark.parametrize("line", WRONG)
def test_wrong_settings_of_reports_are_named(archive: Archive, line: str) -> None:
    file = archive.home / "luutru.toml"
    file.write_text(file.read_text("utf-8") + f"\n[reports]\n{line}\n", encoding="utf-8")
    said = archive.say("", "report", "made")
    assert said.code == Exit.NOT_READY and f"[reports] {line.partition(' ')[0]}" in said.err
