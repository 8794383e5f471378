"""Schemathesis against a running service, as one role: all its phases, all its checks, and nothing foreign in any answer."""

from __future__ import annotations

import io
import itertools
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import schemathesis
import uvicorn
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.engine import events, from_schema
from schemathesis.schemas import BaseSchema
from starlette.types import ASGIApp, Receive, Scope, Send

from api.bootstrap import Installation, now, opened
from api.heartbeat import Pulse
from api.http.app import create_app
from api.serving import configured, listening
from api.settings import load_settings
from api.signing_in import authenticate
from tests.http_contract.world import World, token_of

_addresses = itertools.count(1)
for _binary in ("application/offset+octet-stream", "application/pdf"):
    schemathesis.serializer.alias(_binary, "application/octet-stream")


@contextmanager
def served(world: World) -> Iterator[tuple[str, Installation]]:
    """The service on loopback, in this process; its address, and the installation behind it."""
    with opened(load_settings(world.home)) as installation, listening("127.0.0.1", 0) as bound:
        app = create_app(installation)
        server = uvicorn.Server(configured(app, installation.settings))
        server.config.app = from_many_addresses(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            with alive(installation):
                yield f"http://127.0.0.1:{bound.getsockname()[1]}", installation
        finally:
            server.should_exit = True
            thread.join()


def _pass_over_unknown_fields(schema: BaseSchema) -> None:
    """A field of the header nobody knows is passed over (RFC 9110, 5.1): one that was added makes no request wrong."""

    @schema.hook
    def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
        return not (isinstance(failure, AcceptedNegativeData) and "x-schemathesis-unknown-property" in case.headers)


def from_many_addresses(app: ASGIApp) -> ASGIApp:
    """Every request from an address of its own: limits by address are tested elsewhere, and would hide what is behind."""

    async def moved(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            number = next(_addresses)
            scope["client"] = (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 40000)
        await app(scope, receive, send)

    return moved


@dataclass
class Outcome:
    """What a run came to. ``failures``: each kind once, with a request that shows it."""

    failures: dict[tuple[str, str], str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    foreign: dict[tuple[str, str], str] = field(default_factory=dict)
    operations: set[str] = field(default_factory=set)
    statuses: dict[str, set[int]] = field(default_factory=dict)
    requests: int = 0

    def told(self) -> str:
        lines = [f"{label} [{check}]: {text}" for (label, check), text in sorted(self.failures.items())]
        lines += [f"{label}: «{word}» in the answer to {request}" for (label, word), request in self.foreign.items()]
        return "\n\n".join([*lines, *self.errors])


def schema_of(
    world: World, address: str, installation: Installation, role: str, values: Mapping[str, Any]
) -> BaseSchema:
    """The OpenAPI of the service as it tells it, to be tried with tokens of ``role`` ("" for nobody)."""
    schema = schemathesis.openapi.from_url(
        f"{address}/api/v1/openapi.json", config=SchemathesisConfig.from_dict(dict(values))
    )
    if role:
        _ask_as(schema, installation, role)
    _pass_over_unknown_fields(schema)
    return schema


def _ask_as(schema: BaseSchema, installation: Installation, role: str) -> None:
    """Every request with a token of ``role`` that lives: signing out and revoking are tried too, and would end the rest."""
    lock, secret = threading.Lock(), [token_of(installation, role)]

    @schema.auth(refresh_interval=None)
    class Living:
        def get(self, case: Any, context: Any) -> str:
            with lock:
                with installation.catalogue.read() as reading:
                    lives = authenticate(reading, secret[0], now()) is not None
                if not lives:
                    secret[0] = token_of(installation, role)
                return secret[0]

        def set(self, case: Any, data: str, context: Any) -> None:
            case.headers["Authorization"] = f"Bearer {data}"


def carried_out(schema: BaseSchema, foreign: frozenset[str]) -> Outcome:
    """Every phase of Schemathesis, to its end; ``foreign``: words no answer may hold."""
    outcome = Outcome()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _look(event.recorder, foreign, outcome)
        elif isinstance(event, events.NonFatalError):
            outcome.errors.append(f"{event.label}: {event.value!r}"[:2000])
        elif isinstance(event, events.FatalError):
            raise event.exception
    return outcome


def _look(recorder: Any, foreign: frozenset[str], outcome: Outcome) -> None:
    for case_id, interaction in recorder.interactions.items():
        if interaction.response is None:
            continue
        outcome.requests += 1
        label = recorder.cases[case_id].value.operation.label
        outcome.operations.add(label)
        outcome.statuses.setdefault(label, set()).add(interaction.response.status_code)
        text = text_of(interaction.response)
        for word in foreign:
            if word in text:
                outcome.foreign.setdefault((label, word), f"{interaction.request.method} {interaction.request.uri}")
    for case_id, checks in recorder.checks.items():
        case = recorder.cases[case_id].value
        for check in checks:
            if check.failure_info is not None:
                told = f"{check.failure_info.failure}\n{check.failure_info.code_sample}"
                key = (case.operation.label, f"{check.name} {check.failure_info.failure.title}")
                outcome.failures.setdefault(key, told[:1500])


def text_of(response: Any) -> str:
    """All words of an answer, headers and the members of zip files with it, in small letters."""
    content: bytes = response.content or b""
    parts = [str(dict(response.headers)).encode(), content]
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts += [name.encode() + archive.read(name) for name in archive.namelist()]
    return b"\n".join(parts).decode("utf-8", "replace").lower()


@contextmanager
def alive(installation: Installation) -> Iterator[None]:
    """As if a worker ran beside it: the service is ready, and nothing handed in is ever begun on."""
    with Pulse(installation.catalogue, "beside"):
        yield
