"""A small sound bundle as text, for tests that break it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from podium_scorer.bundle import BundleError, BundleFault, read_bundle

MANIFEST = """\
slug: pears
title: Pears
subtitle: Tell ripe pears from green ones.
kind: prediction
tags: [fruit, beginner]
host: The orchard
timeline:
  time_zone: Europe/Berlin
  opens: 2026-07-01
  entry_deadline: 2026-07-20 12:00
  closes: 2026-07-31
metric:
  name: roc_auc
submission:
  per_day: 5
  max_bytes: 1_000_000
  final_selection: 2
team:
  max_size: 3
pages:
  - {name: description, title: Description, file: pages/description.md}
  - {name: rules, title: Rules, file: pages/rules.md}
  - {name: data, title: Data, file: pages/data.md}
data:
  - {file: data/train.csv, description: to learn from}
  - {file: data/sample.csv, description: the form}
solution:
  file: solution.csv
  id_column: id
  target_columns: [ripe]
sample_submission: data/sample.csv
licence: {name: CC0, url: "https://example.org/cc0"}
source: {name: The orchard, url: "https://example.org", citation: A. Grower (2025)}
"""
FILES = {
    "competition.yaml": MANIFEST,
    "pages/description.md": "Pears.\n",
    "pages/rules.md": "Be fair.\n",
    "pages/data.md": "Rows.\n",
    "data/train.csv": "id,weight,ripe\n9,1.5,1\n",
    "data/sample.csv": "id,ripe\na,0.5\nb,0.5\nc,0.5\nd,0.5\n",
    "solution.csv": "id,ripe,Usage\na,1,Public\nb,0,Public\nc,1,Private\nd,,Ignored\n",
}
Write = Callable[[dict[str, str]], Path]


def write_bundle(folder: Path, changed: dict[str, str]) -> Path:
    """Write the sound bundle with some files changed; its folder."""
    for name, text in (FILES | changed).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # A lone surrogate in a test's text becomes a byte that is not UTF-8.
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return folder


def faults_of(folder: Path) -> tuple[BundleFault, ...]:
    """The faults that the bundle is refused with."""
    with pytest.raises(BundleError) as caught:
        read_bundle(folder)
    return caught.value.faults
