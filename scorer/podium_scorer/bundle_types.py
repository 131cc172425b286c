"""What a bundle is once it has been read: plain data, checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podium_scorer.bundle_files import BundleFile
from podium_scorer.bundle_time import Timeline
from podium_scorer.contract import MetricSpec


@dataclass(frozen=True, kw_only=True)
class SubmissionPolicy:
    """What a team may send. ``total`` is None where only the day's limit counts.

    ``final_selection`` is how many submissions a team chooses for the private board; 0
    where all count. ``late``: submissions after the end are scored, and never ranked.
    """

    per_day: int
    total: int | None
    max_bytes: int
    formats: tuple[str, ...]
    final_selection: int
    late: bool


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of the competition; ``text`` is its Markdown."""

    name: str
    title: str
    file: BundleFile
    text: str


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """A file that participants download under ``file.name``, unique in its bundle."""

    file: BundleFile
    description: str


@dataclass(frozen=True, kw_only=True)
class Solution:
    """The solution: never published. ``usage`` counts its rows by Usage."""

    file: BundleFile
    id_column: str
    target_columns: tuple[str, ...]
    usage: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Licence:
    """Under what the data may be used."""

    name: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the data comes from."""

    name: str
    url: str
    citation: str


@dataclass(frozen=True, kw_only=True)
class CustomMetric:
    """A metric that the organizer wrote: ``score`` in a Python file, Kaggle's contract.

    ``decimals`` are those that boards show; without ``shows_errors`` no participant reads
    what the metric says of a file.
    """

    file: BundleFile
    title: str
    higher_is_better: bool
    decimals: int
    shows_errors: bool


@dataclass(frozen=True, kw_only=True)
class TrainStage:
    """What a program does before it predicts, and what it sees then."""

    entry: str
    inputs: tuple[BundleFile, ...]
    wall_s: int


@dataclass(frozen=True, kw_only=True)
class CodeContract:
    """How the programs of a code competition are run: seconds, megabytes, files.

    ``image`` is a name that the operator gave an image; ``output`` the file that is
    scored; ``shows_log`` lets a team read what its program printed. Where there are
    ``private_inputs``, the inputs have the Public rows only, and after the end programs
    are run once more, on these in place of the inputs of their names.
    """

    image: str
    entry: str
    output: str
    inputs: tuple[BundleFile, ...]
    train: TrainStage | None
    wall_s: int
    memory_mb: int
    shows_log: bool
    private_inputs: tuple[BundleFile, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A competition as its organizer wrote it, checked.

    ``prediction_columns`` are the sample submission's columns beside the id. ``metric``
    names ``custom`` where the organizer wrote it: then it is ``custom_metric``. ``code``
    is there for code competitions.
    """

    root: Path
    manifest: BundleFile
    slug: str
    title: str
    subtitle: str
    kind: str
    tags: tuple[str, ...]
    host: str
    timeline: Timeline
    metric: MetricSpec
    submission: SubmissionPolicy
    team_max_size: int
    pages: tuple[Page, ...]
    data: tuple[DataFile, ...]
    solution: Solution
    sample_submission: BundleFile
    prediction_columns: tuple[str, ...]
    licence: Licence
    source: Source
    custom_metric: CustomMetric | None = None
    code: CodeContract | None = None

    @property
    def files(self) -> tuple[BundleFile, ...]:
        """The manifest and every file that it names, each once."""
        named = [
            self.manifest,
            *(page.file for page in self.pages),
            *(data.file for data in self.data),
            self.solution.file,
            self.sample_submission,
        ]
        if self.custom_metric is not None:
            named.append(self.custom_metric.file)
        if self.code is not None:
            named += [*self.code.inputs, *self.code.private_inputs]
            named += self.code.train.inputs if self.code.train else ()
        return tuple({each.file: each for each in named}.values())

    @property
    def judges_sha256(self) -> str:
        """Changes exactly when what judges does: solution, sample, columns, metric, code."""
        judges: dict[str, Any] = {
            "solution": self.solution.file.sha256,
            "sample": self.sample_submission.sha256,
            "id_column": self.solution.id_column,
            "target_columns": self.solution.target_columns,
            "metric": self.metric.name,
            "params": dict(self.metric.params),
        }
        if self.custom_metric is not None:
            judges["custom_metric"] = _plain(self.custom_metric)
        if self.code is not None:
            judges["code"] = _plain(self.code)
        text = json.dumps(judges, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(part: Any) -> Any:
    """Settings as JSON-ready data, a file by its name and hash."""
    match part:
        case BundleFile():
            return [part.name, part.sha256]
        case tuple():
            return [_plain(each) for each in part]
        case CustomMetric() | CodeContract() | TrainStage():
            return {name: _plain(value) for name, value in vars(part).items()}
    return part
