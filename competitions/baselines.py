"""Trains small baselines for the competitions that ship, as a participant would.

    python competitions/baselines.py --data DIR --slug SLUG --output DIR

``--data`` holds what participants download: train.csv, test.csv, sample_submission.csv;
nothing else is read. A code competition's baselines are the programs in its bundle, which
are packed instead. Into ``--output`` goes one file of predictions for each baseline,
weakest first, and ``index.json``::

    {"slug": "wine", "submissions": [{"file": "1-constant.csv", "description": "..."}]}

``--field`` adds what a whole field of teams would try, where there is something.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import HuberRegressor, LassoCV, LogisticRegression, RidgeCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor

SEED = 20260101
ID = "id"


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A model and how a participant would describe it."""

    name: str
    description: str
    model: Callable[[], Any]


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a model gets to see, and what the sample submission asks for.

    ``predictions`` are the sample's columns beside the id. Classes stay text, as the
    files write them.
    """

    target: str
    features: np.ndarray[Any, np.dtype[np.float64]]
    labels: np.ndarray[Any, Any]
    test_features: np.ndarray[Any, np.dtype[np.float64]]
    test_ids: list[str]
    predictions: list[str]


BREAST_CANCER = (
    Baseline(
        name="constant",
        description="The same chance for everybody",
        model=lambda: DummyClassifier(strategy="prior"),
    ),
    Baseline(
        name="forest",
        description="Random forest, 200 trees",
        model=lambda: RandomForestClassifier(n_estimators=200, random_state=SEED),
    ),
    Baseline(
        name="logistic",
        description="Logistic regression on standardised features",
        model=lambda: make_pipeline(StandardScaler(), LogisticRegression(C=0.5)),
    ),
)
DIABETES = (
    Baseline(
        name="mean",
        description="The mean of the training set for everybody",
        model=lambda: DummyRegressor(strategy="mean"),
    ),
    Baseline(
        name="forest",
        description="Random forest, 200 trees of at least 10 patients a leaf",
        model=lambda: RandomForestRegressor(
            n_estimators=200, min_samples_leaf=10, random_state=SEED
        ),
    ),
    Baseline(
        name="ridge",
        description="Ridge regression, penalty by cross-validation",
        model=lambda: make_pipeline(
            StandardScaler(), RidgeCV(alphas=np.logspace(-2, 3, 20))
        ),
    ),
)
# What a field of teams would try; in no order.
DIABETES_FIELD = (
    Baseline(
        name="tree",
        description="One decision tree of depth 3",
        model=lambda: DecisionTreeRegressor(max_depth=3, random_state=SEED),
    ),
    Baseline(
        name="neighbours",
        description="20 nearest neighbours on standardised measurements",
        model=lambda: make_pipeline(StandardScaler(), KNeighborsRegressor(20)),
    ),
    Baseline(
        name="lasso",
        description="Lasso, penalty by cross-validation",
        model=lambda: make_pipeline(StandardScaler(), LassoCV(random_state=SEED)),
    ),
    Baseline(
        name="huber",
        description="Huber regression, so that outliers count less",
        model=lambda: make_pipeline(StandardScaler(), HuberRegressor(alpha=10.0)),
    ),
    Baseline(
        name="vectors",
        description="Support vector regression with a Gaussian kernel",
        model=lambda: make_pipeline(StandardScaler(), SVR(C=50.0, gamma=0.02)),
    ),
    Baseline(
        name="boosting",
        description="Gradient boosting, 150 stumps",
        model=lambda: GradientBoostingRegressor(
            n_estimators=150, max_depth=1, random_state=SEED
        ),
    ),
    Baseline(
        name="extra-trees",
        description="Extremely randomised trees, at least 5 patients a leaf",
        model=lambda: ExtraTreesRegressor(
            n_estimators=200, min_samples_leaf=5, random_state=SEED
        ),
    ),
    Baseline(
        name="products",
        description="Lasso on all products of two measurements",
        model=lambda: make_pipeline(
            StandardScaler(),
            PolynomialFeatures(2, include_bias=False),
            LassoCV(random_state=SEED, max_iter=20_000),
        ),
    ),
    Baseline(
        name="process",
        description="Gaussian process with a smooth kernel and noise",
        model=lambda: make_pipeline(
            StandardScaler(),
            GaussianProcessRegressor(
                RBF(10.0) + WhiteKernel(0.5), normalize_y=True, random_state=SEED
            ),
        ),
    ),
)
DIGITS = (
    Baseline(
        name="frequencies",
        description="How frequent each digit is in the training set",
        model=lambda: DummyClassifier(strategy="prior"),
    ),
    Baseline(
        name="logistic",
        description="Logistic regression on the grey levels",
        model=lambda: make_pipeline(
            StandardScaler(), LogisticRegression(C=0.05, max_iter=500)
        ),
    ),
    Baseline(
        name="kernel",
        description="Logistic regression on 300 approximated Gaussian kernels",
        model=lambda: make_pipeline(
            Nystroem(gamma=0.001, n_components=300, random_state=SEED),
            LogisticRegression(C=30, max_iter=500),
        ),
    ),
)
WINE = (
    Baseline(
        name="constant",
        description="The most frequent cultivar for every bottle",
        model=lambda: DummyClassifier(strategy="most_frequent"),
    ),
    Baseline(
        name="neighbours",
        description="5 nearest neighbours, measurements as they are",
        model=lambda: KNeighborsClassifier(n_neighbors=5),
    ),
    Baseline(
        name="discriminant",
        description="Linear discriminant analysis on standardised measurements",
        model=lambda: make_pipeline(StandardScaler(), LinearDiscriminantAnalysis()),
    ),
)
# The programs of code competitions, below the bundle's ``programs``; weakest first.
PROGRAMS = {
    "iris": {
        "1-frequencies": "How frequent each species is in the training set",
        "2-neighbours": "The 15 nearest neighbours of each flower",
        "3-discriminant": "Linear discriminant analysis",
    },
}
BASELINES = {
    "breast-cancer": BREAST_CANCER,
    "diabetes-progression": DIABETES,
    "digits": DIGITS,
    "wine": WINE,
}
FIELDS = {"diabetes-progression": DIABETES_FIELD}


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def read_task(folder: Path, slug: str) -> Task:
    """The downloaded files as arrays; the target is what only train.csv has."""
    train, test = read_table(folder / "train.csv"), read_table(folder / "test.csv")
    features = [name for name in test[0] if name != ID]
    (target,) = set(train[0]) - set(test[0])
    labels = np.array([row[target] for row in train])
    sample = read_table(folder / "sample_submission.csv")
    return Task(
        target=target,
        features=as_numbers(train, features),
        labels=labels.astype(float) if slug == "diabetes-progression" else labels,
        test_features=as_numbers(test, features),
        test_ids=[row[ID] for row in test],
        predictions=[name for name in sample[0] if name != ID],
    )


def as_numbers(
    rows: list[dict[str, str]], columns: list[str]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Some columns as a table of numbers."""
    return np.array([[float(row[name]) for name in columns] for row in rows])


