"""Metrics that organizers write: tried when a solution is prepared, called for a score.

The metric is called for the public and the private rows apart, each time with frames of
its own. It is never trusted with more than a number: what it returns must be one finite
float, and what it says reaches a participant only where it can't hold a label.

Importing this module imports pandas.
"""

from __future__ import annotations

import math
import numbers
import sys
import traceback
import types
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from podium_scorer import __version__, custom_utilities
from podium_scorer.contract import (
    MESSAGE_CHARS,
    CustomPrepareJob,
    CustomScoreJob,
    Fault,
    Outcome,
    Report,
)
from podium_scorer.custom_index import (
    CustomIndex,
    CustomSettings,
    UnsoundCustomIndex,
    read_custom_index,
)
from podium_scorer.custom_source import FUNCTION, decoded, source_faults, source_hash
from podium_scorer.custom_tables import (
    CustomSolution,
    read_predictions,
    read_solution,
)
from podium_scorer.engine import Prepared, host_report, rejected_report
from podium_scorer.faults import FaultKind
from podium_scorer.solution import UnsoundSolution

_UTILITIES = "kaggle_metric_utilities"
_FOR_PARTICIPANTS, _FOR_HOSTS = "ParticipantVisibleError", "HostVisibleError"
_SILENT = "The competition's metric does not accept these predictions."
_ADVICE = "Look at the evaluation page for what it expects."

Score = Callable[..., Any]


class MetricRefusal(Exception):
    """The metric does not accept a submission; the text is for its participant.

    ``for_host`` is what its host may know; ``meant`` whether the metric meant to refuse.
    """

    def __init__(self, text: str, *, for_host: str, meant: bool) -> None:
        super().__init__(text)
        self.for_host = for_host
        self.meant = meant


class MetricFault(Exception):
    """The metric itself failed; the text is for the host alone."""


@dataclass(frozen=True, eq=False)
class _Metric:
    """A metric that was loaded, and how it is called."""

    score: Score
    settings: CustomSettings

    def __call__(
        self, solution: CustomSolution, predictions: pd.DataFrame
    ) -> dict[str, float]:
        """The score of each part; raises MetricRefusal or MetricFault."""
        return {
            name: self._of_part(
                solution.frame.iloc[rows].reset_index(drop=True),
                predictions.iloc[rows].reset_index(drop=True),
                solution.id_column,
            )
            for name, rows in solution.parts.items()
        }

    def _of_part(
        self, truth: pd.DataFrame, predictions: pd.DataFrame, id_column: str
    ) -> float:
        # The metric may change what it is given; what kinds of labels there are is
        # kept apart.
        labels = truth.drop(columns=id_column).head(0).copy()
        try:
            value = self.score(truth, predictions, id_column, **self.settings.params)
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:
            raise self._judged(error, labels) from error
        return _finite(value)

    def _judged(self, error: BaseException, labels: pd.DataFrame) -> Exception:
        """Whose fault an error of the metric's is, and what may be said of it."""
        said = str(error).strip()
        for_host = told(error, self.settings.metric_name)
        names = {each.__name__ for each in type(error).__mro__}
        meant = _FOR_PARTICIPANTS in names
        harmless = (
            said
            and isinstance(error, Exception)
            and _FOR_HOSTS not in names
            and custom_utilities.treat_as_participant_error(said, labels)
        )
        if meant or harmless:
            shown = said if self.settings.shows_errors and said else _SILENT
            return MetricRefusal(shown, for_host=for_host, meant=meant)
        return MetricFault(for_host)


def prepare_custom(
    job: CustomPrepareJob, solution: bytes, sample: bytes, metric: bytes
) -> Prepared:
    """Check everything and try the metric; never raises for the organizer's faults."""
    settings = CustomSettings(
        params=job.params,
        shows_errors=job.shows_errors,
        id_column=job.id_column,
        public_only=job.public_only,
        solution_name=job.solution_name,
        sample_name=job.sample_name,
        metric_name=job.metric_name,
    )
    index = CustomIndex(
        settings=settings, solution=solution, sample=sample, metric=metric
    )
    faults = _source_faults(index)
    try:
        tables = read_solution(index, job.caps)
    except UnsoundSolution as error:
        return Prepared(host_report((*faults, *error.faults)))
    if faults:
        return Prepared(host_report(faults))
    try:
        _try(_load(index), tables)
    except MetricFault as fault:
        return Prepared(host_report((_fault(str(fault), "Mend it and try again."),)))
    report = Report(
        status=Outcome.PREPARED,
        rows=tables.whole.to_json(),
        scorer=__version__,
        metric_sha256=source_hash(metric),
    )
    return Prepared(report, index.to_bytes())


