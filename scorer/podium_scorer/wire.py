"""JSON from somebody who is not trusted, checked field by field.

Standard library only, since the site, the worker, the sandbox and the scorer share it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, cast

HEADER_BYTES = 64 * 1024


class ContractError(ValueError):
    """A job or an answer that does not keep to the contract."""


def header_line(data: object) -> bytes:
    """Data as one line of JSON, line feed included; raises ContractError if it is too long."""
    line = json.dumps(data, allow_nan=False, separators=(",", ":")).encode() + b"\n"
    if len(line) > HEADER_BYTES:
        raise ContractError(f"a header line has at most {HEADER_BYTES} bytes")
    return line


def read_header_line(line: bytes, keys: set[str]) -> dict[str, Any]:
    """Read one line of JSON with these keys; raises ContractError where it is anything else."""
    if len(line) > HEADER_BYTES or not line.endswith(b"\n"):
        raise ContractError("the header line is too long or cut short")
    try:
        data = json.loads(
            line, object_pairs_hook=_unique_keys, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise ContractError(f"the header line is not JSON: {error}") from error
    return exact(data, "header", keys, set())


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a key stands twice")
    return data


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number here")


def mapping(data: object, what: str) -> dict[str, Any]:
    """The data as an object; raises ContractError where it is none."""
    if not isinstance(data, Mapping):
        raise ContractError(f"{what} must be an object")
    return cast(dict[str, Any], data)


def exact(
    data: object, what: str, required: set[str], optional: set[str]
) -> dict[str, Any]:
    """The data as an object with all the required keys and no unknown one, or ContractError."""
    fields = mapping(data, what)
    missing, unknown = required - set(fields), set(fields) - required - optional
    if missing or unknown:
        raise ContractError(
            f"{what}: missing {sorted(missing)}, unknown {sorted(unknown)}"
        )
    return fields


def text(fields: Mapping[str, Any], name: str, most: int | None = None) -> str:
    """A text of at most so many characters ("" where there is none), or ContractError."""
    value = fields.get(name, "")
    if not isinstance(value, str) or (most is not None and len(value) > most):
        raise ContractError(f"{name} must be a text of at most {most} characters")
    if most is not None and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
        # JSON can carry both; no database and no page takes them.
        raise ContractError(f"{name} must be a text without NUL and half characters")
    return value


def count(value: object, name: str) -> int:
    """A whole number from 0, or ContractError."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ContractError(f"{name} must be a whole number from 0")
    return value


def number(value: object, name: str) -> float:
    """A finite number, or ContractError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ContractError(f"{name} must be a number")
    try:
        number = float(value)
    except OverflowError as error:
        raise ContractError(f"{name} must be finite") from error
    if not math.isfinite(number):
        raise ContractError(f"{name} must be finite")
    return number


def optional_number(fields: Mapping[str, Any], name: str) -> float | None:
    """A finite number, None where there is none, or ContractError."""
    return number(fields[name], name) if name in fields else None


def interval(fields: Mapping[str, Any], name: str) -> tuple[float, float] | None:
    """Two finite numbers, None where there are none, or ContractError."""
    if name not in fields:
        return None
    value = fields[name]
    if not isinstance(value, list) or len(value) != 2:
        raise ContractError(f"{name} must be two numbers")
    low, high = (number(end, name) for end in value)
    return (low, high)
