"""What crosses the wall between Podium and its scorer: jobs in, reports out.

Everything here is plain data and standard library only, so that the site, the worker,
the sandbox service and the scorer inside its container can share it.

On the wire (standard input and output of ``python -m podium_scorer serve``):

* the scorer says it is ready with one line, ``{"ready": 1, "scorer": "<version>"}``;
* one job is one header line, ``{"nonce", "job", "files": [[name, size], ...]}``, followed
  by the bytes of the files in that order, without separators;
* one answer is one header line, ``{"nonce", "report", "files": [[name, size], ...]}``,
  followed by the bytes of the output files (only jobs that prepare have one, ``index``).

A header line is UTF-8 JSON without a line feed, at most ``HEADER_BYTES`` long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias, cast

from podium_scorer.wire import (
    ContractError,
    count,
    exact,
    header_line,
    interval,
    mapping,
    number,
    optional_number,
    read_header_line,
    text,
)

SAMPLES_PER_FAULT = 10
MESSAGE_CHARS = 500
VALUE_CHARS = 80

ParamValue: TypeAlias = "str | int | float | bool | list[ParamValue] | None"


class Outcome(StrEnum):
    """How a job ended. The same words stand in the database, the API, pages and logs."""

    SCORED = "scored"  # there is a score
    PREPARED = "prepared"  # a solution was checked and its index made
    REJECTED = "rejected"  # the participant's file has faults, all of them listed
    HOST_ERROR = "host_error"  # the organizer's solution or metric has a fault
    CUT_OFF = "cut_off"  # a limit ended the job; ``CutOff`` says which
    FAILED = "failed"  # our fault: tried again, never charged


class CutOff(StrEnum):
    """The limit that ended a job."""

    TIME = "time"
    MEMORY = "memory"
    OUTPUT = "output"
    LOG = "log"
    PROCESSES = "processes"


@dataclass(frozen=True, kw_only=True)
class MetricSpec:
    """A metric by its name in the registry, with its parameters."""

    name: str
    params: Mapping[str, ParamValue] = field(default_factory=dict)


TABLE_FORMATS = ("csv", "csv.gz", "zip", "parquet")
ARRAY_FORMATS = ("npy", "npz")  # only where a competition names them


@dataclass(frozen=True, kw_only=True)
class ReaderCaps:
    """What the reader takes in at the most.

    ``formats`` are those that the competition takes: what it does not name of
    ``ARRAY_FORMATS`` is refused by its content.
    """

    formats: tuple[str, ...] = TABLE_FORMATS
    unpacked_bytes: int = 4 << 30
    unpack_ratio: int = 200
    rows: int = 50_000_000
    columns: int = 2_000
    field_chars: int = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ScoreJob:
    """Score ``submission`` against ``index`` (both are files of the job).

    ``submission_name`` is the participant's own file name: only a hint, the content decides.
    """

    kind: ClassVar[str] = "score"
    files: ClassVar[tuple[str, ...]] = ("index", "submission")
    outputs: ClassVar[tuple[str, ...]] = ()
    metric: MetricSpec
    submission_name: str
    caps: ReaderCaps = field(default_factory=ReaderCaps)


@dataclass(frozen=True, kw_only=True)
class PrepareJob:
    """Check ``solution`` (and ``sample``, which may be empty) and answer with ``index``."""

    kind: ClassVar[str] = "prepare"
    files: ClassVar[tuple[str, ...]] = ("solution", "sample")
    outputs: ClassVar[tuple[str, ...]] = ("index",)
    metric: MetricSpec
    solution_name: str = "solution.csv"
    sample_name: str = "sample_submission.csv"
    id_column: str | None = None  # None: the first column
    public_only: bool = False  # only the Public rows are to be predicted
    caps: ReaderCaps = field(default_factory=ReaderCaps)


@dataclass(frozen=True, kw_only=True)
class CustomScoreJob:
    """Score ``submission`` by an organizer's metric, whose code the ``index`` carries."""

    kind: ClassVar[str] = "custom_score"
    files: ClassVar[tuple[str, ...]] = ("index", "submission")
    outputs: ClassVar[tuple[str, ...]] = ()
    submission_name: str
    caps: ReaderCaps = field(default_factory=ReaderCaps)


