"""An organizer's metric as text: what its ``score`` takes, read without running it.

The contract is Kaggle's: a Python file with
``score(solution, submission, row_id_column_name, **params) -> float``, where the first two
are data frames and further parameters are the organizer's settings.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from podium_scorer.contract import ParamValue

FUNCTION = "score"
GIVEN = ("solution", "submission", "row_id_column_name")
SOURCE_BYTES = 256 * 1024
_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "list": (list,),
}


@dataclass(frozen=True)
class SourceFault:
    """What is wrong with a metric's source or with the parameters for it."""

    line: int | None
    message: str
    advice: str


@dataclass(frozen=True)
class _Param:
    """A setting that a metric's ``score`` takes."""

    name: str
    required: bool
    type: str = ""  # as it is written, empty where it is not


def decoded(source: bytes) -> str | None:
    """The source as text; None where it is too long or not UTF-8."""
    if len(source) > SOURCE_BYTES:
        return None
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def source_hash(source: bytes) -> str:
    """What a report carries of a metric: the SHA-256 of its file, in hexadecimal."""
    return hashlib.sha256(source).hexdigest()


def source_faults(source: bytes, params: Mapping[str, ParamValue]) -> list[SourceFault]:
    """Everything wrong with a metric's file, and with parameters for it; may be empty."""
    text = decoded(source)
    if text is None:
        return [
            SourceFault(
                None,
                f"The metric is not text in UTF-8 of at most {SOURCE_BYTES:,} bytes.",
                "Give one Python file.",
            )
        ]
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        message = getattr(error, "msg", None) or "it can't be parsed"
        advice = "Mend the Python, and try it with `python metric.py`."
        return [SourceFault(line, f"The metric is no Python: {message}.", advice)]
    found = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == FUNCTION
    ]
    if not found:
        return [
            SourceFault(
                None,
                f"The metric has no function {FUNCTION}.",
                f"Define {FUNCTION}({', '.join(GIVEN)}, ...) at the top of the file.",
            )
        ]
    return list(_function_faults(found[-1], params))


def _function_faults(
    function: ast.FunctionDef, params: Mapping[str, ParamValue]
) -> Iterator[SourceFault]:
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args][: len(GIVEN)]
    if len(given) < len(GIVEN) and arguments.vararg is None:
        yield SourceFault(
            function.lineno,
            f"The function {FUNCTION} takes {len(given)} of the three arguments that it "
            "is given.",
            f"Begin with {FUNCTION}({', '.join(GIVEN)}, ...).",
        )
    wanted = {param.name: param for param in _params(arguments)}
    for name, param in wanted.items():
        if param.required and name not in params:
            yield SourceFault(
                function.lineno,
                f"The metric's parameter {name} has no value.",
                f"Set params.{name}, or give it a default in the function.",
            )
    for name, value in params.items():
        if name not in wanted and arguments.kwarg is None:
            known = ", ".join(wanted) or "none"
            yield SourceFault(
                function.lineno,
                f"The metric's {FUNCTION} has no parameter {name[:60]}.",
                f"Its parameters are: {known[:300]}.",
            )
        elif name in wanted and not _fits(wanted[name].type, value):
            yield SourceFault(
                function.lineno,
                f"The metric's parameter {name} is declared as {wanted[name].type}, and "
                f"params.{name} is {str(value)[:60]!r}.",
                "Give a value of that type.",
            )


def _params(arguments: ast.arguments) -> Iterator[_Param]:
    """The parameters behind the three that every metric is given."""
    positional = [*arguments.posonlyargs, *arguments.args]
    first_default = len(positional) - len(arguments.defaults)
    for place, argument in enumerate(positional):
        if place >= len(GIVEN):
            yield _Param(argument.arg, place < first_default, _written(argument))
    for argument, default in zip(
        arguments.kwonlyargs, arguments.kw_defaults, strict=True
    ):
        yield _Param(argument.arg, default is None, _written(argument))


def _written(argument: ast.arg) -> str:
    return "" if argument.annotation is None else ast.unparse(argument.annotation)


def _fits(type_: str, value: ParamValue) -> bool:
    """Whether a value is of a plainly declared type; any other declaration takes all."""
    types = _TYPES.get(type_)
    if types is None:
        return True
    if isinstance(value, bool) and bool not in types:
        return False
    return isinstance(value, types)
