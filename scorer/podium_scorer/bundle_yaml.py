"""competition.yaml as nodes that know their lines.

YAML is read by its 1.1 rules, as PyYAML does, with two differences that spare surprises:
a key that stands twice is a fault, and anchors are not taken.
"""

from __future__ import annotations

import math
import re

import yaml

from podium_scorer.bundle_faults import FaultList

MANIFEST = "competition.yaml"
MANIFEST_BYTES = 256 * 1024
MOST_DEPTH = 20

TAG = "tag:yaml.org,2002:"
WHOLE = re.compile(r"[+-]?[0-9][0-9_]*")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_KINDS = {
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "a yes or no",
}
_WORDS = {
    "seq": "a list",
    "map": "a section with keys",
    "null": "nothing",
    "timestamp": "a date",
}


def compose(data: bytes, faults: FaultList) -> yaml.MappingNode | None:
    """The root node of a manifest, or None after noting why there is none."""
    if len(data) > MANIFEST_BYTES:
        faults.add(
            MANIFEST,
            None,
            f"The file has more than {MANIFEST_BYTES} bytes.",
            "a short file; longer texts belong into pages.",
        )
        return None
    try:
        if shape := _shape_fault(data):
            faults.add(MANIFEST, *shape)
            return None
        root = yaml.compose(data, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeError) as error:
        faults.add(MANIFEST, _error_line(error, data), *_syntax_fault(error))
        return None
    if not isinstance(root, yaml.MappingNode):
        faults.add(
            MANIFEST,
            1,
            "The file holds no keys." if root is None else "The file is no mapping.",
            "lines like “slug: my-competition”.",
        )
        return None
    return root


def line_of(node: yaml.Node) -> int:
    """The line a node starts on, from 1."""
    return int(node.start_mark.line) + 1


def kind_of(node: yaml.Node) -> str:
    """What a node is, in words."""
    tag = node.tag.removeprefix(TAG)
    return _WORDS.get(tag) or _KINDS.get(tag) or f"of the unknown type {node.tag}"


def is_null(node: yaml.Node) -> bool:
    """Whether nothing stands after the key."""
    return bool(node.tag == TAG + "null")


def scalar_value(node: yaml.ScalarNode) -> str | int | float | bool | None:
    """The value of a scalar; raises ValueError for dates, infinities and other tags."""
    text = str(node.value)
    match node.tag.removeprefix(TAG):
        case "str" if not node.style and _FLOAT.fullmatch(text):
            # YAML 1.1 takes 1e-15 for a text; nobody who writes it means one.
            return _finite(text)
        case "str":
            return text
        case "int" if WHOLE.fullmatch(text) and len(text) <= 18:
            return int(text.replace("_", ""))
        case "float" if _FLOAT.fullmatch(text.replace("_", "")):
            return _finite(text.replace("_", ""))
        case "bool":
            return text.lower() in {"yes", "true", "on"}
        case "null":
            return None
    raise ValueError(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _shape_fault(data: bytes) -> tuple[int, str, str] | None:
    """What makes a small file cost much: anchors expand without end, nesting is slow."""
    depth = 0
    for event in yaml.parse(data, Loader=yaml.SafeLoader):
        line = 1 if event.start_mark is None else int(event.start_mark.line) + 1
        if isinstance(event, yaml.AliasEvent):
            return line, "The line refers to an anchor.", "the value itself."
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MOST_DEPTH:
            return line, "The line is nested too deeply.", "sections as described."
    return None


def _error_line(error: Exception, data: bytes) -> int | None:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return int(error.problem_mark.line) + 1
    if isinstance(error, yaml.reader.ReaderError):
        return data[: error.position].count(b"\n") + 1
    return None


def _syntax_fault(error: Exception) -> tuple[str, str]:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem:
        return f"The file can't be read: {error.problem}.", "YAML."
    return (
        "The file can't be read: it holds bytes that are not text.",
        "YAML in UTF-8.",
    )