@dataclass(frozen=True, kw_only=True)
class CustomPrepareJob:
    """Check ``solution`` and ``sample``, try ``metric`` (its source) on them, and answer
    with ``index``, which holds all three.

    ``params`` are handed to the metric's ``score``. Without ``shows_errors`` participants
    never read what the metric says of their file.
    """

    kind: ClassVar[str] = "custom_prepare"
    files: ClassVar[tuple[str, ...]] = ("solution", "sample", "metric")
    outputs: ClassVar[tuple[str, ...]] = ("index",)
    params: Mapping[str, ParamValue] = field(default_factory=dict)
    shows_errors: bool = True
    solution_name: str = "solution.csv"
    sample_name: str = "sample_submission.csv"
    metric_name: str = "metric.py"
    id_column: str | None = None  # None: the first column
    public_only: bool = False  # only the Public rows are to be predicted
    caps: ReaderCaps = field(default_factory=ReaderCaps)


@dataclass(frozen=True, kw_only=True)
class LintJob:
    """Look for what makes a competition unfair; answers with ``findings``, as JSON.

    Behind solution and sample come the data files that ``data_names`` name: first those
    that are ``published``, so many, then those that only programs read. An organizer's
    metric (``custom``) is not run.
    """

    kind: ClassVar[str] = "lint"
    outputs: ClassVar[tuple[str, ...]] = ("findings",)
    metric: MetricSpec
    custom: bool
    id_column: str
    data_names: tuple[str, ...]
    published: int
    public_only: bool = False
    caps: ReaderCaps = field(default_factory=ReaderCaps)

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that the job takes."""
        data = (f"data{place}" for place in range(len(self.data_names)))
        return ("solution", "sample", *data)


Job: TypeAlias = ScoreJob | PrepareJob | CustomScoreJob | CustomPrepareJob | LintJob
_JOBS: dict[str, type[Job]] = {
    job.kind: job
    for job in (ScoreJob, PrepareJob, CustomScoreJob, CustomPrepareJob, LintJob)
}


@dataclass(frozen=True, kw_only=True)
class Example:
    """One place in a file where a fault stands. ``line`` counts from 1, header included."""

    line: int | None = None
    value: str | None = None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One kind of fault in a file: how often, where first, and what to do about it.

    ``message`` and ``advice`` are sentences for the person who made the file; neither ever
    contains a value of the solution.
    """

    kind: str
    message: str
    advice: str
    count: int = 1
    column: str | None = None
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the scorer answers.

    ``public`` and ``private`` are scores in the metric's own unit (``private`` is None where
    the solution has no private rows); the intervals are 95 % confidence intervals.
    ``errors`` are the faults of a rejected file, or with host_error of the solution.
    ``counts`` says whether a rejection uses up quota: faults that the reader finds do not,
    what the metric itself refuses does (else it would be an oracle for labels).
    """

    status: Outcome
    public: float | None = None
    private: float | None = None
    public_interval: tuple[float, float] | None = None
    private_interval: tuple[float, float] | None = None
    rows: Mapping[str, int] = field(default_factory=dict)  # public, private, ignored
    errors: tuple[Fault, ...] = ()
    counts: bool = True
    message: str = ""  # one sentence for the organizer alone
    scorer: str = ""
    metric_sha256: str = ""  # of all source that computes the metric
    seed: int | None = None  # of whatever the interval draws at random

    def to_json(self) -> dict[str, Any]:
        """The report as JSON-ready data, without what does not apply to its status."""
        data: dict[str, Any] = {"status": str(self.status)}
        for name in ("public", "private"):
            if (score := getattr(self, name)) is not None:
                data[name] = score
        for name in ("public_interval", "private_interval"):
            if (interval := getattr(self, name)) is not None:
                data[name] = list(interval)
        if self.rows:
            data["rows"] = dict(self.rows)
        if self.errors or self.status is Outcome.REJECTED:
            data["errors"] = [fault_to_json(fault) for fault in self.errors]
        if self.status is Outcome.REJECTED:
            data["counts"] = self.counts
        if self.message:
            data["message"] = self.message
        if self.scorer:
            data["scorer"] = self.scorer
        if self.metric_sha256:
            data["metric_sha256"] = self.metric_sha256
        if self.seed is not None:
            data["seed"] = self.seed
        return data


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the sandbox brings back to the worker about one job.

    ``report`` is there for scored, prepared, rejected and host_error. ``detail`` is a
    sentence for the operator, ``log`` the capped standard error for the host, ``sandbox``
    what ran it (for example ``docker(warm)``), times are seconds.
    """

    outcome: Outcome
    report: Report | None = None
    reason: CutOff | None = None
    detail: str = ""
    log: str = ""
    sandbox: str = ""
    wall_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The verdict as JSON-ready data."""
        data = asdict(self) | {"outcome": str(self.outcome)}
        data["reason"] = None if self.reason is None else str(self.reason)
        data["report"] = None if self.report is None else self.report.to_json()
        return data

    @classmethod
    def from_json(cls, data: object) -> Verdict:
        """Read a verdict; raises ContractError where it does not keep to the contract."""
        fields = mapping(data, "verdict")
        report, reason = fields.get("report"), fields.get("reason")
        try:
            return cls(
                outcome=Outcome(text(fields, "outcome")),
                report=None if report is None else report_from_json(report),
                reason=None if reason is None else CutOff(text(fields, "reason")),
                detail=text(fields, "detail"),
                log=text(fields, "log"),
                sandbox=text(fields, "sandbox"),
                wall_s=number(fields.get("wall_s", 0.0), "wall_s"),
            )
        except ValueError as error:
            raise ContractError(str(error)) from error


@dataclass(frozen=True, kw_only=True)
class JobHeader:
    """The line in front of a job's files."""

    nonce: str
    job: Job
    sizes: tuple[tuple[str, int], ...]

    def to_line(self) -> bytes:
        """The header line, line feed included; raises ContractError if it is too long."""
        return header_line(
            {
                "nonce": self.nonce,
                "job": job_to_json(self.job),
                "files": [list(pair) for pair in self.sizes],
            }
        )

    @classmethod
    def from_line(cls, line: bytes) -> JobHeader:
        """Read a header line; raises ContractError where it does not keep to the contract."""
        data = read_header_line(line, {"nonce", "job", "files"})
        job = job_from_json(data["job"])
        sizes = _sizes(data["files"])
        if tuple(name for name, _ in sizes) != job.files:
            raise ContractError(f"a {job.kind} job takes the files {job.files}")
        return cls(nonce=text(data, "nonce"), job=job, sizes=sizes)


