"""E-mail: one message to one recipient in one conversation; it arrived when the server said so after the text."""

from __future__ import annotations

import base64
import hashlib
import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from api.alerting.channel import DeliveryError, Message
from api.alerting.texts import body, subject_line
from api.settings_alerts import AlertSettingsError, SmtpSettings, secret_of
from archive.alerts import Severity
from archive.local_time import VIETNAM

TIMEOUT_SECONDS = 15.0
_LONGEST_ANSWER = 200
_LOGGED_IN = 235


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """One recipient is one channel: an address that is refused keeps no other from its mail."""

    settings: SmtpSettings
    recipient: str
    timeout_seconds: float = TIMEOUT_SECONDS

    @property
    def name(self) -> str:
        """Without the address: the name also stands in alerts, which go to others."""
        return f"email:{hashlib.sha256(self.recipient.encode()).hexdigest()[:8]}"

    @property
    def label(self) -> str:
        return self.recipient

    def send(self, message: Message) -> None:
        letter = email_of(message, self.settings.sender, self.recipient)
        try:
            server = self._greeted()
        except AlertSettingsError as error:
            raise DeliveryError(error.message, channel_down=True, remedy=error.remedy, detail=error.detail) from error
        except (OSError, smtplib.SMTPException) as error:
            raise _refused(error, channel_down=True) from error
        try:
            server.send_message(letter, self.settings.sender, [self.recipient])
        except (OSError, smtplib.SMTPException) as error:
            server.close()
            raise _refused(error, channel_down=not isinstance(error, smtplib.SMTPResponseException)) from error
        # Taken over by the server: a farewell that fails takes nothing back.
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()

    def _greeted(self) -> smtplib.SMTP:
        """A conversation encrypted and logged in as the settings want; never one that is less."""
        settings = self.settings
        server = self._connected()
        try:
            if settings.security == "starttls":
                server.starttls(context=self._context())
            if settings.password_file is not None:
                _log_in(server, settings.user, secret_of(settings.password_file, "smtp_password_file"))
        except BaseException:
            server.close()
            raise
        return server

    def _connected(self) -> smtplib.SMTP:
        settings, seconds = self.settings, self.timeout_seconds
        # The sender's own domain: asking the resolver for this machine's name may take longer than the letter.
        own_name = settings.sender.rpartition("@")[2]
        if settings.security == "tls":
            context = self._context()
            return smtplib.SMTP_SSL(settings.host, settings.port, own_name, timeout=seconds, context=context)
        return smtplib.SMTP(settings.host, settings.port, own_name, timeout=seconds)

    def _context(self) -> ssl.SSLContext:
        ca_certs = self.settings.ca_certs
        return ssl.create_default_context(cafile=str(ca_certs) if ca_certs else None)


def email_of(message: Message, sender: str, recipient: str) -> EmailMessage:
    """The letter: under the same Message-ID and Date in every attempt; letters of one alert hang together."""
    letter = EmailMessage(policy=SMTP)
    letter["From"] = sender
    letter["To"] = recipient
    letter["Subject"] = subject_line(message)
    letter["Date"] = format_datetime(message.written_at.astimezone(VIETNAM))
    letter["Message-ID"] = _message_id(message.id, message.archive_code)
    if len(message.notices) == 1:
        letter["References"] = _message_id(f"alert-{message.notices[0].alert.number}", message.archive_code)
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"
    letter["Content-Language"] = "vi"
    if message.severity is Severity.RED:
        letter["Importance"] = "high"
    letter.set_content(body(message), charset="utf-8", cte="base64")
    return letter


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    """``smtplib`` knows ASCII alone; PLAIN (RFC 4616) takes every letter."""
    if (user + password).isascii():
        server.login(user, password)
        return
    server.ehlo_or_helo_if_needed()
    if "PLAIN" not in server.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("no AUTH PLAIN")
    proof = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    code, answer = server.docmd("AUTH", f"PLAIN {proof}")
    if code != _LOGGED_IN:
        raise smtplib.SMTPAuthenticationError(code, answer)


def _message_id(word: str, archive_code: str) -> str:
    domain = re.sub(r"[^A-Za-z0-9.-]+", "-", archive_code).strip(".-") or "archive"
    return f"<luutru.{word}@{domain}.luutru.invalid>"


def _refused(error: OSError | smtplib.SMTPException, *, channel_down: bool) -> DeliveryError:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        return DeliveryError(_words(code, answer))
    if isinstance(error, smtplib.SMTPResponseException):
        return DeliveryError(_words(error.smtp_code, error.smtp_error), channel_down=channel_down)
    # The library says "closed" where nothing came in time.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return DeliveryError("Máy chủ thư không trả lời kịp.", channel_down=True, detail=str(error))
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return DeliveryError("Máy chủ thư ngắt kết nối giữa chừng.", channel_down=True, detail=str(error))
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return DeliveryError("Máy chủ thư không hỗ trợ mã hóa hoặc đăng nhập.", channel_down=True, detail=str(error))
    if isinstance(error, ssl.SSLError):
        return DeliveryError("Không tin được chứng thư của máy chủ thư.", channel_down=True, detail=str(error))
    return DeliveryError("Không kết nối được máy chủ thư.", channel_down=True, detail=str(error))


def _words(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    again = "tạm từ chối" if 400 <= code < 500 else "từ chối"
    return f"Máy chủ thư {again}: {code} {shown[:_LONGEST_ANSWER]}"
