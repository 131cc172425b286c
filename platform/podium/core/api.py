"""What every part of the JSON API is made of: the application, blueprints, operations.

An operation says in one place what it takes, what it answers, who may call it and which
errors it has; the OpenAPI document is made from that.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from importlib.metadata import version
from typing import Any, TypeVar

from apiflask import APIBlueprint, APIFlask, HTTPTokenAuth
from flask import Request, Response, g, request
from pydantic import BaseModel
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from podium.core import openapi
from podium.core.errors import Invalid, NotFound
from podium.core.problems import Malformed, Unauthorized, WrongType, problem
from podium.core.text import storable

VERSION = version("podium")
ROOT = "/api"
PREFIX = "/api/v1"
JSON_BYTES = 512 * 1024
LARGEST_ID = 2**31 - 1
View = TypeVar("View", bound=Callable[..., Any])

bearer = HTTPTokenAuth(
    name="bearerAuth",
    description="A personal access token: POST /tokens, or Settings > Tokens on the site.",
)


class Access(StrEnum):
    """Who may call an operation."""

    ANYONE = "anyone"
    BETTER_SIGNED_IN = "better signed in"  # the answer tells more with a token
    SIGNED_IN = "signed in"


class ApiBlueprint(APIBlueprint):
    """The operations of one part of Podium, under /api/v1."""

    def __init__(self, name: str, import_name: str, *, tag: str) -> None:
        super().__init__(f"api_{name}", import_name, tag=tag, url_prefix=PREFIX)
        self.before_request(_storable)
        self.before_request(_hold_nothing)
        self.after_request(_private)

    def operation(
        self,
        method: str,
        path: str,
        *,
        access: Access = Access.ANYONE,
        body: type[BaseModel] | None = None,
        example: dict[str, Any] | None = None,
        query: type[BaseModel] | None = None,
        answer: type[BaseModel] | None = None,
        status: int = 200,
        answers: dict[int, dict[str, Any]] | None = None,
        upload: bool = False,
        errors: tuple[int, ...] = (),
    ) -> Callable[[View], View]:
        """Make a view an operation; it gets ``body`` and ``query`` as such.

        ``answer`` is the model of its success; where that is not JSON, ``answers`` holds
        the OpenAPI responses instead. ``upload``: the body is a file. ``errors`` are
        those that do not follow from the rest. The view's name becomes the operation's
        id, its docstring the description.
        """

        def decorate(view: View) -> View:
            function: Any = view
            if answer is not None:
                function = self.output(answer, status_code=status)(function)
            if query is not None:
                function = self.input(query, location="query", arg_name="query")(
                    function
                )
            if body is not None:
                function = self.input(body, arg_name="body", example=example)(function)
                function = _json_only(function)
            function = self._guarded(function, access)
            function = self.doc(
                operation_id=openapi.operation_id(view.__name__),
                responses=openapi.responses(
                    answers or {}, errors, json=body is not None
                ),
                extensions={openapi.UPLOAD: True} if upload else None,
                security=openapi.OPTIONAL
                if access is Access.BETTER_SIGNED_IN
                else None,
            )(function)
            function.api_access = access
            self.route(path, methods=[method])(function)
            return view

        return decorate

    def _guarded(self, function: Any, access: Access) -> Any:
        if access is Access.ANYONE:
            return function
        optional: Any = True if access is Access.BETTER_SIGNED_IN else None
        return self.auth_required(bearer, optional=optional)(function)


def new_app(import_name: str, **options: Any) -> APIFlask:
    """A Flask application that knows the API; ``options`` are Flask's."""
    app = APIFlask(
        import_name,
        title="Podium API",
        version=VERSION,
        spec_path="/openapi.json",
        openapi_blueprint_url_prefix=PREFIX,
        docs_path=None,
        json_errors=False,
        **options,
    )
    app.config["OPENAPI_VERSION"] = "3.1.0"
    app.config["AUTO_SERVERS"] = False
    app.info = {"description": openapi.DESCRIPTION, "license": openapi.LICENSE}
    app.error_callback = problem
    app.spec_processor(openapi.finish)
    return app


def is_api(asked: Request) -> bool:
    """Whether the request is for the API, so that its errors are problem+json."""
    return asked.path == ROOT or asked.path.startswith(ROOT + "/")


def no_content() -> Response:
    """The answer 204."""
    return Response(status=204)


@bearer.error_handler
def _nobody(_status: int) -> Response:
    return problem(
        Unauthorized(
            "This needs a token. Make one with POST /api/v1/tokens or under "
            "Settings > Tokens, and send it as “Authorization: Bearer TOKEN”.",
            kind="unauthorized",
        )
    )


def _storable() -> None:
    """No database holds such a text or number, so there is nothing at that address."""
    for value in (request.view_args or {}).values():
        too_large = isinstance(value, int) and value > LARGEST_ID
        if too_large or not storable(str(value)):
            raise NotFound("There is no such thing. Check the address.")


def _hold_nothing() -> None:
    """End the transaction in which a browser's cookie was looked up: the API does not ask
    for it, and nobody shall wait for it while a body comes in."""
    opened = g.get("podium_session")
    if opened is not None:
        opened.commit()


def _json_only(function: Any) -> Any:
    """Read a JSON body of bounded size before the view's model looks at it."""

    @wraps(function)
    def read(*args: Any, **kwargs: Any) -> Any:
        request.max_content_length = JSON_BYTES
        if not request.is_json:
            raise WrongType(
                "Send the body as JSON, with the header “Content-Type: application/json”.",
                kind="wrong_type",
            )
        if not isinstance(_json_body(), dict):
            sentence = "Send a JSON object."
            raise Invalid(sentence, kind="invalid", fields={"body": sentence})
        return function(*args, **kwargs)

    return read


def _json_body() -> Any:
    # Another extension may have read it already, by the larger limit of a form.
    if len(request.get_data()) > JSON_BYTES:
        raise RequestEntityTooLarge
    try:
        return request.get_json()
    except BadRequest as error:
        if type(error) is not BadRequest:  # the client went away
            raise
        raise Malformed("The body is not valid JSON.", kind="malformed") from error
    except RecursionError as error:
        sentence = "The body is nested too deeply."
        raise Malformed(sentence, kind="malformed") from error


def _private(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "private, no-cache")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.add("Vary", "Authorization")
    return response