@dataclass(frozen=True, kw_only=True)
class AnswerHeader:
    """The line in front of an answer's output files."""

    nonce: str
    report: Report
    sizes: tuple[tuple[str, int], ...] = ()

    def to_line(self) -> bytes:
        """The header line, line feed included; raises ContractError if it is too long."""
        return header_line(
            {
                "nonce": self.nonce,
                "report": self.report.to_json(),
                "files": [list(pair) for pair in self.sizes],
            }
        )

    @classmethod
    def from_line(cls, line: bytes) -> AnswerHeader:
        """Read an answer from an untrusted process; raises ContractError on any deviation."""
        data = read_header_line(line, {"nonce", "report", "files"})
        return cls(
            nonce=text(data, "nonce"),
            report=report_from_json(data["report"]),
            sizes=_sizes(data["files"]),
        )


def job_to_json(job: Job) -> dict[str, Any]:
    """A job as JSON-ready data; raises ContractError for params without bottom."""
    try:
        return {"kind": job.kind} | asdict(job)
    except RecursionError as error:
        raise ContractError("the metric's params are nested too deeply") from error


def job_from_json(data: object) -> Job:
    """Read a job; raises ContractError where it does not keep to the contract."""
    fields = dict(mapping(data, "job"))
    kind = _JOBS.get(str(fields.pop("kind", None)))
    if kind is None:
        raise ContractError("unknown kind of job")
    try:
        if "metric" in fields:
            fields["metric"] = MetricSpec(**mapping(fields["metric"], "metric"))
        caps = dict(mapping(fields.get("caps", {}), "caps"))
        if "formats" in caps:
            caps["formats"] = tuple(caps["formats"])  # JSON has lists alone
        fields["caps"] = ReaderCaps(**caps)
        if "data_names" in fields:
            fields["data_names"] = tuple(map(str, fields["data_names"]))
        return kind(**fields)
    except TypeError as error:
        raise ContractError(str(error)) from error


