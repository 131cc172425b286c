"""How lines of a log look, for people or as JSON, and what they are about.

Here because the sandbox service and the site's programs share it, and the service knows
nothing of the site. What a line is about is bound to the work that is being done, so that
every line of it carries the same ids; the client hands them to the service with a job.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TextIO

FORMATS = ("text", "json")
FIELD_CHARS, MOST_FIELDS = 80, 8  # of what another process says that a job is about
_FIELDS = "podium_fields"
_NOTHING: Mapping[str, object] = MappingProxyType({})
_bound: ContextVar[Mapping[str, object]] = ContextVar(
    "podium_log_fields", default=_NOTHING
)


def configure(style: str, *, prefix: str = "", stream: TextIO | None = None) -> None:
    """Let every logger of this process write lines in a style of ``FORMATS``, from INFO
    on, to ``stream`` (standard error). ``prefix`` begins a line for people."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else TextLines(prefix))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def say(log: logging.Logger, message: str, /, **fields: object) -> None:
    """Write a line at INFO with fields of its own. No secret belongs in one."""
    log.info(message, extra={_FIELDS: fields})


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Let every line that the body writes carry these fields."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def about() -> dict[str, object]:
    """What the lines written now are about."""
    return dict(_bound.get())


def believable(said: object) -> dict[str, object]:
    """Of what another process says that its job is about, what fits into a line."""
    if not isinstance(said, dict):
        return {}
    return {
        name: value if isinstance(value, int) else value[:FIELD_CHARS]
        for name, value in list(said.items())[:MOST_FIELDS]
        if isinstance(value, int | str) and name.isidentifier()
    }


class TextLines(logging.Formatter):
    """LEVEL logger message name=value ..., on one line but for a traceback."""

    def __init__(self, prefix: str = "") -> None:
        super().__init__()
        self._prefix = prefix

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        words = [record.levelname, record.name, _on_one_line(record.getMessage())]
        words += [f"{name}={_value(value)}" for name, value in _fields(record).items()]
        line = " ".join([self._prefix, *words] if self._prefix else words)
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, the fields, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "at": at.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        # A field never takes the place of what every line has.
        line = {**_fields(record), **line}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {**_bound.get(), **getattr(record, _FIELDS, {})}


def _value(value: object) -> str:
    text = str(value)
    plain = text.isprintable() and not set(text) & {" ", '"', "="} and text
    return text if plain else json.dumps(text)


def _on_one_line(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
