"""What a submission must look like, without any of the solution's values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from podium_scorer.alignment import IdIndex, Ints, Texts
from podium_scorer.catalogue import Prediction
from podium_scorer.contract import ParamValue
from podium_scorer.tables import ContentKind, Kind, LabelKind, NumberKind

NUMBERS = frozenset({Prediction.SCORE, Prediction.PROBABILITY, Prediction.NUMBER})
TEXTS = frozenset(
    {
        Prediction.TEXT,
        Prediction.ITEMS,
        Prediction.SCORED,
        Prediction.MASK,
        Prediction.BOXES,
        Prediction.SEGMENTS,
    }
)


@dataclass(frozen=True)
class ColumnSpec:
    """A prediction column, and what each of its cells must be.

    Numbers lie in ``valid_range`` (ends included); labels are among ``classes``, or any
    where that is None. Texts may be empty unless they are ``filled``.
    """

    name: str
    holds: Prediction = Prediction.LABEL
    valid_range: tuple[float, float] | None = None
    classes: tuple[str, ...] | None = None
    filled: bool = False

    @property
    def kind(self) -> Kind:
        """How the column is read."""
        if self.valid_range is not None:
            return NumberKind(*self.valid_range)
        return ContentKind() if self.holds in TEXTS else LabelKind()


@dataclass(frozen=True, eq=False)
class Expectation:
    """The columns, ids and values that a submission must have.

    ``specs`` are the prediction columns in the sample's order. ``row_sums`` says what
    several probabilities of a row must add up to: ``one``, or with ``rescale`` any
    positive number; None where it makes no difference. ``params`` are the metric's, for
    cells whose form they decide. ``order`` says where among the ids each row of the sample
    stands; None: they stand in its order.
    """

    id_column: str
    specs: tuple[ColumnSpec, ...]
    ids: IdIndex
    row_sums: str | None = None
    params: Mapping[str, ParamValue] = field(default_factory=dict)
    order: Ints | None = None

    @property
    def sample_ids(self) -> Texts:
        """The ids in the order of the sample submission."""
        return self.ids.ids if self.order is None else self.ids.ids.taken(self.order)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the prediction columns."""
        return tuple(spec.name for spec in self.specs)

    @property
    def header(self) -> tuple[str, ...]:
        """The columns of a submission, the id first."""
        return (self.id_column, *self.columns)