def fault_to_json(fault: Fault) -> dict[str, Any]:
    """A fault as JSON-ready data, without what is not known."""
    data: dict[str, Any] = {
        "kind": fault.kind,
        "message": fault.message,
        "advice": fault.advice,
        "count": fault.count,
    }
    if fault.column is not None:
        data["column"] = fault.column
    if fault.examples:
        data["examples"] = [
            {k: v for k, v in asdict(example).items() if v is not None}
            for example in fault.examples
        ]
    return data


def fault_from_json(data: object) -> Fault:
    """Read a fault; raises ContractError where it does not keep to the contract."""
    fields = exact(
        data,
        "fault",
        {"kind", "message", "advice", "count"},
        {"column", "examples"},
    )
    examples = fields.get("examples", [])
    if not isinstance(examples, list) or len(examples) > SAMPLES_PER_FAULT:
        raise ContractError(f"a fault has at most {SAMPLES_PER_FAULT} examples")
    return Fault(
        kind=text(fields, "kind", VALUE_CHARS),
        message=text(fields, "message", MESSAGE_CHARS),
        advice=text(fields, "advice", MESSAGE_CHARS),
        count=count(fields["count"], "count"),
        column=text(fields, "column", MESSAGE_CHARS) if "column" in fields else None,
        examples=tuple(_example_from_json(example) for example in examples),
    )


def report_from_json(data: object) -> Report:
    """Read a report; raises ContractError where it does not keep to the contract."""
    fields = exact(
        data,
        "report",
        {"status"},
        {
            "public",
            "private",
            "public_interval",
            "private_interval",
            "rows",
            "errors",
            "counts",
            "message",
            "scorer",
            "metric_sha256",
            "seed",
        },
    )
    try:
        status = Outcome(text(fields, "status"))
    except ValueError as error:
        raise ContractError(str(error)) from error
    if status in {Outcome.CUT_OFF, Outcome.FAILED}:
        raise ContractError(f"a scorer can't say {status}")
    if status is Outcome.SCORED and "public" not in fields:
        raise ContractError("a scored report has a public score")
    errors = fields.get("errors", [])
    if not isinstance(errors, list) or len(errors) > 1000:
        raise ContractError("errors must be a list of at most 1000 faults")
    counts = fields.get("counts", True)
    if not isinstance(counts, bool):
        raise ContractError("counts must be true or false")
    rows = mapping(fields.get("rows", {}), "rows")
    if not set(rows) <= {"public", "private", "ignored"}:
        raise ContractError("rows counts public, private and ignored")
    return Report(
        status=status,
        public=optional_number(fields, "public"),
        private=optional_number(fields, "private"),
        public_interval=interval(fields, "public_interval"),
        private_interval=interval(fields, "private_interval"),
        rows={name: count(value, name) for name, value in rows.items()},
        errors=tuple(fault_from_json(error) for error in errors),
        counts=counts,
        message=text(fields, "message", 4000),
        scorer=text(fields, "scorer", VALUE_CHARS),
        metric_sha256=text(fields, "metric_sha256", VALUE_CHARS),
        seed=count(fields["seed"], "seed") if "seed" in fields else None,
    )


def _example_from_json(data: object) -> Example:
    fields = exact(data, "example", set(), {"line", "value"})
    return Example(
        line=count(fields["line"], "line") if "line" in fields else None,
        value=text(fields, "value", VALUE_CHARS) if "value" in fields else None,
    )


def _sizes(data: object) -> tuple[tuple[str, int], ...]:
    if not isinstance(data, list):
        raise ContractError("files must be a list")
    return tuple(_size(pair) for pair in cast(Iterable[object], data))


def _size(pair: object) -> tuple[str, int]:
    match pair:
        case [str(name), int(size)] if not isinstance(size, bool) and size >= 0:
            return name, size
    raise ContractError("a file is a name and a size")