def predict(slug: str, task: Task, model: Any) -> Iterable[list[str]]:
    """Train, and give the prediction fields of every test row as the sample wants them."""
    model.fit(task.features, task.labels)
    if slug == "breast-cancer":
        positive = list(model.classes_).index("1")
        chances = model.predict_proba(task.test_features)[:, positive]
        return [[f"{chance:.6f}"] for chance in chances]
    if slug == "digits":
        order = [list(model.classes_).index(name) for name in task.predictions]
        # Rounding would take the sums off 1; repr keeps every digit.
        rows = model.predict_proba(task.test_features)[:, order]
        return [[repr(float(chance)) for chance in row] for row in rows]
    if slug == "diabetes-progression":
        return [[f"{value:.3f}"] for value in model.predict(task.test_features)]
    return [[str(label)] for label in model.predict(task.test_features)]


def write_predictions(path: Path, task: Task, rows: Iterable[list[str]]) -> None:
    """A submission in the shape of the sample."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([ID, *task.predictions])
        writer.writerows(
            [row_id, *fields]
            for row_id, fields in zip(task.test_ids, rows, strict=True)
        )


def pack_all(slug: str, output: Path) -> None:
    """Pack every program of a code competition, the same bytes each time."""
    output.mkdir(parents=True, exist_ok=True)
    folder = Path(__file__).resolve().parent / slug / "programs"
    submissions = []
    for name, description in PROGRAMS[slug].items():
        file = f"{name}.zip"
        with zipfile.ZipFile(output / file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted((folder / name).glob("*.py")):
                archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes())
        submissions.append({"file": file, "description": description})
        print(f"{slug}: {description}", flush=True)
    write_index(slug, output, submissions)


def train_all(slug: str, data: Path, output: Path, *, field: bool) -> None:
    """Train every baseline of a competition, saying what it does."""
    output.mkdir(parents=True, exist_ok=True)
    task = read_task(data, slug)
    submissions = []
    baselines = BASELINES[slug] + (FIELDS.get(slug, ()) if field else ())
    for place, baseline in enumerate(baselines, start=1):
        started = time.monotonic()
        file = f"{place}-{baseline.name}.csv"
        write_predictions(output / file, task, predict(slug, task, baseline.model()))
        submissions.append({"file": file, "description": baseline.description})
        took = time.monotonic() - started
        print(f"{slug}: {baseline.description} ({took:.1f} s)", flush=True)
    write_index(slug, output, submissions)


def write_index(slug: str, output: Path, submissions: list[dict[str, str]]) -> None:
    """Say which files there are and what they are."""
    index = {"slug": slug, "submissions": submissions}
    (output / "index.json").write_text(json.dumps(index, indent=2) + "\n")


def main() -> int:
    """Read the arguments and train; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="downloaded files")
    parser.add_argument(
        "--slug", choices=sorted({*BASELINES, *PROGRAMS}), required=True
    )
    parser.add_argument("--output", type=Path, required=True, help="for predictions")
    parser.add_argument("--field", action="store_true", help="train a whole field's")
    arguments = parser.parse_args()
    try:
        if arguments.slug in PROGRAMS:
            pack_all(arguments.slug, arguments.output)
        else:
            train_all(
                arguments.slug,
                arguments.data,
                arguments.output,
                field=arguments.field,
            )
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
