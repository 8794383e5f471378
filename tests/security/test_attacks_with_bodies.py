"""Bodies no honest client sends: too large, too deep, too slow, cut short, lying about themselves."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from api.bootstrap import Installation
from api.http.limits import BodyLimits
from tests.http.peopled import Peopled
from tests.http_contract.asking import Wanted, request_of
from tests.security.conftest import Wire, status, wired
from tests.serving.test_serve import eventually

JSON = "Content-Type: application/json"
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}


def token(peopled_once: Peopled, who: str = "head") -> str:
    return f"Authorization: Bearer {peopled_once.tokens[who]}"


def with_bodies(people: Peopled) -> list[tuple[str, str]]:
    """Method and path of every route that takes a body of its own kind."""
    wanted = Wanted(aip_id=people.aip_id, spare=people.ids["archivist"])
    described = people.app.openapi()["paths"]
    return [
        request_of(route, wanted)[:2]
        for route in people.app.state.gates
        if "requestBody" in described[route.partition(" ")[2]][route.partition(" ")[0].lower()]
        and not route.endswith(("/me/password", "/verify"))
    ]


BODIES = {
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "a giant number": b"9" * 100_000,
    "a giant number inside": b'{"username": ' + b"9" * 100_000 + b"}",
    "not a number": b'{"days": NaN, "size": Infinity, "ordinal": -Infinity}',
    "half a character as a name": b'{"\\ud800": 1}',
    "a name twice": b'{"username": "a", "username": "b", "role": "head", "role": "agency"}',
    "bytes that are no text": b'{"username": "\xff\xfe"}',
    "another encoding": '{"username": "a"}'.encode("utf-16"),
    "packed": gzip.compress(b'{"username": "a"}'),
    "nothing but zeros": b"\x00" * 1000,
    "null": b"null",
    "nothing": b"",
    "an entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "a prototype": b'{"__proto__": {"role": "administrator"}, "constructor": {}}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_what_is_no_body_of_a_route_is_refused_by_every_route(peopled_once: Peopled, body: bytes) -> None:
    for method, path in with_bodies(peopled_once):
        for who in ("head", "administrator", "agency"):
            headers = {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {peopled_once.tokens[who]}",
                "Tus-Resumable": "1.0.0",
            }
            answer = peopled_once.client.request(method, path, content=body, headers=headers)
            # An index that is away is said to be away; that is no fault of the body.
            away = answer.status_code == 503 and answer.json()["code"] == "search.index-unavailable"
            optional = answer.status_code in (200, 201) and path.endswith(("/submissions", "/uploads"))
            assert 400 <= answer.status_code < 500 or away or optional, (method, path, answer.text)
            assert not answer.content or answer.headers["content-type"].startswith("application/")


@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "\x1b[31m", "\ufffe", "\u202e", "a" * 100_000])
def test_characters_no_text_has_are_refused_or_kept_as_data(people: Peopled, text: str) -> None:
    places: list[tuple[str, str, str, dict[str, Any]]] = [
        ("auditor", "POST", f"/records/{people.aip_id}/dip", {"request_id": text, "purpose": "01"}),
        ("auditor", "POST", f"/records/{people.aip_id}/dip", {"request_id": "1", "purpose": "01", "description": text}),
        ("head", "PUT", f"/records/{people.aip_id}/mode", {"mode": "restricted", "reason": text}),
        ("head", "POST", "/me/searches", {"name": text, "query": {"q": text}}),
        ("head", "POST", "/me/searches", {"name": "a", "query": {"q": "a", "filters": {"kind": [text]}}}),
        ("head", "POST", "/me/tokens", {"label": text}),
        ("administrator", "POST", "/accounts", {"username": text, "name": text, "role": "archivist"}),
        ("administrator", "POST", "/accounts", {"username": "nguoi-moi", "name": text, "role": "archivist"}),
    ]
    for who, method, path, body in places:
        content = json.dumps(body).encode("ascii")
        answer = people.ask(who, method, path, content=content, headers={"Content-Type": "application/json"})
        # The hồ sơ of this archive has no bytes: what would be made of them is as far as it gets.
        got_through = path.endswith("/dip") and answer.status_code == 503
        assert answer.status_code in (200, 201, 400, 409, 422) or got_through, (path, answer.text)
        json.loads(answer.content.decode("utf-8"))
    for record in people.ledger():
        assert "\ud800" not in json.dumps(dict(record.data), ensure_ascii=False)


@pytest.mark.parametrize("chunked", [False, True], ids=["by its length", "in chunks"])
@pytest.mark.parametrize("known", [False, True], ids=["of nobody", "of an account"])
def test_no_route_reads_a_body_without_end_into_memory(
    wire: Wire, peopled_once: Peopled, chunked: bool, known: bool
) -> None:
    more = [token(peopled_once, "administrator")] if known else []
    for method, path in with_bodies(peopled_once):
        # Those stream, for whoever may hand in: nobody here.
        streams = method == "PATCH" or path in ("/api/v1/submissions", "/api/v1/uploads")
        expected = {401, 403} if streams else {401, 403, 404, 405, 413}
        block = b"x" * 0x20000
        body = b"20000\r\n" + block + b"\r\n"
        said = wire.say(
            "\r\n".join(
                [
                    f"{method} {path} HTTP/1.1",
                    "Host: a",
                    "Connection: close",
                    JSON,
                    "Transfer-Encoding: chunked" if chunked else f"Content-Length: {1 << 40}",
                    *more,
                    "",
                    "",
                ]
            ).encode(),
            *([body] if chunked else [block]) * 16,
        )
        assert status(said) in expected, (method, path, said[:300])


@pytest.fixture(scope="module")
def hasty(peopled_once: Peopled) -> Iterator[Wire]:
    """A server that waits for half a second."""
    with wired(peopled_once.app, peopled_once.installation) as wire:
        layer: Any = peopled_once.app.middleware_stack
        while layer is not None and not isinstance(layer, BodyLimits):
            layer = getattr(layer, "app", None) or getattr(layer, "_app", None)
        assert layer is not None
        patience, layer._idle = layer._idle, 0.5
        yield wire
        layer._idle = patience


BEGUN = {
    "json": ("POST /api/v1/grants", "head", JSON, b'{"account": "archi', "request.too-slow"),
    "a password": ("POST /api/v1/session", "", JSON, b'{"username": "hea', "request.too-slow"),
    "a form": (
        "POST /api/v1/session",
        "",
        "Content-Type: application/x-www-form-urlencoded",
        b"username=hea",
        "request.too-slow",
    ),
    "a package": ("POST /api/v1/submissions", "agency", "Content-Type: application/zip", b"PK", "request.incomplete"),
}


@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN.keys())
def test_a_body_that_stops_arriving_is_408_on_every_kind_of_route(
    hasty: Wire, peopled_once: Peopled, begun: tuple[str, str, str, bytes, str]
) -> None:
    line, who, kind, body, code = begun
    more = [token(peopled_once, who)] if who else []
    said = hasty.ask(line, kind, "Content-Length: 1000", *more, body=body)
    assert status(said) == 408 and code.encode() in said and said.count(b"HTTP/1.1") == 1
    assert in_quarantine(peopled_once.installation) == []


@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN.keys())
def test_who_hangs_up_half_way_leaves_nothing_and_is_no_defect_of_ours(
    wire: Wire,
    peopled_once: Peopled,
    caplog: pytest.LogCaptureFixture,
    begun: tuple[str, str, str, bytes, str],
) -> None:
    line, who, kind, body, _code = begun
    more = [token(peopled_once, who)] if who else []
    head = "\r\n".join([f"{line} HTTP/1.1", "Host: a", kind, "Content-Length: 1000", *more, "", ""])
    with caplog.at_level(logging.WARNING):
        wire.say(head.encode(), body, hang_up=True)
        # The next answer comes after what was made of that one.
        assert status(wire.ask("GET /api/v1/me", token(peopled_once))) == 200
        eventually(lambda: in_quarantine(peopled_once.installation) == [])
    assert "defect" not in caplog.text and "Traceback" not in caplog.text


def test_a_body_larger_than_was_said_is_cut_where_it_was_said(wire: Wire, peopled_once: Peopled) -> None:
    said = wire.ask("POST /api/v1/session", JSON, "Content-Length: 2", body=b'{}{"username": "head"}')
    assert status(said) == 422 and said.count(b"HTTP/1.1") == 1


def test_a_packed_body_is_never_unpacked(people: Peopled) -> None:
    bomb = gzip.compress(b"\x00" * (20 << 20))
    for path, kind in (("/submissions", "application/zip"), ("/session", "application/json")):
        answer = people.ask(
            "agency", "POST", path, content=bomb, headers={"Content-Type": kind, "Content-Encoding": "gzip"}
        )
        assert answer.status_code in (415, 422), answer.text
    assert in_quarantine(people.installation) == []


FORM = b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n'
FILE = b'; filename="a.zip"'
FORMS = {
    "no file": FORM % (b"a", b"") + b"b\r\n--x--\r\n",
    "two files": (FORM % (b"a", FILE) + b"PK\r\n") * 2 + b"--x--\r\n",
    "a thousand files": (FORM % (b"a", FILE) + b"PK\r\n") * 1000 + b"--x--\r\n",
    "no end": FORM % (b"a", FILE) + b"PK",
    "a giant header of a part": FORM % (b"a" * (4 << 20), FILE) + b"PK\r\n--x--\r\n",
    "a million headers": b"--x\r\n" + b"A: b\r\n" * 1_000_000 + b"\r\nPK\r\n--x--\r\n",
    "a giant field": FORM % (b"a", b"") + b"b" * (1 << 20) + b"\r\n--x--\r\n",
    "a form in a form": b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n"
    + (FORM % (b"a", FILE)).replace(b"--x", b"--y")
    + b"PK\r\n--y--\r\n--x--\r\n",
    "nothing": b"",
    "no boundary": b"PK",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_form_that_is_none_is_refused_and_keeps_nothing(people: Peopled, form: bytes) -> None:
    answer = people.ask(
        "agency",
        "POST",
        "/submissions",
        content=form,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 400 and answer.json()["code"] in ("request.form-broken", "intake.empty"), answer.text
    assert in_quarantine(people.installation) == []


def test_an_upload_that_lies_about_itself_gets_nothing(people: Peopled) -> None:
    def ask(method: str, path: str, who: str = "agency", content: bytes = b"", **headers: str) -> Any:
        return people.ask(who, method, path, content=content, headers=headers)

    for length in ("-1", "1e9", "0x10", str(2**62), str(2**63), "9" * 5000, "1_0", "", "0x"):
        answer = ask("POST", "/uploads", **{**TUS, "Upload-Length": length})
        assert answer.status_code in (400, 413), (length, answer.text)
    begun = ask("POST", "/uploads", **{**TUS, "Upload-Length": "10"})
    place = begun.headers["location"].removeprefix("/api/v1")
    for offset, body, expected in (
        ("1", b"a", 409),
        ("-1", b"a", 400),
        (str(2**63), b"a", 400),
        ("9" * 5000, b"a", 400),
        ("0", b"a" * 11, 413),
        ("0", b"a" * (2 << 20), 413),
    ):
        assert ask("PATCH", place, content=body, **{**CHUNK, "Upload-Offset": offset}).status_code == expected, offset
    wrong = {"Upload-Checksum": "sha256 " + base64.b64encode(hashlib.sha256(b"other").digest()).decode()}
    assert ask("PATCH", place, content=b"a", **{**CHUNK, "Upload-Offset": "0", **wrong}).status_code == 460
    for checksum in ("md5 AAAA", "sha256 ####", "sha256", "sha256 AAAA", "a" * 5000):
        answer = ask("PATCH", place, content=b"a", **{**CHUNK, "Upload-Offset": "0", "Upload-Checksum": checksum})
        assert answer.status_code == 400, checksum
    # Nor does it become another's, or longer, or packed.
    for who in ("archivist", "head"):
        answer = ask("PATCH", place, who=who, content=b"a", **{**CHUNK, "Upload-Offset": "0"})
        assert answer.status_code == (404 if who == "archivist" else 403)
    for headers, expected in (({"Upload-Length": "100"}, 409), ({"Content-Encoding": "gzip"}, 415)):
        answer = ask("PATCH", place, content=b"a", **{**CHUNK, "Upload-Offset": "0", **headers})
        assert answer.status_code == expected
    assert ask("HEAD", place, **TUS).headers["upload-offset"] == "0"
    assert in_quarantine(people.installation) == []


def test_pieces_sent_at_the_same_time_never_mix(people: Peopled) -> None:
    begun = people.ask("agency", "POST", "/uploads", headers={**TUS, "Upload-Length": "1000000"})
    place = begun.headers["location"].removeprefix("/api/v1")
    got: list[int] = []

    def send(letter: bytes) -> None:
        answer = people.ask("agency", "PATCH", place, content=letter * 500_000, headers={**CHUNK, "Upload-Offset": "0"})
        got.append(answer.status_code)

    threads = [threading.Thread(target=send, args=(letter,)) for letter in (b"a", b"b", b"c", b"d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count(204) == 1 and set(got) <= {204, 409, 423}
    (data,) = (people.installation.settings.home / "uploads").glob("*/data")
    assert len(data.read_bytes()) == 500_000 and len(set(data.read_bytes())) == 1


def in_quarantine(installation: Installation) -> list[str]:
    folder = installation.settings.home / "quarantine"
    return sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []
