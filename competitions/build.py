"""Makes the data of the competitions that ship, from what scikit-learn carries.

    python competitions/build.py            # writes train, test, sample and solution
    python competitions/build.py --check    # exit 1 if a committed file differs

The split is the same on every machine: which row goes where, and which id it gets, follows
the order of SHA-256 over a seed, the competition's name and the row's place in the source.
(Not numpy's generators, whose streams may change between versions.)
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
)

# Under this one no baseline is perfect on a public part, where teams could only tie.
SEED = "podium-2"
TEST_SHARE = 0.4
PUBLIC_SHARE = 0.4
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, kw_only=True)
class Source:
    """The rows of a data set as text, ready to be split.

    ``strata`` says for each row which group it belongs to; every part gets its share of
    every group. ``sample`` is what the sample submission says of each row, by column.
    ``hidden`` keeps the test rows from participants: only their programs see them.
    """

    features: list[str]
    rows: list[list[str]]
    target: str
    labels: list[str]
    strata: list[int]
    sample: dict[str, str]
    hidden: bool = False


def breast_cancer() -> Source:
    """Malignant is 1; the source counts the other way round."""
    bunch = load_breast_cancer()
    malignant = [1 - int(benign) for benign in bunch.target]
    return Source(
        features=[str(name).replace(" ", "_") for name in bunch.feature_names],
        rows=as_text(bunch.data),
        target="malignant",
        labels=[str(label) for label in malignant],
        strata=malignant,
        sample={"malignant": "0.5"},
    )


def diabetes_progression() -> Source:
    """Measurements in their own units, not the scaled ones; strata are deciles."""
    bunch = load_diabetes(scaled=False)
    edges = np.quantile(bunch.target, np.linspace(0.1, 0.9, 9))
    return Source(
        features=[str(name) for name in bunch.feature_names],
        rows=as_text(bunch.data),
        target="progression",
        labels=[number(value) for value in bunch.target],
        strata=[int(np.searchsorted(edges, value)) for value in bunch.target],
        sample={"progression": "150"},
    )


def digits() -> Source:
    """Grey levels of 8 by 8 pixels; one probability for each digit is asked."""
    bunch = load_digits()
    return Source(
        features=[str(name) for name in bunch.feature_names],
        rows=as_text(bunch.data),
        target="digit",
        labels=[str(int(digit)) for digit in bunch.target],
        strata=[int(digit) for digit in bunch.target],
        sample={str(digit): "0.1" for digit in range(10)},
    )


def iris() -> Source:
    """A code competition: what is to be told apart is seen by programs alone."""
    bunch = load_iris()
    names = [str(name) for name in bunch.target_names]
    return Source(
        features=[
            str(name).removesuffix(" (cm)").replace(" ", "_") + "_cm"
            for name in bunch.feature_names
        ],
        rows=as_text(bunch.data),
        target="species",
        labels=[names[int(label)] for label in bunch.target],
        strata=[int(label) for label in bunch.target],
        sample=dict.fromkeys(names, "0.333333"),
        hidden=True,
    )


def wine() -> Source:
    """The cultivars keep the anonymous names that the source gives them."""
    bunch = load_wine()
    names = [str(name) for name in bunch.target_names]
    return Source(
        features=[str(name).replace("/", "_") for name in bunch.feature_names],
        rows=as_text(bunch.data),
        target="cultivar",
        labels=[names[int(label)] for label in bunch.target],
        strata=[int(label) for label in bunch.target],
        sample={"cultivar": names[0]},
    )


COMPETITIONS: dict[str, Callable[[], Source]] = {
    "breast-cancer": breast_cancer,
    "diabetes-progression": diabetes_progression,
    "digits": digits,
    "iris": iris,
    "wine": wine,
}


def build(slug: str) -> dict[str, bytes]:
    """The files of a competition, by their path in its bundle.

    Ids count from 1 through all rows in an order that knows nothing of the labels, and
    each file is sorted by id, so that neither ids nor row order say anything.
    """
    source = COMPETITIONS[slug]()
    everything = range(len(source.rows))
    ids = {
        row: str(place)
        for place, row in enumerate(shuffled(everything, slug, "id"), start=1)
    }
    by_id = sorted(everything, key=lambda row: int(ids[row]))
    test = take(everything, TEST_SHARE, source.strata, slug, "test")
    public = take(test, PUBLIC_SHARE, source.strata, slug, "public")
    test_rows = [row for row in by_id if row in test]
    return {
        "data/train.csv": as_csv(
            ["id", *source.features, source.target],
            (
                [ids[row], *source.rows[row], source.labels[row]]
                for row in by_id
                if row not in test
            ),
        ),
        f"{'hidden' if source.hidden else 'data'}/test.csv": as_csv(
            ["id", *source.features],
            ([ids[row], *source.rows[row]] for row in test_rows),
        ),
        "data/sample_submission.csv": as_csv(
            ["id", *source.sample],
            ([ids[row], *source.sample.values()] for row in test_rows),
        ),
        "solution.csv": as_csv(
            ["id", source.target, "Usage"],
            (
                [ids[row], source.labels[row], "Public" if row in public else "Private"]
                for row in test_rows
            ),
        ),
    }


def take(
    rows: Iterable[int], share: float, strata: Sequence[int], slug: str, purpose: str
) -> set[int]:
    """A share of the rows, the same of every stratum to within one row.

    The rows are walked stratum by stratum; one is taken whenever the count of those that
    are due passes a whole number.
    """
    order = sorted(shuffled(rows, slug, purpose), key=lambda row: strata[row])
    return {
        row
        for place, row in enumerate(order)
        if int((place + 1) * share) > int(place * share)
    }


def shuffled(rows: Iterable[int], slug: str, purpose: str) -> list[int]:
    """The rows in an order that only seed, competition, purpose and row number decide."""

    def key(row: int) -> bytes:
        return hashlib.sha256(f"{SEED}/{slug}/{purpose}/{row}".encode()).digest()

    return sorted(rows, key=key)


def as_text(data: Iterable[Iterable[float]]) -> list[list[str]]:
    """Every number as the shortest text that reads back the same."""
    return [[number(value) for value in row] for row in data]


def number(value: float) -> str:
    """``17.99`` for 17.99, ``17`` for 17.0."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def as_csv(header: list[str], rows: Iterable[list[str]]) -> bytes:
    """CSV with line feeds, the same bytes on every system."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def differences() -> list[str]:
    """The committed files that are not what ``build`` makes."""
    return [
        f"{slug}/{name}"
        for slug in COMPETITIONS
        for name, content in build(slug).items()
        if not (path := HERE / slug / name).is_file() or path.read_bytes() != content
    ]


def main() -> int:
    """Write the files, or compare them; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    if parser.parse_args().check:
        different = differences()
        for name in different:
            print(f"{name} is not what build.py makes", file=sys.stderr)
        return 1 if different else 0
    for slug in COMPETITIONS:
        for name, content in build(slug).items():
            path = HERE / slug / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        print(f"{slug}: built")
    return 0


if __name__ == "__main__":
    sys.exit(main())
