"""Destruction rounds by command line: the same duties, words and refusals as over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.accounts import create_account, issue_token
from api.bootstrap import now, opened
from api.exits import Exit
from api.settings import load_settings
from archive.access import Author, Role
from archive.local_time import VIETNAM
from tests.cli.shell import Said, here

AGENCY = "H01.02"
PEOPLE = {
    "lap": Role.ARCHIVIST,
    "thu-ky": Role.ARCHIVIST,
    "thuc-hien": Role.ARCHIVIST,
    "lanh-dao": Role.HEAD,
    "chu-tich": Role.HEAD,
    "don-vi": Role.AGENCY,
    "am-hieu": Role.AUDITOR,
}
COUNCIL = ("chu-tich", "thu-ky", "don-vi", "am-hieu")


class Archive:
    """Commands of one archive, each as an account (or as nobody)."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self._patch = home, monkeypatch
        assert here("init", "--home", home).code == Exit.OK
        self.tokens, by = {}, Author("kiem-thu")
        with opened(load_settings(home)) as installation:
            for name, role in PEOPLE.items():
                agency = AGENCY if role is Role.AGENCY else ""
                create_account(
                    installation.catalogue, username=name, name=name, role=role, agency_code=agency, by=by, at=now()
                )
                self.tokens[name] = issue_token(installation.catalogue, name, label="thử", by=by, at=now()).secret

    def say(self, who: str, *arguments: object) -> Said:
        self._patch.setenv("LUUTRU_TOKEN", self.tokens.get(who, who))
        return here(*arguments, "--home", self.home)

    def done(self, who: str, *arguments: object) -> list[dict[str, object]]:
        said = self.say(who, *arguments, "--json")
        assert said.code == Exit.OK, said.err
        return said.rows

    def refused(self, who: str, code: str, *arguments: object) -> None:
        said = self.say(who, *arguments)
        assert said.code == Exit.NOT_READY and f"({code})" in said.err, said.err

    def due_file(self, code: str) -> None:
        given = ("--agency", AGENCY, "--title", "Hồ sơ đê điều", "--period", "5 năm", "--basis", "Danh mục")
        self.done("lap", "files", "open", code, *given)
        self.done("lap", "files", "close", code, "--year", 2000)


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    return Archive(tmp_path / "kho", monkeypatch)


