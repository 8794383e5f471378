"""What a file is called, what it is said to be, and which of its bytes were asked for."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from starlette.requests import Request

from api.http.content import (
    Range,
    RangeUnsatisfiableError,
    Representation,
    ascii_name,
    asked_range,
    disposition,
    matches,
    media_type,
    wanted,
)
from api.http.problems import ProblemError
from api.http.rates import Rates, network

SHA256 = "ab" * 32
SHOWN = Representation("a.pdf", "application/pdf", 1000, SHA256)


def asking(method: str = "GET", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "headers": raw, "path": "/", "query_string": b""})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("bytes=0-99", Range(0, 100)),
        ("bytes=0-", Range(0, 1000)),
        ("bytes=999-", Range(999, 1)),
        ("bytes=-1", Range(999, 1)),
        ("bytes=-5000", Range(0, 1000)),
        ("bytes=990-5000", Range(990, 10)),
        ("bytes = 1-1", Range(1, 1)),
        ("BYTES=1-1", Range(1, 1)),
        ("bytes=,1-1,", Range(1, 1)),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=1", None),
        ("bytes", None),
        ("lines=1-2", None),
        ("bytes=0-1,5-6", None),
        ("bytes=0-1,5000-6000", None),
        ("bytes=" + "9" * 60 + "-", None),
    ],
)
def test_a_range_is_the_one_asked_for_or_all(value: str | None, expected: Range | None) -> None:
    assert asked_range(value, 1000) == expected


@pytest.mark.parametrize("value", ["bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=2000-,3000-"])
def test_a_range_outside_is_refused(value: str) -> None:
    with pytest.raises(RangeUnsatisfiableError):
        asked_range(value, 1000)


@pytest.mark.parametrize("value", ["bytes=0-", "bytes=-1", "bytes=0-0"])
def test_nothing_of_an_empty_file_is_in_range(value: str) -> None:
    with pytest.raises(RangeUnsatisfiableError):
        asked_range(value, 0)


def test_what_lies_outside_is_told_with_the_size() -> None:
    with pytest.raises(ProblemError) as caught:
        wanted(asking(range="bytes=1000-"), SHOWN)
    assert caught.value.status == 416
    assert caught.value.headers["Content-Range"] == "bytes */1000"


def test_a_part_is_given_only_of_the_same_bytes() -> None:
    tag = f'"{SHA256}"'
    assert wanted(asking(range="bytes=0-1", if_range=tag), SHOWN).status == 206
    assert wanted(asking(range="bytes=0-1", if_range='"other"'), SHOWN).status == 200
    assert wanted(asking(range="bytes=0-1", if_range=f"W/{tag}"), SHOWN).status == 200
    assert wanted(asking(range="bytes=0-1", if_range="Sat, 21 Nov 2026 00:00:00 GMT"), SHOWN).status == 200


def test_what_is_held_already_is_not_sent_again() -> None:
    tag = f'"{SHA256}"'
    assert wanted(asking(if_none_match=tag), SHOWN).status == 304
    assert wanted(asking(if_none_match=f'"x", W/{tag}'), SHOWN).status == 304
    assert wanted(asking(if_none_match="*"), SHOWN).status == 304
    assert wanted(asking(if_none_match='"x"'), SHOWN).status == 200
    assert wanted(asking("HEAD", if_none_match=tag), SHOWN).status == 304


def test_a_condition_that_fails_ends_the_request() -> None:
    assert wanted(asking(if_match=f'"{SHA256}"'), SHOWN).status == 200
    with pytest.raises(ProblemError) as caught:
        wanted(asking(if_match='"x"'), SHOWN)
    assert caught.value.status == 412
    assert not matches(f'W/"{SHA256}"', f'"{SHA256}"', weak=False)


def test_a_head_request_knows_no_ranges() -> None:
    assert wanted(asking("HEAD", range="bytes=0-1"), SHOWN).status == 200


@pytest.mark.parametrize(
    "name",
    [
        "Quyết định số 15-2017-QĐ-UBND về nâng lương.pdf",
        "Quyết định.pdf",
        'a"b\\c.pdf',
        "100% hoàn thành; bản cuối.pdf",
        "văn bản \N{RIGHT-TO-LEFT OVERRIDE}fdp.exe",
        "'chào'(1)*.txt",
        "日本語.pdf",
    ],
)
def test_every_name_survives_byte_for_byte(name: str) -> None:
    value = disposition(f"thư mục/{name}")
    assert value.isascii() and "\r" not in value and "\n" not in value
    exact = value.partition("filename*=UTF-8''")[2]
    assert unquote(exact, errors="strict") == name
    plain = value.split('"')[1]
    assert '"' not in plain and "\\" not in plain and "%" not in plain


def test_a_plain_name_needs_no_second_form() -> None:
    assert disposition("bao cao 1.pdf") == 'attachment; filename="bao cao 1.pdf"'


def test_a_name_cannot_bring_a_header_of_its_own() -> None:
    value = disposition('x"\r\nSet-Cookie: a=b\r\n\r\n<script>.pdf')
    assert "\r" not in value and "\n" not in value


def test_the_ascii_form_is_the_same_word_without_marks() -> None:
    assert ascii_name("Đơn đề nghị.pdf") == "Don de nghi.pdf"
    assert ascii_name("Thuỷ lợi.docx") == "Thuy loi.docx"
    assert ascii_name("\N{SNOWMAN}") == "_"


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        ("application/pdf", "application/pdf"),
        ("text/plain", "text/plain"),
        ("text/plain; charset=utf-16", "text/plain"),
        ("image/png", "image/png"),
        (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("application/xml", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("application/vnd.mozilla.xul+xml", "application/octet-stream"),
        ("multipart/related", "application/octet-stream"),
        ("text/plain\r\nX: y", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_what_might_run_goes_out_as_bytes(recorded: str, sent: str) -> None:
    assert media_type(recorded) == sent


def test_no_charset_is_stated_that_nobody_knows() -> None:
    assert Representation("a.txt", "text/plain", 1, SHA256).headers()["Content-Type"] == "text/plain"


def test_who_asks_too_often_waits_and_others_do_not() -> None:
    now = [0.0]
    rates = Rates(per_minute=60, burst=2, clock=lambda: now[0])
    rates.take("192.0.2.1")
    rates.take("192.0.2.1")
    with pytest.raises(ProblemError) as caught:
        rates.take("192.0.2.1")
    assert caught.value.status == 429
    assert caught.value.headers["Retry-After"] == "1"
    rates.take("192.0.2.2")
    now[0] = 1.0
    rates.take("192.0.2.1")


def test_the_addresses_of_one_user_count_as_one() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:1")
    assert network("2001:db8::1") != network("2001:db8:1::1")
    assert network("::ffff:192.0.2.1") == network("192.0.2.1")
    assert network("testclient") == "testclient"
