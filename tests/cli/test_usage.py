"""The command line as such: help, documentation, endings, and what a start costs."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from api import cli, exits, words
from api.exits import INTERRUPTED, READER_GONE, Exit
from archive.events import Event
from archive.finding import Answer, Severity
from archive.fixity import CopyState
from archive.lifecycle import State
from tests.cli.shell import PROGRAM, ROOT, environment, here, luutru
from tests.servers.homes import sqlite_only

GROUP = typer.main.get_command(cli.app)
ALL = {
    " ".join(path): command
    for name, found in GROUP.commands.items()  # type: ignore[attr-defined]
    for path, command in (
        [((name, inner), one) for inner, one in found.commands.items()]
        if hasattr(found, "commands")
        else [((name,), found)]
    )
}
COMMANDS = sorted(ALL)
ENGLISH = re.compile(
    r"\b(usage|options?|arguments?|commands?|required|default|show this|exit\.|path|str|int|integer|range|invalid|missing)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_is_vietnamese_and_says_something_of_every_option(command: str) -> None:
    said = here(*command.split(), "--help")
    assert said.code == Exit.OK
    # What the user types is not Vietnamese: option names, and the names of parts.
    prose = re.sub(r"--?[a-z-]+|\bPATH\b", "", said.out)
    assert not ENGLISH.search(prose), ENGLISH.search(prose)
    for parameter in ALL[command].params:
        if parameter.param_type_name == "option" and parameter.name != "help" and not parameter.hidden:
            assert parameter.opts[-1] in said.out and parameter.help, parameter.name


def test_without_a_command_there_is_help_and_the_exit_code_of_wrong_usage() -> None:
    said = luutru()
    assert said.code == Exit.USAGE and "Cách dùng: luutru" in said.err and said.out == ""
    assert {command.split()[0] for command in COMMANDS} <= set(re.findall(r"^  ([a-z-]+) ", said.err, re.MULTILINE))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_stands_in_the_readme(command: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"luutru {command}" in readme
    for parameter in ALL[command].params:
        if parameter.param_type_name == "option" and not (
            parameter.name in ("help", "home", "as_json") or parameter.hidden
        ):
            assert any(option in readme for option in parameter.opts), f"{command} {parameter.opts[-1]}"


def test_every_exit_code_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    codes = {*map(int, exits.Exit), INTERRUPTED, READER_GONE}
    rows = {int(found) for found in re.findall(r"^\|\s*`?(\d+)`?\s*\|", readme, re.MULTILINE)}
    assert codes <= rows


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "Không có lệnh"),
        (["check"], "Thiếu tham số PATH"),
        (["check", "x", "--only", "pdf"], "không có phép kiểm tra pdf"),
        (["show", "--foo"], "Không có tùy chọn --foo"),
        (["show", "a", "b"], "Thừa tham số: b"),
        (["search", "x", "--size", "1000"], "không được quá 100"),
        (["search", "x", "--size", "hai"], "phải là số nguyên"),
        (["submit", "a", "--key"], "cần một giá trị"),
        (["submit", "a", "b", "--key", "k"], "--key chỉ dùng cho một hồ sơ"),
        (["submit", "a", "--key", "luutru dossier 1"], "--key không được trống hoặc có khoảng trắng"),
        (["review", "x", "--decision", "maybe", "--reason", "y"], "accept, return hoặc refuse"),
        (["review", "x"], "Thiếu tùy chọn"),
    ],
)
def test_wrong_usage_is_said_in_vietnamese(arguments: list[str], said: str) -> None:
    ended = here(*arguments)
    assert ended.code == Exit.USAGE and ended.out == ""
    assert said in " ".join(ended.err.split()), ended.err


def test_without_an_archive_every_command_that_needs_one_is_not_ready(tmp_path: Path) -> None:
    for command in (["status", "x"], ["search", "x"], ["fsck"], ["doctor"], ["work", "--once"], ["submit", "x"]):
        said = here(*command, "--home", tmp_path)
        assert said.code == Exit.NOT_READY and "luutru init" in said.err and said.out == "", command


def test_settings_that_say_something_unknown_are_refused_by_name(tmp_path: Path) -> None:
    assert here("init", "--home", tmp_path).code == Exit.OK
    file = tmp_path / "luutru.toml"
    good = file.read_text(encoding="utf-8")
    for bad, said in (
        (good + "\n[serach]\nx = 1\n", "[serach]"),
        (good.replace("hosts =", "host ="), "host"),
        (good.replace("hosts =", 'alias = "Kho-1"\nhosts ='), "alias"),
        ("[", "luutru.toml"),
    ):
        file.write_text(bad, encoding="utf-8")
        ended = here("status", "x", "--home", tmp_path)
        assert ended.code == Exit.NOT_READY and said in ended.err


def test_a_problem_of_the_world_is_one_line_without_internal_paths(tmp_path: Path) -> None:
    said = luutru("init", "--home", tmp_path / "kho", "--trust-list", tmp_path / "không có.json")
    assert said.code == Exit.NOT_READY
    assert said.err.startswith("Lỗi: ") and str(tmp_path) not in said.err


@sqlite_only
def test_a_defect_of_ours_is_no_verdict(tmp_path: Path) -> None:
    assert here("init", "--home", tmp_path).code == Exit.OK
    (tmp_path / "catalogue.sqlite").write_bytes(b"no database at all" * 1000)
    said = luutru("status", "x", "--home", tmp_path)
    assert said.code in (Exit.DEFECT, Exit.NOT_READY) and "Lỗi" in said.err


def test_ctrl_c_ends_cleanly(tmp_path: Path) -> None:
    assert here("init", "--home", tmp_path).code == Exit.OK
    (tmp_path / "luutru.toml").write_text(
        (tmp_path / "luutru.toml").read_text(encoding="utf-8").replace("hosts = []", 'hosts = ["http://127.0.0.1:9"]')
    )
    running = subprocess.Popen(
        [*PROGRAM, "work", "--home", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        cwd=ROOT,
    )
    assert running.stderr is not None
    assert "Chỉ mục tìm kiếm" in running.stderr.readline().decode()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == Exit.OK and out == b"" and b"Traceback" not in err, err


def test_a_command_broken_off_by_ctrl_c_says_so_by_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "tệp.txt").write_text("x")
    code = "import time, api.checking as c; c.read_package = lambda *_: time.sleep(60); from api.cli import run; print('on', flush=True); run()"
    running = subprocess.Popen(
        [sys.executable, "-c", code, "check", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        cwd=tmp_path,
    )
    assert running.stdout is not None and running.stdout.readline() == b"on\n"
    time.sleep(2)
    running.send_signal(signal.SIGINT)
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=100)
    assert running.returncode == INTERRUPTED and b"Traceback" not in err, err


@pytest.mark.parametrize("arguments", ["--help", "status x --home {home}", "search --help"])
def test_a_start_imports_nothing_heavy(tmp_path: Path, arguments: str) -> None:
    assert here("init", "--home", tmp_path).code == Exit.OK
    code = (
        "import sys; from api.cli import main; main(sys.argv[1:]);"
        "print(*sorted({'dbos', 'pyhanko', 'weasyprint', 'elasticsearch', 'pypdfium2'} & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments.format(home=tmp_path).split()],
        capture_output=True,
        text=True,
        env=environment(),
        cwd=ROOT,
    )
    assert ended.stderr.splitlines()[-1] == "", ended.stderr


def test_every_code_that_is_shown_has_its_words() -> None:
    assert set(words.EVENTS) == set(Event)
    assert set(words.STATES) == {state.value for state in State}
    assert set(words.ANSWERS) == set(Answer)
    assert set(words.SEVERITIES) == set(Severity)
    assert set(words.COPY_STATES) == set(CopyState)
    assert words.event_words("subject.object.unheard-of") == "subject.object.unheard-of"


def test_fields_are_shown_by_label_and_codes_by_name() -> None:
    shown = dict(words.fields_in_words("hoso", {"maintenance": "01", "numberOfPage": 45, "mode": "?", "unknown": "x"}))
    assert shown["Thời hạn lưu trữ"] == "Vĩnh viễn (01)"
    assert shown["Số lượng trang"] == "45" and shown["Chế độ sử dụng"] == "?" and shown["unknown"] == "x"
    composite = dict(
        words.fields_in_words("document", {"signerInfo": {"position": "Chủ tịch", "fullName": "Nguyễn Văn An"}})
    )
    assert any("Nguyễn Văn An" in value and "fullName" not in value for value in composite.values())