def score_custom(
    job: CustomScoreJob, index: bytes | memoryview, submission: bytes
) -> Report:
    """Score a submission; never raises for a fault of participant or organizer."""
    try:
        custom = read_custom_index(index)
        tables = read_solution(custom, job.caps)
        metric = _load(custom)
    except UnsoundCustomIndex as error:
        return host_report((_fault(str(error), "Prepare the solution again."),))
    except UnsoundSolution as error:
        return host_report(error.faults)
    except MetricFault as error:
        return host_report((_fault(str(error), ""),))
    predictions = read_predictions(submission, tables, job.caps)
    if not isinstance(predictions, pd.DataFrame):
        return rejected_report(predictions, counts=False)
    try:
        scores = metric(tables, predictions)
    except MetricRefusal as refusal:
        kind = str(FaultKind.METRIC_REFUSED)
        fault = Fault(kind=kind, message=_shown(str(refusal)), advice=_ADVICE)
        report = rejected_report((fault,), counts=True)
        return replace(report, message=_shown(refusal.for_host))
    except MetricFault as error:
        return host_report((_fault(str(error), ""),))
    return Report(
        status=Outcome.SCORED,
        public=scores["public"],
        private=scores.get("private"),
        rows=tables.splits.to_json(),
        scorer=__version__,
        metric_sha256=source_hash(custom.metric),
    )


def told(error: BaseException, file: str) -> str:
    """What the host reads of an error: its place in the metric, its class, its text."""
    places = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == file
    ]
    where = f"{file}, line {places[-1]}" if places else file
    return f"{where}: {type(error).__name__}: {error}"[:MESSAGE_CHARS]


def _source_faults(index: CustomIndex) -> tuple[Fault, ...]:
    file = index.settings.metric_name
    return tuple(
        _fault(
            f"{file}{'' if fault.line is None else f', line {fault.line}'}: "
            f"{fault.message}",
            fault.advice,
        )
        for fault in source_faults(index.metric, index.settings.params)
    )


def _load(index: CustomIndex) -> _Metric:
    """Run the metric's file as a module; raises MetricFault."""
    file = index.settings.metric_name
    sys.modules[_UTILITIES] = custom_utilities
    module = types.ModuleType("metric")
    module.__file__ = file
    sys.modules[module.__name__] = module  # dataclasses and pickles look for it there
    try:
        code = compile(decoded(index.metric) or "", file, "exec")
        exec(code, module.__dict__)  # noqa: S102 - what the sandbox is there for
        score: Score = vars(module)[FUNCTION]
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        raise MetricFault(told(error, file)) from error
    return _Metric(score, index.settings)


def _try(metric: _Metric, tables: CustomSolution) -> None:
    """Call the metric with the sample; raises MetricFault where it can't judge it.

    That it refuses the sample is sound: a constant often has no score. A value that is
    none is too, where the solution's own values have one.
    """
    sample = tables.sample
    try:
        _judge(metric, tables, sample)
    except MetricFault:
        own = [name for name in sample if name in tables.frame]
        if len(own) < len(sample.columns):
            raise
        _judge(metric, tables, tables.frame[own])


def _judge(metric: _Metric, tables: CustomSolution, predictions: pd.DataFrame) -> None:
    """Call the metric; raises MetricFault unless it gives a score or means to refuse."""
    try:
        metric(tables, predictions)
    except MetricRefusal as refusal:
        if not refusal.meant:
            raise MetricFault(refusal.for_host) from refusal


def _finite(value: Any) -> float:
    """What a metric returned as a float; raises MetricFault unless it is a finite one."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise MetricFault(
            f"The metric returned {type(value).__name__}, and not a number."
        )
    number = float(value)
    if not math.isfinite(number):
        raise MetricFault(f"The metric returned {number}, which is no score.")
    return number


def _fault(message: str, advice: str) -> Fault:
    kind = str(FaultKind.SETTINGS)
    return Fault(kind=kind, message=_shown(message), advice=advice)


def _shown(text: str) -> str:
    """A text that can be stored and shown: no control characters, not too long."""
    plain = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
    return plain[:MESSAGE_CHARS]
