"""What is linted: the files and settings of a bundle, or those of a job in the sandbox."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from podium_scorer.bundle import Bundle, BundleFile
from podium_scorer.contract import LintJob, MetricSpec
from podium_scorer.faults import clean


@dataclass(frozen=True)
class Content:
    """A file by its name, on disk or in memory."""

    name: str
    source: Path | bytes

    @property
    def shown(self) -> str:
        """The name as a finding may say it."""
        return clean(self.name, 120)

    def open(self) -> BinaryIO:
        """The file, to be read."""
        held = self.source
        return io.BytesIO(held) if isinstance(held, bytes) else held.open("rb")

    def read(self) -> bytes:
        """All of the file."""
        held = self.source
        return held if isinstance(held, bytes) else held.read_bytes()

    @cached_property
    def size(self) -> int:
        """How many bytes there are."""
        held = self.source
        return len(held) if isinstance(held, bytes) else held.stat().st_size

    @cached_property
    def sha256(self) -> str:
        """The hash of the file."""
        with self.open() as stream:
            return digest_of(stream)


def digest_of(stream: BinaryIO) -> str:
    """The SHA-256 of a stream, without holding it."""
    digest = hashlib.sha256()
    while piece := stream.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


@dataclass(frozen=True, kw_only=True)
class Exam:
    """All that the linter looks at. ``published`` are files that participants download,
    ``hidden`` those that only programs read. ``targets`` are None where they are the
    solution's other columns."""

    metric: MetricSpec
    custom: bool
    public_only: bool
    id_column: str
    targets: tuple[str, ...] | None
    solution: Content
    sample: Content
    published: tuple[Content, ...]
    hidden: tuple[Content, ...]


def exam_of_bundle(bundle: Bundle) -> Exam:
    """What is to be looked at in a bundle."""
    code = bundle.code
    hidden = [*code.inputs, *code.private_inputs] if code else []
    published = {data.file.file: data.file for data in bundle.data}
    published.pop(bundle.sample_submission.file, None)
    different = {each.file: each for each in hidden if each.file not in published}
    return Exam(
        metric=bundle.metric,
        custom=bundle.custom_metric is not None,
        public_only=bool(code and code.private_inputs),
        id_column=bundle.solution.id_column,
        targets=bundle.solution.target_columns,
        solution=_content(bundle.solution.file),
        sample=_content(bundle.sample_submission),
        published=tuple(map(_content, published.values())),
        hidden=tuple(map(_content, different.values())),
    )


def exam_of_job(job: LintJob, files: Sequence[bytes]) -> Exam:
    """What is to be looked at in a job."""
    solution, sample, *data = files
    contents = [Content(*pair) for pair in zip(job.data_names, data, strict=True)]
    return Exam(
        metric=job.metric,
        custom=job.custom,
        public_only=job.public_only,
        id_column=job.id_column,
        targets=None,
        solution=Content("solution.csv", solution),
        sample=Content("sample_submission.csv", sample),
        published=tuple(contents[: job.published]),
        hidden=tuple(contents[job.published :]),
    )


def _content(file: BundleFile) -> Content:
    return Content(file.file, file.path)
