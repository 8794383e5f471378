"""Every route × every role × own and foreign × every mode × grant × purpose, asked over HTTP; expected by hand."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from api.bootstrap import Installation, opened
from api.http.app import create_app
from api.settings import load_settings
from archive.access import Mode, Operation, Principal, Role, Target, Verdict, decide
from archive.access.rules import scope_of
from tests.http_contract.asking import Wanted, request_of
from tests.http_contract.rights_table import (
    COLUMNS,
    CONTENT,
    EVERYBODY,
    METADATA_OF_DOCUMENT,
    ROUTES,
    SUBMISSION,
    WHOLE_PACKAGE,
    Row,
)
from tests.http_contract.world import AGENCIES, ROLES, World, account_id

with warnings.catch_warnings():
    # It would rather have another client below it than the one the service itself uses.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PURPOSE = "Xác minh quá trình công tác"
ABOUT_RECORDS = [route for route, row in ROUTES.items() if row.cells is not None]
ABOUT_NONE = [route for route, row in ROUTES.items() if row.cells is None]
WITH_SCOPE = [route for route, row in ROUTES.items() if row.scope]


@pytest.fixture(scope="module")
def installation(world: World) -> Iterator[Installation]:
    with opened(load_settings(world.home)) as made:
        yield made


@pytest.fixture(scope="module")
def app(installation: Installation) -> FastAPI:
    return create_app(installation)


class Asking:
    """Asks as anyone, and says what came back in the words of the table."""

    def __init__(self, client: TestClient, world: World, spare: str) -> None:
        self._client = client
        self._world = world
        self._spare = spare

    def ask(self, route: str, token: str | None, wanted: Wanted, *, purpose: bool = False) -> Any:
        method, path, options = request_of(route, replace(wanted, spare=self._spare))
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if purpose:
            options["params"] = {**options.get("params", {}), "purpose": PURPOSE}
        return self._client.request(method, path, headers=headers, **options)

    def said(self, route: str, token: str | None, wanted: Wanted, *, purpose: bool = False) -> str:
        return word_of(self.ask(route, token, wanted, purpose=purpose), ROUTES[route].ok)

    def of(self, whose: str, shape: str) -> Wanted:
        return Wanted.of(self._world.of(whose, shape))


def word_of(answer: Any, ok: int) -> str:
    """``ok``, ``403``, ``purpose``, ``404``, or whatever else it was."""
    if answer.status_code == ok:
        return "ok"
    if answer.status_code == 403 and answer.content:
        code = answer.json()["code"]
        return {"access.forbidden": "403", "access.purpose.missing": "purpose"}.get(code, f"403 {code}")
    if answer.status_code == 404 and answer.content:
        code = answer.json()["code"]
        return "404" if code == "record.missing" else f"404 {code}"
    return str(answer.status_code)


@pytest.fixture(scope="module")
def asking(app: FastAPI, installation: Installation, world: World) -> Iterator[Asking]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Asking(client, world, account_id(installation, "spare"))


def test_every_route_has_a_row_and_every_row_a_route(app: FastAPI) -> None:
    assert {route: str(operation) for route, operation in app.state.gates.items()} == {
        route: row.operation for route, row in ROUTES.items()
    }


def test_the_openapi_document_tells_of_the_routes_that_have_a_gate_and_of_no_others(app: FastAPI) -> None:
    told = {f"{method.upper()} {path}" for path, item in app.openapi()["paths"].items() for method in item}
    assert told == set(app.state.gates)


def test_the_scopes_of_the_table_are_those_of_the_rules() -> None:
    assert {route: row.scope for route, row in ROUTES.items()} == {
        route: (scope_of(Operation(row.operation)) or "") for route, row in ROUTES.items()
    }


@pytest.mark.parametrize("route", ABOUT_RECORDS)
def test_everyone_gets_of_each_record_what_the_table_says(route: str, asking: Asking, world: World) -> None:
    row = ROUTES[route]
    wrong = []
    for (person, whose, shape), expected in cells_of(row).items():
        for purpose in (False, True) if row.purpose else (False,):
            due = with_purpose(expected) if purpose else expected
            said = asking.said(route, world.tokens[person], asking.of(whose, shape), purpose=purpose)
            if said not in (due, head_of(route, due)):
                wrong.append(f"{person} {whose} {shape}{' with purpose' if purpose else ''}: {said}, not {due}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("route", ABOUT_RECORDS)
def test_the_table_and_the_rules_say_the_same(route: str) -> None:
    row = ROUTES[route]
    wrong = []
    for (person, whose, shape), expected in cells_of(row).items():
        for purpose in (False, True) if row.purpose else (False,):
            due = with_purpose(expected) if purpose else expected
            ruled = ruled_word(row, person, whose, shape, purpose=purpose)
            if ruled != due:
                wrong.append(f"{person} {whose} {shape}{' with purpose' if purpose else ''}: {ruled}, not {due}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("route", ABOUT_NONE)
def test_what_is_about_no_record_is_for_the_roles_named_and_for_no_others(
    route: str, asking: Asking, world: World
) -> None:
    row = ROUTES[route]
    allowed = (row.roles or EVERYBODY).split()
    said = {}
    for role in ROLES:
        token = passing_token(asking, world, role) if route == "DELETE /api/v1/session" else world.tokens[role]
        answer = asking.ask(route, token, Wanted())
        said[role] = "ok" if answer.status_code == row.ok else word_of(answer, row.ok)
    assert said == {role: "ok" if role in allowed else "403" for role in ROLES}
    for role in ROLES:
        principal = Principal("1", role, ROLES[role][0])
        assert (decide(principal, Operation(row.operation)) is Verdict.ALLOWED) == (role in allowed)


@pytest.mark.parametrize("route", ROUTES)
def test_nobody_gets_anything_but_what_needs_no_account(route: str, asking: Asking, world: World) -> None:
    row = ROUTES[route]
    public = row.cells is None and row.roles is None
    for token in (None, "luutru_khong-phai-ma-nao"):
        if public:
            assert asking.ask(route, token, Wanted()).status_code == row.ok
        else:
            statuses = {asking.ask(route, token, asking.of(*column)).status_code for column in COLUMNS}
            assert statuses == {401}
    assert (decide(None, Operation(row.operation)) is Verdict.ALLOWED) == public


@pytest.mark.parametrize("route", WITH_SCOPE)
def test_a_token_without_the_scope_gets_nothing_though_its_role_may(route: str, asking: Asking, world: World) -> None:
    row = ROUTES[route]
    tokens = {role: secret for (role, scope), secret in world.limited.items() if scope == row.scope}
    assert tokens
    for whose in AGENCIES:
        said = {role: asking.said(route, secret, asking.of(whose, "open")) for role, secret in tokens.items()}
        assert said == dict.fromkeys(tokens, head_of(route, "403"))


@pytest.mark.parametrize("route", ABOUT_RECORDS)
def test_what_may_not_be_known_of_is_answered_as_what_does_not_exist(route: str, asking: Asking, world: World) -> None:
    row = ROUTES[route]
    for person in {person for person, _, _ in cells_of(row)}:
        unknown = shown(asking.ask(route, world.tokens[person], Wanted()))
        for (one, whose, shape), expected in cells_of(row).items():
            if one == person and expected in ("404", "403") and (expected == "404" or person == "administrator"):
                assert shown(asking.ask(route, world.tokens[person], asking.of(whose, shape))) == unknown


@pytest.mark.parametrize("route", [route for route in ABOUT_RECORDS if "{ordinal}" in route])
def test_a_document_that_does_not_exist_is_answered_as_one_that_is_hidden(
    route: str, asking: Asking, world: World
) -> None:
    mixed = asking.of("foreign", "mixed")
    hidden = asking.ask(route, world.tokens["archivist"], mixed)
    assert shown(hidden) == shown(asking.ask(route, world.tokens["archivist"], replace(mixed, ordinal=3)))


def test_a_list_of_documents_and_its_count_pass_over_what_is_hidden(asking: Asking, world: World) -> None:
    mixed = asking.of("foreign", "mixed")
    seen = {}
    for person in ("archivist", "archivist_granted", "head", "auditor"):
        listed = asking.ask("GET /api/v1/records/{aip_id}/documents", world.tokens[person], mixed).json()
        detail = asking.ask("GET /api/v1/records/{aip_id}", world.tokens[person], mixed).json()
        seen[person] = ([item["ordinal"] for item in listed["items"]], detail["documents"])
    assert seen == {
        "archivist": ([1], 1),
        "archivist_granted": ([1, 2], 2),
        "head": ([1, 2], 2),
        "auditor": ([1, 2], 2),
    }


def cells_of(row: Row) -> dict[tuple[str, str, str], str]:
    assert row.cells is not None
    return dict(row.cells)


def with_purpose(expected: str) -> str:
    return "ok" if expected == "purpose" else expected


def head_of(route: str, expected: str) -> str:
    """An answer to HEAD has no body to say more than its status."""
    return "403" if route.startswith("HEAD ") and expected == "purpose" else expected


def shown(answer: Any) -> tuple[int, dict[str, str], Any]:
    """All of an answer that a request's own number is not in."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    body = json.loads(answer.content) if answer.content else None
    if isinstance(body, dict):
        body.pop("request_id", None)
    return answer.status_code, headers, body


