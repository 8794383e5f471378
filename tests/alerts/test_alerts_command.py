"""``luutru alerts`` as its users run it: what is open, who has it, whether anybody would be told; exit codes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from api.alerting.channels import channels_of
from api.alerting.round import tell_people
from api.bootstrap import Installation, now, opened
from api.exits import Exit
from api.settings import load_settings
from archive.alerts import Severity, raise_alert, resolve_alert
from archive.catalogue.alert_model import Delivery
from archive.catalogue.alert_reading import undelivered
from archive.catalogue.alert_writing import claim, not_delivered, post
from tests.alerts.mail_servers import Letters, mail_server
from tests.alerts.webhook_servers import receiver
from tests.cli.shell import Shell, here


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    home = tmp_path / "home"
    assert here("init", "--home", home).code == 0
    return Shell(home)


def configured(shell: Shell, port: int, webhook: str = "") -> None:
    secret = shell.home / "keys" / "webhook.secret"
    secret.write_text("bí mật chung", encoding="utf-8")
    secret.chmod(0o600)
    lines = [
        "[alerts]",
        'smtp_host = "127.0.0.1"',
        f"smtp_port = {port}",
        'smtp_security = "none"',
        'email_from = "kho@example.vn"',
        'email_to = ["truc@example.vn"]',
    ]
    if webhook:
        lines += [f'webhook_url = "{webhook}"', 'webhook_secret_file = "keys/webhook.secret"']
    with (shell.home / "luutru.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + "\n".join(lines) + "\n")


def raised(shell: Shell, subject: str, severity: Severity = Severity.RED) -> None:
    with opened(load_settings(shell.home)) as installation, installation.catalogue.transaction() as tx:
        raise_alert(tx, severity=severity, code="copy.damaged", subject=subject, text="Hỏng [red]đỏ[/].", at=now())


def test_nothing_wrong_and_nobody_to_tell_is_said_and_no_failure(shell: Shell) -> None:
    said = shell("alerts")
    assert said.code == Exit.OK
    assert "Không có cảnh báo nào" in said.out and "Chưa có kênh cảnh báo nào" in said.out


def test_a_red_alert_fails_until_it_is_over_also_when_somebody_has_it(shell: Shell) -> None:
    raised(shell, "kho-1/7d9f")
    said = shell("alerts", "--open")
    assert said.code == Exit.FAILED
    assert "Bản lưu không còn đúng" in said.out and "Cần làm" in said.out and "Hỏng [red]đỏ[/]." in said.out
    taken = shell("alerts", "acknowledge", "1", "--note", "đang thay ổ đĩa", "--json")
    assert taken.code == Exit.OK
    assert taken.row["acknowledged_by"].startswith("user:") and taken.row["note"] == "đang thay ổ đĩa"
    assert shell("alerts", "--json").code == Exit.FAILED
    with opened(load_settings(shell.home)) as installation, installation.catalogue.transaction() as tx:
        resolve_alert(tx, "copy.damaged", "kho-1/7d9f", now())
    said = shell("alerts", "--json")
    assert said.code == Exit.OK and said.row["open"] is False
    assert shell("alerts", "--open", "--json").rows == []


def test_yellow_alone_is_no_failure(shell: Shell) -> None:
    raised(shell, "kho-1", Severity.YELLOW)
    assert shell("alerts", "--open").code == Exit.OK


def test_what_nobody_raised_cannot_be_acknowledged_nor_without_a_word(shell: Shell) -> None:
    assert shell("alerts", "acknowledge", "7", "--note", "tôi").code == Exit.NOT_FOUND
    assert shell("alerts", "acknowledge", "7", "--note", " ").code == Exit.USAGE


def test_the_test_goes_through_every_channel_and_tells_what_happened(shell: Shell) -> None:
    letters = Letters()
    with mail_server(letters) as port, receiver(503) as found:
        configured(shell, port, found.url)
        said = shell("alerts", "test", "--json")
    assert said.code == Exit.NOT_READY
    assert [row["delivered"] for row in said.rows] == [True, False]
    assert "503" in said.rows[1]["error"]
    assert "Thử kênh cảnh báo" in str(letters.letters[0]["Subject"])
    assert found.headers[0]["luutru-signature"].startswith("v1=")


def test_a_test_without_channels_is_not_ready(shell: Shell) -> None:
    assert shell("alerts", "test").code == Exit.NOT_READY


def test_what_is_raised_arrives_by_mail_and_webhook_in_one_round(shell: Shell) -> None:
    letters = Letters()
    raised(shell, "kho-1/7d9f")
    with mail_server(letters) as port, receiver() as found:
        configured(shell, port, found.url)
        with opened(load_settings(shell.home)) as installation:
            tell_people(installation)
            with installation.catalogue.read() as view:
                assert undelivered(view) == []
    assert len(letters.letters) == 1 and len(found.bodies) == 1


def test_a_channel_silent_for_long_fails_the_command_even_when_no_worker_looks_after_it(shell: Shell) -> None:
    configured(shell, 9)
    with opened(load_settings(shell.home)) as installation:
        _waits_since(installation, hours=2)
    said = shell("alerts")
    assert said.code == Exit.FAILED and "truc@example.vn không gửi được" in said.out


def _waits_since(installation: Installation, hours: float) -> None:
    (channel,) = channels_of(installation.settings.alerts, now)
    at = now() - timedelta(hours=hours)
    with installation.catalogue.transaction() as tx:
        post(tx, [(channel.name, ())], [], at)
        delivery: Delivery = undelivered(tx)[0]
        assert claim(tx, delivery.number, at=at, until=at)
        not_delivered(tx, delivery, error="không kết nối được", at=at, due_at=at)