def test_a_round_from_its_opening_to_the_executor(archive: Archive) -> None:
    today = now().astimezone(VIETNAM).date().isoformat()
    for code in ("HS-1", "HS-2", "HS-3"):
        archive.due_file(code)
    hold = archive.done("lanh-dao", "hold", "place", "HS-3", "--reason", "Tòa án", "--basis", "QĐ 12")[0]
    archive.refused("lanh-dao", "access.forbidden", "rounds", "open", "2026/01")
    opened_round = archive.done("lap", "rounds", "open", "2026/01", "--id", "dot-1")[0]
    assert archive.done("lap", "rounds", "open", "2026/01", "--id", "dot-1")[0] == opened_round
    told = archive.done("", "rounds", "candidates", "2026/01")
    assert sorted((row["file"]["file_code"], row["listable"]) for row in told) == [  # type: ignore[index]
        ("HS-1", True),
        ("HS-2", True),
        ("HS-3", False),
    ]
    added = archive.done("lap", "rounds", "add", "2026/01", "--due", "--explanation", "Đã hết thời hạn")[0]
    assert added["lines"] == 2 and list(added["left_out"].values()) == [["hold.in-force"]]  # type: ignore[attr-defined]
    archive.refused("thu-ky", "round.authority-missing", "rounds", "submit", "2026/01")
    assert archive.done("lap", "rounds", "submit", "2026/01")[0]["state"] == "submitted"
    members = ("--chairman", "chu-tich", "--secretary", "thu-ky", "--unit", "don-vi", "--expert", "am-hieu")
    archive.done("lanh-dao", "rounds", "council", "2026/01", "--number", "11/QĐ", "--on", today, *members)
    archive.done("thu-ky", "rounds", "session", "2026/01", "--on", today)
    for who in COUNCIL:
        archive.done(who, "rounds", "vote", "2026/01", "--line", 2, "--outcome", "extend", "--years", 5)
        assert archive.done(who, "rounds", "vote", "2026/01", "--rest", "--outcome", "destroy")[0]["new"] == 1
    archive.done("thu-ky", "rounds", "conclude", "2026/01")
    opinion = ("--body", "Chi cục", "--number", "45", "--on", today, "--verdict", "agrees")
    archive.done("thu-ky", "rounds", "opinion", "2026/01", *opinion)
    digest = archive.done("lap", "rounds", "freeze", "2026/01")[0]["list_sha256"]
    decision = ("--number", "99/QĐ", "--on", today, "--list-sha256")
    archive.refused("lanh-dao", "round.decision-other-list", "rounds", "decide", "2026/01", *decision, "0" * 64)
    archive.done("lanh-dao", "rounds", "decide", "2026/01", *decision, digest)
    assert archive.done("lanh-dao", "rounds", "keep", "2026/01")[0]["left"] == 0
    archive.done("lanh-dao", "rounds", "executor", "2026/01", "thuc-hien")
    archive.refused("lap", "round.not-the-executor", "rounds", "start", "2026/01")
    archive.refused("thuc-hien", "round.not-ready", "rounds", "start", "2026/01")
    missing = archive.say("", "rounds", "readiness", "2026/01", "--json")
    assert missing.code == Exit.FAILED and {row["code"] for row in missing.rows} == {"round.state", "paper.missing"}
    lines = archive.done("", "rounds", "lines", "2026/01")
    assert [(row["state"], row["choice"]["outcome"], len(row["votes"])) for row in lines] == [  # type: ignore[index,arg-type]
        ("listed", "destroy", 4),
        ("kept", "extend", 4),
    ]
    archive.done("lanh-dao", "hold", "release", hold["id"], "--reason", "Xong")
    archive.done("lanh-dao", "rounds", "set-aside", "2026/01", lines[0]["file_id"], "--reason", "Xem lại")
    assert archive.done("lanh-dao", "rounds", "abandon", "2026/01", "--reason", "Lập lại")[0]["state"] == "abandoned"


def test_rounds_are_shown_in_words(archive: Archive) -> None:
    assert "Không có đợt hủy nào." in archive.say("", "rounds", "list").out
    archive.due_file("HS-1")
    archive.done("lap", "rounds", "open", "2026/01", "--agency", AGENCY)
    assert "Danh mục không có dòng nào." in archive.say("", "rounds", "lines", "2026/01").out
    said = archive.say("lap", "rounds", "add", "2026/01", "HS-1", "--explanation", "Đã hết thời hạn")
    assert said.code == Exit.OK and "Đã đưa 1 hồ sơ" in said.out
    assert "đang lập danh mục" in archive.say("", "rounds", "list").out
    shown = archive.say("", "rounds", "show", "2026/01").out
    assert "người lập danh mục" in shown and "Dòng trong danh mục" in shown and "LLT2024-TT05" in shown
    assert "trong danh mục" in archive.say("", "rounds", "lines", "2026/01").out
    missing = archive.say("", "rounds", "readiness", "2026/01")
    assert missing.code == Exit.FAILED and "Chưa có quyết định hủy." in missing.out
    assert archive.say("", "rounds", "candidates", "2026/01").out.startswith("Không có hồ sơ nào đến hạn.")
    assert "Đã bỏ 1 hồ sơ" in archive.say("lap", "rounds", "remove", "2026/01", "HS-1").out


def test_what_is_not_there_and_what_contradicts_itself_is_told(archive: Archive) -> None:
    assert archive.say("", "rounds", "show", "2026/09").code == Exit.NOT_FOUND
    archive.done("lap", "rounds", "open", "2026/01")
    assert archive.say("lap", "rounds", "add", "2026/01").code == Exit.USAGE
    both = ("--line", 1, "--rest", "--outcome", "destroy")
    assert archive.say("lap", "rounds", "vote", "2026/01", *both).code == Exit.USAGE
    archive.refused("lap", "round.ballot-refused", "rounds", "vote", "2026/01", "--rest", "--outcome", "extend")
    archive.refused("", "access.unauthenticated", "rounds", "submit", "2026/01")