def passing_token(asking: Asking, world: World, role: str) -> str:
    """Of one's own, to be given back."""
    return str(asking.ask("POST /api/v1/me/tokens", world.tokens[role], Wanted()).json()["token"])


def ruled_word(row: Row, person: str, whose: str, shape: str, *, purpose: bool) -> str:
    """What ``archive.access.decide`` makes of the same."""
    role, own = ROLES[person.removesuffix("_granted")]
    principal = Principal("1", person, role, AGENCIES[own][0] if own else "")
    hoso = Mode.OPEN if shape == "mixed" else Mode(shape)
    strictest = Mode.RESTRICTED if shape == "mixed" else hoso
    granted = person.endswith("_granted")
    whole = Target(AGENCIES[whose][0], hoso, granted=granted, purpose=purpose)
    strict = replace(whole, mode=strictest)
    operation = Operation(row.operation)
    if operation is Operation.SUBMISSION_READ:
        verdict = decide(principal, operation, Target(whole.owner, Mode.CONDITIONAL))
        if row.cells is not SUBMISSION and verdict is Verdict.ALLOWED and role is not Role.AGENCY:
            verdict = decide(principal, Operation.RECORD_READ, strict)
    elif row.cells is METADATA_OF_DOCUMENT:
        # Also what is found by its likeness is judged by whether it may be known of.
        verdict = decide(principal, Operation.RECORD_READ, strict)
    elif row.cells is WHOLE_PACKAGE:
        verdict = decide(principal, operation, replace(strict, known_mode=hoso))
    elif row.cells is CONTENT:
        verdict = decide(principal, operation, strict)
    else:
        verdict = decide(principal, operation, whole)
    words = {
        Verdict.ALLOWED: "ok",
        Verdict.FORBIDDEN: "403",
        Verdict.UNKNOWN: "404",
        Verdict.PURPOSE_MISSING: "purpose",
    }
    return words[verdict]
