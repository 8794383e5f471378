"""The webhook against a real receiver: signed, told apart when repeated, refused, redirected, cut off, left hanging."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from datetime import datetime
from pathlib import Path

import pytest

from api.alerting.channel import DeliveryError
from api.alerting.webhook import REPLAY_SECONDS, WebhookChannel, signature
from api.settings_alerts import WebhookSettings
from tests.alerts.making import AT, a_message, a_notice, an_alert, later
from tests.alerts.webhook_servers import Receiver, receiver

SECRET = "chìa khóa chung"


def channel(url: str, folder: Path, *, at: datetime = AT, timeout_seconds: float = 2.0) -> WebhookChannel:
    file = folder / "webhook.secret"
    file.write_text(SECRET, encoding="utf-8")
    file.chmod(0o600)
    return WebhookChannel(WebhookSettings(url, file), lambda: at, timeout_seconds)


def genuine(found: Receiver, number: int, now: datetime) -> bool:
    """What a receiver does, as docs/alerts.md tells it."""
    headers, body = found.headers[number], found.bodies[number]
    timestamp = headers["luutru-timestamp"]
    expected = "v1=" + hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    fresh = abs(now.timestamp() - int(timestamp)) <= REPLAY_SECONDS
    return fresh and hmac.compare_digest(expected, headers["luutru-signature"])


def test_what_is_posted_can_be_proven_to_come_from_us_and_to_be_new(tmp_path: Path) -> None:
    with receiver() as found:
        channel(found.url, tmp_path).send(a_message())
    assert genuine(found, 0, later(4))
    assert not genuine(found, 0, later(6))
    found.bodies[0] += b" "
    assert not genuine(found, 0, AT)


def test_the_same_message_again_has_the_same_id_and_body_and_a_new_timestamp(tmp_path: Path) -> None:
    with receiver() as found:
        channel(found.url, tmp_path).send(a_message())
        channel(found.url, tmp_path, at=later(10)).send(a_message())
    assert found.bodies[0] == found.bodies[1]
    assert [headers["luutru-delivery"] for headers in found.headers] == ["delivery-3", "delivery-3"]
    assert found.headers[0]["luutru-signature"] != found.headers[1]["luutru-signature"]
    assert genuine(found, 1, later(10))


def test_nothing_but_ids_and_codes_leaves_the_house(tmp_path: Path) -> None:
    telling = an_alert(text="Hồ sơ của ông Nguyễn Văn A bị hỏng", data={"title": "Hồ sơ mật"}, note="gọi anh Bình")
    with receiver() as found:
        channel(found.url, tmp_path).send(a_message(a_notice(alert=telling)))
    body = found.bodies[0].decode()
    assert "Nguyễn" not in body and "mật" not in body and "Bình" not in body and "Đắk Lắk" not in body
    (alert,) = json.loads(body)["alerts"]
    assert set(alert) == {"number", "code", "subject", "severity", "kind", "at", "opened_at", "count", "title"}
    assert (alert["number"], alert["code"], alert["kind"]) == (12, "copy.damaged", "opened")


@pytest.mark.parametrize(
    ("status", "down"), [(400, False), (404, False), (410, False), (429, True), (500, True), (503, True)]
)
def test_a_refusal_is_a_refusal_and_a_tired_server_is_left_alone(status: int, down: bool, tmp_path: Path) -> None:
    with receiver(status) as found, pytest.raises(DeliveryError, match=str(status)) as error:
        channel(found.url, tmp_path).send(a_message())
    assert error.value.channel_down is down


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(status: int, tmp_path: Path) -> None:
    with receiver(status) as found, pytest.raises(DeliveryError, match="chuyển hướng"):
        channel(found.url, tmp_path).send(a_message())
    assert found.paths == ["/luutru"]


def test_a_receiver_that_hangs_or_hangs_up_has_not_taken_it(tmp_path: Path) -> None:
    with receiver(-1, 0) as found:
        with pytest.raises(DeliveryError, match="không trả lời kịp"):
            channel(found.url, tmp_path, timeout_seconds=0.2).send(a_message())
        with pytest.raises(DeliveryError, match="Không gọi được"):
            channel(found.url, tmp_path).send(a_message())


def test_no_receiver_at_all_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    with pytest.raises(DeliveryError, match="Không gọi được"):
        channel(url, tmp_path).send(a_message())


def test_without_its_secret_nothing_is_posted(tmp_path: Path) -> None:
    with receiver() as found:
        sender = channel(found.url, tmp_path)
        sender.settings.secret_file.unlink()
        with pytest.raises(DeliveryError, match="không đọc được tệp bí mật"):
            sender.send(a_message())
    assert found.bodies == []


def test_the_signature_is_the_documented_one() -> None:
    assert signature("bí mật", 1795141200, b"{}") == (
        "v1=" + hmac.new("bí mật".encode(), b"1795141200.{}", hashlib.sha256).hexdigest()
    )
