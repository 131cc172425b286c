"""The bundle that ``podium competition init`` writes: small, made up, and sound."""

from __future__ import annotations

import random

MANIFEST = """\
# The whole competition. `podium competition check` says what is wrong, with lines.
slug: {slug}  # a part of its address; it can't be changed later
title: My competition
subtitle: Predict y from x.
kind: prediction  # or code: then participants send programs
tags: [tabular, regression]
host: Who holds it

# A date without a time opens with the day's first second and ends with its last.
timeline:
  time_zone: Etc/UTC
  opens: 2026-01-01
  closes: 2030-12-31
  # entry_deadline: 2030-12-01
  # merger_deadline: 2030-12-01

# `podium-scorer metrics` lists them all; a metric of your own goes by `file: metric.py`.
metric:
  name: rmse

submission:
  per_day: 5
  # total: 200
  max_bytes: 100_000_000
  final_selection: 2  # how many a team chooses for the private board; 0: all count

team:
  max_size: 4

pages:
  - {name: description, title: Description, file: pages/description.md}
  - {name: evaluation, title: Evaluation, file: pages/evaluation.md}
  - {name: data, title: Data, file: pages/data.md}
  - {name: rules, title: Rules, file: pages/rules.md}

# What participants download.
data:
  - {file: data/train.csv, description: Rows with their y}
  - {file: data/test.csv, description: Rows without it}
  - {file: data/sample_submission.csv, description: The form of a submission}

# Never published. Its column Usage says Public or Private for each row.
solution:
  file: solution.csv
  id_column: id
  target_columns: [y]
sample_submission: data/sample_submission.csv

licence:
  name: CC0 1.0
  url: https://creativecommons.org/publicdomain/zero/1.0/
source:
  name: Made up
  url: https://example.org/
  citation: Where the data comes from, and how to cite it.
"""
PAGES = {
    "description": "Say in a paragraph what is to be predicted, and what for.\n",
    "evaluation": "Say what the metric measures, and why it fits.\n",
    "data": "Say what each file and each column holds.\n",
    "rules": "- One account per person.\n- No sharing of code between teams.\n",
}
_TRAIN, _TEST, _PUBLIC = 300, 1_500, 0.4


def _table(header: str, rows: list[tuple[object, ...]]) -> str:
    return "\n".join([header, *(",".join(map(str, row)) for row in rows), ""])


def _files() -> dict[str, str]:
    """Rows in no order, with a noise that no id tells, the same ones each time."""
    drawn = random.Random(1)  # noqa: S311 (made-up numbers)
    ids = drawn.sample(range(10_000, 100_000), _TRAIN + _TEST)
    xs = [round(drawn.uniform(0, 10), 2) for _ in ids]
    ys = [round(3 * x + drawn.gauss(0, 2), 2) for x in xs]
    parts = ["Public" if drawn.random() < _PUBLIC else "Private" for _ in ids]
    rows = list(zip(ids, xs, ys, parts, strict=True))
    train, test = rows[:_TRAIN], rows[_TRAIN:]
    return {
        "data/train.csv": _table("id,x,y", [row[:3] for row in train]),
        "data/test.csv": _table("id,x", [row[:2] for row in test]),
        "data/sample_submission.csv": _table("id,y", [(row[0], 0) for row in test]),
        "solution.csv": _table("id,y,Usage", [(i, y, part) for i, _, y, part in test]),
    }


FILES: dict[str, str] = {
    "competition.yaml": MANIFEST,
    **{f"pages/{name}.md": text for name, text in PAGES.items()},
    **_files(),
}
