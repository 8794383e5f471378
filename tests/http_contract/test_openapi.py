"""The OpenAPI document: valid, in both languages, with examples that are what they are examples of."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from api.bootstrap import opened
from api.http.app import create_app
from api.initialising import initialise
from api.settings import load_settings
from archive.access import Operation, decide
from archive.access.rules import Verdict

with warnings.catch_warnings():
    # It would rather have another client below it than the one the service itself uses.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PROBLEM = "application/problem+json"
HERE = "urn:openapi"
_VIETNAMESE = re.compile(r"[ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ]", re.IGNORECASE)
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    home = tmp_path_factory.mktemp("empty") / "home"
    initialise(home, name="Lưu trữ lịch sử tỉnh Bình Minh", code="H99.12")
    with opened(load_settings(home)) as made:
        yield create_app(made)


@pytest.fixture(scope="module")
def document(app: FastAPI) -> Mapping[str, Any]:
    return dict(json.loads(json.dumps(app.openapi())))


@pytest.fixture(scope="module")
def operations(document: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return {
        f"{method.upper()} {path}": item[method]
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


@pytest.fixture(scope="module")
def registry(document: Mapping[str, Any]) -> Registry[Any]:
    return Registry().with_resource(HERE, DRAFT202012.create_resource(document))  # type: ignore[no-any-return]


def faults_of(value: Any, schema: Mapping[str, Any], registry: Registry[Any]) -> list[str]:
    """Where ``value`` is not what ``schema`` (a part of the document) asks for."""
    absolute = json.loads(json.dumps(schema).replace('"$ref": "#/', f'"$ref": "{HERE}#/'))
    validator: Validator = Draft202012Validator(absolute, registry=registry, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def example_in(place: Mapping[str, Any]) -> list[Any]:
    if "example" in place:
        return [place["example"]]
    return [item["value"] for item in place.get("examples", {}).values()]


def test_it_is_valid_openapi(document: Mapping[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(dict(document)).validate()


def test_every_schema_in_it_is_a_schema(document: Mapping[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_schema_speaks_the_words_of_json_schema_alone(document: Mapping[str, Any]) -> None:
    """A bound that Pydantic could not say in them stands there under its own name, and binds nobody."""
    names = set(re.findall(r'"(ge|gt|le|lt|min_length|max_length|multiple_of)":', json.dumps(document)))
    assert names == set()


def test_every_schema_is_met_by_the_examples_it_gives(document: Mapping[str, Any], registry: Registry[Any]) -> None:
    wrong = [
        f"{name} {fault}"
        for name, schema in document["components"]["schemas"].items()
        for example in schema.get("examples", ())
        for fault in faults_of(example, schema, registry)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_operation_has_a_name_of_its_own(operations: Mapping[str, Mapping[str, Any]]) -> None:
    names = [item.get("operationId", "") for item in operations.values()]
    assert sorted(set(names)) == sorted(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", name)] == []


def test_every_operation_says_in_vietnamese_and_in_english_what_it_does(
    operations: Mapping[str, Mapping[str, Any]],
) -> None:
    wrong = []
    for name, item in operations.items():
        short = item["summary"].split(" / ")
        long = item["description"].split("\n\n")
        for first, second in (short, long):
            if not (_VIETNAMESE.search(first) and second and first != second):
                wrong.append(name)
    assert not wrong, "\n".join(wrong)


def test_every_parameter_body_and_answer_is_described(operations: Mapping[str, Mapping[str, Any]]) -> None:
    wrong = []
    for name, item in operations.items():
        wrong += [f"{name}: {one['name']}" for one in item.get("parameters", ()) if not one.get("description")]
        wrong += [f"{name}: {status}" for status, one in item["responses"].items() if " " not in one["description"]]
    assert not wrong, "\n".join(wrong)


def test_every_parameter_has_an_example_that_it_would_take(
    operations: Mapping[str, Mapping[str, Any]], registry: Registry[Any]
) -> None:
    wrong = []
    for name, item in operations.items():
        for parameter in item.get("parameters", ()):
            examples = example_in(parameter)
            if not examples or examples[0] in (None, ""):
                wrong.append(f"{name}: {parameter['name']} has none")
            for example in examples:
                wrong += [
                    f"{name}: {parameter['name']} {fault}"
                    for fault in faults_of(example, parameter["schema"], registry)
                ]
    assert not wrong, "\n".join(wrong)


def test_every_json_body_has_an_example_that_it_would_take(
    operations: Mapping[str, Mapping[str, Any]], registry: Registry[Any]
) -> None:
    bodies = {name: item["requestBody"]["content"] for name, item in operations.items() if "requestBody" in item}
    wrong = wrong_examples(bodies, registry)
    assert not wrong, "\n".join(wrong)


def test_every_answer_has_an_example_that_is_one(
    operations: Mapping[str, Mapping[str, Any]], registry: Registry[Any]
) -> None:
    answers = {
        f"{name} {status}": one.get("content", {})
        for name, item in operations.items()
        for status, one in item["responses"].items()
    }
    wrong = wrong_examples(answers, registry)
    assert not wrong, "\n".join(wrong)


def wrong_examples(contents: Mapping[str, Mapping[str, Any]], registry: Registry[Any]) -> list[str]:
    wrong = []
    for name, content in contents.items():
        for kind, media in content.items():
            if "json" not in kind and "x-www-form" not in kind:
                continue
            if not example_in(media):
                wrong.append(f"{name} {kind} has none")
            for example in example_in(media):
                wrong += [f"{name} {kind} {fault}" for fault in faults_of(example, media.get("schema", {}), registry)]
    return wrong


def test_every_refusal_is_a_problem(operations: Mapping[str, Mapping[str, Any]]) -> None:
    wrong = []
    for name, item in operations.items():
        for status, answer in item["responses"].items():
            if int(status) < 400:
                continue
            schemas = {kind: media.get("schema") for kind, media in answer.get("content", {}).items()}
            # Health says of each part how it is, also when the whole is not well.
            if (name, status) != ("GET /api/v1/health", "503") and schemas != {
                PROBLEM: {"$ref": "#/components/schemas/Problem"}
            }:
                wrong.append(f"{name} {status}: {schemas}")
    assert not wrong, "\n".join(wrong)


def test_what_needs_an_account_says_so_and_tells_of_401_and_403(
    app: FastAPI, operations: Mapping[str, Mapping[str, Any]], document: Mapping[str, Any]
) -> None:
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for name, operation in app.state.gates.items():
        item = operations[name]
        public = decide(None, Operation(operation)) is Verdict.ALLOWED
        assert item.get("security") == (None if public else [{"token": []}]), name
        assert public or {"401", "403"} <= item["responses"].keys(), name


def test_no_answer_is_told_of_in_the_words_of_the_framework(document: Mapping[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False)
    assert "Successful Response" not in text
    assert "HTTPValidationError" not in text


def test_an_address_names_all_its_methods_to_who_asks_with_another(app: FastAPI) -> None:
    methods: dict[str, set[str]] = {}
    for route in app.state.gates:
        method, path = route.split(" ")
        methods.setdefault(path, set()).add(method)
    with TestClient(app) as client:
        for path, allowed in methods.items():
            answer = client.request("TRACE", path)
            assert answer.status_code == 405
            assert {item.strip() for item in answer.headers["Allow"].split(",")} == allowed, path
