"""Searching, showing, fetching, verifying and repairing what the archive holds, through the command line."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.exits import Exit
from tests.cli.conftest import Filled
from tests.cli.shell import PROGRAM, ROOT, Shell, environment
from tests.servers.homes import sqlite_only


@pytest.fixture
def aip(filled: Filled) -> dict[str, Any]:
    """The view of one stored hồ sơ."""
    return filled.shell.here("show", filled.rows["quyet-dinh"]["aip_id"], "--json").row


def copies(shell: Shell, aip_id: str) -> list[Path]:
    """Where the copies lie, in the order of the stores."""
    return sorted(shell.home.glob(f"stores/*/**/{aip_id}.tar"))


@contextmanager
def damaged(*paths: Path, at: int = 5000) -> Iterator[None]:
    """One byte of each file turned round, and back again."""

    def turn() -> None:
        for path in paths:
            mode = path.stat().st_mode
            path.chmod(0o644)
            with path.open("r+b") as file:
                file.seek(at)
                byte = file.read(1)
                file.seek(at)
                file.write(bytes([byte[0] ^ 0xFF]))
            path.chmod(mode)

    turn()
    try:
        yield
    finally:
        turn()


@contextmanager
def gone(path: Path) -> Iterator[None]:
    aside = path.with_name(path.name + ".aside")
    parent_mode = path.parent.stat().st_mode
    path.parent.chmod(0o755)
    hidden = path.parents[3] / aside.name
    path.rename(hidden)
    try:
        yield
    finally:
        hidden.rename(path)
        path.parent.chmod(parent_mode)


@pytest.mark.parametrize(
    "query", ["trao đổi văn bản tỉnh Khánh Hòa", "trao doi van ban tinh khanh hoa", "1415/QĐ-UBND", "H99.12.2025.001"]
)
def test_found_with_and_without_diacritics_and_by_number(filled: Filled, query: str) -> None:
    found = filled.shell.here("search", query, "--json").row
    assert found["from"] == "index"
    assert found["hits"][0]["aip_id"] == filled.rows["quyet-dinh"]["aip_id"]


def test_pages_of_results_follow_each_other(filled: Filled) -> None:
    first = filled.shell.here("search", "văn bản", "--size", "2", "--json").row
    second = filled.shell.here("search", "văn bản", "--size", "2", "--after", first["after"], "--json").row
    keys = [(hit["aip_id"], hit["document_id"]) for page in (first, second) for hit in page["hits"]]
    assert len(keys) == len(set(keys)) == 4


@sqlite_only
def test_a_search_is_recorded_without_its_words(filled: Filled) -> None:
    filled.shell.here("search", "kế hoạch riêng của ông Nam")
    assert "ông Nam".encode() not in (filled.shell.home / "catalogue.sqlite").read_bytes()


def test_a_hoso_is_shown_in_words_with_its_codes_named(filled: Filled, aip: dict[str, Any]) -> None:
    said = filled.shell.here("show", aip["file_code"])
    assert said.code == Exit.OK
    for piece in ("Thời hạn lưu trữ", "Vĩnh viễn (01)", "đã cấp biên nhận", "submission.receipt.issued", "nguyên vẹn"):
        assert piece in said.out, piece
    assert {aip["sha256"], aip["aip_id"]} <= set(said.out.split())


@pytest.mark.parametrize("how", ["ordinal", "path", "whole"])
def test_what_is_delivered_is_what_was_submitted(
    filled: Filled, aip: dict[str, Any], tmp_path: Path, samples: dict[str, Path], how: str
) -> None:
    document = aip["documents"][1]
    wanted = {"ordinal": [document["ordinal"]], "path": [document["path"]], "whole": []}[how]
    said = filled.shell.here("get", aip["aip_id"], *wanted, "-o", tmp_path, "--json")
    assert said.code == Exit.OK
    got = Path(said.row["output"]).read_bytes()
    assert hashlib.sha256(got).hexdigest() == said.row["sha256"]
    if how == "whole":
        assert said.row["sha256"] == aip["sha256"] and Path(said.row["output"]).name == f"{aip['aip_id']}.tar"
    else:
        assert got == (samples["quyet-dinh"] / "data" / document["path"]).read_bytes()
        assert Path(said.row["output"]).name == document["path"]


def to_stdout(shell: Shell, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    command = [*PROGRAM, "get", *map(str, arguments), "-o", "-", "--home", str(shell.home)]
    return subprocess.run(command, capture_output=True, cwd=ROOT, env=environment(), timeout=120)


def test_standard_output_gets_the_bytes_and_nothing_else(filled: Filled, aip: dict[str, Any]) -> None:
    ended = to_stdout(filled.shell, aip["aip_id"], "1")
    assert ended.returncode == Exit.OK and ended.stderr == b""
    assert hashlib.sha256(ended.stdout).hexdigest() == aip["documents"][0]["sha256"]


def test_a_damaged_first_copy_is_passed_over_and_two_damaged_copies_deliver_nothing(
    filled: Filled, aip: dict[str, Any], tmp_path: Path
) -> None:
    first, second = copies(filled.shell, aip["aip_id"])
    at = first.read_bytes().index(b"%PDF-") + 700
    with damaged(first, at=at):
        said = filled.shell.here("get", aip["aip_id"], "1", "-o", tmp_path / "a.pdf", "--json")
        assert said.code == Exit.OK and said.row["store"] == "kho-2"
        assert hashlib.sha256((tmp_path / "a.pdf").read_bytes()).hexdigest() == aip["documents"][0]["sha256"]
        with damaged(second, at=at):
            said = filled.shell.here("get", aip["aip_id"], "1", "-o", tmp_path / "b.pdf")
            assert said.code == Exit.NOT_READY and "copy.damaged" in said.err
            assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf"]
            piped = to_stdout(filled.shell, aip["aip_id"], "1")
            assert piped.returncode == Exit.NOT_READY and piped.stdout == b""


def test_unknown_ids_and_documents_are_not_found(filled: Filled, aip: dict[str, Any]) -> None:
    for command in (("show", "không có"), ("status", "NL-1"), ("get", aip["aip_id"], "99"), ("verify", "x")):
        said = filled.shell.here(*command)
        assert said.code == Exit.NOT_FOUND, command
        assert said.out == "" and said.err.startswith("Lỗi (") and str(filled.shell.home) not in said.err


def test_a_submission_that_is_not_stored_cannot_be_shown_or_fetched(filled: Filled) -> None:
    for name in ("bad-checksum", "secrecy-mark-in-metadata"):
        assert filled.shell.here("show", filled.rows[name]["registration"]).code == Exit.NOT_FOUND
        assert filled.shell.here("get", filled.rows[name]["aip_id"]).code == Exit.NOT_FOUND


def test_verify_reads_every_copy(filled: Filled, aip: dict[str, Any]) -> None:
    whole = filled.shell.here("verify", aip["aip_id"], "--json", "--deep")
    assert whole.code == Exit.OK
    assert [copy["sha256"] for copy in whole.row["copies"]] == [aip["sha256"]] * 2
    first, second = copies(filled.shell, aip["aip_id"])
    with damaged(second):
        said = filled.shell.here("verify", aip["aip_id"], "--json")
        assert said.code == Exit.FAILED
        assert [copy["state"] for copy in said.row["copies"]] == ["ok", "mismatch"]
    with gone(first):
        said = filled.shell.here("verify", aip["aip_id"], "--json")
        assert said.code == Exit.FAILED
        assert [copy["state"] for copy in said.row["copies"]] == ["missing", "ok"]
    shown = filled.shell.here("verify", aip["aip_id"])
    assert shown.code == Exit.OK and aip["sha256"] in shown.out.split()


def fsck(shell: Shell) -> tuple[int, list[dict[str, Any]]]:
    said = shell("fsck", "--json")
    return said.code, said.rows


def test_fsck_is_clean_and_then_names_each_damage(filled: Filled, aip: dict[str, Any]) -> None:
    assert fsck(filled.shell) == (Exit.OK, [])
    shown = filled.shell("fsck")
    assert shown.code == Exit.OK and shown.out == "Không có khác biệt.\n"
    first, second = copies(filled.shell, aip["aip_id"])
    with damaged(first), gone(second):
        code, rows = fsck(filled.shell)
    assert code == Exit.FAILED
    told = json.dumps(rows, ensure_ascii=False)
    assert aip["aip_id"] in told and "kho-1" in told and "kho-2" in told, rows
    assert fsck(filled.shell) == (Exit.OK, [])


def test_the_index_can_be_built_anew(filled: Filled) -> None:
    done = filled.shell.here("reindex", "--json")
    assert done.code == Exit.OK and done.row["aips"] >= 2 and done.row["documents"] >= 7
    assert filled.shell.here("search", "H99.12.2025.001", "--json").row["from"] == "index"


def test_the_doctor_says_one_line_of_each_part(filled: Filled) -> None:
    said = filled.shell("doctor", "--json")
    parts = {row["part"]: row for row in said.rows}
    assert {"veraPDF", "Elasticsearch", "clamd", "danh sách tin cậy", "khóa ký", "đồng hồ", "kho kho-1"} <= set(parts)
    assert parts["Elasticsearch"]["health"] == "ok" and parts["clamd"]["health"] == "warning"
    assert said.code == (Exit.NOT_READY if any(row["health"] == "broken" for row in said.rows) else Exit.OK)
    assert all(row["remedy"] for row in said.rows if row["health"] != "ok")


def test_a_broken_part_makes_the_doctor_say_not_ready(new_archive: Callable[[], Shell]) -> None:
    shell = new_archive()
    shell.configure('clamd_socket = ""', 'clamd_socket = "/nonexistent/clamd.sock"')
    (shell.home / "keys" / "archive-ed25519.pem").write_text("không phải khóa")
    said = shell("doctor", "--json")
    broken = {row["part"] for row in said.rows if row["health"] == "broken"}
    assert said.code == Exit.NOT_READY and {"Elasticsearch", "clamd", "khóa ký"} <= broken


def test_stopping_the_node_of_an_archive_that_uses_a_server_is_harmless(filled: Filled) -> None:
    assert filled.shell.here("stop").code == Exit.OK
    assert filled.shell.here("search", "H99.12.2025.001", "--json").row["from"] == "index"
