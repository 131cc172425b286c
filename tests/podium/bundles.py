"""Bundles for tests, written to a folder."""

from __future__ import annotations

from pathlib import Path

DESCRIPTION = """
slug: {slug}
title: {title}
subtitle: Say what y is.
kind: prediction
tags: [tests]
host: The Tests
timeline:
  time_zone: Europe/Berlin
  opens: 2020-01-01
  entry_deadline: 2099-01-01
  merger_deadline: 2099-01-01
  closes: 2100-01-01
metric: {metric}
submission:
  per_day: 100
  total: 1000
  max_bytes: 50_000_000
  formats: [csv]
  final_selection: 2
team: {{max_size: 3}}
pages:
  - {{name: description, title: Description, file: pages/description.md}}
  - {{name: data, title: Data, file: pages/data.md}}
  - {{name: rules, title: Rules, file: pages/rules.md}}
data:
  - {{file: data/sample.csv, description: The form of a submission}}
solution: {{file: solution.csv, id_column: id, target_columns: [y]}}
sample_submission: data/sample.csv
licence: {{name: CC0, url: "https://creativecommons.org/publicdomain/zero/1.0/"}}
source: {{name: Made up, url: "https://example.org/", citation: None}}
"""
USAGES = ("Public", "Private")


def write_bundle(
    folder: Path,
    *,
    slug: str = "sums",
    title: str = "Sums",
    metric: str = "{name: mae}",
    rows: int = 10,
) -> Path:
    """A bundle whose solution says y = id modulo 10, public and private by turns."""
    for name in ("pages", "data"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    text = DESCRIPTION.format(slug=slug, title=title, metric=metric)
    (folder / "competition.yaml").write_text(text)
    for name in ("description", "data", "rules"):
        (folder / "pages" / f"{name}.md").write_text(f"# The {name}\n\nAs it is.\n")
    solution = (f"{n},{n % 10},{USAGES[n % 2]}" for n in range(rows))
    (folder / "solution.csv").write_text("\n".join(["id,y,Usage", *solution, ""]))
    sample = (f"{n},0" for n in range(rows))
    (folder / "data" / "sample.csv").write_text("\n".join(["id,y", *sample, ""]))
    return folder


def predictions(rows: int, off: int) -> bytes:
    """A file for such a bundle whose mean absolute error is ``off``."""
    lines = (f"{number},{number % 10 + off}" for number in range(rows))
    return "\n".join(["id,y", *lines, ""]).encode()
