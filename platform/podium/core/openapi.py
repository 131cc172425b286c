"""The OpenAPI document: what APIFlask leaves out, and names as a reader expects them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from podium.core.problems import MEDIA_TYPE, Problem

OPTIONAL: list[Any] = [{}, {"bearerAuth": []}]
LICENSE = {
    "name": "Apache 2.0",
    "identifier": "Apache-2.0",
}
DESCRIPTION = """\
Everything that the site does, for programs.

Sign in with `POST /tokens` and send the token as `Authorization: Bearer TOKEN`. Lists are
`{"items": [...], "next": cursor}`: pass `next` on as `cursor`, until it is null. Times are
UTC. Errors are `application/problem+json`; their `detail` says what happened, why, and
what to do, and `kind` is a word that programs can rely on.
"""
REFERENCE = "#/components/schemas/"
PROBLEM_SCHEMA = "Problem"
ERROR_TEXTS = {
    400: "The body can't be read: it is no JSON, or was cut short.",
    401: "There is no valid token.",
    403: "This user may not do that.",
    404: "There is no such thing, or not for this user.",
    409: "The rules do not allow it now; `detail` says why and what to do.",
    413: "The body is too large.",
    415: "The body is of a kind that is not taken here.",
    416: "The file has no such range.",
    422: "The input has faults; `fields` holds all of them.",
    429: "Too many in a short time; `Retry-After` says when to come back.",
}
Document = dict[str, Any]

UPLOAD = "x-upload"  # marks an operation until its request body is written

_BYTES = {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
}
_HEADERS = {
    "ETag": {"description": "The file's sha256.", "schema": {"type": "string"}},
    "Accept-Ranges": {"schema": {"type": "string"}},
}
UNCHANGED: dict[int, dict[str, Any]] = {
    304: {"description": "Nothing has changed since the ETag you sent."},
}
FILE_ANSWERS: dict[int, dict[str, Any]] = {
    200: {"description": "The whole file.", "content": _BYTES, "headers": _HEADERS},
    206: {"description": "The range you asked for.", "content": _BYTES},
    **UNCHANGED,
}


def operation_id(name: str) -> str:
    """An operation's id from its view's name: ``make_token`` is ``makeToken``."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def responses(
    answers: dict[int, dict[str, Any]], errors: tuple[int, ...], *, json: bool
) -> dict[int, Any]:
    """What an operation answers besides what APIFlask finds out itself."""
    found: dict[int, Any] = dict(answers)
    for status in (*errors, *((400, 413, 415) if json else ())):
        found[status] = ERROR_TEXTS[status]
    return found


def finish(document: Document | str) -> Document | str:
    """Drop what is not the API's; plain schema names; bodies required; errors as they are."""
    if isinstance(document, str):
        raise TypeError("the document is made as JSON")
    paths = document["paths"]
    document["paths"] = {
        path: operations
        for path, operations in sorted(paths.items())
        if path.startswith("/api/")
    }
    document["tags"] = _tags(document)
    schemas = document["components"].setdefault("schemas", {})
    for unused in ("HTTPError", "ValidationError"):
        schemas.pop(unused, None)
    schemas[PROBLEM_SCHEMA] = Problem.model_json_schema()
    for operations in document["paths"].values():
        for operation in operations.values():
            _finish_operation(operation)
    document["components"]["schemas"] = _plain_names(schemas)
    finished: Document = _with_plain_references(document)
    return finished


def _tags(document: Document) -> list[dict[str, str]]:
    used = {
        tag
        for operations in document["paths"].values()
        for operation in operations.values()
        for tag in operation["tags"]
    }
    return [{"name": name} for name in sorted(used)]


def _finish_operation(operation: Document) -> None:
    if operation.pop(UPLOAD, False):
        operation["requestBody"] = {"content": _BYTES}
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    for parameter in operation["parameters"]:
        _finish_parameter(parameter)
    for status, response in operation["responses"].items():
        if not response.get("content", True):
            del response["content"]
        if int(status) >= HTTPStatus.BAD_REQUEST:
            _finish_error(int(status), response)


def _finish_parameter(parameter: Document) -> None:
    if parameter["in"] == "path":
        parameter["required"] = True
    description = parameter["schema"].pop("description", None)
    if description:
        parameter["description"] = description


def _finish_error(status: int, response: Document) -> None:
    response["description"] = ERROR_TEXTS[status]
    response["content"] = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE + PROBLEM_SCHEMA}}}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait.",
                "required": True,
                "schema": {"type": "integer", "minimum": 1},
            }
        }
    if status == HTTPStatus.UNAUTHORIZED:
        response["headers"] = {
            "WWW-Authenticate": {"required": True, "schema": {"type": "string"}}
        }


def _plain_names(schemas: Document) -> Document:
    """What a model holds comes as ``Outer.Inner``, but a model is one thing: ``Inner``;
    and the reader need not know that in the code ``Team`` is the table's."""
    named = {_plain(name): schema for name, schema in schemas.items()}
    for name, schema in named.items():
        schema["title"] = name
    return dict(sorted(named.items()))


def _plain(name: str) -> str:
    return name.rsplit(".", 1)[-1].removesuffix("Answer")


def _with_plain_references(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            key: REFERENCE + _plain(value.removeprefix(REFERENCE))
            if key == "$ref"
            else _with_plain_references(value)
            for key, value in part.items()
        }
    if isinstance(part, list):
        return [_with_plain_references(each) for each in part]
    return part
