"""Examples of schemas, put together from the examples of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BY_FORMAT: Mapping[str, str] = {
    "date-time": "2026-11-20T09:15:02.123456+07:00",
    "date": "2026-11-20",
    "uuid": "1f0c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5",
}


class NoExampleError(Exception):
    """Neither the schema nor anything in it says what its values look like."""


class Examples:
    """``schemas``: those of the document by name."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def of(self, schema: Mapping[str, Any], within: frozenset[str] = frozenset()) -> Any:
        """A value the schema allows. ``within``: what is being put together already. Raises NoExampleError."""
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            if name in within:
                raise NoExampleError(name)
            return self.of(self._schemas[name], within | {name})
        if schema.get("examples"):
            return self._whole(schema["examples"][0], schema)
        if schema.get("enum"):
            return schema["enum"][0]
        for key in ("example", "const", "default"):
            if key in schema:
                return schema[key]
        for key in ("allOf", "anyOf", "oneOf"):
            if key in schema:
                return self._first(schema[key], within)
        return self._of_type(schema, within)

    def _whole(self, example: Any, schema: Mapping[str, Any]) -> Any:
        """With the fields that are there and null: FastAPI drops every null from what it tells."""
        if not isinstance(example, dict):
            return example
        properties = schema.get("properties", {})
        missing = [name for name in schema.get("required", ()) if name not in example]
        nulls = [name for name in missing if {"type": "null"} in properties.get(name, {}).get("anyOf", ())]
        return {**example, **dict.fromkeys(nulls)}

    def complete(self) -> None:
        """The examples that schemas themselves state, made whole."""
        for schema in self._schemas.values():
            if "examples" in schema:
                schema["examples"] = [self._whole(example, schema) for example in schema["examples"]]

    def _first(self, branches: list[Mapping[str, Any]], within: frozenset[str]) -> Any:
        for branch in sorted(branches, key=lambda one: one.get("type") == "null"):
            try:
                return self.of(branch, within)
            except NoExampleError:
                continue
        raise NoExampleError(str(branches))

    def _of_type(self, schema: Mapping[str, Any], within: frozenset[str]) -> Any:
        match schema.get("type"):
            case "object":
                return self._object(schema, within)
            case "array":
                return self._array(schema, within)
            case "string" if schema.get("format") in _BY_FORMAT:
                return _BY_FORMAT[schema["format"]]
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return True
            case "null":
                return None
        raise NoExampleError(str(schema))

    def _object(self, schema: Mapping[str, Any], within: frozenset[str]) -> dict[str, Any]:
        found = {}
        for name, inner in schema.get("properties", {}).items():
            try:
                found[name] = self.of(inner, within)
            except NoExampleError:
                if name in schema.get("required", ()):
                    raise
        return found

    def _array(self, schema: Mapping[str, Any], within: frozenset[str]) -> list[Any]:
        try:
            return [self.of(schema["items"], within)] if "items" in schema else []
        except NoExampleError:
            if schema.get("minItems"):
                raise
            return []
