"""Checks an answer against what the OpenAPI document says about it: the small part of JSON Schema that FastAPI writes."""

from __future__ import annotations

from typing import Any

import httpx

_TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


class Truth:
    """The document, and the checks against it; each returns what is wrong."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def check(self, method: str, template: str, answer: httpx.Response) -> list[str]:
        """What is wrong with `answer` to `method template`; an undocumented status is wrong too."""
        told = self.document["paths"][template][method.lower()]["responses"].get(str(answer.status_code))
        if told is None:
            return [f"status {answer.status_code} is not documented"]
        kind = answer.headers["content-type"].partition(";")[0]
        schema = told.get("content", {}).get(kind, {}).get("schema")
        if schema is None:
            return [f"{kind} is not documented for {answer.status_code}"]
        return self.value(answer.json(), schema, "$") if kind == "application/json" else []

    def value(self, value: Any, schema: dict[str, Any], place: str) -> list[str]:
        """What is wrong with one value."""
        if "$ref" in schema:
            return self.value(value, self._named(schema["$ref"]), place)
        if "anyOf" in schema:
            tried = [self.value(value, one, place) for one in schema["anyOf"]]
            return [] if any(not one for one in tried) else tried[0]
        wrong = []
        kind = schema.get("type")
        if kind and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
            return [f"{place}: {type(value).__name__} instead of {kind}"]
        if "enum" in schema and value not in schema["enum"]:
            wrong.append(f"{place}: {value!r} not in enum")
        if isinstance(value, dict):
            wrong += self._object(value, schema, place)
        if isinstance(value, list) and "items" in schema:
            for number, item in enumerate(value):
                wrong += self.value(item, schema["items"], f"{place}[{number}]")
        return wrong

    def _object(self, value: dict[str, Any], schema: dict[str, Any], place: str) -> list[str]:
        known = schema.get("properties", {})
        wrong = [f"{place}.{name}: missing" for name in schema.get("required", ()) if name not in value]
        more = schema.get("additionalProperties", "properties" not in schema)
        for name, item in value.items():
            if name in known:
                wrong += self.value(item, known[name], f"{place}.{name}")
            elif more is False or more is None or (not more and known):
                wrong.append(f"{place}.{name}: not documented")
            elif isinstance(more, dict):
                wrong += self.value(item, more, f"{place}.{name}")
        return wrong

    def _named(self, reference: str) -> dict[str, Any]:
        found: dict[str, Any] = self.document["components"]["schemas"][reference.rpartition("/")[2]]
        return found
