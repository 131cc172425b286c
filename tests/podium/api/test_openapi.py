"""The OpenAPI document is valid, complete, and pleasant to make a client from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis

from podium.core.problems import MEDIA_TYPE
from tests.podium.api.test_access import ACCESS
from tests.podium.api.world import V1, World

Document = dict[str, Any]


@pytest.fixture
def document(world: World) -> Document:
    answer = world.anonymous("get", "/openapi.json")
    assert answer.status_code == 200
    found: Document = answer.json
    return found


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def test_it_is_valid_openapi_3_1(document: Document) -> None:
    assert document["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(document).validate()


def test_it_has_every_route_and_nothing_else(document: Document) -> None:
    found = {
        (method, path.removeprefix(V1)) for method, path, _ in _operations(document)
    }
    expected = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)) for method, path in ACCESS
    }
    assert found == expected


def test_every_operation_has_an_id_of_its_own_and_a_summary(document: Document) -> None:
    ids = [operation["operationId"] for _, _, operation in _operations(document)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][A-Za-z]+", each) for each in ids)
    assert all(operation["summary"] for _, _, operation in _operations(document))


def test_schemas_have_plain_names_and_each_is_there(document: Document) -> None:
    schemas = document["components"]["schemas"]
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+", name) for name in schemas)
    assert {"Team", "Submission", "Problem", "Leaderboard", "Competition"} <= set(
        schemas
    )
    names = {reference.rsplit("/", 1)[-1] for reference in _references(document)}
    assert names == set(schemas)


def test_bodies_are_required_and_have_examples(document: Document) -> None:
    bodies = [
        operation["requestBody"]
        for _, _, operation in _operations(document)
        if "requestBody" in operation
    ]
    assert len(bodies) == 15
    for body in bodies:
        assert body["required"] is True
        json_body = body["content"].get("application/json")
        assert json_body is None or json_body["example"]


def test_security_is_what_the_routes_ask_for(document: Document) -> None:
    assert list(document["components"]["securitySchemes"]) == ["bearerAuth"]
    token = [{"bearerAuth": []}]
    expected = {"anyone": None, "signed in": token, "better signed in": [{}, *token]}
    for method, path, operation in _operations(document):
        route = method, path.removeprefix(V1).replace("{token_id}", "{int:token_id}")
        access = ACCESS[route[0], re.sub(r"{(.*?)}", r"<\1>", route[1])]
        assert operation.get("security") == expected[access], route


def test_every_error_is_a_problem(document: Document) -> None:
    seen = set()
    for _, _, operation in _operations(document):
        for status, response in operation["responses"].items():
            assert response["description"]
            if status >= "400":
                assert list(response["content"]) == [MEDIA_TYPE]
                seen.add(status)
    assert seen == {
        "400", "401", "403", "404", "409", "413", "415", "416", "422", "429",
    }  # fmt: skip


def test_it_names_no_host(document: Document) -> None:
    assert "servers" not in document
