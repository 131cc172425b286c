"""Errors of the API as problem+json (RFC 9457): one shape, whatever went wrong."""

from __future__ import annotations

import logging
from http import HTTPStatus

from apiflask.exceptions import HTTPError
from flask import Response, json, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import HTTPException, InternalServerError

from podium.core.errors import Invalid, PodiumError, TooMany
from podium.core.uploads import drain

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger(__name__)

KINDS = {
    400: "malformed",
    401: "unauthorized",
    403: "not_allowed",
    404: "not_found",
    405: "wrong_method",
    409: "refused",
    413: "too_large",
    415: "wrong_type",
    416: "wrong_range",
    422: "invalid",
    429: "too_many",
    500: "internal",
}
SENTENCES = {
    400: "The request can't be read. Check its headers and its body.",
    404: "There is nothing at this address. /api/v1/openapi.json lists what there is.",
    413: "The body is larger than this address takes.",
    416: "The file has no such range of bytes. Ask for a range within its size.",
    500: "Something failed on our side. It has been logged; try again in a minute.",
}
FAULTS = {
    "missing": "Give a value; this one is required.",
    "extra_forbidden": "There is no such field here. Leave it out.",
    "string_type": "Write a text.",
    "bool_type": "Write true or false.",
    "string_too_short": "Write at least {min_length} characters.",
    "string_too_long": "Write at most {max_length} characters.",
    "greater_than_equal": "Write a number from {ge}.",
    "less_than_equal": "Write a number up to {le}.",
    "int_type": "Write a whole number.",
    "int_parsing": "Write a whole number.",
    "int_from_float": "Write a whole number.",
    "literal_error": "Write one of {expected}.",
    "enum": "Write one of {expected}.",
}


class Problem(BaseModel):
    """An error as RFC 9457 has it, with a word for programs and faults by field."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Unprocessable Entity",
                    "status": 422,
                    "detail": "label: Write at least 1 characters.",
                    "kind": "invalid",
                    "fields": {"label": "Write at least 1 characters."},
                }
            ]
        }
    )

    type: str = Field(description="Always about:blank; `kind` tells problems apart.")
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What happened, why, and what to do.")
    kind: str = Field(description="A short word that stays the same, for programs.")
    fields: dict[str, str] = Field(
        description="A sentence for each faulty field, by its name."
    )


class Unauthorized(PodiumError):
    """Nobody is signed in, or the token is not valid."""

    status = 401


class Malformed(PodiumError):
    """The body can't be read at all."""

    status = 400


class WrongType(PodiumError):
    """The body is of a kind that this address does not take."""

    status = 415


def problem(error: Exception) -> Response:
    """The answer to an error: its status, a sentence, a word for programs."""
    if isinstance(error, HTTPError):
        error = _validation_fault(error)
    if isinstance(error, PodiumError):
        body, headers = _of_ours(error)
    else:
        http = error if isinstance(error, HTTPException) else InternalServerError()
        body, headers = _of_http(http)
    if body.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="Podium"'
    drain(request)
    return Response(
        json.dumps(body.model_dump()), body.status, headers, content_type=MEDIA_TYPE
    )


def _of_ours(error: PodiumError) -> tuple[Problem, dict[str, str]]:
    headers = {}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_after_s)
    unsaid = error.kind == "refused"  # the class says more
    kind = KINDS.get(error.status, error.kind) if unsaid else error.kind
    return _body(error.status, error.sentence, kind, error.fields), headers


def _of_http(error: HTTPException) -> tuple[Problem, dict[str, str]]:
    status = error.code or 500
    headers = {
        name: value
        for name, value in error.get_headers()
        if name in {"Allow", "Content-Range", "Retry-After"}
    }
    sentence = SENTENCES.get(status) or error.description or HTTPStatus(status).phrase
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = headers.get("Allow", "other methods")
        sentence = f"This address does not take {request.method}. It takes {allowed}."
    return _body(status, sentence, KINDS.get(status, "refused"), {}), headers


def _body(status: int, sentence: str, kind: str, fields: dict[str, str]) -> Problem:
    return Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=sentence,
        kind=kind,
        fields=fields,
    )


def _validation_fault(error: HTTPError) -> PodiumError | HTTPException:
    """What APIFlask raises when a body or query does not fit its model, all at once."""
    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        log.error("unexpected error of the API library: %r", error)
        return InternalServerError()
    fields: dict[str, str] = {}
    for fault in cause.errors():
        name = ".".join(str(part) for part in fault["loc"]) or "body"
        fields[name] = (
            f"{fields[name]} {_sentence(fault)}"
            if name in fields
            else (_sentence(fault))
        )
    sentence = " ".join(f"{name}: {text}" for name, text in fields.items())
    return Invalid(sentence, kind="invalid", fields=fields)


def _sentence(fault: ErrorDetails) -> str:
    known = FAULTS.get(fault["type"])
    if known is not None:
        return known.format(**fault.get("ctx", {}))
    return f"{fault['msg'].removeprefix('Value error, ').rstrip('.')}."
