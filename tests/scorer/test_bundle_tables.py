"""Faults of a bundle's solution and sample are said with their lines, counted by kind."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.scorer.bundle_parts import MANIFEST, Write, faults_of, write_bundle


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the sound bundle with some files changed; its folder."""
    return partial(write_bundle, tmp_path)


# what the file holds instead, the line of the fault, what it says
SOLUTION_FAULTS = [
    ("", 1, "There is no header"),
    ("id,ripe,usage\na,1,Public\n", 1, "Did you mean “usage”?"),
    ("key,ripe,Usage\na,1,Public\n", 1, "There is no column “id”"),
    ("id;ripe;Usage\na;1;Public\n", 1, "There is no column “id”"),
    ("id,ripe,Usage,w\na,1,Public,2\n", 1, "“w” is neither id, target nor Usage"),
    ("id,ripe,Usage,id\na,1,Public,2\n", 1, "names “id” 2 times"),
    ("id,ripe,Usage,\na,1,Public,2\n", 1, "A column has no name"),
    ("id,ripe,Usage\na,1,Public\na,0,Private\n", 3, "repeat an id: 1 (“a” on line 3)"),
    ("id,ripe,Usage\na,1,Public\n,0,Private\n", 3, "have no id: 1 (line 3)"),
    ("id,ripe,Usage\na,1,Public\nb,0,Publik\n", 3, "another Usage"),
    ("id,ripe,Usage\na,1,public\nb,0,Public\n", 2, "by these letters"),
    ("id,ripe,Usage\na,1,Public\nb,,Private\n", 3, "have an empty target"),
    ("id,ripe,Usage\na,1,Public\nb,0\n", 3, "do not have the 3 fields"),
    ('id,ripe,Usage\na,1,Public\n"b"x,0,Public\n', 3, "The row can't be read"),
    ("id,ripe,Usage\na,1,Public\nb\udcff,0,Public\n", 3, "not text in UTF-8"),
    ("id,ripe,Usage\na,1,Private\nb,0,Private\n", None, "No row has the Usage Public"),
    ("id,ripe,Usage\na,1,Public\nb,2,Public\n", None, "holds the classes “1”, “2”"),
    ("id,ripe,Usage\na,1,Public\n", None, "holds the classes “1”"),
    ("id,ripe,Usage\n" + "x" * (1 << 20) + ",1,Public\n", 2, "longer than 1048576"),
]


@pytest.mark.parametrize(("text", "line", "said"), SOLUTION_FAULTS)
def test_a_fault_of_the_solution_is_said_where_it_stands(
    write: Write, text: str, line: int | None, said: str
) -> None:
    faults = faults_of(write({"solution.csv": text}))

    assert any(
        (fault.file, fault.line) == ("solution.csv", line) and said in str(fault)
        for fault in faults
    ), "\n".join(map(str, faults))


SAMPLE_FAULTS = [
    ("ripe\n0.5\n", 1, "There is no column “id”"),
    ("id\na\nb\nc\nd\n", 1, "The only column is the id"),
    ("id,ripe,Usage\na,0,Public\n", 1, "tells the public rows apart"),
    ("id,ripe,green\na,1,0\n", 1, "2 prediction columns, and roc_auc compares one"),
    ("id,ripe\na,1\nb,1\nc,1\nd,\n", 5, "have an empty field"),
    ("id,ripe\na,1\nb,1\nc,1\nd,yes\n", 5, "is no number: 1 (“yes” on line 5)"),
    ("id,ripe\na,1\nb,1\nc,1\nd,nan\n", 5, "is no number: 1 (“nan” on line 5)"),
    ("id,ripe\na,1\nb,1\nc,1\nx,1\n", 5, "not in the solution: 1 (“x” on line 5)"),
    ("id,ripe\na,1\nb,1\nc,1\n", None, "this file lacks: 1 (“d”)"),
    ("id,ripe\na,1\nb,1\nc,1\nd,1\na,1\n", 6, "repeat an id"),
]


@pytest.mark.parametrize(("text", "line", "said"), SAMPLE_FAULTS)
def test_a_fault_of_the_sample_is_said_where_it_stands(
    write: Write, text: str, line: int | None, said: str
) -> None:
    faults = faults_of(write({"data/sample.csv": text}))

    assert any(
        (fault.file, fault.line) == ("data/sample.csv", line) and said in str(fault)
        for fault in faults
    ), "\n".join(map(str, faults))


@pytest.mark.parametrize(
    ("metric", "solution", "sample", "said"),
    [
        ("rmse", "a,1,Public\nb,x,Public\n", "id,y\na,1\nb,1\n", "target that is no n"),
        ("rmse", "a,1,Public\n", "id,y\na,1e200\n", "prediction that is no number"),
        ("brier", "a,1,Public\nb,0,Public\n", "id,y\na,1\nb,2\n", "is no probability"),
        (
            "log_loss",
            "a,k,Public\nb,m,Public\n",
            "id,k,l\na,1,0\nb,1,0\n",
            "no column: “m”",
        ),
    ],
)
def test_values_must_be_what_the_metric_compares(
    write: Write, metric: str, solution: str, sample: str, said: str
) -> None:
    changed = {
        "competition.yaml": MANIFEST.replace("roc_auc", metric),
        "solution.csv": "id,ripe,Usage\n" + solution,
        "data/sample.csv": sample,
    }

    assert said in "\n".join(map(str, faults_of(write(changed))))


def test_a_kind_of_fault_shows_ten_places_and_counts_all(write: Write) -> None:
    rows = "".join(f"{i},1,Nowhere\n" for i in range(100))
    faults = faults_of(write({"solution.csv": "id,ripe,Usage\na,1,Public\n" + rows}))
    (usage,) = (fault for fault in faults if "another Usage" in fault.problem)

    assert usage.line == 3
    assert usage.problem.count(" on line ") == 10
    assert "Public, Private or Ignored: 100 (" in usage.problem
    assert usage.problem.endswith("and 90 more).")
