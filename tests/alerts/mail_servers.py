"""Real mail servers on loopback: aiosmtpd in every mood, and one that dies in the middle of a letter."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.servers.ports import free_port


class Letters:
    """What arrived; what is answered to each command can be said beforehand, one answer after the other."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.encrypted: list[bool] = []
        self.rcpt_answers: list[str] = []
        self.data_answers: list[str] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        answer = self.rcpt_answers.pop(0) if self.rcpt_answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        answer = self.data_answers.pop(0) if self.data_answers else "250 taken"
        if answer.startswith("250"):
            self.raw.append(envelope.content)
            letter = message_from_bytes(envelope.content, policy=default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
            self.encrypted.append(session.ssl is not None)
        return answer


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@contextmanager
def mail_server(
    letters: Letters,
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
) -> Iterator[int]:
    """The port of a server that hands what it takes to ``letters``."""

    def authenticated(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: object) -> AuthResult:
        given = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode())
        return AuthResult(success=given == login, handled=False)

    options: dict[str, Any] = {}
    if login is not None:
        options = {"auth_required": True, "authenticator": authenticated, "auth_require_tls": starttls is not None}
    controller = Controller(
        letters,
        hostname="127.0.0.1",
        port=free_port(),
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        **options,
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def dying_server(*, dies_at: str, says_after_data: bytes = b"") -> Iterator[tuple[int, list[bytes]]]:
    """A server that closes the connection: ``greeting``, in the middle of the ``data``, or after it (``end``)."""
    seen: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                _converse(connection, dies_at, says_after_data, seen)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1], seen
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def _converse(connection: socket.socket, dies_at: str, says_after_data: bytes, seen: list[bytes]) -> None:
    if dies_at == "greeting":
        return
    connection.sendall(b"220 dying\r\n")
    lines = connection.makefile("rb")
    try:
        while line := lines.readline():
            if line.upper().startswith(b"DATA"):
                connection.sendall(b"354 go on\r\n")
                if dies_at == "data":
                    seen.append(lines.readline())
                    return
                while (part := lines.readline()) not in (b".\r\n", b""):
                    seen.append(part)
                if says_after_data:
                    connection.sendall(says_after_data)
                return
            connection.sendall(b"250 OK\r\n")
    except OSError:
        return
    finally:
        lines.close()
