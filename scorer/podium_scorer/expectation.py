"""What a submission must look like, without any of the solution's values."""

from __future__ import annotations

from dataclasses import dataclass

from podium_scorer.alignment import IdIndex
from podium_scorer.tables import Kind, LabelKind, NumberKind


@dataclass(frozen=True, eq=False)
class Expectation:
    """The columns, ids and values that a submission must have.

    ``columns`` are the prediction columns in the sample's order. ``valid_range`` is None
    for labels. ``classes`` are the labels that may be predicted, None where any may.
    ``row_sums`` says what several probabilities of a row must add up to: ``one``, or with
    ``rescale`` any positive number; None where it makes no difference.
    """

    id_column: str
    columns: tuple[str, ...]
    ids: IdIndex
    valid_range: tuple[float, float] | None = None
    classes: tuple[str, ...] | None = None
    row_sums: str | None = None

    @property
    def kind(self) -> Kind:
        """How the prediction columns are read."""
        return (
            LabelKind() if self.valid_range is None else NumberKind(*self.valid_range)
        )

    @property
    def header(self) -> tuple[str, ...]:
        """The columns of a submission, the id first."""
        return (self.id_column, *self.columns)
