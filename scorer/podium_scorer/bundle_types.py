"""What a bundle is once it has been read: plain data, checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from podium_scorer.bundle_files import BundleFile
from podium_scorer.bundle_time import Timeline
from podium_scorer.contract import MetricSpec


@dataclass(frozen=True, kw_only=True)
class SubmissionPolicy:
    """What a team may send. ``total`` is None where only the day's limit counts.

    ``final_selection`` is how many submissions a team chooses for the private board.
    """

    per_day: int
    total: int | None
    max_bytes: int
    formats: tuple[str, ...]
    final_selection: int


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
class Bundle:
    """A competition as its organizer wrote it, checked.

    ``prediction_columns`` are the sample submission's columns beside the id.
    """

    root: Path
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

    @property
    def judges_sha256(self) -> str:
        """Changes exactly when what judges does: solution, sample, columns or metric."""
        judges = {
            "solution": self.solution.file.sha256,
            "sample": self.sample_submission.sha256,
            "id_column": self.solution.id_column,
            "target_columns": self.solution.target_columns,
            "metric": self.metric.name,
            "params": dict(self.metric.params),
        }
        text = json.dumps(judges, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
