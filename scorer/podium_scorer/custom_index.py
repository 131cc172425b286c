"""The index of a competition with an organizer's metric: all that judges, in one file.

It holds the three files as they came and the settings, so that a submission is judged by
exactly what was tried when the solution was prepared.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from podium_scorer.contract import ParamValue

FORMAT = 1
_MAGIC = b"PODCUST"
_FRONT = struct.Struct("<7sBI")  # magic, format, length of the header
_FILES = ("solution", "sample", "metric")
_HEADER_BYTES = 1 << 20


class UnsoundCustomIndex(ValueError):
    """Bytes that are no index of an organizer's metric; the text is a sentence."""


@dataclass(frozen=True, kw_only=True)
class CustomSettings:
    """How an organizer's metric is called, and what its files are called in messages."""

    params: Mapping[str, ParamValue]
    shows_errors: bool = True
    id_column: str | None = None
    public_only: bool = False
    solution_name: str = "solution.csv"
    sample_name: str = "sample_submission.csv"
    metric_name: str = "metric.py"


@dataclass(frozen=True, kw_only=True, repr=False)
class CustomIndex:
    """Solution, sample and metric, byte for byte, and the settings."""

    settings: CustomSettings
    solution: bytes
    sample: bytes
    metric: bytes

    def to_bytes(self) -> bytes:
        """The index as a file."""
        files = [getattr(self, name) for name in _FILES]
        header = asdict(self.settings) | {"sizes": [len(file) for file in files]}
        line = json.dumps(header).encode()
        return _FRONT.pack(_MAGIC, FORMAT, len(line)) + line + b"".join(files)


def read_custom_index(data: bytes | memoryview) -> CustomIndex:
    """Read an index; raises UnsoundCustomIndex for anything else."""
    data = bytes(data)
    if len(data) < _FRONT.size:
        raise UnsoundCustomIndex("The index is cut short.")
    magic, version, size = _FRONT.unpack(data[: _FRONT.size])
    if magic != _MAGIC:
        raise UnsoundCustomIndex("These bytes are no index of an organizer's metric.")
    if version != FORMAT:
        raise UnsoundCustomIndex(
            f"The index has format {version}, this scorer reads {FORMAT}."
        )
    start = _FRONT.size + size
    if size > _HEADER_BYTES or start > len(data):
        raise UnsoundCustomIndex("The index's header has an impossible length.")
    try:
        header = json.loads(data[_FRONT.size : start])
        sizes = [int(each) for each in header.pop("sizes")]
        settings = CustomSettings(**header)
    except (ValueError, RecursionError, TypeError, AttributeError, KeyError) as error:
        raise UnsoundCustomIndex(f"The index is not sound: {error!r}") from error
    if len(sizes) != len(_FILES) or min(sizes) < 0 or start + sum(sizes) != len(data):
        raise UnsoundCustomIndex("The index's files do not fit it.")
    files = {}
    for name, length in zip(_FILES, sizes, strict=True):
        files[name] = data[start : start + length]
        start += length
    return CustomIndex(settings=settings, **files)
