"""A competition of any size for benchmarks: ids, one label, one chance."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

SEED = 20260101
MANIFEST = """\
slug: {slug}
title: Benchmark of {rows} rows
subtitle: Made up, to measure with.
kind: prediction
tags: [benchmark]
host: Podium
timeline:
  time_zone: Etc/UTC
  opens: 2026-01-01
  closes: 2030-12-31
metric:
  name: roc_auc
submission:
  per_day: 10000
  total: 10000
  final_selection: 2
  max_bytes: {most_bytes}
  formats: [csv, csv.gz, zip, parquet]
team:
  max_size: 1
pages:
  - {{name: description, title: Description, file: page.md}}
  - {{name: data, title: Data, file: page.md}}
  - {{name: rules, title: Rules, file: page.md}}
data:
  - file: sample_submission.csv
    description: The form of a submission
solution:
  file: solution.csv
  id_column: id
  target_columns: [label]
sample_submission: sample_submission.csv
licence:
  name: CC0 1.0
  url: https://creativecommons.org/publicdomain/zero/1.0/
source:
  name: Podium's benchmarks
  url: https://example.org/
  citation: Made up by the benchmark itself.
"""


def write_bundle(folder: Path, slug: str, *, rows: int, most_bytes: int) -> bytes:
    """Write a bundle into a new folder; a submission to it with a score near 0.75."""
    folder.mkdir(parents=True)
    dice = random.Random(SEED)
    labels = [dice.random() < 0.3 for _ in range(rows)]
    usages = ["Public" if dice.random() < 0.3 else "Private" for _ in range(rows)]
    solution = (
        f"{number},{label:d},{usage}"
        for number, (label, usage) in enumerate(zip(labels, usages, strict=True))
    )
    sample = (f"{number},0.5" for number in range(rows))
    chances = (
        f"{number},{dice.gauss(0.6 if label else 0.4, 0.2):.6f}"
        for number, label in enumerate(labels)
    )
    _write(folder / "solution.csv", "id,label,Usage", solution)
    _write(folder / "sample_submission.csv", "id,label", sample)
    (folder / "page.md").write_text("Made for a benchmark.\n")
    manifest = MANIFEST.format(slug=slug, rows=rows, most_bytes=most_bytes)
    (folder / "competition.yaml").write_text(manifest)
    return ("\n".join(["id,label", *chances]) + "\n").encode()


def _write(path: Path, header: str, lines: Iterable[str]) -> None:
    with path.open("w") as file:
        file.write(header + "\n")
        file.writelines(f"{line}\n" for line in lines)
