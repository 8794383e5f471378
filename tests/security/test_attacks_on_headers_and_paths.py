"""Headers, request lines and paths no honest client sends, against the server as it is set up for use."""

from __future__ import annotations

import pytest

from tests.http.peopled import Peopled
from tests.security.conftest import Wire, status

ME = "GET /api/v1/me"
JSON = "Content-Type: application/json"


def token(peopled_once: Peopled, who: str = "head") -> str:
    return f"Authorization: Bearer {peopled_once.tokens[who]}"


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 4", "Content-Length: 5"),
        ("Content-Length: -5",),
        ("Content-Length: +5",),
        ("Content-Length: " + "9" * 5000,),
        ("Transfer-Encoding: identity, chunked",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding : chunked",),
        ("X-A: a\x00b",),
    ],
    ids=lambda headers: headers[-1][:24].replace("\x00", "NUL"),
)
def test_a_request_two_readers_would_cut_differently_is_refused_and_the_connection_closed(
    wire: Wire, headers: tuple[str, ...]
) -> None:
    said = wire.ask("POST /api/v1/session", JSON, *headers, body=b"{}" + b"GET /api/v1/me HTTP/1.1\r\n\r\n")
    assert status(said) == 400 and said.count(b"HTTP/1.1") == 1 and b"connection: close" in said.lower()


def test_a_request_behind_a_length_that_chunks_contradict_is_never_answered(wire: Wire, peopled_once: Peopled) -> None:
    smuggled = f"0\r\n\r\n{ME} HTTP/1.1\r\nHost: a\r\n{token(peopled_once)}\r\n\r\n".encode()
    said = wire.ask("POST /api/v1/session", JSON, "Content-Length: 4", "Transfer-Encoding: chunked", body=smuggled)
    assert status(said) == 422 and said.count(b"HTTP/1.1") == 1 and b'"account"' not in said


def test_a_folded_line_does_not_become_a_header(wire: Wire, peopled_once: Peopled) -> None:
    assert status(wire.ask(ME, "X-A: b\r\n " + token(peopled_once))) == 401


@pytest.mark.parametrize("host", [(), ("Host: a", "Host: b")])
def test_a_request_without_exactly_one_host_is_refused(wire: Wire, host: tuple[str, ...]) -> None:
    lines = "\r\n".join([f"{ME} HTTP/1.1", "Connection: close", *host, "", ""])
    assert status(wire.say(lines.encode())) == 400


def test_no_link_is_made_of_the_host_a_client_names(wire: Wire, peopled_once: Peopled) -> None:
    for headers in (("X-Forwarded-Host: evil.example",), ("Forwarded: host=evil.example",), ()):
        lines = [f"{ME} HTTP/1.1", "Host: evil.example", "Connection: close", token(peopled_once), *headers, "", ""]
        said = wire.say("\r\n".join(lines).encode())
        assert status(said) == 200 and b"evil.example" not in said


def test_forwarded_addresses_are_believed_of_nobody_who_is_not_a_trusted_proxy(
    wire: Wire, peopled_once: Peopled
) -> None:
    body = b'{"username": "khong-co-ai", "password": "sai"}'
    for number in range(3):
        said = wire.ask(
            "POST /api/v1/session",
            JSON,
            f"X-Forwarded-For: 203.0.113.{number}",
            f"Forwarded: for=203.0.113.{number}",
            f"X-Real-IP: 203.0.113.{number}",
            f"Content-Length: {len(body)}",
            body=body,
        )
        assert status(said) == 401
    with peopled_once.installation.catalogue.read() as reading:
        counted, claimed = reading.attempts("address:127.0.0.1"), reading.attempts("address:203.0.113.1")
    assert counted is not None and counted.count >= 3 and claimed is None


@pytest.mark.parametrize(
    "header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL"]
)
def test_no_header_makes_another_request_of_this_one(wire: Wire, peopled_once: Peopled, header: str) -> None:
    value = "/api/v1/ledger" if header.endswith("URL") else "DELETE"
    said = wire.ask("GET /api/v1/me/tokens", token(peopled_once, "agency"), f"{header}: {value}")
    assert status(said) == 200 and b'"items"' in said
    assert status(wire.ask(ME, token(peopled_once, "agency"))) == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "OPTIONS", "PROPFIND", "DEBUG", "get", "G" * 5000])
def test_methods_nobody_offers_are_405_and_echo_nothing(wire: Wire, peopled_once: Peopled, method: str) -> None:
    said = wire.ask(f"{method} /api/v1/me", token(peopled_once), "X-Echo: zqbimatzq")
    assert status(said) == 405 and b"zqbimatzq" not in said and b"request.method-not-allowed" in said


def test_no_page_of_another_site_is_let_in_by_a_preflight(wire: Wire) -> None:
    said = wire.ask("OPTIONS /api/v1/me", "Origin: https://evil.example", "Access-Control-Request-Method: GET").lower()
    assert status(said.upper()) == 405 and b"access-control-" not in said


AROUND = [
    "/api/v1/records/../me",
    "/api/v1/records/%2e%2e/me",
    "/api/v1/records/..%2fme",
    "/api/v1/records/%252e%252e/me",
    "/api/v1//me",
    "//api/v1/me",
    "/api/v1/me/",
    "/api/v1/me;a=b",
    "/api/v1/me%00",
    "/api/v1/me%20",
    "/api/v1/me%0d%0aX-A:%20b",
    "/api/v1/%6de%2f",
    "/api/v1%5cme",
    "/api/v1%e2%88%95me",
    "/API/V1/ME",
    "/api/v1/./me",
    "/api/v1/me.json",
    "/luutru.toml",
    "/api/v1/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "http://evil.example/api/v1/me",
    "*",
]


