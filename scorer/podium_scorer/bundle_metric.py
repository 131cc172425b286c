"""The metric of a bundle, and what it asks of the values in solution and sample."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from podium_scorer.bundle_content import file_of
from podium_scorer.bundle_faults import quoted
from podium_scorer.bundle_files import Folder
from podium_scorer.bundle_section import Section
from podium_scorer.bundle_types import CustomMetric
from podium_scorer.catalogue import (
    LARGEST,
    TEXT_TARGETS,
    Columns,
    MetricInfo,
    ParamType,
    Prediction,
    Target,
    check_params,
    describe,
    nearest_metrics,
    range_in_words,
    with_defaults,
)
from podium_scorer.cells import PREDICTION_FORMS, TRUTH_FORMS, CellForm
from podium_scorer.contract import MetricSpec, ParamValue
from podium_scorer.custom_source import source_faults

CUSTOM = "custom"  # in place of a name of the catalogue
_KEYS = ("name", "params", "file")
_CUSTOM_KEYS = ("title", "higher_is_better", "decimals", "show_errors")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
MOST_CLASSES = 2000


@dataclass(frozen=True, kw_only=True)
class ReadMetric:
    """A metric of the catalogue (``info``), or one that the organizer wrote."""

    spec: MetricSpec
    info: MetricInfo | None = None
    custom: CustomMetric | None = None


def read_metric(top: Section, folder: Folder) -> ReadMetric | None:
    """The section ``metric``, or None after noting faults. The name is the catalogue's."""
    section = top.section(
        "metric",
        "a section with name, or file for a metric of your own, and params where needed.",
        known=(*_KEYS, *_CUSTOM_KEYS),
    )
    if section is None:
        return None
    if section.has("file"):
        return _read_custom(section, folder)
    for key in _CUSTOM_KEYS:
        if section.has(key):
            section.fault(
                key, f"metric.{key} goes with a metric of your own.", "no it."
            )
    names = "a metric's name, like rmse; `podium-scorer metrics` lists all of them."
    name = section.text("name", names)
    params = section.params("params", "a section with the metric's parameters.")
    if not name:
        return None
    try:
        info = describe(name, params)
    except KeyError:
        near = nearest_metrics(name)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        section.fault("name", f"There is no metric {quoted(name)}.{hint}", names)
        return None
    for fault in check_params(info, params):
        section.fault("params", fault, f"parameters that {info.name} has.")
    return ReadMetric(spec=MetricSpec(name=info.name, params=params), info=info)


def _read_custom(section: Section, folder: Folder) -> ReadMetric | None:
    """A metric of the organizer's own; its source is parsed here and run nowhere."""
    if section.has("name"):
        section.fault(
            "name",
            "metric has both name and file.",
            "name for a metric of the catalogue, file for one of your own.",
        )
    file = file_of(section, "file", folder)
    params = section.params("params", "a section with values for the metric's score.")
    title = section.text("title", "what the metric is called on the board.", most=80)
    higher = section.node("higher_is_better", "true or false.") is not None
    higher = section.flag("higher_is_better", default=False) if higher else False
    decimals = 5
    if section.has("decimals"):
        expected = "digits behind the point on the board, 0 to 10."
        decimals = section.number("decimals", expected, least=0, most=10)
    if file is None:
        return None
    for fault in source_faults(file.path.read_bytes(), params):
        section.faults.add(file.file, fault.line, fault.message, fault.advice)
    return ReadMetric(
        spec=MetricSpec(name=CUSTOM, params=params),
        custom=CustomMetric(
            file=file,
            title=title,
            higher_is_better=higher,
            decimals=decimals,
            shows_errors=section.flag("show_errors", default=True),
        ),
    )


def column_params(
    info: MetricInfo, params: Mapping[str, ParamValue]
) -> tuple[str, ...]:
    """The columns of the solution that a metric's parameters name."""
    return tuple(
        str(params[param.name])
        for param in info.params
        if param.type is ParamType.COLUMN and params.get(param.name) is not None
    )


def sound_params(
    info: MetricInfo, params: Mapping[str, ParamValue]
) -> dict[str, ParamValue]:
    """The parameters in full, with the default in place of each faulty one."""
    return {
        param.name: param.default if param.fault(value) else value
        for param, value in zip(
            info.params, with_defaults(info, params).values(), strict=True
        )
    }


