"""The OpenAPI document: what FastAPI says of the routes, corrected where it says what is not so, examples everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.http.described import MEANING
from api.http.example_values import Examples, NoExampleError
from api.http.problems import MEDIA_TYPE

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_OUTDATED = ("HTTPValidationError", "ValidationError")
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_DONE = {
    200: "Kết quả. / The result.",
    201: "Đã tạo. / Created.",
    202: "Đã ghi nhận yêu cầu; tiến trình xử lý thực hiện. / Accepted; a worker carries it out.",
    204: "Đã thực hiện. / Done.",
}
_OF_BODIES = (408, 413)
"""What the service answers to a body that stops arriving, and to one too large, before the route is asked; and 400 to
bytes that are no text, let alone JSON."""
_HEADERS: Mapping[str, Mapping[str, Any]] = {
    "X-Request-Id": {
        "description": "Mã yêu cầu để đối chiếu nhật ký. / Of this request, as the log has it.",
        "schema": {"type": "string"},
        "required": True,
    },
    "WWW-Authenticate": {
        "description": "Cách xác thực (RFC 6750). / How to authenticate.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Thử lại sau số giây này. / Seconds to wait.", "schema": {"type": "string"}},
}


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of all routes: every problem under its own media type, every body and parameter with an example."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        description=app.description,
        routes=app.routes,
        servers=[{"url": "/"}],
    )
    schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
    for name in _OUTDATED:
        schemas.pop(name, None)
    examples = Examples(schemas)
    examples.complete()
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            _tell_of_parameter(parameter)
        _tell_of_bodies(operation)
        for status, response in operation["responses"].items():
            _tell_of_response(int(status), response)
        _exemplify(operation, examples)
    return document


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from (path[method] for method in _METHODS if method in path)


def _tell_of_parameter(parameter: dict[str, Any]) -> None:
    """What may be left out is left out: no word in an address or a header field stands for nothing."""
    schema = parameter["schema"]
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del schema["anyOf"]
        parameter["schema"] = {**kinds[0], **schema}


def _tell_of_bodies(operation: dict[str, Any]) -> None:
    if "requestBody" in operation:
        json = "application/json" in operation["requestBody"]["content"]
        for status in (*_OF_BODIES, *((400,) if json else ())):
            operation["responses"].setdefault(str(status), {"description": MEANING[status]})


def _tell_of_response(status: int, response: dict[str, Any]) -> None:
    if response.get("description") == "Successful Response":
        response["description"] = _DONE[status]
    if status >= 400:
        content = response.setdefault("content", {})
        if content.get("application/json", {}).get("schema") in (None, _PROBLEM):
            content.pop("application/json", None)
            content[MEDIA_TYPE] = {"schema": _PROBLEM}
    headers = response.setdefault("headers", {})
    headers.setdefault("X-Request-Id", _HEADERS["X-Request-Id"])
    if status == 401:
        headers.setdefault("WWW-Authenticate", _HEADERS["WWW-Authenticate"])
    if status in (429, 503):
        headers.setdefault("Retry-After", _HEADERS["Retry-After"])


def _exemplify(operation: Mapping[str, Any], examples: Examples) -> None:
    """Parameters, bodies and answers each with one example, put together from those of their fields."""
    places: list[dict[str, Any]] = [
        item for item in operation.get("parameters", ()) if "example" not in item and "examples" not in item
    ]
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    for told in (*bodies, *operation["responses"].values()):
        places += (media for kind, media in told.get("content", {}).items() if "json" in kind or "x-www-form" in kind)
    for place in places:
        if "schema" not in place or "example" in place or "examples" in place:
            continue
        try:
            example = examples.of(place["schema"])
        except NoExampleError:
            continue
        # Of a parameter, nothing would be an example of leaving it out.
        if "in" not in place or example not in (None, ""):
            place["example"] = example