@pytest.mark.parametrize("path", AROUND)
def test_an_address_that_only_resembles_one_leads_nowhere(wire: Wire, peopled_once: Peopled, path: str) -> None:
    said = wire.ask(f"GET {path}", token(peopled_once))
    assert status(said) == 404 and b"request.address-unknown" in said
    # Nor does it get around the gate of the address it resembles.
    assert status(wire.ask(f"GET {path}")) == 404


def test_one_letter_written_as_a_code_is_the_same_address_behind_the_same_gate(
    wire: Wire, peopled_once: Peopled
) -> None:
    assert status(wire.ask("GET /api/v1/%6de")) == 401
    assert status(wire.ask("GET /api/v1/%6de", token(peopled_once))) == 200


@pytest.mark.parametrize("tail", ["%0a", "%00", "%20", "%2f..", "'", "%27%20OR%201=1", "*", "%ff", "A" * 4000])
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/records/{aip}{tail}",
        "/api/v1/submissions/00000000000000000000000000000000{tail}",
        "/api/v1/submissions/NL-2026-000001{tail}",
        "/api/v1/verify/" + "0" * 64 + "{tail}",
    ],
)
def test_an_id_with_anything_behind_it_is_no_id(wire: Wire, peopled_once: Peopled, path: str, tail: str) -> None:
    said = wire.ask("GET " + path.format(aip=peopled_once.aip_id, tail=tail), token(peopled_once))
    assert status(said) in (404, 422) and b'"fields"' not in said


def test_an_ordinal_written_oddly_is_the_same_document_behind_the_same_rules(wire: Wire, peopled_once: Peopled) -> None:
    for ordinal in ("1", "01", "%201", "1%0a", "%2b1"):
        line = f"GET /api/v1/records/{peopled_once.aip_id}/documents/{ordinal}"
        assert status(wire.ask(line, token(peopled_once, "administrator"))) == 403
        said = wire.ask(line, token(peopled_once))
        assert status(said) == 200 and b'"ordinal":1,' in said


def test_ordinals_are_plain_numbers_within_bounds(wire: Wire, peopled_once: Peopled) -> None:
    for ordinal in ("0", "-1", "1e0", "1.5", "0x1", "9" * 30, "9" * 5000, "٣"):
        escaped = "".join(f"%{byte:02x}" for byte in ordinal.encode())
        said = wire.ask(f"GET /api/v1/records/{peopled_once.aip_id}/documents/{escaped}", token(peopled_once))
        assert status(said) == 422, ordinal


def test_headers_and_addresses_have_a_longest_length(wire: Wire, peopled_once: Peopled) -> None:
    for said in (
        wire.ask(ME, "X-A: " + "a" * (1 << 20)),
        wire.ask("GET /api/v1/search?q=" + "a" * (1 << 18), token(peopled_once)),
        wire.ask(ME, "Authorization: Bearer " + "a" * (1 << 20)),
    ):
        assert status(said) == 400 and b"Invalid HTTP request" in said
    # Very many short ones are no way around it.
    assert status(wire.ask(ME, token(peopled_once), *[f"X-{number}: 1" for number in range(100_000)])) == 400


def test_an_id_of_a_request_brings_no_header_and_no_line_of_the_log_with_it(wire: Wire) -> None:
    for given in ("abcdefgh%0d%0aSet-Cookie: a=b", 'abcdefgh"} {"', "a" * 65, "abcdefgh\tx", "đ" * 8):
        said = wire.ask("GET /api/v1/health", "X-Request-ID: " + given.encode().decode("latin-1"))
        answered = next(line for line in said.split(b"\r\n") if line.lower().startswith(b"x-request-id:"))
        assert len(answered.partition(b":")[2].strip()) == 32 and b"set-cookie" not in said.lower()


def test_nothing_is_compressed_whatever_a_client_accepts(wire: Wire, peopled_once: Peopled) -> None:
    many = ", ".join(["gzip;q=1.0", "br", "zstd", "deflate", "*"] * 500)
    said = wire.ask(ME, token(peopled_once), f"Accept-Encoding: {many}", "TE: gzip, deflate")
    assert status(said) == 200 and b"content-encoding" not in said.lower() and b'"account"' in said


def test_an_upgrade_to_another_protocol_is_passed_over(wire: Wire, peopled_once: Peopled) -> None:
    socket_key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
    lines = [f"{ME} HTTP/1.1", "Host: a", "Connection: Upgrade, close", "Upgrade: websocket"]
    said = wire.say("\r\n".join([*lines, socket_key, "Sec-WebSocket-Version: 13", "", ""]).encode())
    assert status(said) == 401
    assert b"101 Switching" not in wire.ask(ME, "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")


def test_every_answer_forbids_browsers_to_guess_run_or_frame_it(wire: Wire, peopled_once: Peopled) -> None:
    for said in (
        wire.ask(ME, token(peopled_once)),
        wire.ask(ME),
        wire.ask("GET /<script>"),
        wire.ask("GET /api/v1/health"),
    ):
        head = said.partition(b"\r\n\r\n")[0].lower()
        assert b"x-content-type-options: nosniff" in head and b"content-security-policy: default-src 'none'" in head
        assert b"text/html" not in head and b"server:" not in head