@dataclass
class Values:
    """What the metric makes of the values of one bundle's solution and sample.

    Without a metric of the catalogue (it was faulty, or the organizer wrote it) every
    value passes; an organizer's metric (``custom``) may use any column and empty cells.
    """

    info: MetricInfo | None
    custom: bool = False
    params: Mapping[str, ParamValue] = field(default_factory=dict)
    further: tuple[str, ...] = ()  # columns of the solution that parameters name
    classes: dict[str, int] = field(default_factory=dict)  # and their first line

    def for_column(self, name: str) -> Values:
        """The same for the values of one column."""
        if self.info is None or not self.info.of_columns:
            return self
        return replace(self, info=self.info.for_column(name), classes={})

    @property
    def may_be_empty(self) -> bool:
        """Whether an empty cell is a value: an empty text or list."""
        if self.info is None:
            return self.custom
        return self.info.target in TEXT_TARGETS

    def target_fault(self, line: int, value: str) -> tuple[str, str] | None:
        """What rows with that target do wrong, and what is expected."""
        if self.info is None:
            return None
        if self.info.target in TEXT_TARGETS:
            return _form_fault(TRUTH_FORMS.get(self.info.target), value, self.params)
        if self.info.target is not Target.NUMBER:
            if len(self.classes) <= MOST_CLASSES:
                self.classes.setdefault(value, line)
            return None
        bounds = self.info.target_range or (-LARGEST, LARGEST)
        if _in_range(value, bounds):
            return None
        return (
            "have a target that is no number or out of range",
            f"{range_in_words(*bounds)}, which {self.info.name} can compare.",
        )

    def prediction_fault(self, value: str) -> tuple[str, str] | None:
        """What rows with that prediction do wrong, and what is expected."""
        if self.info is None:
            return None
        bounds = self.info.valid_range
        if bounds is None:
            form = PREDICTION_FORMS.get(self.info.prediction)
            return _form_fault(form, value, self.params)
        if _in_range(value, bounds):
            return None
        what, wanted = "no number or out of range", range_in_words(*bounds)
        if self.info.prediction is Prediction.PROBABILITY:
            what = "no probability"
        elif bounds == (-LARGEST, LARGEST):
            what = "no number"
        return f"have a prediction that is {what}", f"{wanted}."

    def classes_fault(self) -> tuple[str, str] | None:
        """What is wrong with the solution's classes as a whole."""
        if self.info is None or self.info.target is not Target.BINARY:
            return None
        if self.info.columns is Columns.PAIRS:
            odd = sorted(set(self.classes) - {"0", "1", "0.0", "1.0"})[:10]
            shown = ", ".join(quoted(name, 20) for name in odd)
            said = (f"The targets hold {shown}.", "0 and 1 in every target column.")
            return said if odd else None
        found = set(self.classes)
        positive = self.params.get("positive_label")
        if len(found) == 2 and (positive in found or found == {"0", "1"}):
            return None
        shown = ", ".join(quoted(name, 20) for name in list(self.classes)[:10])
        return (
            f"The target holds the classes {shown or 'none'}.",
            "0 and 1, or two classes of which metric.params.positive_label names one.",
        )

    def columns_fault(self, predictions: tuple[str, ...]) -> tuple[str, str] | None:
        """What is wrong with the prediction columns of the sample."""
        if self.info is None:
            return None
        if unnamed := self._unnamed(predictions):
            return unnamed
        if len(predictions) < 2:
            return None
        if self.info.columns in {Columns.PAIRS, Columns.SEVERAL}:
            return None
        if self.info.columns is not Columns.CLASSES:
            return (
                f"There are {len(predictions)} prediction columns, and {self.info.name} "
                "compares one.",
                "one column beside the id.",
            )
        lacking = [name for name in self.classes if name not in predictions]
        if not lacking or len(self.classes) > MOST_CLASSES:
            return None
        shown = ", ".join(quoted(name, 20) for name in lacking[:10])
        return (
            f"Classes of the solution have no column: {shown}.",
            "one column for each class, named like the class.",
        )

    def _unnamed(self, predictions: tuple[str, ...]) -> tuple[str, str] | None:
        """What is wrong where the metric's own parameters name the columns."""
        names = [] if self.info is None else [name for name, _ in self.info.of_columns]
        if not names or set(names) == set(predictions):
            return None
        shown = ", ".join(quoted(name, 20) for name in names[:10])
        return (
            "The prediction columns are not those that metric.params.columns names.",
            f"the columns {shown}.",
        )


def _form_fault(
    form: CellForm | None, value: str, params: Mapping[str, ParamValue]
) -> tuple[str, str] | None:
    if form is None or form.holds(value, params):
        return None
    return f"have a value that {form.one}", form.advice


def _in_range(value: str, bounds: tuple[float, float] | None) -> bool:
    if not _NUMBER.fullmatch(value):
        return False
    return bounds is None or bounds[0] <= float(value) <= bounds[1]
