"""Whether a request is as Twilio's OpenAPI description says (tests/payloads/twilio/openapi.json)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.channels.sms.provider import Taken

DESCRIBED: Mapping[str, Any] = json.loads(
    (Path(__file__).parents[2] / "payloads" / "twilio" / "openapi.json").read_text("utf-8")
)["requests"]
ADDRESS = re.compile(r"(whatsapp:)?\+[1-9][0-9]{6,14}|whatsapp:[A-Z]{2}\.[A-Za-z0-9]{1,128}")
TYPES = {"string": str, "object": dict, "array": list, "integer": int}


def check_request(taken: Taken) -> str:
    """Check path, query and body; gives the name of the request. AssertionError says what is wrong."""
    name, described = _described(taken)
    query = set(described.get("query", {}))
    for field in query & taken.fields.keys():
        value = taken.fields[field]
        _check(int(value) if value.isdigit() else value, described["query"][field], field)
    if "body" not in described:
        assert taken.fields.keys() <= query, f"{name}: {taken.fields.keys() - query}"
        return name
    assert taken.headers["content-type"].split(";")[0] == described["content_type"], name
    lists = {field for field, schema in described["body"]["properties"].items() if schema["type"] == "array"}
    body = json.loads(taken.body) if described["content_type"].endswith("json") else _form(taken.body, lists)
    _check(body, described["body"], name)
    for choices in described.get("one_of", []):
        assert sum(choice in body for choice in choices) == 1, f"{name}: exactly one of {choices}"
    for choices in described.get("any_of", []):
        assert any(choice in body for choice in choices), f"{name}: at least one of {choices}"
    for choices in described.get("apart", []):
        assert sum(choice in body for choice in choices) < 2, f"{name}: never together {choices}"
    return name


def _described(taken: Taken) -> tuple[str, Mapping[str, Any]]:
    for name, described in DESCRIBED.items():
        method, path = name.split(" ")
        match = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path), taken.path)
        if method == taken.method and match:
            for field, value in match.groupdict().items():
                _check(value, described["path"][field], field)
            return name, described
    raise AssertionError(f"no such request: {taken.method} {taken.path}")


def _form(body: str, lists: set[str]) -> dict[str, str | list[str]]:
    """The fields of a form; those in `lists` may come more than once."""
    fields = parse_qs(body, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for field, values in fields.items() if field not in lists), "a field twice"
    return {field: values if field in lists else values[0] for field, values in fields.items()}


def _check(value: Any, schema: Mapping[str, Any], where: str) -> None:
    assert isinstance(value, TYPES[schema["type"]]), f"{where} is no {schema['type']}"
    match value:
        case str():
            _check_string(value, schema, where)
        case int():
            assert schema.get("minimum", value) <= value <= schema.get("maximum", value), where
        case list():
            for number, item in enumerate(value):
                _check(item, schema["items"], f"{where}[{number}]")
        case dict():
            _check_object(value, schema, where)


def _check_string(value: str, schema: Mapping[str, Any], where: str) -> None:
    assert schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10_000), where
    assert re.search(schema.get("pattern", ""), value), f"{where}: {value}"
    assert value in schema.get("enum", [value]), f"{where}: {value}"
    if schema.get("format") == "uri":
        parts = urlsplit(value)
        assert parts.scheme in ("http", "https"), f"{where}: {value}"
        assert parts.hostname, f"{where}: {value}"
    if schema.get("format") == "phone-number":
        assert ADDRESS.fullmatch(value), f"{where}: {value}"


def _check_object(value: Mapping[str, Any], schema: Mapping[str, Any], where: str) -> None:
    known, more = schema.get("properties", {}), schema.get("additionalProperties", True)
    missing = [field for field in schema.get("required", []) if field not in value]
    assert not missing, f"{where} lacks {missing}"
    for field, inner in value.items():
        if field in known:
            _check(inner, known[field], f"{where}.{field}")
        else:
            assert more is not False, f"{where} has {field}"
            if isinstance(more, dict):
                _check(inner, more, f"{where}.{field}")
