"""The bundle that ``podium competition init`` writes: small, made up, and sound."""

from __future__ import annotations

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
_TRAIN, _TEST = range(1, 101), range(101, 301)


def _y(number: int) -> int:
    return 3 * number + 7 * (number * number % 11)


def _table(header: str, lines: list[str]) -> str:
    return "\n".join([header, *lines, ""])


FILES: dict[str, str] = {
    "competition.yaml": MANIFEST,
    **{f"pages/{name}.md": text for name, text in PAGES.items()},
    "data/train.csv": _table("id,x,y", [f"{n},{n * n % 11},{_y(n)}" for n in _TRAIN]),
    "data/test.csv": _table("id,x", [f"{n},{n * n % 11}" for n in _TEST]),
    "data/sample_submission.csv": _table("id,y", [f"{n},0" for n in _TEST]),
    "solution.csv": _table(
        "id,y,Usage",
        [f"{n},{_y(n)},{'Public' if n % 3 == 0 else 'Private'}" for n in _TEST],
    ),
}
