"""What is shipped and told for operations is what the program knows: units, commands, options, codes, settings."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from api.alerting.posting import ALONE
from api.alerting.standing_in import PATIENCE
from api.alerting.webhook import REPLAY_SECONDS, signature
from api.cli import app
from api.settings_alerts import KEYS, parse_alerts
from api.watching.copies import MOST_EACH
from schemas.alerts import alert_kinds
from tests.cli.shell import ROOT

SYSTEMD = ROOT / "deploy" / "systemd"
UNITS = sorted((*SYSTEMD.glob("*.service"), *SYSTEMD.glob("*.timer")))
PROGRAM = "/opt/luutru/.venv/bin/luutru"
TOLD = [ROOT / "docs" / "operations.md", ROOT / "docs" / "alerts.md", ROOT / "schemas" / "alerts.toml"]


def lines_of(unit: Path, key: str) -> list[str]:
    """Every value of ``key`` in the unit, which must say each line as a section, a comment or a setting."""
    values = []
    for line in unit.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith(("#", "[")):
            continue
        name, sign, value = line.partition("=")
        assert sign and re.fullmatch(r"[A-Za-z]+", name), f"{unit.name}: {line}"
        if name == key:
            values.append(value)
    return values


def require_known(words: list[str]) -> None:
    """The words after ``luutru`` are a command of the program, with options it has."""
    command: Any = typer.main.get_command(app)
    options = {"--home", "--json", "--help"}
    for word in words:
        if word.startswith("-"):
            name = word.partition("=")[0]
            assert name in options, f"luutru {' '.join(words)}: no option {name}"
        elif getattr(command, "commands", None) and (word in command.commands or not word[:1].isupper()):
            assert word in command.commands, f"luutru {' '.join(words)}: no command {word}"
            command = command.commands[word]
        options |= {name for item in command.params for name in (*item.opts, *item.secondary_opts)}


def commands_told(file: Path) -> Iterator[list[str]]:
    text = file.read_text(encoding="utf-8")
    for found in re.findall(r"(?:`|«)luutru ([^`»]+)(?:`|»)", text):
        yield shlex.split(found)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_unit_begins_a_command_the_program_has(unit: Path) -> None:
    started = lines_of(unit, "ExecStart")
    assert bool(started) == (unit.suffix == ".service")
    for line in started:
        program, *words = shlex.split(line)
        assert program == PROGRAM
        require_known(words)


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_no_unit_has_more_rights_than_it_needs(unit: Path) -> None:
    assert lines_of(unit, "User") == ["luutru"] and lines_of(unit, "CapabilityBoundingSet") == [""]
    for key, value in (
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("UMask", "0077"),
    ):
        assert lines_of(unit, key) == [value], key


def test_long_running_units_come_back_however_long_the_database_is_away() -> None:
    for name in ("luutru-serve.service", "luutru-work@.service"):
        assert lines_of(SYSTEMD / name, "Restart") == ["always"]
        assert lines_of(SYSTEMD / name, "StartLimitIntervalSec") == ["0"]


def test_systemd_itself_has_nothing_to_say_about_the_units(tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd is not installed")
    there = Path(sys.executable).with_name("luutru")
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace(PROGRAM, str(there))
        (tmp_path / unit.name.replace("@.", "@1.")).write_text(text, encoding="utf-8")
    units = sorted(map(str, tmp_path.iterdir()))
    said = subprocess.run([tool, "verify", "--man=no", *units], capture_output=True, text=True)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_the_proxy_takes_its_configuration(tmp_path: Path) -> None:
    nginx, openssl = shutil.which("nginx"), shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("nginx is not installed")
    key, certificate = tmp_path / "kho.key", tmp_path / "kho.crt"
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=kho.example.vn"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    text = (
        (ROOT / "deploy" / "nginx" / "luutru.conf")
        .read_text(encoding="utf-8")
        .replace("/etc/luutru/tls", str(tmp_path))
    )
    (tmp_path / "site.conf").write_text(text, encoding="utf-8")
    whole = f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{ access_log off; include {tmp_path}/site.conf; }}\n"
    (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
    said = subprocess.run([nginx, "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("file", TOLD, ids=lambda file: file.name)
def test_every_command_that_is_told_exists_with_its_options(file: Path) -> None:
    told = list(commands_told(file))
    assert told
    for words in told:
        require_known([word for word in words if word.startswith("-") or re.fullmatch(r"[a-z-]+", word)])


def test_every_code_has_a_section_that_says_what_to_do() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### ([a-z.-]+)\n(.+?)(?=\n##|\Z)", text, re.MULTILINE | re.DOTALL))
    assert set(sections) == set(alert_kinds())
    for code, section in sections.items():
        assert re.search(r"\*[A-Z][^*]+\*\s*$", section), f"{code}: no English at its end"


def test_the_settings_in_the_documentation_are_all_there_are_and_are_taken() -> None:
    text = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.+?)```", text, re.DOTALL)
    table = tomllib.loads(block)["alerts"]
    silent = set(re.findall(r"^# ([a-z_]+) =", block, re.MULTILINE))
    assert set(table) | silent == KEYS
    settings = parse_alerts(table, Path("/kho"))
    assert settings.smtp is not None and settings.webhook is not None and settings.quiet_hours is not None


def test_the_numbers_in_the_documentation_are_those_of_the_program() -> None:
    text = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert f"hơn {ALONE} cảnh báo một lượt" in text and f"hơn {MOST_EACH} bản hỏng" in text
    assert f"quá {REPLAY_SECONDS} giây" in text
    assert f"sau {int(PATIENCE.total_seconds() // 60)} phút dịch vụ" in text


def test_the_receiver_in_the_documentation_believes_us_and_nobody_else() -> None:
    text = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.+?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    timestamp = int(names["time"].time())
    headers = {"Luutru-Timestamp": str(timestamp), "Luutru-Signature": signature("bí mật", timestamp, b"{}")}
    assert names["genuine"](headers, b"{}", "bí mật")
    assert not names["genuine"](headers, b"{ }", "bí mật")
    assert not names["genuine"]({**headers, "Luutru-Timestamp": str(timestamp - 301)}, b"{}", "bí mật")
