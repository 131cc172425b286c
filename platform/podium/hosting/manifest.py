"""Changes a competition.yaml where a form asks for it; comments and order stay."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from podium.core.errors import Refused


def with_data(text: str, path: str, description: str) -> str:
    """The manifest with one more file for participants; raises Refused where its ``data``
    is not the list that a bundle has."""
    manifest = _load(text)
    data = manifest.get("data")
    if not isinstance(data, list):
        raise Refused("competition.yaml has no list under data. Mend it first.")
    data.append({"file": path, "description": description})
    return _dump(manifest)


def without_data(text: str, path: str) -> str:
    """The manifest without a file for participants."""
    manifest = _load(text)
    data = manifest.get("data") or []
    manifest["data"] = [each for each in data if each.get("file") != path]
    return _dump(manifest)


def _yaml() -> YAML:
    yaml = YAML()  # reads and writes what is there, comments too
    yaml.preserve_quotes = True
    yaml.width = 88
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _load(text: str) -> Any:
    try:
        return _yaml().load(text)
    except YAMLError as error:
        raise Refused("competition.yaml can't be read. Mend it first.") from error


def _dump(manifest: Any) -> str:
    sink = io.StringIO()
    _yaml().dump(manifest, sink)
    return sink.getvalue()
