"""Sound bundles for the linter, of random but fixed data, and what it says of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from podium_scorer.lint import Lint, lint_folder
from tests.scorer.bundle_parts import FILES, MANIFEST, write_bundle

ROWS = 240
LISTED = "  - {file: data/sample.csv, description: the form}\n"
TEST = "  - {file: data/test.csv, description: to predict}\n"


def table(header: str, *columns: object) -> str:
    """A CSV of some columns."""
    rows = zip(*columns, strict=True)  # type: ignore[call-overload]
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


class Pears:
    """A sound bundle, about whose data each test changes one thing."""

    def __init__(self, metric: str = "roc_auc") -> None:
        random = np.random.default_rng(7)
        self.metric = metric
        self.ids = [f"p{each}" for each in random.permutation(9000)[:ROWS]]
        self.usage = np.where(np.arange(ROWS) % 2, "Public", "Private")
        random.shuffle(self.usage)
        self.ripe = random.integers(0, 2, ROWS).astype(str)
        self.sample = np.full(ROWS, "0.5")
        self.features = random.standard_normal((ROWS, 4)).round(4)
        self.trained = random.standard_normal((ROWS, 4)).round(4)
        self.train_ripe = random.integers(0, 2, ROWS).astype(str)
        self.train_ids = [str(each) for each in range(ROWS)]
        self.extra_test: tuple[str, object] | None = None
        self.extra_train: tuple[str, object] | None = None
        self.more: dict[str, str | bytes] = {}

    def write(self, folder: Path) -> Path:
        """The bundle's folder."""
        listed = LISTED + TEST
        for name in self.more:
            listed += f"  - {{file: {name}, description: more}}\n"
        manifest = MANIFEST.replace("roc_auc", self.metric).replace(LISTED, listed)
        test = self._features(self.ids, self.features, self.extra_test)
        train = self._features(self.train_ids, self.trained, self.extra_train)
        train[0] += ",ripe"
        written = write_bundle(
            folder,
            {
                "competition.yaml": manifest,
                "solution.csv": table("id,ripe,Usage", self.ids, self.ripe, self.usage),
                "data/sample.csv": table("id,ripe", self.ids, self.sample),
                "data/test.csv": table(*test),
                "data/train.csv": table(*train, self.train_ripe),
            },
        )
        for name, content in self.more.items():
            data = content.encode() if isinstance(content, str) else content
            (folder / name).write_bytes(data)
        return written

    @staticmethod
    def _features(
        ids: list[str], features: np.ndarray, extra: tuple[str, object] | None
    ) -> list:
        names = ["id", "a", "b", "c", "d"] + ([extra[0]] if extra else [])
        columns = [ids, *features.T] + ([extra[1]] if extra else [])
        return [",".join(names), *columns]


Change = Callable[[Pears], None]


def lint(folder: Path, change: Change | None = None, metric: str = "roc_auc") -> Lint:
    """What the linter says of the sound bundle with one change."""
    pears = Pears(metric)
    if change is not None:
        change(pears)
    return lint_folder(pears.write(folder))


def codes(result: Lint) -> set[str]:
    """The codes of the findings."""
    return {one.code for one in result.findings}


__all__ = ["FILES", "Change", "Pears", "codes", "lint", "table"]
