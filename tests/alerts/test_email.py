"""E-mail against real mail servers: TLS, logging in, refusals, greylisting, death in the middle of a letter."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from api.alerting.channel import DeliveryError
from api.alerting.smtp import EmailChannel
from api.settings_alerts import SmtpSettings
from archive.alerts import NoticeKind
from tests.alerts.mail_servers import Letters, dying_server, mail_server, server_context
from tests.alerts.making import AT, a_message, a_notice, an_alert
from tests.search.tls_front import Authority

TO = "van.thu@example.vn"


def channel(port: int, **values: object) -> EmailChannel:
    settings = SmtpSettings("127.0.0.1", port, "none", "kho@example.vn", (TO,))
    return EmailChannel(replace(settings, **values), TO, timeout_seconds=2)  # type: ignore[arg-type]


def secret(folder: Path, text: str = "mật khẩu") -> Path:
    file = folder / "smtp.secret"
    file.write_text(text + "\n", encoding="utf-8")
    file.chmod(0o600)
    return file


def test_a_letter_is_vietnamese_text_under_right_headers() -> None:
    letters = Letters()
    with mail_server(letters) as port:
        channel(port).send(a_message())
    (letter,) = letters.letters
    assert letters.envelopes == [("kho@example.vn", [TO])]
    assert letter["Subject"] == "[ĐỎ] Bản lưu không còn đúng: kho-a/7d9f – 000.00.00.H01"
    assert letter["From"] == "kho@example.vn" and letter["To"] == TO
    assert letter["Auto-Submitted"] == "auto-generated" and letter["Importance"] == "high"
    assert parsedate_to_datetime(str(letter["Date"])) == AT and str(letter["Date"]).endswith("+0700")
    assert letter.get_content_type() == "text/plain" and letter.get_content_charset() == "utf-8"
    text = letter.get_content()
    assert "Lưu trữ lịch sử tỉnh Đắk Lắk (000.00.00.H01)" in text
    assert "Bản lưu ở «kho-a» đọc ra khác mã băm đã ghi." in text
    assert "Cần làm: " in text and "English: " in text
    assert letters.raw[0].isascii()


def test_a_letter_sent_again_bears_the_same_message_id_and_letters_of_one_alert_hang_together() -> None:
    letters = Letters()
    with mail_server(letters) as port:
        channel(port).send(a_message())
        channel(port).send(a_message())
        over = replace(a_message(a_notice(16, kind=NoticeKind.RESOLVED)), id="delivery-4")
        channel(port).send(over)
    first, again, last = letters.letters
    assert first["Message-ID"] == again["Message-ID"] != last["Message-ID"]
    assert first["References"] == again["References"] == last["References"]
    assert first["Date"] == again["Date"]
    assert str(last["Subject"]).startswith("[HẾT]") and last["Importance"] is None


def test_what_an_alert_is_about_cannot_write_headers_of_its_own() -> None:
    letters = Letters()
    wicked = an_alert(subject="kho\r\nBcc: ai.do@example.com\r\n\r\nxin chào", text="a\r\n.\r\nMAIL FROM:<x>")
    with mail_server(letters) as port:
        channel(port).send(a_message(a_notice(alert=wicked)))
    (letter,) = letters.letters
    assert letter["Bcc"] is None and letters.envelopes[0][1] == [TO]
    assert "\n" not in str(letter["Subject"])


@pytest.mark.parametrize("password", ["mật khẩu", "plain-ascii"])
def test_starttls_encrypts_and_logs_in_with_the_password_of_the_file(
    authority: Authority, tmp_path: Path, password: str
) -> None:
    letters = Letters()
    context = server_context(authority.issue("mail", "127.0.0.1"))
    with mail_server(letters, starttls=context, login=("kho", password)) as port:
        sender = channel(
            port, security="starttls", ca_certs=authority.ca, user="kho", password_file=secret(tmp_path, password)
        )
        sender.send(a_message())
    assert letters.encrypted == [True]


def test_tls_from_the_first_byte_works_too(authority: Authority) -> None:
    letters = Letters()
    with mail_server(letters, tls=server_context(authority.issue("mails", "127.0.0.1"))) as port:
        channel(port, security="tls", ca_certs=authority.ca).send(a_message())
    assert len(letters.letters) == 1


def test_nothing_is_sent_to_a_server_whose_certificate_nobody_vouches_for(authority: Authority) -> None:
    letters = Letters()
    context = server_context(authority.issue("mail2", "127.0.0.1"))
    with mail_server(letters, starttls=context) as port, pytest.raises(DeliveryError, match="chứng thư") as error:
        channel(port, security="starttls").send(a_message())
    assert error.value.channel_down and letters.letters == []


def test_nothing_is_sent_in_the_clear_when_the_server_knows_no_encryption() -> None:
    letters = Letters()
    with mail_server(letters) as port, pytest.raises(DeliveryError, match="không hỗ trợ mã hóa"):
        channel(port, security="starttls").send(a_message())
    assert letters.letters == []


def test_a_wrong_password_is_said_and_stands_in_no_message(authority: Authority, tmp_path: Path) -> None:
    letters = Letters()
    context = server_context(authority.issue("mail3", "127.0.0.1"))
    with mail_server(letters, starttls=context, login=("kho", "đúng")) as port:
        sender = channel(
            port, security="starttls", ca_certs=authority.ca, user="kho", password_file=secret(tmp_path, "sai-bi-mat")
        )
        with pytest.raises(DeliveryError, match="535") as error:
            sender.send(a_message())
    assert error.value.channel_down
    assert "sai-bi-mat" not in error.value.message + error.value.detail


def test_a_password_file_others_may_read_is_not_used(tmp_path: Path) -> None:
    file = secret(tmp_path)
    os.chmod(file, 0o644)
    with mail_server(Letters()) as port, pytest.raises(DeliveryError, match="người khác đọc được"):
        channel(port, user="kho", password_file=file).send(a_message())


@pytest.mark.parametrize(
    ("answer", "words"),
    [("550 5.1.1 no such user", "từ chối: 550"), ("451 4.7.1 Greylisted, try later", "tạm từ chối: 451")],
)
def test_a_refused_recipient_is_no_reason_to_doubt_the_server(answer: str, words: str) -> None:
    letters = Letters()
    letters.rcpt_answers = [answer]
    with mail_server(letters) as port:
        with pytest.raises(DeliveryError, match=words) as error:
            channel(port).send(a_message())
        assert not error.value.channel_down
        channel(port).send(a_message())
    assert len(letters.letters) == 1


def test_a_letter_refused_after_its_text_did_not_arrive() -> None:
    letters = Letters()
    letters.data_answers = ["452 4.3.1 full"]
    with mail_server(letters) as port, pytest.raises(DeliveryError, match="452"):
        channel(port).send(a_message())


@pytest.mark.parametrize("place", ["greeting", "data", "end"])
def test_a_server_that_dies_in_the_middle_has_not_taken_the_letter(place: str) -> None:
    with dying_server(dies_at=place) as (port, _seen), pytest.raises(DeliveryError) as error:
        channel(port).send(a_message())
    assert error.value.channel_down


def test_a_server_that_dies_after_taking_the_letter_has_taken_it() -> None:
    with dying_server(dies_at="end", says_after_data=b"250 taken\r\n") as (port, seen):
        channel(port).send(a_message())
    assert seen


def test_a_server_that_says_nothing_is_waited_for_only_so_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(DeliveryError, match="không trả lời kịp"):
        replace(channel(silent.getsockname()[1]), timeout_seconds=0.2).send(a_message())


def test_no_server_at_all_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(DeliveryError, match="Không kết nối được máy chủ thư"):
        channel(port).send(a_message())


def test_the_name_of_a_channel_does_not_give_the_address_away() -> None:
    assert TO not in channel(25).name and channel(25).label == TO
