"""What no good client sends: half characters, nulls, numbers out of any range, bodies of another kind. Refused, never a 5xx."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from api.bootstrap import Installation, opened
from api.http.app import create_app
from api.settings import load_settings
from tests.http_contract.asking import Wanted, request_of
from tests.http_contract.rights_table import EVERYBODY, ROUTES
from tests.http_contract.world import World, account_id

with warnings.catch_warnings():
    # It would rather have another client below it than the one the service itself uses.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

TEXTS = {
    "half of a character": "\ud800",
    "the other half": "a\udfff",
    "a null": "a\x00b",
    "a line's end": "a\r\nSet-Cookie: b",
    "turned around": "\u202egpj.exe",
    "not a character": "\uffff",
    "beyond the first plane": "𠀋",
    "long": "ă" * 5000,
    "markup": "<script>alert(1)</script>",
    "a path": "../../../../etc/passwd",
    "empty": "",
}
NUMBERS = (10**400, -(10**400), 2**63, -1, 1.5, True)
PATHS = (
    "%00",
    "a%00b",
    "%ed%a0%80",
    "%ff%fe",
    "..%2f..%2fetc",
    "%2e%2e",
    "9" * 400,
    "-1",
    "1.0",
    "%d9%a1",
    "%20",
    "%0d%0a",
)
QUERIES = ("%00", "%ed%a0%80", "%ff", "9" * 400, "-1", "1e400", "NaN", "%d9%a1", "", "%0d%0a", "[]", "{}")
CALMED = {"connection", "keep-alive", "transfer-encoding"}


@pytest.fixture(scope="module")
def installation(world: World) -> Iterator[Installation]:
    with opened(load_settings(world.home)) as made:
        yield made


@pytest.fixture(scope="module")
def client(installation: Installation) -> Iterator[TestClient]:
    with TestClient(create_app(installation), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def wanted(world: World, installation: Installation) -> Wanted:
    return replace(Wanted.of(world.of("own", "open")), spare=account_id(installation, "spare"))


@pytest.fixture(scope="module")
def document(client: TestClient) -> Mapping[str, Any]:
    return dict(client.get("/api/v1/openapi.json").json())


def bearer(world: World, route: str) -> dict[str, str]:
    """Of somebody who gets past the gate."""
    row = ROUTES[route]
    if row.cells is None and row.roles is None:
        return {}
    if row.roles is not None:
        role = row.roles.split()[0]
    else:
        role = next(who for (who, _, _), said in (row.cells or {}).items() if said == "ok" and "_" not in who)
    assert role in EVERYBODY.split()
    return {"Authorization": f"Bearer {world.tokens[role]}"}


def fault_of(answer: Any) -> str:
    """What is wrong with an answer; "" for nothing."""
    if answer.status_code >= 500:
        return f"{answer.status_code} {answer.text[:200]}"
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        kind = answer.headers.get("content-type")
        return "" if kind == "application/problem+json" and answer.json()["code"] else f"{answer.status_code} as {kind}"
    return ""


WITH_JSON = [route for route in ROUTES if "json" in request_of(route, Wanted())[2]]


@pytest.mark.parametrize("route", WITH_JSON)
def test_an_odd_value_in_a_body_is_no_error_of_ours(
    route: str, client: TestClient, world: World, wanted: Wanted
) -> None:
    method, path, options = request_of(route, wanted)
    wrong = []
    for name in options["json"]:
        for what, value in [*TEXTS.items(), *((f"number {number!r:.20}", number) for number in NUMBERS)]:
            for inner in (value, [value], {"a": value}, None):
                body = json.dumps({**options["json"], name: inner})
                headers = {"Content-Type": "application/json", **bearer(world, route)}
                answer = client.request(method, path, content=body, headers=headers)
                if fault := fault_of(answer):
                    wrong.append(f"{name}: {what}: {fault}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("route", [route for route in WITH_JSON if route != "POST /api/v1/me/tokens"])
def test_a_body_that_is_no_json_is_refused(route: str, client: TestClient, world: World, wanted: Wanted) -> None:
    method, path, _ = request_of(route, wanted)
    bodies = (b"", b"{", b"null", b"[]", b'"a"', b"\xff\xfe", b"\xef\xbb\xbf{}", b"[" * 50_000, b'{"a":1e999}', b"NaN")
    kinds = ("application/json", "text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense", "")
    wrong = []
    for body in bodies:
        for kind in kinds:
            headers = {**({"Content-Type": kind} if kind else {}), **bearer(world, route)}
            answer = client.request(method, path, content=body, headers=headers)
            if fault_of(answer) or not 400 <= answer.status_code < 500:
                wrong.append(f"{body[:10]!r} as {kind!r}: {answer.status_code} {fault_of(answer)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("route", [route for route in ROUTES if "{" in route])
def test_an_odd_word_in_a_path_is_no_error_of_ours(
    route: str, client: TestClient, world: World, wanted: Wanted
) -> None:
    method, template = route.split(" ")
    wrong = []
    for place in re.findall(r"{(\w+)}", template):
        for word in PATHS:
            marked = template.replace("{" + place + "}", "ODD")
            _, path, options = request_of(route, wanted)
            values = dict(zip(re.findall(r"{(\w+)}", template), _values(template, path), strict=True))
            odd = marked.format(**values).replace("ODD", word)
            options["headers"] = {**options.get("headers", {}), **bearer(world, route)}
            if fault := fault_of(client.request(method, odd, **options)):
                wrong.append(f"{place}={word[:20]}: {fault}")
    assert not wrong, "\n".join(wrong)


def _values(template: str, path: str) -> list[str]:
    pattern = re.sub(r"\\{\w+\\}", r"([^/]+)", re.escape(template))
    found = re.fullmatch(pattern, path)
    assert found is not None, path
    return list(found.groups())


@pytest.mark.parametrize("route", ROUTES)
def test_an_odd_word_in_a_query_or_header_is_no_error_of_ours(
    route: str, client: TestClient, world: World, wanted: Wanted, document: Mapping[str, Any]
) -> None:
    method, template = route.split(" ")
    wrong = []
    for parameter in document["paths"][template][method.lower()].get("parameters", ()):
        for word in QUERIES:
            _, path, options = request_of(route, wanted)
            headers = {**options.pop("headers", {}), **bearer(world, route)}
            if parameter["in"] == "query":
                options.pop("params", None)
                path = f"{path}?{parameter['name']}={word}&{parameter['name']}={word}"
            elif parameter["in"] == "header" and parameter["name"].lower() not in CALMED:
                headers = {**headers, parameter["name"]: word}
            if fault := fault_of(client.request(method, path, headers=headers, **options)):
                wrong.append(f"{parameter['name']}={word[:20]}: {fault}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("route", "name", "value"),
    [
        ("PUT /api/v1/accounts/{account_id}/active", "active", 0),
        ("PUT /api/v1/accounts/{account_id}/active", "active", "false"),
        ("POST /api/v1/me/tokens", "days", "5"),
        ("POST /api/v1/me/tokens", "days", True),
        ("POST /api/v1/grants", "ordinal", "1"),
        ("POST /api/v1/grants", "valid_until", 4102444800),
        ("POST /api/v1/records/{aip_id}/dip", "ordinals", ["1"]),
        ("POST /api/v1/records/{aip_id}/dip", "requested_on", 0),
        ("PUT /api/v1/records/{aip_id}/mode", "review_on", 0),
    ],
)
def test_what_only_could_be_read_as_a_value_is_none(
    route: str, name: str, value: Any, client: TestClient, world: World, wanted: Wanted
) -> None:
    method, path, options = request_of(route, wanted)
    answer = client.request(method, path, json={**options["json"], name: value}, headers=bearer(world, route))
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["at"].startswith(f"body.{name}")


@pytest.mark.parametrize("name", ("from", "to"))
def test_a_number_is_no_day_of_a_search(name: str, client: TestClient, world: World) -> None:
    headers = {"Authorization": f"Bearer {world.tokens['agency']}"}
    assert client.get("/api/v1/search", params={name: "1500000000"}, headers=headers).status_code == 422


@pytest.mark.parametrize(
    "path", ("/", "/api", "/api/v1", "/api/v1/", "/api/v1/health/", "//api/v1/health", "/api/v1/%00")
)
def test_an_address_that_does_not_exist_is_a_problem_with_404(path: str, client: TestClient) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "request.address-unknown")
